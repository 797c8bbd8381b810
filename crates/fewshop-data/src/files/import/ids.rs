//! Ids that differ between files only in how a program wrote them.

use std::collections::HashMap;

use fewshop_core::{Catalogue, ItemIx};

/// A difference that may be overlooked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdForm {
    /// `1000.0` and `1000`.
    Decimals,
    /// `007` and `7`.
    Zeros,
    /// `AB-1` and `ab-1`.
    Case,
}

impl IdForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decimals, Self::Zeros, Self::Case];

    /// Its name for `--match-ids`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decimals => "decimals",
            Self::Zeros => "zeros",
            Self::Case => "case",
        }
    }

    /// For a message: "ids match …".
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Decimals => "without '.0'",
            Self::Zeros => "without leading zeros",
            Self::Case => "in capital or small letters",
        }
    }

    /// The id without the difference.
    #[must_use]
    pub fn of(self, id: &str) -> String {
        match self {
            Self::Decimals => match id.split_once('.') {
                Some((whole, zeros))
                    if !whole.is_empty()
                        && !zeros.is_empty()
                        && zeros.bytes().all(|b| b == b'0')
                        && whole.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    whole.to_owned()
                }
                _ => id.to_owned(),
            },
            Self::Zeros => {
                let rest = id.trim_start_matches('0');
                if rest.is_empty() && !id.is_empty() {
                    "0".to_owned()
                } else {
                    rest.to_owned()
                }
            }
            Self::Case => id.to_lowercase(),
        }
    }
}

/// The id without all differences of `forms`.
pub(crate) fn form_of(forms: &[IdForm], id: &str) -> String {
    let mut out = id.to_owned();
    for form in forms {
        out = form.of(&out);
    }
    out
}

/// Rows of a catalogue by their ids without the differences of `forms`; ids that become the same
/// are left out, because nothing says which of them is meant.
pub(crate) fn rows_without(catalogue: &Catalogue, forms: &[IdForm]) -> HashMap<String, ItemIx> {
    let mut rows: HashMap<String, Option<ItemIx>> = HashMap::new();
    for (ix, item) in catalogue.iter() {
        rows.entry(form_of(forms, &item.id.0))
            .and_modify(|row| *row = None)
            .or_insert(Some(ix));
    }
    rows.into_iter()
        .filter_map(|(id, row)| Some((id, row?)))
        .collect()
}

/// The forms under which most of these unknown ids (with their rows) are known, how many ids and
/// rows that are, and an example.
pub(crate) struct Offer {
    pub(crate) forms: Vec<IdForm>,
    pub(crate) ids: usize,
    pub(crate) rows: usize,
    pub(crate) example: [String; 2],
}

/// Looks for the smallest set of forms that makes most unknown ids known.
pub(crate) fn offer(catalogue: &Catalogue, unknown: &HashMap<String, usize>) -> Option<Offer> {
    let sets: [&[IdForm]; 5] = [
        &[IdForm::Decimals],
        &[IdForm::Zeros],
        &[IdForm::Case],
        &[IdForm::Decimals, IdForm::Zeros],
        &IdForm::ALL,
    ];
    let mut best: Option<Offer> = None;
    let mut sorted: Vec<(&String, &usize)> = unknown.iter().collect();
    sorted.sort_unstable();
    for forms in sets {
        let rows = rows_without(catalogue, forms);
        let (mut ids, mut events, mut example) = (0, 0, None::<[String; 2]>);
        for &(id, count) in &sorted {
            if let Some(row) = rows.get(&form_of(forms, id)) {
                ids += 1;
                events += count;
                let pair = [id.clone(), catalogue[*row].id.0.clone()];
                example = Some(example.map_or(pair.clone(), |other| other.min(pair)));
            }
        }
        if let Some(example) = example
            && best.as_ref().is_none_or(|best| ids > best.ids)
        {
            best = Some(Offer {
                forms: forms.to_vec(),
                ids,
                rows: events,
                example,
            });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshop_core::Item;

    #[test]
    fn the_least_difference_that_explains_the_ids_is_offered() {
        let catalogue = Catalogue::new(
            ["1000.0", "0007", "AB-1", "x", "X"]
                .map(|id| Item::new(id, "t"))
                .to_vec(),
        )
        .unwrap();
        let of = |ids: &[&str]| {
            let unknown = ids.iter().map(|id| ((*id).to_owned(), 2)).collect();
            offer(&catalogue, &unknown).map(|offer| (offer.forms, offer.ids, offer.rows))
        };
        assert_eq!(of(&["1000"]), Some((vec![IdForm::Decimals], 1, 2)));
        assert_eq!(of(&["7"]), Some((vec![IdForm::Zeros], 1, 2)));
        assert_eq!(of(&["ab-1", "zzz"]), Some((vec![IdForm::Case], 1, 2)));
        assert_eq!(
            of(&["7.0"]),
            Some((vec![IdForm::Decimals, IdForm::Zeros], 1, 2))
        );
        assert_eq!(of(&["nobody"]), None);
        // `x` and `X` are two products.
        assert!(!rows_without(&catalogue, &[IdForm::Case]).contains_key("x"));
    }
}
