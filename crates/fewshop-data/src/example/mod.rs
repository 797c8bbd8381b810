//! A small synthetic shop for trying out Fewshop: products, a log, and cases of shoppers who are
//! not in the log.
//!
//! Shoppers are of types ([`TYPES`](goods::TYPES)): each likes some categories and a brand, takes
//! some products together, buys favourites again, and now and then takes a product that everybody
//! takes. So the data contains patterns to learn, and these patterns are known. Nothing in it is
//! real.

mod exports;
mod goods;

use std::path::Path;

use anyhow::Context;
use fewshop_core::{EventKind, Item};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub use exports::Export;

use crate::files::{
    CaseRow, EventRow, FileError, format_time, write_cases, write_events, write_items, write_truth,
};
use goods::{BRANDS, CATEGORIES, SIZES, TYPES};

/// The notice that accompanies the data wherever it is used.
pub const NOTICE: &str =
    "Synthetic data from `fewshop example`: the shop, its products and its shoppers do not exist.";

/// The size of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Products.
    pub items: usize,
    /// Shoppers in the log.
    pub shoppers: usize,
    /// Shoppers who are not in the log; one session of each becomes cases.
    pub unseen_users: usize,
    /// Random seed: the same plan and seed give the same shop.
    pub seed: u64,
    /// Whether it is a log of clicks on products that are ids and nothing else; each click depends
    /// on the one before it.
    pub clicks: bool,
}

/// One session: its shopper, time, products and events.
#[derive(Debug, Clone, PartialEq)]
struct Session {
    shopper: usize,
    nth: usize,
    time_s: i64,
    /// Distinct rows of the products.
    items: Vec<usize>,
}

/// 2024-01-01 00:00.
const FROM_S: i64 = 1_704_067_200;
/// Length of the log.
const DAYS: u64 = 180;
/// Numbers of context items in the cases.
const KS: [usize; 3] = [1, 3, 5];

/// Random numbers drawn by our own code, so that the same seed gives the same shop with any version
/// of the library.
struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// True with a probability of `percent` in a hundred.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number below `n`, lower ones more often: the smallest of three draws.
    fn early(&mut self, n: usize) -> usize {
        self.below(n).min(self.below(n)).min(self.below(n))
    }
}

/// A row of the log.
struct LogRow {
    time_s: i64,
    user: String,
    session: String,
    /// When its session began, in seconds since 1970.
    session_s: i64,
    /// Row of the product.
    item: usize,
    kind: EventKind,
    quantity: i64,
}

/// Writes items.csv, events.csv, valid_cases.csv and valid_truth.csv into `folder`, which is
/// created if needed. Returns the number of events.
///
/// # Errors
/// When the folder cannot be created or written to.
pub fn write(plan: Plan, folder: &Path) -> anyhow::Result<usize> {
    write_as(plan, None, folder)
}

/// [`write`], with the files of an export in place of items.csv and events.csv.
///
/// # Errors
/// As [`write`].
pub fn write_as(plan: Plan, export: Option<Export>, folder: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "{}: the folder cannot be created: check the path",
            folder.display()
        )
    })?;
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(plan.seed));
    let (items, sessions) = if plan.clicks {
        let items = (0..plan.items).map(|nth| Item::new(&format!("p{:04}", nth + 1), ""));
        (items.collect(), click_sessions(plan, &mut dice))
    } else {
        let (items, categories) = products(plan.items, &mut dice);
        let sessions = sessions(&items, &categories, plan, &mut dice);
        (items, sessions)
    };
    let (unseen, log): (Vec<&Session>, Vec<&Session>) = sessions
        .iter()
        .partition(|one| one.shopper >= plan.shoppers);
    let rows = log_rows(&items, &log, plan.clicks, &mut dice);
    match export {
        Some(export) => exports::write(export, folder, &items, &rows)?,
        None => {
            write_items(&folder.join("items.csv"), &items, &[])?;
            write_plain(&folder.join("events.csv"), &items, &rows)?;
        }
    }
    write_eval_set(folder, &items, &unseen)?;
    Ok(rows.len())
}

/// The products, and the category of each.
fn products(count: usize, dice: &mut Dice) -> (Vec<Item>, Vec<usize>) {
    let mut items = Vec::with_capacity(count);
    let mut categories = Vec::with_capacity(count);
    for nth in 0..count {
        // In rotation, so that every category gets its share of any number of products.
        let category = nth % CATEGORIES.len();
        let round = nth / CATEGORIES.len();
        let made = &CATEGORIES[category];
        let (kind, size) = (
            made.kinds[round % made.kinds.len()],
            SIZES[(round / made.kinds.len() + nth) % SIZES.len()],
        );
        let mut item = Item::new(&format!("p{:04}", nth + 1), kind);
        item.category = vec![made.department.to_owned(), made.name.to_owned()];
        item.brand = BRANDS[(round + dice.below(2)) % BRANDS.len()].to_owned();
        item.size = size.to_owned();
        // Between four fifths and nine fifths of the usual price of this kind of product, to the
        // cent.
        let cents = made.cents * (80 + dice.below(101)) / 100;
        item.price = Some((cents as f64 / 100.0) as f32);
        items.push(item);
        categories.push(category);
    }
    (items, categories)
}

/// The sessions of all shoppers; unseen shoppers come last.
fn sessions(items: &[Item], categories: &[usize], plan: Plan, dice: &mut Dice) -> Vec<Session> {
    let shelves: Vec<Vec<usize>> = (0..CATEGORIES.len())
        .map(|category| {
            (0..items.len())
                .filter(|&item| categories[item] == category)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut sessions = Vec::new();
    for shopper in 0..plan.shoppers + plan.unseen_users {
        let likes = TYPES[dice.below(TYPES.len())];
        let brand = BRANDS[dice.below(BRANDS.len())];
        let mut favourites: Vec<usize> = Vec::new();
        let is_stranger = shopper >= plan.shoppers;
        let visits = if is_stranger { 1 } else { 1 + dice.early(8) };
        let mut times: Vec<i64> = (0..visits)
            .map(|_| {
                FROM_S
                    + (dice.below(DAYS as usize) * 86_400 + 8 * 3_600 + dice.below(12 * 3_600))
                        as i64
            })
            .collect();
        times.sort_unstable();
        for (nth, time_s) in times.into_iter().enumerate() {
            // An unseen shopper's session is long enough to become a case.
            let length = if is_stranger {
                9 + dice.below(6)
            } else {
                2 + dice.early(14)
            };
            let mut taken: Vec<usize> = Vec::new();
            // The number of attempts is limited: a tiny shop may not have enough different products
            // for this shopper.
            for _ in 0..20 * length {
                if taken.len() == length.min(items.len()) {
                    break;
                }
                let item = if !favourites.is_empty() && dice.chance(15) {
                    favourites[dice.below(favourites.len())]
                } else if dice.chance(22) {
                    // A popular product: one of the first of any category.
                    dice.early(items.len().min(3 * CATEGORIES.len()))
                } else {
                    let shelf = &shelves[likes[dice.early(likes.len())]];
                    if shelf.is_empty() {
                        continue;
                    }
                    let first = shelf[dice.early(shelf.len())];
                    let other = shelf[dice.early(shelf.len())];
                    if items[first].brand != brand && items[other].brand == brand {
                        other
                    } else {
                        first
                    }
                };
                if !taken.contains(&item) {
                    taken.push(item);
                    if dice.chance(30) {
                        favourites.push(item);
                    }
                }
            }
            sessions.push(Session {
                shopper,
                nth,
                time_s,
                items: taken,
            });
        }
    }
    sessions
}

/// Sessions of clicks. Two of three clicks are on a follower of the last product, of which each
/// product has three, the first the likeliest; the others are on any product, popular ones more
/// often.
fn click_sessions(plan: Plan, dice: &mut Dice) -> Vec<Session> {
    let n = plan.items;
    let mut sessions = Vec::new();
    for shopper in 0..plan.shoppers + plan.unseen_users {
        let is_unseen = shopper >= plan.shoppers;
        for nth in 0..if is_unseen { 1 } else { 1 + dice.early(8) } {
            let time_s = FROM_S + dice.below(DAYS as usize * 86_400) as i64;
            let length = if is_unseen {
                9 + dice.below(6)
            } else {
                2 + dice.early(14)
            };
            let mut taken = vec![dice.early(n)];
            for _ in 1..20 * length {
                if taken.len() >= length.min(n) {
                    break;
                }
                let last = taken[taken.len() - 1];
                let item = if dice.chance(66) {
                    (last * 7 + 1 + 13 * dice.early(3)) % n
                } else {
                    dice.early(n)
                };
                if !taken.contains(&item) {
                    taken.push(item);
                }
            }
            sessions.push(Session {
                shopper,
                nth,
                time_s,
                items: taken,
            });
        }
    }
    sessions
}

/// The log in order of time: most products are bought, some only viewed, a few dismissed; in
/// a log of clicks all are viewed.
fn log_rows(items: &[Item], sessions: &[&Session], clicks: bool, dice: &mut Dice) -> Vec<LogRow> {
    let mut rows: Vec<LogRow> = Vec::new();
    for session in sessions {
        let user = format!("u{:05}", session.shopper + 1);
        let id = format!("{user}-{}", session.nth + 1);
        let mut time_s = session.time_s;
        let mut push = |time_s: i64, item: usize, kind: EventKind, quantity: i64| {
            rows.push(LogRow {
                time_s,
                user: user.clone(),
                session: id.clone(),
                session_s: session.time_s,
                item,
                kind,
                quantity,
            });
        };
        for &item in &session.items {
            time_s += 20 + dice.below(100) as i64;
            if clicks {
                push(time_s, item, EventKind::View, 1);
                continue;
            }
            if dice.chance(40) {
                push(time_s, item, EventKind::View, 1);
                time_s += 5 + dice.below(40) as i64;
            }
            if !dice.chance(15) {
                push(time_s, item, EventKind::Purchase, 1 + dice.early(3) as i64);
            }
        }
        if !clicks && dice.chance(5) {
            push(time_s + 10, dice.below(items.len()), EventKind::Dismiss, 1);
        }
    }
    rows.sort_by(|a, b| (a.time_s, &a.session).cmp(&(b.time_s, &b.session)));
    rows
}

/// Writes the log as events.csv.
fn write_plain(path: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    write_events(
        path,
        rows.iter().map(|row| EventRow {
            user_id: &row.user,
            session_id: &row.session,
            time_s: row.time_s,
            item_id: &items[row.item].id.0,
            kind: row.kind,
            quantity: row.quantity,
        }),
    )
}

/// Writes one session of each unseen shopper as cases: its first products are the context, the
/// others are relevant.
fn write_eval_set(folder: &Path, items: &[Item], unseen: &[&Session]) -> Result<(), FileError> {
    let id = |item: usize| items[item].id.0.as_str();
    let named: Vec<(String, String, usize, &Session)> = unseen
        .iter()
        .flat_map(|&session| {
            let user = format!("v{:05}", session.shopper + 1);
            KS.into_iter()
                .filter(|k| session.items.len() > *k)
                .map(move |k| (format!("{user}-{k}"), user.clone(), k, session))
        })
        .collect();
    let cases = named.iter().flat_map(|(case_id, user_id, k, session)| {
        (0u32..)
            .zip(&session.items[..*k])
            .map(move |(position, &item)| CaseRow {
                case_id,
                user_id,
                k: *k as u32,
                visit: 0,
                position,
                item_id: id(item),
                time_s: None,
            })
    });
    write_cases(&folder.join("valid_cases.csv"), cases)?;
    let truth = named.iter().flat_map(|(case_id, _, k, session)| {
        session.items[*k..]
            .iter()
            .map(move |&item| (case_id.as_str(), id(item)))
    });
    write_truth(&folder.join("valid_truth.csv"), truth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures;

    #[test]
    fn the_same_seed_makes_the_same_shop_and_another_one_another() {
        let plan = Plan {
            items: 60,
            shoppers: 40,
            unseen_users: 5,
            seed: 7,
            clicks: false,
        };
        let made = |plan: Plan| {
            let dir = tempfile::tempdir().unwrap();
            let events = write(plan, dir.path()).unwrap();
            let read = |file: &str| std::fs::read_to_string(dir.path().join(file)).unwrap();
            let log = read("events.csv");
            assert_eq!(log.lines().count(), events + 1);
            (
                read("items.csv"),
                log,
                read("valid_cases.csv"),
                read("valid_truth.csv"),
            )
        };
        let first = made(plan);
        assert_eq!(first, made(plan));
        let clicks = Plan {
            clicks: true,
            ..plan
        };
        assert_eq!(made(clicks), made(clicks));
        let other = made(Plan { seed: 8, ..plan });
        assert!(first.1 != other.1 && first.0 != other.0);
        // Strangers are not in the log.
        assert!(
            !first.1.contains("v000") && first.2.contains("v00041-1,"),
            "{}",
            first.2
        );
    }

    /// What an export says of the shop is what the plain files say, as far as it can say it.
    #[test]
    fn every_export_is_read_as_the_same_shop() {
        use crate::files::{read_events, read_items};
        let plan = Plan {
            items: 60,
            shoppers: 60,
            unseen_users: 5,
            seed: 7,
            clicks: false,
        };
        let dir = tempfile::tempdir().unwrap();
        write(plan, dir.path()).unwrap();
        let plain = read_items(&dir.path().join("items.csv")).unwrap().catalogue;
        let log = read_events(&dir.path().join("events.csv"), &plain).unwrap();
        for (export, items, events) in [
            (Export::Shopify, "products_export.csv", "orders_export.csv"),
            (Export::Woocommerce, "products.csv", "orders.csv"),
            (Export::Ga4, "events.jsonl", "events.jsonl"),
            (Export::Merchant, "feed.xml", "events.csv"),
            (Export::Retailrocket, "item_properties.csv", "events.csv"),
            (Export::Recbole, "shop.item", "shop.inter"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            write_as(plan, Some(export), dir.path()).unwrap();
            let read = read_items(&dir.path().join(items)).unwrap();
            for item in read.catalogue.items() {
                let expected = &plain[plain.ix(&item.id).unwrap()];
                if export != Export::Retailrocket {
                    assert_eq!(item.title, expected.title, "{export:?}");
                    assert_eq!(item.category, expected.category, "{export:?}");
                }
                assert_eq!(item.price, expected.price, "{export:?}");
            }
            let known = log
                .sessions
                .iter()
                .flat_map(|session| &session.items)
                .count();
            let found = read_events(&dir.path().join(events), &read.catalogue).unwrap();
            let seen = found
                .sessions
                .iter()
                .flat_map(|session| &session.items)
                .count();
            assert_eq!(found.unknown.rows, 0, "{export:?}");
            // Orders hold what was bought alone; a few sessions are one where they are cut.
            let is_orders = matches!(export, Export::Shopify | Export::Woocommerce);
            let least = if is_orders {
                known * 7 / 10
            } else {
                known * 95 / 100
            };
            assert!(
                (least..=known).contains(&seen),
                "{export:?}: {seen} of {known}"
            );
            assert!(
                found.users.len() <= 60 && found.users.len() > 55,
                "{export:?}"
            );
            assert!(
                found.users.iter().all(|user| !user.contains('@')),
                "{export:?}"
            );
        }
    }

    #[test]
    fn a_shop_of_one_product_ends() {
        for clicks in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let plan = Plan {
                items: 1,
                shoppers: 3,
                unseen_users: 2,
                seed: 1,
                clicks,
            };
            assert!(write(plan, dir.path()).is_ok());
        }
    }

    #[test]
    fn types_like_categories_that_there_are_and_every_category_has_a_picture() {
        for likes in TYPES {
            assert!(
                likes.iter().all(|&category| category < CATEGORIES.len()),
                "{likes:?}"
            );
        }
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(1));
        let plain = products(CATEGORIES.len() * 4, &mut dice).0;
        let neutral = plain
            .iter()
            .filter(|item| pictures::name(&pictures::choose(item)) == Some("shopping bags"))
            .count();
        assert!(neutral * 20 < plain.len(), "{neutral} of {}", plain.len());
    }
}
