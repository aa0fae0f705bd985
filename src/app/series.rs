//! The 3D points of all frames at once, for plots, trails and the floor: read on a thread of its own when something first
//! shows them, then kept up to date frame by frame. Millimetres, whatever the calibration's unit.

use std::sync::Arc;

use crate::jobs::JobError;
use crate::jobs::labelling::FrameView;
use crate::model::{FramePose, KeypointId, Point3};
use crate::recording::Units;
use crate::store::{Project, RecordingInfo};

/// What stands where a keypoint has no point.
const MISSING: [f32; 3] = [f32::NAN; 3];

/// Every keypoint's place at every frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// By keypoint, then frame; NaN where there is no point. 12 bytes each.
    points_mm: Vec<[f32; 3]>,
    frame_count: usize,
    keypoint_count: usize,
    /// Millimetres in the calibration's unit.
    mm_per_unit: f64,
    /// Grows with every change, for whoever caches what is drawn from it.
    pub revision: u64,
}

impl Series {
    /// No point at any frame.
    pub fn empty(keypoint_count: usize, frame_count: u32, units: &str) -> Self {
        let frame_count = frame_count as usize;
        Self {
            points_mm: vec![MISSING; keypoint_count * frame_count],
            frame_count,
            keypoint_count,
            mm_per_unit: mm_per_unit(units),
            revision: 0,
        }
    }

    /// Reads all frames.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn load(project: &Project, info: &RecordingInfo) -> Result<Self, JobError> {
        let mut series = Self::empty(project.skeleton().len(), info.frame_count, &info.units);
        for item in project.poses_in(info.id, 0..info.frame_count) {
            let (frame, pose) = item?;
            series.put(frame, &pose);
        }
        Ok(series)
    }

    /// Takes over the points of one frame; frames and keypoints beyond the recording's are left out.
    pub fn put(&mut self, frame: u32, pose: &FramePose) {
        let frame = frame as usize;
        if frame >= self.frame_count {
            return;
        }
        let mut is_new = false;
        for keypoint in 0..self.keypoint_count {
            let place = pose.position(KeypointId(keypoint as u8));
            let place_mm = place.map_or(MISSING, |place| self.in_mm(place));
            let slot = &mut self.points_mm[keypoint * self.frame_count + frame];
            is_new |= slot.map(f32::to_bits) != place_mm.map(f32::to_bits);
            *slot = place_mm;
        }
        self.revision += u64::from(is_new);
    }

    fn in_mm(&self, place: Point3) -> [f32; 3] {
        [place.x, place.y, place.z].map(|value| (value * self.mm_per_unit) as f32)
    }

    /// How many frames there are.
    pub fn frame_count(&self) -> usize {
        self.frame_count
    }

    /// A keypoint's places by frame, mm; NaN where it has none. Empty for a keypoint that is not there.
    pub fn track_mm(&self, keypoint: KeypointId) -> &[[f32; 3]] {
        let start = keypoint.index() * self.frame_count;
        self.points_mm.get(start..start + self.frame_count).unwrap_or_default()
    }

    /// A keypoint's place at a frame, mm.
    pub fn point_mm(&self, keypoint: KeypointId, frame: u32) -> Option<[f32; 3]> {
        self.track_mm(keypoint).get(frame as usize).copied().filter(|place| place[0].is_finite())
    }
}

/// Millimetres in a calibration's unit of length; 1 for a word that is no unit.
pub fn mm_per_unit(units: &str) -> f64 {
    Units::parse(units).unwrap_or_default().to_mm()
}

/// Reading the series: what is there, and whether it is to be read.
#[derive(Debug, Default)]
pub struct SeriesState {
    /// The last that was read.
    pub loaded: Option<Series>,
    /// Whether anything shows it.
    pub is_wanted: bool,
    /// Whether it is being read.
    pub is_loading: bool,
    /// Why it could not be read.
    pub problem: Option<String>,
    /// Whether frames changed since it was read, other than one by one.
    pub(super) is_stale: bool,
    /// When it was read last, seconds of the app's clock.
    pub(super) read_secs: f64,
    /// Frames that came in while it was being read, as they are now.
    meanwhile: Vec<Arc<FrameView>>,
    /// Of the last reading, so that caches tell a new one from the one before.
    revision: u64,
}

impl SeriesState {
    /// Takes over what a frame is now.
    pub(super) fn put(&mut self, view: &Arc<FrameView>) {
        if let Some(series) = &mut self.loaded {
            series.put(view.frame, &view.pose);
        }
        if self.is_loading {
            self.meanwhile.push(view.clone());
        }
    }

    /// Takes over what was read.
    pub(super) fn take(&mut self, mut series: Series) {
        // Further than changes frame by frame can have counted.
        self.revision += 1 << 32;
        series.revision = self.revision;
        for view in self.meanwhile.drain(..) {
            series.put(view.frame, &view.pose);
        }
        self.loaded = Some(series);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Point3d, Source};

    fn pose(x: f64) -> FramePose {
        let point =
            Point3d { position_in_world: Point3::new(x, 2.0, 3.0), error_px: 0.5, views: 3, source: Source::Geometry };
        FramePose { points: vec![None, Some(point)] }
    }

    #[test]
    fn points_come_back_in_millimetres() {
        let mut series = Series::empty(2, 5, "cm");
        series.put(3, &pose(1.5));
        assert_eq!(series.point_mm(KeypointId(1), 3), Some([15.0, 20.0, 30.0]));
        assert_eq!(series.point_mm(KeypointId(0), 3), None);
        assert_eq!(series.point_mm(KeypointId(1), 2), None);
        assert_eq!(series.point_mm(KeypointId(1), 5), None);
        assert_eq!(series.point_mm(KeypointId(2), 3), None);
        assert_eq!(series.track_mm(KeypointId(1)).len(), 5);
    }

    #[test]
    fn the_revision_grows_with_changes_alone() {
        let mut series = Series::empty(2, 5, "mm");
        series.put(0, &FramePose::missing(2));
        assert_eq!(series.revision, 0);
        series.put(0, &pose(1.0));
        series.put(0, &pose(1.0));
        assert_eq!(series.revision, 1);
        series.put(9, &pose(1.0));
        assert_eq!(series.revision, 1);
        series.put(0, &FramePose::missing(2));
        assert_eq!((series.revision, series.point_mm(KeypointId(1), 0)), (2, None));
    }
}
