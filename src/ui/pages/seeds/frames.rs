//! The seed frames as cards: which are done, which is shown, and the way to others.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::app::session::{SeedProgress, Session};
use crate::app::{Command, Dialog};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{ActionButton, focus_ring};

const CARD_HEIGHT: f32 = 60.0;

/// Draws the cards.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let shown = session.cursor.frame;
    ui.add_space(4.0);
    for frame in &session.seeds.frames {
        card_ui(ui, ctx, session, *frame);
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

fn card_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, frame: u32) {
    let theme = ctx.theme;
    let palette = theme::palette(ui);
    let is_shown = session.cursor.frame == frame;
    let progress = session.seeds.progress.get(&frame).copied().unwrap_or_default();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CARD_HEIGHT), Sense::click());
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
    let inner = rect.shrink(10.0);
    let title = format!("Frame {frame}");
    painter.text(inner.left_top(), Align2::LEFT_TOP, title, sans(Weight::Strong, theme.font.body), palette.text);
    let caption = sans(Weight::Regular, theme.font.caption);
    let end = painter.text(inner.right_top(), Align2::RIGHT_TOP, state, caption.clone(), colour);
    if is_done {
        let size = theme.size.icon_small;
        let place = Rect::from_min_size(pos2(end.left() - size - 4.0, end.center().y - size / 2.0), vec2(size, size));
        paint_icon(painter, Icon::Check, place, colour);
    }
    let second = pos2(inner.left(), inner.top() + 18.0);
    painter.text(second, Align2::LEFT_TOP, words, caption, palette.text_secondary);
    let track = Rect::from_min_max(pos2(inner.left(), inner.bottom() - 4.0), inner.max);
    painter.rect_filled(track, theme.radius.mark, palette.control_track);
    let done = Rect::from_min_size(track.min, vec2(track.width() * progress.share().clamp(0.0, 1.0), track.height()));
    let bar = if is_done { palette.ok } else { palette.accent };
    painter.rect_filled(done, theme.radius.mark, bar);
    focus_ring(ui, rect, &response);
    if response.clicked() {
        ctx.send(Command::ShowFrame(frame));
    }
}
