//! The SQL, the same text for every engine. It uses two tables, `events` and `items`, and only what
//! an ordinary Ballista cluster has: no functions of our own, so that other people's executors can
//! run it.
//!
//! Products are counted by rank, the position of their id in byte order: grouping by integers costs
//! half as much as grouping by text, and a rank is the same on every machine.

use fewshop_core::EventKind;

/// The representation of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Times since 1970, in units of which a second has this many.
    Time {
        /// 1, 1,000, 1,000,000 or 1,000,000,000.
        per_second: i64,
    },
}

/// The representations of the columns of `events`, and of the ids in `items`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// `user_id`.
    pub user: ColumnKind,
    /// `session_id`.
    pub session: ColumnKind,
    /// `time`.
    pub time: ColumnKind,
    /// `item_id` of `events`.
    pub item: ColumnKind,
    /// `quantity`.
    pub quantity: ColumnKind,
    /// `item_id` of `items`.
    pub catalogue: ColumnKind,
}

/// Columns of `events` in the order in which [`Queries::faults`] checks them, and their expected
/// values.
pub const EXPECTED: [(&str, &str); 6] = [
    ("user_id", "an id without blanks around it"),
    ("session_id", "an id without blanks around it"),
    ("item_id", "an id without blanks around it"),
    (
        "time",
        "a time such as 2017-01-01 11:53:26, or seconds since 1970",
    ),
    ("event", EventKind::LISTED),
    ("quantity", "a number of 0 or more, or nothing"),
];

/// The queries over one pair of files.
#[derive(Debug, Clone, Copy)]
pub struct Queries {
    kinds: Kinds,
}

/// The session with which the recent ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Time of its first event, in seconds since 1970.
    pub time_s: i64,
    /// Its id.
    pub session: String,
}

/// Factor that packs a pair of ranks into one number: grouping by one integer column is the
/// fastest.
pub const PAIR: i64 = 1 << 32;

/// Seconds per day.
const DAY_S: i64 = 86_400;

fn id(column: &str, kind: ColumnKind) -> String {
    if kind == ColumnKind::Text {
        format!("\"{column}\"")
    } else {
        format!("CAST(\"{column}\" AS VARCHAR)")
    }
}

/// Whether `event` is none of the kinds there are.
fn no_kind() -> String {
    let kinds = EventKind::ALL.map(|kind| format!("'{}'", kind.name()));
    format!(
        "(\"event\" IS NULL OR \"event\" NOT IN ({}))",
        kinds.join(", ")
    )
}

fn no_id(column: &str, kind: ColumnKind) -> String {
    let id = id(column, kind);
    format!("({id} IS NULL OR {id} = '' OR {id} LIKE ' %' OR {id} LIKE '% ')")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Queries {
    /// Queries over columns with these representations.
    #[must_use]
    pub fn new(kinds: Kinds) -> Self {
        Self { kinds }
    }

    /// Seconds since 1970, NULL if the value is not a time. The rule is that of `fewshop train`,
    /// but fractional seconds before 1970 are refused, because a cast rounds them the other way.
    fn seconds(&self) -> String {
        match self.kinds.time {
            ColumnKind::Whole => {
                "CASE WHEN \"time\" BETWEEN -99999999999 AND 99999999999 THEN CAST(\"time\" AS BIGINT) END".to_owned()
            }
            ColumnKind::Number => {
                "CASE WHEN \"time\" >= 0 AND \"time\" < 100000000000 THEN CAST(\"time\" AS BIGINT) END".to_owned()
            }
            ColumnKind::Time { per_second } => {
                let units = "CAST(\"time\" AS BIGINT)";
                format!("({units} - (({units} % {per_second}) + {per_second}) % {per_second}) / {per_second}")
            }
            ColumnKind::Text => "CASE WHEN \"time\" LIKE '____-%' THEN CAST(TRY_CAST(\"time\" AS TIMESTAMP(0)) AS BIGINT) \
                 WHEN TRY_CAST(\"time\" AS BIGINT) BETWEEN -99999999999 AND 99999999999 THEN TRY_CAST(\"time\" AS BIGINT) \
                 WHEN TRY_CAST(\"time\" AS DOUBLE) >= 0 AND TRY_CAST(\"time\" AS DOUBLE) < 100000000000 \
                 THEN CAST(TRY_CAST(\"time\" AS DOUBLE) AS BIGINT) END"
                .to_owned(),
        }
    }

    fn no_quantity(&self) -> String {
        let number = |text: &str| format!("NOT ({text} BETWEEN 0 AND 3.4028234663852886e38)");
        match self.kinds.quantity {
            ColumnKind::Text => {
                let text = "\"quantity\"";
                format!(
                    "({text} IS NOT NULL AND {text} <> '' AND coalesce({}, true))",
                    number("TRY_CAST(\"quantity\" AS DOUBLE)")
                )
            }
            _ => format!("({})", number("CAST(\"quantity\" AS DOUBLE)")),
        }
    }

    /// One row: the number of events, then for each of [`EXPECTED`] the number of wrong rows and
    /// the value of one of them.
    #[must_use]
    pub fn faults(&self) -> String {
        let Kinds {
            user,
            session,
            item,
            ..
        } = self.kinds;
        let wrong = [
            no_id("user_id", user),
            no_id("session_id", session),
            no_id("item_id", item),
            format!("({}) IS NULL", self.seconds()),
            no_kind(),
            self.no_quantity(),
        ];
        let columns: Vec<String> = EXPECTED
            .iter()
            .zip(&wrong)
            .map(|((column, _), wrong)| {
                format!(
                    "sum(CASE WHEN {wrong} THEN 1 ELSE 0 END) AS {column}_rows, \
                     max(CASE WHEN {wrong} THEN CAST(\"{column}\" AS VARCHAR) END) AS {column}_found"
                )
            })
            .collect();
        format!(
            "SELECT count(*) AS all_rows, {} FROM events",
            columns.join(", ")
        )
    }

    /// One row: the numbers of items, of different ids, and of missing ids.
    #[must_use]
    pub fn item_faults(&self) -> String {
        let (id, wrong) = (
            id("item_id", self.kinds.catalogue),
            no_id("item_id", ColumnKind::Text),
        );
        format!(
            "SELECT CAST(sum(n) AS BIGINT) AS all_rows, count(*) AS ids, CAST(sum(CASE WHEN {wrong} THEN n ELSE 0 END) AS BIGINT) AS wrong \
             FROM (SELECT \"item_id\", count(*) AS n FROM (SELECT {id} AS \"item_id\" FROM items) GROUP BY \"item_id\")"
        )
    }

    fn ranked(&self) -> String {
        let id = id("item_id", self.kinds.catalogue);
        format!(
            "SELECT {id} AS item, CAST(row_number() OVER (ORDER BY {id}) - 1 AS BIGINT) AS ix FROM items"
        )
    }

    /// The ids of the items in the order of their ranks.
    #[must_use]
    pub fn items(&self) -> String {
        format!(
            "SELECT CAST(item AS VARCHAR) AS item FROM ({}) ORDER BY ix",
            self.ranked()
        )
    }

    /// Events of known items.
    fn known(&self) -> String {
        let Kinds {
            user,
            session,
            item,
            ..
        } = self.kinds;
        // The items come first: a join keeps its first side in memory, whatever the size of the
        // other one.
        format!(
            "SELECT e.u AS u, e.s AS s, r.ix AS ix, e.t AS t, e.k AS k FROM ({}) AS r JOIN \
             (SELECT {} AS u, {} AS s, {} AS i, {} AS t, \"event\" AS k FROM events) AS e ON r.item = e.i",
            self.ranked(),
            id("user_id", user),
            id("session_id", session),
            id("item_id", item),
            self.seconds(),
        )
    }

    /// One row per session with the items taken in it. A product counts as taken unless its last
    /// event in the session is a dismissal. `tied` counts the products for which this is
    /// undecidable, because both happened in the same second.
    fn baskets(&self) -> String {
        format!(
            "SELECT u, s, min(first) AS first, sum(n) AS n, \
             array_agg(ix) FILTER (WHERE neg IS NULL OR pos > neg) AS taken, \
             sum(CASE WHEN pos IS NOT NULL AND (neg IS NULL OR pos > neg) THEN 1 ELSE 0 END) AS len, \
             sum(CASE WHEN pos = neg THEN 1 ELSE 0 END) AS tied \
             FROM (SELECT u, s, ix, min(t) AS first, count(*) AS n, max(CASE WHEN k <> 'dismiss' THEN t END) AS pos, \
             max(CASE WHEN k = 'dismiss' THEN t END) AS neg FROM ({}) GROUP BY u, s, ix) GROUP BY u, s",
            self.known()
        )
    }

    /// Rows of: length, day, sessions, events, ties.
    #[must_use]
    pub fn shape(&self) -> String {
        let day = format!("(first - ((first % {DAY_S}) + {DAY_S}) % {DAY_S}) / {DAY_S}");
        format!(
            "SELECT CAST(len AS BIGINT) AS len, {day} AS day, CAST(count(*) AS BIGINT) AS sessions, CAST(sum(n) AS BIGINT) AS events, \
             CAST(sum(tied) AS BIGINT) AS tied FROM ({}) GROUP BY len, {day} ORDER BY day, len",
            self.baskets()
        )
    }

    /// One row: the number of shoppers.
    #[must_use]
    pub fn users(&self) -> String {
        format!(
            "SELECT count(*) AS users FROM (SELECT u FROM ({}) GROUP BY u)",
            self.known()
        )
    }

    /// Time and id of the `nth` session of a day and of the one before it, if there is one that
    /// day. Only one day is sorted.
    #[must_use]
    pub fn cut(&self, day: i64, nth: u64) -> String {
        let (limit, offset) = if nth == 0 { (1, 0) } else { (2, nth - 1) };
        let (from, to) = (day * DAY_S, (day + 1) * DAY_S);
        // Not `first / 86400 = day`: DataFusion 55 then takes `first` itself for constant and does
        // not sort by it.
        format!(
            "SELECT first, CAST(s AS VARCHAR) AS session FROM ({}) WHERE len > 0 AND first >= {from} AND first < {to} \
             ORDER BY first, session LIMIT {limit} OFFSET {offset}",
            self.baskets()
        )
    }

    /// Rows of: rank, sessions, recent sessions.
    #[must_use]
    pub fn popularity(&self, cut: Option<&Cut>) -> String {
        let recent = cut.map_or("0".to_owned(), |Cut { time_s, session }| {
            format!(
                "CASE WHEN first > {time_s} OR (first = {time_s} AND s >= {}) THEN 1 ELSE 0 END",
                quoted(session)
            )
        });
        format!(
            "SELECT ix, CAST(count(*) AS BIGINT) AS sessions, CAST(sum(recent) AS BIGINT) AS recent \
             FROM (SELECT unnest(taken) AS ix, {recent} AS recent FROM ({}) WHERE len > 0) GROUP BY ix ORDER BY ix",
            self.baskets()
        )
    }

    /// Rows of: the smaller rank times [`PAIR`] plus the larger, sessions; in that order.
    #[must_use]
    pub fn pairs(&self, least: u64) -> String {
        format!(
            "SELECT pair, CAST(count(*) AS BIGINT) AS sessions FROM \
             (SELECT a * {PAIR} + b AS pair FROM (SELECT a, unnest(taken) AS b FROM (SELECT unnest(taken) AS a, taken FROM ({}) WHERE len > 1)) \
             WHERE a < b) GROUP BY pair HAVING count(*) >= {least} ORDER BY pair",
            self.baskets()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries(time: ColumnKind) -> Queries {
        let text = ColumnKind::Text;
        Queries::new(Kinds {
            user: text,
            session: text,
            time,
            item: ColumnKind::Whole,
            quantity: text,
            catalogue: text,
        })
    }

    #[test]
    fn ids_of_another_type_are_cast_to_text() {
        let known = queries(ColumnKind::Whole).known();
        assert!(
            known.contains("CAST(\"item_id\" AS VARCHAR) AS i")
                && known.contains("\"user_id\" AS u"),
            "{known}"
        );
    }

    #[test]
    fn a_join_keeps_the_items_and_not_the_events() {
        let known = queries(ColumnKind::Text).known();
        let (items, events) = known.split_once(" JOIN ").expect("it is a join");
        assert!(
            items.contains("FROM items") && events.contains("FROM events"),
            "{known}"
        );
    }

    #[test]
    fn a_session_id_cannot_end_its_quotes() {
        let cut = Cut {
            time_s: 5,
            session: "a' OR '1'='1".to_owned(),
        };
        assert!(
            queries(ColumnKind::Text)
                .popularity(Some(&cut))
                .contains("s >= 'a'' OR ''1''=''1'")
        );
    }

    #[test]
    fn the_first_session_of_a_day_has_none_before_it() {
        let queries = queries(ColumnKind::Text);
        assert!(queries.cut(3, 0).ends_with("LIMIT 1 OFFSET 0"));
        assert!(queries.cut(3, 4).ends_with("LIMIT 2 OFFSET 3"));
    }
}
