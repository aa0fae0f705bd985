//! Import and export of the plain tables. An export that leaves something out says how much.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use super::cameras::CameraMap;
use super::{Job, JobError, open, seeds, whole_file};
use crate::formats::tables::{
    Points2dWriter, Points3dWriter, TableContext, TableRecording, labels_of_rows, poses_of_rows, read_points2d,
    read_points3d, rows_of_labels, rows_of_pose,
};
use crate::model::{FrameLabels, FramePose, Provenance, Skeleton, Source};
use crate::store::{FrameState, Project, RecordingInfo, now_unix_ms};

/// Our own formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Labels per view.
    Points2d,
    /// Points in space.
    Points3d,
    /// Seed labels.
    Seeds,
}

impl FromStr for Format {
    type Err = JobError;

    fn from_str(word: &str) -> Result<Self, JobError> {
        match word {
            "points2d" => Ok(Self::Points2d),
            "points3d" => Ok(Self::Points3d),
            "seeds" => Ok(Self::Seeds),
            _ => Err(JobError::UnknownFormat { word: word.to_owned() }),
        }
    }
}

/// The recordings that a table may name.
pub(super) struct TableNames {
    pub infos: Vec<RecordingInfo>,
    recordings: Vec<TableRecording>,
    /// The one that it means without a column `recording`.
    default_recording: Option<usize>,
}

impl TableNames {
    /// What the names in a table mean.
    pub fn context<'a>(&'a self, skeleton: &'a Skeleton) -> TableContext<'a> {
        TableContext { skeleton, recordings: &self.recordings, default_recording: self.default_recording }
    }

    /// How many cameras each recording has.
    pub fn camera_counts(&self) -> Vec<usize> {
        self.infos.iter().map(|info| info.cameras.len()).collect()
    }
}

/// The recordings that a table may name; `name` is the one that it means without a column `recording`.
pub(super) fn table_names(project: &Project, name: Option<&str>) -> Result<TableNames, JobError> {
    let infos = open::choose_all(project, None)?;
    let chosen = name.map(|name| project.recording(name)).transpose()?;
    let default_recording = match &chosen {
        Some(chosen) => infos.iter().position(|info| info.id == chosen.id),
        None => (infos.len() == 1).then_some(0),
    };
    let recordings =
        infos.iter().map(|info| TableRecording { frame_count: known_frames(project, info), ..info.into() });
    let recordings = recordings.collect();
    Ok(TableNames { infos, recordings, default_recording })
}

/// How many frames a table may name: as many as there are pictures; where there are none, tables say how long it is.
fn known_frames(project: &Project, info: &RecordingInfo) -> Option<u32> {
    let grows = open::recording_of(project, info).is_ok_and(|recording| !open::has_pictures(&recording));
    (!grows).then_some(info.frame_count)
}

/// Makes a recording without pictures long enough for the frame `last`.
pub(super) fn make_room(project: &mut Project, info: &RecordingInfo, last: Option<u32>) -> Result<(), JobError> {
    let Some(last) = last else { return Ok(()) };
    if known_frames(project, info).is_none() && last >= info.frame_count {
        project.set_frame_count(info.id, last.saturating_add(1))?;
    }
    Ok(())
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Points or labels of the table.
    pub rows: usize,
    /// Frames that they are in.
    pub frames: usize,
    /// Labels by people that stayed instead of the table's.
    pub human_labels_kept: usize,
    /// What an import of seeds did, by recording.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<seeds::Report>,
}

/// Reads a table into the project.
///
/// # Errors
/// When the table does not fit the project, or the project cannot be written; nothing is changed then.
pub fn import(
    job: &Job<'_>,
    project: &mut Project,
    recording: Option<&str>,
    format: Format,
    file: &Path,
    annotator: &str,
) -> Result<ImportReport, JobError> {
    if format == Format::Seeds {
        let seeds = seeds::import(job, project, recording, file, annotator)?;
        let (rows, frames) =
            (seeds.iter().map(|report| report.labels).sum(), seeds.iter().map(|r| r.frames.len()).sum());
        return Ok(ImportReport { rows, frames, human_labels_kept: 0, seeds });
    }
    let names = table_names(project, recording)?;
    let skeleton = project.skeleton().clone();
    let context = names.context(&skeleton);
    let mut report = ImportReport::default();
    if format == Format::Points3d {
        let rows = read_points3d(file, &context)?;
        let mut poses = poses_of_rows(&rows, skeleton.len());
        (report.rows, report.frames) = (rows.len(), poses.len());
        for (index, info) in names.infos.iter().enumerate() {
            let later = poses.split_off(&(index + 1, 0));
            let own: Vec<(u32, FramePose)> =
                std::mem::replace(&mut poses, later).into_iter().map(|((_, frame), pose)| (frame, pose)).collect();
            make_room(project, info, own.last().map(|(frame, _)| *frame))?;
            project.put_poses(info.id, own)?;
        }
        return Ok(report);
    }
    let rows = read_points2d(file, &context)?;
    let camera_counts = names.camera_counts();
    let at_unix_ms = now_unix_ms();
    let provenance = Provenance { source: Source::Imported, run: None, annotator: None, at_unix_ms };
    let mut frames = labels_of_rows(&rows, &camera_counts, skeleton.len(), &provenance);
    (report.rows, report.frames) = (rows.len(), frames.len());
    for (index, info) in names.infos.iter().enumerate() {
        let later = frames.split_off(&(index + 1, 0));
        let own: Vec<(u32, FrameLabels)> =
            std::mem::replace(&mut frames, later).into_iter().map(|((_, frame), labels)| (frame, labels)).collect();
        make_room(project, info, own.last().map(|(frame, _)| *frame))?;
        report.human_labels_kept += project.put_imported_labels(info.id, own, at_unix_ms)?;
    }
    Ok(report)
}

/// What is left out of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filter {
    /// Points whose reprojection error is larger, px, and those whose error nobody knows.
    pub max_error_px: Option<f64>,
    /// What no person made, in frames that no person fixed or accepted.
    pub reviewed_only: bool,
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Rows written.
    pub rows: usize,
    /// Frames that have a row.
    pub frames: usize,
    /// Points left out since their error is larger than asked for, or unknown.
    pub left_out_by_error: usize,
    /// Points left out since no person reviewed them.
    pub left_out_unreviewed: usize,
}

/// Writes a table. The file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written, or an option means nothing for the format.
pub fn export(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    format: Format,
    filter: Filter,
    file: &Path,
) -> Result<ExportReport, JobError> {
    if format == Format::Seeds && filter != Filter::default() {
        let option = if filter.reviewed_only { "--reviewed-only" } else { "--max-error" };
        return Err(JobError::Meaningless { option, what: "seeds, which are labels by people" });
    }
    if open::is_same_file(project.path(), file) {
        return Err(JobError::WouldOverwrite { path: file.to_owned() });
    }
    let infos = open::choose_all(project, recording)?;
    let recordings: Vec<TableRecording> = infos.iter().map(TableRecording::from).collect();
    let context = TableContext::new(project.skeleton(), &recordings);
    let mut exporter = Exporter { job, project, infos: &infos, filter, report: ExportReport::default() };
    whole_file::write(file, |out: File| match format {
        Format::Points3d => exporter.points3d(BufWriter::new(out), context),
        Format::Points2d | Format::Seeds => exporter.points2d(BufWriter::new(out), context, format),
    })?;
    Ok(exporter.report)
}

struct Exporter<'a> {
    job: &'a Job<'a>,
    project: &'a Project,
    infos: &'a [RecordingInfo],
    filter: Filter,
    report: ExportReport,
}

impl Exporter<'_> {
    fn points3d(&mut self, out: impl Write, context: TableContext<'_>) -> Result<(), JobError> {
        let mut writer = Points3dWriter::new(out, context)?;
        for (index, info) in self.infos.iter().enumerate() {
            self.job.phase(format!("export {}", info.name), 0, "frames");
            let reviewed = self.reviewed_frames(info)?;
            for item in self.project.poses_in(info.id, 0..info.frame_count) {
                self.job.check()?;
                let (frame, pose) = item?;
                let mut written = 0;
                for row in rows_of_pose(index, frame, &pose) {
                    if self.filter.reviewed_only && !reviewed.contains(&frame) {
                        self.report.left_out_unreviewed += 1;
                    } else if self.is_too_far(row.error_px) {
                        self.report.left_out_by_error += 1;
                    } else {
                        writer.write(&row)?;
                        written += 1;
                    }
                }
                self.report.frames += usize::from(written > 0);
            }
        }
        self.report.rows = writer.finish()?;
        Ok(())
    }

    fn points2d(&mut self, out: impl Write, context: TableContext<'_>, format: Format) -> Result<(), JobError> {
        let mut writer = match format {
            Format::Seeds => Points2dWriter::seeds(out, context)?,
            _ => Points2dWriter::points2d(out, context)?,
        };
        for (index, info) in self.infos.iter().enumerate() {
            self.job.phase(format!("export {}", info.name), 0, "frames");
            let reviewed = self.reviewed_frames(info)?;
            let cameras = match self.filter.max_error_px {
                Some(_) => Some(CameraMap::new(&open::recording_of(self.project, info)?, info)?),
                None => None,
            };
            for item in self.project.labels_in(info.id, 0..info.frame_count)? {
                self.job.check()?;
                let (frame, labels) = item?;
                let pose = match cameras {
                    Some(_) => self.project.pose(info.id, frame)?,
                    None => FramePose::default(),
                };
                let mut written = 0;
                for row in rows_of_labels(index, frame, &labels) {
                    let Some(label) = labels.get(row.camera, row.keypoint) else { continue };
                    if format == Format::Seeds && label.source() != Source::Seed {
                        continue;
                    }
                    let error_px = cameras.as_ref().and_then(|cameras| {
                        let camera = cameras.rig.find(&info.cameras[row.camera.index()].name)?;
                        let projected = cameras.rig.camera(camera).project(pose.position(row.keypoint)?)?;
                        Some((projected - row.point_in_image).norm())
                    });
                    if self.filter.reviewed_only && !label.is_human() && !reviewed.contains(&frame) {
                        self.report.left_out_unreviewed += 1;
                    } else if self.is_too_far(error_px) {
                        self.report.left_out_by_error += 1;
                    } else {
                        writer.write(&row)?;
                        written += 1;
                    }
                }
                self.report.frames += usize::from(written > 0);
            }
        }
        self.report.rows = writer.finish()?;
        Ok(())
    }

    fn is_too_far(&self, error_px: Option<f64>) -> bool {
        self.filter.max_error_px.is_some_and(|most| error_px.is_none_or(|error| error > most))
    }

    /// Frames that a person fixed, accepted or labelled as seeds.
    fn reviewed_frames(&self, info: &RecordingInfo) -> Result<BTreeSet<u32>, JobError> {
        if !self.filter.reviewed_only {
            return Ok(BTreeSet::new());
        }
        let mut reviewed: BTreeSet<u32> = self.project.seed_frames(info.id)?.into_iter().collect();
        for summary in self.project.frame_summaries(info.id)? {
            if matches!(summary.state, FrameState::Fixed | FrameState::Accepted) {
                reviewed.insert(summary.frame);
            }
        }
        Ok(reviewed)
    }
}
