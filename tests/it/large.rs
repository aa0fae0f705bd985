//! Projects of many frames: the queue answers at once, and memory does not grow with the recording.

use std::time::Instant;

use behaviorvlm::model::{FrameLabels, FramePose, Skeleton};
use behaviorvlm::store::{CameraInfo, FrameSummary, MachineFrame, NewRecording, Project};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::cli::{json, text};

const FRAMES: u32 = 100_000;

#[test]
#[ignore = "writes a project of 100,000 frames"]
fn the_queue_of_100_000_frames_answers_in_a_second() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("large.bvlm");
    let mut project = Project::create(&path, &Skeleton::qd12()).unwrap();
    let recording = project
        .add_recording(&NewRecording {
            name: "long".to_owned(),
            path: folder.path().to_owned(),
            fingerprint: String::new(),
            fps: 60.0,
            frame_count: FRAMES,
            units: "mm".to_owned(),
            fluorescence_lag_frames: 0.5,
            subject: None,
            session: None,
            group: None,
            cameras: vec![CameraInfo { name: "cam0".to_owned(), size_px: [1024, 700] }],
        })
        .unwrap();
    let run = project.begin_run(recording, "pose", "{}", 0).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for frame in 0..FRAMES {
        let mut reason = || Some(random.random_range(0.0..10.0));
        let summary = FrameSummary {
            frame,
            score: reason(),
            reprojection_px: reason(),
            residual_before: reason(),
            residual_after: reason(),
            jump: reason(),
            bones: reason(),
            unassigned: reason(),
            two_views: reason(),
            disagreement: reason(),
            side: reason(),
            margin: reason(),
            ..FrameSummary::default()
        };
        let done = MachineFrame {
            labels: &FrameLabels::empty(1, 12),
            pose: &FramePose::missing(12),
            changes: &[],
            summary: &summary,
            checkpoints: &[],
        };
        project.put_machine_frame(recording, frame, run, &done).unwrap();
    }
    drop(project);
    for arguments in [vec!["--top", "20"], vec!["--top", "20", "--by", "side"], vec![]] {
        let started = Instant::now();
        let queue = json(&[&["rank", text(&path), "--json"], &arguments[..]].concat());
        let seconds = started.elapsed().as_secs_f64();
        println!("rank {arguments:?}: {} frames in {seconds:.2} s", queue["frames"].as_array().unwrap().len());
        assert!(arguments.is_empty() || seconds < 1.0, "{seconds} s");
    }
}
