//! Models on known states, saved and read back, and what is refused.

use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

use super::*;

/// Frames of two animals in four states of twenty features, one feature constant; states last 25 frames.
fn states(frames: usize, seed: u64) -> (Array2<f32>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    let middles = Array2::from_shape_fn((4, 20), |(state, column)| if column % 4 == state { 6.0 } else { 0.0 });
    let truth: Vec<usize> = (0..frames).map(|frame| (frame / 25 * 7 + frame / 100) % 4).collect();
    let features = Array2::from_shape_fn((frames, 20), |(frame, column)| match column {
        19 => 3.5,
        _ => 40.0 * (column as f32 + 1.0) * (middles[[truth[frame], column]] + normal()),
    });
    (features, truth)
}

fn train_on(features: &Array2<f32>, method: &Method) -> (Model, TrainReport) {
    let groups: Vec<usize> = (0..features.nrows()).map(|row| row * 2 / features.nrows()).collect();
    let is_missing = vec![false; groups.len()];
    let rows = Rows { features: features.view(), groups: &groups, is_missing: &is_missing };
    train(method, &rows, &mut |_, _| true).unwrap().unwrap()
}

fn methods() -> [Method; 2] {
    let dec = DecConfig {
        clusters: 4,
        widths: vec![16, 6],
        autoencoder_epochs: 8,
        cluster_epochs: 5,
        ..DecConfig::default()
    };
    [Method::Dec(dec), Method::KMeans { clusters: 4, starts: 5, seed: 3 }]
}

/// Share of the rows whose likeliest cluster is that of most rows of their state.
fn purity(chances: &Array2<f32>, truth: &[usize]) -> f64 {
    let mut counts = vec![[0_usize; 4]; chances.ncols()];
    for (row, state) in chances.rows().into_iter().zip(truth) {
        let best = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        counts[best][*state] += 1;
    }
    counts.iter().map(|of| *of.iter().max().unwrap()).sum::<usize>() as f64 / truth.len() as f64
}

#[test]
fn a_model_of_one_recording_knows_the_states_of_another() {
    let (features, truth) = states(1200, 1);
    let (others, other_truth) = states(400, 2);
    for method in methods() {
        let (model, report) = train_on(&features, &method);
        assert_eq!((report.rows, report.trained_rows, report.columns), (1200, 1200, 19));
        assert_eq!(report.sizes.iter().sum::<usize>(), 1200);
        for (features, truth) in [(&features, &truth), (&others, &other_truth)] {
            let chances = model.chances(features.view()).unwrap();
            assert!(purity(&chances, truth) > 0.99, "{method:?}: {}", purity(&chances, truth));
            assert!(chances.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
        }
        let read = Model::from_bytes(&model.to_bytes()).unwrap();
        assert_eq!(read, model);
        assert_eq!(read.chances(others.view()), model.chances(others.view()));
        let other = train_on(&features, &method);
        assert_eq!(other, (model, report), "the same rows and seed give the same model");
    }
}

#[test]
fn missing_rows_teach_nothing_and_get_chances_all_the_same() {
    let (mut features, _) = states(600, 3);
    for method in methods() {
        let mut is_missing = vec![false; 600];
        for row in (0..600).step_by(3) {
            features.row_mut(row).fill(1e7);
            is_missing[row] = true;
        }
        features.row_mut(1).fill(f32::NAN);
        let groups = vec![0; 600];
        let rows = Rows { features: features.view(), groups: &groups, is_missing: &is_missing };
        let (model, report) = train(&method, &rows, &mut |_, _| true).unwrap().unwrap();
        assert_eq!(report.rows, 399);
        let chances = model.chances(features.view()).unwrap();
        assert!(chances.iter().all(|chance| chance.is_finite() && *chance >= 0.0));
        // The same values in the missing rows would have been learnt: other values give the same model.
        for row in (0..600).step_by(3) {
            features.row_mut(row).fill(-3.0);
        }
        let rows = Rows { features: features.view(), groups: &groups, is_missing: &is_missing };
        assert_eq!(train(&method, &rows, &mut |_, _| true).unwrap().unwrap().0, model);
    }
}

#[test]
fn what_cannot_be_clustered_is_named() {
    let (features, _) = states(60, 4);
    let fails = |features: &Array2<f32>, is_missing: &[bool], method: &Method| {
        let groups = vec![0; features.nrows()];
        train(method, &Rows { features: features.view(), groups: &groups, is_missing }, &mut |_, _| true).unwrap_err()
    };
    let [dec, near] = methods();
    let mut few = vec![true; 60];
    few[..3].fill(false);
    assert_eq!(fails(&features, &few, &dec), SegmenterError::FewerRowsThanClusters { clusters: 4, rows: 3 });
    let constant = Array2::from_elem((60, 20), 2.0);
    assert_eq!(fails(&constant, &[false; 60], &near), SegmenterError::NothingVaries);
    let lost = Array2::from_elem((60, 20), f32::NAN);
    assert_eq!(fails(&lost, &[false; 60], &near), SegmenterError::FewerRowsThanClusters { clusters: 4, rows: 0 });
    assert!(matches!(fails(&features, &[false; 59], &near), SegmenterError::Lengths { found: 59, rows: 60, .. }));
    let none = Method::KMeans { clusters: 0, starts: 1, seed: 0 };
    assert!(matches!(fails(&features, &[false; 60], &none), SegmenterError::Setting { found: 0, .. }));
    let (model, _) = train_on(&features, &near);
    let narrow = Array2::zeros((3, 7));
    assert_eq!(model.chances(narrow.view()), Err(SegmenterError::Columns { expected: 20, found: 7 }));
    let stopped =
        train(&dec, &Rows { features: features.view(), groups: &[0; 60], is_missing: &[false; 60] }, &mut |_, _| false);
    assert_eq!(stopped, Ok(None));
}

#[test]
fn many_rows_are_learnt_from_evenly() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let rows: Vec<usize> = (0..10_007).collect();
    let chosen = spread_evenly(&rows, 100, &mut rng);
    assert_eq!(chosen.len(), 100);
    assert!(chosen.iter().enumerate().all(|(part, row)| (part * 100..=part * 100 + 108).contains(row)), "{chosen:?}");
    assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(spread_evenly(&rows[..50], 100, &mut rng), rows[..50]);
}

#[test]
fn chances_of_k_means_fall_with_the_squared_distance() {
    let centroids = ndarray::array![[0.0, 0.0], [2.0, 0.0]];
    let chances = near_chances(ndarray::array![[0.0, 0.0], [1.0, 5.0], [3e6, 0.0]].view(), centroids.view(), 2.0);
    let e = (-2.0_f32).exp();
    assert!((chances[[0, 0]] - 1.0 / (1.0 + e)).abs() < 1e-6);
    assert!((chances[[1, 0]] - 0.5).abs() < 1e-6);
    assert_eq!(chances.row(2), ndarray::array![0.0, 1.0]);
}

proptest! {
    #[test]
    fn damaged_bytes_are_refused_without_harm(is_deep: bool, at in 0usize..4000, value: u8, cut in 0usize..5000, noise: Vec<u8>) {
        let (features, _) = states(60, 5);
        let [_, near] = methods();
        let few = Method::Dec(DecConfig { clusters: 4, widths: vec![3, 2], autoencoder_epochs: 1, cluster_epochs: 1, ..DecConfig::default() });
        let bytes = train_on(&features, if is_deep { &few } else { &near }).0.to_bytes();
        let shorter = &bytes[..cut.min(bytes.len())];
        prop_assert_eq!(Model::from_bytes(shorter).is_ok(), shorter.len() == bytes.len());
        let mut changed = bytes.clone();
        let place = at % bytes.len();
        changed[place] = value;
        if let Ok(model) = Model::from_bytes(&changed) {
            let chances = model.chances(features.view());
            prop_assert!(chances.is_ok() || model.reduction.medians.len() != 20);
            prop_assert!(chances.is_err() || chances.unwrap().iter().all(|chance| chance.is_finite()));
        }
        let mut appended = bytes;
        appended.extend(&noise);
        prop_assert_eq!(Model::from_bytes(&appended).is_ok(), noise.is_empty());
        prop_assert!(Model::from_bytes(&noise).is_err());
    }
}
