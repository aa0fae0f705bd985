//! Notices at the lower left of the pictures: what happened and what to do. Errors stay until they are closed; the rest goes
//! by itself. Lists, tables and buttons, where a person looks and clicks next, stay free.

use egui::{Align, Align2, Area, Context, Frame, Id, Layout, Order, Rect, Ui};

use super::icons::{Icon, icon, icon_button};
use super::theme::{self, Ink, Theme};
use crate::app::state::{Notice, Urgency};

/// So many are shown at once; the oldest that goes by itself makes room.
const MOST: usize = 3;
/// Width of a notice, points.
const WIDTH: f32 = 320.0;
/// Between a notice and the edges of the place where they stand, points.
const MARGIN: f32 = 12.0;

struct Shown {
    id: u64,
    notice: Notice,
    /// When it goes, seconds of the window's clock.
    until_secs: Option<f64>,
}

/// The notices that are shown.
#[derive(Default)]
pub(super) struct Notices {
    shown: Vec<Shown>,
    next_id: u64,
}

impl Notices {
    /// Shows further ones; one that is shown already stays longer.
    pub(super) fn add(&mut self, notices: Vec<Notice>, now_secs: f64) {
        for notice in notices {
            // Long enough to read at about three words a second, and never shorter than four seconds.
            let reading_secs = (notice.text.split_whitespace().count() as f64 / 3.0).max(4.0);
            let until_secs = match notice.urgency {
                Urgency::Info | Urgency::Success => Some(now_secs + reading_secs),
                Urgency::Warning => Some(now_secs + 2.0 * reading_secs),
                Urgency::Error => None,
            };
            if let Some(same) = self.shown.iter_mut().find(|shown| shown.notice == notice) {
                same.until_secs = until_secs;
                continue;
            }
            self.next_id += 1;
            self.shown.push(Shown { id: self.next_id, notice, until_secs });
            if self.shown.len() > MOST {
                let oldest = self.shown.iter().position(|shown| shown.until_secs.is_some()).unwrap_or(0);
                self.shown.remove(oldest);
            }
        }
    }

    /// Draws them over everything else in the lower left corner of `room`, the latest at the bottom.
    pub(super) fn ui(&mut self, context: &Context, room: Rect) {
        let now_secs = context.input(|input| input.time);
        self.shown.retain(|shown| shown.until_secs.is_none_or(|until| until > now_secs));
        if self.shown.is_empty() {
            return;
        }
        let next = self.shown.iter().filter_map(|shown| shown.until_secs).min_by(f64::total_cmp);
        if let Some(next) = next {
            context.request_repaint_after_secs((next - now_secs).max(0.0) as f32);
        }
        let mut closed = None;
        let inner = room.shrink(MARGIN);
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .pivot(Align2::LEFT_BOTTOM)
            .fixed_pos(inner.left_bottom())
            .show(context, |ui| {
                ui.set_width(WIDTH.min(inner.width().max(200.0)));
                for shown in &self.shown {
                    if ui.push_id(shown.id, |ui| notice_ui(ui, &shown.notice)).inner {
                        closed = Some(shown.id);
                    }
                }
            });
        self.shown.retain(|shown| Some(shown.id) != closed);
    }
}

/// Draws one; says whether it was closed.
fn notice_ui(ui: &mut Ui, notice: &Notice) -> bool {
    let palette = theme::palette(ui);
    let (sign, ink, word) = match notice.urgency {
        Urgency::Info => (Icon::Info, Ink::TextSecondary, "Note"),
        Urgency::Success => (Icon::Check, Ink::Ok, "Done"),
        Urgency::Warning => (Icon::Warning, Ink::Warn, "Warning"),
        Urgency::Error => (Icon::Warning, Ink::Error, "Error"),
    };
    let frame = Frame::popup(ui.style()).fill(palette.raised).inner_margin(12);
    frame
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                let is_closed = icon_button(ui, Icon::Close, "Close the notice", "").clicked();
                ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                    icon(ui, sign, Theme::get().size.icon, palette.ink(ink)).on_hover_text(word);
                    ui.add(egui::Label::new(notice.text.as_str()).wrap().selectable(true));
                });
                is_closed
            })
            .inner
        })
        .inner
}
