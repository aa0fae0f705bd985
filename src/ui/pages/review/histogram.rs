//! All frames by their residual, on a logarithmic axis, and the threshold that can be moved over them by pointer or arrows.

use egui::{Align2, EventFilter, Key, Modifiers, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::overview::Overview;
use crate::app::session::Session;
use crate::ui::ctx::ViewCtx;
use crate::ui::input;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::focus_ring;

/// The ends of the axis, px; what lies beyond stands in the last bars.
const AXIS_PX: [f64; 2] = [0.3, 100.0];
const BARS: usize = 22;
/// Figures at the axis, px.
const TICKS_PX: [(f64, &str); 4] = [(0.3, "0.3"), (1.0, "1"), (10.0, "10"), (100.0, "100 px")];
/// Heights of the words, the bars and the axis, points.
const HEIGHTS: [f32; 3] = [18.0, 36.0, 16.0];
/// Half the width in which the handle can be caught, points.
const CATCH: f32 = 9.0;

/// What was counted, and when.
#[derive(Debug, Default)]
pub(super) struct HistogramMemory {
    revision: Option<u64>,
    bars: [u32; BARS],
    threshold_px: f64,
    above: usize,
}

impl HistogramMemory {
    /// Counts anew where frames or threshold changed.
    fn count(&mut self, overview: &Overview, threshold_px: f64) {
        let residuals = || overview.marks.iter().map(|mark| mark.residual_px).filter(|px| !px.is_nan());
        let is_new = self.revision != Some(overview.revision);
        if is_new {
            self.revision = Some(overview.revision);
            self.bars = [0; BARS];
            residuals().for_each(|px| self.bars[bar_of(f64::from(px))] += 1);
        }
        if is_new || self.threshold_px.to_bits() != threshold_px.to_bits() {
            self.threshold_px = threshold_px;
            let least = threshold_px as f32;
            self.above = residuals().filter(|px| *px >= least).count();
        }
    }
}

/// Draws it.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, overview: &Overview, memory: &mut HistogramMemory) {
    let threshold_px = session.queue.threshold_px();
    memory.count(overview, threshold_px);
    let [words, bars, axis] = HEIGHTS;
    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), words + bars + axis), Sense::hover());
    let plot = Rect::from_min_size(whole.min + vec2(0.0, words), vec2(whole.width(), bars));
    paint_bars(ui, plot, memory);
    paint_axis(ui, plot);
    threshold_ui(ui, ctx, plot, memory);
}

fn paint_bars(ui: &Ui, plot: Rect, memory: &HistogramMemory) {
    let palette = theme::palette(ui);
    let most = memory.bars.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = plot.width() / BARS as f32;
    for (index, count) in memory.bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        // By the root, so that a few bad frames among thousands are still seen.
        let height = (plot.height() * (*count as f32 / most).sqrt()).max(2.0);
        let left = plot.left() + width * index as f32;
        let rect = Rect::from_min_max(pos2(left, plot.bottom() - height), pos2(left + width - 1.5, plot.bottom()));
        let middle_px = px_at((index as f64 + 0.5) / BARS as f64);
        let colour = if middle_px >= memory.threshold_px { palette.error } else { palette.bar };
        ui.painter().rect_filled(rect, 1, colour);
    }
}

fn paint_axis(ui: &Ui, plot: Rect) {
    let palette = theme::palette(ui);
    let font = mono(Weight::Medium, Theme::get().font.caption);
    ui.painter().hline(plot.x_range(), plot.bottom(), egui::Stroke::new(1.0, palette.line_strong));
    for (px, text) in TICKS_PX {
        let x = plot.left() + plot.width() * share_of(px) as f32;
        let anchor = match px {
            px if px <= AXIS_PX[0] => Align2::LEFT_TOP,
            px if px >= AXIS_PX[1] => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        ui.painter().text(pos2(x, plot.bottom() + 2.0), anchor, text, font.clone(), palette.text_tertiary);
    }
}

fn threshold_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, plot: Rect, memory: &HistogramMemory) {
    let palette = theme::palette(ui);
    let theme = Theme::get();
    let threshold_px = memory.threshold_px;
    let x = plot.left() + plot.width() * share_of(threshold_px) as f32;
    let catch = Rect::from_min_max(pos2(x - CATCH, plot.top() - HEIGHTS[0]), pos2(x + CATCH, plot.bottom()));
    let response = ui.interact(catch, ui.scope_id().with("threshold"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), threshold_px, "Residual threshold"));

    let is_hot = response.hovered() || response.dragged();
    let colour = if is_hot || response.has_focus() { palette.accent } else { palette.text };
    ui.painter().vline(x, (plot.top() - 4.0)..=plot.bottom(), egui::Stroke::new(1.5, colour));
    let knob = Rect::from_center_size(pos2(x, plot.top() - 9.0), vec2(7.0, 14.0));
    ui.painter().rect_filled(knob, theme.radius.mark, colour);
    focus_ring(ui, knob, &response);
    let words = format!("{} px · {} above", px_text(threshold_px), memory.above);
    let font = sans(Weight::Medium, theme.font.caption);
    let galley = ui.painter().layout_no_wrap(words, font, palette.text);
    // To the right of the handle where there is room within the panel, else to the left.
    let fits = x + 8.0 + galley.size().x <= plot.right() + 2.0 * theme.space.unit;
    let left = if fits { x + 8.0 } else { x - 8.0 - galley.size().x };
    let top = plot.top() - 9.0 - galley.size().y / 2.0;
    ui.painter().galley(pos2(left, top), galley, palette.text);

    let response = response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
    if let Some(asked) = asked_px(ui, &response, plot, threshold_px).filter(|asked| *asked != threshold_px) {
        ctx.send(Command::SetThreshold(asked));
    }
    // While it is dragged, the rows below must be seen.
    if !response.is_pointer_button_down_on() && !response.dragged() {
        response.on_hover_text("Frames with a larger residual are worth a look. Drag, or use the arrow keys");
    }
}

/// The threshold that pointer or keys ask for, px.
fn asked_px(ui: &Ui, response: &Response, plot: Rect, now_px: f64) -> Option<f64> {
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        input::claim_arrows(ui.ctx());
        let pressed = |key: Key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        let up = pressed(Key::ArrowRight) + pressed(Key::ArrowUp);
        let down = pressed(Key::ArrowLeft) + pressed(Key::ArrowDown);
        if up != down {
            let steps = up as f64 - down as f64;
            return Some(rounded_px(now_px + steps * step_px(now_px)));
        }
    }
    let pointer = response.interact_pointer_pos().filter(|_| response.dragged())?;
    Some(rounded_px(px_at(f64::from((pointer.x - plot.left()) / plot.width()))))
}

fn step_px(px: f64) -> f64 {
    if px < 10.0 { 0.1 } else { 1.0 }
}

fn rounded_px(px: f64) -> f64 {
    let step = step_px(px);
    ((px / step).round() * step).clamp(AXIS_PX[0], AXIS_PX[1])
}

fn px_text(px: f64) -> String {
    if px < 10.0 { format!("{px:.1}") } else { format!("{px:.0}") }
}

/// Where a residual stands on the axis, 0 to 1.
fn share_of(px: f64) -> f64 {
    ((px / AXIS_PX[0]).ln() / (AXIS_PX[1] / AXIS_PX[0]).ln()).clamp(0.0, 1.0)
}

/// The residual at a share of the axis, px.
fn px_at(share: f64) -> f64 {
    AXIS_PX[0] * (AXIS_PX[1] / AXIS_PX[0]).powf(share.clamp(0.0, 1.0))
}

fn bar_of(px: f64) -> usize {
    ((share_of(px) * BARS as f64) as usize).min(BARS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_logarithmic_and_holds_everything() {
        assert_eq!((bar_of(0.0), bar_of(0.3), bar_of(100.0), bar_of(1e9)), (0, 0, BARS - 1, BARS - 1));
        assert!((px_at(share_of(2.8)) - 2.8).abs() < 1e-12);
        assert!((px_at(0.5) - 30f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn the_threshold_moves_in_round_steps() {
        assert_eq!(px_text(rounded_px(2.8 + step_px(2.8))), "2.9");
        assert_eq!(rounded_px(0.0), 0.3);
        assert_eq!(rounded_px(47.3), 47.0);
        assert_eq!(rounded_px(10.0 + step_px(10.0)), 11.0);
    }
}
