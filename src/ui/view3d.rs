//! The 3D view.

use egui::Ui;

use super::ctx::ViewCtx;
use crate::app::session::Session;

/// What the 3D view remembers between frames.
#[derive(Default)]
pub(super) struct View3dMemory {}

impl View3dMemory {
    pub(super) fn forget(&mut self) {}
}

pub(super) fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _session: &Session, _memory: &mut View3dMemory) {}
