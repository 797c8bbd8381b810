//! Recorded sessions that a visitor can replay, from `try.json`, which `cargo xtask build` writes.

use fewshop_core::ItemIx;

use super::Catalogue;
use super::json::{Json, JsonError, missing};

/// One session of a shopper the model has never seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The context items, in order.
    pub context: Vec<ItemIx>,
    /// The rest of it.
    pub truth: Vec<ItemIx>,
    /// The most bought products.
    pub popular: Vec<ItemIx>,
    /// Picks after each number of context items, from none on.
    pub learned: Vec<Vec<ItemIx>>,
    /// The same without fine-tuning on the device.
    pub frozen: Vec<Vec<ItemIx>>,
}

struct Session {
    shots: Vec<u32>,
    truth: Vec<u32>,
    popular: Vec<u32>,
    learned: Vec<Vec<u32>>,
    frozen: Vec<Vec<u32>>,
}

impl Recorded {
    /// Reads `try.json`.
    ///
    /// # Errors
    /// A message for people: it is not JSON of this shape, or belongs to another shop.
    pub fn read(json: &str, catalogue: &Catalogue) -> Result<Vec<Self>, String> {
        let (pack, sessions) = read(json).map_err(|err| format!("try.json: {err}"))?;
        if pack != catalogue.pack() {
            return Err(format!(
                "try.json is of pack {pack}, the catalogue of {}",
                catalogue.pack()
            ));
        }
        if sessions.is_empty() {
            return Err("try.json: no session is recorded for this shop".to_owned());
        }
        sessions
            .into_iter()
            .map(|session| session.check(catalogue.len()))
            .collect()
    }
}

fn read(json: &str) -> Result<(String, Vec<Session>), JsonError> {
    let mut json = Json::parse(json)?;
    let pack = json.text("pack")?.ok_or(missing("pack"))?.into_owned();
    let mut sessions = Vec::new();
    for mut session in json.list("sessions")?.ok_or(missing("sessions"))? {
        sessions.push(Session {
            shots: session.numbers("shots")?.ok_or(missing("shots"))?,
            truth: session.numbers("truth")?.ok_or(missing("truth"))?,
            popular: session.numbers("popular")?.ok_or(missing("popular"))?,
            learned: session.number_lists("learned")?.ok_or(missing("learned"))?,
            frozen: session.number_lists("frozen")?.ok_or(missing("frozen"))?,
        });
    }
    Ok((pack, sessions))
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
        Ok(Recorded {
            learned: lists(self.learned)?,
            frozen: lists(self.frozen)?,
            context: rows(self.shots)?,
            truth: rows(self.truth)?,
            popular: rows(self.popular)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::catalogue::toy;

    fn file(pack: &str, item: u32, lists: &str) -> String {
        format!(
            r#"{{"pack":"{pack}","sessions":[{{"shots":[{item}],"truth":[2],"popular":[1],"learned":{lists},"frozen":[[1],[2]]}}]}}"#
        )
    }

    #[test]
    fn a_file_is_read_and_checked() {
        let read = |text: String| Recorded::read(&text, &toy());
        let good = read(file("00000000000000aa", 0, "[[1],[2,3]]")).unwrap();
        assert_eq!(
            (good[0].context.as_slice(), good[0].learned[1].len()),
            (&[ItemIx(0)][..], 2)
        );
        assert!(
            read(file("other", 0, "[[1],[2]]"))
                .unwrap_err()
                .contains("of pack other")
        );
        assert!(
            read(file("00000000000000aa", 9, "[[1],[2]]"))
                .unwrap_err()
                .contains("row 9")
        );
        assert!(
            read(file("00000000000000aa", 0, "[[1]]"))
                .unwrap_err()
                .contains("1 lists, expected 2")
        );
    }
}
