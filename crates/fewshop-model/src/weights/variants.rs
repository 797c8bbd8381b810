//! Which products are variants of one thing: a shirt in three sizes.

use std::collections::HashMap;

/// The groups of variants of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variants {
    /// The group of each item, `[items]`: 0 for none, otherwise 1 more than its index in `names`.
    pub group: Vec<u32>,
    /// The shop's own names of the groups, which products that are added later refer to.
    pub names: Vec<String>,
}

impl Variants {
    /// Groups by name, "" for none. A group of one item is kept: others may join it.
    ///
    /// # Shapes
    /// - `names`: `[items]`
    /// - output: `None` if no item has a group
    #[must_use]
    pub fn of(names: &[String]) -> Option<Self> {
        let mut out = Self {
            group: vec![0; names.len()],
            names: Vec::new(),
        };
        let mut at: HashMap<&str, u32> = HashMap::new();
        for (row, name) in names.iter().enumerate() {
            match at.get(name.as_str()) {
                Some(&group) => out.group[row] = group,
                None => {
                    out.join(row, name);
                    at.insert(name, out.group[row]);
                }
            }
        }
        (!out.names.is_empty()).then_some(out)
    }

    /// Puts an item into the group with this name, which may be new; nothing happens for "".
    pub fn join(&mut self, row: usize, name: &str) {
        // A line break separates names in the file.
        let name = name.replace(['\n', '\r'], " ");
        if name.trim().is_empty() {
            return;
        }
        let at = match self.names.iter().position(|other| *other == name) {
            Some(at) => at,
            None => {
                self.names.push(name);
                self.names.len() - 1
            }
        };
        if self.group.len() <= row {
            self.group.resize(row + 1, 0);
        }
        self.group[row] = at as u32 + 1;
    }
}
