//! Makes products distinguishable: a page shows a product's title, size and brand, and no two
//! products may share all three.

use std::collections::BTreeMap;

use fewshop_core::Item;

use super::LONGEST_TITLE;

/// A product whose name is not final yet.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) item: Item,
    /// Possible additions to its title, the most useful first; every draft has the same number.
    pub(super) differences: Vec<Difference>,
    /// The size as printed by the till.
    pub(super) printed_size: String,
    /// Number of the maker, for a brand that does not include it; may be empty.
    pub(super) maker: String,
}

/// An addition that can distinguish a product from one that looks the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// The text in brackets after the title; empty for no addition.
    pub(super) text: String,
    /// Whether this is the expected case, so that the title need not mention it.
    pub(super) expected: bool,
}

impl Difference {
    /// A difference that is not mentioned if it is `expected`.
    pub(super) fn new(text: impl Into<String>, expected: bool) -> Self {
        Self {
            text: text.into(),
            expected,
        }
    }
}

/// Adds the differences to the names of products that look alike: to the title their category,
/// department, raw type or stock number, or else the size as printed, the maker, or finally the id.
pub(super) fn tell_apart(drafts: &mut [Draft]) {
    let steps = drafts
        .iter()
        .map(|draft| draft.differences.len())
        .max()
        .unwrap_or(0);
    for step in 0..steps {
        for group in alike(drafts) {
            let of = |at: usize| drafts[at].differences.get(step);
            let plain = group
                .iter()
                .find_map(|&at| of(at).filter(|difference| difference.expected))
                .or(of(group[0]))
                .cloned();
            // All products keep their stock numbers: none of them is the expected one.
            let plain = plain.filter(|plain| plain.expected || !plain.text.starts_with("no. "));
            for at in group {
                let own = drafts[at]
                    .differences
                    .get(step)
                    .filter(|own| Some(&own.text) != plain.as_ref().map(|plain| &plain.text));
                if let Some(text) = own
                    .map(|own| own.text.clone())
                    .filter(|text| !text.is_empty())
                {
                    add(&mut drafts[at].item.title, &format!(" ({text})"));
                }
            }
        }
    }
    for group in alike(drafts) {
        let printed = |at: usize| drafts[at].printed_size.as_str();
        let usual = group
            .iter()
            .find(|&&at| drafts[at].item.size.eq_ignore_ascii_case(printed(at)))
            .unwrap_or(&group[0]);
        let plain = printed(*usual).to_owned();
        for at in group {
            if drafts[at].printed_size != plain {
                drafts[at].item.size = drafts[at].printed_size.clone();
            }
        }
    }
    for group in alike(drafts) {
        let plain = drafts[group[0]].maker.clone();
        for &at in &group[1..] {
            let Draft { item, maker, .. } = &mut drafts[at];
            if *maker != plain && !maker.is_empty() {
                item.brand = format!("{} · maker {maker}", item.brand);
            }
        }
    }
    for group in alike(drafts) {
        for &at in &group[1..] {
            let id = drafts[at].item.id.to_string();
            add(
                &mut drafts[at].item.title,
                &format!(
                    " (no. {})",
                    id.trim_start_matches(|c: char| c.is_alphabetic())
                ),
            );
        }
    }
}

/// Groups of two or more products that look the same on a page, each sorted by id, numbers by
/// value.
fn alike(drafts: &[Draft]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(String, String, &str), Vec<usize>> = BTreeMap::new();
    for (at, Draft { item, .. }) in drafts.iter().enumerate() {
        groups
            .entry((
                item.title.to_lowercase(),
                item.size.to_lowercase(),
                &item.brand,
            ))
            .or_default()
            .push(at);
    }
    let mut groups: Vec<Vec<usize>> = groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    for group in &mut groups {
        group.sort_by_key(|&at| {
            let id = &drafts[at].item.id.0;
            (id.len(), id)
        });
    }
    groups
}

/// Adds to a title, which is shortened if both together are too long.
fn add(title: &mut String, suffix: &str) {
    let room = LONGEST_TITLE.saturating_sub(suffix.chars().count());
    *title = shorten(title, room) + suffix;
}

/// At most `longest` characters, cut between words.
pub(super) fn shorten(title: &str, longest: usize) -> String {
    if title.chars().count() <= longest {
        return title.to_owned();
    }
    let mut out = String::new();
    for word in title.split(' ') {
        let gap = usize::from(!out.is_empty());
        if out.chars().count() + gap + word.chars().count() + 1 > longest {
            break;
        }
        if gap == 1 {
            out.push(' ');
        }
        out.push_str(word);
    }
    if out.is_empty() {
        out = title.chars().take(longest.saturating_sub(1)).collect();
    }
    out.trim_end_matches([',', '&', ' ']).to_owned() + "…"
}
