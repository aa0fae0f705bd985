//! Jobs that are stopped and go on: nothing is done twice, and the result is the same as without a stop.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail as the test does")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use behaviorvlm::demo::{DemoConfig, Scene};
use behaviorvlm::jobs::{CancelFlag, Job, JobError, JobEvent, demo, detect, new, pose, seeds, tables};
use behaviorvlm::model::{CameraId, Edit, KeypointId, Label, Placement, Provenance, Source};
use behaviorvlm::store::{FrameEdit, Gesture, ItemEdit, Project};
use tempfile::TempDir;

use crate::cli::small_recording;

/// Runs work that is asked to stop at the first event for which `stop` holds, and returns all events too.
fn watched<T>(stop: impl Fn(&JobEvent) -> bool + Sync, work: impl FnOnce(&Job<'_>) -> T) -> (T, Vec<JobEvent>) {
    let (cancel, events) = (CancelFlag::default(), Mutex::new(Vec::new()));
    let listener = |event: JobEvent| {
        if stop(&event) {
            cancel.cancel();
        }
        events.lock().unwrap().push(event);
    };
    let result = work(&Job::new(&cancel, &listener));
    (result, events.into_inner().unwrap())
}

fn never(_: &JobEvent) -> bool {
    false
}

/// Labels and points of a project, as tables.
fn tables_of(project: &Project, folder: &Path) -> Vec<String> {
    [tables::Format::Points2d, tables::Format::Points3d]
        .map(|format| {
            let file = folder.join("table.csv");
            let (done, _) =
                watched(never, |job| tables::export(job, project, None, format, tables::Filter::default(), &file));
            done.unwrap();
            std::fs::read_to_string(file).unwrap()
        })
        .to_vec()
}

/// A demo of 200 frames without pictures that is solved but for its last step; sweeps run in both directions.
fn unsolved(folder: &Path) -> PathBuf {
    let config = DemoConfig { frames: 200, ..DemoConfig::default() };
    let (stopped, _) = watched(
        |event| matches!(event, JobEvent::Phase { name, .. } if name.starts_with("solve")),
        |job| demo::run(job, folder, &config, false),
    );
    assert!(matches!(stopped, Err(JobError::Stopped)));
    // Seeds in the middle, so that frames are solved backward too.
    let path = folder.join("demo.bvlm");
    let mut project = Project::open(&path).unwrap();
    let info = project.only_recording().unwrap();
    let scene = Scene::new(&config).unwrap();
    let frames: Vec<_> = [100, 101]
        .map(|frame| {
            let mut labels = project.labels(info.id, frame).unwrap();
            for (camera, dots) in scene.dots(frame).iter().enumerate() {
                for (index, dot) in dots.iter().enumerate() {
                    let Some(keypoint) = dot.keypoint else { continue };
                    let placement = Placement::Centroid {
                        number: behaviorvlm::model::CentroidNumber(index as u16 + 1),
                        point_in_image: dot.point_in_image,
                    };
                    let provenance = Provenance { source: Source::Seed, run: None, annotator: None, at_unix_ms: 0 };
                    labels.place(CameraId(camera as u8), keypoint, Label { placement, provenance, margin: None });
                }
            }
            (frame, labels)
        })
        .into();
    let gesture = Gesture { title: "Seeds", annotator: "Ann", at_unix_ms: 0 };
    project.import_seeds(info.id, &gesture, &frames).unwrap();
    path
}

fn solve(project: &mut Project) -> pose::Report {
    watched(never, |job| pose::run(job, project, &pose::Options::default())).0.unwrap()
}

#[test]
fn a_run_that_was_stopped_often_ends_as_one_that_was_not() {
    let folder = TempDir::new().unwrap();
    let path = unsolved(&folder.path().join("demo"));
    let copy = folder.path().join("demo/copy.bvlm");
    std::fs::copy(&path, &copy).unwrap();

    let mut whole = Project::open(&path).unwrap();
    assert_eq!(solve(&mut whole).frames_done, 200);

    let mut stopped = Project::open(&copy).unwrap();
    let mut calls = 0;
    let last = loop {
        calls += 1;
        // Every call ends in the middle of its first chunk of frames; the chunk is finished before it stops.
        let (result, events) = watched(
            |event| matches!(event, JobEvent::Done(_)),
            |job| pose::run(job, &mut stopped, &pose::Options::default()),
        );
        assert!(events.iter().any(|event| matches!(event, JobEvent::Phase { total: 200, .. })));
        match result {
            Err(JobError::Stopped) => assert!(calls < 20, "it goes on"),
            other => break other.unwrap(),
        }
    };
    assert!(calls > 3, "{calls}");
    assert_eq!(last.frames_done + last.frames_skipped, 200);
    assert_eq!(tables_of(&stopped, folder.path()), tables_of(&whole, folder.path()));
    assert_eq!(solve(&mut stopped).frames_done, 0, "nothing is left to do");
}

#[test]
fn a_correction_stays_and_is_learnt_from() {
    let folder = TempDir::new().unwrap();
    let path = unsolved(&folder.path().join("demo"));
    let mut project = Project::open(&path).unwrap();
    solve(&mut project);
    let info = project.only_recording().unwrap();
    // A person says that a keypoint cannot be seen where the run gave it a dot.
    let (frame, camera, keypoint) = (150, CameraId(0), KeypointId(0));
    let before = project.labels(info.id, frame).unwrap().get(camera, keypoint).cloned();
    let provenance = Provenance { source: Source::Human, run: None, annotator: Some("Ann".into()), at_unix_ms: 7 };
    let after = Some(Label { placement: Placement::Absent, provenance, margin: None });
    let edit = FrameEdit {
        recording: info.id,
        frame,
        item: ItemEdit::Label(Edit { camera, keypoint, before, after: after.clone() }),
    };
    let gesture = Gesture { title: "Not visible", annotator: "Ann", at_unix_ms: 7 };
    project.apply_gesture(&gesture, &[edit]).unwrap();

    let report = solve(&mut project);
    assert_eq!(report.frames_done, 200, "a correction makes the finished run old");
    assert!(report.human_labels_kept > 0);
    assert_eq!(project.labels(info.id, frame).unwrap().get(camera, keypoint).cloned(), after);
    assert_eq!(solve(&mut project).frames_done, 0);
}

#[test]
fn detection_goes_on_where_it_was_stopped() {
    let folder = TempDir::new().unwrap();
    let solved = |name: &str| {
        let path = folder.path().join(name);
        watched(never, |job| new::run(job, &[small_recording().to_owned()], &path, None)).0.unwrap();
        Project::open(&path).unwrap()
    };
    let (mut whole, mut stopped) = (solved("whole.bvlm"), solved("stopped.bvlm"));
    let options = detect::Options::default();
    let (report, events) = watched(never, |job| detect::run(job, &mut whole, &options));
    assert_eq!(report.unwrap().frames_done, 12);
    let steps: Vec<u64> =
        events.iter().filter_map(|event| if let JobEvent::Done(done) = event { Some(*done) } else { None }).collect();
    assert_eq!(steps.last(), Some(&12));

    // Backgrounds are learnt, and nothing else.
    let (first, _) = watched(
        |event| matches!(event, JobEvent::Phase { name, .. } if name.starts_with("detect")),
        |job| detect::run(job, &mut stopped, &options),
    );
    assert!(matches!(first, Err(JobError::Stopped)));
    let range = detect::Options { frames: "3..6".parse().unwrap(), ..options };
    watched(never, |job| detect::run(job, &mut stopped, &range)).0.unwrap();
    let report = watched(never, |job| detect::run(job, &mut stopped, &options)).0.unwrap();
    assert_eq!((report.frames_done, report.frames_skipped), (9, 3));
    let dots = |project: &Project| {
        let info = project.only_recording().unwrap();
        (0..12).map(|frame| project.detection(info.id, frame).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(dots(&stopped), dots(&whole));
}

#[test]
fn seeds_read_before_detection_mean_the_dots_beside_them() {
    let folder = TempDir::new().unwrap();
    let seeds_file = small_recording().join("truth/seeds.csv");
    let made = |name: &str, seeds_first: bool| {
        let path = folder.path().join(name);
        watched(never, |job| new::run(job, &[small_recording().to_owned()], &path, None)).0.unwrap();
        let mut project = Project::open(&path).unwrap();
        let import = |project: &mut Project| {
            watched(never, |job| seeds::import(job, project, None, &seeds_file, "Ann")).0.unwrap();
        };
        if seeds_first {
            import(&mut project);
        }
        watched(never, |job| detect::run(job, &mut project, &detect::Options::default())).0.unwrap();
        if !seeds_first {
            import(&mut project);
        }
        solve(&mut project);
        tables_of(&project, folder.path()).pop().unwrap()
    };
    assert_eq!(made("first.bvlm", true), made("after.bvlm", false));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_the_next_call_goes_on() {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use crate::cli::{command, json, text};

    let folder = TempDir::new().unwrap();
    let path = unsolved(&folder.path().join("demo"));
    let mut child = command(&["pose", text(&path)]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first frames are in the project, so that the program is in the middle of its work.
    while child.try_wait().unwrap().is_none() {
        let project = Project::open_read_only(&path).unwrap();
        let info = project.only_recording().unwrap();
        if !project.frame_summaries(info.id).unwrap().is_empty() {
            break;
        }
        std::thread::yield_now();
    }
    // The shell's own kill: a bare system has no program of that name.
    let interrupt = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(code, Some(130), "{errors}");
    assert!(errors.contains("run the same command to go on"), "{errors}");
    let report = json(&["pose", text(&path), "--json"]);
    let [done, skipped] = ["frames_done", "frames_skipped"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(done + skipped, 200);
    assert!(skipped > 0);
}
