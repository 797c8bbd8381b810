//! A pack for a shop without a log: everything it knows of a product is its content.
//!
//! Item vectors come from the sentence model's view of the titles, or from the products' words,
//! categories and brands; the ranker's few weights are fixed. Nothing is trained, and nothing is
//! popular: a new shopper sees the shop's own order.

use anyhow::{Result, ensure};
use fewshop_core::{Catalogue, EventKind};
use fewshop_model::features::{FEATURE_NAMES, FEATURES};
use fewshop_model::{
    AdapterWeights, Card, EncoderWeights, ItemTable, ModelConfig, Pack, PackParts, PairTable,
    RankerWeights,
};
use std::collections::BTreeMap;

use super::content::{sorted_prices, tokens};
use crate::text::TextVectors;

/// Numbers of an item vector without a sentence model.
const D: usize = 64;

/// The ranker's weights by feature. Set by hand: there is no log to learn them from, and they were
/// not tuned on the example shops.
const WEIGHTS: [(&str, f32); 12] = [
    ("near_mean", 3.0),
    ("near_max", 3.0),
    ("category_share", 1.5),
    ("department_share", 0.5),
    ("brand_share", 0.5),
    ("price_distance", -0.2),
    ("taken_share", 1.0),
    ("visits_taste", 1.0),
    ("visits_category", 0.5),
    ("dismissed_near", -3.0),
    ("dismissed_category", -0.5),
    ("promoted", 0.3),
];

/// Makes the pack of a catalogue from its content alone; rows keep their order.
///
/// # Errors
/// Without products.
pub fn content_only(catalogue: &Catalogue, text: Option<&TextVectors>, card: Card) -> Result<Pack> {
    let n = catalogue.len();
    ensure!(n > 0, "there are no products: a pack needs at least one");
    let (d, mut vectors) = match text {
        Some(text) => (text.size(), text.rows().to_vec()),
        None => (D, of_tokens(catalogue)),
    };
    for row in vectors.chunks_exact_mut(d) {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|x| *x /= length);
        }
    }
    let weight = |name: &str| {
        let own = WEIGHTS.iter().find(|(other, _)| *other == name);
        own.map_or(0.0, |(_, weight)| *weight)
    };
    let ranker = RankerWeights {
        hidden: 1,
        mean: vec![0.0; FEATURES],
        inv_std: vec![1.0; FEATURES],
        w1: FEATURE_NAMES.iter().map(|name| weight(name)).collect(),
        // Far from the kink, so that the score is the weighted sum.
        b1: vec![100.0],
        w2: vec![1.0],
        b2: -100.0,
    };
    let parts = PackParts {
        card,
        config: ModelConfig::default(),
        catalogue: catalogue.clone(),
        popularity: vec![0; n],
        recent_popularity: vec![0; n],
        repeat_rates: vec![0.0; n],
        item_table: ItemTable::quantise(&vectors, d, vec![0.0; n]),
        pairs: PairTable {
            offsets: vec![0; n + 1],
            ..PairTable::default()
        },
        encoder: EncoderWeights {
            kind: vec![0.0; EventKind::ALL.len()],
            ..EncoderWeights::default()
        },
        // The vectors are not trained: there is nothing that gradient steps on one session improve.
        adapter: AdapterWeights {
            learning_rate: vec![0.0; d],
            gate: vec![0.0],
            negatives: vec![0],
        },
        ranker,
        ..PackParts::default()
    };
    Ok(Pack::new(parts)?)
}

/// A vector for each product from its tokens: the sum of one random direction for each token, which
/// keeps cosines of weighted token counts (random projection). Rare tokens say more.
///
/// # Shapes
/// `[items, D]`
fn of_tokens(catalogue: &Catalogue) -> Vec<f32> {
    let prices = sorted_prices(catalogue.items());
    let all: Vec<Vec<String>> = catalogue
        .items()
        .iter()
        .map(|item| tokens(item, &prices))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for token in all.iter().flatten() {
        *counts.entry(token).or_default() += 1;
    }
    let n = catalogue.len() as f32;
    all.iter()
        .flat_map(|tokens| {
            let mut row = vec![0.0; D];
            for token in tokens {
                // What one product alone has makes it like no other.
                let count = counts[token.as_str()];
                if count > 1 {
                    let rarity = (1.0 + n / count as f32).ln();
                    add_direction(token, rarity, &mut row);
                }
            }
            row
        })
        .collect()
}

/// Adds a direction of signs that depends on the token alone.
fn add_direction(token: &str, weight: f32, row: &mut [f32]) {
    // FNV-1a, then the finaliser of SplitMix64, whose bits are even.
    let mut hash = token
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    for (bit, value) in row.iter_mut().enumerate() {
        let sign = if hash >> bit & 1 == 1 { 1.0 } else { -1.0 };
        *value += weight * sign;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshop_core::{Item, ItemIx, Session};
    use fewshop_model::{Model, RankOptions};

    /// Ten products, as a shop has them on its first day.
    fn shop() -> Catalogue {
        let titles = [
            ("Cat food, tuna", "Pets"),
            ("Cat litter", "Pets"),
            ("Dog food", "Pets"),
            ("Red wine", "Drinks"),
            ("White wine", "Drinks"),
            ("Sparkling water", "Drinks"),
            ("Birthday card", "Cards"),
            ("Thank you card", "Cards"),
            ("Gift wrap", "Cards"),
            ("Candle", "Home"),
        ];
        let item = |(nth, (title, category)): (usize, &(&str, &str))| {
            let mut item = Item::new(&nth.to_string(), title);
            item.category = vec![(*category).to_owned()];
            item
        };
        Catalogue::new(titles.iter().enumerate().map(item).collect()).unwrap()
    }

    fn first(model: &Model, session: &Session, n: usize) -> Vec<u32> {
        let options = RankOptions {
            n,
            ..RankOptions::default()
        };
        let ranking = model.rank(session, &options).unwrap();
        ranking.picks.iter().map(|pick| pick.item.0).collect()
    }

    #[test]
    fn titles_alone_make_a_pack_that_learns_from_a_click_and_from_a_dismissal() {
        let pack = content_only(&shop(), None, Card::default()).unwrap();
        let pack = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
        let model = Model::new(pack);
        // A new shopper sees the shop's own order.
        assert_eq!(first(&model, &Session::default(), 3), [0, 1, 2]);
        let clicked = first(&model, &Session::of_items(&[ItemIx(3)]), 2);
        assert_eq!(clicked[0], 4);
        assert_eq!(clicked[1], 5);
        let mut cat = first(&model, &Session::of_items(&[ItemIx(0)]), 2);
        cat.sort_unstable();
        assert_eq!(cat, [1, 2]);
    }

    #[test]
    fn the_same_products_give_the_same_pack_and_one_product_is_enough() {
        let bytes = |catalogue: &Catalogue| {
            content_only(catalogue, None, Card::default())
                .unwrap()
                .to_bytes()
                .unwrap()
        };
        assert_eq!(bytes(&shop()), bytes(&shop()));
        let one = Catalogue::new(vec![Item::new("a", "A")]).unwrap();
        assert!(Pack::from_bytes(&bytes(&one)).is_ok());
        let none = Catalogue::new(Vec::new()).unwrap();
        assert!(content_only(&none, None, Card::default()).is_err());
    }
}
