//! `frame,camera,animal,keypoint,x,y[,confidence]`, and boxes `frame,camera,animal,x,y,w,h`, whose middles are the points.
//!
//! Columns may stand in any order; camera and animal may be left out where there is one of each.

use std::collections::BTreeSet;
use std::path::Path;

use super::{BOX_PART, Rows, TrackReading, TrackTable, TracksError, frame_of, number_of, position};

/// Where the columns stand.
struct Columns {
    frame: usize,
    camera: Option<usize>,
    animal: Option<usize>,
    keypoint: Option<usize>,
    point: [usize; 2],
    size: Option<[usize; 2]>,
    confidence: Option<usize>,
}

impl Columns {
    fn of(file: &Path, names: &[String]) -> Result<Self, TracksError> {
        let find = |name: &str| names.iter().position(|known| known == name);
        let need = |name: &str| {
            find(name).ok_or_else(|| TracksError::Header {
                file: file.to_owned(),
                message: format!("there is no column \"{name}\""),
            })
        };
        let keypoint = find("keypoint");
        Ok(Self {
            frame: need("frame")?,
            camera: find("camera"),
            animal: find("animal"),
            keypoint,
            point: [need("x")?, need("y")?],
            size: if keypoint.is_none() { Some([need("w")?, need("h")?]) } else { None },
            confidence: find("confidence").or_else(|| find("likelihood")),
        })
    }
}

struct Row {
    frame: u32,
    individual: usize,
    part: usize,
    point: [f32; 2],
    confidence: f32,
}

/// Reads either table.
pub(super) fn read(
    file: &Path,
    text: &str,
    names: &[String],
    reading: &TrackReading<'_>,
) -> Result<TrackTable, TracksError> {
    let columns = Columns::of(file, names)?;
    let mut rows = Rows::new(file, text);
    rows.next()?;
    let (mut table, mut found, mut cameras) = (TrackTable::default(), Vec::new(), BTreeSet::new());
    while let Some((line, record)) = rows.next()? {
        let field = |column: usize| record.get(column).unwrap_or_default();
        if let Some(camera) = columns.camera.map(field) {
            cameras.insert(camera.to_owned());
            if camera != reading.camera {
                continue;
            }
        }
        let number = |column: usize| number_of(file, line, &names[column], field(column));
        let mut point = [number(columns.point[0])?, number(columns.point[1])?];
        if let Some(size) = columns.size {
            // The middle of the pixels that the box covers.
            point = [point[0] + (number(size[0])? - 1.0) / 2.0, point[1] + (number(size[1])? - 1.0) / 2.0];
        }
        found.push(Row {
            frame: frame_of(file, line, field(columns.frame))?,
            individual: position(&mut table.individuals, columns.animal.map_or("", field)),
            part: position(&mut table.parts, columns.keypoint.map_or(BOX_PART, field)),
            point,
            confidence: columns.confidence.map(number).transpose()?.filter(|value| value.is_finite()).unwrap_or(1.0),
        });
    }
    if found.is_empty() && !cameras.is_empty() {
        let known = cameras.into_iter().collect::<Vec<_>>().join(", ");
        return Err(TracksError::NoCamera { file: file.to_owned(), camera: reading.camera.to_owned(), known });
    }
    table.frame_count = found.iter().map(|row| row.frame + 1).max().unwrap_or_default();
    let [frames, parts] = [table.frame_count as usize, table.parts.len()];
    table.points = vec![[f32::NAN; 2]; table.individuals.len() * frames * parts];
    for row in found {
        let point = table.checked(row.point, row.confidence, reading.least_confidence);
        table.points[(row.individual * frames + row.frame as usize) * parts + row.part] = point;
    }
    Ok(table)
}
