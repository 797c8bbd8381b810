//! A table from the text of a file or of a clipboard: commas, semicolons, tabs or bars, with quotes.

use std::collections::BTreeSet;

use crate::error::TableError;
use crate::numbers::parse_number;
use crate::table::{Table, check_size, is_missing};

/// What may stand between cells. At equal fit the first one wins: a tab is never part of a number.
const DELIMITERS: [char; 4] = ['\t', ';', ',', '|'];
/// Rows that decide which one it is.
const SAMPLED: usize = 20;

impl Table {
    /// Reads a table from text. The first row has the names; if all its cells are numbers, the
    /// columns are called `Column 1` and so on. Empty rows are skipped, and so is a title: a row above the
    /// names with one text in three cells or more. Columns without a name and without a cell are left
    /// out; a name that occurs twice gets a number.
    ///
    /// # Errors
    /// [`TableError::NoRows`], [`TableError::Line`] when a row has more or fewer cells than the
    /// first, [`TableError::OpenQuote`], [`TableError::TooLarge`] for more than `most_cells` and as
    /// [`Table::new`].
    pub fn parse(text: &str, most_cells: usize) -> Result<Self, TableError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (delimiter, skipped) = match named_delimiter(text) {
            Some((delimiter, bytes)) => (delimiter, bytes),
            None => (delimiter_of(text), 0),
        };
        let mut cells = Cells::new(&text[skipped..], delimiter);
        cells.line += usize::from(skipped > 0);
        let mut first = cells.row()?.ok_or(TableError::NoRows)?.1;
        while first.len() >= 3 && first.iter().filter(|cell| !cell.trim().is_empty()).count() == 1 {
            first = cells.row()?.ok_or(TableError::NoRows)?.1;
        }
        let is_headless = first.iter().all(|cell| parse_number(cell.trim()).is_some());
        let mut columns: Vec<Vec<String>> = first
            .iter()
            .map(|cell| {
                if is_headless {
                    vec![cell.clone()]
                } else {
                    Vec::new()
                }
            })
            .collect();
        let mut rows = usize::from(is_headless);
        while let Some((line, row)) = cells.row()? {
            if row.len() != columns.len() {
                return Err(TableError::Line {
                    line,
                    found: row.len(),
                    expected: columns.len(),
                });
            }
            rows += 1;
            check_size(rows, columns.len())?;
            if rows * columns.len() > most_cells {
                return Err(TableError::TooLarge {
                    what: "cells or more",
                    found: rows * columns.len(),
                    most: most_cells,
                    advice: "ask in parts, or keep fewer columns",
                });
            }
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        if rows == 0 {
            return Err(TableError::NoRows);
        }
        let names = first.into_iter().map(|name| match is_headless {
            true => String::new(),
            false => name.split_whitespace().collect::<Vec<_>>().join(" "),
        });
        let is_empty = |column: &Vec<String>| column.iter().all(|cell| is_missing(cell.trim()));
        let (names, columns) = names
            .enumerate()
            .zip(columns)
            .filter(|((_, name), column)| !name.is_empty() || is_headless || !is_empty(column))
            .map(|((at, name), column)| match name.is_empty() {
                true => (format!("Column {}", at + 1), column),
                false => (name, column),
            })
            .unzip();
        Self::new(told_apart(names), columns)
    }
}

/// The names, with a number behind those that occurred before.
fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut taken: BTreeSet<String> = names.iter().cloned().collect();
    let mut seen = BTreeSet::new();
    names
        .into_iter()
        .map(|name| {
            if seen.insert(name.clone()) {
                return name;
            }
            let numbered = (2..)
                .map(|number| format!("{name} ({number})"))
                .find(|numbered| !taken.contains(numbered))
                .unwrap_or_default();
            taken.insert(numbered.clone());
            numbered
        })
        .collect()
}

/// The delimiter of a line `sep=;`, which Excel writes before the names, and the bytes of that line.
fn named_delimiter(text: &str) -> Option<(char, usize)> {
    let (line, _) = text.split_once('\n')?;
    let named = line.trim_end_matches('\r').strip_prefix("sep=")?;
    let mut letters = named.chars();
    let delimiter = letters.next().filter(|c| !c.is_alphanumeric())?;
    letters
        .next()
        .is_none()
        .then_some((delimiter, line.len() + 1))
}

/// What stands between cells: what gives all of the first rows the same number of cells, and the
/// most of them. If nothing does, what occurs in the first row.
fn delimiter_of(text: &str) -> char {
    let width = |delimiter| {
        let mut cells = Cells::new(text, delimiter);
        let mut widths = Vec::new();
        while widths.len() < SAMPLED {
            match cells.row() {
                Ok(Some((_, row))) => widths.push(row.len()),
                Ok(None) => break,
                Err(_) => return 0,
            }
        }
        let first = widths.first().copied().unwrap_or(0);
        if widths.iter().all(|width| *width == first) {
            first
        } else {
            0
        }
    };
    let mut best = (1, None);
    for delimiter in DELIMITERS {
        let width = width(delimiter);
        if width > best.0 {
            best = (width, Some(delimiter));
        }
    }
    let line = text.lines().next().unwrap_or("");
    best.1.unwrap_or_else(|| {
        let found = DELIMITERS.into_iter().find(|d| line.contains(*d));
        found.unwrap_or(',')
    })
}

/// Reads row after row.
struct Cells<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    delimiter: char,
    line: usize,
}

impl<'a> Cells<'a> {
    fn new(text: &'a str, delimiter: char) -> Self {
        Self {
            rest: text.chars().peekable(),
            delimiter,
            line: 1,
        }
    }

    /// The next row that is not empty, and the line, from 1, in which it begins.
    fn row(&mut self) -> Result<Option<(usize, Vec<String>)>, TableError> {
        while self.rest.peek().is_some() {
            let line = self.line;
            let row = self.cells()?;
            if row.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some((line, row)));
            }
        }
        Ok(None)
    }

    fn cells(&mut self) -> Result<Vec<String>, TableError> {
        let mut row = Vec::new();
        let mut cell = String::new();
        let begun = self.line;
        let mut is_quoted = false;
        loop {
            let Some(c) = self.rest.next() else {
                if is_quoted {
                    return Err(TableError::OpenQuote { line: begun });
                }
                break;
            };
            let ends = c == '\n' || c == '\r';
            if c == '\r' {
                self.rest.next_if_eq(&'\n');
            }
            self.line += usize::from(ends);
            match c {
                '"' if is_quoted => {
                    if self.rest.next_if_eq(&'"').is_some() {
                        cell.push('"');
                    } else {
                        is_quoted = false;
                    }
                }
                _ if is_quoted => cell.push(if ends { '\n' } else { c }),
                // Inches and the like: a quote opens a cell only at its beginning.
                '"' if cell.is_empty() => is_quoted = true,
                _ if c == self.delimiter => row.push(std::mem::take(&mut cell)),
                _ if ends => break,
                _ => cell.push(c),
            }
        }
        row.push(cell);
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::MAX_CELLS;

    #[track_caller]
    fn check(text: &str, names: &[&str], rows: &[&[&str]]) {
        let table = Table::parse(text, MAX_CELLS).unwrap();
        assert_eq!(table.names(), names);
        let read: Vec<Vec<&str>> = (0..table.rows())
            .map(|row| {
                let columns = 0..table.names().len();
                columns.map(|at| table.column(at)[row].as_str()).collect()
            })
            .collect();
        assert_eq!(read, rows);
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        check(
            "a\tb\r\n1,5\t\r\n2\tx\r\n",
            &["a", "b"],
            &[&["1,5", ""], &["2", "x"]],
        );
        check("\u{feff}a;b\n1,5;2\n", &["a", "b"], &[&["1,5", "2"]]);
        check(
            "a,b\n\"x, \"\"y\"\"\",\"1\n2\"\n\n",
            &["a", "b"],
            &[&["x, \"y\"", "1\n2"]],
        );
        check("a|b\n5\" pipe|2", &["a", "b"], &[&["5\" pipe", "2"]]);
        check("name\nx\ny", &["name"], &[&["x"], &["y"]]);
        check(
            "Report of 2024,,\n,,\na,b,c\n1,2,3\n,,\n4,5,6\n,,\n",
            &["a", "b", "c"],
            &[&["1", "2", "3"], &["4", "5", "6"]],
        );
        check("sep=;\r\na;b\r\n1,5;2", &["a", "b"], &[&["1,5", "2"]]);
    }

    #[test]
    fn names_are_made_where_there_are_none() {
        check(
            "1,2\n3,4\n",
            &["Column 1", "Column 2"],
            &[&["1", "2"], &["3", "4"]],
        );
        check(
            "a,,a,\n1,2,3,\n",
            &["a", "Column 2", "a (2)"],
            &[&["1", "2", "3"]],
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let error = |text| Table::parse(text, 6).unwrap_err();
        assert_eq!(error(""), TableError::NoRows);
        assert_eq!(error(" \n \n"), TableError::NoRows);
        assert_eq!(error("a,b\n"), TableError::NoRows);
        let line = TableError::Line {
            line: 4,
            found: 3,
            expected: 2,
        };
        assert_eq!(error("a,b\n\n1,2\n3,4,5\n"), line);
        assert_eq!(
            error("a,b\n1,\"2\n3,4\n"),
            TableError::OpenQuote { line: 2 }
        );
        assert!(matches!(
            error("a,b\n1,2\n1,2\n1,2\n1,2\n"),
            TableError::TooLarge { .. }
        ));
    }
}
