//! The fused step against plain burn with autodiff and Adam.

use burn::tensor::Device;
use fewshop_bench::Task;
use fewshop_bench::plain::Plain;
use fewshop_bench::tower::{D, PARAMETERS, Tower, scan};
use pollster::block_on;
use proptest::prelude::*;

/// Numbers in [-1, 1) from a seed (an xorshift), times a scale.
fn noise(seed: u32, n: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (f64::from(state) / f64::from(1u32 << 31) - 1.0) as f32 * scale
    };
    (0..n).map(|_| next()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_fused_step_is_the_one_that_burn_takes(seed in any::<u32>(), shots in 1usize..6, negatives in 1usize..40) {
        let table = noise(seed, 100 * D, 0.2);
        let task = Task {
            positives: (0..shots as u32).map(|row| row * 7).collect(),
            negatives: (0..negatives as u32).map(|row| 99 - row).collect(),
            start: noise(seed ^ 1, PARAMETERS, 0.2),
            steps: 6,
            rate: 0.01,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
            l2: 1e-4,
        };
        let (mut own_losses, mut burn_losses) = (Vec::new(), Vec::new());
        let own = Tower::default().finetune(&table, &task, Some(&mut own_losses));
        let mut plain = Plain::new(&table, Device::flex());
        let burn = block_on(plain.finetune(&task, Some(&mut burn_losses)));
        prop_assert_eq!(own_losses.len(), 7);
        for (a, b) in own_losses.iter().zip(&burn_losses) {
            prop_assert!((a - b).abs() < 1e-4 * b.abs(), "{} {}", a, b);
        }
        for (a, b) in own.iter().zip(&burn) {
            prop_assert!((a - b).abs() < 2e-3, "{} {}", a, b);
        }
        let mut scores = vec![0f32; 100];
        scan(&table, &own, &mut scores);
        for (a, b) in scores.iter().zip(block_on(plain.scan())) {
            prop_assert!((a - b).abs() < 5e-3, "{} {}", a, b);
        }
    }
}
