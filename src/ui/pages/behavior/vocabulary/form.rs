//! What the chosen label means and how it looks, each thing of it in its field.

use egui::{Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::field::{FieldLook, Typed};
use super::{Seen, VocabularyMemory};
use crate::behavior::edits::LabelField;
use crate::jobs::vocabulary::VocabularyAct;
use crate::model::LabelDefinition;
use crate::model::vocabulary::{Pattern, Reciprocity, in_words};
use crate::ui::pages::behavior::paint;
use crate::ui::theme::behavior::{LabelLook, offered_colors};
use crate::ui::theme::{self, Theme, Weight, sans};
use crate::ui::widgets::{ActionButton, chip, focus_ring, heading_row, segmented};

/// Size of what colours and patterns are chosen by.
const SWATCH: egui::Vec2 = vec2(40.0, 22.0);
/// Between parts of the form.
const GAP: f32 = 10.0;

/// Draws the form.
pub(super) fn ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory) {
    ui.spacing_mut().item_spacing.y = 4.0;
    head_ui(ui, seen, label, memory);
    name_ui(ui, seen, label, memory);
    ui.add_space(GAP);
    let wide = |name, hint, rows| FieldLook { name, hint, rows, width: f32::INFINITY, most: 4000 };
    let drafts = &mut memory.drafts;
    drafts.field_ui(ui, label, Typed::Definition, wide("Definition", "What counts as it. Models are told this.", 2));
    drafts.field_ui(ui, label, Typed::Inclusion, wide("Also counts", "What counts although one may doubt it", 2));
    drafts.field_ui(ui, label, Typed::Exclusion, wide("Does not count", "What looks like it and is not", 2));
    ui.add_space(GAP);
    kind_ui(ui, seen, label);
    ui.add_space(GAP);
    ui.horizontal(|ui| {
        let half = (ui.available_width() - ui.spacing().item_spacing.x) / 2.0;
        let look = |name, hint| FieldLook { name, hint, rows: 1, width: half, most: 60 };
        for (typed, look) in [
            (Typed::Category, look("Category", "none")),
            (Typed::Group, look("Exclusive group: one at a time", "main")),
        ] {
            ui.vertical(|ui| {
                ui.set_width(half);
                memory.drafts.field_ui(ui, label, typed, look);
            });
        }
    });
    ui.add_space(GAP);
    looks_ui(ui, seen, label, memory);
    ui.add_space(GAP);
    synonyms_ui(ui, seen, label, memory);
    ui.add_space(2.0 * GAP);
}

/// The label as the timeline shows it, and its place in the list.
fn head_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &VocabularyMemory) {
    let uses = match seen.uses(label) {
        Some([human, 0]) => format!("{} of people", segments(human)),
        Some([human, merged]) => format!("{} of people, {merged} merged", segments(human)),
        None => String::new(),
    };
    heading_row(ui, &in_words(&label.name), &uses, |ui| {
        let labels = &seen.vocabulary.labels;
        let is_first = labels.first().is_some_and(|first| first.name == label.name);
        let is_last = labels.last().is_some_and(|last| last.name == label.name);
        for (words, by, can) in [("Move down", 1, !is_last), ("Move up", -1, !is_first)] {
            if ui.add_enabled_ui(can, |ui| ui.add(ActionButton::new(words))).inner.clicked() {
                seen.act(VocabularyAct::Move(label.name.clone(), by));
            }
        }
    });
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), Theme::get().size.lane.human), Sense::hover());
    let look = memory.looks.of(&label.name, false);
    paint::filled(ui.painter(), place, &look);
    let font = sans(Weight::Strong, Theme::get().font.caption);
    let at = place.left_center() + vec2(8.0, 0.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, in_words(&label.name), font, look.ink);
    ui.add_space(4.0);
}

fn name_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory) {
    ui.horizontal(|ui| {
        let narrow = 64.0;
        let wide = ui.available_width() - narrow - ui.spacing().item_spacing.x;
        ui.vertical(|ui| {
            ui.set_width(wide);
            let look = FieldLook { name: "Name", hint: "", rows: 1, width: wide, most: 80 };
            memory.drafts.field_ui(ui, label, Typed::Name, look);
        });
        ui.vertical(|ui| {
            ui.set_width(narrow);
            let look = FieldLook { name: "Key", hint: "none", rows: 1, width: narrow, most: 1 };
            memory.drafts.field_ui(ui, label, Typed::Key, look);
        });
    });
    if let Some(uses) = &seen.session.timeline.vocabulary_state.uses {
        let words = match uses.named(&label.name) {
            0 => "Another name leaves this one as a synonym.".to_owned(),
            named => format!("Another name is given to {} of people; this one stays as a synonym.", segments(named)),
        };
        note(ui, &words);
    }
}

/// Whether it lasts, and what it asks of another animal.
fn kind_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition) {
    let set = |field: LabelField| seen.act(VocabularyAct::Set(label.name.clone(), field));
    ui.horizontal(|ui| {
        let kinds = [(false, "Lasts"), (true, "A moment of one frame")];
        if let Some(is_point) = segmented(ui, "Kind", label.is_point, &kinds) {
            set(LabelField::IsPoint(is_point));
        }
    });
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let mut is_social = label.is_social;
        if ui.checkbox(&mut is_social, "Another animal takes part").changed() {
            set(LabelField::IsSocial(is_social));
        }
        let mut needs_touch = label.needs_touch;
        if ui.checkbox(&mut needs_touch, "Cannot be without touch").changed() {
            set(LabelField::NeedsTouch(needs_touch));
        }
    });
    ui.add_space(4.0);
    ui.add_enabled_ui(label.is_social, |ui| {
        note(ui, "The other animal's own timeline");
        let options = [
            (Reciprocity::Unaware, "may say anything"),
            (Reciprocity::Directed, "has it too: actor and recipient"),
            (Reciprocity::Mutual, "has it too: mutual"),
        ];
        if let Some(reciprocity) = segmented(ui, "Reciprocity", label.reciprocity, &options) {
            set(LabelField::Reciprocity(reciprocity));
        }
    });
}

/// Colour and pattern.
fn looks_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory) {
    let set = |field: LabelField| seen.act(VocabularyAct::Set(label.name.clone(), field));
    note(ui, "Color");
    ui.horizontal_wrapped(|ui| {
        for color in offered_colors(seen.vocabulary) {
            let is_on = label.color.as_ref() == Some(&color);
            let look = LabelLook::with(Some(&color), Pattern::Plain, &label.name);
            if swatch(ui, &look, &format!("color {color}"), is_on) {
                set(LabelField::Color(Some(color)));
            }
        }
    });
    let look = FieldLook { name: "Color as #rrggbb", hint: "by its name", rows: 1, width: 110.0, most: 7 };
    memory.drafts.field_ui(ui, label, Typed::Color, look);
    ui.add_space(GAP);
    note(ui, "Pattern");
    ui.horizontal_wrapped(|ui| {
        for pattern in Pattern::ALL {
            let look = LabelLook::with(label.color.as_deref(), pattern, &label.name);
            let name = format!("pattern {}", pattern_name(pattern));
            if swatch(ui, &look, &name, label.pattern == pattern) {
                set(LabelField::Pattern(pattern));
            }
        }
    });
}

fn synonyms_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory) {
    if !label.synonyms.is_empty() {
        note(ui, "Synonyms: other names that mean this label");
        ui.horizontal_wrapped(|ui| {
            for (at, synonym) in label.synonyms.iter().enumerate() {
                if chip(ui, synonym, true).on_hover_text("Take it away").clicked() {
                    let mut left = label.synonyms.clone();
                    left.remove(at);
                    seen.act(VocabularyAct::Set(label.name.clone(), LabelField::Synonyms(left)));
                }
            }
        });
    }
    let look = FieldLook { name: "Add a synonym", hint: "another name for it", rows: 1, width: 180.0, most: 80 };
    memory.drafts.field_ui(ui, label, Typed::Synonym, look);
}

/// What is done to the label as a whole.
pub(super) fn whole_ui(ui: &mut Ui, seen: &Seen<'_>, label: &LabelDefinition, memory: &mut VocabularyMemory) {
    let was_asked = memory.asks_to_delete;
    let uses = &seen.session.timeline.vocabulary_state.uses;
    let named = uses.as_ref().map_or(0, |uses| uses.named(&label.name));
    ui.horizontal(|ui| {
        ui.menu_button("Merge into …", |ui| {
            ui.label(match named {
                0 => "Its name becomes a synonym of".to_owned(),
                1 => "1 segment of people gets the name of".to_owned(),
                many => format!("{many} segments of people get the name of"),
            });
            ui.separator();
            ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for other in seen.vocabulary.labels.iter().filter(|other| other.name != label.name) {
                    if ui.button(in_words(&other.name)).clicked() {
                        let (label, into) = (label.name.clone(), other.name.clone());
                        seen.act(VocabularyAct::Merge { label, into });
                        ui.close();
                    }
                }
            });
        });
        if !memory.asks_to_delete && ui.add(ActionButton::new("Delete label")).clicked() {
            memory.asks_to_delete = true;
        }
    });
    if !memory.asks_to_delete {
        return;
    }
    let palette = theme::palette(ui);
    let words = match seen.uses(label) {
        Some([0, 0]) => "No segment uses it.".to_owned(),
        Some([human, merged]) => {
            let who = if merged > 0 { format!(" and {merged} merged") } else { String::new() };
            format!(
                "Used by {} of people{who}. They keep it, and it is listed as not in the vocabulary.",
                segments(human)
            )
        }
        None => "Segments that use it keep it.".to_owned(),
    };
    ui.add_space(6.0);
    ui.add(egui::Label::new(RichText::new(words).color(palette.warn)).wrap());
    let buttons = ui.horizontal(|ui| {
        if ui.add(ActionButton::new("Delete it")).clicked() {
            memory.asks_to_delete = false;
            seen.act(VocabularyAct::Remove(label.name.clone()));
        }
        if ui.add(ActionButton::new("Keep it")).clicked() {
            memory.asks_to_delete = false;
        }
    });
    if !was_asked {
        // The question may come up below what is seen.
        buttons.response.scroll_to_me(None);
    }
}

/// "1 segment", "12 segments".
fn segments(count: usize) -> String {
    if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") }
}

fn note(ui: &mut Ui, words: &str) {
    let palette = theme::palette(ui);
    let font = sans(Weight::Regular, Theme::get().font.caption);
    ui.add(egui::Label::new(RichText::new(words).font(font).color(palette.text_secondary)).wrap());
}

fn pattern_name(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Plain => "plain",
        Pattern::Stripes => "stripes",
        Pattern::Backstripes => "backstripes",
        Pattern::Crosshatch => "crosshatch",
        Pattern::Bars => "bars",
        Pattern::Lines => "lines",
        Pattern::Dots => "dots",
    }
}

/// Something to choose by how it looks; says whether it was chosen anew.
fn swatch(ui: &mut Ui, look: &LabelLook, name: &str, is_on: bool) -> bool {
    let palette = theme::palette(ui);
    let theme = Theme::get();
    let (rect, response) = ui.allocate_exact_size(SWATCH, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_on, name));
    if ui.is_rect_visible(rect) {
        let inside = Rect::from_center_size(rect.center(), rect.size() - vec2(8.0, 8.0));
        paint::filled(ui.painter(), inside, look);
        if is_on {
            let stroke = Stroke::new(theme.stroke.selection, palette.text);
            ui.painter().rect_stroke(rect, theme.radius.control, stroke, StrokeKind::Inside);
        } else if response.hovered() {
            let stroke = Stroke::new(theme.stroke.control, palette.line_strong);
            ui.painter().rect_stroke(rect, theme.radius.control, stroke, StrokeKind::Inside);
        }
        focus_ring(ui, rect, &response);
    }
    let is_chosen = response.clicked() && !is_on;
    response.on_hover_text(name);
    is_chosen
}
