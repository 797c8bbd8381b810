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

#[test]
fn two_hundred_steps_are_better_than_the_ensemble() {
    let mut gains = Vec::new();
    let config = PriorConfig {
        tables: 3_200,
        ..small()
    };
    let network = train(&config, |step| gains.push(step.network - step.ensemble)).unwrap();
    assert!(
        gains[0].abs() < 1e-6,
        "untrained, it changes nothing: {}",
        gains[0]
    );
    let mean = |gains: &[f64]| gains.iter().sum::<f64>() / gains.len() as f64;
    let late = mean(&gains[gains.len() / 2..]);
    assert!(
        gains.len() > 190 && late < -0.001,
        "{} steps: {late}",
        gains.len()
    );
    assert_eq!(network.shape(), config.shape);
}

#[test]
fn the_same_seed_makes_the_same_tables() {
    let (one, same, other) = (batch(3, 5), batch(3, 5), batch(4, 5));
    let cells = |batch: &Batch| batch.episodes[0].questions.clone();
    assert_eq!(cells(&one), cells(&same));
    assert_eq!(one.targets, same.targets);
    assert_ne!(one.targets, other.targets);
}

#[test]
fn made_up_tables_have_the_signal_that_real_ones_have() {
    let mut shares = Vec::new();
    let (mut ensemble, mut base) = (0.0, 0.0);
    for number in 0..60 {
        let batch = batch(5, number);
        for (episode, targets) in batch.episodes.iter().zip(&batch.targets) {
            let share = targets.iter().sum::<f64>() / targets.len() as f64;
            shares.push(if episode.is_turned {
                1.0 - share
            } else {
                share
            });
            for (z, p) in episode.log_odds.iter().zip(targets) {
                ensemble += loss(*z, *p);
                base += loss(0.0, *p);
            }
        }
    }
    // Neither class is the usual one, both may be rare.
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((mean - 0.5).abs() < 0.05, "{mean}");
    assert!(shares.iter().any(|share| *share < 0.15));
    let gain = 1.0 - ensemble / base;
    assert!((0.05..0.4).contains(&gain), "{gain}");
}
