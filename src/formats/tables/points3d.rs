//! `points3d.csv`: `frame,keypoint,x,y,z[,error_px,views,source]`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use super::reader::{self, Columns, Row};
use super::writer::{self, TableWriter};
use super::{TableContext, TableError};
use crate::model::{FramePose, KeypointId, Point3, Point3d, Source};

const COLUMNS: Columns =
    Columns { required: &["frame", "keypoint", "x", "y", "z"], optional: &["error_px", "views", "source"] };

/// A keypoint in the world, as a table has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point3dRow {
    /// Position of the recording in [`TableContext::recordings`].
    pub recording: usize,
    /// The frame.
    pub frame: u32,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Its place, in the unit of the recording's calibration.
    pub position_in_world: Point3,
    /// Root mean square reprojection error, px.
    pub error_px: Option<f64>,
    /// How many views made it.
    pub views: Option<u8>,
    /// What made it.
    pub source: Option<Source>,
}

/// Reads a table, sorted by recording, frame and keypoint, without its missing points.
///
/// # Errors
/// Names file, line and column of the first thing that does not fit.
pub fn read_points3d(file: &Path, context: &TableContext<'_>) -> Result<Vec<Point3dRow>, TableError> {
    read_from(file, reader::open(file)?, context)
}

/// [`read_points3d`] from anything that can be read; `file` is what errors call it.
pub(super) fn read_from(
    file: &Path,
    input: impl Read,
    context: &TableContext<'_>,
) -> Result<Vec<Point3dRow>, TableError> {
    let rows = reader::read(file, input, context, &COLUMNS, parse)?;
    reader::sorted_unique(
        file,
        rows,
        |row| (row.recording, row.frame, row.keypoint),
        |row| {
            let recording = reader::of_recording(context.recordings, row.recording);
            format!("{recording}frame {}, {}", row.frame, context.skeleton.name_of(row.keypoint))
        },
    )
}

fn parse(row: &Row<'_>) -> Result<Option<Point3dRow>, TableError> {
    let recording = row.recording()?;
    let (frame, keypoint) = (row.frame(recording)?, row.keypoint()?);
    let (x, y, z) = (row.number("x")?, row.number("y")?, row.number("z")?);
    let source = match row.present("source")? {
        Some(word) => {
            let allowed = "what makes a point: seed, human, stage1 to stage4, geometry, propagated or imported";
            Some(word.parse::<Source>().map_err(|_| row.bad("source", word, allowed.to_owned()))?)
        }
        None => None,
    };
    let (error_px, views) = (row.number("error_px")?, row.count("views")?);
    let (Some(x), Some(y), Some(z)) = (x, y, z) else { return Ok(None) };
    let position_in_world = Point3::new(x, y, z);
    Ok(Some(Point3dRow { recording, frame, keypoint, position_in_world, error_px, views, source }))
}

/// The points of each recording and frame. What a table does not say is an unknown error, no view, and an imported point.
pub fn poses_of_rows(rows: &[Point3dRow], keypoint_count: usize) -> BTreeMap<(usize, u32), FramePose> {
    let mut poses = BTreeMap::new();
    for row in rows {
        let pose = poses.entry((row.recording, row.frame)).or_insert_with(|| FramePose::missing(keypoint_count));
        if let Some(slot) = pose.points.get_mut(row.keypoint.index()) {
            *slot = Some(Point3d {
                position_in_world: row.position_in_world,
                error_px: row.error_px.unwrap_or(f64::NAN),
                views: row.views.unwrap_or(0),
                source: row.source.unwrap_or(Source::Imported),
            });
        }
    }
    poses
}

/// The rows of a frame's points, by keypoint.
pub fn rows_of_pose(recording: usize, frame: u32, pose: &FramePose) -> impl Iterator<Item = Point3dRow> {
    pose.points.iter().enumerate().filter_map(move |(keypoint, point)| {
        let point = (*point)?;
        Some(Point3dRow {
            recording,
            frame,
            keypoint: KeypointId(u8::try_from(keypoint).ok()?),
            position_in_world: point.position_in_world,
            error_px: point.error_px.is_finite().then_some(point.error_px),
            views: Some(point.views),
            source: Some(point.source),
        })
    })
}

/// Writes `points3d.csv` row by row, in the order in which they come.
pub struct Points3dWriter<'a, W: Write>(TableWriter<'a, W>);

impl<'a, W: Write> Points3dWriter<'a, W> {
    /// Begins the table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(out: W, context: TableContext<'a>) -> Result<Self, TableError> {
        let columns = ["frame", "keypoint", "x", "y", "z", "error_px", "views", "source"];
        TableWriter::new(out, context, &columns).map(Self)
    }

    /// Writes a point, unless its place is no finite number: that is a missing one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, row: &Point3dRow) -> Result<(), TableError> {
        let place = row.position_in_world;
        if !place.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        let fields = [
            row.frame.to_string(),
            self.0.keypoint(row.keypoint.index()),
            writer::number(place.x),
            writer::number(place.y),
            writer::number(place.z),
            writer::optional_number(row.error_px),
            row.views.map(|views| views.to_string()).unwrap_or_default(),
            row.source.map(|source| source.as_str().to_owned()).unwrap_or_default(),
        ];
        self.0.row(row.recording, fields)
    }

    /// Ends the table and says how many rows it has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<usize, TableError> {
        self.0.finish()
    }
}
