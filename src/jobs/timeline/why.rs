//! What models were asked about a segment: its clips, and the epoch in which they were joined.

use super::Timeline;
use crate::jobs::{JobError, open};
use crate::model::{CaptionDetail, Clip, ClipId, Segment};
use crate::store::{Project, RecordingInfo};
use crate::vlm::exchange::{Exchange, KeptPart};
use crate::vlm::question::percent_encoded;

/// An epoch has so many clips at most, and begins so far before a clip of it.
const EPOCH_CLIPS: usize = 42;

/// A question about a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedAbout {
    /// The clip; `None` where it was about joining them.
    pub clip: Option<ClipId>,
    /// Which of several answers, from 0.
    pub sample: u32,
    /// The question and what came of it.
    pub exchange: Exchange,
}

/// All that stands behind a segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentWhy {
    /// The questions: by clip, then those about joining, each in the order in which they were asked.
    pub asked: Vec<AskedAbout>,
    /// What was said beside the captions of its clips.
    pub details: Vec<(ClipId, CaptionDetail)>,
}

/// Finds what was asked about a segment's clips, as they are now.
///
/// # Errors
/// When the project cannot be read.
pub fn why(project: &Project, info: &RecordingInfo, segment: &Segment) -> Result<SegmentWhy, JobError> {
    let timeline = Timeline::read(project, info)?;
    let recording = open::name_in_tags(project, info)?;
    let recording = recording.map(|name| format!("recording={}/", percent_encoded(&name))).unwrap_or_default();
    let names = timeline.names();
    let animal = percent_encoded(names.get(segment.animal.index()).map_or("", String::as_str));
    let own: Vec<&Clip> = timeline.clips.iter().filter(|clip| clip.animal == segment.animal).collect();
    let meant: Vec<ClipId> = timeline.clips_of(segment).map(|clip| clip.id).collect();
    let is_meant = |clip: &Clip| meant.contains(&clip.id);
    let mut found = SegmentWhy::default();
    for clip in own.iter().filter(|clip| is_meant(clip)) {
        let tag = format!("{recording}behavior.caption/animal={animal}/clip={}", clip.id.0);
        let view = format!("frames={}..{}", clip.start_frame, clip.stop_frame);
        for (_, exchange) in project.exchanges_of_frame(info.id, clip.start_frame)? {
            let Some(sample) = sample_of(&exchange.tag, &tag) else { continue };
            if exchange.view.as_deref() == Some(&view) {
                found.asked.push(AskedAbout { clip: Some(clip.id), sample, exchange });
            }
        }
    }
    let Some(first) = own.iter().position(|clip| is_meant(clip)) else { return Ok(found) };
    let tag = format!("{recording}behavior.merge/animal={animal}/epoch=");
    for clip in &own[first.saturating_sub(EPOCH_CLIPS)..=first] {
        let asked = project.exchanges_of_frame(info.id, clip.start_frame)?.into_iter().map(|(_, exchange)| exchange);
        let joined = asked.filter(|it| it.tag.starts_with(&tag) && meant.iter().any(|clip| shows(it, *clip)));
        found.asked.extend(joined.map(|exchange| AskedAbout { clip: None, sample: 0, exchange }));
    }
    let run = timeline.run.map(|run| project.caption_details(run)).transpose()?.unwrap_or_default();
    found.details = run.into_iter().filter(|(clip, _)| meant.contains(clip)).collect();
    Ok(found)
}

/// Which answer a tag is about, where it is about that clip.
fn sample_of(tag: &str, clip: &str) -> Option<u32> {
    match tag.strip_prefix(clip)? {
        "" => Some(0),
        rest => rest.strip_prefix("/sample=")?.parse().ok(),
    }
}

/// Whether a question about joining has a line on that clip.
fn shows(exchange: &Exchange, clip: ClipId) -> bool {
    let begin = format!("{clip} (");
    exchange.parts.iter().any(|part| match part {
        KeptPart::Text(text) => text.lines().any(|line| line.starts_with(&begin)),
        KeptPart::Picture { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_other_clips_and_animals_are_other_questions() {
        let tag = "behavior.caption/animal=A0/clip=1";
        assert_eq!(sample_of("behavior.caption/animal=A0/clip=1", tag), Some(0));
        assert_eq!(sample_of("behavior.caption/animal=A0/clip=1/sample=2", tag), Some(2));
        assert_eq!(sample_of("behavior.caption/animal=A0/clip=12", tag), None);
        assert_eq!(sample_of("behavior.caption/animal=A1/clip=1", tag), None);
    }
}
