//! How models are asked about clips, and what they were asked, in words.

use std::fmt::Write as _;

use clap::Args;

use crate::behavior::clip_pictures::{ClipView, Preparation};
use crate::behavior::examples::PickOptions;
use crate::cli::model::ASKING;
use crate::jobs::JobError;
use crate::jobs::behavior::{AskedReport, Asking};

#[derive(Debug, Args)]
#[command(next_help_heading = ASKING)]
pub(super) struct AskingArguments {
    /// Answers about each clip: most of them decide, and how far they agree is kept.
    #[arg(long, value_name = "N")]
    samples: Option<u32>,
    /// Let the model find labels of its own, and describe overall posture, head, limbs and torso, with keywords.
    #[arg(long)]
    open_vocabulary: bool,
    /// Pictures of a clip at most, spread evenly over it; without it 24.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pictures: Option<u16>,
    /// Show clips with more contrast.
    #[arg(long)]
    contrast: bool,
    /// Show clips without what never moves.
    #[arg(long)]
    remove_background: bool,
    /// Show where the animal was in the last second.
    #[arg(long)]
    trail: bool,
    /// Show examples of the project's bank beside each clip (see `behaviorvlm behavior examples`): never one of the same recording.
    #[arg(long)]
    examples: bool,
    /// Tokens of the examples beside a clip, at most.
    #[arg(long, value_name = "TOKENS", requires = "examples")]
    example_tokens: Option<u64>,
    /// Labels that are shown by the examples nearest to the clip. Two near misses of other labels come with them.
    #[arg(long, value_name = "N", requires = "examples")]
    example_labels: Option<usize>,
    /// Examples of each of these labels.
    #[arg(long, value_name = "N", requires = "examples")]
    examples_per_label: Option<usize>,
    /// Show no examples of the session that is asked about.
    #[arg(long, requires = "examples")]
    other_sessions: bool,
    /// Show no examples of the subject that is asked about.
    #[arg(long, requires = "examples")]
    other_subjects: bool,
    /// Say what would be asked, and ask nothing.
    #[arg(long)]
    estimate: bool,
}

impl AskingArguments {
    /// What they say. Options about what nobody is asked are refused.
    pub fn read(&self, asks_captions: bool, asks: bool) -> Result<Asking, JobError> {
        let refused = |option, what| Err(JobError::Meaningless { option, what });
        if !asks_captions {
            let what = "a run without --model caption=NAME@URL";
            let given = [
                ("--samples", self.samples.is_some()),
                ("--open-vocabulary", self.open_vocabulary),
                ("--pictures", self.pictures.is_some()),
                ("--contrast", self.contrast),
                ("--remove-background", self.remove_background),
                ("--trail", self.trail),
                ("--examples", self.examples),
            ];
            if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
                return refused(option, what);
            }
        }
        if self.estimate && !asks {
            return refused("--estimate", "a run that asks no model");
        }
        let usual = Asking::default();
        let most_pictures = self.pictures.map_or(usual.view.most_pictures, usize::from);
        let preparation = Preparation {
            has_contrast: self.contrast,
            is_without_background: self.remove_background,
            has_trail: self.trail,
        };
        Ok(Asking {
            samples: self.samples.unwrap_or(usual.samples),
            is_open: self.open_vocabulary,
            view: ClipView { most_pictures, preparation, ..usual.view },
            estimate_only: self.estimate,
        })
    }

    /// How examples are picked; `None` shows none.
    pub fn examples(&self) -> Option<PickOptions> {
        let usual = PickOptions::default();
        self.examples.then_some(PickOptions {
            labels: self.example_labels.unwrap_or(usual.labels),
            per_label: self.examples_per_label.unwrap_or(usual.per_label),
            near_misses: usual.near_misses,
            leaves_out_session: self.other_sessions,
            leaves_out_subject: self.other_subjects,
            most_tokens: self.example_tokens,
        })
    }
}

/// Labels and clips that are told of; the rest is in the JSON.
const MOST_TOLD: usize = 12;

/// What was asked, or would be.
pub(super) fn words(asked: &AskedReport) -> String {
    let (about, model) = (asked.about, &asked.model);
    let mut text = format!(
        "{about} by {model}: at most {}; per minute of video {}\n",
        asked.estimated.words(None),
        asked.estimated_per_minute.words(None)
    );
    if let Some(examples) = &asked.examples {
        let _ = writeln!(
            text,
            "  examples: {:.1} beside a clip of {} in the bank, {} tokens; {} of this recording were never shown",
            examples.mean_per_clip, examples.in_bank, examples.mean_tokens_per_clip, examples.left_out
        );
    }
    if asked.real.secs.is_none() {
        return text;
    }
    let counts = &asked.counts;
    let _ = writeln!(
        text,
        "  asked: {}; per minute of video {}",
        asked.real.words(None),
        asked.real_per_minute.words(None)
    );
    let what = if about == "merge" { "epochs" } else { "clips" };
    let _ = writeln!(
        text,
        "  {} known before, {} asked again, {} failed, {} requests repeated; {} {what} by the rules",
        counts.known, counts.reasks, counts.failed, asked.retries, asked.by_rules
    );
    for (name, count) in counts.problems.iter().chain(&counts.unanswered) {
        let _ = writeln!(text, "  {count} × {}", name.replace('_', " "));
    }
    if !asked.mends.is_empty() {
        let _ = writeln!(text, "  {} clips put right in groups", asked.mends.len());
    }
    for (label, count) in asked.unknown_labels.iter().take(MOST_TOLD) {
        let _ = writeln!(text, "  \"{label}\", which the vocabulary lacks: {count}");
    }
    if !asked.disagreements.is_empty() {
        let _ = writeln!(text, "  answers disagree about {} clips", asked.disagreements.len());
    }
    for found in asked.disagreements.iter().take(MOST_TOLD) {
        let share = 100.0 * found.agreement;
        let (animal, from, to) = (&found.animal, found.start_frame, found.stop_frame);
        let _ = writeln!(
            text,
            "    {animal} {} {from}..{to}: {} ({share:.0} % agree)",
            found.clip,
            found.labels.join(", ")
        );
    }
    text
}
