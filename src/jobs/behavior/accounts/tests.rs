//! Accounts of small projects: their figures are those of `eval behavior`, and another annotator's segments are taken over.

use std::sync::Arc;

use super::*;
use crate::behavior::compare::Cell;
use crate::jobs::behavior::judge::{JudgeOptions, judge};
use crate::jobs::timeline::{TimelineAct, act};
use crate::jobs::{CancelFlag, Job};
use crate::model::{Animal, BehaviorSource, FrameRange, SegmentKind, SegmentStatus, Skeleton, SocialRole};
use crate::store::{CameraInfo, NewRecording};

fn segment(animal: u8, frames: [u32; 2], label: &str, source: BehaviorSource) -> Segment {
    Segment {
        animal: AnimalId(animal),
        start_frame: frames[0],
        stop_frame: frames[1],
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: String::new(),
        partner: None,
        role: SocialRole::None,
        confidence: None,
        status: SegmentStatus::Unreviewed,
        source,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

/// A project of 100 frames whose animals bear these names, with merged segments.
fn project(folder: &Path, file: &str, fingerprint: &str, names: [&str; 2]) -> (Project, RecordingInfo) {
    let mut project = Project::create(&folder.join(file), &Skeleton::mabe12()).unwrap();
    let new = NewRecording {
        name: "r".to_owned(),
        path: folder.to_owned(),
        fingerprint: fingerprint.to_owned(),
        fps: 20.0,
        frame_count: 100,
        units: "mm".to_owned(),
        fluorescence_lag_frames: 0.0,
        subject: None,
        session: None,
        group: None,
        cameras: vec![CameraInfo { name: "top".to_owned(), size_px: [10, 10] }],
    };
    let id = project.add_recording(&new).unwrap();
    let animal = |name: &str| Animal { name: name.to_owned(), color: None, is_identity_verified: true };
    project.set_animals(id, &names.map(animal)).unwrap();
    let run = project.begin_run(id, KIND, "{}", 1).unwrap();
    let clip = crate::model::Clip {
        id: crate::model::ClipId(0),
        animal: AnimalId(0),
        start_frame: 0,
        stop_frame: 100,
        cluster: Some(0),
    };
    project.put_clips(run, &[clip]).unwrap();
    let rules = |animal, frames, label| segment(animal, frames, label, BehaviorSource::Rules);
    let merged = [rules(0, [0, 50], "huddle"), rules(0, [50, 100], "chase"), rules(1, [0, 100], "rearing")];
    project.put_merged(run, &merged, 2).unwrap();
    let info = project.only_recording().unwrap();
    (project, info)
}

/// Gives the human layer of a project a segment.
fn say(project: &mut Project, info: &RecordingInfo, animal: u8, frames: std::ops::Range<u32>, label: &str) {
    let label = label.to_owned();
    let what = TimelineAct::Paint { animal: AnimalId(animal), frames, label, partner: None, role: SocialRole::None };
    act(project, info, &Vocabulary::mouse(), ("Ann", 5), &what).unwrap();
}

fn said(segments: &[Segment]) -> Vec<(u8, std::ops::Range<u32>, &str)> {
    segments.iter().map(|it| (it.animal.0, it.frames(), it.label.as_str())).collect()
}

#[test]
fn figures_against_a_table_are_those_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (project, info) = project(folder.path(), "p.bvlm", "x", ["A0", "A1"]);
    let table = folder.path().join("truth.csv");
    let rows =
        "video,animal,target,label,start_frame,stop_frame\nr,A0,,huddle,0,40\nr,A0,,chase,40,100\nr,A1,,rearing,0,90\n";
    std::fs::write(&table, rows).unwrap();
    let found = compare(&project, &info, &Account::Table(table.clone()), &Account::Merged).unwrap();
    let cancel = CancelFlag::default();
    let options = JudgeOptions {
        recording: None,
        layer: Layer::Merged,
        truth: &table,
        map: None,
        union_of_animals: false,
        frames: FrameRange::default(),
        html: None,
    };
    let judged = judge(&Job::new(&cancel, &|_| ()), &project, &options).unwrap();
    assert_eq!(found.evaluation, judged);
    assert_eq!((found.left_out.len(), found.only_theirs.len()), (0, 0));
    let frames: Vec<_> = found.disagreements.iter().map(|it| (it.lane, it.frames())).collect();
    assert_eq!(frames, [(0, 40..50), (1, 90..100)]);
    let none = judged.confusion.labels.len() - 1;
    assert_eq!(found.disagreements[1].cell, Cell { truth: none, found: 2 });
}

#[test]
fn another_annotators_animals_go_by_name_and_their_segments_can_be_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let (mut mine, info) = project(folder.path(), "mine.bvlm", "x", ["A0", "A1"]);
    let (mut other, other_info) = project(folder.path(), "other.bvlm", "x", ["A1", "A0"]);
    say(&mut mine, &info, 0, 0..60, "huddle");
    say(&mut other, &other_info, 1, 0..40, "huddle");
    say(&mut other, &other_info, 1, 40..60, "feeding");
    say(&mut other, &other_info, 0, 20..80, "chase");
    drop(other);
    let theirs = Account::Project(folder.path().join("other.bvlm"));
    let found = compare(&mine, &info, &Account::Human, &theirs).unwrap();
    assert_eq!(said(&found.found.segments), [(0, 0..40, "huddle"), (0, 40..60, "feeding"), (1, 20..80, "chase")]);
    assert_eq!((found.left_out.as_slice(), found.only_theirs.as_slice()), (&[AnimalId(1)][..], &[AnimalId(1)][..]));
    assert_eq!(found.evaluation.frames, 100, "what only one of them reviewed does not count");
    assert_eq!(found.disagreements.len(), 1);
    assert_eq!(found.disagreements[0].frames(), 40..60);

    let adopt = |frames: std::ops::Range<u32>, animal| {
        let theirs = Comparison::said(found.theirs(), animal, &frames).into_iter().cloned().collect();
        TimelineAct::Adopt { animal, frames, theirs: Arc::new(theirs) }
    };
    let vocabulary = Vocabulary::mouse();
    let mut take = |what: &TimelineAct| act(&mut mine, &info, &vocabulary, ("Ann", 6), what).unwrap();
    take(&adopt(40..60, AnimalId(0)));
    take(&adopt(0..100, AnimalId(1)));
    let human = mine.human_segments(info.id).unwrap();
    assert_eq!(said(&human), [(0, 0..40, "huddle"), (0, 40..60, "feeding"), (1, 20..80, "chase")]);
    let again = compare(&mine, &info, &Account::Human, &theirs).unwrap();
    assert_eq!((again.evaluation.kappa, again.disagreements.len()), (Some(1.0), 0));
    // One gesture each.
    mine.undo().unwrap();
    mine.undo().unwrap();
    assert_eq!(said(&mine.human_segments(info.id).unwrap()), [(0, 0..60, "huddle")]);
}

#[test]
fn a_stretch_that_is_taken_over_leaves_what_the_machine_says_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut mine, info) = project(folder.path(), "mine.bvlm", "x", ["A0", "A1"]);
    let theirs = Arc::new(vec![segment(0, [40, 60], "feeding", BehaviorSource::Human)]);
    let what = TimelineAct::Adopt { animal: AnimalId(0), frames: 45..60, theirs };
    act(&mut mine, &info, &Vocabulary::mouse(), ("Ann", 6), &what).unwrap();
    let human = mine.human_segments(info.id).unwrap();
    assert_eq!(said(&human), [(0, 0..45, "huddle"), (0, 45..60, "feeding"), (0, 60..100, "chase")]);
}

#[test]
fn a_project_of_another_recording_or_without_segments_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, info) = project(folder.path(), "mine.bvlm", "x", ["A0", "A1"]);
    let (mut other, other_info) = project(folder.path(), "other.bvlm", "y", ["A0", "A1"]);
    let theirs = Account::Project(folder.path().join("other.bvlm"));
    let error =
        |mine: &Project, info: &RecordingInfo| compare(mine, info, &Account::Merged, &theirs).unwrap_err().to_string();
    assert_eq!(error(&mine, &info), "other.bvlm says nothing of recording \"r\"");
    // By name it is the same; under another name it is not.
    say(&mut other, &other_info, 0, 0..10, "huddle");
    assert!(compare(&mine, &info, &Account::Merged, &theirs).is_ok());
    let elsewhere = RecordingInfo { name: "s".to_owned(), ..info.clone() };
    assert!(error(&mine, &elsewhere).contains("has no recording with the content"), "{}", error(&mine, &elsewhere));
    assert!(compare(&mine, &info, &Account::Merged, &Account::Table(folder.path().join("no.csv"))).is_err());
}

#[test]
fn accounts_that_hold_something_are_known_and_peoples_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let (mut mine, info) = project(folder.path(), "mine.bvlm", "x", ["A0", "A1"]);
    assert_eq!(known(&mine, &info).unwrap(), [Account::Merged]);
    say(&mut mine, &info, 0, 0..10, "huddle");
    let first = mine.latest_run(info.id, KIND).unwrap().unwrap().id;
    let run = mine.begin_run(info.id, KIND, "{\"k\":2}", 9).unwrap();
    let clips = mine.clips(first).unwrap();
    mine.put_clips(run, &clips).unwrap();
    mine.put_merged(run, &[segment(0, [0, 100], "chase", BehaviorSource::Rules)], 10).unwrap();
    assert_eq!(known(&mine, &info).unwrap(), [Account::Human, Account::Merged, Account::Run(first)]);
    let found = compare(&mine, &info, &Account::Run(first), &Account::Merged).unwrap();
    assert_eq!(found.truth.segments.len(), 3);
    assert_eq!(found.evaluation.per_label["huddle"].support, 50);
}
