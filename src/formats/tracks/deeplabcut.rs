//! Tables of DeepLabCut: rows `scorer`, `individuals` (of several animals), `bodyparts` and `coords` above one row per frame.
//!
//! The index is the frame's number. Parts that belong to no animal (`single`) are left out where there are animals.

use std::path::Path;

use super::{Rows, TrackReading, TrackTable, TracksError, frame_of, number_of, position};

/// What a column holds.
struct Column {
    individual: usize,
    part: usize,
    /// 0 is x, 1 is y, 2 the likelihood.
    kind: usize,
}

/// Reads a table of predictions.
pub(super) fn read(file: &Path, text: &str, reading: &TrackReading<'_>) -> Result<TrackTable, TracksError> {
    let mut rows = Rows::new(file, text);
    let invalid = |message: &str| TracksError::Header { file: file.to_owned(), message: message.to_owned() };
    let mut header: Vec<(String, Vec<String>)> = Vec::new();
    while header.last().is_none_or(|(name, _)| name != "coords") {
        let Some((_, record)) = rows.next()? else { break };
        let name = record.get(0).unwrap_or_default().to_ascii_lowercase();
        if !["scorer", "individuals", "bodyparts", "coords"].contains(&name.as_str()) {
            return Err(invalid("the rows scorer, individuals, bodyparts and coords must stand above the first frame"));
        }
        header.push((name, record.iter().skip(1).map(str::to_owned).collect()));
    }
    let line_of = |name: &str| header.iter().find(|(known, _)| known == name).map(|(_, fields)| fields);
    let (Some(parts), Some(kinds)) = (line_of("bodyparts"), line_of("coords")) else {
        return Err(invalid("there is no row bodyparts or no row coords above the first frame"));
    };
    let mut table = TrackTable::default();
    let columns = columns_of(&mut table, line_of("individuals"), parts, kinds);
    let width = table.individuals.len() * table.parts.len();
    if width == 0 {
        return Err(invalid("no column holds a coordinate x or y"));
    }

    let mut frames: Vec<(u32, Vec<[f32; 2]>)> = Vec::new();
    while let Some((line, record)) = rows.next()? {
        let frame = frame_of(file, line, record.get(0).unwrap_or_default())?;
        let mut values = vec![[f32::NAN, f32::NAN, 1.0]; width];
        for (column, field) in columns.iter().zip(record.iter().skip(1)) {
            let Some(column) = column else { continue };
            let value = number_of(file, line, ["x", "y", "likelihood"][column.kind], field)?;
            if column.kind < 2 || value.is_finite() {
                values[column.individual * table.parts.len() + column.part][column.kind] = value;
            }
        }
        let points = values.iter().map(|[x, y, sure]| table.checked([*x, *y], *sure, reading.least_confidence));
        frames.push((frame, points.collect()));
    }
    table.frame_count = frames.iter().map(|(frame, _)| frame + 1).max().unwrap_or_default();
    let [count, parts] = [table.frame_count as usize, table.parts.len()];
    table.points = vec![[f32::NAN; 2]; width * count];
    for (frame, points) in frames {
        for (at, point) in points.into_iter().enumerate() {
            table.points[(at / parts * count + frame as usize) * parts + at % parts] = point;
        }
    }
    Ok(table)
}

/// What each column after the index holds; `None` for one that is left out.
fn columns_of(
    table: &mut TrackTable,
    individuals: Option<&Vec<String>>,
    parts: &[String],
    kinds: &[String],
) -> Vec<Option<Column>> {
    let is_several = individuals.is_some_and(|names| names.iter().any(|name| name != "single"));
    let mut column = |at: usize| {
        let kind = ["x", "y", "likelihood"].iter().position(|kind| kinds.get(at).is_some_and(|name| name == kind))?;
        let individual = individuals.and_then(|names| names.get(at)).map_or("", String::as_str);
        if is_several && individual == "single" {
            return None;
        }
        let individual = if is_several { individual } else { "" };
        Some(Column {
            individual: position(&mut table.individuals, individual),
            part: position(&mut table.parts, parts.get(at)?),
            kind,
        })
    };
    (0..kinds.len()).map(&mut column).collect()
}
