//! Groups of variants, of which a shelf shows one; optional.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, VARIANTS_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length};
use crate::weights::Variants;

const GROUP: &str = "variants";
const NAMES: &str = "variants.names";

pub(in crate::pack) struct Groups;

impl Section for Groups {
    const NAMES: &'static [&'static str] = &[GROUP, NAMES];
    const SINCE: u32 = VARIANTS_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let Some(variants) = &parts.variants else {
            return Ok(false);
        };
        out.u32(GROUP, &variants.group);
        out.utf8(NAMES, &variants.names.join("\n"));
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !Self::NAMES.iter().any(|name| file.has(name)) {
            return Ok(());
        }
        parts.variants = Some(Variants {
            group: file.u32(GROUP, Some(meta.items))?,
            names: file.utf8(NAMES)?.split('\n').map(str::to_owned).collect(),
        });
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let Some(Variants { group, names }) = &parts.variants else {
            return Ok(());
        };
        check_length(GROUP, group.len(), parts.catalogue.len())?;
        let known = names.len();
        if let Some(bad) = group.iter().find(|&&group| group as usize > known) {
            return Err(PackError::field(
                GROUP,
                format!("names group {bad} of {known}"),
            ));
        }
        if names.is_empty()
            || names
                .iter()
                .any(|name| name.is_empty() || name.contains('\n'))
        {
            return Err(PackError::field(NAMES, "must be lines that are not empty"));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        if let (Some(old), Some(new)) = (&before.variants, &mut parts.variants) {
            new.group = order.permuted(&old.group);
        }
        Ok(())
    }

    /// New items have no group until [`Variants::join`] gives them one.
    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        if let Some(variants) = &mut parts.variants {
            variants
                .group
                .resize(before.catalogue.len() + added.len(), 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use crate::toy;

    fn with(group: Vec<u32>, names: &[&str]) -> Result<Pack, PackError> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        toy::pack().edit(|parts| parts.variants = Some(Variants { group, names }))
    }

    #[test]
    fn groups_survive_the_file_in_any_order_of_rows_and_a_pack_without_them_is_as_before() {
        let n = toy::pack().catalogue().len();
        let group: Vec<u32> = (0..n as u32).map(|row| row % 3).collect();
        let pack = with(group.clone(), &["shirt", "mug"]).unwrap();
        let read = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
        assert_eq!(read.parts().variants, pack.parts().variants);
        let order: Vec<usize> = (0..n).rev().collect();
        let turned = read.reordered(&order).unwrap();
        let back: Vec<u32> = group.into_iter().rev().collect();
        assert_eq!(turned.parts().variants.as_ref().unwrap().group, back);
        let plain = turned.edit(|parts| parts.variants = None).unwrap();
        let plain = plain.reordered(&order).unwrap();
        assert!(plain.to_bytes().unwrap() == toy::pack().to_bytes().unwrap());
    }

    #[test]
    fn wrong_groups_are_refused() {
        let n = toy::pack().catalogue().len();
        let message = |group, names: &[&str]| with(group, names).unwrap_err().to_string();
        assert!(message(vec![0; n - 1], &["a"]).contains("numbers"));
        assert!(message(vec![2; n], &["a"]).contains("group 2 of 1"));
        assert!(message(vec![0; n], &[""]).contains("not empty"));
    }

    #[test]
    fn groups_are_numbered_by_name() {
        let names = ["", "b", "a", "b"].map(str::to_owned);
        let mut variants = Variants::of(&names).unwrap();
        assert_eq!(variants.group, [0, 1, 2, 1]);
        variants.join(4, "a");
        variants.join(5, "c");
        assert_eq!(
            (variants.group[4], variants.group[5], variants.names.len()),
            (2, 3, 3)
        );
        assert_eq!(Variants::of(&["".to_owned()]), None);
    }
}
