//! Scores of new products for the context items of a session, one column each. A method is a
//! column, or a weighted sum of columns.

use std::collections::HashMap;

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx, Session, split};
use fewshop_model::{ItemTable, Model, Pack, RankOptions, kernels};

use super::hold::ids;
use crate::new_items::Likeness;

/// Columns, in order.
pub(super) const COLUMNS: [&str; 21] = [
    "random",
    "category popularity",
    "category of the context",
    "nearest by text",
    "nearest by text, best context item",
    "nearest by words",
    "nearest by words, best context item",
    "department",
    "brand",
    "price distance",
    "neighbours' popularity",
    "neighbours' bias",
    "neighbours' vectors",
    "neighbours' vectors, best context item",
    "content tower",
    "content tower, best context item",
    "generator",
    "generator without adversary",
    "neighbours' co-visits",
    "neighbours' cosine",
    "pack",
];

/// A pack with the added new products, and the inputs of the columns.
pub(super) struct Signals {
    pub(super) model: Model,
    /// Whether each row of the pack is a new product.
    pub(super) new: Vec<bool>,
    /// Further item tables: content and generator.
    content: ItemTable,
    generated: ItemTable,
    regressed: ItemTable,
    likeness: Likeness,
    /// `[items, width]`.
    text: Vec<f32>,
    width: usize,
    category_popularity: Vec<f32>,
    random: Vec<f32>,
}

impl Signals {
    /// `pack` holds all products; `vectors` holds, by id of each new product, the vectors from
    /// content, from the generator and from the generator without adversary; `text` is in the
    /// pack's rows.
    pub(super) fn of(
        pack: Pack,
        new_items: &[fewshop_core::Item],
        vectors: &HashMap<String, [Vec<f32>; 3]>,
        text: Vec<f32>,
        seed: u64,
    ) -> Result<Self> {
        let n = pack.catalogue().len();
        let fresh = ids(new_items);
        let new: Vec<bool> = pack
            .catalogue()
            .items()
            .iter()
            .map(|item| fresh.contains(item.id.0.as_str()))
            .collect();
        let with = |which: usize| -> Result<ItemTable> {
            let d = pack.item_table().d;
            let mut rows: Vec<f32> = Vec::with_capacity(n * d);
            for (row, item) in pack.catalogue().items().iter().enumerate() {
                if new[row] {
                    rows.extend(
                        &vectors
                            .get(&item.id.0)
                            .context("a new product has no vector")?[which],
                    );
                } else {
                    rows.extend(pack.item_table().row(row));
                }
            }
            Ok(ItemTable::quantise(
                &rows,
                d,
                pack.item_table().bias.clone(),
            ))
        };
        let random = pack.catalogue().items().iter();
        let random = random
            .map(|item| split::fold(&item.id.0, &format!("random-{seed}"), 1 << 20) as f32)
            .collect();
        Ok(Self {
            content: with(0)?,
            generated: with(1)?,
            regressed: with(2)?,
            likeness: Likeness::of(pack.catalogue(), &text),
            width: text.len() / n,
            text,
            category_popularity: category_popularity(&pack, &new),
            random,
            new,
            model: Model::new(pack),
        })
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        self.model.catalogue()
    }

    /// The columns for these context items, each over all rows.
    pub(super) fn columns(&self, context: &[ItemIx]) -> Result<Vec<Vec<f32>>> {
        let pack = self.model.pack();
        let (n, k) = (pack.catalogue().len(), context.len().max(1) as f32);
        let zeros = || vec![0f32; n];
        let items = pack.catalogue().items();
        let (mut text, mut text_max, mut words, mut words_max) =
            (zeros(), vec![-1f32; n], zeros(), zeros());
        let (mut category, mut department, mut brand) = (zeros(), zeros(), zeros());
        let (mut covisit, mut cosine) = (zeros(), zeros());
        let fold = |sum: &mut Vec<f32>, max: &mut Vec<f32>, values: &[f32]| {
            for ((sum, max), values) in sum.iter_mut().zip(max).zip(values) {
                *sum += values / k;
                *max = max.max(*values);
            }
        };
        for known in context {
            let item = &items[known.row()];
            let own = if self.width == 0 {
                &[]
            } else {
                &self.text[known.row() * self.width..][..self.width]
            };
            fold(&mut text, &mut text_max, &self.likeness.text(own));
            fold(&mut words, &mut words_max, &self.likeness.words(item));
            for (row, other) in items.iter().enumerate() {
                let shared = item
                    .category
                    .iter()
                    .zip(&other.category)
                    .take_while(|(a, b)| a == b)
                    .count();
                if !item.category.is_empty()
                    && shared == item.category.len().max(other.category.len())
                {
                    category[row] += 1.0 / k;
                }
                department[row] += f32::from(u8::from(shared > 0)) / k;
                brand[row] += f32::from(u8::from(
                    !item.brand.is_empty() && item.brand == other.brand,
                )) / k;
            }
            let config = pack.config();
            let own = pack.popularity()[known.row()] as f32;
            for pair in pack.pairs().row(known.row()) {
                let other = pack.popularity()[pair.to] as f32;
                covisit[pair.to] += pair.count
                    / (own + config.covisit_shrink)
                    / other.max(1.0).powf(config.covisit_alpha)
                    / k;
                cosine[pair.to] += pair.count
                    / ((own + config.cosine_shrink) * (other + config.cosine_shrink)).sqrt()
                    / k;
            }
        }
        let log_rate = |x: Vec<f32>| x.into_iter().map(|x| (1e-5 + x).ln()).collect::<Vec<f32>>();
        let prices: Vec<f32> = context
            .iter()
            .filter_map(|known| items[known.row()].price)
            .map(|p| (p + 0.01).ln())
            .collect();
        let mean = prices.iter().sum::<f32>() / prices.len().max(1) as f32;
        let distance = |price: Option<f32>| match price {
            Some(price) if !prices.is_empty() => -((price + 0.01).ln() - mean).abs(),
            _ => 0.0,
        };
        let session = Session::of_items(context);
        let (user_embedding, _) = pack.user_embeddings(&session);
        let logits =
            |table: &ItemTable| kernels::scan(table, &user_embedding, pack.config().logit_scale);
        let nearest = |table: &ItemTable| {
            let mut max = vec![-1f32; n];
            for known in context {
                let own = table.row(known.row());
                let plain = ItemTable {
                    bias: vec![0.0; n],
                    ..table.clone()
                };
                max.iter_mut()
                    .zip(kernels::scan(&plain, &own, 1.0))
                    .for_each(|(max, near)| *max = max.max(near));
            }
            max
        };
        let ln = |x: &f32| (x + 0.5).ln();
        Ok(vec![
            self.random.clone(),
            self.category_popularity.iter().map(ln).collect(),
            category
                .iter()
                .zip(&self.category_popularity)
                .map(|(share, pop)| 20.0 * share + ln(pop))
                .collect(),
            text,
            text_max,
            words,
            words_max,
            department,
            brand,
            items.iter().map(|item| distance(item.price)).collect(),
            pack.popularity().iter().map(|&p| ln(&(p as f32))).collect(),
            pack.item_table().bias.clone(),
            logits(pack.item_table()),
            nearest(pack.item_table()),
            logits(&self.content),
            nearest(&self.content),
            logits(&self.generated),
            logits(&self.regressed),
            log_rate(covisit),
            log_rate(cosine),
            self.ranked(&session, n)?,
        ])
    }

    /// The ranker's scores of all products; products that it may not pick come last.
    fn ranked(&self, session: &Session, n: usize) -> Result<Vec<f32>> {
        let options = RankOptions {
            n,
            reasons: false,
            ..RankOptions::default()
        };
        let ranking = self.model.rank(session, &options)?;
        let mut out = vec![-100.0; n];
        ranking
            .picks
            .iter()
            .for_each(|pick| out[pick.item.row()] = pick.score);
        Ok(out)
    }
}

/// For each product, the mean popularity of the existing products in its category, or in the
/// nearest parent category that has any.
fn category_popularity(pack: &Pack, new: &[bool]) -> Vec<f32> {
    let mut sums: HashMap<&[String], (f32, f32)> = HashMap::new();
    for (row, item) in pack
        .catalogue()
        .items()
        .iter()
        .enumerate()
        .filter(|&(row, _)| !new[row])
    {
        for depth in 0..=item.category.len() {
            let sum = sums.entry(&item.category[..depth]).or_default();
            sum.0 += pack.popularity()[row] as f32;
            sum.1 += 1.0;
        }
    }
    let of = |category: &[String]| {
        (0..=category.len())
            .rev()
            .find_map(|depth| sums.get(&category[..depth]))
            .map_or(0.0, |(sum, n)| sum / n)
    };
    pack.catalogue()
        .items()
        .iter()
        .map(|item| of(&item.category))
        .collect()
}
