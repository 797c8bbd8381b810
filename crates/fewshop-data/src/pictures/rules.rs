//! Reviewed manual decisions by category. They take precedence over word similarity.

use std::collections::HashMap;

use super::table::Table;
use super::words::words;

/// The decision for one category.
pub(super) struct Rule {
    /// Other names of the category; each one matches if all its words are in the category path.
    categories: Vec<Vec<String>>,
    /// The category's own picture.
    pub(super) default: usize,
    /// Whether a title may select any picture, not only those below.
    pub(super) open: bool,
    /// Title words that select a picture directly.
    exceptions: Vec<(Vec<String>, usize)>,
    /// Pictures that a title may select by its words. The default is not among them: 'Canned pears'
    /// are pears first.
    pub(super) candidates: Vec<usize>,
}

/// A word in the category itself counts more than one in its department.
const LEAF: u32 = 3;

impl Rule {
    /// Reads the rules: `category | other name <tab> picture, picture, title words = picture`; a
    /// `~` before the first picture lets the title select from the whole table; lines that begin
    /// with '#' are comments. A line `@name <tab> entries` is no rule: later rules include its
    /// entries by `@name`.
    ///
    /// # Errors
    /// The line number and the problem.
    pub(super) fn parse(text: &str, table: &Table) -> Result<Vec<Self>, String> {
        let lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut shared: HashMap<&str, &str> = HashMap::new();
        let mut rules = Vec::new();
        for (number, line) in lines {
            if let Some((name, entries)) = line.split_once('\t').filter(|_| line.starts_with('@')) {
                shared.insert(name, entries);
                continue;
            }
            let (line, included) = line.split_once(", @").map_or((line, None), |(line, name)| {
                (line, Some(format!("@{name}")))
            });
            let included = match &included {
                Some(name) => *shared
                    .get(name.as_str())
                    .ok_or_else(|| format!("line {number}: no earlier line defines '{name}'"))?,
                None => "",
            };
            let rule = Self::parse_line(line, included, table);
            rules.push(rule.map_err(|wrong| format!("line {number}: {wrong}"))?);
        }
        Ok(rules)
    }

    fn parse_line(line: &str, included: &str, table: &Table) -> Result<Self, String> {
        let named = |name: &str| {
            let name = name.trim();
            table.named(name).ok_or_else(|| {
                format!("there is no picture named '{name}'; expected a name from the table")
            })
        };
        let (categories, pictures) = line
            .split_once('\t')
            .ok_or_else(|| "no tab; expected categories, a tab, pictures".to_owned())?;
        let categories: Vec<Vec<String>> = categories.split('|').map(words).collect();
        if categories.iter().any(Vec::is_empty) {
            return Err("a category without words".to_owned());
        }
        let (open, pictures) = pictures
            .strip_prefix('~')
            .map_or((false, pictures), |rest| (true, rest));
        let mut entries = pictures.split(',');
        let default = named(entries.next().unwrap_or_default())?;
        let mut rule = Self {
            categories,
            default,
            open,
            exceptions: Vec::new(),
            candidates: Vec::new(),
        };
        let included = included.split(',').filter(|entry| !entry.is_empty());
        for entry in entries.chain(included) {
            match entry.split_once('=') {
                Some((title, name)) => {
                    let title = words(title);
                    if title.is_empty() {
                        return Err(format!("no title words before '=' in '{entry}'"));
                    }
                    rule.exceptions.push((title, named(name)?));
                }
                None => rule.candidates.push(named(entry)?),
            }
        }
        Ok(rule)
    }

    /// The picture that the title's words select directly: the entry with the most words wins, then
    /// the earlier one.
    pub(super) fn exception(&self, title: &[String]) -> Option<usize> {
        let held = self
            .exceptions
            .iter()
            .filter(|(words, _)| words.iter().all(|word| title.contains(word)));
        held.reduce(|best, next| {
            if next.0.len() > best.0.len() {
                next
            } else {
                best
            }
        })
        .map(|&(_, picture)| picture)
    }

    /// How well the rule fits a category path, given as a list of words for each level: 0 means not
    /// at all.
    fn fit(&self, path: &[Vec<String>]) -> u32 {
        let Some((leaf, above)) = path.split_last() else {
            return 0;
        };
        let weight = |word: &String| {
            if leaf.contains(word) {
                LEAF
            } else {
                u32::from(above.iter().any(|level| level.contains(word)))
            }
        };
        let fits = self.categories.iter().map(|words| {
            let weights: Vec<u32> = words.iter().map(weight).collect();
            // A department alone is sufficient only for a rule that leaves the title free: 'Dairy &
            // eggs' contains more than eggs.
            let holds = !weights.contains(&0) && (self.open || weights.contains(&LEAF));
            if holds { weights.iter().sum() } else { 0 }
        });
        fits.max().unwrap_or(0)
    }

    /// The rule that fits a category path best; the earlier one in a tie.
    pub(super) fn of<'a>(rules: &'a [Self], path: &[Vec<String>]) -> Option<&'a Self> {
        let fits = rules.iter().map(|rule| (rule.fit(path), rule));
        let best = fits.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.filter(|&(fit, _)| fit > 0).map(|(_, rule)| rule)
    }
}
