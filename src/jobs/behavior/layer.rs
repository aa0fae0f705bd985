//! The layers of a recording's timeline, each as segments: what clips, captions, the merge and people say.

use std::str::FromStr;

use super::{BehaviorError, KIND};
use crate::jobs::JobError;
pub use crate::model::timeline::TimelineLayer as Layer;
use crate::model::{BehaviorSource, Caption, Clip, Segment, SegmentKind, SegmentStatus, SocialRole, Vocabulary};
use crate::store::{Project, RecordingInfo, RunInfo, RunState};

impl FromStr for Layer {
    type Err = BehaviorError;

    fn from_str(word: &str) -> Result<Self, BehaviorError> {
        Self::parse(word).ok_or_else(|| BehaviorError::Word {
            what: "--layer",
            word: word.to_owned(),
            known: "clips, captions, merged, human",
        })
    }
}

/// The layer that is exported and counted where none is named: what people said, where they said anything, else the merge.
pub fn standing(project: &Project, info: &RecordingInfo) -> Result<Layer, JobError> {
    Ok(if project.human_segments(info.id)?.is_empty() { Layer::Merged } else { Layer::Human })
}

/// The latest run that has clips: one that was killed as it began hides none. A run that is still asking, or stopped as it asked,
/// has clips of which nothing is said yet: it hides no earlier one that came to segments.
pub(in crate::jobs) fn shown_run(project: &Project, info: &RecordingInfo) -> Result<Option<RunInfo>, JobError> {
    let mut open = None;
    for run in project.runs(info.id, KIND)?.into_iter().rev() {
        if project.clips(run.id)?.is_empty() {
            continue;
        }
        let is_open = run.state == RunState::Running && project.merged_segments(run.id)?.is_empty();
        if open.is_none() && !is_open {
            return Ok(Some(run));
        }
        if open.is_some() && !project.merged_segments(run.id)?.is_empty() {
            return Ok(Some(run));
        }
        open = open.or(Some(run));
    }
    Ok(open)
}

/// The segments of a layer, by animal and time, each under the name that its label has in the vocabulary: one that was renamed
/// or merged since is called as it is now.
///
/// # Errors
/// When there is nothing in it yet.
pub fn segments(project: &Project, info: &RecordingInfo, layer: Layer) -> Result<Vec<Segment>, JobError> {
    let mut found = match layer {
        Layer::Human => project.human_segments(info.id)?,
        _ => match shown_run(project, info)? {
            Some(run) if layer == Layer::Merged => project.merged_segments(run.id)?,
            Some(run) => {
                let clips = project.clips(run.id)?;
                let captions = if layer == Layer::Captions { project.captions(run.id)? } else { Vec::new() };
                let said = |clip| {
                    let at = captions.binary_search_by_key(&clip, |(id, ..)| *id).ok()?;
                    Some((&captions[at].1, captions[at].2))
                };
                let has_all = layer == Layer::Clips || captions.len() == clips.len();
                let of_clip = clips.iter().filter(|_| has_all).map(|clip| segment_of_clip(clip, said(clip.id)));
                of_clip.collect()
            }
            None => Vec::new(),
        },
    };
    if found.is_empty() {
        let project = project.path().to_owned();
        return Err(BehaviorError::NothingYet { recording: info.name.clone(), what: layer.as_str(), project }.into());
    }
    let vocabulary = project.vocabulary()?;
    found.iter_mut().for_each(|segment| rename(&mut segment.label, &vocabulary));
    Ok(found)
}

/// Calls a label as the vocabulary does.
pub(in crate::jobs) fn rename(label: &mut String, vocabulary: &Vocabulary) {
    let name = vocabulary.name_of(label);
    if name != label {
        *label = name.to_owned();
    }
}

/// A clip as a segment, under what was said of it, else under the name of its cluster.
pub(in crate::jobs) fn segment_of_clip(clip: &Clip, said: Option<(&Caption, BehaviorSource)>) -> Segment {
    let caption = said.map(|(caption, _)| caption);
    let cluster = clip.cluster.map_or("not_seen".to_owned(), |cluster| format!("cluster_{cluster}"));
    Segment {
        animal: clip.animal,
        start_frame: clip.start_frame,
        stop_frame: clip.stop_frame,
        kind: SegmentKind::State,
        label: caption.map_or(cluster, |caption| caption.label.clone()),
        description: caption.map(|caption| caption.description.clone()).unwrap_or_default(),
        partner: caption.and_then(|caption| caption.partner),
        role: caption.map_or(SocialRole::None, |caption| caption.role),
        confidence: caption.map(|caption| caption.confidence),
        status: SegmentStatus::Unreviewed,
        source: said.map_or(BehaviorSource::Rules, |(_, source)| source),
        modifiers: Vec::new(),
        clips: vec![clip.id],
    }
}
