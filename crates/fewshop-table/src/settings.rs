//! What the owner of a table decides.

use std::collections::BTreeMap;

use crate::network::Network;
use crate::target::Task;

/// What the owner of a table says of a column, against what its cells or its name look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// It is used as it is read, even if it is protected.
    Use,
    /// It holds numbers; cells that are none count as missing.
    Number,
    /// It holds dates; without any, it is left out.
    Date,
    /// It holds texts that name kinds, even if they look like numbers or identifiers.
    Category,
}

/// What the owner of the table decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Start of the random numbers.
    pub seed: u64,
    /// Whether columns with protected attributes are used. Off by default.
    pub uses_protected: bool,
    /// Protected columns whose names do not say so.
    pub protected: Vec<String>,
    /// Columns that are not used.
    pub left_out: Vec<String>,
    /// Columns that are read otherwise than they look, or used though protected.
    pub asked: BTreeMap<String, Asked>,
    /// Classes or numbers; without it, numbers if there are more than five different ones.
    pub task: Option<Task>,
    /// The network that corrects the ensemble, by default [`Network::shipped`]. Without one the
    /// ensemble answers alone, as it does for numbers, with a source, and for tables beyond
    /// [`MAX_READ`](crate::network::MAX_READ) or [`MAX_CORRECTED`](crate::network::MAX_CORRECTED).
    pub network: Option<Network>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 7,
            uses_protected: false,
            protected: Vec::new(),
            left_out: Vec::new(),
            asked: BTreeMap::new(),
            task: None,
            network: Some(Network::shipped()),
        }
    }
}
