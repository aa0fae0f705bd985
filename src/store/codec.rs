//! How the model's words stand in the file: codes of sources, columns of placements, bytes of centroids.
//!
//! Whatever is read is checked: a file may be damaged, and nothing here panics on it.

use std::sync::Arc;

use rusqlite::Row;

use super::error::{Fault, StoreError};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, KeypointId, Label, Placement, Point2, Provenance, RunId, Source,
};

/// The codes of the table `source`, by position.
const SOURCES: [Source; 9] = [
    Source::Seed,
    Source::Human,
    Source::Stage1,
    Source::Stage2,
    Source::Stage3,
    Source::Stage4,
    Source::Geometry,
    Source::Propagated,
    Source::Imported,
];

/// The code of a source.
pub(super) fn source_code(source: Source) -> i64 {
    SOURCES.iter().position(|known| *known == source).map_or(-1, |position| position as i64)
}

/// The source of a code.
pub(super) fn source_of(code: i64) -> Result<Source, Fault> {
    let known = usize::try_from(code).ok().and_then(|code| SOURCES.get(code));
    known.copied().ok_or_else(|| Fault::Malformed(format!("{code} is no code of a source")))
}

/// A placement as `(number, x, y)`.
pub(super) type PlacementColumns = (Option<u16>, Option<f64>, Option<f64>);

/// The columns of a placement.
pub(super) fn placement_columns(placement: &Placement) -> PlacementColumns {
    let point = placement.point_in_image();
    (placement.number().map(|number| number.0), point.map(|point| point.x), point.map(|point| point.y))
}

/// The placement of its columns.
pub(super) fn placement_of((number, x, y): PlacementColumns) -> Placement {
    match (number, x.zip(y)) {
        (Some(number), Some((x, y))) => {
            Placement::Centroid { number: CentroidNumber(number), point_in_image: Point2::new(x, y) }
        }
        (None, Some((x, y))) => Placement::Free { point_in_image: Point2::new(x, y) },
        (_, None) => Placement::Absent,
    }
}

/// The kind of a placement where a missing label must be told from an absent keypoint.
pub(super) fn placement_kind(placement: &Placement) -> i64 {
    match placement {
        Placement::Absent => 0,
        Placement::Free { .. } => 1,
        Placement::Centroid { .. } => 2,
    }
}

/// Refuses a place that is no finite number: SQLite would turn it into "missing".
pub(super) fn require_finite(label: &Label, frame: u32, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    let finite = label.placement.point_in_image().is_none_or(|point| point.x.is_finite() && point.y.is_finite());
    if finite { Ok(()) } else { Err(StoreError::NotFinite { what: what(), frame }) }
}

/// A margin as the file keeps it: no margin where it is not a number, the largest number where it is infinite.
pub(super) fn finite_margin(margin: Option<f32>) -> Option<f32> {
    margin.filter(|margin| !margin.is_nan()).map(|margin| margin.clamp(f32::MIN, f32::MAX))
}

/// The columns that [`label_at`] reads, from `label` joined with `annotator`.
pub(super) const LABEL_COLUMNS: &str =
    "label.frame, camera, keypoint, number, x, y, source, run, annotator.name, at, margin";

/// A row of [`LABEL_COLUMNS`]: frame, camera, keypoint and the label.
pub(super) fn label_at(row: &Row<'_>) -> Result<(u32, CameraId, KeypointId, Label), Fault> {
    let annotator: Option<String> = row.get(8)?;
    let label = Label {
        placement: placement_of((row.get(3)?, row.get(4)?, row.get(5)?)),
        provenance: Provenance {
            source: source_of(row.get(6)?)?,
            run: row.get::<_, Option<i64>>(7)?.map(RunId),
            annotator: annotator.map(Arc::from),
            at_unix_ms: row.get(9)?,
        },
        margin: row.get::<_, Option<f64>>(10)?.map(|margin| margin as f32),
    };
    Ok((row.get(0)?, CameraId(row.get(1)?), KeypointId(row.get(2)?), label))
}

pub(super) const CENTROID_BYTES: usize = 2 + 1 + 2 * 8 + 3 * 4;
const CENTROIDS_VERSION: u8 = 1;

/// Centroids as bytes: a version, then per centroid number, origin, x, y, sigma, peak and SNR, little-endian.
pub(super) fn encode_centroids(centroids: &[Centroid]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + centroids.len() * CENTROID_BYTES);
    bytes.push(CENTROIDS_VERSION);
    for centroid in centroids {
        bytes.extend(centroid.number.0.to_le_bytes());
        bytes.push(match centroid.origin {
            CentroidOrigin::Detected => 0,
            CentroidOrigin::Added => 1,
        });
        bytes.extend(centroid.point_in_image.x.to_le_bytes());
        bytes.extend(centroid.point_in_image.y.to_le_bytes());
        bytes.extend(centroid.sigma_px.to_le_bytes());
        bytes.extend(centroid.peak.to_le_bytes());
        bytes.extend(centroid.snr.to_le_bytes());
    }
    bytes
}

/// The centroids of their bytes.
pub(super) fn decode_centroids(bytes: &[u8]) -> Result<Vec<Centroid>, Fault> {
    let malformed = || Fault::Malformed(format!("{} bytes are no list of centroids", bytes.len()));
    let Some((&CENTROIDS_VERSION, list)) = bytes.split_first() else { return Err(malformed()) };
    if !list.len().is_multiple_of(CENTROID_BYTES) {
        return Err(malformed());
    }
    list.chunks_exact(CENTROID_BYTES).map(|chunk| decode_centroid(chunk).ok_or_else(malformed)).collect()
}

fn decode_centroid(chunk: &[u8]) -> Option<Centroid> {
    let f64_at = |at: usize| Some(f64::from_le_bytes(chunk.get(at..at + 8)?.try_into().ok()?));
    let f32_at = |at: usize| Some(f32::from_le_bytes(chunk.get(at..at + 4)?.try_into().ok()?));
    Some(Centroid {
        number: CentroidNumber(u16::from_le_bytes(chunk.get(0..2)?.try_into().ok()?)),
        origin: match chunk.get(2)? {
            0 => CentroidOrigin::Detected,
            1 => CentroidOrigin::Added,
            _ => return None,
        },
        point_in_image: Point2::new(f64_at(3)?, f64_at(11)?),
        sigma_px: f32_at(19)?,
        peak: f32_at(23)?,
        snr: f32_at(27)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_those_of_the_schema() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema/0001.sql")).unwrap();
        let mut rows = connection.prepare("SELECT code, word, human FROM source ORDER BY code").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let stored: Vec<(i64, String, bool)> = rows.map(Result::unwrap).collect();
        let known = SOURCES.map(|source| (source_code(source), source.as_str().to_owned(), source.is_human()));
        assert_eq!(stored, known);
        assert!(SOURCES.iter().all(|source| source_of(source_code(*source)).unwrap() == *source));
    }

    proptest! {
        #[test]
        fn centroids_round_trip(list in prop::collection::vec((1u16.., -1e6..1e6f64, -1e6..1e6f64, 0.1..20f32, any::<bool>()), 0..40)) {
            let centroids: Vec<_> = list.iter().map(|&(number, x, y, sigma_px, added)| Centroid {
                number: CentroidNumber(number),
                point_in_image: Point2::new(x, y),
                sigma_px,
                peak: sigma_px * 3.0,
                snr: sigma_px / 7.0,
                origin: if added { CentroidOrigin::Added } else { CentroidOrigin::Detected },
            }).collect();
            prop_assert_eq!(decode_centroids(&encode_centroids(&centroids)).unwrap(), centroids);
        }

        #[test]
        fn arbitrary_bytes_are_refused_not_feared(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_centroids(&bytes);
        }
    }
}
