//! What a model would see of a frame: every question of stages 1 to 3 and the plain one, with their pictures, as files.
//!
//! Nothing is asked. Where a question follows from an answer (the boxes of stage 1, the assignment of stage 2), the labels of
//! the latest exemplar stand in for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::exemplars::exemplars_for;
use super::shots::{CameraShots, FrameShot, detection_of};
use super::{Job, JobError, open, prompts};
use crate::model::{CameraId, FrameLabels, RegionId};
use crate::pose::stages::{AssignmentSoFar, Exemplar, Stages, ViewShot};
use crate::recording::Recording;
use crate::store::{Project, RecordingInfo};
use crate::vlm::convention::Convention;
use crate::vlm::prompt::PromptError;
use crate::vlm::sent::Limits;
use crate::vlm::{Part, Question};

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The recording; without a name, the only one.
    pub recording: Option<&'a str>,
    /// The frame.
    pub frame: u32,
    /// The folder that it is written to.
    pub out: &'a Path,
    /// How the model writes places.
    pub convention: Convention,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// The frame.
    pub frame: u32,
    /// The frames that serve as exemplars, oldest first.
    pub exemplars: Vec<u32>,
    /// Questions.
    pub questions: usize,
    /// Pictures.
    pub pictures: usize,
    /// The page that shows all of them.
    pub page: PathBuf,
    /// Cameras that cannot be shown, and why.
    pub left_out: Vec<String>,
}

/// Writes the pictures and prompts of a frame into a folder, with a page that shows them.
///
/// # Errors
/// When the frame was not detected, no frame can serve as an exemplar, a template cannot be used, or a file cannot be written.
pub fn run(job: &Job<'_>, project: &Project, options: &Options<'_>) -> Result<Report, JobError> {
    let info = open::choose(project, options.recording)?;
    info.require_frame(options.frame)?;
    let recording = open::recording_of(project, &info)?;
    let detections = project.detection(info.id, options.frame)?;
    if detections.iter().all(Option::is_none) {
        let (start, end, first) = (options.frame, options.frame + 1, options.frame);
        let (name, project) = (info.name.clone(), project.path().to_owned());
        return Err(JobError::NotDetected { name, start, end, count: 1, first, project });
    }
    let exemplars = exemplars_for(project, &info, options.frame)?;
    if exemplars.is_empty() {
        return Err(JobError::NoSeeds { name: info.name.clone(), project: project.path().to_owned() });
    }
    let prompts = prompts::in_force(project)?;
    let name = open::name_in_tags(project, &info)?;
    let stages = Stages {
        skeleton: project.skeleton(),
        prompts: &prompts,
        convention: options.convention,
        limits: Limits::default(),
        recording: name.as_deref(),
    };
    let mut page = Page::new(&info, options, &exemplars)?;
    let mut report = Report {
        recording: info.name.clone(),
        frame: options.frame,
        exemplars: exemplars.iter().map(|(frame, _)| *frame).collect(),
        ..Report::default()
    };
    job.phase(
        format!("draw what a model would see of {}, frame {}", info.name, options.frame),
        info.cameras.len() as u64,
        "cameras",
    );
    for (id, camera) in (0..).map(CameraId).zip(&info.cameras) {
        job.check()?;
        let frames = exemplars.iter().map(|(frame, _)| *frame).chain([options.frame]);
        match shots_of(&recording, project, &info, id, frames)? {
            Ok(shots) => {
                for question in questions_of(&stages, &shots, &exemplars)? {
                    report.questions += 1;
                    report.pictures += page.add(&question)?;
                }
            }
            Err(reason) => {
                job.warn(format!("{}: {reason}", camera.name));
                report.left_out.push(format!("{}: {reason}", camera.name));
            }
        }
        job.done(u64::from(id.0) + 1);
    }
    report.page = page.finish()?;
    Ok(report)
}

/// The questions of stages 1 to 3 and the plain one that would be asked about one view of a frame now; or why there are none.
///
/// # Errors
/// When the recording or the project cannot be read, or a template cannot be used.
pub(super) fn questions_about(
    project: &Project,
    info: &RecordingInfo,
    frame: u32,
    camera: CameraId,
    convention: Convention,
) -> Result<Result<Vec<Question>, String>, JobError> {
    let exemplars = exemplars_for(project, info, frame)?;
    if exemplars.is_empty() {
        return Ok(Err("no frame is labelled that could be shown with it".to_owned()));
    }
    let recording = open::recording_of(project, info)?;
    let prompts = prompts::in_force(project)?;
    let name = open::name_in_tags(project, info)?;
    let stages = Stages {
        skeleton: project.skeleton(),
        prompts: &prompts,
        convention,
        limits: Limits::default(),
        recording: name.as_deref(),
    };
    let frames = exemplars.iter().map(|(frame, _)| *frame).chain([frame]);
    let shots = match shots_of(&recording, project, info, camera, frames)? {
        Ok(shots) => shots,
        Err(reason) => return Ok(Err(reason)),
    };
    Ok(Ok(questions_of(&stages, &shots, &exemplars)?))
}

/// One camera at the frames of a question, the target last; or why it cannot be shown.
fn shots_of(
    recording: &Recording,
    project: &Project,
    info: &RecordingInfo,
    camera: CameraId,
    frames: impl Iterator<Item = u32>,
) -> Result<Result<Vec<FrameShot>, String>, JobError> {
    let mut opened = match CameraShots::open(recording, info, camera, &project.seed_frames(info.id)?) {
        Ok(opened) => opened,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut shots = Vec::new();
    for frame in frames {
        let Some(detection) = detection_of(project, info, camera, frame)? else {
            return Ok(Err(format!("it was not detected at frame {frame}")));
        };
        match opened.read(frame, detection) {
            Ok(shot) => shots.push(shot),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(shots))
}

/// Every question about one view; the shots are those of the exemplars and the target.
fn questions_of(
    stages: &Stages<'_>,
    shots: &[FrameShot],
    exemplars: &[(u32, FrameLabels)],
) -> Result<Vec<Question>, PromptError> {
    let target = shots[exemplars.len()].view();
    let camera = target.camera;
    let picture = stages.target(&target);
    let shown = |draw: &dyn Fn(&ViewShot<'_>, &FrameLabels) -> Exemplar| -> Vec<Exemplar> {
        let all = exemplars.iter().enumerate();
        all.map(|(index, (_, labels))| draw(&shots[index].view(), labels)).collect()
    };
    let mut questions = Vec::new();
    let mut so_far = AssignmentSoFar::new();
    let (_, latest) = &exemplars[exemplars.len() - 1];
    for region in (0..stages.skeleton.regions.len() as u8).map(RegionId) {
        let boxes = shown(&|view, labels| stages.exemplar_of_region(view, labels, region));
        questions.push(stages.ask_region(&target, &picture, region, &boxes.iter().collect::<Vec<_>>())?.question);
        let Some(found) = stages.box_of(latest, camera, region) else { continue };
        let parts = shown(&|view, labels| stages.exemplar_of_parts(view, labels, region));
        let asked = stages.ask_parts(&target, region, found, &parts.iter().collect::<Vec<_>>())?;
        questions.extend(asked.map(|asked| asked.question));
        for keypoint in &stages.skeleton.regions[region.index()].keypoints {
            let near = latest.point_in_image(camera, *keypoint).and_then(|point| {
                let dots = target.centroids.iter();
                dots.min_by(|a, b| (a.point_in_image - point).norm().total_cmp(&(b.point_in_image - point).norm()))
            });
            so_far.insert(*keypoint, near.map(|dot| dot.number));
        }
    }
    questions.extend(stages.ask_whole(&target, &so_far)?.map(|asked| asked.question));
    let all = shown(&|view, labels| stages.exemplar_of_all(view, labels));
    questions.extend(stages.ask_plain(&target, &all.iter().collect::<Vec<_>>())?.map(|asked| asked.question));
    Ok(questions)
}

/// The page and the files beside it.
struct Page {
    folder: PathBuf,
    html: String,
}

impl Page {
    fn new(info: &RecordingInfo, options: &Options<'_>, exemplars: &[(u32, FrameLabels)]) -> Result<Self, JobError> {
        let folder = options.out.to_owned();
        std::fs::create_dir_all(&folder).map_err(|source| JobError::Io {
            action: "make",
            path: folder.clone(),
            source,
        })?;
        let frames: Vec<String> = exemplars.iter().map(|(frame, _)| frame.to_string()).collect();
        let title = format!("{}, frame {}", escaped(&info.name), options.frame);
        let html = format!(
            "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>body{{font:14px sans-serif;max-width:1200px;\
             margin:2em auto}}pre{{white-space:pre-wrap;background:#f4f4f4;padding:.6em}}img{{max-width:100%}}</style>\n\
             <h1>{title}</h1>\n<p>Exemplars: frames {}. Boxes and assignments that a question starts from are the latest \
             exemplar's, since nothing was asked.</p>\n",
            frames.join(", ")
        );
        Ok(Self { folder, html })
    }

    /// Adds a question; says how many pictures it has.
    fn add(&mut self, question: &Question) -> Result<usize, JobError> {
        let name: String = question
            .tag
            .chars()
            .map(|sign| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '_' })
            .collect();
        let _ = writeln!(self.html, "<h2>{}</h2>\n<pre>{}</pre>", escaped(&question.tag), escaped(&question.system));
        if let Some(view) = &question.view {
            let _ = writeln!(self.html, "<p><code>{}</code></p>", escaped(view));
        }
        let mut text = format!("{}\n\n# System\n{}\n\n# User\n", question.tag, question.system);
        let mut pictures = 0;
        for part in &question.parts {
            match part {
                Part::Text(words) => {
                    let _ = writeln!(self.html, "<pre>{}</pre>", escaped(words));
                    let _ = writeln!(text, "{words}");
                }
                Part::Picture(picture) => {
                    pictures += 1;
                    let file = format!("{name}_{pictures}.jpg");
                    self.write(&file, &picture.jpeg)?;
                    let _ = writeln!(self.html, "<p><img src=\"{file}\" alt=\"{file}\"></p>");
                    let _ = writeln!(text, "[{file}, {} × {} px]", picture.size_px[0], picture.size_px[1]);
                }
            }
        }
        let schema = serde_json::to_string_pretty(&question.schema).unwrap_or_default();
        let _ = writeln!(text, "\n# Schema {}\n{schema}", question.schema_name);
        self.write(&format!("{name}.txt"), text.as_bytes())?;
        Ok(pictures)
    }

    fn finish(self) -> Result<PathBuf, JobError> {
        self.write("index.html", self.html.as_bytes())?;
        Ok(self.folder.join("index.html"))
    }

    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), JobError> {
        let path = self.folder.join(file);
        std::fs::write(&path, bytes).map_err(|source| JobError::Io { action: "write", path, source })
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
