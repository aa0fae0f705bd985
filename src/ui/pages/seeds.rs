//! The seeds page.

use egui::Ui;

use super::Memory;
use crate::ui::ctx::ViewCtx;

/// Draws the page.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut Memory) {}
