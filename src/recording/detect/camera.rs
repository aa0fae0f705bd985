//! One camera's detector: backgrounds from sampled pictures, then crop and centroids of each frame.
//!
//! The backgrounds do not depend on what a person tunes: [`CameraDetector::tuned`] takes other settings at once.
//! Memory does not depend on the number of frames: preparing keeps [`DetectConfig::background_samples`] small pictures,
//! detecting keeps nothing. A prepared detector can serve several threads.

use std::sync::Arc;

use thiserror::Error;

use super::background::{Background, FluorescenceSample};
use super::candidates::{Candidates, Search};
use super::centroids::centroids_of;
use super::config::DetectConfig;
use super::error::{DetectError, check_size};
use super::mask::{Mask, ReflectanceModel, ReflectanceSample, animal_mask, cell_px, crop_of, mask_of_cells};
use super::motion::{boxes_of_moving_dots, holds_animal, moving};
use super::plane::Plane;
use super::trace::{RejectedSpot, Trace};
use crate::model::{CameraId, Centroid, Crop, Point2};
use crate::recording::Recording;
use crate::recording::frame::{FrameSource, GrayFrame};
use crate::recording::media::{Channel, MediaError, open_channel};

/// What the detector found in one view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewDetection {
    /// The box around the animal, padded; `None` where it is not known, and centroids are those of the whole picture.
    pub crop: Option<Crop>,
    /// The dots, numbered in reading order from 1.
    pub centroids: Vec<Centroid>,
}

/// What the detector found in one view, and what it left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examination {
    /// What [`CameraDetector::detect`] finds.
    pub view: ViewDetection,
    /// What was nearly a dot, strongest first.
    pub rejected: Vec<RejectedSpot>,
    /// Least height of a dot in the filtered picture, grey levels.
    pub threshold: f32,
}

/// Why a camera's detector cannot be prepared.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// Pictures cannot be had.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Pictures do not fit together.
    #[error(transparent)]
    Detect(#[from] DetectError),
}

/// The detector of one camera.
#[derive(Clone, Debug)]
pub struct CameraDetector {
    config: DetectConfig,
    reflectance: Option<Arc<ReflectanceModel>>,
    background: Option<Arc<Background>>,
}

/// One moment of a camera's channels.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The dots.
    pub fluorescence: GrayFrame,
    /// The animal.
    pub reflectance: Option<GrayFrame>,
    /// The animal's mask, where the recording brings one.
    pub mask: Option<GrayFrame>,
}

impl CameraDetector {
    /// Samples a camera's pictures evenly over the recording and builds its backgrounds. Pictures that cannot be read are
    /// left out.
    ///
    /// # Errors
    /// When the camera has no fluorescence, none of its pictures can be read, or its channels differ in size.
    pub fn prepare(recording: &Recording, camera: CameraId, config: &DetectConfig) -> Result<Self, PrepareError> {
        let mut fluorescence = open_channel(recording, camera, Channel::Fluorescence)?;
        let optional =
            |channel| -> Option<Box<dyn FrameSource + Send>> { open_channel(recording, camera, channel).ok() };
        let mut reflectance = optional(Channel::Reflectance);
        let mut mask = optional(Channel::Mask);
        let count = fluorescence.frame_count()?;
        let mut builder = Builder::new(config);
        let mut first_error = None;
        for frame in sampled_frames(count, config.background_samples) {
            match fluorescence.read(frame) {
                Ok(fluorescence) => {
                    let reflectance = reflectance.as_mut().and_then(|source| source.read(frame).ok());
                    let mask = mask.as_mut().and_then(|source| source.read(frame).ok());
                    builder.add(&Moment { fluorescence, reflectance, mask })?;
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) if builder.is_empty() => Err(error.into()),
            _ => Ok(builder.finish()),
        }
    }

    /// Builds the backgrounds from given moments of a camera.
    ///
    /// # Errors
    /// When the pictures differ in size.
    pub fn from_moments<'a>(
        moments: impl IntoIterator<Item = &'a Moment>,
        config: &DetectConfig,
    ) -> Result<Self, DetectError> {
        let mut builder = Builder::new(config);
        for moment in moments {
            builder.add(moment)?;
        }
        Ok(builder.finish())
    }

    /// A detector that knows no background.
    pub fn without_background(config: &DetectConfig) -> Self {
        Self { config: config.clone(), reflectance: None, background: None }
    }

    /// The detector with other settings, where they ask for the same backgrounds: those are shared, not learnt anew. It
    /// finds what one finds that was prepared with these settings.
    pub fn tuned(&self, config: &DetectConfig) -> Option<Self> {
        let fits = self.config.for_backgrounds() == config.for_backgrounds();
        fits.then(|| Self { config: config.clone(), ..self.clone() })
    }

    /// Crop and centroids of one view. The crop is that of the given mask, unless it is empty, else that of the built-in
    /// one.
    ///
    /// # Errors
    /// When a picture's buffer does not fit its size, or its size is not that of the other channels and the backgrounds.
    pub fn detect(
        &self,
        reflectance: Option<&GrayFrame>,
        fluorescence: &GrayFrame,
        mask: Option<&GrayFrame>,
    ) -> Result<ViewDetection, DetectError> {
        let search = Search::new(fluorescence, self.background.as_deref(), &self.config)?;
        self.search(&search, reflectance, mask, &mut Trace::off())
    }

    /// What [`CameraDetector::detect`] finds in a view, with what it leaves out and why.
    ///
    /// # Errors
    /// As there.
    pub fn examine(
        &self,
        reflectance: Option<&GrayFrame>,
        fluorescence: &GrayFrame,
        mask: Option<&GrayFrame>,
    ) -> Result<Examination, DetectError> {
        let search = Search::new(fluorescence, self.background.as_deref(), &self.config)?;
        let mut trace = Trace::on();
        let view = self.search(&search, reflectance, mask, &mut trace)?;
        let dots: Vec<Point2> = view.centroids.iter().map(|centroid| centroid.point_in_image).collect();
        let rejected = trace.rejected(&dots, search.scales.narrow_px);
        Ok(Examination { view, rejected, threshold: search.threshold })
    }

    fn search(
        &self,
        search: &Search<'_>,
        reflectance: Option<&GrayFrame>,
        mask: Option<&GrayFrame>,
        trace: &mut Trace,
    ) -> Result<ViewDetection, DetectError> {
        let fluorescence = search.frame;
        let candidates = search.candidates(trace);
        let mask = match mask {
            Some(mask) => Some(given_mask(mask, fluorescence)?).filter(|mask| !mask.is_empty()),
            None => None,
        };
        let mask = match (mask, reflectance, &self.reflectance) {
            (Some(mask), _, _) => Some(mask),
            (None, Some(reflectance), Some(model)) => {
                check_size(reflectance, fluorescence.size_px(), "reflectance")?;
                Some(animal_mask(reflectance, model, &places(&candidates))?)
            }
            _ => None,
        };
        let crop = mask.and_then(|mask| crop_of(&mask, &self.config));
        let within = crop.filter(|_| self.config.dots_within_crop);
        Ok(ViewDetection { crop, centroids: centroids_of(search, candidates, within, trace) })
    }

    /// The fluorescence background, where there is any to subtract.
    pub fn background(&self) -> Option<&Background> {
        self.background.as_deref()
    }

    /// The model of the reflectance, where there is any.
    pub fn reflectance_model(&self) -> Option<&ReflectanceModel> {
        self.reflectance.as_deref()
    }
}

/// The frames to sample: the middles of equal parts of the recording.
fn sampled_frames(count: u32, samples: u32) -> impl Iterator<Item = u32> {
    let samples = samples.clamp(1, count.max(1)).min(count);
    (0..samples).map(move |index| ((u64::from(index) * 2 + 1) * u64::from(count) / (2 * u64::from(samples))) as u32)
}

fn places(candidates: &Candidates) -> Vec<Point2> {
    candidates.spots.iter().map(|spot| Point2::new(spot.x, spot.y)).collect()
}

fn given_mask(mask: &GrayFrame, fluorescence: &GrayFrame) -> Result<Mask, DetectError> {
    check_size(mask, fluorescence.size_px(), "mask")?;
    Ok(Mask::from_frame(mask))
}

/// Collects samples.
struct Builder {
    config: DetectConfig,
    /// Those that backgrounds are learnt with.
    learning: DetectConfig,
    /// A picture of the fluorescence's format, without content.
    format: Option<GrayFrame>,
    fluorescence: Vec<FluorescenceSample>,
    reflectance: Vec<ReflectanceSample>,
    /// For each sample, its index in `reflectance`.
    reflectance_of: Vec<Option<usize>>,
    dots: Vec<Vec<Point2>>,
}

impl Builder {
    fn new(config: &DetectConfig) -> Self {
        Self {
            config: config.clone(),
            learning: config.for_backgrounds(),
            format: None,
            fluorescence: Vec::new(),
            reflectance: Vec::new(),
            reflectance_of: Vec::new(),
            dots: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.fluorescence.is_empty()
    }

    fn add(&mut self, moment: &Moment) -> Result<(), DetectError> {
        let frame = &moment.fluorescence;
        if let Some(format) = &self.format {
            check_size(frame, format.size_px(), "fluorescence")?;
        }
        let search = Search::new(frame, None, &self.learning)?;
        let dots = places(&search.candidates(&mut Trace::off()));
        let mut sample = FluorescenceSample::new(frame, &search.merged);
        if let Some(mask) = &moment.mask {
            sample.animal = crop_of(&given_mask(mask, frame)?, &self.learning);
        }
        let index = match &moment.reflectance {
            Some(reflectance) => {
                check_size(reflectance, frame.size_px(), "reflectance")?;
                let cells = Plane::from_frame(reflectance, cell_px(frame.width));
                self.reflectance.push(ReflectanceSample { cells, dots_in_image: dots.clone() });
                Some(self.reflectance.len() - 1)
            }
            None => None,
        };
        self.format.get_or_insert_with(|| frame.clone());
        self.fluorescence.push(sample);
        self.reflectance_of.push(index);
        self.dots.push(dots);
        Ok(())
    }

    fn finish(mut self) -> CameraDetector {
        let (config, learning) = (self.config.clone(), self.learning.clone());
        let Some(format) = self.format.take() else { return CameraDetector::without_background(&config) };
        let reflectance = ReflectanceModel::from_samples(&self.reflectance, format.size_px());
        let moving = moving(&self.dots, 1.5 * learning.scales(format.width).narrow_px);
        match &reflectance {
            Some(model) => self.place_animals(model, &moving),
            None => self.place_moving_dots(&moving, format.width),
        }
        let background = Background::from_samples(&self.fluorescence, &format, &learning).map(Arc::new);
        CameraDetector { config, reflectance: reflectance.map(Arc::new), background }
    }

    /// Finds the animal of each sample that brought no mask. A sample whose crop may not hold the animal says nothing about
    /// the background.
    fn place_animals(&mut self, model: &ReflectanceModel, moving: &[Vec<bool>]) {
        let samples = self.fluorescence.iter_mut().zip(&self.reflectance_of).zip(self.dots.iter().zip(moving));
        for ((sample, index), (dots, moving)) in samples {
            let Some(reflectance) = index.and_then(|index| self.reflectance.get(index)) else { continue };
            if sample.animal.is_none() && !dots.is_empty() {
                let crop = crop_of(&mask_of_cells(&reflectance.cells, model, dots), &self.learning);
                sample.animal = crop.filter(|crop| holds_animal(crop, dots, moving));
            }
        }
    }

    /// Where there is neither reflectance nor mask, dots that travel say where the animal is.
    fn place_moving_dots(&mut self, moving: &[Vec<bool>], width_px: u32) {
        if self.fluorescence.iter().any(|sample| sample.animal.is_some()) {
            return;
        }
        for (sample, crop) in self.fluorescence.iter_mut().zip(boxes_of_moving_dots(&self.dots, moving, width_px)) {
            sample.animal = crop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Picture, spot};
    use super::super::trace::Rejection;
    use super::*;
    use crate::recording::frame::GrayPixels;

    const REFLECTION: [f64; 2] = [560.0, 400.0];

    /// Five dots of an animal at a place, and a fixed reflection.
    fn fluorescence(x: f64, seed: u64) -> GrayFrame {
        let dots = (0..5).map(|dot| spot(x + 14.0 * f64::from(dot), 200.0 + f64::from(dot % 2) * 9.0, 90.0, 1.6));
        let reflection = spot(REFLECTION[0], REFLECTION[1], 120.0, 1.8);
        Picture { seed, ..Picture::dark(dots.chain([reflection]).collect()) }.in_8_bit()
    }

    /// The animal as a bright box, as a mask or as a reflectance picture on a floor of that level.
    fn animal(x: f64, floor: u8, fur: u8) -> GrayFrame {
        let mut levels = vec![floor; 640 * 480];
        for row in 185..225 {
            levels[row * 640 + x as usize - 12..row * 640 + x as usize + 70].fill(fur);
        }
        GrayFrame { width: 640, height: 480, pixels: GrayPixels::U8(levels) }
    }

    fn near(detection: &ViewDetection, x: f64, y: f64) -> bool {
        detection.centroids.iter().any(|centroid| (centroid.point_in_image - Point2::new(x, y)).norm() < 1.0)
    }

    fn moments(places: &[f64], reflectance: bool, mask: bool) -> Vec<Moment> {
        let moment = |(seed, x): (usize, &f64)| Moment {
            fluorescence: fluorescence(*x, seed as u64),
            reflectance: reflectance.then(|| animal(*x, 40, 160)),
            mask: mask.then(|| animal(*x, 0, 1)),
        };
        places.iter().enumerate().map(moment).collect()
    }

    const WALK: [f64; 8] = [40.0, 110.0, 190.0, 260.0, 330.0, 400.0, 470.0, 520.0];

    #[test]
    fn a_fixed_reflection_is_background_once_the_animal_moved() {
        for (reflectance, mask) in [(true, false), (false, true), (false, false)] {
            let detector =
                CameraDetector::from_moments(&moments(&WALK, reflectance, mask), &DetectConfig::default()).unwrap();
            assert!(detector.background().is_some(), "reflectance {reflectance}, mask {mask}");
            let view = detector.detect(None, &fluorescence(225.0, 77), None).unwrap();
            assert!(!near(&view, REFLECTION[0], REFLECTION[1]), "reflectance {reflectance}, mask {mask}");
            assert_eq!(view.centroids.len(), 5, "reflectance {reflectance}, mask {mask}");
        }
    }

    #[test]
    fn a_resting_animal_keeps_its_dots() {
        for (reflectance, mask) in [(true, false), (false, true), (false, false)] {
            let moments = moments(&[200.0; 10], reflectance, mask);
            let detector = CameraDetector::from_moments(&moments, &DetectConfig::default()).unwrap();
            let last = &moments[9];
            let view = detector.detect(last.reflectance.as_ref(), &last.fluorescence, last.mask.as_ref()).unwrap();
            for dot in 0..5 {
                let (x, y) = (200.0 + 14.0 * f64::from(dot), 200.0 + f64::from(dot % 2) * 9.0);
                assert!(near(&view, x, y), "dot {dot}, reflectance {reflectance}, mask {mask}");
            }
        }
    }

    #[test]
    fn the_crop_follows_the_mask_or_the_built_in_one() {
        let moments = moments(&WALK, true, false);
        let detector = CameraDetector::from_moments(&moments, &DetectConfig::default()).unwrap();
        let picture = fluorescence(225.0, 5);
        let crop = detector.detect(Some(&animal(225.0, 40, 160)), &picture, None).unwrap().crop.unwrap();
        assert!((crop.x - (213 - 20)).abs() <= 2 && (crop.y - (185 - 18)).abs() <= 2, "{crop:?}");
        assert!(crop.width.abs_diff(82 + 40) <= 4 && crop.height.abs_diff(40 + 36) <= 4, "{crop:?}");
        let given = detector.detect(Some(&animal(225.0, 40, 160)), &picture, Some(&animal(300.0, 0, 7))).unwrap();
        assert_eq!(given.crop.map(|crop| crop.x), Some(288 - 20));
        let empty = GrayFrame { width: 640, height: 480, pixels: GrayPixels::U8(vec![0; 640 * 480]) };
        assert_eq!(detector.detect(None, &picture, Some(&empty)).unwrap().crop, None);
    }

    #[test]
    fn pictures_of_another_size_are_refused() {
        let detector = CameraDetector::from_moments(&moments(&WALK, true, false), &DetectConfig::default()).unwrap();
        let small = Picture { width: 320, ..Picture::dark(Vec::new()) }.in_8_bit();
        let error = detector.detect(None, &small, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fluorescence picture has 320×480 pixels, but 640×480 were expected; check that all channels and frames of \
             the camera have one size"
        );
        let picture = fluorescence(100.0, 1);
        assert!(matches!(detector.detect(Some(&small), &picture, None), Err(DetectError::Size { .. })));
        assert!(matches!(detector.detect(None, &picture, Some(&small)), Err(DetectError::Size { .. })));
        let mut mixed = moments(&WALK[..2], false, false);
        mixed[1].fluorescence = small;
        assert!(CameraDetector::from_moments(&mixed, &DetectConfig::default()).is_err());
    }

    /// The settings as a person may have tuned them.
    fn tunings() -> Vec<DetectConfig> {
        let usual = DetectConfig::default;
        vec![
            DetectConfig { sensitivity: 2.0, ..usual() },
            DetectConfig { narrow_sigma_px: 6.5, ..usual() },
            DetectConfig { narrow_sigma_px: 12.0, ..usual() },
            DetectConfig { largest_sigma_px: Some(5.5), ..usual() },
            DetectConfig { smallest_sigma_px: Some(5.0), dots_within_crop: false, ..usual() },
        ]
    }

    #[test]
    fn tuned_settings_find_what_a_new_detector_finds_and_the_trace_changes_nothing() {
        let moments = moments(&WALK, true, false);
        let usual = CameraDetector::from_moments(&moments, &DetectConfig::default()).unwrap();
        let (picture, animal) = (fluorescence(225.0, 77), animal(225.0, 40, 160));
        let plain = usual.detect(Some(&animal), &picture, None).unwrap();
        for config in tunings() {
            let new = CameraDetector::from_moments(&moments, &config).unwrap();
            let found = new.detect(Some(&animal), &picture, None).unwrap();
            let tuned = usual.tuned(&config).unwrap();
            assert_eq!(tuned.detect(Some(&animal), &picture, None).unwrap(), found);
            assert_eq!(tuned.examine(Some(&animal), &picture, None).unwrap().view, found);
            assert!(!near(&found, REFLECTION[0], REFLECTION[1]), "{config:?}");
        }
        assert_eq!(
            usual.tuned(&DetectConfig::default()).unwrap().detect(Some(&animal), &picture, None).unwrap(),
            plain
        );
        assert!(usual.tuned(&DetectConfig { background_samples: 12, ..DetectConfig::default() }).is_none());
    }

    #[test]
    fn what_is_left_out_says_why() {
        let dots =
            [(100.0, 100.0, 60.0, 1.6), (200.0, 100.0, 60.0, 3.2), (300.0, 100.0, 60.0, 1.0), (400.0, 100.0, 3.5, 1.6)];
        let spots = dots.iter().map(|(x, y, peak, sigma)| spot(*x, *y, *peak, *sigma)).collect();
        let picture = Picture { noise: 1.0, ..Picture::dark(spots) }.in_8_bit();
        let mask = animal(150.0, 0, 1);
        let reason = |config: DetectConfig, mask: Option<&GrayFrame>, x: f64| {
            let detector = CameraDetector::without_background(&config);
            let examined = detector.examine(None, &picture, mask).unwrap();
            let here = |point: Point2| (point - Point2::new(x, 100.0)).norm() < 3.0;
            if examined.view.centroids.iter().any(|centroid| here(centroid.point_in_image)) {
                return None;
            }
            examined.rejected.iter().find(|spot| here(spot.point_in_image)).map(|spot| spot.reason)
        };
        let usual = DetectConfig::default;
        // 640 px are 0.3125 of 2048 px.
        let sized = |smallest: f64, largest: f64| DetectConfig {
            smallest_sigma_px: Some(smallest / 0.3125),
            largest_sigma_px: Some(largest / 0.3125),
            ..usual()
        };
        for x in [100.0, 200.0, 300.0] {
            assert_eq!(reason(usual(), None, x), None, "{x}");
            assert_eq!(reason(usual(), Some(&mask), x), Some(Rejection::OutsideCrop), "{x}");
            assert_eq!(reason(DetectConfig { dots_within_crop: false, ..usual() }, Some(&mask), x), None, "{x}");
        }
        let by_size = [100.0, 200.0, 300.0].map(|x| reason(sized(1.3, 2.2), None, x));
        assert_eq!(by_size, [None, Some(Rejection::TooLarge), Some(Rejection::TooSmall)]);
        assert_eq!(reason(usual(), None, 400.0), Some(Rejection::BelowThreshold));
        assert_eq!(reason(DetectConfig { sensitivity: 2.0, ..usual() }, None, 400.0), None);
        let surplus = reason(DetectConfig { max_centroids: 1, ..usual() }, None, 300.0);
        assert_eq!(surplus, Some(Rejection::Surplus));
    }

    #[test]
    fn nothing_to_learn_from_leaves_a_plain_detector() {
        let detector = CameraDetector::from_moments(&[], &DetectConfig::default()).unwrap();
        let view = detector.detect(None, &fluorescence(100.0, 1), None).unwrap();
        assert_eq!((view.crop, view.centroids.len()), (None, 6));
    }

    #[test]
    fn samples_are_spread_over_the_recording() {
        assert_eq!(sampled_frames(6, 24).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(sampled_frames(100, 4).collect::<Vec<_>>(), [12, 37, 62, 87]);
        assert_eq!(sampled_frames(0, 24).count(), 0);
        assert!(sampled_frames(u32::MAX, 24).all(|frame| frame < u32::MAX));
    }
}
