//! The vocabulary: its labels at the left, what the chosen one means in the middle, and at the right the labels that stand in
//! the timelines and that it lacks, over the vocabulary's file.
//!
//! What is typed is a draft until its field is left or Enter is pressed; then it is one act, which can be undone. Counts are
//! those that the app keeps; nothing is counted while this is drawn.

mod form;

mod inbox;

mod field;

use std::path::PathBuf;

use egui::{Align2, CentralPanel, Frame, Margin, Panel, Rect, RichText, Role, ScrollArea, Sense, TextEdit, Ui};
use egui::{WidgetInfo, pos2, vec2};

use self::field::Drafts;
use super::paint;
use crate::app::Command;
use crate::app::command::Browse;
use crate::app::session::Session;
use crate::app::timeline::TimelineCommand;
use crate::jobs::vocabulary::VocabularyAct;
use crate::model::vocabulary::in_words;
use crate::model::{LabelDefinition, Vocabulary};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::behavior::LabelLooks;
use crate::ui::theme::{self, Theme, Weight, mono, sans};
use crate::ui::widgets::{ActionButton, empty_state, heading_row, paint_row};

/// Widths of the lists at the sides, points.
const LABELS: f32 = 280.0;
const INBOX: f32 = 320.0;
/// The form is no wider, so that its lines can be read.
const FORM: f32 = 620.0;
/// What a new label is called until it has a name.
const NEW: &str = "new_label";

/// What the view remembers between frames.
#[derive(Default)]
pub struct VocabularyMemory {
    /// The name of the label that is shown.
    chosen: Option<String>,
    /// A name that it gets, or a label that is made: shown once it is there.
    expected: Option<String>,
    /// The chosen label's place in the list: a name that undo takes back leaves it there.
    place: usize,
    drafts: Drafts,
    looks: LabelLooks,
    /// Whether the deletion of the chosen label is asked about.
    asks_to_delete: bool,
    path: String,
    /// The chosen path that was taken over into the field.
    taken: Option<PathBuf>,
    /// The project that the path is for.
    path_of: Option<PathBuf>,
}

/// What all parts are drawn with.
#[derive(Clone, Copy)]
struct Seen<'a> {
    ctx: &'a ViewCtx<'a>,
    session: &'a Session,
    vocabulary: &'a Vocabulary,
}

impl Seen<'_> {
    fn act(&self, act: VocabularyAct) {
        self.send(TimelineCommand::Vocabulary(act));
    }

    fn send(&self, command: TimelineCommand) {
        self.ctx.send(Command::Timeline(command));
    }

    /// Segments of people and merged ones of a label; `None` until they were counted.
    fn uses(&self, label: &LabelDefinition) -> Option<[usize; 2]> {
        let uses = self.session.timeline.vocabulary_state.uses.as_ref()?.of(label);
        Some([uses.human, uses.merged])
    }
}

/// Draws the view; gives the place below what is in the inbox, where notices may stand.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut VocabularyMemory) -> Option<Rect> {
    if session.timeline.layers.is_none() {
        let words = session.timeline.problem.as_deref().unwrap_or("Reading the vocabulary.");
        let _ = empty_state(ui, words, None);
        return None;
    }
    let palette = theme::palette(ui);
    let ground = Frame::NONE.fill(palette.panel);
    let vocabulary = session.timeline.vocabulary.clone();
    memory.looks.refresh(&vocabulary, palette.panel);
    memory.follow(session, &vocabulary);
    let seen = Seen { ctx, session, vocabulary: &vocabulary };
    memory.drafts.send_left(&seen);
    Panel::left("labels").resizable(true).default_size(LABELS).frame(ground).show(ui, |ui| {
        list_ui(ui, &seen, memory);
    });
    let inbox = Panel::right("unknown labels").resizable(true).default_size(INBOX).frame(ground).show(ui, |ui| {
        let foot = Frame::NONE.inner_margin(Margin::same(12));
        Panel::bottom("vocabulary file").resizable(false).frame(foot).show(ui, |ui| file_ui(ui, &seen, memory));
        let room = ui.available_rect_before_wrap();
        inbox::ui(ui, &seen, &mut memory.expected);
        room
    });
    let ground = Frame::NONE.fill(palette.window).inner_margin(Margin::same(16));
    let chosen = vocabulary.labels.iter().find(|label| Some(&label.name) == memory.chosen.as_ref());
    let Some(label) = chosen else {
        CentralPanel::default().frame(ground).show(ui, |ui| {
            let _ = empty_state(ui, "No label yet. Add one, or import a vocabulary.", None);
        });
        return Some(inbox.inner);
    };
    let can_write = session.read_only.is_none();
    Panel::bottom("whole label").resizable(false).frame(ground).show(ui, |ui| {
        ui.add_enabled_ui(can_write, |ui| form::whole_ui(ui, &seen, label, memory));
    });
    CentralPanel::default().frame(ground).show(ui, |ui| {
        ui.add_enabled_ui(can_write, |ui| {
            ScrollArea::vertical().id_salt("label form").auto_shrink(false).show(ui, |ui| {
                ui.set_max_width((ui.available_width() - 12.0).min(FORM));
                form::ui(ui, &seen, label, memory);
            });
        });
    });
    Some(inbox.inner)
}

/// Sends what was typed before another view was chosen.
pub(super) fn leave(ctx: &ViewCtx<'_>, session: &Session, memory: &mut VocabularyMemory) {
    if !memory.drafts.is_empty() {
        memory.drafts.focus_left();
        let seen = Seen { ctx, session, vocabulary: &session.timeline.vocabulary };
        memory.drafts.send_left(&seen);
    }
}

impl VocabularyMemory {
    /// Chooses a label that is there.
    fn follow(&mut self, session: &Session, vocabulary: &Vocabulary) {
        if self.path_of.as_ref() != Some(&session.path) {
            self.path_of = Some(session.path.clone());
            self.path = session.path.with_extension("labels.toml").display().to_string();
            self.drafts = Drafts::default();
            self.chosen = None;
        }
        let browsed = session.timeline.vocabulary_state.browsed.as_ref();
        if let Some(path) = browsed.filter(|path| self.taken.as_ref() != Some(path)) {
            self.taken = Some(path.clone());
            self.path = path.display().to_string();
        }
        let is_there = |name: &String| vocabulary.labels.iter().any(|label| label.name == *name);
        if let Some(expected) = self.expected.take_if(|name| is_there(name)) {
            self.chosen = Some(expected);
        }
        if session.saving == 0 {
            self.drafts.saved();
        }
        if session.saving == 0 {
            // One that was merged or renamed is found by its synonym, one that is gone by its place.
            let known = self.chosen.as_ref().and_then(|name| vocabulary.find(name));
            let last = vocabulary.labels.len().saturating_sub(1);
            let label = known.or_else(|| vocabulary.labels.get(self.place.min(last)));
            let chosen = label.map(|label| label.name.clone());
            if chosen != self.chosen {
                self.asks_to_delete = false;
                self.drafts.focus_left();
                self.chosen = chosen;
            }
        }
        let place = vocabulary.labels.iter().position(|label| Some(&label.name) == self.chosen.as_ref());
        self.place = place.unwrap_or(self.place);
    }

    fn choose(&mut self, name: &str) {
        self.chosen = Some(name.to_owned());
        self.expected = None;
        self.asks_to_delete = false;
        self.drafts.focus_left();
    }
}

/// The labels.
fn list_ui(ui: &mut Ui, seen: &Seen<'_>, memory: &mut VocabularyMemory) {
    let margin = Margin::symmetric(seen.ctx.theme.space.panel_padding as i8, 0);
    let can_write = seen.session.read_only.is_none();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        let count = seen.vocabulary.labels.len().to_string();
        heading_row(ui, "Labels", &count, |ui| {
            if ui.add_enabled_ui(can_write, |ui| ui.add(ActionButton::new("Add label"))).inner.clicked() {
                let name = free_name(seen.vocabulary);
                memory.expected = Some(name.clone());
                seen.act(VocabularyAct::Add(LabelDefinition { name, ..LabelDefinition::default() }));
            }
        });
    });
    let height = seen.ctx.theme.size.queue_row.min(30.0);
    let area = ScrollArea::vertical().id_salt("labels").auto_shrink(false);
    area.show_rows(ui, height, seen.vocabulary.labels.len(), |ui, shown| {
        for label in &seen.vocabulary.labels[shown] {
            row_ui(ui, seen, label, memory, height);
        }
    });
}

/// A name that no label has.
fn free_name(vocabulary: &Vocabulary) -> String {
    let names = std::iter::once(NEW.to_owned()).chain((2..).map(|number| format!("{NEW}_{number}")));
    let mut free = names.filter(|name| vocabulary.find(name).is_none());
    free.next().unwrap_or_default()
}

fn row_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory, height: f32) {
    let palette = theme::palette(ui);
    let theme = Theme::get();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let is_chosen = memory.chosen.as_ref() == Some(&label.name);
    paint_row(ui, rect, is_chosen, response.hovered());
    let name = in_words(&label.name);
    let key = label.key.map(|key| key.to_uppercase().to_string());
    let count = seen.uses(label).map(|[human, merged]| human + merged);
    let spoken = format!(
        "label {name}{}{}",
        key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default(),
        count.map(|count| format!(", {count} segment{}", if count == 1 { "" } else { "s" })).unwrap_or_default()
    );
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &spoken));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let swatch = Rect::from_center_size(pos2(rect.left() + 28.0, rect.center().y), vec2(28.0, 16.0));
    paint::filled(&painter, swatch, &memory.looks.of(&label.name, false));
    let number = mono(Weight::Medium, theme.font.caption);
    let count = count.map(|count| count.to_string()).unwrap_or_default();
    let right = pos2(rect.right() - 14.0, rect.center().y);
    painter.text(right, Align2::RIGHT_CENTER, count, number.clone(), palette.text_secondary);
    let cap = Rect::from_center_size(pos2(rect.right() - 66.0, rect.center().y), vec2(20.0, 18.0));
    if let Some(key) = &key {
        let stroke = egui::Stroke::new(theme.stroke.line, palette.line_strong);
        painter.rect_stroke(cap, theme.radius.pill, stroke, egui::StrokeKind::Inside);
        painter.text(cap.center(), Align2::CENTER_CENTER, key, number, palette.text_secondary);
    }
    let words = Rect::from_x_y_ranges(swatch.right() + 10.0..=cap.left() - 6.0, rect.y_range());
    let font = sans(Weight::Medium, theme.font.body);
    let mut job = egui::text::LayoutJob::simple_singleline(name, font, palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(words.width());
    let galley = painter.layout_job(job);
    painter.galley(pos2(words.left(), rect.center().y - galley.size().y / 2.0), galley, palette.text);
    if !label.definition.is_empty() {
        response.clone().on_hover_text(&label.definition);
    }
    if response.clicked() {
        memory.choose(&label.name);
    }
}

/// The vocabulary out of and into a file.
fn file_ui(ui: &mut Ui, seen: &Seen<'_>, memory: &mut VocabularyMemory) {
    let palette = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 6.0;
    let label = ui.label(RichText::new("Vocabulary file").color(palette.text_secondary));
    let edit = TextEdit::singleline(&mut memory.path).desired_width(f32::INFINITY);
    ui.add(edit).labelled_by(label.id);
    ui.horizontal(|ui| {
        if ui.add(ActionButton::new("Choose…")).on_hover_text("Choose a vocabulary file to read").clicked() {
            seen.ctx.send(Command::Browse(Browse::OpenVocabulary));
        }
        if ui.add(ActionButton::new("Save as…")).on_hover_text("Choose where the vocabulary is written").clicked() {
            seen.ctx.send(Command::Browse(Browse::SaveVocabulary));
        }
    });
    let path = PathBuf::from(memory.path.trim());
    let is_named = !memory.path.trim().is_empty();
    // A file is replaced only after the person was told that it is there.
    let replace = seen.session.timeline.vocabulary_state.would_replace.as_ref() == Some(&path);
    ui.horizontal(|ui| {
        let can_read = is_named && seen.session.read_only.is_none();
        let import = ui.add_enabled_ui(can_read, |ui| ui.add(ActionButton::new("Import file"))).inner;
        if import.on_hover_text("Replace all labels by those of the file. Segments keep theirs.").clicked() {
            seen.send(TimelineCommand::ImportVocabulary(path.clone()));
        }
        let words = if replace { "Replace the file" } else { "Export to file" };
        let export = ui.add_enabled_ui(is_named, |ui| ui.add(ActionButton::new(words))).inner;
        if export.on_hover_text("Write all labels to the file").clicked() {
            seen.send(TimelineCommand::ExportVocabulary { path, replace });
        }
    });
    if replace {
        let words = "A file of that name is there. Nothing is written yet.";
        ui.add(egui::Label::new(RichText::new(words).color(palette.warn)).wrap());
    }
}

#[cfg(test)]
mod tests;
