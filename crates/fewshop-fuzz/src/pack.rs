//! The pack reader, and ranking with a pack that was read.

use std::sync::LazyLock;

use fewshop_core::checksum::crc32;
use fewshop_core::{
    Event, EventKind, ItemIx, Objective, Place, Promotion, Recommendation, Session,
};
use fewshop_model::tasks::offers::{OfferWeights, ShippedOffer};
use fewshop_model::{
    BusinessRules, Cap, CategoryLifts, Channel, Compute, Pack, Pin, RankOptions, Recommender,
    Shift, toy,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::Program;

const PREFIX: usize = 16;
const ALIGN: usize = 8;

static TOY: LazyLock<Vec<u8>> =
    LazyLock::new(|| toy::pack().to_bytes().expect("the toy can be written"));
/// The same shop under a merchant's rules and with offers and new products, which need a newer
/// version of the format.
static RULED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let cap = Cap {
        category: vec!["Bakery".to_owned()],
        max: 2,
    };
    let rules = BusinessRules {
        pins: vec![Pin::from((ItemIx(7), 2))],
        shifts: [(ItemIx(1), 5), (ItemIx(2), -5)].map(Shift::from).to_vec(),
        exclude: vec![ItemIx(3)],
        out_of_stock: vec![ItemIx(4)],
        caps: vec![cap],
        bestseller_discount: Some(60),
    };
    let offer = |id: &str, items: &[u32]| ShippedOffer {
        id: id.to_owned(),
        title: "Bread".to_owned(),
        rates: [-5.0, -6.0],
        items: items.to_vec(),
    };
    let offers = OfferWeights {
        offers: vec![offer("a", &[3, 50]), offer("b", &[20])],
        weights: [[0.5; 10]; 4],
    };
    let pack = toy::pack()
        .edit(|parts| parts.rules = rules)
        .and_then(|pack| pack.edit(|parts| parts.offers = Some(offers)));
    let season = (0..toy::pack().catalogue().len() as u32)
        .map(|row| row % 7)
        .collect();
    let pack = pack.and_then(|pack| pack.edit(|parts| parts.seasonal_counts = season));
    pack.and_then(|pack| pack.edit(|parts| parts.new_items = vec![5, 41]))
        .and_then(|pack| pack.to_bytes())
        .expect("the parts fit the toy")
});
/// The same shop with vectors by product quantisation, the newest version.
static CODED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pack = toy::pack().edit(|parts| {
        parts.promotions = (0..30)
            .map(|row| Promotion {
                item: ItemIx(row),
                from_day: 19_000 + row as i32 % 3,
                to_day: 19_006,
                share: 0.5,
                place: Place::ALL[row as usize % 2],
            })
            .collect();
        parts.config.fallback = vec![None, Some(Channel::Covisit)];
        // The toy shop has six categories.
        parts.category_lifts = Some(CategoryLifts {
            unit: 0.001,
            lifts: (0..36).map(|at| 0.5 + (at / 6 + at % 6) as f32).collect(),
        });
        let table = &mut parts.item_table;
        for (at, q) in table.q.iter_mut().enumerate() {
            *q = ((at / table.d % 5) as i8 - 2) * 40 + (at % table.d) as i8;
        }
        table.subspaces = 4;
        parts.pairs.joined = true;
    });
    pack.and_then(|pack| pack.to_bytes())
        .expect("the toy can be written")
});
static PARTS: LazyLock<[Sealed; 3]> = LazyLock::new(|| {
    [
        Sealed::open(&TOY),
        Sealed::open(&RULED),
        Sealed::open(&CODED),
    ]
});

/// The toy shop's pack as a file.
#[must_use]
pub fn toy_bytes() -> Vec<u8> {
    TOY.clone()
}

/// The toy shop's pack as `fewshop compress` writes packs: vectors by product quantisation (4
/// sub-vectors a row, 5 centroids), each pair once.
#[must_use]
pub fn coded_bytes() -> Vec<u8> {
    CODED.clone()
}

/// A pack in parts, which can be changed and then written with correct lengths, offsets and
/// checksums, as an attacker would.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Format version.
    pub version: u32,
    /// The header.
    pub header: Value,
    /// Bytes of the sections, in order.
    pub sections: Vec<Vec<u8>>,
}

impl Sealed {
    /// Takes a valid pack apart.
    ///
    /// # Panics
    /// When the pack is invalid.
    #[must_use]
    pub fn open(bytes: &[u8]) -> Self {
        let len = u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) as usize;
        let header: Value = serde_json::from_slice(&bytes[PREFIX..PREFIX + len])
            .expect("a valid pack has a JSON header");
        let number = |entry: &Value, name: &str| {
            entry[name].as_u64().expect("a valid header has it") as usize
        };
        let entries = header["sections"]
            .as_array()
            .expect("a valid header has sections");
        let sections = entries.iter().map(|entry| {
            let offset = number(entry, "offset");
            bytes[offset..offset + number(entry, "length")].to_vec()
        });
        let sections = sections.collect();
        Self {
            version: u32::from(bytes[8]),
            header,
            sections,
        }
    }

    /// Index of the section with that name.
    ///
    /// # Panics
    /// When there is no such section.
    #[must_use]
    pub fn section(&self, name: &str) -> usize {
        let entries = self.header["sections"]
            .as_array()
            .expect("a header has sections");
        entries
            .iter()
            .position(|entry| entry["name"] == name)
            .expect("the toy has all sections")
    }

    /// Replaces the bytes of a section and sets its shape, which becomes one-dimensional.
    pub fn replace(&mut self, name: &str, bytes: Vec<u8>, elements: usize) {
        let at = self.section(name);
        self.header["sections"][at]["shape"] = serde_json::json!([elements]);
        self.sections[at] = bytes;
    }

    /// The file, with correct lengths, offsets and checksums.
    #[must_use]
    pub fn seal(mut self) -> Vec<u8> {
        let mut room = 0;
        let header = loop {
            let mut at = PREFIX + room;
            for (nth, section) in self.sections.iter().enumerate() {
                at = at.next_multiple_of(ALIGN);
                let Some(entry @ Value::Object(_)) = self.header["sections"].get_mut(nth) else {
                    continue;
                };
                entry["offset"] = at.into();
                entry["length"] = section.len().into();
                entry["crc32"] = crc32(section).into();
                at += section.len();
            }
            let header = self.header.to_string().into_bytes();
            if header.len() <= room {
                break header;
            }
            room = header.len().next_multiple_of(ALIGN);
        };
        self.seal_with(header, room)
    }

    /// The file with any text as its header, and the correct hash.
    #[must_use]
    pub fn seal_with(&self, mut header: Vec<u8>, room: usize) -> Vec<u8> {
        header.resize(room.max(header.len()), b' ');
        let mut out = TOY[..8].to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend((header.len() as u32).to_le_bytes());
        out.extend(header);
        for section in &self.sections {
            out.resize(out.len().next_multiple_of(ALIGN), 0);
            out.extend(section);
        }
        let hash = Sha256::digest(&out);
        out.extend_from_slice(&hash);
        out
    }
}

/// The file that a program makes.
fn file(program: &mut Program<'_>) -> Vec<u8> {
    let how = program.byte();
    let which = usize::from(how >= 192) + usize::from(how >= 224);
    let good: &[u8] = [&TOY, &RULED, &CODED][which];
    let parts = &PARTS[which];
    match how % 8 {
        0 => program.rest().to_vec(),
        1 => {
            let mut bytes = good.to_vec();
            program.damage(&mut bytes);
            bytes
        }
        2 => {
            // The header's text, with a correct hash.
            let len = u32::from_le_bytes([good[12], good[13], good[14], good[15]]) as usize;
            let mut header = good[PREFIX..PREFIX + len].to_vec();
            program.damage(&mut header);
            parts.seal_with(header, len)
        }
        3 => {
            // A header with other numbers and corrected offsets.
            let mut parts = parts.clone();
            let mut text = parts.header.to_string().into_bytes();
            program.damage(&mut text);
            match serde_json::from_slice::<Value>(&text) {
                Ok(header) if header.is_object() && header["sections"].is_array() => {
                    parts.header = header;
                    parts.seal()
                }
                _ => parts.seal_with(text, 0),
            }
        }
        _ => {
            let mut parts = parts.clone();
            for _ in 0..=program.below(3) {
                let at = program.below(parts.sections.len());
                let before = parts.sections[at].len();
                program.damage(&mut parts.sections[at]);
                if parts.sections[at].len() != before && program.byte().is_multiple_of(2) {
                    let size = match parts.header["sections"][at]["dtype"].as_str() {
                        Some("f32" | "u32") => 4,
                        Some("u16" | "bf16") => 2,
                        _ => 1,
                    };
                    let elements = parts.sections[at].len() / size;
                    parts.sections[at].truncate(elements * size);
                    parts.header["sections"][at]["shape"] = serde_json::json!([elements]);
                }
            }
            parts.seal()
        }
    }
}

/// The target.
pub(crate) fn run(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    let bytes = file(&mut program);
    let (read, peak) = crate::peak_of(|| Pack::from_bytes(&bytes));
    assert!(
        peak <= (1 << 16) + 40 * bytes.len(),
        "reading {} bytes took {peak}",
        bytes.len()
    );
    if let Ok(pack) = read {
        check_ranking(pack, &mut program);
    }
    bytes.len()
}

/// For every valid pack, the ranking is finite, in order, respects the rules, and has reasons.
fn check_ranking(pack: Pack, program: &mut Program<'_>) {
    let items = pack.catalogue().len();
    let mut recommender = Recommender::new(pack, Compute::Kernels);
    let row = |program: &mut Program<'_>| ItemIx(program.below(items) as u32);
    let events =
        (0..program.below(6)).map(|_| Event::new(row(program), program.one_of(&EventKind::ALL)));
    let events = events.collect();
    let visits = (0..program.below(3))
        .map(|_| vec![row(program), row(program)])
        .collect();
    let asked = (0..program.below(3))
        .map(|_| vec![row(program), row(program)])
        .collect();
    recommender
        .set_session(Session {
            events,
            visits,
            asked,
            day: Some(18_998 + program.below(12) as i32),
        })
        .expect("all rows are below the catalogue's length");
    let rank = |objective| {
        let ranking = pollster::block_on(recommender.rank(&RankOptions {
            n: 5,
            objective,
            ..RankOptions::default()
        }));
        ranking.expect("kernels do not fail").picks
    };
    let seen = recommender.session().seen();
    for objective in Objective::ALL {
        let picks = rank(objective);
        let fits = |pick: &Recommendation| {
            let is_lift = pick.lift.is_none_or(|lift| lift.is_finite() && lift >= 0.0);
            pick.score.is_finite() && is_lift && !seen.contains(&pick.item)
        };
        assert!(picks.iter().all(fits), "{objective:?}: {picks:?}");
    }
    let picks = rank(Objective::Likely);
    let offers = recommender.offers(3);
    assert!(
        offers
            .iter()
            .all(|offer| (0.0..=1.0).contains(&offer.probability) && offer.everyone <= 1.0),
        "{offers:?}"
    );
    let beliefs = recommender.profile();
    let shares = beliefs
        .iter()
        .filter_map(|belief| belief.values.as_ref())
        .flatten();
    assert!(
        shares
            .into_iter()
            .all(|value| (0.0..=1.0).contains(&value.probability)),
        "{beliefs:?}"
    );
    let ruled = !recommender.pack().rules().is_empty();
    assert!(
        ruled || picks.windows(2).all(|w| w[0].score >= w[1].score),
        "{picks:?}"
    );
    for pick in &picks {
        if let fewshop_core::Reason::BecauseOf { shots } = &pick.reason {
            let sum: f32 = shots.iter().map(|share| share.share).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{pick:?}");
        }
    }
}
