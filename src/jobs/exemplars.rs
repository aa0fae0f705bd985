//! The completed frames that a question shows before its target, where no run is under way that keeps them.

use super::JobError;
use super::rank::is_good;
use crate::model::FrameLabels;
use crate::pose::window::{Completed, MAX_AGE, RollingWindow};
use crate::store::{FrameSummary, Project, RecordingInfo};

/// The frames that the rolling window would show for `target`, with their labels, oldest first.
///
/// # Errors
/// When the project cannot be read.
pub(super) fn exemplars_for(
    project: &Project,
    info: &RecordingInfo,
    target: u32,
) -> Result<Vec<(u32, FrameLabels)>, JobError> {
    let window = window_before(&project.seed_frames(info.id)?, &project.frame_summaries(info.id)?, target);
    let frames = window.exemplars(target);
    frames.into_iter().map(|frame| Ok((frame, project.labels(info.id, frame)?))).collect()
}

/// The rolling window as it stands before `target` where all frames are solved: from the nearest seed on, the frames that lead
/// up to it. `summaries` are ascending.
pub(super) fn window_before(seeds: &[u32], summaries: &[FrameSummary], target: u32) -> RollingWindow {
    let others: Vec<u32> = seeds.iter().copied().filter(|seed| *seed != target).collect();
    let mut window = RollingWindow::from_seeds(&others, target);
    let Some(nearest) = seeds.iter().copied().min_by_key(|seed| seed.abs_diff(target)) else { return window };
    let from = nearest.max(target.saturating_sub(MOST_BEFORE)).min(target);
    let to = nearest.min(target.saturating_add(MOST_BEFORE)).max(target);
    let start = summaries.partition_point(|summary| summary.frame < from);
    let end = summaries.partition_point(|summary| summary.frame <= to);
    let is_other = |summary: &&FrameSummary| summary.frame != target && !seeds.contains(&summary.frame);
    let mut on_the_way: Vec<&FrameSummary> = summaries[start..end].iter().filter(is_other).collect();
    on_the_way.sort_by_key(|summary| std::cmp::Reverse(summary.frame.abs_diff(target)));
    for summary in on_the_way {
        window.complete(Completed { frame: summary.frame, is_good: is_good(summary) });
    }
    window
}

/// Frames farther away are too old to be shown.
const MOST_BEFORE: u32 = 2 * MAX_AGE;
