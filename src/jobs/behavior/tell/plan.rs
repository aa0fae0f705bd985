//! What an export of timelines would write, told before it is written: by the same steps, to memory, and not all of it.

use serde::Serialize;

use super::{TellFormat, TellReport, Timeline, gather, is_reviewed, write_to};
use crate::jobs::behavior::layer::Layer;
use crate::jobs::{Job, JobError};
use crate::store::Project;

/// So many rows are shown beforehand.
const PREVIEWED_ROWS: usize = 8;

/// What an export would write.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TellPlan {
    /// Segments, those nobody reviewed, those that are left out, and the layer of each recording. Rows are not counted.
    pub report: TellReport,
    /// How much there is of each animal.
    pub lanes: Vec<PlannedLane>,
    /// The first lines of the file.
    pub preview: Vec<String>,
}

/// What would be written of an animal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedLane {
    /// The recording.
    pub recording: String,
    /// The animal.
    pub animal: String,
    /// The layer.
    pub layer: String,
    /// Segments that are written.
    pub segments: usize,
    /// Of those, how many nobody reviewed.
    pub unreviewed: usize,
}

/// Tells what [`super::export`] would write.
///
/// # Errors
/// When a recording has no timeline in that layer.
pub fn plan(
    job: &Job<'_>,
    project: &Project,
    recording: Option<&str>,
    format: TellFormat,
    chosen: Option<Layer>,
    reviewed_only: bool,
) -> Result<TellPlan, JobError> {
    let (report, mut timelines) = gather(job, project, recording, chosen, reviewed_only)?;
    let mut lanes = Vec::new();
    for (timeline, (name, layer)) in timelines.iter().zip(&report.layers) {
        for (index, animal) in timeline.animals.iter().enumerate() {
            let own = || timeline.segments.iter().filter(|segment| segment.animal.index() == index);
            lanes.push(PlannedLane {
                recording: name.clone(),
                animal: animal.clone(),
                layer: layer.clone(),
                segments: own().count(),
                unreviewed: own().filter(|segment| !is_reviewed(segment)).count(),
            });
        }
    }
    cut(&mut timelines, format);
    let mut text = Vec::new();
    write_to(&mut report.clone(), &timelines, format, &mut text, project.path())?;
    let text = String::from_utf8_lossy(&text);
    let preview = text.lines().take(PREVIEWED_ROWS + 1).map(str::to_owned).collect();
    Ok(TellPlan { report, lanes, preview })
}

/// Takes away what comes after the rows that are shown, where a table may have millions of them.
fn cut(timelines: &mut [Timeline], format: TellFormat) {
    for (at, timeline) in timelines.iter_mut().enumerate() {
        let rows = if at == 0 { PREVIEWED_ROWS } else { 0 };
        match format {
            TellFormat::Table => timeline.segments.truncate(rows),
            TellFormat::Vectors | TellFormat::VectorsMulti => {
                timeline.info.frame_count = timeline.info.frame_count.min(rows as u32);
            }
            TellFormat::Story | TellFormat::Boris => {}
        }
    }
}
