//! Hostile input for all of Fewshop's readers: packs, CSV, Parquet, pasted tables, a device's
//! memory, worker messages.
//!
//! A [`Target`] takes any bytes and panics if an invariant is broken. An error is a valid result; a
//! panic, a hang or excessive memory for the size of the input is not. Most bytes that a random
//! source makes are refused by the first check, so the bytes are read as a *program*: which valid
//! input to start from, how to damage it, and whether to correct its checksums afterwards
//! ([`Program`]).
//!
//! `cargo test` runs the corpus and a few thousand programs of one seed; `cargo xtask fuzz` runs
//! any number. The same targets are bolero tests under `--cfg fuzzing`, for a coverage-guided
//! fuzzer: `cargo bolero test -p fewshop-fuzz memory`.
//!
//! ```
//! let target = fewshop_fuzz::Target::named("memory").expect("it is one of them");
//! target.check(b"any bytes at all");
//! ```

mod exports;
mod memory;
mod messages;
mod meter;
mod pack;
mod program;
mod source;
mod table_text;
mod tables;

use std::path::{Path, PathBuf};

pub use meter::peak_of;
pub use pack::{Sealed, coded_bytes, toy_bytes};
pub use program::Program;
pub use source::Source;

/// One reader under attack.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line; its corpus is in the folder with that name.
    pub name: &'static str,
    /// Bytes of memory allowed for each byte of input, see [`Target::check`].
    factor: usize,
    /// Bytes allowed for every input: messages, hash tables, file buffers.
    room: usize,
    run: fn(&[u8]) -> usize,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self {
            name: "pack",
            factor: 64,
            room: 1 << 20,
            run: pack::run,
        },
        Self {
            name: "items",
            factor: 64,
            room: 1 << 20,
            run: tables::items,
        },
        Self {
            name: "events",
            factor: 64,
            room: 1 << 20,
            run: tables::events,
        },
        Self {
            name: "cases",
            factor: 256,
            room: 1 << 20,
            run: tables::cases,
        },
        Self {
            name: "promotions",
            factor: 64,
            room: 1 << 20,
            run: tables::promotions,
        },
        Self {
            name: "parquet",
            factor: 512,
            room: 32 << 20,
            run: tables::parquet,
        },
        Self {
            name: "exports",
            factor: 512,
            room: 32 << 20,
            run: exports::run,
        },
        Self {
            name: "table",
            factor: 512,
            room: 16 << 20,
            run: table_text::run,
        },
        Self {
            name: "memory",
            factor: 64,
            room: 1 << 20,
            run: memory::run,
        },
        Self {
            name: "messages",
            factor: 64,
            room: 1 << 20,
            run: messages::run,
        },
    ];

    /// The target with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name == name)
    }

    /// Runs the target on the input.
    ///
    /// # Panics
    /// When an invariant is broken: if the target panics, or takes more memory than a fixed amount
    /// plus a number of bytes for each byte of input.
    pub fn check(&self, input: &[u8]) {
        let (size, peak) = peak_of(|| (self.run)(input));
        let limit = self.room + self.factor * size;
        assert!(
            peak <= limit,
            "{}: {peak} bytes of memory for an input of {size}, at most {limit} are allowed",
            self.name
        );
    }

    /// Inputs to try every time: those that once broke an invariant, and one of each kind.
    ///
    /// # Panics
    /// When the folder cannot be read: it is part of the repository.
    #[must_use]
    pub fn corpus(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(self.name);
        let entries = std::fs::read_dir(&folder).expect("the corpus is part of the repository");
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| {
                (
                    path.clone(),
                    std::fs::read(path).expect("the file was just listed"),
                )
            })
            .collect()
    }
}
