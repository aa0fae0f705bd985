//! The seed frames as cards: which are done, which is shown, and the way to others.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::session::{SeedProgress, Session};
use crate::app::{Command, Dialog};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, focus_ring};

/// Height of a card, points: in a low panel, all stands in one line.
const CARD: f32 = 60.0;
const LOW_CARD: f32 = 30.0;

/// Draws the cards.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, is_low: bool) {
    let shown = session.cursor.frame;
    ui.add_space(if is_low { 0.0 } else { 4.0 });
    for frame in &session.seeds.frames {
        card_ui(ui, ctx, session, *frame, is_low);
    }
    if !session.seeds.frames.contains(&shown) {
        let palette = theme::palette(ui);
        let words = format!("Frame {shown} is no seed frame.");
        ui.label(egui::RichText::new(words).color(palette.text_secondary));
        let words = format!("Make frame {shown} a seed frame");
        if ui.add(ActionButton::new(&words)).clicked() {
            let frames = session.seeds.frames.iter().copied().chain([shown]);
            ctx.send(Command::ChooseSeedFrames(frames.collect()));
        }
    }
    let choose = egui::Button::new("Choose other frames…").frame(false);
    if ui.add(choose).clicked() {
        ctx.send(Command::Show(Some(Dialog::SeedFrames)));
    }
}

fn words_of(progress: &SeedProgress) -> String {
    match (progress.dots, progress.none) {
        (0, 0) => "nothing yet".to_owned(),
        (dots, none) => format!("{dots} dot{}, {none} none", if dots == 1 { "" } else { "s" }),
    }
}

fn card_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, frame: u32, is_low: bool) {
    let theme = ctx.theme;
    let palette = theme::palette(ui);
    let is_shown = session.cursor.frame == frame;
    let progress = session.seeds.progress.get(&frame).copied().unwrap_or_default();
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), if is_low { LOW_CARD } else { CARD }), Sense::click());
    let is_done = session.is_seed_done(frame);
    let (state, colour) = match (is_done, is_shown) {
        (true, _) => ("done", palette.ok),
        (false, true) => ("now", palette.accent),
        (false, false) => ("to do", palette.text_secondary),
    };
    let words = words_of(&progress);
    let name = format!("Frame {frame}: {state}, {words}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), is_shown, &name));
    let (fill, outline) = match (is_shown, response.hovered()) {
        (true, _) => (palette.accent_fill, palette.accent),
        (false, true) => (palette.control, palette.line_strong),
        (false, false) => (palette.raised, palette.line_strong),
    };
    let stroke = Stroke::new(theme.stroke.control, outline);
    let painter = ui.painter();
    painter.rect(rect, theme.radius.control, fill, stroke, StrokeKind::Inside);
    let inner = rect.shrink2(if is_low { vec2(10.0, 6.0) } else { vec2(10.0, 10.0) });
    let title = format!("Frame {frame}");
    let body = sans(Weight::Strong, theme.font.body);
    let start = painter.text(inner.left_top(), Align2::LEFT_TOP, title, body, palette.text);
    let caption = sans(Weight::Regular, theme.font.caption);
    let end = painter.text(inner.right_top(), Align2::RIGHT_TOP, state, caption.clone(), colour);
    if is_done {
        let size = theme.size.icon_small;
        let place = Rect::from_min_size(pos2(end.left() - size - 4.0, end.center().y - size / 2.0), vec2(size, size));
        paint_icon(painter, Icon::Check, place, colour);
    }
    let galley = painter.layout_no_wrap(words, caption, palette.text_secondary);
    let second = match is_low {
        true => pos2(start.right() + 8.0, start.center().y - galley.size().y / 2.0),
        false => pos2(inner.left(), inner.top() + 18.0),
    };
    let state_left = end.left() - if is_done { theme.size.icon_small + 8.0 } else { 8.0 };
    if !is_low || second.x + galley.size().x <= state_left {
        painter.galley(second, galley, palette.text_secondary);
    }
    let track = match is_low {
        true => Rect::from_min_max(pos2(inner.left(), rect.bottom() - 4.0), pos2(inner.right(), rect.bottom() - 2.0)),
        false => Rect::from_min_max(pos2(inner.left(), inner.bottom() - 4.0), inner.max),
    };
    painter.rect_filled(track, theme.radius.mark, palette.control_track);
    let done = Rect::from_min_size(track.min, vec2(track.width() * progress.share().clamp(0.0, 1.0), track.height()));
    let bar = if is_done { palette.ok } else { palette.accent };
    painter.rect_filled(done, theme.radius.mark, bar);
    focus_ring(ui, rect, &response);
    if response.clicked() {
        ctx.send(Command::ShowFrame(frame));
    }
}
