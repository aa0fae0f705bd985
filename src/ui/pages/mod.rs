//! One file per page, and what pages remember between frames.

pub mod welcome;

pub mod detect;

pub mod seeds;

pub mod run;

pub mod review;

pub mod behavior;

pub mod export;

use super::dialogs::DialogMemory;
use super::grid::GridMemory;
use super::sides::SidesMemory;
use super::time::TimeMemory;

/// What views remember between frames; never labels, never what the app decides.
#[derive(Default)]
pub struct Memory {
    /// The welcome page.
    pub welcome: welcome::WelcomeMemory,
    /// The camera grid.
    pub grid: GridMemory,
    /// The time bar and plots.
    pub time: TimeMemory,
    /// Dialogs.
    pub dialogs: DialogMemory,
    /// The detect page.
    pub detect: detect::DetectMemory,
    /// The run page.
    pub run: run::RunMemory,
    /// The review page.
    pub review: review::ReviewMemory,
    /// The behaviour page.
    pub behavior: behavior::BehaviorMemory,
    /// The export page.
    pub export: export::ExportMemory,
    /// Which panels are open where not all of them have room.
    pub sides: SidesMemory,
}
