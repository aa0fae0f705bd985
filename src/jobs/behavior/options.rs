//! What is asked of a run, and what it reports.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

use super::BehaviorError;
use super::asked::{AskedReport, Asking};
use super::rows::FeatureKind;
use super::subjects::Align;
use crate::behavior::clips::{ClipLengths, ClipLimits};
use crate::behavior::consistency::Reason;
use crate::behavior::dec::DecConfig;
use crate::behavior::examples::PickOptions;
use crate::behavior::given::GivenKind;
use crate::behavior::segmenter::{Method, TrainReport};
use crate::behavior::visual::ChannelScale;
use crate::jobs::JobError;
use crate::jobs::pose::ModelOptions;
use crate::jobs::vocabulary::{self, VocabularyAct};
use crate::model::Vocabulary;
use crate::store::{Project, now_unix_ms};

/// How far a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    /// Features, and the model of clusters.
    Features,
    /// Clips.
    Clips,
    /// What each clip shows.
    Captions,
    /// Merged segments.
    Merge,
}

impl Through {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::Clips => "clips",
            Self::Captions => "captions",
            Self::Merge => "merge",
        }
    }
}

impl FromStr for Through {
    type Err = BehaviorError;

    fn from_str(word: &str) -> Result<Self, BehaviorError> {
        match word {
            "features" => Ok(Self::Features),
            "clips" => Ok(Self::Clips),
            "captions" => Ok(Self::Captions),
            "merge" => Ok(Self::Merge),
            _ => Err(BehaviorError::Word {
                what: "--through",
                word: word.to_owned(),
                known: "features, clips, captions, merge",
            }),
        }
    }
}

/// What cuts the recording into clips.
#[derive(Clone, Debug, PartialEq)]
pub enum Segmenter {
    /// A model that is trained on the features.
    Trained(Method),
    /// A table: a syllable per frame, or change points.
    Given(PathBuf, GivenKind),
}

impl Segmenter {
    /// The segmenter of a word: `dec`, `dec-paper` (the published net), `kmeans`, or the path of a table of syllables or, with
    /// `changes:` before it, of change points.
    ///
    /// # Errors
    /// When it is no such word, and no file.
    pub fn parse(word: &str, clusters: usize, seed: u64) -> Result<Self, BehaviorError> {
        Ok(match word {
            "dec" => Self::Trained(Method::Dec(DecConfig { clusters, seed, ..DecConfig::default() })),
            "dec-paper" => Self::Trained(Method::Dec(DecConfig { clusters, seed, ..DecConfig::paper() })),
            "kmeans" => Self::Trained(Method::KMeans { clusters, starts: 20, seed }),
            _ => {
                let (path, kind) = match word.strip_prefix("changes:") {
                    Some(path) => (path, GivenKind::ChangePoints),
                    None => (word, GivenKind::Syllables),
                };
                if !Path::new(path).is_file() {
                    return Err(BehaviorError::Word {
                        what: "--segmenter",
                        word: word.to_owned(),
                        known: "dec, dec-paper, kmeans, the path of a table of syllables, changes: and the path of a table of change points",
                    });
                }
                Self::Given(PathBuf::from(path), kind)
            }
        })
    }
}

/// A vocabulary that a run gives to the project.
#[derive(Clone, Copy, Debug)]
pub struct NewVocabulary<'a> {
    /// Its file.
    pub path: &'a Path,
    /// Who gives it.
    pub annotator: &'a str,
}

impl NewVocabulary<'_> {
    /// Keeps it in the project, unless nothing is to be done yet.
    pub(super) fn take(&self, project: &mut Project, is_estimate: bool) -> Result<Vocabulary, JobError> {
        let found = vocabulary::read(self.path)?;
        if !is_estimate {
            vocabulary::act(project, (self.annotator, now_unix_ms()), &VocabularyAct::Replace(found.clone()))?;
        }
        Ok(found)
    }
}

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// One recording of several; all of them where none is named.
    pub recording: Option<&'a str>,
    /// How far it goes.
    pub through: Through,
    /// What features are made of.
    pub features: FeatureKind,
    /// What an image encoder was trained on.
    pub channel_scale: ChannelScale,
    /// What cuts.
    pub segmenter: Segmenter,
    /// The price of a change of cluster, nats; `None` finds one that makes clips last.
    pub switch_cost: Option<f32>,
    /// Shortest and longest clip, s.
    pub lengths_secs: [f64; 2],
    /// A file of rules instead of the built-in ones.
    pub rules: Option<&'a Path>,
    /// A file of labels that becomes the project's vocabulary; without one the project's is used.
    pub vocabulary: Option<NewVocabulary<'a>>,
    /// Which ends of tracks and recording belong together.
    pub align: Option<Align>,
    /// Cuts with the model of this recording instead of training one.
    pub model_of: Option<&'a str>,
    /// Who says what clips show; the rules where no model is named.
    pub caption_model: Option<&'a ModelOptions>,
    /// Who joins clips; the rules where no model is named.
    pub merge_model: Option<&'a ModelOptions>,
    /// How models are asked.
    pub asking: Asking,
    /// A file in place of the prompt for captions.
    pub caption_prompt: Option<&'a Path>,
    /// Words in place of that prompt, where they are in no file; they go before a file.
    pub caption_words: Option<&'a str>,
    /// How examples of the project's bank are picked; `None` shows none.
    pub examples: Option<PickOptions>,
    /// Ask models also where the project has their answer; nothing else is done anew.
    pub afresh: bool,
    /// Begin anew, also where nothing changed.
    pub again: bool,
}

impl<'a> Options<'a> {
    /// Everything about one recording, as it is done where nothing else is asked for.
    pub fn of(recording: &'a str) -> Self {
        Self {
            recording: Some(recording),
            through: Through::Merge,
            features: FeatureKind::Auto,
            channel_scale: ChannelScale::default(),
            segmenter: Segmenter::Trained(Method::Dec(DecConfig::default())),
            switch_cost: None,
            lengths_secs: [ClipLimits::SHORTEST_SECS, ClipLimits::LONGEST_SECS],
            rules: None,
            vocabulary: None,
            align: None,
            model_of: None,
            caption_model: None,
            merge_model: None,
            asking: Asking::default(),
            caption_prompt: None,
            caption_words: None,
            examples: None,
            afresh: false,
            again: false,
        }
    }
}

/// What a run did with one recording.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Its frames.
    pub frames: u32,
    /// Its animals.
    pub animals: Vec<String>,
    /// What the training did, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainReport>,
    /// The price of a change that clips were cut with, nats, where they were cut now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch_cost: Option<f32>,
    /// How long the clips are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clips: Option<ClipLengths>,
    /// Merged segments.
    pub segments: usize,
    /// Frames by label over all animals, the most frequent first.
    pub labels: Vec<(String, u64)>,
    /// What contradicts itself: reasons to look.
    pub findings: Vec<Contradiction>,
    /// What models were asked, or would be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<AskedReport>,
    /// Whether all of it was there already.
    pub was_done: bool,
    /// Seconds that it took.
    pub wall_s: f64,
}

/// A segment that contradicts another, or itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// What is wrong.
    pub reason: Reason,
    /// Whose segment.
    pub animal: String,
    /// Its first frame.
    pub start_frame: u32,
    /// The frame after its last.
    pub stop_frame: u32,
    /// Its label.
    pub label: String,
}
