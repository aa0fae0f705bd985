//! How the values of the journal are written: as JSON that a person can read, whose numbers come back exactly.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codec;
use super::error::Fault;
use super::regions::{MaskRegionId, StoredMaskRegion};
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, Label, MaskKind, MaskRegion, MaskShape, Point2, Provenance,
    RunId, Segment, Source,
};

/// A label as the journal writes it.
#[derive(Serialize, Deserialize)]
struct LabelValue {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    number: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    y: Option<f64>,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    run: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    annotator: Option<String>,
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    margin: Option<f32>,
}

/// A centroid as the journal writes it.
#[derive(Serialize, Deserialize)]
struct CentroidValue {
    number: u16,
    x: f64,
    y: f64,
    sigma_px: f32,
    peak: f32,
    snr: f32,
    origin: CentroidOrigin,
}

/// A mask region as the journal writes it.
#[derive(Serialize, Deserialize)]
struct MaskRegionValue {
    camera: u8,
    start_frame: u32,
    end_frame: u32,
    kind: MaskKind,
    shape: MaskShape,
    annotator: String,
    at: i64,
}

/// A label as text.
pub(super) fn label_text(label: &Label) -> Result<String, Fault> {
    let (number, x, y) = codec::placement_columns(&label.placement);
    to_text(&LabelValue {
        number,
        x,
        y,
        source: label.provenance.source,
        run: label.provenance.run.map(|run| run.0),
        annotator: label.provenance.annotator.as_deref().map(str::to_owned),
        at: label.provenance.at_unix_ms,
        margin: codec::finite_margin(label.margin),
    })
}

/// The label of a text.
pub(super) fn label_from(text: &str) -> Result<Label, Fault> {
    let value: LabelValue = from_text(text)?;
    Ok(Label {
        placement: codec::placement_of((value.number, value.x, value.y)),
        provenance: Provenance {
            source: value.source,
            run: value.run.map(RunId),
            annotator: value.annotator.map(Arc::from),
            at_unix_ms: value.at,
        },
        margin: value.margin,
    })
}

/// A centroid as text.
pub(super) fn centroid_text(centroid: &Centroid) -> Result<String, Fault> {
    to_text(&CentroidValue {
        number: centroid.number.0,
        x: centroid.point_in_image.x,
        y: centroid.point_in_image.y,
        sigma_px: centroid.sigma_px,
        peak: centroid.peak,
        snr: centroid.snr,
        origin: centroid.origin,
    })
}

/// The centroid of a text.
pub(super) fn centroid_from(text: &str) -> Result<Centroid, Fault> {
    let value: CentroidValue = from_text(text)?;
    Ok(Centroid {
        number: CentroidNumber(value.number),
        point_in_image: Point2::new(value.x, value.y),
        sigma_px: value.sigma_px,
        peak: value.peak,
        snr: value.snr,
        origin: value.origin,
    })
}

/// A mask region as text.
pub(super) fn mask_region_text(stored: &StoredMaskRegion) -> Result<String, Fault> {
    let MaskRegion { camera, frames, kind, shape } = stored.region.clone();
    to_text(&MaskRegionValue {
        camera: camera.0,
        start_frame: frames.start,
        end_frame: frames.end,
        kind,
        shape,
        annotator: stored.annotator.clone(),
        at: stored.at_unix_ms,
    })
}

/// The mask region of a text.
pub(super) fn mask_region_from(id: MaskRegionId, text: &str) -> Result<StoredMaskRegion, Fault> {
    let value: MaskRegionValue = from_text(text)?;
    let frames = value.start_frame..value.end_frame;
    let region = MaskRegion { camera: CameraId(value.camera), frames, kind: value.kind, shape: value.shape };
    Ok(StoredMaskRegion { id, region, annotator: value.annotator, at_unix_ms: value.at })
}

/// A segment as text.
pub(super) fn segment_text(segment: &Segment) -> Result<String, Fault> {
    to_text(segment)
}

/// The segment of a text.
pub(super) fn segment_from(text: &str) -> Result<Segment, Fault> {
    from_text(text)
}

fn to_text(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Malformed(error.to_string()))
}

fn from_text<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Malformed(format!("a value of the journal: {error}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Placement;

    proptest! {
        #[test]
        fn labels_come_back_exactly(x in any::<f64>(), y in any::<f64>(), margin in any::<f32>(), number in any::<Option<u16>>(), at in any::<i64>()) {
            prop_assume!(x.is_finite() && y.is_finite() && margin.is_finite());
            let point_in_image = Point2::new(x, y);
            let placement = match number {
                Some(number) => Placement::Centroid { number: CentroidNumber(number), point_in_image },
                None => Placement::Free { point_in_image },
            };
            let provenance = Provenance { source: Source::Human, run: None, annotator: Some(Arc::from("Ann \"é\"")), at_unix_ms: at };
            let label = Label { placement, provenance, margin: Some(margin) };
            prop_assert_eq!(label_from(&label_text(&label).unwrap()).unwrap(), label);
        }
    }
}
