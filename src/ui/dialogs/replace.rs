//! Find and replace: what to look for and where, and every change that this would make, each of which can be left out.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align, Color32, ComboBox, Key, Label, Rect, Role, ScrollArea, Stroke, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{
    FoundSegments, Layers, ReplaceAsk, ReplaceScope, ReplaceWhat, Replacement, TimelineCommand, in_scope, replacements,
    taken_over,
};
use crate::jobs::timeline::Target;
use crate::model::vocabulary::in_words;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon, icon_button};
use crate::ui::theme::{self, Palette, Weight, sans};
use crate::ui::widgets::{ActionButton, chip, heading_row, paint_row, segmented};

/// The dialog is at most so large, points.
const MOST: Vec2 = vec2(820.0, 680.0);
/// And leaves so much of the window free, points.
const AROUND: Vec2 = vec2(80.0, 110.0);
/// Height of a change in the list: where it is, the old text, the new one; points.
const ROW: f32 = 62.0;
/// Width of the names before the fields, points.
const NAMES: f32 = 88.0;
/// Letters of a text that are shown before and after a place that changes, where there is one; several share them.
const AROUND_PLACE: usize = 44;

/// What the dialog remembers; the words stay until it is opened again.
pub(super) struct ReplaceMemory {
    ask: ReplaceAsk,
    /// Whether it has been opened: then its first field has the focus, and a scope is chosen.
    is_open: bool,
    /// How many segments each scope has: all, found, selected.
    counts: [usize; 3],
    /// The labels of the scope, with how many segments each has.
    used: Vec<(String, usize)>,
    /// What all of this was worked out from.
    key: Option<ListKey>,
    found: Listed,
    /// Changes that are not made.
    left_out: HashSet<Target>,
}

/// What would change, or why nothing would.
type Listed = Result<Vec<Replacement>, String>;

/// Everything that the list depends on.
type ListKey = (u64, ReplaceAsk, Vec<Target>, Option<Arc<FoundSegments>>);

impl Default for ReplaceMemory {
    fn default() -> Self {
        Self {
            ask: ReplaceAsk::default(),
            is_open: false,
            counts: [0; 3],
            used: Vec::new(),
            key: None,
            found: Ok(Vec::new()),
            left_out: HashSet::new(),
        }
    }
}

impl ReplaceMemory {
    /// It as it is when the dialog opens once more.
    pub(super) fn reopened(self) -> Self {
        Self { is_open: false, key: None, ..self }
    }

    /// Works out what would change, where something that it depends on has.
    fn refresh(&mut self, session: &Session, layers: &Layers) {
        let state = &session.timeline;
        let found = match state.search.as_ref().and_then(|search| search.found.as_ref()) {
            Some(Ok(found)) => Some(Arc::clone(found)),
            _ => None,
        };
        let is_same = |(revision, ask, selected, known): &ListKey| {
            let is_same_search = match (known, &found) {
                (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
            *revision == state.revision && *ask == self.ask && *selected == state.selected && is_same_search
        };
        if self.key.as_ref().is_some_and(is_same) {
            return;
        }
        if self.key.as_ref().is_some_and(|(_, ask, ..)| *ask != self.ask) {
            self.left_out.clear();
        }
        let count = |scope: ReplaceScope| in_scope(state, layers, scope).len();
        self.counts = [ReplaceScope::All, ReplaceScope::Found, ReplaceScope::Selected].map(count);
        let mut used: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, segment) in in_scope(state, layers, self.ask.scope) {
            *used.entry(&segment.label).or_default() += 1;
        }
        self.used = used.into_iter().map(|(label, count)| (label.to_owned(), count)).collect();
        self.found = replacements(state, layers, &self.ask);
        self.key = Some((state.revision, self.ask.clone(), state.selected.clone(), found));
    }

    /// The changes that are to be made.
    fn chosen(&self) -> Vec<Target> {
        let all = self.found.iter().flatten().map(|change| change.target);
        all.filter(|target| !self.left_out.contains(target)).collect()
    }
}

/// Draws the dialog's content.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut ReplaceMemory) {
    let Some(session) = ctx.session() else { return };
    let Some(layers) = session.timeline.layers.clone() else { return };
    let size = (ui.ctx().content_rect().size() - AROUND).min(MOST).max(vec2(320.0, 360.0));
    ui.set_min_size(size);
    ui.set_max_size(size);
    memory.refresh(session, &layers);
    let is_new = !std::mem::replace(&mut memory.is_open, true);
    if is_new {
        memory.ask.scope = match memory.counts {
            // A single one is selected by looking at it; several were gathered for something.
            [_, _, selected] if selected > 1 => ReplaceScope::Selected,
            [_, found, _] if found > 0 => ReplaceScope::Found,
            _ => ReplaceScope::All,
        };
    }
    heading_row(ui, "Find and replace", "", |ui| {
        if icon_button(ui, Icon::Close, "Close", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    ui.add_space(4.0);
    row(ui, "What", |ui, _| {
        let options = [(ReplaceWhat::Words, "Words in descriptions"), (ReplaceWhat::Label, "A label")];
        if let Some(what) = segmented(ui, "What", memory.ask.what, &options) {
            memory.ask.what = what;
        }
    });
    match memory.ask.what {
        ReplaceWhat::Words => words_ui(ui, &mut memory.ask, is_new),
        ReplaceWhat::Label => label_ui(ui, session, &memory.used, &mut memory.ask),
    }
    scope_ui(ui, memory.counts, &mut memory.ask);
    memory.refresh(session, &layers);
    ui.add_space(6.0);
    ui.separator();
    let foot = 2.0 * ctx.theme.size.control + 34.0;
    let room = vec2(ui.available_width(), (ui.available_height() - foot).max(ROW));
    ui.allocate_ui(room, |ui| {
        ui.set_min_size(room);
        list_ui(ui, ctx, &layers, memory);
    });
    foot_ui(ui, ctx, session, &layers, memory);
}

/// A row of the form, with its name before it.
fn row(ui: &mut Ui, name: &str, body: impl FnOnce(&mut Ui, egui::Id)) {
    ui.horizontal(|ui| {
        let colour = theme::palette(ui).text_secondary;
        let size = vec2(NAMES, ui.spacing().interact_size.y);
        let label = ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.label(egui::RichText::new(name).color(colour))
        });
        body(ui, label.inner.id);
    });
}

fn words_ui(ui: &mut Ui, ask: &mut ReplaceAsk, is_new: bool) {
    row(ui, "Find", |ui, name| {
        let edit = TextEdit::singleline(&mut ask.words).desired_width(f32::INFINITY).char_limit(400);
        let field = ui.add(edit).labelled_by(name);
        if is_new {
            field.request_focus();
            // What is there already goes with the first key.
            let mut state = TextEdit::load_state(ui.ctx(), field.id).unwrap_or_default();
            let all = CCursorRange::two(CCursor::default(), CCursor::new(ask.words.chars().count()));
            state.cursor.set_char_range(Some(all));
            TextEdit::store_state(ui.ctx(), field.id, state);
        }
    });
    row(ui, "Replace with", |ui, name| {
        let edit = TextEdit::singleline(&mut ask.words_by).hint_text("nothing: the words are taken out");
        ui.add(edit.desired_width(f32::INFINITY).char_limit(400)).labelled_by(name);
    });
    row(ui, "", |ui, _| {
        ui.checkbox(&mut ask.matches_case, "Match case");
        ui.checkbox(&mut ask.whole_words, "Whole words");
    });
}

fn label_ui(ui: &mut Ui, session: &Session, used: &[(String, usize)], ask: &mut ReplaceAsk) {
    let state = &session.timeline;
    let shown = |label: &str| if label.is_empty() { "choose a label".to_owned() } else { in_words(label) };
    let width = (ui.available_width() - NAMES - 20.0).min(360.0);
    row(ui, "Find", |ui, _| {
        let menu = ComboBox::from_id_salt("replaced label").width(width).height(420.0).selected_text(shown(&ask.label));
        let menu = menu.show_ui(ui, |ui| {
            for (label, count) in used {
                let is_known = state.vocabulary.find(label).is_some();
                let note = if is_known { "" } else { ", not in the vocabulary" };
                let words = format!("{}  ({count}{note})", in_words(label));
                if ui.selectable_label(*label == ask.label, words).clicked() {
                    ask.label.clone_from(label);
                }
            }
        });
        let name = format!("Label to find: {}", shown(&ask.label));
        menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), &name));
    });
    row(ui, "Replace with", |ui, _| {
        let shown = shown(&ask.label_by);
        let menu = ComboBox::from_id_salt("replacing label").width(width).height(420.0).selected_text(&shown);
        let menu = menu.show_ui(ui, |ui| {
            for label in &state.vocabulary.labels {
                let choice = ui.selectable_label(label.name == ask.label_by, in_words(&label.name));
                if choice.on_hover_text(&label.definition).clicked() {
                    ask.label_by.clone_from(&label.name);
                }
            }
        });
        let name = format!("Label to put there: {shown}");
        menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), &name));
    });
}

fn scope_ui(ui: &mut Ui, counts: [usize; 3], ask: &mut ReplaceAsk) {
    let [all, found, selected] = counts;
    let options = [
        (ReplaceScope::All, format!("All segments ({all})"), ""),
        (
            ReplaceScope::Found,
            format!("Found by the search ({found})"),
            "Search for something first; nothing is found now.",
        ),
        (
            ReplaceScope::Selected,
            format!("Selected ({selected})"),
            "Select segments first; those of layers that do not count are left out.",
        ),
    ];
    row(ui, "Where", |ui, _| {
        for ((scope, words, why_not), count) in options.into_iter().zip(counts) {
            let is_there = count > 0 || scope == ReplaceScope::All;
            let choice = ui.add_enabled_ui(is_there, |ui| chip(ui, &words, ask.scope == scope)).inner;
            if choice.on_disabled_hover_text(why_not).clicked() {
                ask.scope = scope;
            }
        }
    });
}

/// Every change with its tick box.
fn list_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, layers: &Layers, memory: &mut ReplaceMemory) {
    let changes = match &memory.found {
        Ok(changes) => changes,
        Err(words) => {
            ui.add_space(10.0);
            let is_begun = match memory.ask.what {
                ReplaceWhat::Words => !memory.ask.words.is_empty(),
                ReplaceWhat::Label => !memory.ask.label.is_empty() && !memory.ask.label_by.is_empty(),
            };
            let palette = theme::palette(ui);
            let ink = if is_begun { palette.warn } else { palette.text_secondary };
            ui.horizontal_top(|ui| {
                if is_begun {
                    icon(ui, Icon::Warning, ctx.theme.size.icon, ink);
                }
                ui.add(Label::new(egui::RichText::new(words).color(ink)).wrap());
            });
            return;
        }
    };
    let left_out = &mut memory.left_out;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("replacements").auto_shrink(false).show_rows(ui, ROW, changes.len(), |ui, shown| {
        for change in &changes[shown] {
            change_ui(ui, ctx, layers, change, left_out);
        }
    });
}

fn change_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, layers: &Layers, change: &Replacement, left_out: &mut HashSet<Target>) {
    let palette = theme::palette(ui);
    let whole = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), ROW));
    let animal = layers.names.get(change.animal.index()).map_or("", String::as_str);
    let (label, frame) = &change.place;
    let place = format!("{animal} at frame {frame}, {}", in_words(label));
    let is_hovered = ui.rect_contains_pointer(whole);
    paint_row(ui, whole, false, is_hovered);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(whole.shrink2(vec2(4.0, 4.0))));
    let mut is_chosen = !left_out.contains(&change.target);
    let tick = inner.checkbox(&mut is_chosen, "");
    let said = format!("{place}: {} → {}", change.old, change.new);
    tick.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_chosen, &said));
    if tick.changed() {
        match is_chosen {
            true => left_out.remove(&change.target),
            false => left_out.insert(change.target),
        };
    }
    if tick.gained_focus() {
        ui.scroll_to_rect(whole, None);
    }
    let texts =
        Rect::from_min_max(pos2(whole.left() + 32.0, whole.top() + 4.0), whole.right_bottom() - vec2(12.0, 2.0));
    let painter = ui.painter().with_clip_rect(whole.intersect(ui.clip_rect()));
    let faint = |colour: Color32| if is_chosen { colour } else { colour.gamma_multiply(0.55) };
    let places = change.was_at.len();
    let caption = if places > 1 { format!("{place} · {places} places") } else { place };
    let font = sans(Weight::Regular, ctx.theme.font.caption);
    painter.text(texts.left_top(), egui::Align2::LEFT_TOP, caption, font, faint(palette.text_tertiary));
    let line = |top: f32, sign: &str, text: &str, ranges: &[Range<usize>], mark: &dyn Fn(TextFormat) -> TextFormat| {
        let left = pos2(texts.left() + 14.0, texts.top() + top);
        let body = sans(Weight::Regular, ctx.theme.font.body);
        painter.text(
            pos2(texts.left(), left.y),
            egui::Align2::LEFT_TOP,
            sign,
            body.clone(),
            faint(palette.text_tertiary),
        );
        let plain = TextFormat::simple(body, faint(palette.text));
        let mut job = excerpt(text, ranges, &plain, &mark(plain.clone()));
        job.wrap = TextWrapping::truncate_at_width(texts.right() - left.x);
        painter.galley(left, painter.layout_job(job), palette.text);
    };
    let [gone, come] = marks(palette, faint);
    line(16.0, "−", &change.old, &change.was_at, &gone);
    line(34.0, "+", &change.new, &change.is_at, &come);
    let response = ui.allocate_rect(whole, egui::Sense::hover());
    if change.old.chars().count() > AROUND_PLACE {
        response.on_hover_text(format!("{}\n\n{}", change.old, change.new));
    }
}

/// How what goes and what comes is marked: never by colour alone.
fn marks(palette: &Palette, faint: impl Fn(Color32) -> Color32 + Copy) -> [impl Fn(TextFormat) -> TextFormat; 2] {
    let [error, ok] = [faint(palette.error), faint(palette.ok)];
    let (fill, line) = (palette.error_fill, Stroke::new(1.0, error));
    let mark = move |plain: TextFormat, is_gone: bool| match is_gone {
        true => TextFormat { strikethrough: line, color: error, background: fill, ..plain },
        false => TextFormat { underline: Stroke::new(1.0, ok), color: ok, ..plain },
    };
    [true, false].map(|is_gone| move |plain: TextFormat| mark(plain, is_gone))
}

/// A text in one line, with little around the places that are marked.
fn excerpt(text: &str, places: &[Range<usize>], plain: &TextFormat, marked: &TextFormat) -> LayoutJob {
    let mut job = LayoutJob::default();
    let around = (AROUND_PLACE / places.len().max(1)).max(12);
    let line = |words: &str| words.replace(['\n', '\r', '\t'], " ");
    let mut from = 0;
    for (at, place) in places.iter().enumerate() {
        let before = &text[from..place.start];
        let length = before.chars().count();
        // Between two places, what follows one and what comes before the next.
        let after_last = if at == 0 { 0 } else { around };
        if length > after_last + around + 3 {
            let start: String = before.chars().take(after_last).collect();
            let end: String = before.chars().skip(length - around).collect();
            job.append(&line(&format!("{start}…{end}")), 0.0, plain.clone());
        } else {
            job.append(&line(before), 0.0, plain.clone());
        }
        job.append(&line(&text[place.clone()]), 0.0, marked.clone());
        from = place.end;
    }
    job.append(&line(&text[from..]), 0.0, plain.clone());
    job
}

fn foot_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, memory: &mut ReplaceMemory) {
    let chosen = memory.chosen();
    let all = memory.found.as_ref().map_or(0, Vec::len);
    ui.separator();
    ui.horizontal(|ui| {
        let is_any = all > 0;
        if ui.add_enabled(is_any && chosen.len() < all, ActionButton::new("Tick all")).clicked() {
            memory.left_out.clear();
        }
        if ui.add_enabled(!chosen.is_empty(), ActionButton::new("Tick none")).clicked() {
            memory.left_out.extend(memory.found.iter().flatten().map(|change| change.target));
        }
        let words = taken_over_words(layers, &chosen).unwrap_or_default();
        ui.add(Label::new(egui::RichText::new(words).color(theme::palette(ui).text_secondary)).wrap());
    });
    ui.add_space(6.0);
    let (one, many) = match memory.ask.what {
        ReplaceWhat::Words => ("description", "descriptions"),
        ReplaceWhat::Label => ("segment", "segments"),
    };
    let words = match chosen.len() {
        0 => "Replace".to_owned(),
        1 => format!("Replace in 1 {one}"),
        count => format!("Replace in {count} {many}"),
    };
    let why_not = match (&session.read_only, chosen.is_empty(), all) {
        (Some(why), ..) => Some(format!("The project is open for reading only: {why}.")),
        (None, true, 0) => Some("Nothing would change.".to_owned()),
        (None, true, _) => Some("No change is ticked.".to_owned()),
        _ => None,
    };
    let button = ui.add_enabled(why_not.is_none(), ActionButton::primary(&words).key("Ctrl Enter"));
    let by_key = ui.input(|input| {
        input.events.iter().any(|event| {
            matches!(event, egui::Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.command)
        })
    });
    let is_pressed = button.clicked() || (by_key && why_not.is_none());
    if let Some(why_not) = why_not {
        button.on_disabled_hover_text(why_not);
    }
    if is_pressed && session.saving == 0 {
        ctx.send(Command::Timeline(TimelineCommand::Replace(memory.ask.act(chosen))));
    }
}

/// Whose timelines become a person's by it; nothing where all are already.
fn taken_over_words(layers: &Layers, chosen: &[Target]) -> Option<String> {
    let animals = taken_over(chosen.iter());
    let names: Vec<&str> = animals.iter().filter_map(|it| layers.names.get(it.index())).map(String::as_str).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("The timeline of {name} is a machine's: it is copied, and becomes yours with this.")),
        names => Some(format!(
            "The timelines of {} animals ({}) are a machine's: they are copied, and become yours with this.",
            names.len(),
            names.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_around_its_places() {
        let shown = |text: &str, word: &str| {
            let places: Vec<Range<usize>> = text.match_indices(word).map(|(at, _)| at..at + word.len()).collect();
            let (plain, marked) = (TextFormat::default(), TextFormat { italics: true, ..TextFormat::default() });
            let job = excerpt(text, &places, &plain, &marked);
            let parts = job.sections.iter().map(|part| {
                let words = &job.text[part.byte_range.start.0..part.byte_range.end.0];
                if part.format.italics { format!("[{words}]") } else { words.to_owned() }
            });
            parts.collect::<String>()
        };
        assert_eq!(shown("It runs\nand it runs.", "runs"), "It [runs] and it [runs].");
        let long = format!("{}ran{}", "é".repeat(60), "b".repeat(200));
        assert_eq!(shown(&long, "ran"), format!("…{}[ran]{}", "é".repeat(AROUND_PLACE), "b".repeat(200)));
        let far = format!("ran{}ran", "a".repeat(90));
        assert_eq!(shown(&far, "ran"), format!("[ran]{0}…{0}[ran]", "a".repeat(AROUND_PLACE / 2)));
    }
}
