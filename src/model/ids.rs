//! Ids that cannot be mistaken for one another: an index into a list is not a number that a person reads.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of a camera in its recording's list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CameraId(pub u8);

/// Position of a keypoint in its skeleton, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeypointId(pub u8);

/// Position of a region in its skeleton, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RegionId(pub u8);

/// The number of a centroid as people read it: local to one view, from 1, stable once given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CentroidNumber(pub u16);

/// Row of a recording in the project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordingId(pub i64);

/// Row of a run in the project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub i64);

/// Position of an animal in its recording's list, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnimalId(pub u8);

/// The number of a clip as people read it, `c12`: it runs through all animals of a recording, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClipId(pub u32);

/// Row of a segment in the project file; an edit keeps it, and what is deleted and taken back has it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentId(pub i64);

/// A centroid together with the camera that it belongs to, so that its number cannot leave its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DotRef {
    /// The camera that sees it.
    pub camera: CameraId,
    /// Its number in that camera's view.
    pub number: CentroidNumber,
}

impl CameraId {
    /// The position as a slice index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl AnimalId {
    /// The position as a slice index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl SegmentId {
    /// The row that is given next.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for ClipId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "c{}", self.0)
    }
}

impl KeypointId {
    /// The position as a slice index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl RegionId {
    /// The position as a slice index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A set of cameras of one recording, at most [`ViewSet::CAPACITY`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ViewSet(u16);

impl ViewSet {
    /// How many cameras a set can hold.
    pub const CAPACITY: usize = 16;

    /// The set of no camera.
    pub const EMPTY: Self = Self(0);

    /// The set with `camera` added.
    #[must_use]
    pub fn with(self, camera: CameraId) -> Self {
        Self(self.0 | 1 << camera.0)
    }

    /// The set with `camera` taken out.
    #[must_use]
    pub fn without(self, camera: CameraId) -> Self {
        Self(self.0 & !(1 << camera.0))
    }

    /// Whether `camera` is in the set.
    pub fn contains(self, camera: CameraId) -> bool {
        self.0 >> camera.0 & 1 == 1
    }

    /// How many cameras are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no camera is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The cameras in ascending order.
    pub fn iter(self) -> impl Iterator<Item = CameraId> {
        (0..Self::CAPACITY as u8).map(CameraId).filter(move |camera| self.contains(*camera))
    }
}

impl FromIterator<CameraId> for ViewSet {
    fn from_iter<I: IntoIterator<Item = CameraId>>(cameras: I) -> Self {
        cameras.into_iter().fold(Self::EMPTY, Self::with)
    }
}
