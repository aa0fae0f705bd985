//! The time bar over the whole recording: playing, residuals, marks, the shown frame; above it, opened on demand, plots and
//! the 3D view.
//!
//! All of it has one time scale, which the wheel zooms; it is the same on every page. What is drawn of a frame is gathered
//! once per change ([`bins`]), so that a painted frame costs the same for 60 frames and for a million.

pub mod axis;

pub mod bins;

mod bar;

mod shapes;

mod hint;

mod transport;

pub(super) use bar::zoom_by;
pub(super) use transport::player_ui;

#[cfg(test)]
mod tests;

use egui::{CentralPanel, Frame, Panel, Ui};

use super::ctx::ViewCtx;
use super::plots::PlotsMemory;
use super::theme;
use super::view3d::View3dMemory;
use super::{plots, view3d};
use crate::app::session::Session;
use crate::app::{Command, Page};
use crate::model::RecordingId;
use axis::{Axis, Span};

/// What the time bar remembers between frames.
#[derive(Default)]
pub struct TimeMemory {
    /// The part of the recording that is shown; nothing: all of it.
    span: Option<Span>,
    /// The frame that was shown last, to bring in the next one where it lies outside.
    shown: Option<u32>,
    /// Which recording that was.
    of: Option<(std::path::PathBuf, RecordingId)>,
    bar: bar::BarMemory,
    /// Whether plots are open.
    plots_open: bool,
    /// Whether the 3D view is open.
    view3d_open: bool,
    /// Which of them was opened last.
    latest: Latest,
    plots: PlotsMemory,
    view3d: View3dMemory,
}

/// What was opened last above the bar: that stays where there is no room for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Latest {
    #[default]
    Plots,
    View3d,
}

/// What the bars say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BarKind {
    /// The worst residual of each frame.
    Residuals,
    /// How many dots were found.
    Dots,
    /// What is solved.
    Progress,
}

impl BarKind {
    fn of(page: Page, session: &Session) -> Self {
        let is_solved = session.overview.as_ref().is_some_and(|overview| overview.solved_len() > 0);
        match page {
            Page::Run => Self::Progress,
            Page::Detect => Self::Dots,
            _ if !is_solved => Self::Dots,
            _ => Self::Residuals,
        }
    }

    fn height(self, is_wide: bool, is_low: bool) -> f32 {
        let size = &theme::Theme::get().size.time_bar;
        match self {
            _ if is_low => LOW_BAR,
            Self::Residuals if is_wide => size.wide,
            Self::Residuals => size.narrow,
            Self::Dots => size.seeds,
            Self::Progress => size.run,
        }
    }
}

/// From the left edge of the window to where frames begin, points.
const GUTTER: f32 = 116.0;
/// From where frames end to the right edge.
const END: f32 = 16.0;

/// The bar has its low form, bars and marks alone, in windows lower than this: without plots and with them, points.
const LOW_WINDOW: [f32; 2] = [560.0, 720.0];
/// Height of the bar in its low form.
const LOW_BAR: f32 = 72.0;

/// Height of plots and 3D view when they are first opened, as a share of the room above the bar and within these limits.
const DRAWER_SHARE: f32 = 0.42;
const DRAWER: (f32, f32) = (200.0, 400.0);
/// Least height of plots and 3D view.
const DRAWER_LEAST: f32 = 112.0;
/// What they leave to the page, as a share of the window's height.
const PAGE_SHARE: f32 = 0.45;
/// Width of the 3D view beside plots, and the width of the window in which both have room.
const VIEW3D_WIDTH: f32 = 420.0;
const BOTH_FROM: f32 = 1040.0;

/// Draws the time bar as a panel at the bottom, and above it what is opened.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut TimeMemory) {
    let Some(session) = ctx.session() else { return };
    memory.follow(session);
    if ui.available_width() < BOTH_FROM && memory.plots_open && memory.view3d_open {
        memory.plots_open = memory.latest == Latest::Plots;
        memory.view3d_open = !memory.plots_open;
    }
    let is_open = memory.plots_open || memory.view3d_open;
    if is_open && !session.series.is_wanted {
        ctx.send(Command::WantSeries);
    }
    let window = ui.ctx().content_rect().size();
    let kind = BarKind::of(ctx.state.page, session);
    let is_low = window.y < LOW_WINDOW[usize::from(is_open)];
    let bar_height = ctx.theme.size.tool_bar + kind.height(window.x >= ctx.theme.size.narrow_below, is_low);
    let room = ui.available_height() - bar_height;
    let most = (room - PAGE_SHARE * window.y).max(DRAWER_LEAST);
    let height = (room * DRAWER_SHARE).clamp(DRAWER.0, DRAWER.1).min(most);
    let frame = Frame::NONE.fill(theme::palette(ui).panel);
    if memory.plots_open && memory.view3d_open {
        // The 3D view stands beside bar and plots, which keep one time scale.
        let range = (bar_height + DRAWER_LEAST)..=(bar_height + most);
        let both = Panel::bottom("time and 3D view").resizable(true).default_size(bar_height + height);
        both.size_range(range).frame(frame).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            let beside = Panel::right("3D view").resizable(false).exact_size(VIEW3D_WIDTH).frame(frame);
            beside.show(ui, |ui| view3d::ui(ui, ctx, session, &mut memory.view3d));
            bar_ui(ui, ctx, session, kind, memory, bar_height);
            CentralPanel::default().frame(frame).show(ui, |ui| plots_ui(ui, ctx, session, memory));
        });
        return;
    }
    bar_ui(ui, ctx, session, kind, memory, bar_height);
    if is_open {
        let drawer = Panel::bottom("time drawer").resizable(true).default_size(height);
        drawer.size_range(DRAWER_LEAST..=most).frame(frame).show(ui, |ui| {
            // A panel is as high as what is in it.
            ui.set_min_size(ui.available_size());
            if memory.plots_open {
                plots_ui(ui, ctx, session, memory);
            } else {
                view3d::ui(ui, ctx, session, &mut memory.view3d);
            }
        });
    }
}

fn bar_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, kind: BarKind, memory: &mut TimeMemory, height: f32) {
    let frame = Frame::NONE.fill(theme::palette(ui).panel);
    Panel::bottom("time bar").exact_size(height).frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        transport::ui(ui, ctx, session, kind, memory);
        bar::ui(ui, ctx, session, kind, memory);
    });
}

fn plots_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut TimeMemory) {
    let mut axis = memory.axis(ui, session);
    plots::ui(ui, ctx, session, &mut axis, &mut memory.plots);
    memory.span = axis.remembered();
}

impl TimeMemory {
    /// Forgets the zoom of another recording, and brings the shown frame in when it changed.
    fn follow(&mut self, session: &Session) {
        let of = (&session.path, session.info.id);
        if self.of.as_ref().is_none_or(|(path, id)| (path, *id) != of) {
            self.of = Some((session.path.clone(), session.info.id));
            self.span = None;
            self.shown = None;
            self.bar = bar::BarMemory::default();
            self.plots.forget();
            self.view3d.forget();
        }
        let frame = session.cursor.frame;
        if self.shown != Some(frame) {
            let axis = Axis::new(0.0, 1.0, self.span, session.info.frame_count);
            self.span = axis.showing(frame).remembered();
            self.shown = Some(frame);
        }
    }

    fn axis(&self, ui: &Ui, session: &Session) -> Axis {
        let room = ui.max_rect();
        Axis::new(room.left() + GUTTER, room.width() - GUTTER - END, self.span, session.info.frame_count)
    }
}
