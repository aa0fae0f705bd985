//! The imaging model: which dots light up where in a view, how bright and how wide.
//!
//! [`spots`] is the physics that pictures are drawn from; [`detect`] is what a good detector reports of it: touching spots
//! merged, faint ones placed worse or missed, some that are none. Both are per view, seeded by frame and camera.

use rand::RngExt;
use rand_distr::{Distribution, Poisson, StandardNormal};

use super::anatomy::{Body, KEYPOINT_COUNT};
use super::difficulty::DifficultyFigures;
use super::random::{Purpose, SmoothNoise, stream};
use super::volume::depth_mm;
use super::{SCALE_WIDTH_PX, SimulatedDot};
use crate::geometry::Camera;
use crate::model::{Crop, KeypointId, Point2, Point3};

/// Height of a usual unobstructed dot above its surroundings, grey levels of 8 bits.
const PEAK_GREY: f64 = 150.0;
/// Distance at which a dot has that height.
const PEAK_DISTANCE_MM: f64 = 400.0;
/// Standard deviation of a spot at 1024 px width.
const SPOT_SIGMA_PX: f64 = 1.85;
/// What a detector still tells from the noise, grey levels.
pub(super) const DETECTABLE_GREY: f64 = 11.0;
/// Noise of the sensor without light, grey levels.
pub(super) const READ_NOISE_GREY: f64 = 0.9;
/// Variance of a pixel per grey level of light.
pub(super) const SHOT_NOISE_GREY: f64 = 0.30;
/// Spots closer than this many of their standard deviations are one to a detector: the Sparrow limit is 2.
const MERGE_SIGMAS: f64 = 1.7;
/// Spots closer than this disturb each other's fit.
const CROWDED_SIGMAS: f64 = 3.2;
/// How long a moving reflection is to be seen at a stretch, about.
const STRAY_KNOT_SECS: f64 = 0.5;

/// A light spot in a fluorescence image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// Its centre.
    pub(super) point_in_image: Point2,
    /// Its height, grey levels of 8 bits.
    pub(super) peak: f64,
    /// Its standard deviation.
    pub(super) sigma_px: f64,
    /// The keypoint, or none for a reflection.
    pub(super) keypoint: Option<KeypointId>,
}

/// What stays the same over all views of a recording.
#[derive(Clone, Debug)]
pub(super) struct Optics {
    pub(super) seed: u64,
    pub(super) figures: DifficultyFigures,
    /// Brightness of each keypoint's dot beside the usual one.
    brightness: [f64; KEYPOINT_COUNT],
}

/// One camera at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    pub(super) camera: &'a Camera,
    pub(super) camera_index: u64,
    pub(super) frame: u64,
    pub(super) time_secs: f64,
}

impl Optics {
    pub(super) fn new(seed: u64, figures: DifficultyFigures) -> Self {
        let mut random = stream(seed, Purpose::DotBrightness, &[]);
        Self { seed, figures, brightness: [0; KEYPOINT_COUNT].map(|_| random.random_range(0.8..1.25)) }
    }

    /// All spots of a view, those of keypoints first, in the order of the skeleton; also the ones too faint to be found.
    pub(super) fn spots(&self, moment: &Moment<'_>, body: &Body) -> Vec<Spot> {
        let mut random = stream(self.seed, Purpose::SpotPlace, &[moment.frame, moment.camera_index]);
        let scale = scale_of(moment.camera);
        let center = moment.camera.center_in_world();
        let mut spots = Vec::with_capacity(KEYPOINT_COUNT + 6);
        for (index, place) in body.keypoints.iter().enumerate() {
            let draw: [f64; 3] = [0; 3].map(|_| random.sample(StandardNormal));
            let Some(projected) = moment.camera.project(*place) else { continue };
            let depths = tissue_depth_mm(body, place, &center) / self.figures.tissue_depth_mm;
            let distance = (center - place).norm();
            let flicker = 1.0 + 0.06 * draw[2];
            let peak = PEAK_GREY
                * self.figures.brightness
                * self.brightness[index]
                * flicker.max(0.5)
                * (PEAK_DISTANCE_MM / distance).powi(2)
                * (-depths).exp();
            let noise = self.figures.spot_noise_px * scale * (1.0 + 0.35 * depths.min(2.8));
            spots.push(Spot {
                point_in_image: Point2::new(projected.x + noise * draw[0], projected.y + noise * draw[1]),
                peak,
                sigma_px: SPOT_SIGMA_PX * scale * (PEAK_DISTANCE_MM / distance) * (1.0 + 0.06 * depths.min(5.0)),
                keypoint: Some(KeypointId(index as u8)),
            });
        }
        self.add_fixed_strays(moment, &mut spots);
        self.add_moving_strays(moment, body, &mut spots);
        spots
    }

    fn add_fixed_strays(&self, moment: &Moment<'_>, spots: &mut Vec<Spot>) {
        let mut random = stream(self.seed, Purpose::Strays, &[0, moment.camera_index]);
        let count = count(self.figures.fixed_strays, &mut random);
        let [width, height] = moment.camera.size_px().map(f64::from);
        for _ in 0..count {
            let point_in_image =
                Point2::new(width * random.random_range(0.15..0.85), height * random.random_range(0.15..0.85));
            let peak = random.random_range(15.0..90.0);
            let sigma_px = SPOT_SIGMA_PX * scale_of(moment.camera) * random.random_range(0.8..1.5);
            spots.push(Spot { point_in_image, peak, sigma_px, keypoint: None });
        }
    }

    /// Glints that wander about the animal for a while; each camera has its own, since reflections differ by view.
    fn add_moving_strays(&self, moment: &Moment<'_>, body: &Body, spots: &mut Vec<Spot>) {
        /// So many wander at most; each is lit for its share of the time.
        const SLOTS: u64 = 4;
        let Some(middle) = moment.camera.project(body.middle()) else { return };
        let px_per_mm = moment.camera.focal_px() / (moment.camera.center_in_world() - body.middle()).norm();
        for slot in 0..SLOTS {
            let first = 1000 + 8 * (slot + SLOTS * moment.camera_index);
            let noise = |offset: u64, knot_secs: f64| {
                SmoothNoise::new(self.seed, first + offset, knot_secs).at(moment.time_secs)
            };
            let lit = noise(0, STRAY_KNOT_SECS) - lit_threshold(self.figures.moving_strays / SLOTS as f64);
            if lit <= 0.0 {
                continue;
            }
            let offset = [30.0 * noise(1, 0.35), 22.0 * noise(2, 0.35)].map(|millimetres| millimetres * px_per_mm);
            spots.push(Spot {
                point_in_image: Point2::new(middle.x + offset[0], middle.y + offset[1]),
                peak: 85.0 * (lit * 4.0).min(1.0) * (1.0 + 0.25 * noise(3, 0.3)).max(0.3),
                sigma_px: SPOT_SIGMA_PX * scale_of(moment.camera) * 1.1,
                keypoint: None,
            });
        }
    }

    /// What a detector reports inside the crop, in reading order.
    pub(super) fn detect(&self, moment: &Moment<'_>, spots: &[Spot], crop: Option<Crop>) -> Vec<SimulatedDot> {
        let Some(crop) = crop else { return Vec::new() };
        let mut random = stream(self.seed, Purpose::Detection, &[moment.frame, moment.camera_index]);
        let mut seen = Vec::with_capacity(spots.len());
        for spot in spots {
            let missed = random.random_bool(self.figures.miss_chance);
            let draw: [f64; 3] = [0; 3].map(|_| random.sample(StandardNormal));
            let peak = spot.peak + draw[2] * (READ_NOISE_GREY.powi(2) + SHOT_NOISE_GREY * spot.peak).sqrt() * 0.5;
            if missed || peak < DETECTABLE_GREY || !moment.camera.sees(spot.point_in_image) {
                continue;
            }
            let crowd = crowding(spot, spots);
            let fit = fit_noise_px(spot.peak, spot.sigma_px) + 0.25 * crowd * spot.sigma_px / SPOT_SIGMA_PX;
            let point = Point2::new(spot.point_in_image.x + fit * draw[0], spot.point_in_image.y + fit * draw[1]);
            seen.push(Spot { point_in_image: point, peak, ..*spot });
        }
        let mut dots = merge(seen);
        let count = count(self.figures.false_spots, &mut random);
        for _ in 0..count {
            let x = f64::from(crop.x) + f64::from(crop.width) * random.random_range(0.0..1.0);
            let y = f64::from(crop.y) + f64::from(crop.height) * random.random_range(0.0..1.0);
            dots.push(SimulatedDot {
                point_in_image: Point2::new(x, y),
                peak: DETECTABLE_GREY * random.random_range(1.0..1.8),
                sigma_px: SPOT_SIGMA_PX * scale_of(moment.camera) * random.random_range(0.7..1.3),
                keypoint: None,
                swallowed: None,
            });
        }
        dots.retain(|dot| crop.contains(dot.point_in_image) && moment.camera.sees(dot.point_in_image));
        dots.sort_by(|a, b| {
            let key = |dot: &SimulatedDot| (dot.point_in_image.y, dot.point_in_image.x);
            key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
        });
        dots
    }
}

/// Length of the way from a dot to the camera that lies inside the body, mm.
fn tissue_depth_mm(body: &Body, dot: &Point3, camera_center: &Point3) -> f64 {
    depth_mm(&body.blobs, dot, &(camera_center - dot).normalize())
}

fn scale_of(camera: &Camera) -> f64 {
    f64::from(camera.size_px()[0]) / SCALE_WIDTH_PX
}

/// A whole number with the given mean.
fn count(mean: f64, random: &mut impl rand::Rng) -> u32 {
    if mean <= 0.0 { 0 } else { Poisson::new(mean).map_or(0, |counts| counts.sample(random) as u32) }
}

/// The value that smooth noise exceeds for this share of the time (it is nearly normal; this is its quantile, roughly).
fn lit_threshold(share: f64) -> f64 {
    let share = share.clamp(0.001, 0.999);
    // Tukey's lambda approximation of the normal quantile.
    -(share.powf(0.135) - (1.0 - share).powf(0.135)) / 0.1975
}

/// What sensor noise does to a fitted Gaussian's centre, per axis: twice the Cramér–Rao bound at one pixel per sample.
fn fit_noise_px(peak: f64, sigma_px: f64) -> f64 {
    let noise = (READ_NOISE_GREY.powi(2) + SHOT_NOISE_GREY * 0.5 * peak).sqrt();
    2.0 * noise / (peak.max(1.0) * std::f64::consts::PI.sqrt()) * (sigma_px / SPOT_SIGMA_PX).max(0.3)
}

/// 0 where no other spot is near, up to 1 where one is as near as two spots can be told apart.
fn crowding(spot: &Spot, spots: &[Spot]) -> f64 {
    let mut worst = 0.0_f64;
    for other in spots {
        let distance = (other.point_in_image - spot.point_in_image).norm() / spot.sigma_px;
        if distance > 0.0 && distance < CROWDED_SIGMAS {
            let weight = (other.peak / spot.peak.max(1.0)).min(1.0);
            worst = worst.max(weight * (CROWDED_SIGMAS - distance) / (CROWDED_SIGMAS - MERGE_SIGMAS));
        }
    }
    worst.min(1.0)
}

/// Joins spots that touch, the brightest first. The joint dot keeps the identity of its brightest part.
fn merge(mut seen: Vec<Spot>) -> Vec<SimulatedDot> {
    seen.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    let mut dots: Vec<SimulatedDot> = Vec::with_capacity(seen.len());
    for spot in seen {
        let limit = MERGE_SIGMAS * spot.sigma_px;
        match dots.iter_mut().find(|dot| (dot.point_in_image - spot.point_in_image).norm() < limit) {
            Some(dot) => {
                let share = spot.peak / (dot.peak + spot.peak);
                dot.point_in_image += (spot.point_in_image - dot.point_in_image) * share;
                dot.peak += spot.peak * 0.5;
                dot.sigma_px *= 1.12;
                dot.swallowed = dot.swallowed.or(spot.keypoint);
            }
            None => dots.push(SimulatedDot {
                point_in_image: spot.point_in_image,
                peak: spot.peak,
                sigma_px: spot.sigma_px,
                keypoint: spot.keypoint,
                swallowed: None,
            }),
        }
    }
    dots
}
