//! A run's questions and answers as a file, one JSON object per line, and a run from such a file without a server.
//!
//! The first line says what the run was asked for; each further line is one exchange with its frame. Pictures are not in it: they
//! are drawn again from the recording, and an answer counts only for exactly the pictures that it was given for.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::pose::{self, Ablation, ModelOptions, ModelSettings};
use super::{Job, JobError, behavior, open, whole_file};
use crate::model::FrameRange;
use crate::store::{ExchangePlace, Project, RecordingInfo};
use crate::vlm::exchange::Exchange;

/// What the first line says of the format.
const VERSION: u32 = 1;

/// Exchanges written into the project at once.
const BATCH: usize = 256;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    behaviorvlm_exchanges: u32,
    recording: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunSettings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behavior: Option<behavior::Recorded>,
}

/// What a run was asked for, as it keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct RunSettings {
    assigner: String,
    solver: String,
    frames: [u32; 2],
    model: ModelSettings,
}

/// A further line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    frame: Option<u32>,
    #[serde(flatten)]
    exchange: Exchange,
}

/// What a replay did.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// What was read.
    pub read: Report,
    /// The pose run, where one asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<pose::Report>,
    /// The behavior run, where one asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behavior: Option<behavior::Report>,
}

/// What was written or read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The recording.
    pub recording: String,
    /// Exchanges.
    pub exchanges: u64,
    /// Those that got no answer.
    pub unanswered: u64,
}

/// Writes the exchanges of a recording with what its latest runs that asked were asked for.
///
/// # Errors
/// When no run asked a model, or the file cannot be written; an earlier file stays then.
pub fn export(job: &Job<'_>, project: &Project, recording: Option<&str>, path: &Path) -> Result<Report, JobError> {
    if open::is_same_file(path, project.path()) {
        return Err(JobError::WouldOverwrite { path: path.to_owned() });
    }
    let info = open::choose(project, recording)?;
    let pose = latest_settings(project, &info)?;
    let behavior = behavior::Recorded::latest(project, &info)?;
    let ends = [pose.as_ref().map(|(_, end)| *end), behavior.as_ref().map(|(_, run)| run.finished_unix_ms)];
    let ends: Vec<Option<i64>> = ends.into_iter().flatten().collect();
    if ends.is_empty() {
        return Err(JobError::NothingAsked { name: info.name.clone(), project: project.path().to_owned() });
    }
    // One that has not ended may still ask.
    let finished_unix_ms = ends.into_iter().collect::<Option<Vec<i64>>>().and_then(|ends| ends.into_iter().max());
    let mut report = Report { recording: info.name.clone(), ..Report::default() };
    let failed = |source: std::io::Error| JobError::Io { action: "write", path: path.to_owned(), source };
    let header = Header {
        behaviorvlm_exchanges: VERSION,
        recording: info.name.clone(),
        run: pose.map(|(settings, _)| settings),
        behavior: behavior.map(|(recorded, _)| recorded),
    };
    whole_file::write(path, |file| {
        let mut writer = std::io::BufWriter::new(file);
        write_line(&mut writer, &header).map_err(failed)?;
        job.phase(format!("write the exchanges of {}", info.name), 0, "exchanges");
        project.each_exchange(info.id, |frame, exchange| -> Result<(), JobError> {
            job.check()?;
            // What a person asked once more after the run is no part of it.
            if finished_unix_ms.is_some_and(|finished| exchange.at_unix_ms > finished) {
                return Ok(());
            }
            report.exchanges += 1;
            report.unanswered += u64::from(!exchange.is_answered());
            job.done(report.exchanges);
            write_line(&mut writer, &Line { frame, exchange }).map_err(failed)
        })?;
        writer.flush().map_err(failed)
    })?;
    Ok(report)
}

/// Reads exchanges into the project, and runs what they were asked for again with them alone: nothing is sent.
///
/// # Errors
/// When the file is none of ours, names another recording, or lacks an answer that the run needs.
pub fn replay(job: &Job<'_>, project: &mut Project, path: &Path) -> Result<Replayed, JobError> {
    let bad = |line: usize, reason: String| JobError::BadExchanges { path: path.to_owned(), line, reason };
    let failed = |source: std::io::Error| JobError::Io { action: "read", path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().ok_or_else(|| bad(1, "it is empty".to_owned()))?.map_err(failed)?;
    let header: Header = serde_json::from_str(&first).map_err(|error| bad(1, error.to_string()))?;
    if header.behaviorvlm_exchanges != VERSION {
        return Err(bad(
            1,
            format!("it has version {}, and this program reads {VERSION}", header.behaviorvlm_exchanges),
        ));
    }
    let info = project.recording(&header.recording)?;
    let mut report = Report { recording: info.name.clone(), ..Report::default() };
    let mut batch = Vec::new();
    for (number, line) in (2..).zip(lines) {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let Line { frame, exchange } = serde_json::from_str(&line).map_err(|error| bad(number, error.to_string()))?;
        report.exchanges += 1;
        report.unanswered += u64::from(!exchange.is_answered());
        // The latest answer to a question counts, here as in the run: what is there already is not read twice.
        let known = project.answered_exchange(&exchange.key, exchange.attempt)?;
        if known.is_none_or(|known| known.answer != exchange.answer) {
            batch.push((ExchangePlace { recording: info.id, run: None, frame }, exchange));
        }
        if batch.len() >= BATCH {
            project.put_exchanges(&std::mem::take(&mut batch))?;
        }
    }
    project.put_exchanges(&batch)?;
    if header.run.is_none() && header.behavior.is_none() {
        return Err(bad(1, "it names no run".to_owned()));
    }
    let run = header.run.map(|run| solved_again(job, project, &info, run, &bad)).transpose()?;
    let behavior = header.behavior.map(|recorded| recorded.replay(job, project, &info)).transpose()?;
    Ok(Replayed { read: report, run, behavior })
}

fn solved_again(
    job: &Job<'_>,
    project: &mut Project,
    info: &RecordingInfo,
    run: RunSettings,
    bad: &dyn Fn(usize, String) -> JobError,
) -> Result<pose::Report, JobError> {
    let model = ModelOptions {
        regions_at_once: run.model.regions_at_once,
        audit_pct: run.model.audit_pct,
        ..ModelOptions::recorded(run.model.name, run.model.profile)
    };
    let options = pose::Options {
        recording: Some(&info.name),
        frames: FrameRange { start: Some(run.frames[0]), end: Some(run.frames[1]) },
        assigner: run.assigner.parse()?,
        solver: run.solver.parse().map_err(|_| bad(1, format!("\"{}\" is no solver", run.solver)))?,
        ablation: Ablation { regions: run.model.without_regions, refinement: false },
        model: Some(&model),
        again: true,
    };
    pose::run(job, project, &options)
}

/// What the latest pose run that asked a model was asked for, and when it ended, if it did; `None` where none asked.
fn latest_settings(project: &Project, info: &RecordingInfo) -> Result<Option<(RunSettings, Option<i64>)>, JobError> {
    let asked = project.runs(info.id, "pose")?.into_iter().rev();
    Ok(asked.filter_map(|run| Some((serde_json::from_str(&run.config_json).ok()?, run.finished_unix_ms))).next())
}

fn write_line<T: Serialize>(writer: &mut impl std::io::Write, value: &T) -> std::io::Result<()> {
    serde_json::to_writer(&mut *writer, value)?;
    writer.write_all(b"\n")
}
