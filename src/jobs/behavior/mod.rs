//! The behaviour pipeline over a recording: tracks, features, a model of clusters, clips, captions, merged segments.
//!
//! Each step is stored whole before the next begins, so that a run that was stopped or killed goes on behind the last whole
//! step. What was trained is found again by its settings: other prices or limits cut new clips without training anew. Nothing
//! here touches what people said.

mod error;

mod options;

mod subjects;

pub(super) mod tables;

mod pixels;

mod sightings;

mod rows;

mod cluster;

mod work;

mod say;

mod asked;

mod replay;

mod standing;

pub mod layer;

pub mod judge;

pub mod accounts;

pub mod tell;

pub mod count;

pub mod figures;

pub mod search;

pub mod ask;

pub mod trial;

pub mod discover;

pub mod examples;

pub mod per_session;

pub mod picture;

use std::path::Path;

pub use self::asked::{AskedReport, Asking, Disagreement, Load};
pub use self::error::BehaviorError;
pub use self::options::{Contradiction, NewVocabulary, Options, Report, Segmenter, Through};
pub use self::replay::Recorded;
pub use self::rows::FeatureKind;
pub use self::standing::{Standing, Told, Unfinished};
pub use self::subjects::{Align, Origin, Subjects, known, watching_camera};

use self::asked::Spent;
use self::examples::Showcase;
use self::work::Work;
use super::{Job, JobError, open, vocabulary};
use crate::behavior::rules::Rules;
use crate::model::Vocabulary;
use crate::store::Project;

/// The kind of a run.
pub(super) const KIND: &str = "behavior";

/// Runs the pipeline over the chosen recordings.
///
/// # Errors
/// When a recording or a file cannot be used, or somebody asked to stop; what is stored stays.
pub fn run(job: &Job<'_>, project: &mut Project, options: &Options<'_>) -> Result<Vec<Report>, JobError> {
    check(options)?;
    let rules = rules_of(options.rules)?;
    let recordings = open::choose_all(project, options.recording)?;
    let showcase = options.examples.map(|options| Showcase::of(project, options)).transpose()?;
    let vocabulary = match options.vocabulary {
        Some(given) => given.take(project, options.asking.estimate_only)?,
        None => project.vocabulary()?,
    };
    let showcase = showcase.map(|showcase| showcase.named_by(&vocabulary));
    let spent = Spent::default();
    let mut reports = Vec::new();
    for mut info in recordings {
        let begun = std::time::Instant::now();
        job.check()?;
        let subjects = subjects::load(job, project, &mut info, options.align)?;
        let work = Work {
            job,
            info: &info,
            options,
            rules: &rules,
            vocabulary: &vocabulary,
            subjects: &subjects,
            showcase: showcase.as_ref(),
            spent: &spent,
        };
        let mut report = work.run(project)?;
        report.wall_s = begun.elapsed().as_secs_f64();
        reports.push(report);
    }
    Ok(reports)
}

fn check(options: &Options<'_>) -> Result<(), BehaviorError> {
    let number = |what, allowed, found: f64, holds: bool| {
        if holds { Ok(()) } else { Err(BehaviorError::Number { what, allowed, found }) }
    };
    if let Some(cost) = options.switch_cost.map(f64::from) {
        number("--switch-cost", "0 or more", cost, (0.0..1e6).contains(&cost))?;
    }
    let samples = f64::from(options.asking.samples);
    number("--samples", "1 to 32", samples, (1.0..=f64::from(Asking::MOST_SAMPLES)).contains(&samples))?;
    let [shortest, longest] = options.lengths_secs;
    number("--shortest", "a number of seconds above 0", shortest, shortest > 0.0 && shortest < 3600.0)?;
    number("--longest", "at least twice --shortest", longest, longest >= 2.0 * shortest && longest < 36_000.0)
}

fn rules_of(path: Option<&Path>) -> Result<Rules, JobError> {
    let Some(path) = path else { return Ok(Rules::mouse()) };
    let text = read_text(path)?;
    Ok(Rules::from_toml(&text).map_err(|source| BehaviorError::Rules { path: path.to_owned(), source })?)
}

/// The vocabulary of a file, else the project's.
fn vocabulary_of(project: &Project, path: Option<&Path>) -> Result<Vocabulary, JobError> {
    path.map_or_else(|| Ok(project.vocabulary()?), vocabulary::read)
}

pub(super) fn read_text(path: &Path) -> Result<String, JobError> {
    std::fs::read_to_string(path).map_err(|source| JobError::Io { action: "read", path: path.to_owned(), source })
}

pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, JobError> {
    std::fs::read(path).map_err(|source| JobError::Io { action: "read", path: path.to_owned(), source })
}
