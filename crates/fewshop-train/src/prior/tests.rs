use super::*;

fn small() -> PriorConfig {
    PriorConfig {
        shape: Shape {
            width: 16,
            heads: 2,
            blocks: 2,
            hidden: 16,
        },
        tables: 40,
        ..PriorConfig::default()
    }
}

/// The kernels of `fewshop-table` against plain burn, with random weights everywhere.
#[test]
fn the_kernels_compute_what_burn_computes() {
    let device = Device::flex();
    device.seed(3);
    let net = init(small().shape, &device).with_random_head();
    let network = net.export();
    for number in 0..6 {
        let batch = batch(11, number);
        let (inputs, labelled) = batch.inputs(&device);
        let expected = net.forward(inputs, labelled).into_data();
        let expected = expected.try_to_vec::<f32>().expect("f32 on the CPU");
        let found = batch.episodes.iter().flat_map(|e| e.corrections(&network));
        let mut size = 0.0f32;
        for (found, expected) in found.zip(&expected) {
            assert!((found - expected).abs() < 2e-4, "{found} {expected}");
            size = size.max(expected.abs());
        }
        assert!(size > 0.01, "the comparison says nothing: {size}");
    }
}
