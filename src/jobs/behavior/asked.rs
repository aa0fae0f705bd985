//! Captions and merges by models: what the rules say stands in where a model gives no answer.
//!
//! Answers are kept by the inquiry as they come, so that a run that was stopped or killed asks nothing twice; captions and
//! segments are written whole once all are there. What the rules had to say instead is asked for again by the next run.

mod artist;

mod captions;

mod load;

mod merge;

use std::cell::Cell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::artist::Artist;
pub(super) use self::captions::{Shown, Wanted};
pub use self::load::Load;

use super::examples::ExamplesReport;
use super::read_text;
use super::work::Work;
use crate::behavior::clip_pictures::{ClipView, Preparation};
use crate::behavior::epochs::Mend;
use crate::behavior::questions::{Asker, NOTHING};
use crate::jobs::inquiry::{Counts, Inquiry, Terms};
use crate::jobs::pose::ModelOptions;
use crate::jobs::{JobError, open, prompts};
use crate::model::RunId;
use crate::store::Project;
use crate::vlm::http::{Client, Stop};
use crate::vlm::prompt::{Prompt, Prompts};

/// How models are asked about clips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    /// So many answers are asked for about each clip.
    pub samples: u32,
    /// Whether labels are the model's own, and the body is described part by part.
    pub is_open: bool,
    /// How clips are shown.
    pub view: ClipView,
    /// Whether it is only told what would be asked.
    pub estimate_only: bool,
}

impl Default for Asking {
    fn default() -> Self {
        Self { samples: 1, is_open: false, view: ClipView::default(), estimate_only: false }
    }
}

impl Asking {
    /// More answers about one clip than this tell nothing more.
    pub const MOST_SAMPLES: u32 = 32;

    /// How a run asked about its clips, by its settings; none where it asked no model, or in a way that is not known here.
    pub(super) fn of_run(settings: &Value) -> Option<Self> {
        let asking = settings.get("asking")?;
        let words = asking.get(2)?.as_str()?;
        let usual = ClipView::default();
        let count = words.split_once("most_pictures: ").and_then(|(_, rest)| rest.split_once(',')?.0.parse().ok());
        let is_said = |what: &str| words.contains(&format!("{what}: true"));
        let view = ClipView {
            most_pictures: count.unwrap_or(usual.most_pictures),
            preparation: Preparation {
                has_contrast: is_said("has_contrast"),
                is_without_background: is_said("is_without_background"),
                has_trail: is_said("has_trail"),
            },
            ..usual
        };
        let samples = u32::try_from(asking.get(0)?.as_u64()?).ok()?;
        // Whatever else was chosen stands there as well, and is not guessed.
        (format!("{view:?}") == words).then_some(Self {
            samples,
            is_open: asking.get(1)?.as_bool()?,
            view,
            estimate_only: false,
        })
    }
}

/// What a model was asked for one layer, and what came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AskedReport {
    /// The layer: "captions" or "merge".
    pub about: &'static str,
    /// The model.
    pub model: String,
    /// What was expected: at most so much.
    pub estimated: Load,
    /// What it took.
    pub real: Load,
    /// The first per minute of video.
    pub estimated_per_minute: Load,
    /// The second per minute of video.
    pub real_per_minute: Load,
    /// Questions and problems.
    #[serde(flatten)]
    pub counts: Counts,
    /// Requests beyond the first of a question.
    pub retries: u64,
    /// What it cost by the profile's prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// Clips or, in a merge, epochs that it was asked about.
    pub asked_about: usize,
    /// Clips or, in a merge, epochs of which the rules say what they are, since no usable answer came.
    pub by_rules: usize,
    /// Labels that no vocabulary has, and how often each was given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_labels: BTreeMap<String, u64>,
    /// Clips about which several answers do not agree.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<Disagreement>,
    /// What was shown beside the clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<ExamplesReport>,
    /// What was put right in merges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mends: Vec<Mend>,
}

/// A clip about which several answers do not agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// Its id.
    pub clip: String,
    /// Whose it is.
    pub animal: String,
    /// Its first frame.
    pub start_frame: u32,
    /// The frame after its last.
    pub stop_frame: u32,
    /// The share of the answers that its caption is of.
    pub agreement: f32,
    /// The labels, in the order in which they were given.
    pub labels: Vec<String>,
}

/// Calls that a command made so far, over all recordings and layers: its budget is for all of them.
#[derive(Debug, Default)]
pub(super) struct Spent(Cell<u64>);

/// What a step that asks works with.
struct Kit<'a> {
    model: &'a ModelOptions,
    stop: Stop,
    client: Option<Client>,
    prompts: Prompts,
    /// The recording's name, where a project holds several.
    recording: Option<String>,
    /// The animals' names.
    names: Vec<String>,
    begun: std::time::Instant,
}

impl Work<'_> {
    fn kit<'a>(&self, project: &Project, model: &'a ModelOptions) -> Result<Kit<'a>, JobError> {
        let stop = Stop::default();
        let mut prompts = prompts::in_force(project)?;
        if let Some(words) = self.options.caption_words {
            prompts.replace(Prompt::Caption, "the prompt that is tried", words)?;
        } else if let Some(path) = self.options.caption_prompt {
            prompts.replace(Prompt::Caption, &path.display().to_string(), &read_text(path)?)?;
        }
        Ok(Kit {
            model,
            // What is only counted is sent to nobody, so no leave is needed.
            client: if self.options.asking.estimate_only { None } else { model.client(&stop)? },
            stop,
            prompts,
            recording: open::name_in_tags(project, self.info)?,
            names: self.subjects.animals.iter().map(|animal| animal.name.clone()).collect(),
            begun: std::time::Instant::now(),
        })
    }

    fn asker<'k>(&'k self, kit: &'k Kit<'_>) -> Asker<'k> {
        Asker {
            prompts: &kit.prompts,
            recording: kit.recording.as_deref(),
            names: &kit.names,
            vocabulary: Some(self.vocabulary).filter(|_| !self.options.asking.is_open),
            fps: self.info.fps,
            preparation: self.options.asking.view.preparation,
        }
    }

    fn inquiry<'p>(&self, project: &'p mut Project, run: RunId, kit: &Kit<'_>) -> Inquiry<'p> {
        let model = kit.model;
        Inquiry::new(
            project,
            Terms {
                client: kit.client.clone(),
                model: model.name.clone(),
                profile: model.profile.clone(),
                recording: self.info.id,
                run: Some(run),
                budget: model.budget,
                spent: self.spent.0.get(),
                afresh: self.options.afresh,
            },
        )
    }

    /// What a step took, and takes it off the budget.
    fn tally(&self, report: &mut AskedReport, kit: &Kit<'_>, counts: Counts) {
        self.spent.0.set(self.spent.0.get() + counts.calls);
        report.model.clone_from(&kit.model.name);
        report.real = Load { calls: counts.calls, secs: Some(kit.begun.elapsed().as_secs_f64()), ..Load::default() };
        if let Some(client) = &kit.client {
            let tally = client.tally();
            (report.real.prompt_tokens, report.real.answer_tokens) = (tally.tokens_in, tally.tokens_out);
            report.retries = tally.retried;
            report.cost = (tally.cost > 0.0).then_some(tally.cost);
        }
        report.counts = counts;
        self.per_minute(report);
    }

    fn per_minute(&self, report: &mut AskedReport) {
        let minutes = f64::from(self.info.frame_count) / self.info.fps / 60.0;
        report.estimated_per_minute = report.estimated.per(minutes);
        report.real_per_minute = report.real.per(minutes);
    }

    /// Notes a label that no vocabulary has.
    fn note_label(&self, report: &mut AskedReport, label: &str) {
        if !self.options.asking.is_open
            && label != NOTHING
            && self.vocabulary.labels.iter().all(|known| known.name != label)
        {
            *report.unknown_labels.entry(label.to_owned()).or_default() += 1;
        }
    }
}

impl Kit<'_> {
    /// Requests that may be under way at once.
    fn at_once(&self) -> usize {
        self.model.endpoints.iter().map(|endpoint| endpoint.concurrency).sum::<usize>().max(1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_a_run_asked_is_read_from_its_settings() {
        let view = ClipView {
            most_pictures: 4,
            preparation: Preparation { has_trail: true, ..Preparation::default() },
            ..ClipView::default()
        };
        let settings = json!({ "asking": [5, true, format!("{view:?}")] });
        let asking = Asking { samples: 5, is_open: true, view, estimate_only: false };
        assert_eq!(Asking::of_run(&settings), Some(asking));
        let other = ClipView { side_px: 224, ..view };
        assert_eq!(Asking::of_run(&json!({ "asking": [1, false, format!("{other:?}")] })), None);
        assert_eq!(Asking::of_run(&json!({})), None);
    }
}
