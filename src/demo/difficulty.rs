//! What makes a demo recording easy or hard, in numbers.
//!
//! The spot noise is set so that triangulation with true identities errs by 0.09–0.10 mm (normal) and 0.15–0.17 mm (hard) on
//! average with six cameras; a test measures it. Lengths in pixels hold at 1024 px width and scale with it.

use serde::{Deserialize, Serialize};

use super::Difficulty;

/// The numbers behind a [`Difficulty`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifficultyFigures {
    /// Standard deviation per axis of a spot's place around the projected dot, px at 1024 px width: light leaves the fur
    /// beside the dot, and no calibration is perfect. Dots deep under tissue are worse by up to its double.
    pub spot_noise_px: f64,
    /// Depth of tissue that dims a dot to 1/e, mm.
    pub tissue_depth_mm: f64,
    /// How bright dots are, beside usual ones.
    pub brightness: f64,
    /// Fixed reflections per camera.
    pub fixed_strays: f64,
    /// Moving reflections around the animal, per view.
    pub moving_strays: f64,
    /// Spots that only the detector sees, per view inside the crop.
    pub false_spots: f64,
    /// Chance that a bright dot is not reported.
    pub miss_chance: f64,
    /// How far and fast head, ears and tail move, beside a usual mouse.
    pub liveliness: f64,
}

impl Difficulty {
    /// The numbers behind it.
    pub fn figures(self) -> DifficultyFigures {
        match self {
            Self::Easy => DifficultyFigures {
                spot_noise_px: 0.15,
                tissue_depth_mm: 4.2,
                brightness: 1.15,
                fixed_strays: 1.0,
                moving_strays: 0.2,
                false_spots: 0.2,
                miss_chance: 0.001,
                liveliness: 0.7,
            },
            Self::Normal => DifficultyFigures {
                spot_noise_px: 0.248,
                tissue_depth_mm: 3.5,
                brightness: 1.0,
                fixed_strays: 2.0,
                moving_strays: 0.5,
                false_spots: 0.5,
                miss_chance: 0.005,
                liveliness: 1.0,
            },
            Self::Hard => DifficultyFigures {
                spot_noise_px: 0.415,
                tissue_depth_mm: 2.8,
                brightness: 0.8,
                fixed_strays: 4.0,
                moving_strays: 1.2,
                false_spots: 1.0,
                miss_chance: 0.015,
                liveliness: 1.3,
            },
        }
    }
}
