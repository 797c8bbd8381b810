//! Hostile input for everything in Fewshop that reads: packs, CSV, Parquet, a device's memory,
//! worker messages.
//!
//! A [`Target`] takes any bytes and panics where a promise is broken: an error is an answer, a
//! panic, a hang or more memory than the input pays for is not. Most bytes that a random source
//! makes are refused by the first check, so the bytes are read as a *program*: which good input to
//! begin with, how to damage it, and whether to mend its checksums afterwards ([`Program`]).
//!
//! `cargo test` runs the corpus and a few thousand programs of one seed; `cargo xtask fuzz` runs as
//! many as it is told to. The same targets are bolero tests under `--cfg fuzzing`, for a fuzzer
//! that follows the coverage: `cargo bolero test -p fewshop-fuzz memory`.
//!
//! ```
//! let target = fewshop_fuzz::Target::named("memory").expect("it is one of them");
//! target.check(b"any bytes at all");
//! ```

mod memory;
mod messages;
mod meter;
mod pack;
mod program;
mod source;
mod tables;

use std::path::{Path, PathBuf};

pub use meter::peak_of;
pub use pack::{Sealed, coded_bytes, toy_bytes};
pub use program::Program;
pub use source::Source;

/// One reader under attack.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line; its corpus lies in the folder of that name.
    pub name: &'static str,
    /// Bytes of memory that a byte of input may cost, see [`Target::check`].
    factor: usize,
    /// Bytes that every input may take: messages, hash tables, buffers of files.
    room: usize,
    run: fn(&[u8]) -> usize,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 7] = [
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
            name: "parquet",
            factor: 512,
            room: 32 << 20,
            run: tables::parquet,
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

    /// The target of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name == name)
    }

    /// Hands the input over.
    ///
    /// # Panics
    /// Where a promise is broken: by whatever panicked, or since more memory was taken than a fixed
    /// room and so many bytes for each byte that was read.
    pub fn check(&self, input: &[u8]) {
        let (size, peak) = peak_of(|| (self.run)(input));
        let limit = self.room + self.factor * size;
        assert!(
            peak <= limit,
            "{}: {peak} bytes of memory for an input of {size}, at most {limit} are allowed",
            self.name
        );
    }

    /// Inputs worth trying each time: what once broke a promise, and one of each kind.
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
