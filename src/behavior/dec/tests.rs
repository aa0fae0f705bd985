//! Gradients against differences, and clusters that are known.

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::net::Pass;
use super::train::weights_of;
use super::*;

fn drawn(rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0..1.0))
}

/// The slope of `loss` by one value, by a difference.
fn difference(value: &mut f32, mut loss: impl FnMut(f32) -> f64) -> f64 {
    let (before, step) = (*value, 3e-3);
    let slope = (loss(before + step) - loss(before - step)) / (2.0 * f64::from(step));
    *value = before;
    slope
}

#[test]
fn slopes_of_the_net_are_those_of_its_loss() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let net = Net::new(&[5, 7, 4, 3], &mut rng);
    let (input, wanted) = (drawn(6, 5, &mut rng), drawn(6, 3, &mut rng));
    let loss = |net: &Net| -> f64 {
        (net.forward(input.view()) - &wanted).iter().map(|error| f64::from(*error).powi(2)).sum::<f64>() / 2.0
    };
    // A pass that is roomier than the batch, and has seen another.
    let mut pass = Pass::new(&net, 9);
    pass.load(drawn(9, 5, &mut rng).view(), &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    pass.forward(&net);
    pass.load(input.view(), &[0, 1, 2, 3, 4, 5]);
    pass.forward(&net);
    let (output, mut by_output) = pass.output_and_slopes();
    by_output.assign(&(&output - &wanted));
    let slopes = pass.backward(&net);
    for (layer, slopes) in slopes.iter().enumerate() {
        for at in 0..net.layers[layer].weight.len() {
            let mut value = net.layers[layer].weight.as_slice().unwrap()[at];
            let by_difference = difference(&mut value, |moved| {
                let mut other = net.clone();
                other.layers[layer].weight.as_slice_mut().unwrap()[at] = moved;
                loss(&other)
            });
            let slope = f64::from(slopes.weight.as_slice().unwrap()[at]);
            assert!(
                (slope - by_difference).abs() < 2e-3 * (1.0 + slope.abs()),
                "layer {layer}, weight {at}: {slope} {by_difference}"
            );
        }
    }
}

#[test]
fn slopes_of_the_divergence_are_those_of_the_divergence() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (codes, centroids) = (drawn(8, 3, &mut rng), drawn(4, 3, &mut rng));
    let weights: Vec<f32> = (0..8).map(|row| 0.1 + row as f32 * 0.05).collect();
    let chances = soft_assignment(codes.view(), centroids.view());
    let target = sharpened(chances.view());
    let (by_code, by_centroid) =
        divergence_slopes(codes.view(), centroids.view(), target.view(), chances.view(), &weights);
    let loss = |codes: &Array2<f32>, centroids: &Array2<f32>| {
        divergence(target.view(), soft_assignment(codes.view(), centroids.view()).view(), &weights)
    };
    let check = |slope: f32, by_difference: f64, what: &str| {
        assert!((f64::from(slope) - by_difference).abs() < 1e-3, "{what}: {slope} {by_difference}");
    };
    for at in 0..codes.len() {
        let mut value = codes.as_slice().unwrap()[at];
        let found = difference(&mut value, |moved| {
            let mut other = codes.clone();
            other.as_slice_mut().unwrap()[at] = moved;
            loss(&other, &centroids)
        });
        check(by_code.as_slice().unwrap()[at], found, "code");
    }
    for at in 0..centroids.len() {
        let mut value = centroids.as_slice().unwrap()[at];
        let found = difference(&mut value, |moved| {
            let mut other = centroids.clone();
            other.as_slice_mut().unwrap()[at] = moved;
            loss(&codes, &other)
        });
        check(by_centroid.as_slice().unwrap()[at], found, "centroid");
    }
}

/// Heaps in twelve dimensions, with the heap of each row.
fn heaps(count: usize, rows: usize, seed: u64) -> (Array2<f32>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let middles = drawn(count, 12, &mut rng) * 4.0;
    let noise = Normal::new(0.0, 0.5).unwrap();
    let truth: Vec<usize> = (0..rows).map(|_| rng.random_range(0..count)).collect();
    let data =
        Array2::from_shape_fn((rows, 12), |(row, axis)| middles[[truth[row], axis]] + noise.sample(&mut rng) as f32);
    (data, truth)
}

#[test]
fn heaps_are_found_and_the_same_seed_gives_the_same() {
    let (data, truth) = heaps(5, 600, 7);
    let groups: Vec<usize> = (0..600).map(|row| row % 3).collect();
    let config = DecConfig { clusters: 5, autoencoder_epochs: 15, cluster_epochs: 15, ..DecConfig::default() };
    let (model, report) = train(data.view(), &groups, &config, &mut |_, _| true).unwrap();
    let chances = model.chances(data.view());
    // The heap that most of each cluster's rows are of.
    let mut counts = vec![[0_usize; 5]; 5];
    for (row, heap) in chances.rows().into_iter().zip(&truth) {
        let best = (0..5).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        counts[best][*heap] += 1;
    }
    let right: usize = counts.iter().map(|of| *of.iter().max().unwrap()).sum();
    assert!(right >= 594, "{right} of 600: {counts:?}");
    assert!(report.sizes.iter().all(|size| *size > 60), "{:?}", report.sizes);
    assert!(report.autoencoder_losses[14] < 0.5 * report.autoencoder_losses[0]);
    let again = train(data.view(), &groups, &config, &mut |_, _| true).unwrap();
    assert_eq!((model, report), again);
}

#[test]
fn a_training_that_is_stopped_gives_nothing() {
    let (data, _) = heaps(3, 90, 1);
    let mut passes = 0;
    let stopped = train(data.view(), &[0; 90], &DecConfig::default(), &mut |done, _| {
        passes = done;
        done < 4
    });
    assert!(stopped.is_none() && passes == 4);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // Wide enough that products are shared out.
    let (data, _) = heaps(3, 300, 9);
    let config = DecConfig {
        clusters: 3,
        widths: vec![600, 300, 4],
        layer_epochs: 1,
        layer_dropout: 0.2,
        autoencoder_epochs: 2,
        cluster_epochs: 2,
        ..DecConfig::default()
    };
    let mut models = [1, 2, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(data.view(), &[0; 300], &config, &mut |_, _| true).unwrap())
    });
    let (model, report) = &models[0];
    assert_eq!(report.layer_losses.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(model.encoder.layers.iter().all(|layer| layer.weight.iter().all(|weight| weight.is_finite())));
    assert!(models[0] == models[1] && models[0] == models[2], "not equal to the last bit");
    let changed = &mut models[1].0.encoder.layers[0].weight;
    changed[[0, 0]] = f32::from_bits(changed[[0, 0]].to_bits() ^ 1);
    assert!(models[0] != models[1]);
}

#[test]
fn layers_trained_by_themselves_are_a_better_start() {
    let (data, _) = heaps(4, 500, 11);
    let plain = DecConfig {
        widths: vec![30, 20, 4],
        autoencoder_epochs: 1,
        cluster_epochs: 0,
        batch: 16,
        ..DecConfig::paper()
    };
    let first = |config: &DecConfig| {
        let (_, report) = train(data.view(), &[0; 500], config, &mut |_, _| true).unwrap();
        report.autoencoder_losses[0]
    };
    let with = first(&DecConfig { layer_epochs: 15, ..plain.clone() });
    let without = first(&DecConfig { layer_epochs: 0, ..plain });
    assert!(with < 0.6 * without, "{with} {without}");
}

#[test]
fn each_group_counts_alike() {
    let groups = [vec![7; 1000], vec![2; 100]].concat();
    let (weights, count) = weights_of(&groups);
    assert_eq!(count, 2);
    let sum = |group: usize| -> f32 {
        groups.iter().zip(&weights).filter(|(of, _)| **of == group).map(|(_, weight)| weight).sum()
    };
    assert!((sum(7) - sum(2)).abs() < 1e-2 && (sum(7) + sum(2) - 1100.0).abs() < 1e-2);
}

#[test]
fn the_target_sharpens_and_evens_out() {
    let chances = ndarray::array![[0.6, 0.4], [0.7, 0.3], [0.9, 0.1]];
    let target = sharpened(chances.view());
    // By hand: 0.36 / 2.2 and 0.16 / 0.8 for the first row.
    let wanted = (0.36 / 2.2) / (0.36 / 2.2 + 0.16 / 0.8);
    assert!((target[[0, 0]] - wanted).abs() < 1e-6, "{target}");
    assert!(target[[2, 0]] > 0.9, "a sure row gets surer");
    let empty = sharpened(ndarray::array![[1.0, 0.0], [1.0, 0.0]].view());
    assert_eq!(empty, ndarray::array![[1.0, 0.0], [1.0, 0.0]], "an empty cluster is no division by 0");
}
