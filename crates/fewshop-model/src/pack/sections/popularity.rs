//! The number of sessions that contain each item: in total, and in the last part of the log.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length};

pub(in crate::pack) struct Popularity;

impl Section for Popularity {
    const NAMES: &'static [&'static str] = &["popularity", "recent"];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        out.u32("popularity", &parts.popularity);
        out.u32("recent", &parts.recent_popularity);
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        parts.popularity = file.u32("popularity", Some(meta.items))?;
        parts.recent_popularity = file.u32("recent", Some(meta.items))?;
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let n = parts.catalogue.len();
        check_length("popularity", parts.popularity.len(), n)?;
        check_length("recent", parts.recent_popularity.len(), n)
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.popularity = order.permuted(&before.popularity);
        parts.recent_popularity = order.permuted(&before.recent_popularity);
        Ok(())
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        for new in added {
            parts.popularity.push(new.mean_count(&before.popularity));
            (parts.recent_popularity).push(new.mean_count(&before.recent_popularity));
        }
        Ok(())
    }
}
