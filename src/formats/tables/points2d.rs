//! `points2d.csv`, `frame,camera,keypoint,x,y[,visible]`, and seeds, `frame,camera,keypoint,x,y`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use super::reader::{self, Columns, Row};
use super::writer::{self, TableWriter};
use super::{TableContext, TableError};
use crate::model::{CameraId, FrameLabels, KeypointId, Label, Placement, Point2, Provenance};

const COLUMNS: Columns = Columns { required: &["frame", "camera", "keypoint", "x", "y"], optional: &["visible"] };

/// A keypoint in one view, as a table has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point2dRow {
    /// Position of the recording in [`TableContext::recordings`].
    pub recording: usize,
    /// The frame.
    pub frame: u32,
    /// The view.
    pub camera: CameraId,
    /// The keypoint.
    pub keypoint: KeypointId,
    /// Its place.
    pub point_in_image: Point2,
    /// Whether it can be seen; a table need not say.
    pub visible: Option<bool>,
}

/// Reads a table, sorted by recording, frame, camera and keypoint, without its missing points.
///
/// # Errors
/// Names file, line and column of the first thing that does not fit.
pub fn read_points2d(file: &Path, context: &TableContext<'_>) -> Result<Vec<Point2dRow>, TableError> {
    read_from(file, reader::open(file)?, context)
}

/// Reads seeds, as [`read_points2d`] does. A point that the table marks as not visible is no seed.
///
/// # Errors
/// Names file, line and column of the first thing that does not fit.
pub fn read_seeds(file: &Path, context: &TableContext<'_>) -> Result<Vec<Point2dRow>, TableError> {
    let mut rows = read_points2d(file, context)?;
    rows.retain(|row| row.visible != Some(false));
    Ok(rows)
}

/// [`read_points2d`] from anything that can be read; `file` is what errors call it.
pub(super) fn read_from(
    file: &Path,
    input: impl Read,
    context: &TableContext<'_>,
) -> Result<Vec<Point2dRow>, TableError> {
    let rows = reader::read(file, input, context, &COLUMNS, parse)?;
    reader::sorted_unique(
        file,
        rows,
        |row| (row.recording, row.frame, row.camera, row.keypoint),
        |row| {
            let recording = reader::of_recording(context.recordings, row.recording);
            let cameras = context.recordings.get(row.recording).map_or(&[][..], |recording| &recording.cameras);
            let camera = cameras.get(row.camera.index()).map_or("", String::as_str);
            format!("{recording}frame {}, {camera}, {}", row.frame, context.skeleton.name_of(row.keypoint))
        },
    )
}

fn parse(row: &Row<'_>) -> Result<Option<Point2dRow>, TableError> {
    let recording = row.recording()?;
    let (frame, camera, keypoint) = (row.frame(recording)?, row.camera(recording)?, row.keypoint()?);
    let (x, y, visible) = (row.number("x")?, row.number("y")?, row.flag("visible")?);
    let (Some(x), Some(y)) = (x, y) else { return Ok(None) };
    Ok(Some(Point2dRow { recording, frame, camera, keypoint, point_in_image: Point2::new(x, y), visible }))
}

/// The labels of each recording and frame: free points, or "cannot be seen" where the table says so. `camera_counts` is by
/// recording.
pub fn labels_of_rows(
    rows: &[Point2dRow],
    camera_counts: &[usize],
    keypoint_count: usize,
    provenance: &Provenance,
) -> BTreeMap<(usize, u32), FrameLabels> {
    let mut frames = BTreeMap::new();
    for row in rows {
        let camera_count = camera_counts.get(row.recording).copied().unwrap_or(0);
        if row.camera.index() >= camera_count || row.keypoint.index() >= keypoint_count {
            continue;
        }
        let labels = frames
            .entry((row.recording, row.frame))
            .or_insert_with(|| FrameLabels::empty(camera_count, keypoint_count));
        let placement = match row.visible {
            Some(false) => Placement::Absent,
            _ => Placement::Free { point_in_image: row.point_in_image },
        };
        labels.place(row.camera, row.keypoint, Label { placement, provenance: provenance.clone(), margin: None });
    }
    frames
}

/// The rows of a frame's labels, by camera and keypoint; what cannot be seen gets no row.
pub fn rows_of_labels(recording: usize, frame: u32, labels: &FrameLabels) -> impl Iterator<Item = Point2dRow> {
    labels.iter().filter_map(move |(camera, keypoint, label)| {
        let point_in_image = label.placement.point_in_image()?;
        Some(Point2dRow { recording, frame, camera, keypoint, point_in_image, visible: Some(true) })
    })
}

/// Writes `points2d.csv` or seeds row by row, in the order in which they come.
pub struct Points2dWriter<'a, W: Write> {
    table: TableWriter<'a, W>,
    with_visible: bool,
}

impl<'a, W: Write> Points2dWriter<'a, W> {
    /// Begins `points2d.csv`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn points2d(out: W, context: TableContext<'a>) -> Result<Self, TableError> {
        let table = TableWriter::new(out, context, &["frame", "camera", "keypoint", "x", "y", "visible"])?;
        Ok(Self { table, with_visible: true })
    }

    /// Begins a table of seeds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn seeds(out: W, context: TableContext<'a>) -> Result<Self, TableError> {
        let table = TableWriter::new(out, context, &["frame", "camera", "keypoint", "x", "y"])?;
        Ok(Self { table, with_visible: false })
    }

    /// Writes a point, unless its place is no finite number: that is a missing one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, row: &Point2dRow) -> Result<(), TableError> {
        let place = row.point_in_image;
        if !(place.x.is_finite() && place.y.is_finite()) {
            return Ok(());
        }
        let fields = [
            row.frame.to_string(),
            self.table.camera(row.recording, row.camera.index()),
            self.table.keypoint(row.keypoint.index()),
            writer::number(place.x),
            writer::number(place.y),
        ];
        if !self.with_visible {
            return self.table.row(row.recording, fields);
        }
        let [frame, camera, keypoint, x, y] = fields;
        let visible = row.visible.map(|visible| u8::from(visible).to_string()).unwrap_or_default();
        self.table.row(row.recording, [frame, camera, keypoint, x, y, visible])
    }

    /// Ends the table and says how many rows it has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<usize, TableError> {
        self.table.finish()
    }
}
