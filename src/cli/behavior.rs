//! `behaviorvlm behavior`: cuts recordings into clips, says what each shows, and merges them.

mod asking;

mod search;

mod discover;

mod figures;

mod examples;

mod trial;
mod vocabulary;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::asking::AskingArguments;
use super::console::{Common, Console, annotator};
use super::model::ModelArguments;
use crate::behavior::clips::{ClipLengths, ClipLimits};
use crate::behavior::visual::ChannelScale;
use crate::jobs::JobError;
use crate::jobs::behavior::count;
use crate::jobs::behavior::layer::Layer;
use crate::jobs::behavior::{self, Align, FeatureKind, NewVocabulary, Options, Report, Segmenter, Through};
use crate::jobs::behavior::{per_session, picture};
use crate::store::Project;
use crate::vlm::http::Role;

/// Find out what animals do, from their tracks.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior run mice.bvlm")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Run(Box<RunArguments>),
    Stats(StatsArguments),
    Picture(PictureArguments),
    Figures(figures::Arguments),
    Search(search::Arguments),
    Discover(discover::Arguments),
    Examples(examples::Arguments),
    Trial(Box<trial::Arguments>),
    Vocabulary(vocabulary::Arguments),
}

/// Draw a timeline to a PNG file: a lane per animal, and twelve segments with their pictures and descriptions.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior picture mice.bvlm timeline.png")]
struct PictureArguments {
    /// The project file.
    project: PathBuf,
    /// The picture; it is replaced whole.
    path: PathBuf,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// One recording of several.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Count what is in a timeline: time budgets, bouts, transitions, and how groups of subjects differ.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior stats mice.bvlm --layer merged")]
struct StatsArguments {
    /// The project file.
    project: PathBuf,
    /// clips, captions, merged or human. Without it, what people said where they said anything, else merged.
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// Of the permutations, where there are too many to try all.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Cut recordings into clips, describe each from what is measured, and merge them into segments.
///
/// Goes on where it stopped. Other prices and limits cut new clips without training anew. What people said stays.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: behaviorvlm behavior run mice.bvlm\n         behaviorvlm behavior run mice.bvlm --through clips --switch-cost 8 --longest 4\n         behaviorvlm \
                        behavior run mice.bvlm --segmenter syllables.csv\n         behaviorvlm behavior run mice.bvlm \
                        --model caption=Qwen/Qwen3.5-35B-A3B@http://127.0.0.1:8000 --model merge=Qwen/Qwen3-Next-80B-A3B@http://127.0.0.1:8001 --estimate"
)]
struct RunArguments {
    /// The project file.
    project: PathBuf,
    /// How far to go: features, clips, captions or merge.
    #[arg(long, value_name = "STEP", default_value = "merge")]
    through: String,
    /// What features are made of: keypoints, pixels, fused (both), the path of an image encoder (.onnx), the path of a CSV table (a row per frame) or of an array (.npy), or auto: keypoints where there are any.
    #[arg(long, value_name = "KIND", default_value = "auto")]
    features: String,
    /// What an image encoder was trained on: the mean brightness by channel, from 0 to 1. Without it, that of ImageNet for three channels, else 0.
    #[arg(long, value_name = "MEANS", value_delimiter = ',')]
    encoder_mean: Vec<f32>,
    /// And the deviation by channel. Without it, that of ImageNet for three channels, else 1.
    #[arg(long, value_name = "SDS", value_delimiter = ',')]
    encoder_sd: Vec<f32>,
    /// What cuts: dec, dec-paper (the published net), kmeans, the path of a table with a syllable per frame, or changes: and the
    /// path of a table of change points.
    #[arg(long, value_name = "NAME", default_value = "dec")]
    segmenter: String,
    /// Clusters.
    #[arg(long, value_name = "K", default_value_t = 10)]
    clusters: usize,
    /// What a change of cluster costs, nats: more makes fewer, longer clips. Without it, clips last 1.5 s in the mean at least.
    #[arg(long, value_name = "COST")]
    switch_cost: Option<f32>,
    /// The shortest clip, s.
    #[arg(long, value_name = "SECS", default_value_t = ClipLimits::SHORTEST_SECS)]
    shortest: f64,
    /// The longest clip, s.
    #[arg(long, value_name = "SECS", default_value_t = ClipLimits::LONGEST_SECS)]
    longest: f64,
    /// Of all that is drawn: the same seed gives the same result.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Thresholds of the rules, a TOML file like the built-in one.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Labels and what they mean, a TOML file; it becomes the project's vocabulary.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
    /// Who gives the vocabulary; the system's user where no name is given.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    /// Which ends of tracks and pictures belong together where their numbers differ: start or end.
    #[arg(long, value_name = "END")]
    align: Option<String>,
    /// Cut with the model of this recording instead of training one.
    #[arg(long, value_name = "NAME")]
    model_of: Option<String>,
    /// Write the behavior vectors too: a table for each recording, named by its subject and session, with a row per frame and animal.
    #[arg(long, value_name = "DIR")]
    vectors: Option<PathBuf>,
    /// One recording of several; all of them where none is named.
    #[arg(long, value_name = "NAME")]
    recording: Option<String>,
    /// Begin anew, also where nothing changed since the last run.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    asking: AskingArguments,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    match &arguments.what {
        What::Run(arguments) => run_pipeline(arguments, console),
        What::Stats(arguments) => stats(arguments, console),
        What::Picture(arguments) => draw(arguments, console),
        What::Figures(arguments) => figures::run(arguments, console),
        What::Search(arguments) => search::run(arguments, console),
        What::Discover(arguments) => discover::run(arguments, console),
        What::Examples(arguments) => examples::run(arguments, console),
        What::Trial(arguments) => trial::run(arguments, console),
        What::Vocabulary(arguments) => vocabulary::run(arguments, console),
    }
}

fn draw(arguments: &PictureArguments, console: &Console) -> anyhow::Result<ExitCode> {
    let layer = arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?;
    let mut project = Project::open(&arguments.project)?;
    let recording = arguments.recording.as_deref();
    console.job(&arguments.common, |job| picture::draw(job, &mut project, recording, layer, &arguments.path))?;
    let drawn = serde_json::json!({ "picture": arguments.path });
    console.print(&arguments.common, &drawn, || format!("{} drawn\n", arguments.path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn stats(arguments: &StatsArguments, console: &Console) -> anyhow::Result<ExitCode> {
    let layer = arguments.layer.as_deref().map(str::parse::<Layer>).transpose()?;
    let project = Project::open_read_only(&arguments.project)?;
    let recording = arguments.recording.as_deref();
    let report = console.job(&arguments.common, |job| count::count(job, &project, recording, layer, arguments.seed))?;
    console.print(&arguments.common, &report, || report.to_text())?;
    Ok(ExitCode::SUCCESS)
}

fn run_pipeline(arguments: &RunArguments, console: &Console) -> anyhow::Result<ExitCode> {
    let through: Through = arguments.through.parse()?;
    let align = arguments.align.as_deref().map(str::parse::<Align>).transpose()?;
    if arguments.vectors.is_some() && through < Through::Captions {
        return Err(JobError::Meaningless { option: "--vectors", what: "a run that says nothing of its clips" }.into());
    }
    let segmenter = Segmenter::parse(&arguments.segmenter, arguments.clusters, arguments.seed)?;
    arguments.model.check_roles(&[Role::Caption, Role::Merge])?;
    let [caption_model, merge_model] = [arguments.model.options(Role::Caption)?, arguments.model.options(Role::Merge)?];
    let asking = arguments.asking.read(caption_model.is_some(), caption_model.is_some() || merge_model.is_some())?;
    let mut project = Project::open(&arguments.project)?;
    let annotator = annotator(arguments.annotator.as_deref());
    let options = Options {
        caption_model: caption_model.as_ref(),
        merge_model: merge_model.as_ref(),
        recording: arguments.recording.as_deref(),
        through,
        features: FeatureKind::parse(&arguments.features)?,
        channel_scale: ChannelScale { mean: arguments.encoder_mean.clone(), sd: arguments.encoder_sd.clone() },
        segmenter,
        switch_cost: arguments.switch_cost,
        lengths_secs: [arguments.shortest, arguments.longest],
        rules: arguments.rules.as_deref(),
        vocabulary: arguments.vocabulary.as_deref().map(|path| NewVocabulary { path, annotator: &annotator }),
        align,
        model_of: arguments.model_of.as_deref(),
        asking,
        caption_prompt: None,
        caption_words: None,
        examples: arguments.asking.examples(),
        afresh: false,
        again: arguments.again,
    };
    let reports = console.job(&arguments.common, |job| behavior::run(job, &mut project, &options))?;
    let mut vectors = Vec::new();
    if let Some(folder) = arguments.vectors.as_deref().filter(|_| !options.asking.estimate_only) {
        let layer = Some(if through == Through::Captions { Layer::Captions } else { Layer::Merged });
        vectors = console
            .job(&arguments.common, |job| per_session::write(job, &project, options.recording, layer, folder))?;
    }
    console.print(&arguments.common, &reports, || {
        let tables = vectors.iter().map(|table| format!("{}: {} rows\n", table.path.display(), table.rows));
        reports.iter().map(words).chain(tables).collect()
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn words(report: &Report) -> String {
    let mut text = format!("{}: {} frames of {}", report.recording, report.frames, report.animals.join(", "));
    let _ = writeln!(text, "; {:.1} s{}", report.wall_s, if report.was_done { ", all of it done before" } else { "" });
    if let Some(training) = &report.training {
        let _ = writeln!(
            text,
            "trained on {} of {} rows: {} features that vary, {} components that keep {:.0} % of the variance; clusters of {:?} rows",
            training.trained_rows,
            training.rows,
            training.columns,
            training.components,
            100.0 * training.explained,
            training.sizes
        );
    }
    if let Some(cost) = report.switch_cost {
        let _ = writeln!(text, "cut at {cost:.1} nats for a change");
    }
    if let Some(clips) = &report.clips {
        text.push_str(&histogram(clips));
    }
    for asked in &report.asked {
        text.push_str(&asking::words(asked));
    }
    let all: u64 = report.labels.iter().map(|(_, frames)| frames).sum();
    for (label, frames) in &report.labels {
        let _ = writeln!(text, "  {label:22} {:5.1} %", 100.0 * *frames as f64 / all.max(1) as f64);
    }
    if report.segments > 0 {
        let _ = writeln!(text, "{} segments", report.segments);
    }
    for found in &report.findings {
        let _ = writeln!(
            text,
            "  look at {} {}..{} {}: {}",
            found.animal,
            found.start_frame,
            found.stop_frame,
            found.label,
            found.reason.words()
        );
    }
    text
}

/// How long clips are, as bars.
fn histogram(clips: &ClipLengths) -> String {
    let mut text = format!(
        "{} clips, {:.2} s in the mean, {:.2} s in the median",
        clips.count, clips.mean_secs, clips.median_secs
    );
    if clips.unseen_secs > 0.0 {
        let _ = write!(text, "; an animal is not seen for {:.1} s", clips.unseen_secs);
    }
    text.push('\n');
    let most = clips.bins.iter().copied().max().unwrap_or_default().max(1);
    for (bin, count) in clips.bins.iter().enumerate() {
        let from = bin as f64 * ClipLengths::BIN_SECS;
        let _ = writeln!(text, "  {from:4.1} s {count:5} {}", "#".repeat((count * 40).div_ceil(most)));
    }
    text
}
