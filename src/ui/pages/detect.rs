//! The detect page.

use egui::Ui;

use super::Memory;
use crate::ui::ctx::ViewCtx;

/// What the page remembers between frames.
#[derive(Default)]
pub struct DetectMemory {}

/// Draws the page.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut Memory) {}
