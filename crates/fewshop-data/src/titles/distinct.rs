//! No two products may look alike: what a page shows of one is its title, size and brand.

use std::collections::BTreeMap;

use fewshop_core::Item;

use super::LONGEST_TITLE;

/// A product on its way to a name of its own.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) item: Item,
    /// What its title may say besides, the most telling first; every draft has as many.
    pub(super) differences: Vec<Difference>,
    /// The size as the till prints it.
    pub(super) printed_size: String,
    /// Number of the maker, for a brand that does not say it; may be empty.
    pub(super) maker: String,
}

/// Something that may tell a product from one that looks the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// What is added to the title, in brackets; empty adds nothing.
    pub(super) text: String,
    /// Whether a product of which this is so needs no mention of it, since it is what one expects.
    pub(super) expected: bool,
}

impl Difference {
    /// A difference that goes without saying where it is `expected`.
    pub(super) fn new(text: impl Into<String>, expected: bool) -> Self {
        Self {
            text: text.into(),
            expected,
        }
    }
}

/// Adds what differs to the names of products that look alike: to the title their category,
/// department, raw type or stock number, else the size as printed, else the maker, else, at the
/// very last, their id.
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
            // Stock numbers stay on all: none of them is the expected one.
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

/// Groups of two or more that a page would show alike, each by id, numbers by value.
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

/// Adds to a title, which gives way where both together are too long.
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
