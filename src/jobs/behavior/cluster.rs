//! From tracks to clips: features, a model of clusters, a path through them that changes seldom.
//!
//! Features are made chunk by chunk, for the sample that a model learns from and again for all frames, so that memory does not
//! grow with the recording; what is kept per frame is its chances.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rayon::prelude::*;

use super::BehaviorError;
use super::rows::FeatureRows;
use crate::behavior::clips::{self, ClipLengths, ClipLimits};
use crate::behavior::segmenter::{Method, Model, Rows, TrainReport, train};
use crate::jobs::{Job, JobError};
use crate::model::{AnimalId, Clip, ClipId};

/// Frames of one animal whose features are in memory at once, on each core.
const CHUNK_FRAMES: u32 = 1024;

/// Frames that a model learns from, of all animals together.
const SAMPLED_ROWS: u32 = 30_000;

/// Without a price given, clips last so long in the mean, s: within the one to five seconds of one behaviour.
const MEAN_SECS: f64 = 1.5;

/// A price beyond which clips do not become longer.
const HIGHEST_COST: f32 = 2000.0;

/// How a recording is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    /// The price of a change, nats; `None` finds one.
    pub switch_cost: Option<f32>,
    /// Shortest and longest clip, s.
    pub lengths_secs: [f64; 2],
}

/// Where the rows of features come from.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub features: &'a FeatureRows<'a>,
    /// By animal, then frame: whether it is there.
    pub is_seen: &'a [Vec<bool>],
    pub frame_count: u32,
    pub fps: f64,
    pub recording: &'a str,
}

impl Source<'_> {
    /// Trains a model; `None` where the job was stopped meanwhile.
    pub(super) fn train(&self, job: &Job<'_>, method: &Method) -> Result<(Model, TrainReport), JobError> {
        let (frames, animals) = (self.frame_count, self.is_seen.len());
        let step = (frames as usize * animals).div_ceil(SAMPLED_ROWS as usize).max(1);
        job.phase("features", animals as u64, "animals");
        let mut parts: Vec<Array2<f32>> = Vec::new();
        let (mut groups, mut is_missing) = (Vec::new(), Vec::new());
        for animal in 0..animals {
            job.check()?;
            let chunks: Result<Vec<Array2<f32>>, JobError> = chunks(frames)
                .into_par_iter()
                .map(|range| {
                    let chosen: Vec<usize> = range
                        .clone()
                        .filter(|frame| (*frame as usize).is_multiple_of(step))
                        .map(|it| (it - range.start) as usize)
                        .collect();
                    Ok(self.features.rows(animal, range)?.select(Axis(0), &chosen))
                })
                .collect();
            for frame in (0..frames as usize).step_by(step) {
                groups.push(animal);
                is_missing.push(!self.is_seen[animal][frame]);
            }
            parts.extend(chunks?);
            job.done(animal as u64 + 1);
        }
        let views: Vec<ArrayView2<'_, f32>> = parts.iter().map(|part| part.view()).collect();
        // All have the columns of the same features.
        let rows = concatenate(Axis(0), &views).unwrap_or_else(|_| Array2::zeros((0, self.features.names().len())));
        drop(parts);
        let rows = Rows { features: rows.view(), groups: &groups, is_missing: &is_missing };
        let mut is_first = true;
        let trained = train(method, &rows, &mut |done, all| {
            if std::mem::take(&mut is_first) {
                job.phase("train", all as u64, "passes");
            }
            job.done(done as u64);
            !job.is_cancelled()
        });
        let trained =
            trained.map_err(|source| BehaviorError::Segmenter { recording: self.recording.to_owned(), source })?;
        trained.ok_or(JobError::Stopped)
    }

    /// The clips of all animals, numbered through, and the price of a change that they were cut with.
    pub(super) fn clips(&self, job: &Job<'_>, model: &Model, cut: &Cut) -> Result<(Vec<Clip>, f32), JobError> {
        let animals = self.is_seen.len();
        job.phase("clips", animals as u64, "animals");
        let mut tracks = Vec::new();
        for animal in 0..animals {
            job.check()?;
            tracks.push((self.chances(animal, model)?, &self.is_seen[animal]));
            job.done(animal as u64 + 1);
        }
        let at = |cost: f32| -> Vec<Vec<clips::Clip>> {
            let limits = ClipLimits::from_secs(cost, cut.lengths_secs, self.fps);
            tracks.par_iter().map(|(chances, is_seen)| clips::clips_of(chances.view(), is_seen, &limits)).collect()
        };
        let (found, cost) = match cut.switch_cost {
            Some(cost) => (at(cost), cost),
            None => self.long_enough(job, at)?,
        };
        let mut numbers = Vec::new();
        for (animal, clips) in found.into_iter().enumerate() {
            numbers.extend(numbered(clips, animal, numbers.len()));
        }
        Ok((numbers, cost))
    }

    /// Clips at the least price that makes them last about as long as a behaviour does.
    fn long_enough(
        &self,
        job: &Job<'_>,
        at: impl Fn(f32) -> Vec<Vec<clips::Clip>>,
    ) -> Result<(Vec<Vec<clips::Clip>>, f32), JobError> {
        let mut cost = ClipLimits::SWITCH_COST;
        loop {
            job.check()?;
            let found = at(cost);
            let lengths = ClipLengths::of(found.iter().flatten(), self.fps);
            if lengths.mean_secs >= MEAN_SECS || cost >= HIGHEST_COST {
                return Ok((found, cost));
            }
            cost *= 1.25;
        }
    }

    fn chances(&self, animal: usize, model: &Model) -> Result<Array2<f32>, JobError> {
        let invalid = |source| BehaviorError::Segmenter { recording: self.recording.to_owned(), source };
        let parts: Result<Vec<Array2<f32>>, JobError> = chunks(self.frame_count)
            .into_par_iter()
            .map(|range| Ok(model.chances(self.features.rows(animal, range)?.view()).map_err(invalid)?))
            .collect();
        let parts = parts?;
        let views: Vec<ArrayView2<'_, f32>> = parts.iter().map(|part| part.view()).collect();
        Ok(concatenate(Axis(0), &views).unwrap_or_else(|_| Array2::zeros((0, model.cluster_count()))))
    }
}

fn chunks(frames: u32) -> Vec<std::ops::Range<u32>> {
    (0..frames).step_by(CHUNK_FRAMES as usize).map(|start| start..(start + CHUNK_FRAMES).min(frames)).collect()
}

/// Gives the clips of an animal the numbers after `first`.
pub(super) fn numbered(clips: Vec<clips::Clip>, animal: usize, first: usize) -> impl Iterator<Item = Clip> {
    clips.into_iter().enumerate().map(move |(at, clip)| Clip {
        id: ClipId((first + at) as u32),
        animal: AnimalId(animal as u8),
        start_frame: clip.start_frame,
        stop_frame: clip.stop_frame,
        cluster: clip.cluster,
    })
}
