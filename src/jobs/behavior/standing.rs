//! How a recording stands before it is described again: who said what is shown, what an unfinished run was asked for, and which
//! examples there are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::Asking;
use super::options::{Options, Segmenter, Through};
use super::replay::{Model, RECORD};
use super::{KIND, layer};
use crate::behavior::examples::PickOptions;
use crate::behavior::rules::Rules;
use crate::jobs::JobError;
use crate::model::BehaviorSource;
use crate::store::{Project, RecordingInfo, RunInfo, RunState};
use crate::vlm::Profile;

/// How a recording stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Clips that are shown.
    pub clips: usize,
    /// Of those, how many a model captioned.
    pub by_model: usize,
    /// Of those in which the animal is seen, how many the rules captioned.
    pub by_rules: usize,
    /// Segments that the clips were joined to.
    pub segments: usize,
    /// What the run that is shown was asked for, where it asked a model.
    pub told: Option<Told>,
    /// A later run that did not come to its end.
    pub unfinished: Option<Unfinished>,
    /// Segments of people.
    pub human: usize,
    /// Examples in the bank.
    pub examples: usize,
    /// Of those, how many are of this recording, beside whose clips they are never shown.
    pub own_examples: usize,
}

/// A run that did not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// What it was asked for; `None` where it asks no model.
    pub told: Option<Told>,
    /// Whether it cuts and measures as a run does that is asked for nothing in particular: only then the window can go on with it.
    pub is_usual: bool,
}

/// What a run is asked for about models.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Who says what clips show, where it is a model.
    pub caption: Option<(String, Profile)>,
    /// Who joins clips, where it is a model.
    pub merge: Option<(String, Profile)>,
    /// How they are asked.
    pub asking: Asking,
    /// How examples are picked, where any are shown.
    pub examples: Option<PickOptions>,
}

impl Standing {
    /// Reads it.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn read(project: &Project, info: &RecordingInfo) -> Result<Self, JobError> {
        let mut found = Self { human: project.human_segments(info.id)?.len(), ..Self::default() };
        for (_, shown) in project.examples()? {
            found.examples += 1;
            found.own_examples += usize::from(shown.example.recording == info.name);
        }
        let shown = layer::shown_run(project, info)?;
        if let Some(run) = &shown {
            let clips = project.clips(run.id)?;
            let said = project.captions(run.id)?;
            found.clips = clips.len();
            found.by_model = said.iter().filter(|(.., source)| *source == BehaviorSource::Model).count();
            let seen = clips.iter().filter(|clip| clip.cluster.is_some()).count();
            found.by_rules = if said.is_empty() { 0 } else { seen.saturating_sub(found.by_model) };
            found.segments = project.merged_segments(run.id)?.len();
            found.told = told(project, run)?;
        }
        let latest = project.latest_run(info.id, KIND)?.filter(|run| run.state == RunState::Running);
        if let Some(run) = latest
            && !project.clips(run.id)?.is_empty()
            && project.merged_segments(run.id)?.is_empty()
        {
            found.unfinished = Some(Unfinished { told: told(project, &run)?, is_usual: is_usual(&run) });
        }
        Ok(found)
    }
}

/// A record without the pictures and rules in it.
#[derive(Deserialize)]
struct Slim {
    through: String,
    caption: Option<Model>,
    merge: Option<Model>,
    asking: Asking,
    #[serde(default)]
    showcase: Option<SlimShowcase>,
}

#[derive(Deserialize)]
struct SlimShowcase {
    options: PickOptions,
}

fn told(project: &Project, run: &RunInfo) -> Result<Option<Told>, JobError> {
    let Some(bytes) = project.checkpoint(run.id, RECORD)? else { return Ok(None) };
    // One that another version wrote is none.
    let Ok(record) = serde_json::from_slice::<Slim>(&bytes) else { return Ok(None) };
    Ok((record.through == Through::Merge.as_str()).then(|| Told {
        caption: record.caption.map(Model::parts),
        merge: record.merge.map(Model::parts),
        asking: record.asking,
        examples: record.showcase.map(|showcase| showcase.options),
    }))
}

/// Whether all but the models is as where nothing else is asked for.
fn is_usual(run: &RunInfo) -> bool {
    let Ok(settings) = serde_json::from_str::<Value>(&run.config_json) else { return false };
    let usual = Options::of("");
    let Segmenter::Trained(method) = &usual.segmenter else { return false };
    let rules = blake3::hash(format!("{:?}", Rules::mouse()).as_bytes()).to_hex().to_string();
    settings["segmenter"] == json!(method)
        && settings["input"]["features"] == json!(format!("{:?}", usual.features))
        && settings["input"]["align"] == json!(format!("{:?}", usual.align))
        && settings["model_of"].is_null()
        && settings["switch_cost"].is_null()
        && settings["lengths_secs"] == json!(usual.lengths_secs)
        && settings["rules"] == json!(rules)
}
