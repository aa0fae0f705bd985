//! Behavior vectors: exactly one row per frame of an animal, with one label, or with a 0 or 1 per label.
//!
//! Where several segments hold in a frame and one label is asked for, it is that of the segment that starts last, and of those
//! the one that stops first: what is said of a moment is more particular than what is said of a minute. A frame that no
//! segment covers has no label, which is not the label "no behavior".

use std::collections::BTreeSet;

use crate::model::Segment;

/// What one animal does in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameLabel<'a> {
    /// What.
    pub label: &'a str,
    /// From 0 to 1; `None` where nobody said.
    pub confidence: Option<f32>,
}

/// What one animal does over a recording, with a column per label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelMatrix {
    /// The labels, in the order of the columns.
    pub labels: Vec<String>,
    /// Whether each label holds: by frame, then label.
    pub holds: Vec<Vec<bool>>,
    /// The least confidence of the labels that hold, by frame.
    pub confidence: Vec<Option<f32>>,
}

/// One label per frame: `frame_count` rows, whatever the segments of an animal cover.
pub fn exclusive(segments: &[Segment], frame_count: u32) -> Vec<Option<FrameLabel<'_>>> {
    let mut order: Vec<&Segment> = segments.iter().collect();
    // The last to be painted is seen.
    order.sort_by(|a, b| {
        a.start_frame.cmp(&b.start_frame).then(b.stop_frame.cmp(&a.stop_frame)).then_with(|| b.label.cmp(&a.label))
    });
    let mut rows = vec![None; frame_count as usize];
    for segment in order {
        rows[frames_of(segment, frame_count)]
            .fill(Some(FrameLabel { label: &segment.label, confidence: segment.confidence }));
    }
    rows
}

/// A column per label: `frame_count` rows, whatever the segments of an animal cover. Segments of other labels are left out.
pub fn multi_label(segments: &[Segment], labels: &[String], frame_count: u32) -> LabelMatrix {
    let mut holds = vec![vec![false; labels.len()]; frame_count as usize];
    let mut confidence: Vec<Option<f32>> = vec![None; frame_count as usize];
    for segment in segments {
        let Some(column) = labels.iter().position(|label| *label == segment.label) else { continue };
        for frame in frames_of(segment, frame_count) {
            holds[frame][column] = true;
            confidence[frame] = match (confidence[frame], segment.confidence) {
                (Some(known), Some(new)) => Some(known.min(new)),
                (known, new) => known.or(new),
            };
        }
    }
    LabelMatrix { labels: labels.to_vec(), holds, confidence }
}

/// All labels of some segments, in alphabetical order.
pub fn labels_of<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Vec<String> {
    let labels: BTreeSet<&str> = segments.into_iter().map(|segment| segment.label.as_str()).collect();
    labels.into_iter().map(str::to_owned).collect()
}

fn frames_of(segment: &Segment, frame_count: u32) -> std::ops::Range<usize> {
    let stop = segment.stop_frame.min(frame_count) as usize;
    (segment.start_frame as usize).min(stop)..stop
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AnimalId, BehaviorSource, SegmentKind, SegmentStatus, SocialRole};

    /// A segment of the first animal.
    pub(crate) fn segment(label: &str, start_frame: u32, stop_frame: u32) -> Segment {
        Segment {
            animal: AnimalId(0),
            start_frame,
            stop_frame,
            kind: SegmentKind::State,
            label: label.to_owned(),
            description: String::new(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status: SegmentStatus::Accepted,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: Vec::new(),
        }
    }

    #[test]
    fn the_more_particular_label_is_the_one() {
        let mut inner = segment("rear", 3, 5);
        inner.confidence = Some(0.5);
        let segments = [inner, segment("run", 1, 8), segment("turn", 3, 7)];
        let rows = exclusive(&segments, 10);
        let labels: Vec<&str> = rows.iter().map(|row| row.map_or("", |row| row.label)).collect();
        assert_eq!(labels, ["", "run", "run", "rear", "rear", "turn", "turn", "run", "", ""]);
        assert_eq!(rows[3].unwrap().confidence, Some(0.5));
    }

    #[test]
    fn several_labels_have_the_least_confidence() {
        let with = |label, start, stop, confidence| Segment { confidence, ..segment(label, start, stop) };
        let segments = [with("a", 0, 3, Some(0.9)), with("b", 1, 9, Some(0.4)), with("c", 2, 3, None)];
        let labels = labels_of(&segments);
        let found = multi_label(&segments, &labels[..2], 4);
        assert_eq!(found.holds, [[true, false], [true, true], [true, true], [false, true]]);
        assert_eq!(found.confidence, [Some(0.9), Some(0.4), Some(0.4), Some(0.4)]);
    }

    proptest! {
        #[test]
        fn each_frame_is_as_the_segments_say(
            pieces in proptest::collection::vec((0u32..120, 1u32..40, 0usize..4), 0..12),
            frame_count in 0u32..130,
        ) {
            let names = ["a", "b", "c", "d"].map(str::to_owned);
            let segments: Vec<Segment> =
                pieces.iter().map(|(start, length, label)| segment(&names[*label], *start, start + length)).collect();
            let (one, many) = (exclusive(&segments, frame_count), multi_label(&segments, &names, frame_count));
            prop_assert_eq!((one.len(), many.holds.len(), many.confidence.len()), (frame_count as usize, frame_count as usize, frame_count as usize));
            for frame in 0..frame_count {
                let here: Vec<&Segment> = segments.iter().filter(|it| it.frames().contains(&frame)).collect();
                for (column, name) in names.iter().enumerate() {
                    prop_assert_eq!(many.holds[frame as usize][column], here.iter().any(|it| it.label == *name));
                }
                let latest = here.iter().map(|it| (it.start_frame, std::cmp::Reverse(it.stop_frame))).max();
                match one[frame as usize] {
                    None => prop_assert!(here.is_empty()),
                    Some(row) => {
                        let span = |it: &Segment| Some((it.start_frame, std::cmp::Reverse(it.stop_frame)));
                        let is_latest = here.iter().any(|it| it.label == row.label && span(it) == latest);
                        prop_assert!(is_latest);
                    }
                }
            }
        }
    }
}
