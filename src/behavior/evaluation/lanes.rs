//! Two accounts of the same frames side by side: one lane per animal, or one per recording where all animals count as one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::EvaluationOptions;
use crate::model::{AnimalId, Segment};

/// A labelled piece of one animal's time.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Whose it is.
    pub animal: AnimalId,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// What it does.
    pub label: String,
    /// From 0 to 1; `None` where nobody said.
    pub confidence: Option<f32>,
}

impl From<&Segment> for Interval {
    fn from(segment: &Segment) -> Self {
        Self {
            animal: segment.animal,
            start_frame: segment.start_frame,
            stop_frame: segment.stop_frame,
            label: segment.label.clone(),
            confidence: segment.confidence,
        }
    }
}

/// Two accounts of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordingPair {
    /// The recording's name.
    pub name: String,
    /// Frames per second.
    pub fps: f64,
    /// Frames of it; what reaches beyond is cut off.
    pub frame_count: u32,
    /// The names of its animals, by [`AnimalId`].
    pub animals: Vec<String>,
    /// What was found.
    pub found: Vec<Interval>,
    /// What is true.
    pub truth: Vec<Interval>,
    /// The frames that were reviewed, by animal; `None` where an unlabelled frame means "none".
    pub reviewed: Option<Vec<Vec<Range<u32>>>>,
    /// A score per frame and found label, by animal, in place of the confidence of the intervals; 0 or more, since a frame
    /// without a score counts as 0.
    pub scores: Vec<BTreeMap<String, Vec<f32>>>,
}

/// Two accounts of the frames of one animal.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Whose it is, for people.
    pub name: String,
    /// Frames per second.
    pub fps: f64,
    /// Whether the truth of each frame is known.
    pub known: Vec<bool>,
    /// Whether each frame was found to have a label: by label, then frame.
    pub found: Vec<Vec<bool>>,
    /// Whether each frame truly has a label: by label, then frame.
    pub truth: Vec<Vec<bool>>,
    /// How likely a label was found to be: by label, then frame; `None` where nobody said.
    pub scores: Vec<Option<Vec<f32>>>,
}

/// All lanes of a comparison, under the labels that either side has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lanes {
    /// The labels, in alphabetical order.
    pub labels: Vec<String>,
    /// The lanes.
    pub lanes: Vec<Lane>,
}

impl Lane {
    /// Frames of it.
    pub fn frame_count(&self) -> usize {
        self.known.len()
    }

    /// Frames that nobody reviewed.
    pub fn unknown_frames(&self) -> u64 {
        self.known.iter().filter(|is_known| !**is_known).count() as u64
    }
}

impl Lanes {
    /// Puts the accounts of recordings side by side, the found labels under the names that the truth gives them.
    pub fn of(recordings: &[RecordingPair], options: &EvaluationOptions) -> Self {
        let map = &options.map;
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for recording in recordings {
            let scored = recording.scores.iter().flat_map(BTreeMap::keys);
            names.extend(recording.found.iter().map(|piece| &piece.label).chain(scored).filter_map(|it| map.found(it)));
            names.extend(recording.truth.iter().filter_map(|piece| map.truth(&piece.label)));
        }
        let labels: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut lanes = Vec::new();
        for recording in recordings {
            let of_animals = (0..recording.animals.len()).map(|animal| lane_of(recording, animal, &labels, options));
            if options.union_of_animals {
                let name = recording.name.clone();
                lanes.extend(of_animals.reduce(union).map(|lane| Lane { name, ..lane }));
            } else {
                lanes.extend(of_animals.map(|lane| match recordings.len() {
                    1 => lane,
                    _ => Lane { name: format!("{} {}", recording.name, lane.name), ..lane },
                }));
            }
        }
        Self { labels, lanes }
    }
}

fn lane_of(recording: &RecordingPair, animal: usize, labels: &[String], options: &EvaluationOptions) -> Lane {
    let frame_count = recording.frame_count as usize;
    let blank = || vec![vec![false; frame_count]; labels.len()];
    let (mut found, mut truth, mut scores) = (blank(), blank(), vec![None; labels.len()]);
    let label_of = |name: &str| labels.iter().position(|label| label == name);
    let frames_of = |piece: &Interval| {
        let stop = (piece.stop_frame as usize).min(frame_count);
        (piece.start_frame as usize).min(stop)..stop
    };
    for piece in recording.truth.iter().filter(|piece| piece.animal.index() == animal) {
        if let Some(label) = options.map.truth(&piece.label).and_then(label_of) {
            truth[label][frames_of(piece)].fill(true);
        }
    }
    let given = recording.scores.get(animal).into_iter().flatten();
    for (label, values) in given {
        if let Some(label) = options.map.found(label).and_then(label_of) {
            raise(scores[label].get_or_insert_with(|| vec![0.0; frame_count]), values);
        }
    }
    let is_given: Vec<bool> = scores.iter().map(Option::is_some).collect();
    let of_animal = || recording.found.iter().filter(|piece| piece.animal.index() == animal);
    for piece in of_animal() {
        let Some(label) = options.map.found(&piece.label).and_then(label_of) else { continue };
        found[label][frames_of(piece)].fill(true);
        if let Some(confidence) = piece.confidence.filter(|_| !is_given[label]) {
            let scores = scores[label].get_or_insert_with(|| vec![0.0; frame_count]);
            for score in &mut scores[frames_of(piece)] {
                *score = score.max(confidence);
            }
        }
    }
    // Beside others that say how sure they are, an interval that does not is sure.
    for piece in of_animal().filter(|piece| piece.confidence.is_none()) {
        let Some(label) = options.map.found(&piece.label).and_then(label_of).filter(|label| !is_given[*label]) else {
            continue;
        };
        if let Some(scores) = &mut scores[label] {
            scores[frames_of(piece)].fill(1.0);
        }
    }
    Lane {
        name: recording.animals[animal].clone(),
        fps: recording.fps,
        known: known_of(recording, animal),
        found,
        truth,
        scores,
    }
}

fn known_of(recording: &RecordingPair, animal: usize) -> Vec<bool> {
    let frame_count = recording.frame_count as usize;
    let Some(reviewed) = &recording.reviewed else { return vec![true; frame_count] };
    let mut known = vec![false; frame_count];
    for frames in reviewed.get(animal).into_iter().flatten() {
        let stop = (frames.end as usize).min(frame_count);
        known[(frames.start as usize).min(stop)..stop].fill(true);
    }
    known
}

/// A label holds where either lane has it, as likely as the likelier says; a frame is known where both are.
fn union(mut one: Lane, other: Lane) -> Lane {
    let both = |mine: &mut Vec<bool>, theirs: &[bool]| {
        mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine |= theirs);
    };
    for label in 0..one.found.len() {
        let filled = |scores: Option<Vec<f32>>, found: &[bool]| {
            scores.unwrap_or_else(|| found.iter().map(|is_found| f32::from(u8::from(*is_found))).collect())
        };
        if one.scores[label].is_some() || other.scores[label].is_some() {
            let mut scores = filled(one.scores[label].take(), &one.found[label]);
            raise(&mut scores, &filled(other.scores[label].clone(), &other.found[label]));
            one.scores[label] = Some(scores);
        }
        both(&mut one.found[label], &other.found[label]);
        both(&mut one.truth[label], &other.truth[label]);
    }
    one.known.iter_mut().zip(&other.known).for_each(|(mine, theirs)| *mine &= theirs);
    one
}

/// Takes the higher of two scores in each frame.
fn raise(scores: &mut [f32], values: &[f32]) {
    for (score, value) in scores.iter_mut().zip(values) {
        *score = score.max(*value);
    }
}
