//! The messages between page and worker as JSON text: questions about a session are written, replies
//! are read.
//!
//! `web/assets/engine.js` hands them over. What the client of the worker keeps to itself (signs of
//! life) and what the storefront does not ask for (a catalogue, an explanation) is not read here.
//!
//! The types derive serde, and the worker uses that. Here serde would be 15 kB of the page as brotli.
//! A field that is new in the protocol does not compile here until it is written and read.

use fewshop_core::protocol::{
    Backend, FoundBy, Reply, SessionRequest, Shelf, ShelfRequest, Status,
};
use fewshop_core::{
    BusinessRule, Evidence, Filter, ItemIx, Outcome, Prediction, Reason, Recommendation, Session,
    Share, TaskAnswer, TaskRequest,
};

use super::json::{Json, JsonError, missing, quote};

/// Why a message of the worker is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct MessageError(#[from] JsonError);

/// Reads a reply.
///
/// # Errors
/// The text is no JSON, the kind of message is unknown, or a field of its kind is missing.
pub fn read_reply(text: &str) -> Result<Reply, MessageError> {
    let mut json = Json::parse(text)?;
    let kind = required(json.text("type"), "type")?;
    Ok(match &*kind {
        "loading" => Reply::Loading {
            received: required(json.real("received"), "received")?,
            total: json.real("total")?,
        },
        "ready" => Reply::Ready {
            status: status(json.take("status"))?,
        },
        "picks" => Reply::Picks {
            seq: required(json.number("seq"), "seq")?,
            shelves: each(required(json.list("shelves"), "shelves")?, shelf)?,
            tasks: each(json.list("tasks")?.unwrap_or_default(), answer)?,
            status: status(json.take("status"))?,
        },
        "found" => Reply::Found {
            query: string(&mut json, "query")?,
            items: required_rows(&mut json, "items")?,
            by: {
                let by = required(json.text("by"), "by")?;
                (FoundBy::ALL.into_iter())
                    .find(|known| known.name() == by)
                    .ok_or(JsonError::Field("a known word", "by"))?
            },
            // A worker that knows no meanings leaves these out.
            example: rows(&mut json, "example")?,
            unwanted: json.texts("unwanted")?.unwrap_or_default(),
            without: rows(&mut json, "without")?,
            max_price: json.real("max_price")?.map(|price| price as f32),
        },
        "failed" => Reply::Failed {
            code: string(&mut json, "code")?,
            message: string(&mut json, "message")?,
            // The client has dealt with it.
            about: None,
        },
        _ => return Err(JsonError::Field("a known word", "type").into()),
    })
}

fn required<T>(value: Result<Option<T>, JsonError>, name: &'static str) -> Result<T, JsonError> {
    value?.ok_or(missing(name))
}

fn string(json: &mut Json<'_>, name: &'static str) -> Result<String, JsonError> {
    required(json.text(name), name).map(String::from)
}

fn required_rows(json: &mut Json<'_>, name: &'static str) -> Result<Vec<ItemIx>, JsonError> {
    let rows = required(json.numbers(name), name)?;
    Ok(rows.into_iter().map(ItemIx).collect())
}

/// Products; none if the field is missing.
fn rows(json: &mut Json<'_>, name: &'static str) -> Result<Vec<ItemIx>, JsonError> {
    let rows = json.numbers(name)?.unwrap_or_default();
    Ok(rows.into_iter().map(ItemIx).collect())
}

fn each<T>(
    list: Vec<Json<'_>>,
    read: fn(Json<'_>) -> Result<T, JsonError>,
) -> Result<Vec<T>, JsonError> {
    let mut all = Vec::with_capacity(list.len());
    for value in list {
        all.push(read(value)?);
    }
    Ok(all)
}

fn status(mut json: Json<'_>) -> Result<Status, JsonError> {
    let backend = string(&mut json, "backend")?;
    Ok(Status {
        backend: (Backend::ALL.into_iter())
            .find(|known| known.name() == backend)
            .ok_or(JsonError::Field("a known word", "backend"))?,
        backend_reason: string(&mut json, "backend_reason")?,
        items: required(json.number("items"), "items")? as usize,
        shots: required(json.number("shots"), "shots")? as usize,
        gate: required(json.real("gate"), "gate")? as f32,
        last_run_ms: required(json.real("last_run_ms"), "last_run_ms")?,
        steps_ms: json.reals("steps_ms")?,
        losses: (json.reals("losses")?.into_iter())
            .map(|loss| loss as f32)
            .collect(),
        nearest: each(json.list("nearest")?.unwrap_or_default(), neighbour)?,
        pack: string(&mut json, "pack")?,
    })
}

fn neighbour(json: Json<'_>) -> Result<(ItemIx, f32), JsonError> {
    match json {
        Json::List(pair) => match pair[..] {
            [ref row, Json::Number(cosine)] => Ok((ItemIx(row.whole("nearest")?), cosine as f32)),
            _ => Err(JsonError::Field("a row and a number", "nearest")),
        },
        _ => Err(JsonError::Field("pairs", "nearest")),
    }
}

fn shelf(mut json: Json<'_>) -> Result<Shelf, JsonError> {
    Ok(Shelf {
        name: string(&mut json, "name")?,
        picks: each(required(json.list("picks"), "picks")?, recommendation)?,
    })
}

fn recommendation(mut json: Json<'_>) -> Result<Recommendation, JsonError> {
    let rules = [BusinessRule::Pin, BusinessRule::Boost, BusinessRule::Bury];
    let rule = match json.text("rule")? {
        None => None,
        Some(name) => Some(
            (rules.into_iter())
                .find(|rule| rule.name() == name)
                .ok_or(JsonError::Field("a known word", "rule"))?,
        ),
    };
    Ok(Recommendation {
        item: ItemIx(required(json.number("item"), "item")?),
        score: required(json.real("score"), "score")? as f32,
        reason: reason(json.take("reason"))?,
        rule,
        promoted: json.flag("promoted")?,
        lift: json.real("lift")?.map(|lift| lift as f32),
    })
}

fn reason(mut json: Json<'_>) -> Result<Reason, JsonError> {
    let kind = required(json.text("kind"), "kind")?;
    Ok(match &*kind {
        "because_of" => Reason::BecauseOf {
            shots: each(required(json.list("shots"), "shots")?, share)?,
        },
        "taken_before" => Reason::TakenBefore {
            visits: required(json.number("visits"), "visits")?,
        },
        "on_offer" => Reason::OnOffer,
        "popular_here" => Reason::PopularHere,
        _ => return Err(JsonError::Field("a known word", "kind")),
    })
}

fn share(mut json: Json<'_>) -> Result<Share, JsonError> {
    Ok(Share {
        item: ItemIx(required(json.number("item"), "item")?),
        share: required(json.real("share"), "share")? as f32,
    })
}

fn answer(mut json: Json<'_>) -> Result<TaskAnswer, JsonError> {
    Ok(TaskAnswer {
        task: string(&mut json, "task")?,
        predictions: each(
            required(json.list("predictions"), "predictions")?,
            prediction,
        )?,
    })
}

fn prediction(mut json: Json<'_>) -> Result<Prediction, JsonError> {
    let mut evidence = json.take("evidence");
    Ok(Prediction {
        target: string(&mut json, "target")?,
        title: string(&mut json, "title")?,
        outcomes: json
            .list("outcomes")?
            .map(|list| each(list, outcome))
            .transpose()?,
        evidence: Evidence {
            reason: string(&mut evidence, "reason")?,
            examples: required(evidence.number("examples"), "examples")?,
            covers: required(evidence.number("covers"), "covers")?,
            items: required_rows(&mut evidence, "items")?,
        },
    })
}

fn outcome(mut json: Json<'_>) -> Result<Outcome, JsonError> {
    Ok(Outcome {
        value: string(&mut json, "value")?,
        probability: required(json.real("probability"), "probability")? as f32,
        base_rate: required(json.real("base_rate"), "base_rate")? as f32,
    })
}

/// Writes a question about a session.
#[must_use]
pub fn write_question(request: &SessionRequest) -> String {
    let SessionRequest {
        seq,
        session,
        shelves,
        tasks,
    } = request;
    let mut to = Writer::default();
    to.open('{');
    to.name("seq").number(*seq);
    to.session(session);
    to.name("shelves").open('[');
    shelves.iter().for_each(|shelf| to.shelf(shelf));
    to.close(']');
    to.name("tasks").open('[');
    for TaskRequest { task, max } in tasks {
        to.open('{');
        to.name("task").text(task);
        to.name("max").number(*max);
        to.close('}');
    }
    to.close(']');
    to.close('}');
    to.json
}

/// JSON text that is being written. Commas come by themselves.
#[derive(Default)]
struct Writer {
    json: String,
}

impl Writer {
    /// A comma, unless this is the first value of its list or the value of a name.
    fn next(&mut self) {
        if !self.json.is_empty() && !self.json.ends_with(['[', '{', ':']) {
            self.json.push(',');
        }
    }

    fn open(&mut self, bracket: char) {
        self.next();
        self.json.push(bracket);
    }

    fn close(&mut self, bracket: char) {
        self.json.push(bracket);
    }

    fn name(&mut self, name: &str) -> &mut Self {
        self.text(name);
        self.json.push(':');
        self
    }

    fn text(&mut self, text: &str) {
        self.next();
        quote(&mut self.json, text);
    }

    fn number(&mut self, number: u32) {
        self.next();
        self.json.push_str(&number.to_string());
    }

    fn rows(&mut self, items: &[ItemIx]) {
        self.open('[');
        items.iter().for_each(|item| self.number(item.0));
        self.close(']');
    }

    fn session(&mut self, session: &Session) {
        let Session {
            events,
            visits,
            asked,
            day,
        } = session;
        self.name("session").open('{');
        self.name("events").open('[');
        for event in events {
            self.open('{');
            self.name("item").number(event.item.0);
            self.name("kind").text(event.kind.name());
            self.close('}');
        }
        self.close(']');
        self.name("visits").open('[');
        visits.iter().for_each(|visit| self.rows(visit));
        self.close(']');
        if !asked.is_empty() {
            self.name("asked").open('[');
            asked.iter().for_each(|example| self.rows(example));
            self.close(']');
        }
        if let Some(day) = day {
            self.name("day").json.push_str(&day.to_string());
        }
        self.close('}');
    }

    fn shelf(&mut self, shelf: &ShelfRequest) {
        let ShelfRequest {
            name,
            n,
            filter:
                Filter {
                    category,
                    among,
                    without,
                    promoted,
                },
            seeds,
            objective,
        } = shelf;
        self.open('{');
        self.name("name").text(name);
        self.name("n").number(*n as u32);
        self.name("filter").open('{');
        self.name("category").open('[');
        category.iter().for_each(|level| self.text(level));
        self.close(']');
        if !among.is_empty() {
            self.name("among").rows(among);
        }
        if !without.is_empty() {
            self.name("without").rows(without);
        }
        if *promoted {
            self.name("promoted").json.push_str("true");
        }
        self.close('}');
        self.name("seeds").rows(seeds);
        if !objective.is_likely() {
            self.name("objective").text(objective.name());
        }
        self.close('}');
    }
}

#[cfg(test)]
mod tests;
