//! Figures of timelines as files: drawings, pictures, and tables of their numbers.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

use super::layer::Layer;
use super::{BehaviorError, count};
use crate::behavior::figures::{Figure, FigureInput, FigureKind, to_png};
use crate::behavior::statistics::AnimalRecord;
use crate::jobs::{Job, JobError, open, whole_file};
use crate::model::SegmentStatus;
use crate::store::Project;

/// What a figure is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureFormat {
    /// A drawing.
    Svg,
    /// A picture.
    Png,
    /// Its numbers.
    Csv,
}

impl FigureFormat {
    /// How its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Csv => "csv",
        }
    }
}

impl FromStr for FigureFormat {
    type Err = BehaviorError;

    fn from_str(word: &str) -> Result<Self, BehaviorError> {
        match word {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(BehaviorError::Word { what: "--format", word: word.to_owned(), known: "svg, png" }),
        }
    }
}

/// Which figures are written, and where.
#[derive(Clone, Copy, Debug)]
pub struct FiguresOptions<'a> {
    /// One recording of several; all of them where none is named.
    pub recording: Option<&'a str>,
    /// The layer; `None` for what people said where they said anything, else the merge.
    pub layer: Option<Layer>,
    /// A vocabulary file instead of the built-in one.
    pub vocabulary: Option<&'a Path>,
    /// Drawings or pictures.
    pub format: FigureFormat,
    /// The folder; it is made where it is not there.
    pub folder: &'a Path,
    /// Of tests of many subjects, whose deals are drawn.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FiguresReport {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The layer of each recording.
    pub layers: Vec<(String, String)>,
    /// Segments that the figures tell of.
    pub segments: usize,
    /// Of those, how many nobody reviewed.
    pub unreviewed: usize,
    /// Time of animals of which nobody said anything, seconds.
    pub not_reviewed_s: f64,
}

/// Writes all figures of the recordings, each with a table of its numbers. Files of their names are replaced.
///
/// # Errors
/// When a recording has nothing in that layer, or a file cannot be written.
pub fn write_all(job: &Job<'_>, project: &Project, options: &FiguresOptions<'_>) -> Result<FiguresReport, JobError> {
    let vocabulary = super::vocabulary_of(project, options.vocabulary)?;
    let counted = count::records(job, project, options.recording, options.layer)?;
    let io = |source| JobError::Io { action: "make", path: options.folder.to_owned(), source };
    std::fs::create_dir_all(options.folder).map_err(io)?;
    let input = FigureInput { records: &counted.records, vocabulary: &vocabulary, first_frame: 0 };
    let title = title_of(&counted.layers);
    let mut files = Vec::new();
    job.phase("figures", FigureKind::ALL.len() as u64, "figures");
    for (done, kind) in FigureKind::ALL.into_iter().enumerate() {
        job.check()?;
        job.done(done as u64);
        let figure = Figure::of(kind, &input, options.seed);
        for format in [options.format, FigureFormat::Csv] {
            let path = options.folder.join(kind.word()).with_extension(format.extension());
            files.extend(save(project, &figure, &title, format, &path)?);
        }
    }
    job.done(FigureKind::ALL.len() as u64);
    let segments = || counted.records.iter().flat_map(|record| &record.segments);
    Ok(FiguresReport {
        files,
        segments: segments().count(),
        unreviewed: segments().filter(|segment| segment.status == SegmentStatus::Unreviewed).count(),
        not_reviewed_s: counted.records.iter().map(not_reviewed_s).sum(),
        layers: counted.layers,
    })
}

/// The animals of recordings with their segments.
///
/// # Errors
/// When a recording has nothing in that layer.
pub fn records(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    layer: Option<Layer>,
) -> Result<Vec<AnimalRecord>, JobError> {
    Ok(count::records(job, project, recording, layer)?.records)
}

/// "mice, merged layer", or how many recordings there are.
pub fn title_of(layers: &[(String, String)]) -> String {
    match layers {
        [(name, layer)] => format!("{name}, {layer} layer"),
        many => {
            let mut kinds: Vec<&str> = many.iter().map(|(_, layer)| layer.as_str()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            format!("{} recordings, {} layer", many.len(), kinds.join(" or "))
        }
    }
}

/// The files that saving a figure at a path writes.
pub fn files_of(figure: &Figure, format: FigureFormat, path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    if format == FigureFormat::Csv && figure.tests_csv().is_some() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        files.push(path.with_file_name(format!("{name}_tests.csv")));
    }
    files
}

/// Writes a figure; gives the files. The numbers of a comparison are two tables: the subjects, and beside it what tests say. Each
/// file appears whole or not at all.
///
/// # Errors
/// When a file is the project itself, or cannot be written.
pub fn save(
    project: &Project,
    figure: &Figure,
    title: &str,
    format: FigureFormat,
    path: &Path,
) -> Result<Vec<PathBuf>, JobError> {
    let contents = match format {
        FigureFormat::Svg => vec![figure.to_svg(title).into_bytes()],
        FigureFormat::Png => vec![to_png(&figure.to_svg(title)).map_err(BehaviorError::from)?],
        FigureFormat::Csv => {
            std::iter::once(figure.to_csv()).chain(figure.tests_csv()).map(String::into_bytes).collect()
        }
    };
    let files = files_of(figure, format, path);
    for (file, bytes) in files.iter().zip(contents) {
        if open::is_same_file(project.path(), file) {
            return Err(JobError::WouldOverwrite { path: file.clone() });
        }
        let io = |source| JobError::Io { action: "write", path: file.clone(), source };
        whole_file::write(file, |mut out: File| out.write_all(&bytes).map_err(io))?;
    }
    Ok(files)
}

fn not_reviewed_s(record: &AnimalRecord) -> f64 {
    record.unreviewed.iter().map(|frames| f64::from(frames.end - frames.start)).sum::<f64>() / record.fps
}
