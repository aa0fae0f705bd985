//! Runs that ask a model: the whole pipeline against a simulated server, from its questions to labels in 3D.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

mod costs;
mod figures;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use behaviorvlm::jobs::pose::{self, Ablation, Assigner, ModelOptions, Options, Report, why};
use behaviorvlm::jobs::{CancelFlag, Job, JobError, JobEvent, prompts};
use behaviorvlm::model::{CameraId, Edit, FrameLabels, KeypointId, Label, Placement, Provenance, Skeleton, Source};
use behaviorvlm::pose::stage4::Solver;
use behaviorvlm::pose::stages::Basis;
use behaviorvlm::store::{Gesture, Project};
use behaviorvlm::vlm::Part;
use behaviorvlm::vlm::convention::Convention;
use behaviorvlm::vlm::http::{Endpoint, Limits};
use behaviorvlm::vlm::prompt::Prompt;
use tempfile::TempDir;

use crate::cli::{failure, json, small_recording, text};
use crate::fake_model::{Confusion, FakeConfig, FakeModel, Fault, MODEL, Player, Tag, Truth, keypoints_of};
use crate::gallery::seeded;

/// A seeded project with the truth about its recording.
pub struct World {
    /// Where it lies.
    pub folder: TempDir,
    /// Its file.
    pub project: PathBuf,
    truth: Truth,
    widths: BTreeMap<String, f64>,
}

impl World {
    /// A small one.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let project = seeded(folder.path());
        Self::around(folder, project, small_recording())
    }

    fn around(folder: TempDir, project: PathBuf, recording: &Path) -> Self {
        let truth = Truth::from_csv(&fs::read_to_string(recording.join("truth/points2d.csv")).unwrap());
        let opened = behaviorvlm::recording::Recording::open(recording).unwrap();
        let rig = opened.rig.unwrap();
        let widths =
            rig.cameras.iter().map(|camera| (camera.name().to_owned(), f64::from(camera.size_px()[0]))).collect();
        Self { folder, project, truth, widths }
    }

    /// The same recording with seeds in the middle: frames are solved forward and backward from them.
    fn seeded_in_the_middle() -> Self {
        let folder = TempDir::new().unwrap();
        let (project, seeds) = (folder.path().join("middle.bvlm"), folder.path().join("seeds.csv"));
        let truth = fs::read_to_string(small_recording().join("truth/points2d.csv")).unwrap();
        let rows = truth.lines().skip(1).filter(|row| row.ends_with(",1"));
        let rows = rows.filter(|row| MIDDLE.iter().any(|frame| row.starts_with(&format!("{frame},"))));
        let rows: Vec<&str> = rows.filter_map(|row| row.strip_suffix(",1")).collect();
        fs::write(&seeds, format!("frame,camera,keypoint,x,y\n{}\n", rows.join("\n"))).unwrap();
        json(&["new", text(small_recording()), text(&project), "--json"]);
        json(&["detect", text(&project), "--json"]);
        json(&["seeds", text(&project), "--import", text(&seeds), "--json"]);
        Self::around(folder, project, small_recording())
    }

    /// A model that knows the truth about it, and errs so.
    pub fn player(&self, confusion: Confusion) -> Player {
        Player {
            skeleton: Skeleton::qd12(),
            truth: self.truth.clone(),
            convention: Convention::Thousand,
            widths: self.widths.clone(),
            confusion,
            plain: None,
            seed: 4,
        }
    }

    /// A copy of the project.
    fn copied(&self, name: &str) -> Project {
        let copy = self.folder.path().join(format!("{name}.bvlm"));
        fs::copy(&self.project, &copy).unwrap();
        Project::open(&copy).unwrap()
    }

    /// How far a label may be from the truth, px.
    fn reach(&self, camera: &str) -> f64 {
        3.0 * self.widths[camera] / 1024.0
    }
}

/// Seed frames that have frames on both sides.
const MIDDLE: [u32; 3] = [5, 6, 7];

/// Waits so short that a test need not wait.
fn limits() -> Limits {
    Limits {
        first_byte: Duration::from_secs(20),
        between: Duration::from_secs(20),
        tries: 5,
        back_off: Duration::from_millis(2),
        patience: Duration::from_secs(20),
        rest: Duration::from_millis(50),
        most_bytes: 400_000,
        ..Limits::default()
    }
}

fn model(server: &FakeModel) -> ModelOptions {
    let endpoint = Endpoint { concurrency: 16, ..Endpoint::new(MODEL, &server.url()).unwrap() };
    ModelOptions { limits: limits(), ..ModelOptions::new(vec![endpoint]).unwrap() }
}

fn run(project: &mut Project, options: &Options<'_>) -> Result<Report, JobError> {
    let cancel = CancelFlag::default();
    pose::run(&Job::new(&cancel, &|_| ()), project, options)
}

fn vlm(model: &ModelOptions) -> Options<'_> {
    Options { assigner: Assigner::Vlm, model: Some(model), ..Options::default() }
}

fn labels(project: &Project) -> Vec<FrameLabels> {
    let info = project.only_recording().unwrap();
    (0..info.frame_count).map(|frame| project.labels(info.id, frame).unwrap()).collect()
}

/// Labels without the run that made them.
fn places(project: &Project) -> String {
    let all = labels(project);
    let of_frame = |labels: &FrameLabels| {
        let each = labels.iter().map(|(camera, keypoint, label)| {
            format!("{}.{} {:?} {:?}", camera.0, keypoint.0, label.placement, label.source())
        });
        each.collect::<Vec<_>>().join("\n")
    };
    all.iter().map(of_frame).collect::<Vec<_>>().join("\n\n")
}

/// Labels of machines that are not as the truth has it: the dot nearest to the keypoint within reach, which no other keypoint
/// is nearer to, else none.
fn wrong_labels(world: &World, project: &Project) -> Vec<String> {
    // The first three are seeds.
    wrong_labels_in(world, project, 3..project.only_recording().unwrap().frame_count)
}

fn wrong_labels_in(world: &World, project: &Project, frames: std::ops::Range<u32>) -> Vec<String> {
    let info = project.only_recording().unwrap();
    let names = keypoints_of(project.skeleton(), None);
    let mut wrong = Vec::new();
    for frame in frames {
        let (labels, views) = (project.labels(info.id, frame).unwrap(), project.detection(info.id, frame).unwrap());
        for (camera, stored) in (0..).map(CameraId).zip(&info.cameras) {
            let dots = &views[camera.index()].as_ref().unwrap().centroids;
            let mut near: Vec<(f64, usize, u16)> = Vec::new();
            for (index, name) in names.iter().enumerate() {
                let Some([x, y]) = world.truth.place(frame, &stored.name, name) else { continue };
                let distance =
                    |dot: &behaviorvlm::model::Centroid| (dot.point_in_image.x - x).hypot(dot.point_in_image.y - y);
                let nearest = dots.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
                near.extend(nearest.map(|dot| (distance(dot), index, dot.number.0)));
            }
            near.retain(|(distance, ..)| *distance <= world.reach(&stored.name));
            near.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut expected: BTreeMap<usize, u16> = BTreeMap::new();
            for (_, index, number) in near {
                if !expected.values().any(|held| *held == number) {
                    expected.insert(index, number);
                }
            }
            for (found, keypoint, label) in labels.iter() {
                let wanted = expected.get(&keypoint.index()).copied();
                let number = label.placement.number().map(|number| number.0);
                if found == camera && !label.is_human() && number != wanted {
                    wrong.push(format!(
                        "frame {frame}, {}, {}: {number:?}, not {wanted:?}",
                        stored.name,
                        names[keypoint.index()]
                    ));
                }
            }
        }
    }
    wrong
}

/// The stages of a log's tags, re-asks left out.
fn stages(server: &FakeModel) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in server.log().iter().filter(|request| !request.is_reask) {
        *counts.entry(Tag::parse(&request.tag).unwrap().stage).or_default() += 1;
    }
    counts
}

#[test]
fn a_true_model_gives_true_labels_with_the_calls_that_it_needs() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let model = model(&server);
    let mut project = world.copied("true");
    let options = Options { ablation: Ablation { refinement: true, regions: false }, ..vlm(&model) };
    let report = run(&mut project, &options).unwrap();
    assert_eq!(server.complaints(), Vec::<String>::new());
    let wrong = wrong_labels(&world, &project);
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
    let info = project.only_recording().unwrap();
    let (cameras, frames) = (info.cameras.len(), info.frame_count as usize - 3);
    let stages = stages(&server);
    assert_eq!(stages["pose.regions"], cameras * frames * 4, "one per view and region");
    assert_eq!(stages["pose.reconcile"], cameras * frames, "one per view");
    assert!(stages["pose.assign"] <= cameras * frames * 4, "one per region that shows a dot");
    assert_eq!(report.calls as usize, stages.values().sum::<usize>());
    assert_eq!((report.failed_calls, report.retries), (0, 0));
    assert_eq!(report.agreement, None, "without stage 4 nothing tells how far the views agree");

    // Begun anew, all is known: exemplars, and with them questions, are the same.
    let report = run(&mut project, &Options { again: true, ..options }).unwrap();
    assert_eq!((report.calls, report.model.unwrap().known as usize), (0, stages.values().sum::<usize>()));

    // With stage 4, what one view cannot tell the others may.
    let mut refined = world.copied("refined");
    let report = run(&mut refined, &vlm(&model)).unwrap();
    assert!(report.agreement.unwrap() > 0.98, "{report:?}");
    let wrong = wrong_labels(&world, &refined);
    assert!(wrong.len() <= frames, "{} wrong: {wrong:#?}", wrong.len());
}

/// Runs a project at once and with many pauses: both are to come to the same. Gives the frames of the run without pauses, in
/// the order in which requests came.
fn paused_and_at_once(world: &World) -> Vec<u32> {
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion { single: 0.1, ..Confusion::default() })));
    let whole = model(&server);
    let mut reference = world.copied("reference");
    let needed = run(&mut reference, &vlm(&whole)).unwrap().calls;
    let at_once = server.log();
    let mut paused = world.copied("paused");
    let (mut calls, mut pauses) = (0, 0);
    loop {
        let few = ModelOptions { budget: Some(100), ..model(&server) };
        match run(&mut paused, &vlm(&few)) {
            Ok(report) => {
                calls += report.calls;
                break;
            }
            Err(JobError::BudgetSpent { calls: made }) => {
                calls += made;
                pauses += 1;
            }
            Err(error) => panic!("{error}"),
        }
        assert!(pauses < 50);
    }
    assert!(pauses >= 3, "{pauses} pauses");
    assert_eq!(calls, needed);
    let mut seen = BTreeSet::new();
    for request in &server.log()[at_once.len()..] {
        assert!(seen.insert((request.tag.clone(), request.is_reask)), "{} was asked twice", request.tag);
    }
    assert_eq!(places(&paused), places(&reference));
    assert_eq!(run(&mut paused, &vlm(&whole)).unwrap().frames_done, 0, "a finished run is left alone");
    at_once.iter().map(|request| Tag::parse(&request.tag).unwrap().frame).collect()
}

#[test]
fn a_run_pauses_for_its_budget_and_asks_nothing_twice() {
    paused_and_at_once(&World::new());
}

#[test]
fn frames_before_and_after_the_seeds_are_asked_about_side_by_side() {
    let asked = paused_and_at_once(&World::seeded_in_the_middle());
    let place = |wanted: u32| asked.iter().position(|frame| *frame == wanted).unwrap();
    // Forward from frame 7, backward from frame 5: neither waits for the other to end.
    assert!(place(4) < place(9) && place(8) < place(3), "{asked:?}");
    assert!(place(1) < place(11) && place(10) < place(0), "{asked:?}");
    assert!(asked.iter().all(|frame| !MIDDLE.contains(frame)));
}

#[test]
fn hybrid_asks_little_and_changes_only_what_was_unsure() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let model = ModelOptions { audit_pct: 20.0, ..model(&server) };
    let mut project = world.copied("hybrid");
    let options = Options { assigner: Assigner::Hybrid, ..vlm(&model) };
    let report = run(&mut project, &options).unwrap();
    assert_eq!(server.complaints(), Vec::<String>::new());
    let stages = stages(&server);
    assert_eq!(stages.keys().collect::<Vec<_>>(), ["pose.assign"]);
    assert_eq!(report.calls as usize, stages["pose.assign"]);
    assert!(report.calls > 10 && report.calls < 150, "{} calls", report.calls);
    assert!(report.agreement.unwrap() > 0.95, "{report:?}");
    assert_eq!(run(&mut project, &options).unwrap().calls, 0);
}

#[test]
fn what_is_left_out_is_not_asked() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let model = model(&server);
    let ablation: Ablation = "regions, refinement".parse().unwrap();
    let mut plain = world.copied("plain");
    run(&mut plain, &Options { ablation, ..vlm(&model) }).unwrap();
    assert_eq!(stages(&server).keys().collect::<Vec<_>>(), ["pose.plain"]);
    let wrong = wrong_labels(&world, &plain);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!("stage4".parse::<Ablation>().unwrap_err().to_string().contains("refinement"));

    let at_once = ModelOptions { regions_at_once: true, ..model };
    let mut project = world.copied("at_once");
    run(&mut project, &Options { solver: Solver::Dlt, ..vlm(&at_once) }).unwrap();
    let stages = stages(&server);
    assert_eq!(stages["pose.regions"], stages["pose.reconcile"], "one call for all regions of a view");
    assert!(wrong_labels(&world, &project).is_empty());
}

#[test]
fn a_run_goes_through_every_failure_at_once() {
    let world = World::new();
    let faults: Vec<(Fault, f64)> = Fault::PASSING
        .into_iter()
        .filter(|fault| !matches!(fault, Fault::SlowStart | Fault::Stall))
        .map(|fault| (fault, 0.02))
        .collect();
    let server = FakeModel::start(FakeConfig {
        faults,
        slow: Duration::from_millis(50),
        ..FakeConfig::new(world.player(Confusion::default()))
    });
    let model = model(&server);
    let mut project = world.copied("failing");
    let report = run(&mut project, &vlm(&model)).unwrap();
    assert_eq!(server.complaints(), Vec::<String>::new());
    let counts = report.model.unwrap();
    assert!(report.retries > 0 && counts.reasks > 0 && !counts.problems.is_empty(), "{counts:?}");
    let info = project.only_recording().unwrap();
    let solved = project.frame_summaries(info.id).unwrap().len();
    assert_eq!(solved as u32, info.frame_count);
    project.check().unwrap();
    let wrong = wrong_labels(&world, &project);
    assert!(wrong.len() < 40, "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn a_server_that_is_gone_pauses_the_run() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let gone = model(&server);
    drop(server);
    let gone = ModelOptions { limits: Limits { failing: Duration::ZERO, failures: 2, tries: 2, ..limits() }, ..gone };
    let mut project = world.copied("gone");
    let error = run(&mut project, &vlm(&gone)).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, JobError::ModelGone { .. }), "{said}");
    assert!(said.contains("paused") && said.contains(MODEL), "{said}");
    project.check().unwrap();
    // It goes on elsewhere.
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let elsewhere = model(&server);
    run(&mut project, &vlm(&elsewhere)).unwrap();
    let without = Options { model: None, ..vlm(&elsewhere) };
    assert!(run(&mut project, &without).unwrap_err().to_string().contains("--model"));
}

#[test]
fn a_recorded_run_is_replayed_without_a_server() {
    let world = World::new();
    let confusion = Confusion { single: 0.1, missed: 0.05, ..Confusion::default() };
    let faults = vec![(Fault::SameNumberTwice, 0.1), (Fault::CutOff, 0.05), (Fault::BadPicture, 0.05)];
    let server = FakeModel::start(FakeConfig { faults, ..FakeConfig::new(world.player(confusion)) });
    let model = model(&server);
    let mut project = world.copied("recorded");
    let report = run(&mut project, &Options { frames: "..8".parse().unwrap(), ..vlm(&model) }).unwrap();
    assert!(report.failed_calls > 0, "{report:?}");
    let file = world.folder.path().join("answers.jsonl");
    let recorded = project.path().to_owned();
    let expected = places(&project);
    drop((project, server));
    let (file, recorded) = (text(&file), text(&recorded));
    let written = json(&["exchanges", "export", recorded, file, "--json"]);
    assert_eq!(written["exchanges"], report.calls);
    assert!(written["unanswered"].as_u64().unwrap() > 0);

    let fresh = world.copied("replayed");
    let name = fresh.path().to_owned();
    drop(fresh);
    let replayed = json(&["exchanges", "replay", text(&name), file, "--json"]);
    assert_eq!((&replayed["run"]["calls"], &replayed["run"]["frames_done"]), (&0.into(), &8.into()));
    assert_eq!(replayed["run"]["failed_calls"], report.failed_calls);
    assert_eq!(places(&Project::open(&name).unwrap()), expected);

    // What was not recorded is not made up.
    let lines = fs::read_to_string(file).unwrap();
    let kept: Vec<&str> = lines.lines().take(200).collect();
    fs::write(file, kept.join("\n")).unwrap();
    let fresh = world.copied("cut").path().to_owned();
    let said = failure(&["exchanges", "replay", text(&fresh), file]);
    assert!(said.contains("no answer to pose."), "{said}");
    fs::write(file, "{}\n").unwrap();
    assert!(failure(&["exchanges", "replay", text(&fresh), file]).contains("line 1"));
    let unasked = world.copied("unasked").path().to_owned();
    assert!(failure(&["exchanges", "export", text(&unasked), file]).contains("no model was asked"));
}

#[test]
fn what_a_run_will_ask_is_estimated() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let mut model = model(&server);
    (model.profile.price_in, model.profile.price_out) = (Some(1.0), Some(2.0));
    let mut project = world.copied("estimated");
    let found = pose::estimate(&project, &vlm(&model)).unwrap();
    assert_eq!((found.frames, found.calls, found.secs), (9, 9 * 6 * 9, None));
    let (cancel, notes) = (CancelFlag::default(), std::sync::Mutex::new(Vec::new()));
    let listen = |event| {
        if let JobEvent::Note(words) = event {
            notes.lock().unwrap().push(words);
        }
    };
    let report = pose::run(&Job::new(&cancel, &listen), &mut project, &vlm(&model)).unwrap();
    let said = notes.into_inner().unwrap();
    assert!(said[0].starts_with("asks at most 486 questions: ") && said[0].ends_with(" back"), "{said:?}");
    assert!(report.calls <= found.calls && report.calls > found.calls / 2, "{} of {found:?}", report.calls);
    assert!(found.cost.unwrap() > 0.0 && report.cost.unwrap() > 0.0);
    let info = project.only_recording().unwrap();
    let mut millis = Vec::new();
    project
        .each_exchange(info.id, |_, exchange| -> Result<(), JobError> {
            millis.extend(exchange.is_answered().then_some(exchange.millis as f64));
            Ok(())
        })
        .unwrap();
    let latest = &millis[millis.len() - 200..];
    let expected = 486.0 * latest.iter().sum::<f64>() / 200.0 / 1e3 / 16.0;
    let secs = pose::estimate(&project, &vlm(&model)).unwrap().secs.unwrap();
    assert!((secs - expected).abs() < 1e-6 && secs < 600.0, "{secs} {expected}");
    let another = ModelOptions { name: "another".to_owned(), ..model.clone() };
    assert_eq!(pose::estimate(&project, &vlm(&another)).unwrap().secs, None);
    let plain = Options { ablation: Ablation { regions: true, refinement: true }, ..vlm(&model) };
    assert_eq!(pose::estimate(&project, &plain).unwrap().calls, 9 * 6);
    assert_eq!(pose::estimate(&project, &Options::default()).unwrap().calls, 0);
}

#[test]
fn every_question_is_shown_as_it_was_asked_and_can_be_asked_again() {
    let world = World::new();
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let model = model(&server);
    let mut project = world.copied("why");
    run(&mut project, &vlm(&model)).unwrap();
    let info = project.only_recording().unwrap();
    let (camera, frame) = (CameraId(1), 5);
    let why_of = |project: &Project, frame: u32| why::why(project, &info, frame, camera, Convention::Thousand).unwrap();
    let sheets = |project: &Project, why: &why::Why| {
        for step in &why.steps {
            for call in &step.calls {
                let sheet = why::sheet(project, &info, why.frame, step, Some(call)).unwrap();
                assert_eq!(sheet.changed_pictures, 0, "{}", step.tag);
                assert_eq!(sheet.parts.len(), call.exchange.parts.len());
            }
        }
    };
    let first = why_of(&project, frame);
    assert!(first.was_asked(camera));
    sheets(&project, &first);
    // Stages 1 and 2 of its region, and the whole view.
    let ear = KeypointId(0);
    let prompts: Vec<Prompt> =
        first.steps_of(camera, Some(ear), project.skeleton()).map(|step| step.basis.prompt).collect();
    assert_eq!(prompts, [Prompt::Regions, Prompt::Assign, Prompt::Reconcile]);
    let labels = project.labels(info.id, frame).unwrap();
    let of_view =
        |why: &why::Why| -> Vec<why::Step> { why.steps_of(camera, None, &Skeleton::qd12()).cloned().collect() };
    let steps = of_view(&first);
    let last = steps.last().unwrap();
    let (same, all) = last.calls[0].agreement(camera, &labels).unwrap();
    assert!(same + 1 >= all && all == 12, "{same} of {all}");

    // What was shown stays what it was when a label of an exemplar changes.
    let stood = project.labels(info.id, 4).unwrap();
    let provenance = Provenance { source: Source::Human, run: None, annotator: Some("tester".into()), at_unix_ms: 1 };
    let hidden = Label { placement: Placement::Absent, provenance, margin: None };
    let gesture = Gesture { title: "Hide an ear", annotator: "tester", at_unix_ms: 1 };
    project.apply_edits(info.id, 4, &gesture, &Edit::placing(&stood, camera, ear, hidden)).unwrap();
    sheets(&project, &why_of(&project, frame));

    // The same once more, and the whole view with other words: all answers stay, one beside the other.
    let cancel = CancelFlag::default();
    let job = Job::new(&cancel, &|_| ());
    let bases: Vec<Basis> = steps.iter().map(|step| step.basis.clone()).collect();
    let asked = server.log().len();
    let counts = why::ask(&job, &mut project, &info, frame, &bases[..1], None, &model).unwrap();
    assert_eq!((counts.calls, server.log().len()), (1, asked + 1));
    let text =
        prompts::in_force(&project).unwrap().text(Prompt::Reconcile).replace("# User\n", "# User\nLook twice.\n");
    let trial = why::Trial { prompt: Prompt::Reconcile, text };
    for known in [0, 1] {
        let whole = &bases[bases.len() - 1..];
        let counts = why::ask(&job, &mut project, &info, frame, whole, Some(&trial), &model).unwrap();
        assert_eq!((counts.calls, counts.known), (1 - known, known));
    }
    let second = why_of(&project, frame);
    let calls: Vec<usize> = of_view(&second).iter().map(|step| step.calls.len()).collect();
    assert_eq!((calls[0], calls[calls.len() - 1], calls.iter().sum::<usize>()), (2, 2, steps.len() + 2));
    sheets(&project, &second);
    let steps = of_view(&second);
    let [before, tried] = &steps.last().unwrap().calls[..] else { panic!("two calls") };
    assert_eq!((before.place.run.is_some(), tried.place.run), (true, None));
    assert_eq!(before.exchange.key, last.calls[0].exchange.key);
    assert_ne!(before.exchange.prompt_version, tried.exchange.prompt_version);
    assert_eq!(before.reading.as_ref().unwrap().value, tried.reading.as_ref().unwrap().value, "the model is the same");
    let scores = second.scores(Prompt::Reconcile, &labels);
    assert_eq!(scores.iter().map(|score| score.asked).collect::<Vec<_>>(), [info.cameras.len(), 1]);
    assert_eq!((scores[1].same, scores[1].all, scores[1].failed), (same, all, 0));
    let all_views = why::bases_of(&project, &info, frame, Prompt::Reconcile, Convention::Thousand).unwrap();
    assert_eq!(all_views.len(), info.cameras.len());

    // Words that are no template are refused, and so is an asking that nobody may do.
    let broken = why::Trial { text: "# System\n{{ nothing".to_owned(), ..trial.clone() };
    let refused = why::ask(&job, &mut project, &info, frame, &bases, Some(&broken), &model).unwrap_err();
    assert!(refused.to_string().contains("the prompt that is tried, line 2"), "{refused}");
    assert!(prompts::keep(&project, broken.prompt, &broken.text).is_err());
    let kept = prompts::keep(&project, trial.prompt, &trial.text).unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), trial.text);
    assert_eq!(prompts::in_force(&project).unwrap().text(Prompt::Reconcile), trial.text);

    // A frame that nobody was asked about shows what would be.
    let seed = why_of(&project, 0);
    assert!(!seed.was_asked(camera) && seed.nothing.is_none());
    let sheet = why::sheet(&project, &info, 0, &seed.steps[0], None).unwrap();
    assert!(sheet.parts.iter().filter(|part| matches!(part, Part::Picture(_))).count() >= 2);
}
