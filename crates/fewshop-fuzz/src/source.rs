//! Sources of programs.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes by seed and number, so that any run can be repeated alone.
#[derive(Debug)]
pub struct Source;

impl Source {
    /// The input of one run. Short inputs are the most frequent: a program of a few bytes has one
    /// effect.
    #[must_use]
    pub fn input(seed: u64, run: u64) -> Vec<u8> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(run);
        let [size, long] = (rng.next_u32() as u16).to_le_bytes();
        let len = if long < 8 {
            16 * usize::from(size)
        } else {
            8 + usize::from(size) / 4
        };
        let mut bytes = vec![0; len];
        rng.fill_bytes(&mut bytes);
        bytes
    }
}
