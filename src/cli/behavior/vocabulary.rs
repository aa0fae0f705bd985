//! `behaviorvlm behavior vocabulary`: the labels of a project and what they mean, printed, read and written.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::console::{Common, Console, annotator};
use crate::jobs::vocabulary::{self, VocabularyOutcome, VocabularyUse};
use crate::model::vocabulary::Reciprocity;
use crate::model::{LabelDefinition, Vocabulary};
use crate::store::{Project, now_unix_ms};

/// Print the vocabulary of a project, read another from a file, or write it to one.
///
/// What is read replaces all of it, as one act that the window can undo. Segments keep their labels; those that the vocabulary
/// then lacks are listed. With both options, the file is read first.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm behavior vocabulary mice.bvlm --export labels.toml\n         \
                        behaviorvlm behavior vocabulary mice.bvlm --import labels.toml")]
pub(super) struct Arguments {
    /// The project file.
    project: PathBuf,
    /// Labels and what they mean, a TOML file, which becomes the project's vocabulary.
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
    /// Where the vocabulary is written; the file is replaced whole.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Who gives the vocabulary; the system's user where no name is given.
    #[arg(long, value_name = "NAME")]
    annotator: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<ExitCode> {
    let (project, imported) = match &arguments.import {
        Some(path) => {
            let mut project = Project::open(&arguments.project)?;
            let who = annotator(arguments.annotator.as_deref());
            let imported = vocabulary::import(&mut project, path, (&who, now_unix_ms()))?;
            (project, Some(imported))
        }
        None => (Project::open_read_only(&arguments.project)?, None),
    };
    if let Some(path) = &arguments.export {
        vocabulary::export(&project, path)?;
    }
    let own = project.own_vocabulary()?;
    let is_built_in = own.is_none();
    let vocabulary = own.unwrap_or_else(Vocabulary::mouse);
    let uses = VocabularyUse::read(&project, &vocabulary)?;
    let labels: Vec<_> = vocabulary
        .labels
        .iter()
        .map(|label| {
            let mut row = json!(label);
            row["uses"] = uses_of(uses.of(label));
            row
        })
        .collect();
    let unknown: Vec<_> = uses
        .unknown
        .iter()
        .map(|it| json!({ "label": it.label, "uses": uses_of(it.uses), "proposals": it.proposals }))
        .collect();
    let report = json!({
        "name": vocabulary.name,
        "built_in": is_built_in,
        "labels": labels,
        "unknown_labels": unknown,
        "imported": imported.as_ref().map(|it| it.is_changed),
        "exported": arguments.export,
    });
    console.print(&arguments.common, &report, || words(&vocabulary, is_built_in, &uses, imported.as_ref()))?;
    Ok(ExitCode::SUCCESS)
}

fn uses_of(uses: crate::store::LabelUse) -> serde_json::Value {
    json!({ "human": uses.human, "merged": uses.merged, "captions": uses.captions })
}

fn words(
    vocabulary: &Vocabulary,
    is_built_in: bool,
    uses: &VocabularyUse,
    imported: Option<&VocabularyOutcome>,
) -> String {
    let mut text = match imported {
        Some(outcome) if outcome.is_changed => format!("{}\n", outcome.title),
        Some(_) => "the project has this vocabulary already\n".to_owned(),
        None => String::new(),
    };
    let origin = if is_built_in { ", the built-in one" } else { "" };
    let _ = writeln!(text, "vocabulary {}{origin}: {} labels", vocabulary.name, vocabulary.labels.len());
    for label in &vocabulary.labels {
        let key = label.key.map_or_else(|| "-".to_owned(), |key| key.to_string());
        let all = uses.of(label);
        let _ = writeln!(
            text,
            "  {key} {:24} {:6} segments of people, {:6} merged elsewhere",
            label.name, all.human, all.merged
        );
        let _ = writeln!(text, "      {}", label.definition);
        let kinds = kinds(label);
        if !kinds.is_empty() {
            let _ = writeln!(text, "      {kinds}");
        }
    }
    if !uses.unknown.is_empty() {
        text.push_str("Labels in the timelines that it lacks:\n");
    }
    for it in &uses.unknown {
        let _ = write!(text, "  {} ({} times)", it.label, it.uses.all());
        if let Some(first) = it.proposals.first() {
            let _ = write!(text, ", perhaps {}", first.label);
        }
        text.push('\n');
    }
    text
}

/// What is special about a label.
fn kinds(label: &LabelDefinition) -> String {
    let reciprocity = match label.reciprocity {
        Reciprocity::Unaware => "",
        Reciprocity::Directed => "directed",
        Reciprocity::Mutual => "mutual",
    };
    let group = if label.group.is_empty() { String::new() } else { format!("group {}", label.group) };
    let synonyms =
        if label.synonyms.is_empty() { String::new() } else { format!("also called {}", label.synonyms.join(", ")) };
    let flags = [
        (label.is_point, "a moment"),
        (label.is_social, "social"),
        (!reciprocity.is_empty(), reciprocity),
        (label.needs_touch, "needs touch"),
        (!group.is_empty(), group.as_str()),
        (!synonyms.is_empty(), synonyms.as_str()),
    ];
    flags.iter().filter(|(holds, _)| *holds).map(|(_, words)| *words).collect::<Vec<_>>().join(", ")
}
