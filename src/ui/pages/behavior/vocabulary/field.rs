//! Fields of text whose drafts are sent when they are left: the text that is saved stays what is shown elsewhere until then.

use std::collections::BTreeMap;

use egui::{Key, KeyboardShortcut, Modifiers, RichText, TextEdit, Ui};

use super::Seen;
use crate::app::timeline::TimelineCommand;
use crate::behavior::edits::LabelField;
use crate::jobs::vocabulary::VocabularyAct;
use crate::model::LabelDefinition;
use crate::ui::theme::{self, Theme, Weight, sans};

/// What is typed of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Typed {
    Name,
    Definition,
    Inclusion,
    Exclusion,
    Category,
    Group,
    Key,
    Color,
    Synonym,
}

/// A text that is typed.
#[derive(Clone, Debug)]
struct Draft {
    text: String,
    is_focused: bool,
    /// Whether it is on its way; it is shown until that is answered.
    is_sent: bool,
}

/// What is typed and not saved, by label.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts(BTreeMap<(String, Typed), Draft>);

impl Drafts {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// No field has the focus any more.
    pub fn focus_left(&mut self) {
        self.0.values_mut().for_each(|draft| draft.is_focused = false);
    }

    /// Nothing is on its way: what was sent is saved, or was refused.
    pub fn saved(&mut self) {
        self.0.retain(|_, draft| !draft.is_sent);
    }

    /// Sends what is in fields that were left.
    pub fn send_left(&mut self, seen: &Seen<'_>) {
        for ((label, typed), draft) in &mut self.0 {
            if draft.is_focused || draft.is_sent {
                continue;
            }
            draft.is_sent = true;
            let Some(definition) = seen.vocabulary.labels.iter().find(|it| it.name == *label) else { continue };
            if let Some(act) = typed.act(definition, draft.text.trim()) {
                seen.send(TimelineCommand::Vocabulary(act));
            }
        }
    }

    /// Draws a field; gives the name that a label is to have, where it was left with another.
    pub fn field_ui(&mut self, ui: &mut Ui, label: &LabelDefinition, typed: Typed, look: FieldLook<'_>) {
        let saved = typed.saved(label);
        let key = (label.name.clone(), typed);
        let mut text = self.0.get(&key).map_or_else(|| saved.clone(), |draft| draft.text.clone());
        let palette = theme::palette(ui);
        let font = sans(Weight::Regular, Theme::get().font.caption);
        let name = ui.label(RichText::new(look.name).font(font).color(palette.text_secondary));
        let newline = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
        let edit = match look.rows {
            1 => TextEdit::singleline(&mut text),
            rows => TextEdit::multiline(&mut text).desired_rows(rows).return_key(newline),
        };
        let id = ui.make_persistent_id((&label.name, look.name));
        let edit = edit.id(id).hint_text(look.hint).desired_width(look.width).char_limit(look.most);
        let response = ui.add(edit).labelled_by(name.id);
        // The keys as they were pressed: Escape has taken the focus away by now.
        let is_typing = response.has_focus() || response.lost_focus();
        let was_pressed = |wanted: Key| {
            ui.input(|input| {
                input.events.iter().any(|event| {
                    matches!(event, egui::Event::Key { key, pressed: true, modifiers, .. }
                        if *key == wanted && !modifiers.shift)
                })
            })
        };
        if is_typing && was_pressed(Key::Escape) {
            self.0.remove(&key);
            return;
        }
        let is_done = is_typing && was_pressed(Key::Enter);
        if is_done {
            response.surrender_focus();
        }
        if is_done || response.lost_focus() {
            // What was left is sent with the next frame.
            ui.ctx().request_repaint();
        }
        if text == saved {
            self.0.remove(&key);
        } else if let Some(draft) = self.0.get_mut(&key).filter(|draft| draft.text == text) {
            draft.is_focused = response.has_focus() && !is_done;
        } else {
            self.0.insert(key, Draft { text, is_focused: response.has_focus() && !is_done, is_sent: false });
        }
    }
}

/// How a field looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldLook<'a> {
    /// What is typed there.
    pub name: &'a str,
    /// What stands there while it is empty.
    pub hint: &'a str,
    /// Rows; Enter ends typing, and Shift with it makes a line where there are several.
    pub rows: usize,
    /// Points.
    pub width: f32,
    /// Letters.
    pub most: usize,
}

impl Typed {
    fn saved(self, label: &LabelDefinition) -> String {
        match self {
            Self::Name => label.name.clone(),
            Self::Definition => label.definition.clone(),
            Self::Inclusion => label.inclusion.clone(),
            Self::Exclusion => label.exclusion.clone(),
            Self::Category => label.category.clone(),
            Self::Group => label.group.clone(),
            Self::Key => label.key.map(|key| key.to_uppercase().to_string()).unwrap_or_default(),
            Self::Color => label.color.clone().unwrap_or_default(),
            Self::Synonym => String::new(),
        }
    }

    /// What a text means, where it changes anything.
    fn act(self, label: &LabelDefinition, text: &str) -> Option<VocabularyAct> {
        if text == self.saved(label) {
            return None;
        }
        let words = text.to_owned();
        let field = match self {
            Self::Name => {
                let rename = VocabularyAct::Rename { label: label.name.clone(), name: words };
                return Some(rename);
            }
            Self::Definition => LabelField::Definition(words),
            Self::Inclusion => LabelField::Inclusion(words),
            Self::Exclusion => LabelField::Exclusion(words),
            Self::Category => LabelField::Category(words),
            Self::Group => LabelField::Group(words),
            Self::Key => LabelField::Key(text.chars().next().and_then(|key| key.to_lowercase().next())),
            Self::Color => LabelField::Color(Some(words).filter(|words| !words.is_empty())),
            Self::Synonym => {
                let mut all = label.synonyms.clone();
                all.push(words);
                LabelField::Synonyms(all)
            }
        };
        Some(VocabularyAct::Set(label.name.clone(), field))
    }
}
