//! Simulated recordings solved in memory: what the pose studies share.
#![allow(dead_code, reason = "each study uses its own share of this")]

use behaviorvlm::demo::{DemoConfig, Difficulty, RigLayout, Scene};
use behaviorvlm::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, FrameLabels, KeypointId, Label, Placement, Provenance, Source,
};
use behaviorvlm::pose::evaluation::{Errors, Evaluation, JudgedFrame};
use behaviorvlm::pose::solve::{FrameInput, PoseConfig, PoseSolver, SolvedFrame, Stamp};
use behaviorvlm::pose::stage4::Solver;
use behaviorvlm::pose::sweep;

/// One simulated recording.
#[derive(Clone, Debug)]
pub struct Case {
    pub layout: RigLayout,
    pub difficulty: Difficulty,
    pub fps: f64,
    pub seed: u64,
    pub frames: u32,
}

/// What came of it.
pub struct Outcome {
    pub errors: Errors,
    /// The same by keypoint name.
    pub per_keypoint: Vec<(String, Errors)>,
    /// Most frames running in which half of the labels or more are wrong.
    pub longest_lost: u32,
    pub cpu_ms_per_frame: f64,
    pub solved: Vec<SolvedFrame>,
    /// Whether each frame has a wrong label.
    pub wrong_frames: Vec<(u32, bool)>,
}

/// Solves a recording with the geometry assigner.
pub fn solve(case: &Case, solver: Solver) -> Outcome {
    let scene = scene(case);
    let inputs = inputs(&scene, |_, _| None);
    solve_inputs(&scene, inputs, solver)
}

/// The scene of a case.
pub fn scene(case: &Case) -> Scene {
    let config = DemoConfig {
        frames: case.frames,
        fps: case.fps,
        difficulty: case.difficulty,
        seed: case.seed,
        layout: case.layout,
        ..DemoConfig::default()
    };
    Scene::new(&config).expect("the study's configurations are valid")
}

/// The frames of a scene with seeds on the first three; `propose` may give labels of another assigner.
pub fn inputs(
    scene: &Scene,
    mut propose: impl FnMut(u32, &[Vec<(Centroid, Option<KeypointId>)>]) -> Option<FrameLabels>,
) -> Vec<FrameInput> {
    (0..scene.config.frames)
        .map(|frame| {
            let dots: Vec<Vec<(Centroid, Option<KeypointId>)>> = scene
                .dots(frame)
                .into_iter()
                .map(|view| {
                    let numbered = view.into_iter().enumerate().map(|(index, dot)| {
                        let centroid = Centroid {
                            number: CentroidNumber(index as u16 + 1),
                            point_in_image: dot.point_in_image,
                            sigma_px: dot.sigma_px as f32,
                            peak: dot.peak as f32,
                            snr: dot.peak as f32,
                            origin: CentroidOrigin::Detected,
                        };
                        (centroid, dot.keypoint)
                    });
                    numbered.collect()
                })
                .collect();
            let human = (frame < 3).then(|| seeds(&dots, scene.skeleton.len()));
            let proposal = if frame < 3 { None } else { propose(frame, &dots) };
            let centroids = dots.iter().map(|view| view.iter().map(|(centroid, _)| *centroid).collect()).collect();
            FrameInput { frame, centroids, human, proposal, votes: None }
        })
        .collect()
}

fn seeds(dots: &[Vec<(Centroid, Option<KeypointId>)>], keypoint_count: usize) -> FrameLabels {
    let mut labels = FrameLabels::empty(dots.len(), keypoint_count);
    for (camera, view) in dots.iter().enumerate() {
        for (centroid, keypoint) in view {
            if let Some(keypoint) = keypoint {
                labels.place(CameraId(camera as u8), *keypoint, label(centroid, Source::Seed));
            }
        }
    }
    labels
}

/// A label on a centroid.
pub fn label(centroid: &Centroid, source: Source) -> Label {
    Label {
        placement: Placement::Centroid { number: centroid.number, point_in_image: centroid.point_in_image },
        provenance: Provenance { source, run: None, annotator: None, at_unix_ms: 0 },
        margin: None,
    }
}

/// Solves frames and judges all but the seeds.
pub fn solve_inputs(scene: &Scene, inputs: Vec<FrameInput>, solver: Solver) -> Outcome {
    let config = PoseConfig { solver, ..PoseConfig::default() };
    let seeds: Vec<FrameInput> = inputs[..3].to_vec();
    let start = cpu_time::ProcessTime::now();
    let pose = PoseSolver::new(scene.rig.clone(), scene.skeleton.clone(), config, &seeds).expect("six cameras");
    let mut solved = Vec::new();
    for sweep in sweep::sweeps(&[0, 1, 2], 0..scene.config.frames) {
        let prelude: Vec<&FrameInput> = sweep.prelude.iter().map(|frame| &inputs[*frame as usize]).collect();
        let mut track = pose.track(&seeds, &prelude).expect("seeds");
        let mut at = 0;
        while at < sweep.frames.len() {
            let end = (at + pose.config().chunk + pose.config().lookahead).min(sweep.frames.len());
            let chunk: Vec<FrameInput> =
                sweep.frames[at..end].iter().map(|frame| inputs[*frame as usize].clone()).collect();
            let commit = pose.config().chunk.min(chunk.len());
            solved.extend(pose.solve(&mut track, &chunk, commit, Stamp::default()));
            at += commit;
        }
    }
    let cpu_ms_per_frame = start.elapsed().as_secs_f64() * 1e3 / f64::from(scene.config.frames);
    let mut evaluation = Evaluation::new(&scene.rig, &scene.skeleton, 3.0, 1.0);
    let (mut lost, mut longest_lost) = (0, 0);
    for frame in solved.iter().filter(|solved| solved.frame >= 3) {
        let truth: Vec<_> = scene.points(frame.frame).into_iter().map(Some).collect();
        let centroids = &inputs[frame.frame as usize].centroids;
        let judged = JudgedFrame {
            frame: frame.frame,
            truth: &truth,
            labels: &frame.labels,
            pose: &frame.pose,
            centroids: Some(centroids),
        };
        evaluation.add(&judged);
        let far = truth.iter().enumerate().filter(|(keypoint, truth)| {
            let found = frame.pose.position(KeypointId(*keypoint as u8));
            found.zip(**truth).is_some_and(|(found, truth)| (found - truth).norm() > 5.0)
        });
        lost = if far.count() * 2 >= frame.pose.points.iter().flatten().count() { lost + 1 } else { 0 };
        longest_lost = longest_lost.max(lost);
    }
    Outcome {
        errors: evaluation.overall(),
        per_keypoint: scene
            .skeleton
            .ids()
            .map(|keypoint| (scene.skeleton.name_of(keypoint).to_owned(), evaluation.of(keypoint)))
            .collect(),
        longest_lost,
        cpu_ms_per_frame,
        wrong_frames: evaluation.wrong_frames().to_vec(),
        solved,
    }
}
