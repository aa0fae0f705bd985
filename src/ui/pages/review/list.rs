//! The rows of the queue: only those that can be seen are laid out, so 100,000 are as quick as ten.
//!
//! A row is one frame: state sign and number left, the label with the largest residual and the loudest reason in the middle,
//! residual and chance right. The list follows the shown frame when that changes by key; it never moves by itself otherwise.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Galley, Rect, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::app::command::{QueueFilter, QueueStep};
use crate::app::queue::{QueueRow, ReasonKind};
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::store::FrameState;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::theme::{self, Palette, Theme, Weight, mono, sans};
use crate::ui::widgets::{empty_state, paint_row, state_word};

/// Where the list was scrolled to.
#[derive(Debug, Default)]
pub(super) struct ListMemory {
    /// The shown frame when the list was drawn last.
    frame: Option<u32>,
    top: f32,
    height: f32,
}

impl ListMemory {
    /// Where to scroll so that the row of a newly shown frame is seen, with a row beside it.
    fn follow(&mut self, session: &Session, row_height: f32) -> Option<f32> {
        let frame = session.cursor.frame;
        let was = self.frame.replace(frame);
        if was == Some(frame) || session.cursor.is_playing() {
            return None;
        }
        let top = row_height * session.queue.shown_position(frame)? as f32;
        if top < self.top {
            Some((top - row_height).max(0.0))
        } else if top + row_height > self.top + self.height {
            Some((top + 2.0 * row_height - self.height).max(0.0))
        } else {
            None
        }
    }
}

/// Draws the rows into the room that is left.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut ListMemory) {
    let queue = &session.queue;
    if queue.shown_len() == 0 {
        return empty_ui(ui, ctx, session);
    }
    let row_height = ctx.theme.size.queue_row;
    let mut area = ScrollArea::vertical().id_salt("queue").auto_shrink([false, false]);
    if let Some(top) = memory.follow(session, row_height) {
        area = area.vertical_scroll_offset(top);
    }
    let columns = Columns::new(ui, session);
    ui.spacing_mut().item_spacing.y = 0.0;
    let output = area.show_rows(ui, row_height, queue.shown_len(), |ui, visible| {
        for index in visible {
            if let Some(row) = queue.shown(index) {
                row_ui(ui, ctx, session, &columns, index, row);
            }
        }
    });
    memory.top = output.state.unclamped_offset().y;
    memory.height = output.inner_rect.height();
}

fn empty_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let (filter, counts) = (session.queue.filter(), session.queue.counts());
    let is_filtered = filter.reason.is_some() || filter.camera.is_some() || filter.keypoint.is_some();
    let is_done = counts.all() > 0 && counts.of(FrameState::Todo) == 0 && filter.states == [FrameState::Todo];
    if (is_done || counts.all() == 0) && !is_filtered {
        let sentence = if is_done {
            format!("All {} frames are done. Lower the threshold or export.", counts.all())
        } else {
            format!("Nothing above {:.1} px. Lower the threshold or export.", session.queue.threshold_px())
        };
        let key = ctx.key_of(UiCommand::GoTo(Page::Export));
        if empty_state(ui, &sentence, Some(("Go to Export", &key))).is_some_and(|step| step.clicked()) {
            ctx.run(UiCommand::GoTo(Page::Export));
        }
    } else {
        let step = empty_state(ui, "No frame passes these filters.", Some(("Show all frames", "")));
        if step.is_some_and(|step| step.clicked()) {
            ctx.send(Command::SetFilter(QueueFilter::default()));
        }
    }
}

/// Where things stand in a row, points from its left edge.
struct Columns {
    sign: f32,
    frame: f32,
    words: f32,
}

impl Columns {
    /// Room for the largest frame number of the recording.
    fn new(ui: &Ui, session: &Session) -> Self {
        let theme = Theme::get();
        let digits = session.info.frame_count.saturating_sub(1).max(10).to_string();
        let font = mono(Weight::Strong, theme.font.heading);
        let width = ui.painter().layout_no_wrap(digits, font, Color32::PLACEHOLDER).size().x;
        let sign = theme.space.panel_padding;
        let frame = sign + theme.size.icon + 2.0 * theme.space.unit;
        Self { sign, frame, words: frame + width.ceil() + 2.0 * theme.space.unit }
    }
}

fn row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, columns: &Columns, index: usize, row: &QueueRow) {
    let theme = ctx.theme;
    let size = vec2(ui.available_width(), theme.size.queue_row);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("queue row", row.frame)), Sense::CLICK);
    let is_selected = session.cursor.frame == row.frame;
    let label = label_words(session, row);
    let reason = row.reason.says(&row.reasons);
    response.widget_info(|| {
        let state = state_word(row.state);
        let name = format!("frame {}, {label}, {reason}, {:.1} px, {state}", row.frame, row.residual_px);
        WidgetInfo::selected(Role::ListItem, ui.is_enabled(), is_selected, name)
    });
    if response.clicked() {
        ctx.send(Command::Queue(QueueStep::Row(index)));
    }
    let response = response.on_hover_ui(|ui| {
        ui.label(format!("{label}: {reason}. A label is wrong with a chance of {:.2}.", row.chance));
    });
    let palette = theme::palette(ui);
    paint_row(ui, rect, is_selected, response.hovered());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(theme.stroke.line, palette.line));
    let (upper, lower) = (rect.top() + 0.33 * size.y, rect.top() + 0.69 * size.y);
    let right = rect.right() - theme.space.panel_padding;
    let tokens = match row.state {
        FrameState::Todo => theme.state.todo,
        FrameState::Fixed => theme.state.fixed,
        FrameState::Accepted => theme.state.accepted,
        FrameState::Skipped => theme.state.skipped,
    };
    let middle = pos2(rect.left() + columns.sign + theme.size.icon / 2.0, rect.center().y);
    let place = Rect::from_center_size(middle, Vec2::splat(theme.size.icon));
    paint_icon(ui.painter(), tokens.sign, place, palette.ink(tokens.colour));
    let number = sized(ui, &row.frame.to_string(), mono(Weight::Strong, theme.font.heading), palette.text, 100.0);
    paint(ui, rect.left() + columns.frame, rect.center().y, number);

    let is_open = row.state == FrameState::Todo;
    let figures = [figure(ui, palette, row, session.queue.threshold_px()), aside(ui, palette, row, is_open)];
    let left = rect.left() + columns.words;
    let [upper_room, lower_room] = figures.each_ref().map(|galley| right - galley.size().x - theme.space.unit - left);
    for (galley, y) in figures.into_iter().zip([upper, lower]) {
        paint(ui, right - galley.size().x, y, galley);
    }
    let weight = if is_selected { Weight::Medium } else { Weight::Regular };
    let font = sans(weight, theme.font.body);
    let words =
        [label, short_words(ctx, session, row)].map(|words| sized(ui, &words, font.clone(), palette.text, upper_room));
    paint(ui, left, upper, first_whole(words));
    let sign = Vec2::splat(theme.size.icon_small);
    if let Some(icon) = reason_icon(row.reason) {
        let place = Rect::from_center_size(pos2(left + sign.x / 2.0, lower), sign);
        paint_icon(ui.painter(), icon, place, palette.text_secondary);
    }
    let indent = if reason_icon(row.reason).is_some() { sign.x + theme.space.unit } else { 0.0 };
    let font = sans(Weight::Regular, theme.font.caption);
    let words = [reason.as_str(), row.reason.words()]
        .map(|words| sized(ui, words, font.clone(), palette.text_secondary, lower_room - indent));
    paint(ui, left + indent, lower, first_whole(words));
}

/// The first that is not cut, or the last.
fn first_whole<const N: usize>(words: [Arc<Galley>; N]) -> Arc<Galley> {
    let whole = words.iter().position(|galley| !galley.elided).unwrap_or(N - 1);
    words[whole].clone()
}

/// The label with the largest residual by its code, as it stands on pictures.
fn short_words(ctx: &ViewCtx<'_>, session: &Session, row: &QueueRow) -> String {
    match row.worst {
        Some((camera, keypoint)) => {
            format!("{}, {}", ctx.look.keypoint(keypoint).code, session.camera_name(camera))
        }
        None => "not measured".to_owned(),
    }
}

/// The residual, coral above the threshold as long as the frame is to do.
fn figure(ui: &Ui, palette: &Palette, row: &QueueRow, threshold_px: f64) -> Arc<Galley> {
    let theme = Theme::get();
    let is_over = f64::from(row.residual_px) >= threshold_px;
    let (weight, colour) = match (is_over, row.state) {
        (true, FrameState::Todo) => (Weight::Strong, palette.error),
        (true, _) => (Weight::Strong, palette.text),
        (false, _) => (Weight::Medium, palette.text),
    };
    let text = if row.residual_px.is_nan() { "–".to_owned() } else { format!("{:.1}", row.residual_px) };
    sized(ui, &text, mono(weight, theme.font.body), colour, 100.0)
}

/// The chance that a label is wrong, or what somebody decided.
fn aside(ui: &Ui, palette: &Palette, row: &QueueRow, is_open: bool) -> Arc<Galley> {
    let caption = Theme::get().font.caption;
    if is_open {
        let text = format!("{:.2}", row.chance);
        sized(ui, &text, mono(Weight::Medium, caption), palette.text_tertiary, 100.0)
    } else {
        sized(ui, state_word(row.state), sans(Weight::Regular, caption), palette.text_tertiary, 100.0)
    }
}

fn label_words(session: &Session, row: &QueueRow) -> String {
    match row.worst {
        Some((camera, keypoint)) => {
            format!("{}, {}", session.skeleton.name_of(keypoint), session.camera_name(camera))
        }
        None => "not measured yet".to_owned(),
    }
}

/// The sign of a reason.
pub(super) fn reason_icon(reason: ReasonKind) -> Option<Icon> {
    Some(match reason {
        ReasonKind::Side => Icon::SideFlipped,
        ReasonKind::Residual => Icon::HollowTriangle,
        ReasonKind::Disagreement => Icon::Undo,
        ReasonKind::Unsure => Icon::Question,
        ReasonKind::Jump => Icon::Jump,
        ReasonKind::Bones => Icon::Bone,
        ReasonKind::TwoViews => Icon::TwoViews,
        ReasonKind::FreeDots => Icon::FreeDot,
        ReasonKind::Nothing => return None,
    })
}

/// One line of text, cut with "…" where it is wider than the room.
pub(super) fn sized(ui: &Ui, text: &str, font: FontId, colour: Color32, room: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(room.max(1.0));
    ui.painter().layout_job(job)
}

/// Paints a line whose middle is at a height.
pub(super) fn paint(ui: &Ui, left: f32, middle: f32, galley: Arc<Galley>) {
    let at = pos2(left, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
}
