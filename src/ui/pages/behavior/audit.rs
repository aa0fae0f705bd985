//! The audit in the list's place: how much is wrong, how sure that is, how many more there are to judge, and what was judged.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Frame, Panel, Rect, RichText, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Audit, Layers, TimelineCommand, Verdict};
use crate::app::ui_command::UiCommand;
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, paint_icon};
use crate::ui::marks;
use crate::ui::theme::behavior::AnimalLook;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, empty_state, labelled_figure, paint_row, segmented};

/// How far the interval may reach to each side, as shares, with the words for it.
const GOALS: [(f64, &str); 3] = [(0.1, "± 10 %"), (0.05, "± 5 %"), (0.03, "± 3 %")];

/// What the panel remembers between frames.
pub struct AuditMemory {
    goal: f64,
    key: Option<(u64, f64)>,
    found: Option<(Audit, Option<u64>)>,
}

impl Default for AuditMemory {
    fn default() -> Self {
        Self { goal: GOALS[1].0, key: None, found: None }
    }
}

/// Draws the panel below the heading of the list.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut AuditMemory) {
    let key = (session.timeline.revision, memory.goal);
    if memory.key != Some(key) {
        let audit = Audit::of(layers);
        let more = audit.more_until(memory.goal);
        memory.found = Some((audit, more));
        memory.key = Some(key);
    }
    let Some((audit, more)) = &memory.found else { return };
    let padded = Frame::NONE.inner_margin(egui::Margin::same(12));
    let mut goal = memory.goal;
    Panel::top("audit figures").resizable(false).frame(padded).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        figures_ui(ui, audit, *more, &mut goal);
    });
    Panel::bottom("audit foot").resizable(false).frame(padded).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add_enabled_ui(session.read_only.is_none() && audit.next().is_some(), |ui| {
            let is_at_next = audit.next().is_some() && session.timeline.selected.last() == audit.next().as_ref();
            if is_at_next {
                let key = ctx.key_of(UiCommand::AcceptSegment);
                if ui.add(ActionButton::new("Right, next").wide(true).key(&key)).clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::AcceptAndNext));
                }
                let words = "Wrong: press the key of its right label.";
                ui.label(RichText::new(words).color(theme::palette(ui).text_secondary));
            } else {
                let key = ctx.key_of(UiCommand::NextOpenSegment);
                if ui.add(ActionButton::new("Show whose turn it is").wide(true).key(&key)).clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::NextToReview));
                }
            }
        });
    });
    judged_ui(ui, ctx, session, layers, audit);
    memory.goal = goal;
}

fn figures_ui(ui: &mut Ui, audit: &Audit, more: Option<u64>, goal: &mut f64) {
    let estimate = &audit.estimate;
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let wrong = estimate.error_share.map_or_else(|| "–".to_owned(), percent);
    let [low, high] = estimate.interval;
    let interval = match estimate.checked {
        0 => "Nothing is judged yet.".to_owned(),
        _ => format!("{} to {} with 95 % confidence", percent(low), percent(high)),
    };
    labelled_figure(ui, "Wrong", &wrong, &interval);
    let palette = theme::palette(ui);
    let judged = format!("{} of {} judged were changed.", estimate.wrong, estimate.checked);
    ui.label(RichText::new(judged).color(palette.text_secondary)).on_hover_text(
        "A machine's segment that was accepted is right; one of which somebody changed label, partner or edges, or that was \
         taken away, was wrong. Chance chose the order.",
    );
    ui.add_space(4.0);
    ui.label(RichText::new("The interval shall reach to each side").color(palette.text_secondary));
    if let Some(chosen) = segmented(ui, "How sure the figure shall be", *goal, &GOALS) {
        *goal = chosen;
    }
    let left = audit.order.len() - audit.judged;
    let words = match more {
        _ if left == 0 => "Every segment was judged.".to_owned(),
        Some(0) => "It does.".to_owned(),
        Some(1) => "1 more until it does.".to_owned(),
        Some(more) => format!("{more} more until it does."),
        None => format!("It takes all {left} that are left."),
    };
    ui.label(words);
}

/// What was judged, the last first, under the one whose turn it is.
fn judged_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, audit: &Audit) {
    if audit.order.is_empty() {
        let _ = empty_state(ui, "No segments yet.", None);
        return;
    }
    let height = ctx.theme.size.queue_row;
    let shown = (audit.judged + 1).min(audit.order.len());
    let area = ScrollArea::vertical().id_salt("judged").auto_shrink(false);
    area.show_rows(ui, height, shown, |ui, rows| {
        for row in rows {
            row_ui(ui, ctx, session, layers, audit.order[shown - 1 - row], height);
        }
    });
}

fn row_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    session: &Session,
    layers: &Layers,
    (target, verdict): (Target, Verdict),
    height: f32,
) {
    let Some(segment) = layers.timeline.find(target) else { return };
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let is_selected = session.timeline.selected.last() == Some(&target);
    paint_row(ui, rect, is_selected, response.hovered());
    let (words, sign, ink) = match verdict {
        Verdict::Right => ("right", Icon::Check, palette.ok),
        Verdict::Wrong => ("wrong", Icon::Pencil, palette.error),
        Verdict::Open => ("its turn", Icon::Question, palette.text_secondary),
    };
    let label = in_words(&segment.label);
    let animal = layers.names.get(segment.animal.index()).map_or("", String::as_str);
    let name = format!("{label} of {animal} at frame {}, {words}", segment.start_frame);
    response.widget_info(|| WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, &name));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let look = AnimalLook::of(&layers.timeline.animals, segment.animal);
    let left = rect.left_center();
    marks::paint_glyph(&painter, left + vec2(16.0, 0.0), 14.0, look.shape, look.color, true);
    let figure = mono(Weight::Medium, Theme::get().font.body);
    painter.text(left + vec2(32.0, 0.0), Align2::LEFT_CENTER, segment.start_frame, figure, palette.text_secondary);
    let caption = sans(Weight::Medium, Theme::get().font.caption);
    let right = pos2(rect.right() - 12.0, rect.center().y);
    let said = painter.text(right, Align2::RIGHT_CENTER, words, caption, ink);
    let place = Rect::from_center_size(pos2(said.left() - 12.0, right.y), vec2(12.0, 12.0));
    paint_icon(&painter, sign, place, ink);
    let first = rect.left() + 76.0;
    let mut job = LayoutJob::simple_singleline(label, sans(Weight::Medium, Theme::get().font.body), palette.text);
    job.wrap = TextWrapping::truncate_at_width((place.left() - 6.0 - first).max(0.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(first, rect.center().y - galley.size().y / 2.0), galley, palette.text);
    if response.clicked() {
        ctx.send(Command::Timeline(TimelineCommand::Select(target, false)));
        ctx.send(Command::ShowFrame(segment.start_frame));
    }
}

#[cfg(test)]
mod tests {
    use egui::Modifiers;
    use egui_kittest::kittest::Queryable as _;

    use super::super::tests::{described, human, press};
    use super::*;
    use crate::app::Page;
    use crate::ui::testing::{click, session};

    #[test]
    fn one_key_each_says_right_or_wrong_and_the_estimate_follows() {
        let small = described();
        let mut harness = small.window(Page::Behavior);
        click(&mut harness, "Audit");
        let order = Audit::of(session(&harness).timeline.layers.as_ref().unwrap()).order;
        let turn = |harness: &egui_kittest::Harness<'_, crate::ui::shell::Shell>| {
            session(harness).timeline.main().map(|(_, it)| (it.animal, it.start_frame))
        };
        let place = |at: usize| {
            let layers = session(&harness).timeline.layers.as_ref().unwrap();
            layers.timeline.find(order[at].0).map(|it| (it.animal, it.start_frame))
        };
        let places = [place(0), place(1), place(2)];
        assert_eq!(turn(&harness), places[0]);
        assert!(harness.query_by_label("0 of 0 judged were changed.").is_some());
        press(&mut harness, egui::Key::Enter, Modifiers::NONE);
        assert_eq!(turn(&harness), places[1], "chance says what comes next, not time");
        // Nobody does this yet, so it is a change.
        press(&mut harness, egui::Key::W, Modifiers::NONE);
        assert_eq!(turn(&harness), places[2]);
        assert!(harness.query_by_label("1 of 2 judged were changed.").is_some());
        assert!(harness.query_by_label("Wrong: 50.0 % 1.3 % to 98.7 % with 95 % confidence").is_some());
        press(&mut harness, egui::Key::Z, Modifiers::COMMAND);
        assert!(harness.query_by_label("0 of 1 judged were changed.").is_some());
        assert!(human(&harness).iter().all(|(_, _, label)| label != "withdrawal"));
        // What is taken away was wrong, and stays in the sample.
        click(&mut harness, "Show whose turn it is");
        assert_eq!(turn(&harness), places[1]);
        press(&mut harness, egui::Key::Delete, Modifiers::NONE);
        assert!(harness.query_by_label("1 of 2 judged were changed.").is_some());
        let names = harness.query_all_by_label_contains("wrong").count();
        assert!(names > 0, "the row of what was taken away");
        click(&mut harness, "All");
        assert!(!session(&harness).timeline.is_auditing);
    }
}
