//! Recorded sessions that a visitor can replay, from `try.json`, which `cargo xtask build` writes.

use fewshop_core::ItemIx;

use super::Catalogue;
use super::json::{Json, JsonError, missing};

/// The file: a few sessions, and what became of all they were chosen from.
#[derive(Debug, Clone, PartialEq)]
pub struct Replays {
    /// Number of sessions that these were chosen from.
    pub of: u32,
    /// Hits of all of those after the whole context, by [`Board`].
    pub totals: Vec<u32>,
    /// At least one.
    pub sessions: Vec<Recorded>,
}

/// One session of a shopper the model has never seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Why it was chosen.
    pub kind: Kind,
    /// Its place among all, the best being 1.
    pub place: u32,
    /// The context items, in order.
    pub context: Vec<ItemIx>,
    /// The rest of it.
    pub truth: Vec<ItemIx>,
    /// Picks by [`Board`], after each number of context items, from none on.
    boards: [Vec<Vec<ItemIx>>; 3],
}

/// Why a session was chosen: its place in the order of the model's gain, or by lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first.
    Best,
    /// A quarter of the way down.
    Upper,
    /// Half of it.
    Median,
    /// Three quarters.
    Lower,
    /// The last.
    Worst,
    /// Drawn by a fixed seed.
    Drawn,
}

impl Kind {
    const ALL: [(&'static str, Self); 6] = [
        ("best", Self::Best),
        ("upper", Self::Upper),
        ("median", Self::Median),
        ("lower", Self::Lower),
        ("worst", Self::Worst),
        ("drawn", Self::Drawn),
    ];
}

/// A column of picks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Board {
    /// This shop.
    Learned,
    /// The same without fine-tuning on the device.
    Frozen,
    /// The most bought products.
    Popular,
}

impl Board {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Learned, Self::Frozen, Self::Popular];
}

impl Recorded {
    /// The last step: after the whole context, the rest is revealed.
    #[must_use]
    pub fn last(&self) -> usize {
        self.context.len() + 1
    }

    /// What is in the basket after a step.
    #[must_use]
    pub fn basket(&self, step: usize) -> &[ItemIx] {
        &self.context[..step.min(self.context.len())]
    }

    /// A column after a step.
    #[must_use]
    pub fn picks(&self, board: Board, step: usize) -> &[ItemIx] {
        &self.boards[board as usize][step.min(self.context.len())]
    }

    /// Whether the shopper bought a product after a step.
    #[must_use]
    pub fn is_bought_later(&self, item: ItemIx, step: usize) -> bool {
        let step = step.min(self.context.len());
        self.context[step..].contains(&item) || self.truth.contains(&item)
    }

    /// How many of a column's picks the shopper bought later.
    #[must_use]
    pub fn hits(&self, board: Board, step: usize) -> usize {
        let picks = self.picks(board, step).iter();
        picks
            .filter(|&&item| self.is_bought_later(item, step))
            .count()
    }
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// Which session.
    pub who: usize,
    /// How many of its products have been bought; one more reveals the rest.
    pub step: usize,
    /// Whether it goes on by itself.
    pub is_playing: bool,
    last: usize,
}

impl Replay {
    /// A session from the start. It plays unless the shopper wants no motion.
    #[must_use]
    pub fn of(who: usize, session: &Recorded, is_calm: bool) -> Self {
        Self {
            who,
            step: 0,
            is_playing: !is_calm,
            last: session.last(),
        }
    }

    /// Whether everything is revealed.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.step >= self.last
    }

    /// One step by itself; it stops at the end.
    pub fn tick(&mut self) {
        self.step = (self.step + 1).min(self.last);
        self.is_playing &= !self.is_over();
    }

    /// One step by hand, which stops the play.
    pub fn next(&mut self) {
        self.tick();
        self.is_playing = false;
    }

    /// Plays or stops; after the end it plays again from the start.
    pub fn toggle(&mut self) {
        if self.is_over() {
            self.step = 0;
        }
        self.is_playing = !self.is_playing;
    }
}

struct Session {
    kind: String,
    place: u32,
    shots: Vec<u32>,
    truth: Vec<u32>,
    boards: [Vec<Vec<u32>>; 3],
}

struct File {
    pack: String,
    of: u32,
    totals: Vec<u32>,
    sessions: Vec<Session>,
}

impl Replays {
    /// Reads `try.json`.
    ///
    /// # Errors
    /// A message for people: it is not JSON of this shape, or belongs to another shop.
    pub fn read(json: &str, catalogue: &Catalogue) -> Result<Self, String> {
        let file = read(json).map_err(|err| format!("try.json: {err}"))?;
        if file.pack != catalogue.pack() {
            return Err(format!(
                "try.json is of pack {}, the catalogue of {}",
                file.pack,
                catalogue.pack()
            ));
        }
        if file.sessions.is_empty() {
            return Err("try.json: no session is recorded for this shop".to_owned());
        }
        let boards = Board::ALL.len();
        if file.totals.len() != boards {
            return Err(format!(
                "try.json: {} totals, expected {boards}",
                file.totals.len()
            ));
        }
        let mut sessions = Vec::with_capacity(file.sessions.len());
        for session in file.sessions {
            sessions.push(session.check(catalogue.len())?);
        }
        Ok(Self {
            of: file.of,
            totals: file.totals,
            sessions,
        })
    }
}

fn read(json: &str) -> Result<File, JsonError> {
    let mut json = Json::parse(json)?;
    let mut file = File {
        pack: json.text("pack")?.ok_or(missing("pack"))?.into_owned(),
        of: json.number("of")?.ok_or(missing("of"))?,
        totals: json.numbers("totals")?.ok_or(missing("totals"))?,
        sessions: Vec::new(),
    };
    for mut session in json.list("sessions")?.ok_or(missing("sessions"))? {
        let mut board = |name| session.number_lists(name)?.ok_or(missing(name));
        let boards = [board("learned")?, board("frozen")?, board("popular")?];
        file.sessions.push(Session {
            kind: session.text("kind")?.ok_or(missing("kind"))?.into_owned(),
            place: session.number("place")?.ok_or(missing("place"))?,
            shots: session.numbers("shots")?.ok_or(missing("shots"))?,
            truth: session.numbers("truth")?.ok_or(missing("truth"))?,
            boards,
        });
    }
    Ok(file)
}

impl Session {
    fn check(self, products: usize) -> Result<Recorded, String> {
        let rows = |rows: Vec<u32>| -> Result<Vec<ItemIx>, String> {
            match rows.iter().find(|&&row| row as usize >= products) {
                Some(row) => Err(format!(
                    "try.json: row {row}, expected one below {products}"
                )),
                None => Ok(rows.into_iter().map(ItemIx).collect()),
            }
        };
        let steps = self.shots.len() + 1;
        let lists = |lists: Vec<Vec<u32>>| -> Result<Vec<Vec<ItemIx>>, String> {
            if lists.len() != steps {
                return Err(format!("try.json: {} lists, expected {steps}", lists.len()));
            }
            lists.into_iter().map(rows).collect()
        };
        let [learned, frozen, popular] = self.boards;
        let kind = Kind::ALL.iter().find(|(name, _)| *name == self.kind);
        Ok(Recorded {
            kind: match kind {
                Some(&(_, kind)) => kind,
                None => return Err(format!("try.json: unknown kind '{}'", self.kind)),
            },
            place: self.place,
            boards: [lists(learned)?, lists(frozen)?, lists(popular)?],
            context: rows(self.shots)?,
            truth: rows(self.truth)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    fn file(pack: &str, kind: &str, item: u32, lists: &str) -> String {
        format!(
            r#"{{"pack":"{pack}","of":7,"totals":[3,2,1],"sessions":[{{"kind":"{kind}","place":2,"shots":[{item}],"truth":[2],"learned":{lists},"frozen":[[1],[2]],"popular":[[1],[1]]}}]}}"#
        )
    }

    fn read(text: &str) -> Result<Replays, String> {
        Replays::read(text, &toy())
    }

    #[test]
    fn a_file_is_read_and_checked() {
        let pack = "00000000000000aa";
        let good = read(&file(pack, "upper", 0, "[[1],[2,3]]")).unwrap();
        assert_eq!((good.of, good.totals.as_slice()), (7, &[3, 2, 1][..]));
        let session = &good.sessions[0];
        assert_eq!((session.kind, session.place), (Kind::Upper, 2));
        assert_eq!(session.context, [ItemIx(0)]);
        for (text, error) in [
            (file("other", "best", 0, "[[1],[2]]"), "of pack other"),
            (file(pack, "best", 9, "[[1],[2]]"), "row 9"),
            (file(pack, "best", 0, "[[1]]"), "1 lists, expected 2"),
            (file(pack, "nicest", 0, "[[1],[2]]"), "kind 'nicest'"),
            (
                file(pack, "best", 0, "[[1],[2]]").replace("[3,2,1]", "[3]"),
                "1 totals, expected 3",
            ),
        ] {
            let said = read(&text).unwrap_err();
            assert!(said.contains(error), "{said}");
        }
    }

    #[test]
    fn a_hit_is_a_pick_that_is_not_in_the_basket_yet_and_comes_into_it() {
        let text = file("00000000000000aa", "best", 0, "[[0,1],[2,3]]");
        let session = read(&text).unwrap().sessions.remove(0);
        let hits = |step| session.hits(Board::Learned, step);
        // The first product is a hit until it is bought.
        assert_eq!((hits(0), hits(1), hits(9)), (1, 1, 1));
        assert!(!session.is_bought_later(ItemIx(0), 1));
        assert_eq!((session.basket(0).len(), session.basket(2).len()), (0, 1));
        assert_eq!(session.picks(Board::Learned, 2), [ItemIx(2), ItemIx(3)]);
        assert_eq!(session.hits(Board::Popular, 0), 0);
    }

    #[test]
    fn a_replay_plays_to_its_end_and_a_step_by_hand_stops_it() {
        let text = file("00000000000000aa", "best", 0, "[[0,1],[2,3]]");
        let session = read(&text).unwrap().sessions.remove(0);
        assert!(!Replay::of(0, &session, true).is_playing);
        let mut replay = Replay::of(0, &session, false);
        replay.tick();
        assert!((replay.step, replay.is_playing) == (1, true) && !replay.is_over());
        replay.tick();
        assert!((replay.step, replay.is_playing) == (2, false) && replay.is_over());
        replay.tick();
        assert_eq!(replay.step, 2);
        replay.toggle();
        assert_eq!((replay.step, replay.is_playing), (0, true));
        replay.next();
        assert_eq!((replay.step, replay.is_playing), (1, false));
        replay.toggle();
        assert_eq!((replay.step, replay.is_playing), (1, true));
    }
}
