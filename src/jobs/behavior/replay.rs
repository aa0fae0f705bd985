//! A run that asked models, as a file keeps it, and the same run from such a file without a server.
//!
//! Its clips are kept with it, so that a replay need not cut them again: an answer counts only for exactly the pictures that it
//! was given for. The tracks, which say where badges are, have to be the same.

use serde::{Deserialize, Serialize};

use super::asked::{Asking, Spent};
use super::examples::Showcase;
use super::options::{Options, Report, Through};
use super::subjects::{self, Align};
use super::work::Work;
use super::{BehaviorError, KIND};
use crate::behavior::rules::Rules;
use crate::jobs::pose::ModelOptions;
use crate::jobs::{Job, JobError};
use crate::model::{Clip, Vocabulary};
use crate::store::{Project, RecordingInfo, RunInfo};
use crate::vlm::Profile;

/// Under this key a run keeps what is needed beside its clips.
pub(super) const RECORD: &str = "asked for";

/// A model as a run keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Model {
    name: String,
    profile: Profile,
}

impl Model {
    pub fn of(options: &ModelOptions) -> Self {
        Self { name: options.name.clone(), profile: options.profile.without_prices() }
    }

    /// Its name and how it is asked.
    pub fn parts(self) -> (String, Profile) {
        (self.name, self.profile)
    }

    fn options(self) -> ModelOptions {
        ModelOptions::recorded(self.name, self.profile)
    }
}

/// What a run was asked for, as it keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub through: String,
    pub align: Option<String>,
    pub caption: Option<Model>,
    pub merge: Option<Model>,
    pub asking: Asking,
    pub rules: Rules,
    pub vocabulary: Vocabulary,
    /// The examples that were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub showcase: Option<Showcase>,
}

/// A run that asked, with all that it needs to be done again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// The settings that tell it from other runs, JSON.
    config: String,
    record: Record,
    clips: Vec<Clip>,
}

impl Recorded {
    /// The latest run of a recording that asked models, with the run itself; `None` where none did.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn latest(project: &Project, info: &RecordingInfo) -> Result<Option<(Self, RunInfo)>, JobError> {
        for run in project.runs(info.id, KIND)?.into_iter().rev() {
            let Some(bytes) = project.checkpoint(run.id, RECORD)? else { continue };
            // One that another version wrote is none.
            let Ok(record) = serde_json::from_slice(&bytes) else { continue };
            let clips = project.clips(run.id)?;
            return Ok(Some((Self { config: run.config_json.clone(), record, clips }, run)));
        }
        Ok(None)
    }

    /// Does it again with the answers that the project has; nothing is sent.
    ///
    /// # Errors
    /// When it does not fit the recording, or an answer is lacking.
    pub fn replay(self, job: &Job<'_>, project: &mut Project, info: &RecordingInfo) -> Result<Report, JobError> {
        let begun = std::time::Instant::now();
        let Record { through, align, caption, merge, asking, rules, vocabulary, showcase } = self.record;
        let align = align.map(|word| word.parse::<Align>()).transpose()?;
        let [caption, merge] = [caption, merge].map(|model| model.map(Model::options));
        let options = Options {
            through: through.parse::<Through>()?,
            align,
            caption_model: caption.as_ref(),
            merge_model: merge.as_ref(),
            asking: Asking { estimate_only: false, ..asking },
            // The clips are there: nothing is measured and nothing cuts.
            ..Options::of(&info.name)
        };
        let mut info = info.clone();
        let subjects = subjects::load(job, project, &mut info, align)?;
        let (animals, frames) = (subjects.animals.len(), subjects.tracks.frame_count);
        let fits = |clip: &Clip| {
            clip.animal.index() < animals && clip.start_frame < clip.stop_frame && clip.stop_frame <= frames
        };
        if !self.clips.iter().all(fits) {
            return Err(BehaviorError::OtherClips { recording: info.name, animals, frames }.into());
        }
        let spent = Spent::default();
        let work = Work {
            job,
            info: &info,
            options: &options,
            rules: &rules,
            vocabulary: &vocabulary,
            subjects: &subjects,
            showcase: showcase.as_ref(),
            spent: &spent,
        };
        let mut report = work.describe(project, &self.config, &self.clips)?;
        report.wall_s = begun.elapsed().as_secs_f64();
        Ok(report)
    }
}
