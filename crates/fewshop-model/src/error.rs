/// Why bytes are no pack.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackError {
    /// No bytes at all.
    #[error("the pack is empty (0 bytes): build or download it again")]
    Empty,
    /// Another kind of file.
    #[error(
        "this is no Fewshop pack: it does not begin with 'FEWSHOP': give the file that `fewshop train` wrote"
    )]
    NotAPack,
    /// Written by another version.
    #[error(
        "the pack has format version {found}, this program reads version {expected}: train it again with this version"
    )]
    Version {
        /// In the file.
        found: u32,
        /// Read by this code.
        expected: u32,
    },
    /// The end is missing.
    #[error(
        "the pack is cut off: {found} bytes are there, at least {expected} belong to it: copy or download it again"
    )]
    Truncated {
        /// Bytes that the header asks for.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// Bytes changed on the way.
    #[error(
        "the pack is damaged: the checksum of {section} does not match: copy or download it again"
    )]
    Checksum {
        /// Which part.
        section: String,
    },
    /// A field does not hold what it must.
    #[error("the pack's field '{field}' {problem}")]
    Field {
        /// Section or header field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PackError {
    pub(crate) fn field(field: &str, problem: impl ToString) -> Self {
        Self::Field {
            field: field.to_owned(),
            problem: problem.to_string(),
        }
    }

    /// A word that code may branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "pack_empty",
            Self::NotAPack => "pack_not_a_pack",
            Self::Version { .. } => "pack_version",
            Self::Truncated { .. } => "pack_truncated",
            Self::Checksum { .. } => "pack_checksum",
            Self::Field { .. } => "pack_field",
        }
    }
}
