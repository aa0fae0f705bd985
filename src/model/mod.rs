//! Plain data and its words: ids, skeleton, views, labels, 3D poses, tracks, clips, segments, provenance, and the pure edits
//! on them.
//!
//! Nothing here reads a file, waits or draws. Space and unit stand in names: `_in_image` is pixels with (0, 0) at the
//! centre of the top-left pixel, `_in_world` is the calibration's unit, `_px` and `_mm` are lengths.

pub mod ids;

pub mod frames;

pub mod skeleton;

pub mod view;

pub mod mask_region;

pub mod provenance;

pub mod label;

pub mod pose3d;

pub mod edit;

mod part_names;

pub mod tracks;

pub mod timeline;

pub mod vocabulary;

pub use edit::{Edit, EditConflict};
pub use frames::{FrameRange, FrameRangeError};
pub use ids::{
    AnimalId, CameraId, CentroidNumber, ClipId, DotRef, KeypointId, RecordingId, RegionId, RunId, SegmentId, ViewSet,
};
pub use label::{FrameLabels, Label, Placement};
pub use mask_region::{MaskKind, MaskRegion, MaskRegionError, MaskShape, ViewMask};
pub use pose3d::{FramePose, Point3d};
pub use provenance::{Provenance, Source};
pub use skeleton::{Role, Skeleton};
pub use timeline::{
    BehaviorSource, BodyWords, Caption, CaptionDetail, Clip, PlacedSegment, Segment, SegmentChange, SegmentConflict,
    SegmentKind, SegmentStatus, SocialRole,
};
pub use tracks::{Animal, AnimalTrack, Part, Tracks};
pub use view::{Centroid, CentroidOrigin, Crop};
pub use vocabulary::{LabelDefinition, Lane, Pattern, Reciprocity, Vocabulary, VocabularyError};

/// A point in an image, in pixels; (0, 0) is the centre of the top-left pixel.
pub type Point2 = nalgebra::Point2<f64>;

/// A point in the world, in the calibration's unit of length.
pub type Point3 = nalgebra::Point3<f64>;
