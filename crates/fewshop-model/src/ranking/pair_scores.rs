//! The pair channels: what the shots at hand say of other products by co-visitation, cosine and
//! regression.

use fewshop_core::Event;

use crate::features::Facts;
use crate::pack::Pack;

/// What the pairs of all shots, or of all but one, say of one item.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) covisit: f32,
    pub(crate) covisit_max: f32,
    pub(crate) hits: f32,
    pub(crate) cosine: f32,
    pub(crate) cosine_max: f32,
    pub(crate) regression: f32,
    pub(crate) regression_max: f32,
}

impl Sums {
    fn add(&mut self, said: &Said) {
        self.covisit += said.covisit;
        self.covisit_max = self.covisit_max.max(said.covisit);
        self.cosine += said.cosine;
        self.cosine_max = self.cosine_max.max(said.cosine);
        self.regression += said.regression;
        self.regression_max = self.regression_max.max(said.regression);
        self.hits += 1.0;
    }
}

/// What one shot says of one item.
#[derive(Debug)]
struct Said {
    slot: u32,
    /// What the next shot that speaks of the item says; [`NOTHING`] where none does.
    next: u32,
    covisit: f32,
    cosine: f32,
    regression: f32,
}

/// No item and no further word.
const NOTHING: u32 = u32::MAX;

/// The pair channels for one set of shots. Shots speak of some hundred items of a catalogue: those
/// alone have a slot here, and what a shot said of one is kept, so that leaving a shot out costs
/// what that shot said and not another run.
#[derive(Debug)]
pub(crate) struct Channels {
    /// Slot of each item, or [`NOTHING`].
    slot_of: Vec<u32>,
    /// By slot: the item, the sums, what was said first and last.
    items: Vec<u32>,
    sums: Vec<Sums>,
    ends: Vec<(u32, u32)>,
    /// Shot by shot.
    said: Vec<Said>,
    /// `said[starts[j]..starts[j + 1]]` is what shot j said.
    starts: Vec<usize>,
}

impl Channels {
    pub(crate) fn of(shots: &[Event], pack: &Pack, facts: &Facts) -> Self {
        let mut c = Self {
            slot_of: vec![NOTHING; pack.catalogue.len()],
            items: Vec::new(),
            sums: Vec::new(),
            ends: Vec::new(),
            said: Vec::new(),
            starts: vec![0],
        };
        for shot in shots {
            let from = shot.item.row();
            for pair in pack.pairs.row(from) {
                let to = pair.to;
                c.say(
                    to,
                    Said {
                        slot: c.slot_of[to],
                        next: NOTHING,
                        covisit: pair.count * facts.covisit_row[from] * facts.covisit_column[to],
                        cosine: pair.count * facts.cosine[from] * facts.cosine[to],
                        regression: pair.regression,
                    },
                );
            }
            c.starts.push(c.said.len());
        }
        c
    }

    fn say(&mut self, to: usize, mut said: Said) {
        let at = self.said.len() as u32;
        if said.slot == NOTHING {
            said.slot = self.items.len() as u32;
            self.slot_of[to] = said.slot;
            self.items.push(to as u32);
            self.sums.push(Sums::default());
            self.ends.push((at, at));
        } else {
            let (_, last) = &mut self.ends[said.slot as usize];
            self.said[*last as usize].next = at;
            *last = at;
        }
        self.sums[said.slot as usize].add(&said);
        self.said.push(said);
    }

    /// The items that are spoken of, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &Sums)> {
        self.items.iter().copied().zip(&self.sums)
    }

    /// What is said of one item.
    pub(crate) fn sums(&self, row: usize) -> Sums {
        self.sums
            .get(self.slot_of[row] as usize)
            .copied()
            .unwrap_or_default()
    }

    /// The items that a shot speaks of, with what the others say of them: added up in the same
    /// order as without that shot.
    pub(crate) fn without(&self, shot: usize) -> impl Iterator<Item = (u32, Sums)> {
        let own = self.starts[shot]..self.starts[shot + 1];
        self.said[own.clone()].iter().map(move |said| {
            let mut sums = Sums::default();
            let mut at = self.ends[said.slot as usize].0;
            while at != NOTHING {
                let other = &self.said[at as usize];
                if !own.contains(&(at as usize)) {
                    sums.add(other);
                }
                at = other.next;
            }
            (self.items[said.slot as usize], sums)
        })
    }
}
