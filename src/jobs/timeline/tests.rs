//! Acts on a project: copies at the first touch, one gesture each, undone to where it began.

use super::*;
use crate::model::{ClipId, LabelDefinition, RecordingId, SegmentKind, SegmentStatus, Skeleton};
use crate::store::{CameraInfo, NewRecording, StoreError};

const FRAMES: u32 = 100;

fn project() -> (tempfile::TempDir, Project, RecordingInfo) {
    let folder = tempfile::tempdir().unwrap();
    let mut project = Project::create(&folder.path().join("p.bvlm"), &Skeleton::mabe12()).unwrap();
    let id = project
        .add_recording(&NewRecording {
            name: "r".to_owned(),
            path: folder.path().to_owned(),
            fingerprint: "x".to_owned(),
            fps: 20.0,
            frame_count: FRAMES,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.0,
            subject: None,
            session: None,
            group: None,
            cameras: vec![CameraInfo { name: "top".to_owned(), size_px: [10, 10] }],
        })
        .unwrap();
    let animal = |name: &str| Animal { name: name.to_owned(), color: None, is_identity_verified: true };
    project.set_animals(id, &[animal("A0"), animal("A1")]).unwrap();
    described(&mut project, id);
    let info = project.recordings().unwrap().remove(0);
    (folder, project, info)
}

/// Two clips and two segments for each of the animals.
fn described(project: &mut Project, id: RecordingId) {
    let run = project.begin_run(id, "behavior", "{}", 1).unwrap();
    let mut clips = Vec::new();
    let mut captions = Vec::new();
    let mut merged = Vec::new();
    for (at, (animal, frames, label)) in
        [(0, [0, 40], "huddle"), (0, [40, 100], "chase"), (1, [0, 60], "huddle"), (1, [60, 100], "feeding")]
            .into_iter()
            .enumerate()
    {
        let clip = Clip {
            id: ClipId(at as u32),
            animal: AnimalId(animal),
            start_frame: frames[0],
            stop_frame: frames[1],
            cluster: Some(at as u16),
        };
        let caption = Caption {
            label: label.to_owned(),
            description: format!("It does {label}."),
            partner: None,
            role: SocialRole::None,
            confidence: 0.75,
        };
        merged.push(layer::segment_of_clip(&clip, Some((&caption, BehaviorSource::Rules))));
        captions.push((clip.id, caption, BehaviorSource::Rules));
        clips.push(clip);
    }
    project.put_clips(run, &clips).unwrap();
    project.put_captions(run, &captions).unwrap();
    project.put_merged(run, &merged, 2).unwrap();
}

fn merged(animal: u8, start_frame: u32) -> Target {
    Target::Machine { layer: MachineLayer::Merged, animal: AnimalId(animal), start_frame }
}

fn done(project: &mut Project, info: &RecordingInfo, what: TimelineAct) -> TimelineOutcome {
    act(project, info, &Vocabulary::mouse(), ("Ann", 5), &what).unwrap()
}

#[test]
fn the_first_touch_copies_the_animals_layer_in_the_same_gesture() {
    let (_folder, mut project, info) = project();
    let before = Timeline::read(&project, &info).unwrap();
    let what =
        TimelineAct::MoveBoundary { of: merged(0, 40), edge: Edge::Start, to_frame: 30, neighbor: Neighbor::Together };
    let outcome = done(&mut project, &info, what);
    assert_eq!((outcome.title.as_str(), outcome.changed), ("Move start of chase of A0", 2));
    let after = Timeline::read(&project, &info).unwrap();
    let frames: Vec<_> = after.human.iter().map(|placed| (placed.segment.animal.0, placed.segment.frames())).collect();
    assert_eq!(frames, [(0, 0..30), (0, 30..100)], "the other animal is not touched");
    assert_eq!(after.human[1].id, outcome.selected.unwrap());
    assert_eq!(after.human[1].segment.status, SegmentStatus::Edited);
    assert_eq!((&after.merged, &after.clips), (&before.merged, &before.clips), "machine layers are never edited");
    assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    assert_eq!(Timeline::read(&project, &info).unwrap(), before);
    project.redo().unwrap();
    assert_eq!(Timeline::read(&project, &info).unwrap(), after);
}

#[test]
fn segments_of_several_animals_and_layers_are_changed_as_one() {
    let (_folder, mut project, info) = project();
    let of = vec![merged(0, 0), merged(1, 0)];
    let outcome = done(&mut project, &info, TimelineAct::Accept(of));
    assert_eq!(outcome.changed, 4);
    let found = Timeline::read(&project, &info).unwrap();
    let accepted = found.human.iter().filter(|placed| placed.segment.status == SegmentStatus::Accepted).count();
    assert_eq!((found.human.len(), accepted), (4, 2));
    let of = vec![Target::Human(found.human[0].id)];
    let partner = TimelineAct::SetPartner { of, partner: Some(AnimalId(1)), role: SocialRole::Mutual };
    done(&mut project, &info, partner);
    let split = TimelineAct::Split { of: Target::Human(found.human[0].id), at_frame: 20 };
    done(&mut project, &info, split);
    let label = "rearing".to_owned();
    let paint =
        TimelineAct::Paint { animal: AnimalId(1), frames: 10..30, label, partner: None, role: SocialRole::None };
    let painted = done(&mut project, &info, paint).selected.unwrap();
    let found = Timeline::read(&project, &info).unwrap();
    assert_eq!(found.find(Target::Human(painted)).unwrap().frames(), 10..30);
    assert_eq!(found.human.len(), 7);
    for _ in 0..4 {
        assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    }
    assert!(project.human_layer(info.id).unwrap().is_empty());
}

#[test]
fn moments_lie_over_states_and_a_layer_is_taken_over_as_it_is() {
    let (_folder, mut project, info) = project();
    let taken = done(&mut project, &info, TimelineAct::TakeOver(MachineLayer::Clips, AnimalId(1)));
    assert_eq!(taken.changed, 2);
    let found = Timeline::read(&project, &info).unwrap();
    assert!(found.human.iter().all(|placed| placed.segment.status == SegmentStatus::Unreviewed));
    assert!(found.human.iter().all(|placed| placed.segment.kind == SegmentKind::State));
    let nothing = done(&mut project, &info, TimelineAct::TakeOver(MachineLayer::Clips, AnimalId(1)));
    assert_eq!(nothing.changed, 0, "what is there already is no gesture");
    project.undo().unwrap();
    assert!(project.human_layer(info.id).unwrap().is_empty());
}

#[test]
fn what_cannot_be_done_changes_nothing_and_says_why() {
    let (_folder, mut project, info) = project();
    let vocabulary = Vocabulary::mouse();
    let mut refused = |what: TimelineAct, who: &str| {
        let error = act(&mut project, &info, &vocabulary, (who, 5), &what).unwrap_err();
        assert!(project.human_layer(info.id).unwrap().is_empty());
        assert_eq!(project.undo_title().unwrap(), None);
        error
    };
    let split = refused(TimelineAct::Split { of: merged(0, 0), at_frame: 0 }, "Ann");
    assert!(matches!(split, JobError::Edit(edits::EditRefused::NotInside { .. })), "{split}");
    assert!(matches!(refused(TimelineAct::Accept(vec![merged(0, 7)]), "Ann"), JobError::NoSuchSegment));
    let label = "no such label".to_owned();
    let unknown = refused(TimelineAct::Relabel { of: vec![merged(0, 0)], label }, "Ann");
    assert!(matches!(unknown, JobError::Edit(edits::EditRefused::NoSuchLabel { .. })), "{unknown}");
    let nobody = refused(TimelineAct::Accept(vec![merged(0, 0)]), " ");
    assert!(matches!(nobody, JobError::Store(StoreError::MissingAnnotator)));
}

#[test]
fn words_and_labels_are_replaced_in_one_gesture_and_undo_leads_back() {
    let (_folder, mut project, info) = project();
    let before = Timeline::read(&project, &info).unwrap();
    let words = |of: Vec<Target>, words: &str| TimelineAct::ReplaceWords {
        of,
        words: words.to_owned(),
        by: "The animal".to_owned(),
        matches_case: true,
        whole_words: true,
    };
    let outcome = done(&mut project, &info, words(vec![merged(0, 40), merged(1, 0)], "It"));
    assert_eq!((outcome.title.as_str(), outcome.selected), ("Replace \"It\" by \"The animal\" in descriptions", None));
    let said = |project: &Project| -> Vec<(String, SegmentStatus)> {
        let human = project.human_layer(info.id).unwrap();
        human.into_iter().map(|it| (it.segment.description, it.segment.status)).collect()
    };
    // Nobody has looked at them.
    let open = SegmentStatus::Unreviewed;
    let expected = [
        ("It does huddle.", open),
        ("The animal does chase.", open),
        ("The animal does huddle.", open),
        ("It does feeding.", open),
    ];
    assert_eq!(said(&project), expected.map(|(words, status)| (words.to_owned(), status)));
    assert_eq!(Timeline::read(&project, &info).unwrap().merged, before.merged, "machine layers are never edited");
    // A label goes where it stands, of those that are pointed at.
    let of: Vec<Target> = project.human_layer(info.id).unwrap().iter().map(|it| Target::Human(it.id)).collect();
    let label = |by: &str| TimelineAct::ReplaceLabel { of: of.clone(), label: "huddle".to_owned(), by: by.to_owned() };
    assert_eq!(done(&mut project, &info, label("rearing")).changed, 2);
    for _ in 0..2 {
        assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    }
    assert_eq!(Timeline::read(&project, &info).unwrap(), before);
    for refused in [words(vec![merged(0, 0)], "nowhere"), words(vec![merged(0, 0)], ""), label("rearing")] {
        assert!(act(&mut project, &info, &Vocabulary::mouse(), ("Ann", 5), &refused).is_err());
        assert_eq!(Timeline::read(&project, &info).unwrap(), before);
    }
}

#[test]
fn segments_are_laid_over_their_lanes_in_one_gesture() {
    let (_folder, mut project, info) = project();
    // A moment of the first animal, which no state takes away.
    let (animal, role, label) = (AnimalId(0), SocialRole::None, "jump".to_owned());
    let mut vocabulary = Vocabulary::mouse();
    let usual = vocabulary.labels[0].clone();
    vocabulary.labels.push(LabelDefinition { name: label.clone(), is_point: true, key: None, ..usual });
    let paint = TimelineAct::Paint { animal, frames: 20..21, label, partner: None, role };
    let by = ("Ann", 5);
    act(&mut project, &info, &vocabulary, by, &paint).unwrap();
    let before = Timeline::read(&project, &info).unwrap();
    assert_eq!(before.human.len(), 1);
    let said = |clip: usize, label: &str| {
        let caption = Caption {
            label: label.to_owned(),
            description: "It was tried.".to_owned(),
            partner: Some(AnimalId(1 - before.clips[clip].animal.0)),
            role: SocialRole::Actor,
            confidence: 0.9,
        };
        layer::segment_of_clip(&before.clips[clip], Some((&caption, BehaviorSource::Model)))
    };
    let pieces = vec![said(0, "rearing"), said(2, "rearing")];
    let outcome = act(&mut project, &info, &vocabulary, by, &TimelineAct::Lay(Arc::new(pieces.clone()))).unwrap();
    assert_eq!(outcome.title, "Take over 2 clips");
    let after = Timeline::read(&project, &info).unwrap();
    let placed = after.human.iter().map(|placed| &placed.segment);
    let found: Vec<_> = placed.map(|it| (it.animal.0, it.frames(), it.label.as_str())).collect();
    // Of the second animal nobody had said anything: what counted of its other frames goes on to count.
    let expected = [(0, 0..40, "rearing"), (0, 20..21, "jump"), (1, 0..60, "rearing"), (1, 60..100, "feeding")];
    assert_eq!(found, expected);
    let laid = &after.human[0].segment;
    let accepted = Segment { status: SegmentStatus::Accepted, ..pieces[0].clone() };
    assert_eq!(*laid, accepted, "label, partner and description, as the model said them");
    let machines = |timeline: &Timeline| (timeline.clips.clone(), timeline.said.clone(), timeline.merged.clone());
    assert_eq!(machines(&after), machines(&before));
    let again = act(&mut project, &info, &vocabulary, by, &TimelineAct::Lay(Arc::new(pieces))).unwrap();
    assert_eq!(again.changed, 0, "what is there already is no gesture");
    assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    assert_eq!(Timeline::read(&project, &info).unwrap(), before);
}

#[test]
fn a_segment_without_clips_of_its_own_has_those_that_mostly_lie_in_it() {
    let (_folder, project, info) = project();
    let timeline = Timeline::read(&project, &info).unwrap();
    let clips = |segment: &Segment| timeline.clips_of(segment).map(|clip| clip.id.0).collect::<Vec<_>>();
    assert_eq!(clips(&timeline.merged[1]), [1]);
    let drawn = |frames: Range<u32>| Segment {
        start_frame: frames.start,
        stop_frame: frames.end,
        clips: Vec::new(),
        ..timeline.merged[0].clone()
    };
    assert_eq!(clips(&drawn(5..100)), [0, 1]);
    assert_eq!(clips(&drawn(30..60)), [0_u32; 0]);
}

fn clip(animal: u8, start_frame: u32) -> Target {
    Target::Machine { layer: MachineLayer::Clips, animal: AnimalId(animal), start_frame }
}

/// What counts of an animal: its frames and labels, with the first letter of the status.
fn counting(timeline: &Timeline, animal: u8) -> Vec<String> {
    let counting = timeline.counting(AnimalId(animal));
    let line =
        |it: &Segment| format!("{}..{} {} {}", it.start_frame, it.stop_frame, it.label, &it.status.as_str()[..1]);
    counting.map(line).collect()
}

#[test]
fn clips_get_a_label_over_the_merge_that_counted_and_undo_leads_back() {
    let (_folder, mut project, info) = project();
    let before = Timeline::read(&project, &info).unwrap();
    let label = TimelineAct::LabelClips { of: vec![clip(0, 40), clip(1, 60)], label: "rearing".to_owned() };
    let outcome = done(&mut project, &info, label.clone());
    assert_eq!(outcome.title, "Label 2 clips as rearing");
    let after = Timeline::read(&project, &info).unwrap();
    assert_eq!(counting(&after, 0), ["0..40 huddle u", "40..100 rearing e"]);
    assert_eq!(counting(&after, 1), ["0..60 huddle u", "60..100 rearing e"]);
    assert_eq!((&after.merged, &after.said), (&before.merged, &before.said), "machine layers are never edited");
    let counted = after.counted_over(AnimalId(0), 20..50).unwrap();
    assert_eq!((counted.segment.label.as_str(), counted.frames), ("huddle", 20));
    assert_eq!(done(&mut project, &info, label).changed, 0, "it says so already");
    assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    assert_eq!(Timeline::read(&project, &info).unwrap(), before);
}

#[test]
fn clips_are_accepted_and_cleared_as_what_counts_there() {
    let (_folder, mut project, info) = project();
    done(&mut project, &info, TimelineAct::AcceptClips(vec![clip(0, 0), clip(0, 40), clip(1, 0)]));
    let found = Timeline::read(&project, &info).unwrap();
    assert_eq!(counting(&found, 0), ["0..40 huddle a", "40..100 chase a"]);
    assert_eq!(counting(&found, 1), ["0..60 huddle a", "60..100 feeding u"]);
    assert_eq!(found.counted_over(AnimalId(1), 50..70).unwrap().status, SegmentStatus::Accepted);
    let cleared = done(&mut project, &info, TimelineAct::ClearClips(vec![clip(1, 0)]));
    assert_eq!((cleared.title.as_str(), cleared.changed), ("Clear a clip", 1));
    let found = Timeline::read(&project, &info).unwrap();
    assert_eq!(counting(&found, 1), ["60..100 feeding u"]);
    assert_eq!(found.counted_over(AnimalId(1), 0..60), None);
    for _ in 0..2 {
        assert_eq!(project.undo().unwrap().unwrap().conflicts, []);
    }
    assert!(project.human_layer(info.id).unwrap().is_empty());
}
