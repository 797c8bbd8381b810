//! The column that is predicted: classes or numbers, and which rows are questions.

use std::collections::BTreeMap;

use crate::error::{TableError, list, shorten};
use crate::numbers::parse_number;
use crate::table::{Table, is_missing};
use crate::writing::{Reading, Writing, plain};

/// Most classes, one against the rest.
pub const MAX_CLASSES: usize = 5;

/// What kind of answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of a few classes.
    Classes,
    /// A number.
    Numbers,
}

/// The values of the labelled rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Labels {
    /// Names in order, and the class of each labelled row.
    Classes(Vec<String>, Vec<usize>),
    Numbers(Vec<f64>),
}

/// A target column, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) column: usize,
    /// Rows with a value.
    pub(crate) labelled: Vec<usize>,
    /// Rows without one.
    pub(crate) questions: Vec<usize>,
    pub(crate) labels: Labels,
    /// A number that is read with thousands set apart, though it could be a decimal.
    pub(crate) thousands: Option<String>,
    /// Classes with more than one spelling, and all of these.
    pub(crate) merged: Vec<(String, String)>,
    writing: Writing,
    /// The class of each spelling.
    spellings: Vec<(String, usize)>,
}

/// Different texts of a target that are compared with each other.
const SPELLINGS: usize = 50;
/// One letter for a word, as in `Y` and `Yes`: one class where a target has both.
const LETTERS: [(&str, &str); 9] = [
    ("y", "yes"),
    ("n", "no"),
    ("j", "ja"),
    ("n", "nein"),
    ("o", "oui"),
    ("n", "non"),
    ("s", "sí"),
    ("t", "true"),
    ("f", "false"),
];

/// What two spellings of a class have in common: letters without case, one space between words; of
/// a number its value.
#[inline(never)]
fn spelling(text: &str) -> String {
    if let Some(value) = parse_number(text) {
        return (value + 0.0).to_string();
    }
    let lower = plain(text).to_lowercase();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A class: its name in the most frequent spelling, all spellings, and what these have in common.
struct Class<'a> {
    name: &'a str,
    rows: usize,
    texts: Vec<&'a str>,
    spellings: Vec<String>,
}

/// The classes in the order of their names. Of more texts than [`SPELLINGS`] each is one: these are no classes.
fn classes<'a>(counts: &BTreeMap<&'a str, usize>) -> Vec<Class<'a>> {
    let mut out: Vec<Class<'a>> = Vec::new();
    let is_few = counts.len() <= SPELLINGS;
    for (&text, &rows) in counts {
        let (own, known) = match is_few {
            true => {
                let own = spelling(text);
                let known = out.iter_mut().find(|class| class.spellings[0] == own);
                (own, known)
            }
            false => (String::new(), None),
        };
        match known {
            Some(class) => class.add(text, rows),
            None => out.push(Class {
                name: text,
                rows,
                texts: vec![text],
                spellings: vec![own],
            }),
        }
    }
    for (letter, word) in LETTERS {
        let at = |spelling| out.iter().position(|class| class.spellings[0] == spelling);
        if let (Some(short), Some(long)) = (at(letter), at(word)) {
            let class = out.remove(short);
            let long = &mut out[long - usize::from(short < long)];
            for text in class.texts {
                long.add(text, 0);
            }
            long.spellings.extend(class.spellings);
        }
    }
    // In another order than before only if spellings were put together.
    arrange(&mut out, &|a, b| a.name < b.name);
    out
}

/// Sorts a few classes, or many that are in order: a library's sort is kilobytes of the page.
fn arrange(classes: &mut [Class<'_>], is_before: &dyn Fn(&Class<'_>, &Class<'_>) -> bool) {
    for from in 1..classes.len() {
        let mut at = from;
        while at > 0 && is_before(&classes[at], &classes[at - 1]) {
            classes.swap(at, at - 1);
            at -= 1;
        }
    }
}

impl<'a> Class<'a> {
    fn add(&mut self, text: &'a str, rows: usize) {
        self.texts.push(text);
        if rows > self.rows {
            (self.name, self.rows) = (text, rows);
        }
    }
}

fn known_class(spellings: &[(String, usize)], spelling: &str) -> Option<usize> {
    let known = spellings.iter().find(|known| known.0 == spelling);
    known.map(|known| known.1)
}

impl Target {
    #[inline(never)]
    pub(crate) fn read(table: &Table, name: &str, task: Option<Task>) -> Result<Self, TableError> {
        let column = table.find(name)?;
        let cells = table.column(column);
        let (questions, labelled): (Vec<usize>, Vec<usize>) =
            (0..table.rows()).partition(|&row| is_missing(&cells[row]));
        if labelled.len() < 2 {
            return Err(TableError::TooFewRows {
                target: shorten(name),
                found: labelled.len(),
            });
        }
        let texts: Vec<&str> = labelled.iter().map(|&row| cells[row].as_str()).collect();
        let reading = Writing::of(&texts);
        let (writing, example, is_unclear) = match reading {
            Reading::Sure(writing) => (writing, None, false),
            Reading::Likely(writing, example) => (writing, Some(example), false),
            Reading::Unclear(example, _) => (Writing::plain(), Some(example), true),
        };
        let numbers: Vec<Option<f64>> = texts.iter().map(|cell| writing.value(cell)).collect();
        let known = numbers.iter().flatten().count();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for &text in &texts {
            *counts.entry(text).or_default() += 1;
        }
        let classes = classes(&counts);
        let is_numbers = match task {
            Some(task) => task == Task::Numbers,
            None => {
                classes.len() > MAX_CLASSES
                    && (is_unclear || known as f64 >= 0.9 * texts.len() as f64)
            }
        };
        if classes.len() < 2 {
            return Err(TableError::OneClass {
                target: shorten(name),
                value: shorten(texts[0]),
                rows: texts.len(),
            });
        }
        let mut thousands = None;
        let mut merged = Vec::new();
        let mut spellings = Vec::new();
        let labels = if is_numbers {
            if let Some(example) = example {
                if is_unclear {
                    return Err(TableError::UnclearNumber {
                        column: shorten(name),
                        found: shorten(&example),
                    });
                }
                thousands = Some(shorten(&example));
            }
            if let Some(at) = numbers.iter().position(Option::is_none) {
                return Err(TableError::NotANumber {
                    row: labelled[at] + 1,
                    column: shorten(name),
                    found: shorten(texts[at]),
                });
            }
            Labels::Numbers(numbers.into_iter().flatten().collect())
        } else {
            if classes.len() > MAX_CLASSES {
                return Err(TableError::TooManyClasses {
                    target: shorten(name),
                    found: classes.len(),
                    most: MAX_CLASSES,
                    texts: list(classes.iter().map(|class| class.name)),
                });
            }
            let mut classes = classes;
            if known == texts.len() {
                let value = |class: &Class<'_>| writing.value(class.name).unwrap_or(0.0);
                arrange(&mut classes, &|a, b| value(a) < value(b));
            }
            let mut names = Vec::new();
            for (number, class) in classes.into_iter().enumerate() {
                names.push(class.name.to_owned());
                if class.texts.len() > 1 {
                    let all = list(class.texts.iter().copied());
                    merged.push((class.name.to_owned(), all));
                }
                for spelling in class.spellings {
                    spellings.push((spelling, number));
                }
            }
            let class = |text: &&str| known_class(&spellings, &spelling(text)).unwrap_or(0);
            Labels::Classes(names, texts.iter().map(class).collect())
        };
        Ok(Self {
            column,
            labelled,
            questions,
            labels,
            thousands,
            merged,
            writing,
            spellings,
        })
    }

    /// The class that a cell of the target names.
    pub(crate) fn class(&self, cell: &str) -> Option<usize> {
        let own = spelling(cell);
        let known = |spelling| known_class(&self.spellings, spelling);
        known(&own).or_else(|| {
            let words = LETTERS.iter().filter(|(letter, _)| *letter == own);
            words.map(|(_, word)| *word).find_map(known)
        })
    }

    /// The number in a cell of the target.
    pub(crate) fn number(&self, cell: &str) -> Option<f64> {
        self.writing.value(cell)
    }

    /// At most `most` labelled rows, the same for every order of the rows: those with the lowest
    /// hash. Classes keep their shares, and the rows of a rare class all stay.
    pub(crate) fn limit(&mut self, table: &Table, most: usize, seed: u64) {
        if self.labelled.len() <= most {
            return;
        }
        let hash = |row: usize| {
            (0..table.names().len())
                .filter(|&at| at != self.column)
                .flat_map(|at| table.column(at)[row].bytes().chain([0]))
                .fold(0xcbf2_9ce4_8422_2325 ^ seed, |h: u64, b| {
                    (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
                })
        };
        let classes = match &self.labels {
            Labels::Classes(names, _) => names.len(),
            Labels::Numbers(_) => 1,
        };
        let mut groups = vec![Vec::new(); classes];
        for (at, &row) in self.labelled.iter().enumerate() {
            let class = match &self.labels {
                Labels::Classes(_, of) => of[at],
                Labels::Numbers(_) => 0,
            };
            groups[class].push((hash(row), at));
        }
        let share = most as f64 / self.labelled.len() as f64;
        let mut kept = Vec::new();
        for mut group in groups {
            group.sort_unstable();
            let keep = ((group.len() as f64 * share) as usize).max(2);
            kept.extend(group.into_iter().take(keep).map(|(_, at)| at));
        }
        kept.sort_unstable();
        self.labelled = kept.iter().map(|&at| self.labelled[at]).collect();
        match &mut self.labels {
            Labels::Classes(_, of) => *of = kept.iter().map(|&at| of[at]).collect(),
            Labels::Numbers(values) => *values = kept.iter().map(|&at| values[at]).collect(),
        }
    }
}
