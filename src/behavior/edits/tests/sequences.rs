//! Any sequence of edits: lanes stay lanes, changes are changes, and undo leads back to the start.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::ClipId;

/// An edit whose numbers are taken as far as they fit the layer that it meets.
#[derive(Clone, Debug)]
struct Step {
    kind: u8,
    segment: usize,
    other: usize,
    frame: u32,
    length: u32,
    label: usize,
    animal: u8,
    choice: u8,
}

const LABELS: [&str; 7] = ["stationary", "chase", "huddle", "crouch", "stretch", "sneeze", "jump"];
const KINDS: u8 = 23;

fn step() -> impl Strategy<Value = Step> {
    (0..KINDS, any::<usize>(), any::<usize>(), 0..FRAMES + 5, 0..40_u32, 0..LABELS.len(), 0..3_u8, any::<u8>())
        .prop_map(|(kind, segment, other, frame, length, label, animal, choice)| Step {
            kind,
            segment,
            other,
            frame,
            length,
            label,
            animal,
            choice,
        })
}

/// What a run found, with lanes of its own for each group.
fn machine() -> Vec<Segment> {
    let mut all = Vec::new();
    for animal in 0..3 {
        for (start, stop, label) in
            [(0, 13, "stationary"), (13, 14, "chase"), (14, 60, "huddle"), (60, 90, "chase"), (90, 100, "stationary")]
        {
            all.push(segment(animal, [start, stop], label));
        }
        all.push(segment(animal, [20, 70], "crouch"));
    }
    all
}

fn captioned(animal: u8) -> Vec<(Clip, Option<Caption>)> {
    let clip = |id: u32| Clip {
        id: ClipId(id),
        animal: AnimalId(animal),
        start_frame: id * 10,
        stop_frame: id * 10 + 10,
        cluster: None,
    };
    let caption = |id: u32| Caption {
        label: LABELS[id as usize % 4].to_owned(),
        description: String::new(),
        partner: None,
        role: SocialRole::None,
        confidence: 0.5,
    };
    (0..10).map(|id| (clip(id), (id % 3 > 0).then(|| caption(id)))).collect()
}

fn run(step: &Step, timeline: Timeline<'_>) -> Result<TimelineEdit, EditRefused> {
    let pick = |position: usize| match timeline.segments.len() {
        0 => SegmentId(-1),
        count => timeline.segments[position % count].id,
    };
    let (id, other, animal, label) = (pick(step.segment), pick(step.other), AnimalId(step.animal), LABELS[step.label]);
    let edge = if step.choice & 1 == 0 { Edge::Start } else { Edge::Stop };
    let neighbor =
        [Neighbor::Cut, Neighbor::Together, Neighbor::Keep, Neighbor::Overwrite][usize::from(step.choice / 2 % 4)];
    let over = if step.choice & 1 == 0 { Overlap::Refuse } else { Overlap::Overwrite };
    let frames = step.frame..step.frame + step.length;
    let brush = Brush { label, partner: Some(AnimalId(1)), role: SocialRole::Actor };
    match step.kind {
        0 | 1 => timeline.move_boundary(id, edge, step.frame, neighbor),
        2 => timeline.nudge(id, edge, i32::try_from(step.length).unwrap() - 20, neighbor),
        3 => timeline.split(id, step.frame),
        4 => timeline.merge(&[id, other], (step.choice & 1 == 0).then_some(label)),
        5 => timeline.relabel(&[id, other], label, over),
        6 | 7 => timeline.paint(animal, frames, brush),
        8 => timeline.erase(animal, ["", "posture"][usize::from(step.choice & 1)], frames),
        9 => timeline.delete(&[id, other]),
        10 => timeline.insert_point(animal, step.frame, brush),
        11 => timeline.move_point(id, step.frame),
        12 => timeline.copy_to_animal(&[id, other], animal, over),
        13 => timeline.unmerge(id, &captioned(step.animal), BehaviorSource::Model),
        14 => timeline.replace_label(label, LABELS[step.other % LABELS.len()], None, over),
        15 => timeline.set_partner(&[id, other], Some(animal), SocialRole::Actor),
        16 => timeline.adopt(&machine(), animal, frames),
        17 => {
            let by = LABELS[step.other % LABELS.len()];
            let search = WordSearch { words: label, matches_case: false, whole_words: step.choice & 1 == 0 };
            let within = [id, other];
            timeline.replace_words(search, by, (step.choice & 2 == 0).then_some(within.as_slice()))
        }
        18 => timeline.paint_all(&stretches(step), label),
        19 => timeline.accept_all(&stretches(step)),
        20 => timeline.clear_all(&stretches(step)),
        21 => {
            let said = machine();
            let chosen = [step.segment, step.other].map(|at| said[at % said.len()].clone());
            timeline.lay(&chosen)
        }
        _ => {
            let machine = machine();
            let touched = timeline.first_touch(&machine, animal);
            let row = touched.id_of(step.segment % machine.len()).unwrap_or(id);
            Ok(match touched.timeline(timeline).split(row, step.frame) {
                Ok(edit) => touched.with(edit),
                Err(_) => touched.alone(),
            })
        }
    }
}

/// Stretches of all animals that overlap, touch and lie apart.
fn stretches(step: &Step) -> Vec<Stretch> {
    let stretch = |at: u32| Stretch {
        animal: AnimalId(((u32::from(step.animal) + at) % 3) as u8),
        partner: (u32::from(step.choice) & (1 << at) != 0).then_some((AnimalId(1), SocialRole::Actor)),
        start_frame: (step.frame + at * (step.length / 2 + u32::from(step.choice % 7))) % FRAMES,
        stop_frame: (step.frame + at * (step.length / 2 + u32::from(step.choice % 7))) % FRAMES + step.length,
    };
    (0..6).map(stretch).collect()
}

fn assert_is_layer(segments: &[PlacedSegment], vocabulary: &Vocabulary) -> Result<(), TestCaseError> {
    let mut lanes: BTreeMap<_, Vec<&Segment>> = BTreeMap::new();
    for PlacedSegment { segment, .. } in segments {
        prop_assert!(segment.start_frame < segment.stop_frame && segment.stop_frame <= FRAMES, "{segment:?}");
        prop_assert!(segment.kind == SegmentKind::State || segment.frames().len() == 1, "{segment:?}");
        prop_assert!(segment.partner != Some(segment.animal), "{segment:?}");
        prop_assert!(segment.partner.is_some() || segment.role == SocialRole::None, "{segment:?}");
        let is_point = vocabulary.find(&segment.label).is_some_and(|label| label.is_point);
        prop_assert_eq!(is_point, segment.kind == SegmentKind::Point);
        lanes.entry((vocabulary.lane_of(segment), is_point)).or_default().push(segment);
    }
    for lane in lanes.values_mut() {
        lane.sort_by_key(|segment| segment.start_frame);
        for pair in lane.windows(2) {
            prop_assert!(pair[0].stop_frame <= pair[1].start_frame, "{:?} and {:?}", pair[0], pair[1]);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn lanes_stay_lanes_and_undo_leads_back(steps in proptest::collection::vec(step(), 1..40)) {
        let (vocabulary, animals) = (vocabulary(), names());
        let mut segments = placed(machine());
        segments.sort_by_key(|placed| (placed.segment.animal, placed.segment.start_frame, placed.id));
        let start = segments.clone();
        let mut next_id = SegmentId(start.len() as i64 + 1);
        let mut done = Vec::new();
        for step in &steps {
            let timeline = Timeline {
                segments: &segments,
                vocabulary: &vocabulary,
                animals: &animals,
                frame_count: FRAMES,
                next_id,
                clips: &[],
            };
            let Ok(edit) = run(step, timeline) else { continue };
            let ids: Vec<SegmentId> = edit.changes.iter().map(|change| change.id).collect();
            prop_assert!(ids.is_sorted_by(|a, b| a < b), "a row stands once");
            prop_assert!(edit.changes.iter().all(|change| change.before != change.after));
            prop_assert!(edit.made().all(|id| id >= next_id));
            next_id = edit.made().map(SegmentId::next).fold(next_id, SegmentId::max);
            SegmentChange::apply_all(&edit.changes, &mut segments).unwrap();
            assert_is_layer(&segments, &vocabulary)?;
            done.push(edit);
        }
        for edit in done.iter().rev() {
            SegmentChange::apply_all(&edit.inverse(), &mut segments).unwrap();
        }
        prop_assert_eq!(segments, start);
    }

    #[test]
    fn edits_as_one_gesture_do_what_they_do_one_by_one(first in step(), second in step()) {
        let (vocabulary, animals) = (vocabulary(), names());
        let start = placed(machine());
        let timeline = |segments, next_id| Timeline {
            segments, vocabulary: &vocabulary, animals: &animals, frame_count: FRAMES, next_id, clips: &[],
        };
        let Ok(one) = run(&first, timeline(&start, SegmentId(100))) else { return Ok(()) };
        let mut between = start.clone();
        SegmentChange::apply_all(&one.changes, &mut between).unwrap();
        let Ok(two) = run(&second, timeline(&between, SegmentId(200))) else { return Ok(()) };
        let mut after = between.clone();
        SegmentChange::apply_all(&two.changes, &mut after).unwrap();
        let mut at_once = start.clone();
        SegmentChange::apply_all(&one.then(two).changes, &mut at_once).unwrap();
        prop_assert_eq!(at_once, after);
    }
}
