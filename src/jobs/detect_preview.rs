//! What the detector would find in one view with these settings and masks, while a person tunes them.
//!
//! It finds what the detect job stores with the same settings, and writes nothing. Backgrounds are learnt once per camera,
//! since they do not depend on what is tuned; the latest pictures of each camera are kept, so that a moved slider costs one
//! detection and no decoding. Calls block: each belongs on a worker thread, one per view; calls for one camera wait for one
//! another. A person moves faster than six views are done, so work carries the generation of its order, and what is older
//! than the newest one ends with [`PreviewError::Superseded`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use thiserror::Error;

use super::detect_camera::OpenCamera;
use crate::model::{CameraId, Centroid, Crop, MaskRegion, Point2, ViewMask};
use crate::recording::detect::{
    CameraDetector, ClickedSpot, ConfigError, DetectConfig, Moment, RejectedSpot, Rejection, refine_click,
};
use crate::recording::{Channel, Recording};
use crate::store::RecordingInfo;

/// A recording whose views can be previewed. It is shared by all threads that work for it.
#[derive(Debug)]
pub struct Preview {
    recording: Recording,
    info: RecordingInfo,
    cameras: Vec<Mutex<Slot>>,
    newest: AtomicU64,
}

/// The order that a piece of work belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

/// What would be found in one view.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewResult {
    /// The box around the animal, where it is known.
    pub crop: Option<Crop>,
    /// The dots, with the numbers that they would get in a view that nobody referred to yet; those that masks hide are
    /// left out and keep their number.
    pub centroids: Vec<Centroid>,
    /// What was nearly a dot, strongest first, and then what masks hide.
    pub rejected: Vec<RejectedSpot>,
    /// Least height of a dot in the filtered picture, grey levels.
    pub threshold: f32,
    /// How long reading the pictures took, ms; nearly nothing where they were there.
    pub read_ms: f64,
    /// How long finding the dots took, ms.
    pub detect_ms: f64,
}

/// Why there is no preview of a view.
#[derive(Debug, Error)]
pub enum PreviewError {
    /// Something newer was asked for.
    #[error("something newer was asked for")]
    Superseded,
    /// Settings that the detector cannot work with.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A camera that is not there, shows no dots, or cannot be read.
    #[error("camera \"{camera}\": {reason}")]
    Camera {
        /// Its name.
        camera: String,
        /// What is wrong with it, or with the picture.
        reason: String,
    },
}

/// What is kept of one camera.
#[derive(Default)]
struct Slot {
    open: Option<OpenCamera>,
    detector: Option<CameraDetector>,
    latest: Option<(u32, Moment)>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frame = self.latest.as_ref().map(|(frame, _)| frame);
        formatter.debug_struct("Slot").field("is_prepared", &self.detector.is_some()).field("frame", &frame).finish()
    }
}

impl Preview {
    /// Previews for a recording of a project; files are opened when they are needed.
    pub fn open(recording: Recording, info: RecordingInfo) -> Self {
        let cameras = info.cameras.iter().map(|_| Mutex::default()).collect();
        Self { recording, info, cameras, newest: AtomicU64::new(0) }
    }

    /// Begins a new generation: what was asked for before is no longer wanted.
    pub fn next_generation(&self) -> Generation {
        Generation(self.newest.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether a camera's backgrounds are learnt, so that the next preview is quick; `false` also while they are.
    pub fn is_prepared(&self, camera: CameraId) -> bool {
        let slot = self.cameras.get(camera.index()).and_then(|slot| slot.try_lock().ok());
        slot.is_some_and(|slot| slot.detector.is_some())
    }

    /// Learns a camera's backgrounds, which takes seconds, unless they are there. [`Preview::run`] does so by itself.
    ///
    /// # Errors
    /// When the camera cannot be read.
    pub fn prepare(&self, camera: CameraId, config: &DetectConfig) -> Result<(), PreviewError> {
        config.check()?;
        let mut slot = self.slot(camera)?;
        self.detector(camera, &mut slot, config).map(drop)
    }

    /// What the detector would find in a view with these settings, less what the mask regions among `regions` that hold
    /// there hide.
    ///
    /// # Errors
    /// When something newer was asked for, a setting is outside its range, or the view cannot be read.
    pub fn run(
        &self,
        generation: Generation,
        camera: CameraId,
        frame: u32,
        config: &DetectConfig,
        regions: &[MaskRegion],
    ) -> Result<PreviewResult, PreviewError> {
        config.check()?;
        self.require_newest(generation)?;
        let mut slot = self.slot(camera)?;
        self.require_newest(generation)?;
        let detector = self.detector(camera, &mut slot, config)?;
        self.require_newest(generation)?;
        let started = Instant::now();
        let Moment { fluorescence, reflectance, mask } = self.moment(camera, &mut slot, frame)?;
        let read = started.elapsed();
        self.require_newest(generation)?;
        let examined = detector
            .examine(reflectance.as_ref(), fluorescence, mask.as_ref())
            .map_err(|error| self.broken(camera, format!("frame {frame}: {error}")))?;
        let view_mask = ViewMask::of(regions, camera, frame);
        let (mut centroids, mut rejected) = (examined.view.centroids, examined.rejected);
        centroids.retain(|centroid| {
            let kind = view_mask.hides_centroid(centroid);
            rejected.extend(kind.map(|kind| RejectedSpot {
                point_in_image: centroid.point_in_image,
                strength: f64::from(centroid.peak / examined.threshold),
                reason: Rejection::Masked(kind),
            }));
            kind.is_none()
        });
        Ok(PreviewResult {
            crop: examined.view.crop,
            centroids,
            rejected,
            threshold: examined.threshold,
            read_ms: read.as_secs_f64() * 1e3,
            detect_ms: (started.elapsed() - read).as_secs_f64() * 1e3,
        })
    }

    /// What a click into a view means: the spot there, or the click itself. Backgrounds are subtracted where they are
    /// learnt; a click does not wait for that.
    ///
    /// # Errors
    /// When a setting is outside its range, or the view cannot be read.
    pub fn refine_click(
        &self,
        camera: CameraId,
        frame: u32,
        click_in_image: Point2,
        config: &DetectConfig,
    ) -> Result<ClickedSpot, PreviewError> {
        config.check()?;
        let mut slot = self.slot(camera)?;
        let detector = slot.detector.clone();
        let background = detector.as_ref().and_then(CameraDetector::background);
        let fluorescence = &self.moment(camera, &mut slot, frame)?.fluorescence;
        refine_click(fluorescence, background, click_in_image, config)
            .map_err(|error| self.broken(camera, format!("frame {frame}: {error}")))
    }

    fn require_newest(&self, generation: Generation) -> Result<(), PreviewError> {
        let is_newest = generation.0 >= self.newest.load(Ordering::Relaxed);
        is_newest.then_some(()).ok_or(PreviewError::Superseded)
    }

    fn slot(&self, camera: CameraId) -> Result<MutexGuard<'_, Slot>, PreviewError> {
        let slot = self.cameras.get(camera.index());
        let slot = slot.ok_or_else(|| self.broken(camera, "the project does not know it".to_owned()))?;
        Ok(slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn broken(&self, camera: CameraId, reason: String) -> PreviewError {
        let name = self.info.cameras.get(camera.index()).map(|info| info.name.clone());
        PreviewError::Camera { camera: name.unwrap_or_else(|| camera.0.to_string()), reason }
    }

    /// The camera's detector with these settings.
    fn detector(
        &self,
        camera: CameraId,
        slot: &mut Slot,
        config: &DetectConfig,
    ) -> Result<CameraDetector, PreviewError> {
        if let Some(tuned) = slot.detector.as_ref().and_then(|detector| detector.tuned(config)) {
            return Ok(tuned);
        }
        let in_recording = self.opened(camera, slot)?.in_recording;
        let detector = CameraDetector::prepare(&self.recording, in_recording, config)
            .map_err(|error| self.broken(camera, error.to_string()))?;
        slot.detector = Some(detector.clone());
        Ok(detector)
    }

    fn opened<'a>(&self, camera: CameraId, slot: &'a mut Slot) -> Result<&'a mut OpenCamera, PreviewError> {
        if slot.open.is_none() {
            let name = &self.info.cameras[camera.index()].name;
            let position = self.recording.cameras.iter().position(|known| known.name == *name);
            let id = position.and_then(|position| u8::try_from(position).ok()).map(CameraId);
            let id = id.ok_or_else(|| self.broken(camera, "the recording does not have it any more".to_owned()))?;
            if self.recording.cameras[id.index()].channel(Channel::Fluorescence).is_none() {
                return Err(self.broken(camera, "it has no fluorescence to find dots in".to_owned()));
            }
            let open = OpenCamera::new(&self.recording, &self.info, id);
            slot.open = Some(open.map_err(|reason| self.broken(camera, reason))?);
        }
        slot.open.as_mut().ok_or_else(|| self.broken(camera, "it is not open".to_owned()))
    }

    fn moment<'a>(&self, camera: CameraId, slot: &'a mut Slot, frame: u32) -> Result<&'a Moment, PreviewError> {
        if slot.latest.as_ref().is_none_or(|(latest, _)| *latest != frame) {
            let moment = self.opened(camera, slot)?.read(frame);
            slot.latest = Some((frame, moment.map_err(|error| self.broken(camera, error.to_string()))?));
        }
        let latest = slot.latest.as_ref().map(|(_, moment)| moment);
        latest.ok_or_else(|| self.broken(camera, format!("frame {frame} was not read")))
    }
}
