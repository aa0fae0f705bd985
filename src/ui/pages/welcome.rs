//! The welcome page.

use egui::Ui;

use crate::ui::ctx::ViewCtx;

/// What the page remembers between frames.
#[derive(Default)]
pub struct WelcomeMemory {}

/// Draws the page.
pub fn ui(_ui: &mut Ui, _ctx: &ViewCtx<'_>, _memory: &mut WelcomeMemory) {}
