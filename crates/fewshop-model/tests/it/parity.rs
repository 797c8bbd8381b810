//! The kernels against plain burn on the CPU, and the written-out gradient against autodiff.

use burn::tensor::{Device, Tensor, TensorData};
use fewshop_model::kernels::AdaptRows;
use fewshop_model::{BurnCompute, Compute, Pack, kernels, toy};
use pollster::block_on;
use proptest::prelude::*;

/// f32 sums in a different order differ in the last bits; scores here are about 10.
const TOLERANCE: f32 = 1e-3;

fn on_burn(pack: &Pack) -> Compute {
    Compute::Burn(Box::new(BurnCompute::new(pack, Device::flex())))
}

#[track_caller]
fn check_close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!(
            (a - b).abs() <= TOLERANCE * (1.0 + a.abs()),
            "{a} against {b}"
        );
    }
}

fn problem(pack: &Pack, shots: &[u32]) -> AdaptRows {
    let mut rows = AdaptRows::default();
    for &row in shots {
        rows.positives.extend(pack.item_table().row(row as usize));
        rows.positive_bias
            .push(pack.item_table().bias[row as usize]);
    }
    for &row in &pack.adapter().negatives {
        rows.negatives.extend(pack.item_table().row(row as usize));
        rows.negative_bias
            .push(pack.item_table().bias[row as usize] + 0.3);
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn kernels_and_burn_agree(u in prop::collection::vec(-1f32..1.0, 8), shots in prop::collection::vec(0u32..60, 1..6)) {
        let pack = toy::pack();
        let burn = on_burn(&pack);
        let rows = problem(&pack, &shots);
        check_close(&block_on(burn.adapt(&u, &rows, &pack)).unwrap(), &block_on(Compute::Kernels.adapt(&u, &rows, &pack)).unwrap());
        check_close(&block_on(burn.scan(&u, &pack)).unwrap(), &block_on(Compute::Kernels.scan(&u, &pack)).unwrap());
        let features: Vec<f32> = (0..3 * pack.ranker().mean.len()).map(|i| u[i % 8]).collect();
        check_close(&block_on(burn.score(&features, &pack)).unwrap(), &block_on(Compute::Kernels.score(&features, &pack)).unwrap());
    }
}

/// One step from u0 = 0 with rate 1 and no L2 pull is minus the gradient of the loss, which
/// autodiff computes as well.
#[test]
fn the_adapters_gradient_is_the_one_autodiff_finds() {
    let pack = toy::pack().edit(|parts| {
        parts.config.adapter_steps = 1;
        parts.config.adapter_l2 = 0.0;
        parts.adapter.learning_rate = vec![1.0; 8];
    });
    let pack = pack.unwrap();
    let rows = problem(&pack, &[3, 17, 41]);
    let stepped = kernels::adapt(&[0.0; 8], &rows, pack.adapter(), pack.config());

    let device = Device::flex().autodiff();
    let matrix = |v: &Vec<f32>| {
        Tensor::<2>::from_data(TensorData::new(v.clone(), [v.len() / 8, 8]), &device)
    };
    let vector =
        |v: &Vec<f32>| Tensor::<1>::from_data(TensorData::new(v.clone(), [v.len()]), &device);
    let u = Tensor::<2>::zeros([8, 1], &device).require_grad();
    let scale = pack.config().logit_scale;
    let positive = matrix(&rows.positives)
        .matmul(u.clone())
        .mul_scalar(scale)
        .squeeze_dim::<1>(1)
        .add(vector(&rows.positive_bias));
    let negative = matrix(&rows.negatives)
        .matmul(u.clone())
        .mul_scalar(scale)
        .squeeze_dim::<1>(1)
        .add(vector(&rows.negative_bias));
    let total = positive.clone().exp().add(negative.exp().sum());
    let loss = positive.sub(total.log()).mean().neg();
    let gradient = u
        .grad(&loss.backward())
        .unwrap()
        .into_data()
        .try_to_vec::<f32>()
        .unwrap();
    check_close(&stepped, &gradient.iter().map(|g| -g).collect::<Vec<_>>());
}
