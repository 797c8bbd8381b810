//! Session encoder, adapter and ranker.

use crate::error::PackError;
use crate::features::FEATURES;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length, check_rows};
use crate::weights::{AdapterWeights, EncoderWeights, RankerWeights};
use fewshop_core::EventKind;

const KIND: &str = "encoder.kind";
const GATE: &str = "adapter.gate";
const NEGATIVES: &str = "adapter.negatives";

pub(in crate::pack) struct Networks;

impl Section for Networks {
    const NAMES: &'static [&'static str] = &[
        "encoder.w",
        "encoder.b",
        "encoder.v",
        KIND,
        "adapter.learning_rate",
        GATE,
        NEGATIVES,
        "ranker.mean",
        "ranker.inv_std",
        "ranker.w1",
        "ranker.b1",
        "ranker.w2",
    ];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        let (d, e) = (parts.item_table.d, &parts.encoder);
        out.f32("encoder.w", &[d, e.hidden], &e.w);
        out.f32("encoder.b", &[e.hidden], &e.b);
        out.f32("encoder.v", &[e.hidden], &e.v);
        out.f32(KIND, &[e.kind.len()], &e.kind);
        let a = &parts.adapter;
        out.f32("adapter.learning_rate", &[d], &a.learning_rate);
        out.f32(GATE, &[a.gate.len()], &a.gate);
        out.u32(NEGATIVES, &a.negatives);
        let r = &parts.ranker;
        out.f32("ranker.mean", &[FEATURES], &r.mean);
        out.f32("ranker.inv_std", &[FEATURES], &r.inv_std);
        out.f32("ranker.w1", &[FEATURES, r.hidden], &r.w1);
        out.f32("ranker.b1", &[r.hidden], &r.b1);
        out.f32("ranker.w2", &[r.hidden], &r.w2);
        (meta.encoder_hidden, meta.recency) = (e.hidden, e.recency);
        (meta.ranker_hidden, meta.ranker_bias) = (r.hidden, r.b2);
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        let (d, e, r) = (meta.d, meta.encoder_hidden, meta.ranker_hidden);
        parts.encoder = EncoderWeights {
            hidden: e,
            w: file.f32("encoder.w", &[d, e])?,
            b: file.f32("encoder.b", &[e])?,
            v: file.f32("encoder.v", &[e])?,
            kind: read_kinds(file)?,
            recency: meta.recency,
        };
        parts.adapter = AdapterWeights {
            learning_rate: file.f32("adapter.learning_rate", &[d])?,
            gate: file.f32(GATE, &[file.len_of(GATE)?])?,
            negatives: file.u32(NEGATIVES, None)?,
        };
        parts.ranker = RankerWeights {
            hidden: r,
            mean: file.f32("ranker.mean", &[FEATURES])?,
            inv_std: file.f32("ranker.inv_std", &[FEATURES])?,
            w1: file.f32("ranker.w1", &[FEATURES, r])?,
            b1: file.f32("ranker.b1", &[r])?,
            w2: file.f32("ranker.w2", &[r])?,
            b2: meta.ranker_bias,
        };
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, d) = (parts.catalogue.len(), parts.item_table.d);
        let (e, a, r) = (&parts.encoder, &parts.adapter, &parts.ranker);
        for (field, found, expected) in [
            ("encoder.w", e.w.len(), d * e.hidden),
            ("encoder.b", e.b.len(), e.hidden),
            ("encoder.v", e.v.len(), e.hidden),
            (KIND, e.kind.len(), EventKind::ALL.len()),
            ("adapter.learning_rate", a.learning_rate.len(), d),
            ("ranker.mean", r.mean.len(), FEATURES),
            ("ranker.inv_std", r.inv_std.len(), FEATURES),
            ("ranker.w1", r.w1.len(), FEATURES * r.hidden),
            ("ranker.b1", r.b1.len(), r.hidden),
            ("ranker.w2", r.w2.len(), r.hidden),
        ] {
            check_length(field, found, expected)?;
        }
        if a.gate.is_empty() || a.gate.iter().any(|g| !(0.0..=1.0).contains(g)) {
            return Err(PackError::field(
                GATE,
                "must hold at least one number, all from 0 to 1",
            ));
        }
        check_rows(NEGATIVES, &a.negatives, n)?;
        let mut named = vec![false; n];
        let twice = a
            .negatives
            .iter()
            .find(|&&row| std::mem::replace(&mut named[row as usize], true));
        match twice {
            Some(row) => Err(PackError::field(NEGATIVES, format!("name row {row} twice"))),
            None => Ok(()),
        }
    }

    /// Only the adapter's negatives refer to rows.
    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.adapter.negatives = order.rows(&before.adapter.negatives);
        Ok(())
    }

    /// The networks' inputs come from the other sections; they have no values per item.
    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

/// A weight for each kind of event. New kinds are only added at the end, so a pack from a program
/// with fewer kinds lacks the last ones; these get the weight of a view. A pack with more kinds is
/// refused, because this program has no events of the additional kinds.
fn read_kinds(file: &Container<'_>) -> Result<Vec<f32>, PackError> {
    let (found, known) = (file.len_of(KIND)?, EventKind::ALL.len());
    if found == 0 || found > known {
        return Err(PackError::field(
            KIND,
            format!(
                "weighs {found} kinds of events, this program knows 1 to {known}: use the version of the program that wrote the pack"
            ),
        ));
    }
    let mut kinds = file.f32(KIND, &[found])?;
    kinds.resize(known, kinds[EventKind::View as usize]);
    Ok(kinds)
}
