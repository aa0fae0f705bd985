//! Paths against all paths, and tilings of anything.

use ndarray::Array2;
use proptest::prelude::*;

use super::*;

/// Chances that favour one cluster per frame by so much.
fn favouring(labels: &[usize], clusters: usize, most: f32) -> Array2<f32> {
    let rest = (1.0 - most) / (clusters as f32 - 1.0);
    Array2::from_shape_fn(
        (labels.len(), clusters),
        |(frame, cluster)| {
            if labels[frame] == cluster { most } else { rest }
        },
    )
}

fn clip(start_frame: u32, stop_frame: u32, cluster: impl Into<Option<u16>>) -> Clip {
    Clip { start_frame, stop_frame, cluster: cluster.into() }
}

fn limits(switch_cost: f32, shortest_frames: u32, longest_frames: u32) -> ClipLimits {
    ClipLimits { switch_cost, shortest_frames, longest_frames }
}

#[test]
fn a_flicker_is_no_change_and_a_lasting_one_is() {
    let mut labels = vec![0; 40];
    labels[17] = 1;
    labels[25..40].fill(2);
    let chances = favouring(&labels, 3, 0.8);
    let found = |limits| clips_of(chances.view(), &[true; 40], &limits);
    assert_eq!(found(limits(4.0, 1, 1000)), [clip(0, 25, 0), clip(25, 40, 2)]);
    assert_eq!(found(limits(0.0, 1, 1000)).len(), 4);
    assert_eq!(found(limits(0.0, 2, 1000)), [clip(0, 25, 0), clip(25, 40, 2)]);
}

#[test]
fn short_stays_go_to_the_neighbour_that_explains_them() {
    let mut labels = vec![0; 20];
    labels[10..12].fill(1);
    labels[12..].fill(2);
    let mut chances = favouring(&labels, 3, 0.9);
    // The short stay's second choice is cluster 2.
    for frame in 10..12 {
        chances[[frame, 2]] = 0.08;
        chances[[frame, 0]] = 0.02;
    }
    let found = clips_of(chances.view(), &[true; 20], &limits(0.0, 5, 6));
    assert_eq!(found, [clip(0, 5, 0), clip(5, 10, 0), clip(10, 15, 2), clip(15, 20, 2)], "10 frames each, cut in two");
}

#[test]
fn the_path_costs_least_of_all_paths() {
    let chances =
        Array2::from_shape_vec((7, 2), vec![0.9, 0.1, 0.4, 0.6, 0.45, 0.55, 0.2, 0.8, 0.7, 0.3, 0.6, 0.4, 0.05, 0.95])
            .unwrap();
    let is_known = [true, true, false, true, true, true, true];
    let cost = |path: &[u16], switch: f64| -> f64 {
        let changes = path.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64;
        let frames = path.iter().enumerate().filter(|(frame, _)| is_known[*frame]);
        changes * switch
            + frames.map(|(frame, cluster)| -f64::from(chances[[frame, usize::from(*cluster)]]).ln()).sum::<f64>()
    };
    for switch in [0.0, 0.3, 1.0, 5.0] {
        for shortest in 1..=8 {
            let all = (0..1_u16 << 7).map(|bits| (0..7).map(|frame| bits >> frame & 1).collect::<Vec<_>>());
            let lasts = |path: &Vec<u16>| runs_of(path).iter().all(|run| run.stop - run.start >= shortest.min(7));
            let least = all.filter(lasts).map(|path| cost(&path, switch)).fold(f64::INFINITY, f64::min);
            let path = sticky_path(chances.view(), &is_known, switch as f32, shortest);
            assert!(lasts(&path), "{shortest}: {path:?}");
            let found = cost(&path, switch);
            assert!((found - least).abs() < 1e-5, "{switch}, {shortest}: {found} {least}");
        }
    }
}

#[test]
fn an_animal_that_is_away_is_a_clip_of_its_own() {
    let chances = favouring(&[0; 60], 2, 0.9);
    let mut is_seen = [true; 60];
    is_seen[3..5].fill(false);
    is_seen[20..40].fill(false);
    is_seen[30] = true;
    let found = clips_of(chances.view(), &is_seen, &limits(2.0, 4, 15));
    assert_eq!(found, [clip(0, 10, 0), clip(10, 20, 0), clip(20, 40, None), clip(40, 50, 0), clip(50, 60, 0)]);
    assert_eq!(clips_of(chances.view(), &[false; 60], &limits(2.0, 4, 15)), [clip(0, 60, None)]);
    let lengths = ClipLengths::of(&found, 10.0);
    assert_eq!((lengths.count, lengths.mean_secs, lengths.median_secs), (4, 1.0, 1.0));
    assert_eq!((lengths.bins, lengths.unseen_secs), (vec![0, 0, 4], 2.0));
}

#[test]
fn given_labels_are_kept_but_for_short_runs() {
    let labels = |text: &str| -> Vec<Option<u16>> {
        text.bytes().map(|byte| (byte != b'.').then(|| u16::from(byte - b'a'))).collect()
    };
    let found = |text: &str| -> String {
        let clips = clips_of_labels(&labels(text), &limits(9.0, 3, 100));
        let name = |clip: &Clip| clip.cluster.map_or('.', |cluster| char::from(b'a' + cluster as u8));
        clips.iter().flat_map(|clip| vec![name(clip); clip.len() as usize]).collect()
    };
    assert_eq!(found("aaabbbbcccaaa"), "aaabbbbcccaaa");
    assert_eq!(found("aaaabaaaaccc"), "aaaaaaaaaccc", "both sides are one clip again");
    assert_eq!(found("aaaabccccc"), "aaaacccccc", "the longer neighbour");
    assert_eq!(found("aaab........"), "aaaa........", "a label before none");
    assert_eq!(found("......b....."), "............");
    assert_eq!(found("aaaa..bbb"), "aaaaaabbb");
    assert_eq!(found("ab"), "bb", "as short as the recording");
    assert_eq!(found(""), "");
}

#[test]
fn limits_follow_the_frame_rate() {
    assert_eq!(ClipLimits::for_fps(30.0), limits(ClipLimits::SWITCH_COST, 12, 150));
    assert_eq!(ClipLimits::for_fps(1.0), limits(ClipLimits::SWITCH_COST, 1, 5));
    assert_eq!(ClipLimits::from_secs(1.0, [2.0, 3.0], 10.0), limits(1.0, 20, 40));
}

/// Chances of three clusters, a row per three values.
fn chances_of(values: &[f32]) -> Array2<f32> {
    let frames = values.len() / 3;
    let mut chances = Array2::from_shape_vec((frames, 3), values[..frames * 3].to_vec()).unwrap();
    for mut row in chances.rows_mut() {
        let sum = row.sum() + 1e-3;
        row.mapv_inplace(|value| (value + 1e-3 / 3.0) / sum);
    }
    chances
}

fn assert_tiles(clips: &[Clip], frames: usize, limits: &ClipLimits) -> Result<(), TestCaseError> {
    let mut next = 0;
    for clip in clips {
        prop_assert_eq!(clip.start_frame, next);
        prop_assert!(!clip.is_empty());
        prop_assert!(clip.cluster.is_none() || clip.len() <= limits.longest_frames.max(1));
        next = clip.stop_frame;
    }
    prop_assert_eq!(next as usize, frames);
    if clips.len() > 1 && limits.longest_frames >= 2 * limits.shortest_frames.max(1) {
        prop_assert!(clips.iter().all(|clip| clip.len() >= limits.shortest_frames), "{:?}", clips);
    }
    prop_assert!(clips.windows(2).all(|pair| pair[0].cluster.is_some() || pair[1].cluster.is_some()));
    Ok(())
}

proptest! {
    #[test]
    fn clips_tile_the_frames_within_their_limits(
        values in proptest::collection::vec(0.0f32..1.0, 0..600),
        lost in proptest::collection::vec((0usize..200, 1usize..40), 0..6),
        switch_cost in 0.0f32..6.0,
        shortest in 0u32..30,
        longest in 0u32..80,
    ) {
        let chances = chances_of(&values);
        let frames = chances.nrows();
        let mut is_seen = vec![true; frames];
        for (start, length) in lost {
            is_seen[start.min(frames)..(start + length).min(frames)].fill(false);
        }
        let limits = limits(switch_cost, shortest, longest);
        let clips = clips_of(chances.view(), &is_seen, &limits);
        assert_tiles(&clips, frames, &limits)?;
        // Whoever is away for as long as the shortest clip is in none of a cluster.
        for run in runs_of(&is_seen).iter().filter(|run| !run.value && run.stop - run.start >= shortest) {
            let inside = clips.iter().filter(|clip| clip.start_frame < run.stop && clip.stop_frame > run.start);
            prop_assert!(inside.into_iter().all(|clip| clip.cluster.is_none()), "{:?} {:?}", run, clips);
        }
    }

    #[test]
    fn given_labels_tile_the_frames_within_their_limits(
        runs in proptest::collection::vec((proptest::option::of(0u16..4), 1usize..30), 0..40),
        shortest in 0u32..30,
        longest in 0u32..80,
    ) {
        let labels: Vec<Option<u16>> = runs.into_iter().flat_map(|(label, length)| vec![label; length]).collect();
        let limits = limits(1.0, shortest, longest);
        assert_tiles(&clips_of_labels(&labels, &limits), labels.len(), &limits)?;
    }
}
