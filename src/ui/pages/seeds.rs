//! The seeds page: frames to label at the left, all views in the middle, keypoints and cameras at the right.
//!
//! It leads through the seed frames: the next best click, what is proposed, and what is still to be mended before a run.

mod frames;

mod keypoint;

#[cfg(test)]
mod tests;

use egui::{Align, Frame, Layout, Margin, Panel, RichText, ScrollArea, Ui};

use super::Memory;
use crate::app::guide::NextStep;
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, Page};
use crate::pose::assist::{CheckKind, KnownPlace, SeedCheck};
use crate::ui::ctx::ViewCtx;
use crate::ui::grid::{self, GridUse};
use crate::ui::icons::{Icon, icon};
use crate::ui::label_table::{self, TableMode};
use crate::ui::marks::glyph;
use crate::ui::sides::{Side, Sides};
use crate::ui::theme::{self, Ink, Weight, sans};
use crate::ui::time;
use crate::ui::widgets::{ActionButton, heading_row};

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    let Some(session) = ctx.session() else { return };
    let palette = theme::palette(ui);
    let panels = &ctx.theme.size.panel;
    let is_narrow = ui.ctx().viewport_rect().width() < ctx.theme.size.narrow_below;
    let [left, right] =
        if is_narrow { [panels.left_narrow, panels.right_narrow] } else { [panels.left_wide, panels.right_wide] };
    time::ui(ui, ctx, &mut memory.time);
    let sides = Sides::new(ui.available_width(), [left, right], memory.sides);
    sides.show(ui, &mut memory.sides, (Side::Left, "seed frames", "Seed frames"), |ui| left_ui(ui, ctx, session));
    sides.show(ui, &mut memory.sides, (Side::Right, "seed labels", "Frame"), |ui| right_ui(ui, ctx, session));
    let bar = Frame::NONE.fill(palette.panel).inner_margin(Margin::symmetric(12, 0));
    Panel::bottom("seed actions").exact_size(44.0).frame(bar).show(ui, |ui| bar_ui(ui, ctx, session));
    grid::ui(ui, ctx, &mut memory.grid, GridUse::Label);
}

/// A margin as panels have it at both sides.
fn padded<R>(ui: &mut Ui, ctx: &ViewCtx<'_>, body: impl FnOnce(&mut Ui) -> R) -> R {
    let padding = ctx.theme.space.panel_padding as i8;
    Frame::NONE.inner_margin(Margin::symmetric(padding, 0)).show(ui, body).inner
}

/// A small heading over a part of a panel.
fn caption_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, words: &str) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(words).size(ctx.theme.font.caption).color(palette.text_secondary));
}

/// In panels lower than this, rows stand closer together.
const LOW_PANEL: f32 = 640.0;

fn left_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let is_low = ui.available_height() < LOW_PANEL;
    let margin = Margin::symmetric(12, if is_low { 8 } else { 12 });
    Panel::bottom("seed foot").frame(Frame::NONE.inner_margin(margin)).show(ui, |ui| foot_ui(ui, ctx, session));
    let done = session.seeds.frames.iter().filter(|frame| session.is_seed_done(**frame)).count();
    let aside = format!("{done} of {} done", session.seeds.frames.len());
    padded(ui, ctx, |ui| heading_row(ui, "Seed frames", &aside, |_| ()));
    ui.separator();
    ScrollArea::vertical().id_salt("seeds").auto_shrink(false).min_scrolled_height(0.0).show(ui, |ui| {
        if is_low {
            ui.spacing_mut().item_spacing.y = ctx.theme.space.unit;
        }
        padded(ui, ctx, |ui| frames::ui(ui, ctx, session, is_low));
        ui.separator();
        padded(ui, ctx, |ui| next_ui(ui, ctx, session));
        ui.separator();
        padded(ui, ctx, |ui| checks_ui(ui, ctx, session));
    });
}

/// What to do next, and the key that goes there.
fn next_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let Some(step) = session.next_step() else {
        caption_ui(ui, ctx, "Next best click");
        ui.label(RichText::new("The frame is being read.").color(palette.text_secondary));
        return;
    };
    let (subject, place, reason, action) = match &step {
        NextStep::Click(next) => (
            Some(next.keypoint),
            format!("in {}", session.camera_name(next.camera)),
            next.reason.clone(),
            Some(("Go", UiCommand::NextBestClick)),
        ),
        NextStep::AcceptAll(1) => (
            None,
            String::new(),
            "1 label is proposed. Look at it.".to_owned(),
            Some(("Accept", UiCommand::AcceptFrame)),
        ),
        NextStep::AcceptAll(count) => (
            None,
            String::new(),
            format!("{count} labels are proposed. Look at them."),
            Some(("Accept", UiCommand::AcceptFrame)),
        ),
        NextStep::Decide(camera, keypoint) => (
            Some(*keypoint),
            format!("in {}", session.camera_name(*camera)),
            "Pick its dot, or say that it is not visible.".to_owned(),
            Some(("Go", UiCommand::NextBestClick)),
        ),
        NextStep::Frame(frame) => (
            None,
            String::new(),
            format!("This frame is done. Frame {frame} is next."),
            Some(("Go", UiCommand::NextBestClick)),
        ),
        NextStep::Done => (None, String::new(), "All seed frames are done.".to_owned(), None),
    };
    caption_ui(ui, ctx, if subject.is_some() { "Next best click" } else { "Next" });
    if let Some(keypoint) = subject {
        ui.horizontal(|ui| {
            glyph_ui(ui, ctx, keypoint);
            let name =
                RichText::new(session.skeleton.name_of(keypoint)).font(sans(Weight::Strong, ctx.theme.font.body));
            ui.label(name.color(palette.text));
            ui.label(RichText::new(place).color(palette.text_secondary));
        });
    }
    ui.label(RichText::new(reason).color(palette.text_secondary));
    if let Some((words, command)) = action {
        let key = ctx.key_of(command);
        let is_possible = command.is_enabled(ctx.state);
        if ui.add_enabled(is_possible, ActionButton::new(words).key(&key)).clicked() {
            ctx.run(command);
        }
    }
}

fn glyph_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, keypoint: crate::model::KeypointId) {
    let look = ctx.look.keypoint(keypoint);
    let colour = look.in_list(theme::appearance_of(ui));
    glyph(ui, look.region.shape, colour, look.side.is_solid(), ctx.theme.size.icon);
}

fn checks_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    caption_ui(ui, ctx, "Before the run");
    let palette = theme::palette(ui);
    if !session.labelling.has_rig() {
        let words = "Without calibrated cameras nothing can be checked in 3D.";
        ui.label(RichText::new(words).color(palette.text_secondary));
    }
    // Of frames without labels the other checks would say that all is well.
    let is_begun = session.seeds.progress.values().any(|progress| progress.dots + progress.none > 0);
    let told = |check: &&SeedCheck| is_begun || check.kind == CheckKind::Frames;
    for (index, check) in session.seeds.checks.iter().filter(told).enumerate() {
        ui.push_id(index, |ui| check_ui(ui, ctx, session, check));
    }
}

/// So many lines of a check are shown, of one that passes and of one that does not; the tooltip has the rest.
const MOST_LINES: [usize; 2] = [2, 3];

/// One check: a click goes to the place that it is about.
fn check_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, check: &SeedCheck) {
    let palette = theme::palette(ui);
    let (sign, colour) = match (check.is_met, check.is_judged) {
        (true, true) => (Icon::Check, palette.ink(Ink::Ok)),
        (true, false) => (Icon::Question, palette.text_tertiary),
        (false, _) => (Icon::Warning, palette.ink(Ink::Warn)),
    };
    let place = session.place_of_check(check);
    let row = ui.horizontal_top(|ui| {
        icon(ui, sign, ctx.theme.size.icon, colour);
        let colour = if check.is_met { palette.text_secondary } else { palette.text };
        let mut job = egui::text::LayoutJob::simple(
            check.words.clone(),
            sans(Weight::Regular, ctx.theme.font.body),
            colour,
            ui.available_width(),
        );
        job.wrap.max_rows = MOST_LINES[usize::from(!check.is_met)];
        let galley = ui.painter().layout_job(job);
        let is_cut = galley.elided;
        let label = ui.add(egui::Label::new(galley).selectable(false));
        if is_cut && place.is_none() {
            label.on_hover_text(&check.words);
        }
    });
    let Some(place) = place else { return };
    let response = ui.interact(row.response.rect, ui.scope_id().with("go"), egui::Sense::click());
    let name = format!("Show: {}", check.words);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, ui.is_enabled(), &name));
    crate::ui::widgets::focus_ring_inside(ui, response.rect, &response);
    if response
        .on_hover_cursor(egui::CursorIcon::PointingHand)
        .on_hover_text(format!("{} Click to go there.", check.words))
        .clicked()
    {
        ctx.send(Command::ShowFrame(place.frame));
        if let Some(keypoint) = place.keypoint {
            ctx.send(Command::SelectKeypoint(keypoint));
        }
        if place.camera.is_some() {
            ctx.send(Command::SelectView(place.camera));
        }
    }
}

/// The way on.
fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let open = || session.seeds.checks.iter().filter(|check| !check.is_met);
    let (unmet, others) = (open().filter(|check| check.kind.is_needed()).count(), open().count());
    let is_ready = unmet == 0 && !session.seeds.checks.is_empty();
    let button = ActionButton::primary("Go to Run");
    if ui.add_enabled(is_ready, button).clicked() {
        ctx.send(Command::GoTo(Page::Run));
    }
    let words = match unmet {
        0 if is_ready && others == 0 => "All checks pass.".to_owned(),
        0 if is_ready => format!("{others} check{} still open.", if others == 1 { " is" } else { "s are" }),
        0 => "Label the seed frames first.".to_owned(),
        1 => "Opens when one more check passes.".to_owned(),
        _ if session.seeds.progress.values().all(|progress| progress.dots + progress.none == 0) => {
            "Label the seed frames first.".to_owned()
        }
        count => format!("Opens when {count} more checks pass."),
    };
    ui.add_space(4.0);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(words).size(ctx.theme.font.caption).color(palette.text_secondary))
            .on_hover_text("The Run page itself is always open");
    });
}

fn right_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    let is_low = ui.available_height() < LOW_PANEL;
    let margin = Margin::symmetric(12, if is_low { 6 } else { 10 });
    Panel::bottom("seed clicks").frame(Frame::NONE.inner_margin(margin)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = egui::vec2(8.0, if is_low { 4.0 } else { 8.0 });
        ui.horizontal_wrapped(|ui| keypoint::buttons_ui(ui, ctx, session));
        let words = match session.seeds.clicks {
            0 => "No clicks or keys in this frame yet".to_owned(),
            1 => "1 click or key so far in this frame".to_owned(),
            count => format!("{count} clicks and keys so far in this frame"),
        };
        ui.label(RichText::new(words).size(ctx.theme.font.caption).color(palette.text_secondary));
    });
    let progress = session.frame_progress();
    let title = format!("Frame {}", session.cursor.frame);
    let aside = match progress.all {
        0 => "is being read".to_owned(),
        all => format!("{} of {all} decided", progress.dots + progress.none),
    };
    padded(ui, ctx, |ui| {
        heading_row(ui, &title, &aside, |ui| {
            ui.label(RichText::new("dot number").size(ctx.theme.font.caption).color(palette.text_tertiary));
        });
    });
    let room = ui.available_height();
    let about = |ui: &mut Ui| padded(ui, ctx, |ui| keypoint::ui(ui, ctx, session, is_low));
    if room < SHARED_FROM {
        ScrollArea::vertical().id_salt("seed labels").auto_shrink(false).show(ui, |ui| {
            label_table::ui(ui, ctx, TableMode::Seeds, f32::INFINITY);
            ui.separator();
            about(ui);
        });
        return;
    }
    let about_height = keypoint::height(session, is_low);
    label_table::ui(ui, ctx, TableMode::Seeds, (room - about_height).max(TABLE_SHARE * room));
    if !is_low {
        ui.add_space(6.0);
        padded(ui, ctx, label_table::legend_ui);
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.separator();
    ScrollArea::vertical().id_salt("keypoint").auto_shrink(false).min_scrolled_height(0.0).show(ui, about);
}

/// So much of the height is the table's at least.
const TABLE_SHARE: f32 = 0.5;
/// In a lower panel, table and keypoint scroll together.
const SHARED_FROM: f32 = 190.0;

/// What is known of the selected keypoint, and what can be done with it.
fn bar_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let palette = theme::palette(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let room = ui.available_width();
        actions_ui(ui, ctx, session, BarRoom::of(room));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let keypoint = session.selection.keypoint;
            let name = session.skeleton.name_of(keypoint);
            let strong = sans(Weight::Strong, ctx.theme.font.heading);
            let width = |ui: &Ui, words: &str, font: &egui::FontId| {
                ui.painter().layout_no_wrap(words.to_owned(), font.clone(), palette.text).size().x
            };
            let left = ui.available_width() - ctx.theme.size.icon - 8.0 - width(ui, name, &strong);
            if left < 0.0 {
                return;
            }
            glyph_ui(ui, ctx, keypoint);
            ui.label(RichText::new(name).font(strong).color(palette.text));
            // Words that do not fit are left out, never cut: first what explains, then all.
            let words = known_words(session);
            let short = words.split([';', '·']).next().unwrap_or_default().trim_end();
            let body = sans(Weight::Regular, ctx.theme.font.body);
            let fitting = [words.as_str(), short].into_iter().find(|words| width(ui, words, &body) + 8.0 <= left);
            if let Some(fitting) = fitting {
                ui.label(RichText::new(fitting).color(palette.text_secondary)).on_hover_text(&words);
            }
        });
    });
}

/// What the buttons of the bar have room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum BarRoom {
    /// The main action, and that a keypoint is not seen.
    Two,
    /// All of them.
    All,
    /// With their keys.
    Keys,
}

impl BarRoom {
    fn of(width: f32) -> Self {
        match width {
            ..400.0 => Self::Two,
            ..660.0 => Self::All,
            _ => Self::Keys,
        }
    }
}

/// The buttons of the bar, from the right.
fn actions_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, room: BarRoom) {
    let with_key = |key: String| if room >= BarRoom::Keys { key } else { String::new() };
    let refusal = session.read_only.as_ref().map(|reason| format!("Read only: {reason}."));
    let why = |otherwise: &str| refusal.clone().unwrap_or_else(|| otherwise.to_owned());
    let is_writable = refusal.is_none();
    let accept = match session.keypoint_to_accept() {
        None => "Accept proposals".to_owned(),
        Some((keypoint, count)) => {
            let of = match keypoint == session.selection.keypoint {
                true => String::new(),
                false => format!(" of {}", session.skeleton.name_of(keypoint)),
            };
            let of = if room >= BarRoom::All { of.as_str() } else { "" };
            format!("Accept {count} proposal{}{of}", if count == 1 { "" } else { "s" })
        }
    };
    let key = with_key(ctx.key_of(UiCommand::AcceptKeypoint));
    let is_possible = is_writable && session.keypoint_to_accept().is_some();
    let button = ui.add_enabled(is_possible, ActionButton::primary(&accept).key(&key).wide(false));
    if button.on_disabled_hover_text(why("Label the keypoint in two views first.")).clicked() {
        ctx.run(UiCommand::AcceptKeypoint);
    }
    if room >= BarRoom::All {
        let key = with_key("Alt click".to_owned());
        let button = ActionButton::new("Place freely").key(&key).pressed(session.placing_freely);
        let response = ui.add_enabled(is_writable, button).on_disabled_hover_text(why(""));
        if response.on_hover_text("The next click in a view is the keypoint, without a dot (Alt click)").clicked() {
            ctx.send(Command::PlaceFreely(!session.placing_freely));
        }
    }
    let key = with_key(ctx.key_of(UiCommand::NotVisible));
    let is_possible = UiCommand::NotVisible.is_enabled(ctx.state);
    let response = ui.add_enabled(is_possible, ActionButton::new("Not visible here").key(&key));
    let words = match session.selection.camera {
        Some(camera) => format!("The keypoint cannot be seen in {}", session.camera_name(camera)),
        None => "Choose a view first: click in it, or in a cell of the table.".to_owned(),
    };
    if response.on_hover_text(&words).on_disabled_hover_text(why(&words)).clicked() {
        ctx.run(UiCommand::NotVisible);
    }
}

/// What is known of the selected keypoint.
fn known_words(session: &Session) -> String {
    if session.placing_freely {
        return "Click where it is; no dot is needed.".to_owned();
    }
    let Some(view) = session.view() else { return "The frame is being read.".to_owned() };
    if view.views.iter().all(Option::is_none) {
        return "No dots were found in this frame yet; see Detect.".to_owned();
    }
    let keypoint = session.selection.keypoint;
    let is_seen = |camera: &crate::model::CameraId| view.labels.point_in_image(*camera, keypoint).is_some();
    let seen: Vec<&str> = session.cameras().filter(is_seen).map(|camera| session.camera_name(camera)).collect();
    let known = match (&seen[..], session.insight().map(|insight| insight.assist.place)) {
        ([], _) => return "Pick its dot in any view.".to_owned(),
        ([one], _) => return format!("Seen in {one}; the dashed lines lead to it in the others."),
        (_, Some(KnownPlace::Disagreement)) => return format!("{} do not agree.", seen.join(" and ")),
        ([first, second], _) => format!("3D from {first} and {second}"),
        (many, _) => format!("3D from {} views", many.len()),
    };
    let dots =
        session.proposals().filter(|found| found.keypoint == keypoint && found.placement.number().is_some()).count();
    match dots {
        0 => known,
        1 => format!("{known} · 1 dot proposed"),
        count => format!("{known} · {count} dots proposed"),
    }
}
