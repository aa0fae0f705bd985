//! How a run is known again: by its settings and by what went into it.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::inputs::Examples;
use super::{Assigner, Options};
use crate::jobs::cameras::CameraMap;
use crate::jobs::prompts;
use crate::jobs::{JobError, detect};
use crate::model::FrameLabels;
use crate::store::{EditedView, Project, RecordingInfo, RunInfo, RunState, StoredMaskRegion, now_unix_ms};
use crate::vlm::Profile;
use crate::vlm::prompt::Prompt;

/// Under this key a run keeps the hash of what people had said when it began.
const CORRECTIONS: &str = "corrections";

/// What of a model and how it is asked decides a run's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// The model.
    pub name: String,
    /// What its family wants, without prices.
    pub profile: Profile,
    /// Name and hash of each prompt.
    pub prompts: Vec<String>,
    /// Whether all regions of a view are asked for in one call.
    pub regions_at_once: bool,
    /// Whether a view is asked about without regions.
    pub without_regions: bool,
    /// Share of what the geometry is sure of that a hybrid run asks about too, per cent.
    pub audit_pct: f64,
}

/// The settings that decide a run's result, as JSON.
pub(super) fn settings(
    project: &Project,
    info: &RecordingInfo,
    cameras: &CameraMap,
    options: &Options<'_>,
    frames: &Range<u32>,
    examples: &Examples,
) -> Result<String, JobError> {
    let detected = match project.latest_run(info.id, "detect")? {
        Some(run) => Some([run.id.0 as u64, detect::refills(project, run.id)?]),
        None => None,
    };
    let seeds: Vec<String> = examples
        .frames
        .iter()
        .map(|input| {
            let labels = input.human.as_ref().or(input.proposal.as_ref());
            format!("{}: {}", input.frame, labels.map(places).unwrap_or_default())
        })
        .collect();
    let imported = match options.assigner {
        Assigner::Geometry | Assigner::Vlm | Assigner::Hybrid => String::new(),
        Assigner::Labels => {
            let mut hasher = blake3::Hasher::new();
            for item in project.imported_labels_in(info.id, frames.clone())? {
                let (frame, labels) = item?;
                hasher.update(format!("{frame}: {}", places(&labels)).as_bytes());
            }
            hasher.finalize().to_hex().to_string()
        }
    };
    let mut settings = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "assigner": options.assigner.as_str(),
        "solver": options.solver().to_string(),
        "frames": [frames.start, frames.end],
        "calibration": hash(&format!("{:?}", cameras.rig)),
        "detection": detected,
        "seeds": hash(&seeds.join("\n")),
        "imported": imported,
    });
    if let Some(model) = options.model.filter(|_| options.assigner.asks_model()) {
        let prompts = prompts::in_force(project)?;
        settings["model"] = json!(ModelSettings {
            name: model.name.clone(),
            profile: model.profile.without_prices(),
            prompts: Prompt::POSE.iter().map(|prompt| prompts.version(*prompt)).collect(),
            regions_at_once: model.regions_at_once,
            without_regions: options.ablation.regions,
            audit_pct: model.audit_pct,
        });
    }
    Ok(settings.to_string())
}

/// The run to go on with, or a new one; and whether it has nothing left to do.
pub(super) fn begin(
    project: &mut Project,
    info: &RecordingInfo,
    settings: &str,
    again: bool,
) -> Result<(RunInfo, bool), JobError> {
    let corrections = corrections(project, info)?;
    // Only the latest run may go on: frames of an earlier one were written over since.
    let latest = project.latest_run(info.id, "pose")?;
    let known = latest.clone().filter(|run| !again && run.config_hash == Project::config_hash(settings));
    if let Some(run) = known {
        if run.state != RunState::Finished {
            project.set_run_state(run.id, RunState::Running, now_unix_ms())?;
            return Ok((run, false));
        }
        let before = project.checkpoint(run.id, CORRECTIONS)?.unwrap_or_default();
        if before == corrections.as_bytes() {
            return Ok((run, true));
        }
    }
    if let Some(latest) = latest {
        project.clear_checkpoints(latest.id)?;
    }
    let id = project.begin_run(info.id, "pose", settings, now_unix_ms())?;
    project.put_checkpoint(id, CORRECTIONS, corrections.as_bytes())?;
    Ok((project.run(id)?, false))
}

/// The hash of what people said: labels, dots that they added and deleted, areas in which dots do not count.
fn corrections(project: &Project, info: &RecordingInfo) -> Result<String, JobError> {
    let mut hasher = blake3::Hasher::new();
    for frame in project.human_frames(info.id)? {
        let mut labels = project.labels(info.id, frame)?;
        let machine: Vec<_> = labels
            .iter()
            .filter(|(_, _, label)| !label.is_human())
            .map(|(camera, keypoint, _)| (camera, keypoint))
            .collect();
        machine.into_iter().for_each(|(camera, keypoint)| drop(labels.take(camera, keypoint)));
        hasher.update(format!("{frame}: {}", places(&labels)).as_bytes());
    }
    for EditedView { frame, camera, added, deleted } in project.edited_views(info.id)? {
        let added: Vec<_> = added.iter().map(|dot| (dot.number.0, dot.point_in_image)).collect();
        hasher.update(format!("dots of {frame}.{}: {added:?} {deleted:?};", camera.0).as_bytes());
    }
    for StoredMaskRegion { region, .. } in project.mask_regions(info.id)? {
        hasher.update(format!("{region:?};").as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn places(labels: &FrameLabels) -> String {
    labels
        .iter()
        .map(|(camera, keypoint, label)| format!("{}.{} {:?};", camera.0, keypoint.0, label.placement))
        .collect()
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
