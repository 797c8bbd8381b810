//! The labelled rows of other sites, made to fit the table.

use crate::encode::Encoder;
use crate::error::{TableError, list, shorten};
use crate::site::SourceModel;
use crate::table::{Table, is_missing};
use crate::target::{Labels, Target, Task};
use crate::typing::{Kind, TypedColumn};

/// Most rows of the other sites that a fit uses; of more, a sample.
pub const MAX_SOURCE: usize = 20_000;
/// Most encoded columns of a source model, which inverts a matrix of that width.
const MAX_SOURCE_WIDTH: usize = 600;

/// The labelled rows of other sites, with the columns of the table.
#[derive(Debug)]
pub(crate) struct SourceRows {
    pub(crate) table: Table,
    /// Class of each row.
    of: Vec<usize>,
}

impl SourceRows {
    pub(crate) fn read(
        table: &Table,
        source: &Table,
        name: &str,
        target: &Target,
        seed: u64,
    ) -> Result<Self, TableError> {
        let error = |problem: String, advice: &str| TableError::Source {
            problem,
            advice: advice.to_owned(),
        };
        let Labels::Classes(classes, _) = &target.labels else {
            return Err(error(
                "can only help to predict classes, and the target is a number".to_owned(),
                "leave the source out, or make classes of the target",
            ));
        };
        let mut columns = Vec::new();
        for column in table.names() {
            let Ok(at) = source.find(column) else {
                return Err(error(
                    format!("has no column '{}'", shorten(column)),
                    "give both tables the same columns, or remove it from the other",
                ));
            };
            columns.push(source.column(at).to_vec());
        }
        let source = Table::new(table.names().to_vec(), columns)?;
        let mut read = Target::read(&source, name, Some(Task::Classes))?;
        read.limit(&source, MAX_SOURCE, seed);
        let Labels::Classes(found, of) = &read.labels else {
            return Err(error("has no classes".to_owned(), "check its target"));
        };
        let numbers = found.iter().map(|class| target.class(class));
        let numbers: Option<Vec<usize>> = numbers.collect();
        let Some(numbers) = numbers.filter(|numbers| numbers.len() == classes.len()) else {
            return Err(error(
                format!(
                    "has the classes {}, the table has {}",
                    list(found.iter().map(String::as_str)),
                    list(classes.iter().map(String::as_str))
                ),
                "write the classes in one way, and have each among the labelled rows of both",
            ));
        };
        let of = of.iter().map(|class| numbers[*class]).collect();
        Ok(Self {
            table: source.pick(&read.labelled),
            of,
        })
    }

    /// Refuses a source that writes a column's numbers or dates in another way: its cells would count as
    /// missing.
    pub(crate) fn check_writing(&self, columns: &[TypedColumn]) -> Result<(), TableError> {
        for column in columns {
            if !matches!(column.kind, Kind::Number | Kind::Date) {
                continue;
            }
            let cells = self.table.column(self.table.find(&column.name)?);
            let known = cells.iter().filter(|cell| !is_missing(cell));
            let mut unread = known
                .clone()
                .filter(|cell| column.format.value(cell).is_none());
            let first = unread.next();
            if let Some(first) = first
                && 2 * (1 + unread.count()) > known.count()
            {
                return Err(TableError::Source {
                    problem: format!(
                        "has '{}' in the column '{}', which the table writes in another way",
                        shorten(first),
                        shorten(&column.name)
                    ),
                    advice: "write numbers and dates as in the table".to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn fit(
        &self,
        encoder: &Encoder,
        target: &Target,
    ) -> Result<Vec<SourceModel>, TableError> {
        if encoder.width() > MAX_SOURCE_WIDTH {
            return Err(TableError::TooLarge {
                what: "columns, once texts have one each,",
                found: encoder.width(),
                most: MAX_SOURCE_WIDTH,
                advice: "with a source, keep the columns that could matter",
            });
        }
        let Labels::Classes(names, _) = &target.labels else {
            return Ok(Vec::new());
        };
        let rows: Vec<usize> = (0..self.table.rows()).collect();
        let x = encoder.rows(&self.table, &rows);
        let heads = if names.len() == 2 {
            1..2
        } else {
            0..names.len()
        };
        heads
            .map(|class| {
                let outcomes: Vec<f64> = self
                    .of
                    .iter()
                    .map(|c| f64::from(u8::from(*c == class)))
                    .collect();
                SourceModel::fit(&x, &outcomes).ok_or_else(|| TableError::Source {
                    problem: "cannot be fitted: its numbers are too large".to_owned(),
                    advice: "check its columns for cells of another kind".to_owned(),
                })
            })
            .collect()
    }
}
