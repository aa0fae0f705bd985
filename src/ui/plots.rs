//! Plots over time.

use egui::Ui;

use super::ctx::ViewCtx;
use super::time::axis::Axis;
use crate::app::session::Session;

/// What plots remember between frames.
#[derive(Default)]
pub(super) struct PlotsMemory {}

impl PlotsMemory {
    pub(super) fn forget(&mut self) {}
}

pub(super) fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _session: &Session, _axis: &mut Axis, _memory: &mut PlotsMemory) {}
