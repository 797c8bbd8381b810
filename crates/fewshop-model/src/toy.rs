//! A small made-up shop, always the same: three departments of twenty products, whose shoppers
//! rarely leave their department.

use fewshop_core::{Catalogue, Item};

use crate::features::{FEATURE_NAMES, FEATURES};
use crate::pack::{Card, Pack, PackParts};
use crate::weights::{
    AdapterWeights, EncoderWeights, ItemTable, ModelConfig, PairTable, RankerWeights,
};

const DEPARTMENTS: [&str; 3] = ["Produce", "Bakery", "Household"];
const EACH: usize = 20;
const D: usize = 8;

/// The shop's pack, as read from a file.
///
/// # Panics
/// Never: its parts fit together by construction, which a test checks.
#[must_use]
pub fn pack() -> Pack {
    let n = DEPARTMENTS.len() * EACH;
    let items = (0..n)
        .map(|row| {
            let (department, nth) = (DEPARTMENTS[row / EACH], row % EACH);
            let mut item = Item::new(&format!("toy{row}"), &format!("{department} no. {nth}"));
            item.category = vec![
                department.to_owned(),
                format!("{department} {}", ["plain", "fancy"][nth % 2]),
            ];
            item.brand = ["House brand", "National brand"][nth % 2].to_owned();
            item.size = format!("{} oz", 4 + nth);
            item.price = (nth != 7).then_some(0.5 + nth as f32 * 0.25);
            item.picture = "1f6cd".to_owned();
            item
        })
        .collect();
    let popularity: Vec<u32> = (0..n)
        .map(|row| 400 - 15 * (row % EACH) as u32 - 20 * (row / EACH) as u32)
        .collect();
    // One direction per department, with a small deviation for each product.
    let vectors: Vec<f32> = (0..n)
        .flat_map(|row| {
            (0..D).map(move |i| {
                let own = ((row * 7 + i * 13) % 11) as f32 / 11.0 - 0.5;
                0.4 * own + if i == row / EACH { 1.0 } else { 0.0 }
            })
        })
        .collect();
    let bias = popularity
        .iter()
        .map(|&p| (p as f32 / 400.0).ln())
        .collect();
    let mut pairs = PairTable {
        offsets: vec![0],
        ..PairTable::default()
    };
    for row in 0..n {
        for step in 1..8 {
            let other = row / EACH * EACH + (row % EACH + step * 3) % EACH;
            pairs.items.push(other as u32);
            pairs.counts.push((90 - 10 * step) as f32);
            pairs.regression.push(0.2 - 0.02 * step as f32);
        }
        pairs.offsets.push(pairs.items.len() as u32);
    }
    let weight_of = |name: &str| match name {
        "popularity" => 0.3,
        // 0 for every product until the toy has seasonal counts.
        "season" => 0.5,
        // 0 for every product until the toy has promotions.
        "promoted" | "displayed" => 0.5,
        "covisit_mean" | "cosine_mean" => 0.4,
        "taste" => 1.0,
        "department_share" => 1.5,
        "logit_rank" => -0.2,
        _ => 0.0,
    };
    let hidden = 2;
    let ranker = RankerWeights {
        hidden,
        mean: vec![0.0; FEATURES],
        inv_std: vec![1.0; FEATURES],
        w1: FEATURE_NAMES
            .iter()
            .flat_map(|name| [weight_of(name), -0.5 * weight_of(name)])
            .collect(),
        // Far from the kink, so that the network is nearly linear and a test can predict its output
        // from the weights.
        b1: vec![30.0, 10.0],
        w2: vec![1.0, -0.1],
        b2: 0.0,
    };
    let bytes = Pack::new(PackParts {
        card: Card {
            shop: "Toy shop".to_owned(),
            currency: "USD".to_owned(),
            ..Card::default()
        },
        config: ModelConfig {
            logit_scale: 4.0,
            adapter_steps: 3,
            candidates: 20,
            sessions: 1_000.0,
            ..ModelConfig::default()
        },
        catalogue: Catalogue::new(items).expect("ids are numbered"),
        recent_popularity: popularity.iter().map(|n| n / 4).collect(),
        popularity,
        repeat_rates: (0..n)
            .map(|row| if row % EACH < 5 { 0.4 } else { 0.1 })
            .collect(),
        item_table: ItemTable::quantise(&vectors, D, bias),
        pairs,
        encoder: EncoderWeights {
            hidden: 2,
            w: (0..D * 2).map(|i| 0.05 * (i % 5) as f32).collect(),
            b: vec![0.1, -0.1],
            v: vec![0.3, -0.2],
            kind: vec![0.0, 0.3, 0.5, 0.0],
            recency: -0.05,
        },
        adapter: AdapterWeights {
            learning_rate: vec![0.05; D],
            gate: vec![0.3, 0.6, 1.0],
            negatives: (0..n as u32).step_by(4).collect(),
        },
        ranker,
        ..PackParts::default()
    })
    .and_then(|pack| pack.to_bytes())
    .expect("the toy's parts fit together");
    Pack::from_bytes(&bytes).expect("what was just written can be read")
}
