//! Labels that stand in the timelines and that the vocabulary lacks, with what each may mean and what can be done about it.

use egui::{Frame, Margin, RichText, ScrollArea, Ui};

use super::Seen;
use crate::behavior::unknown_labels::ProposalReason;
use crate::jobs::vocabulary::{UnknownUse, VocabularyAct};
use crate::model::LabelDefinition;
use crate::model::vocabulary::in_words;
use crate::ui::theme::{self, Weight, sans};
use crate::ui::widgets::{empty_state, heading_row};

/// Proposals that are shown.
const MOST: usize = 3;

/// Draws the list.
pub(super) fn ui(ui: &mut Ui, seen: &Seen<'_>, expected: &mut Option<String>) {
    let uses = seen.session.timeline.vocabulary_state.uses.clone();
    let margin = Margin::symmetric(seen.ctx.theme.space.panel_padding as i8, 0);
    Frame::NONE.inner_margin(margin).show(ui, |ui| {
        let count = uses.as_ref().map(|uses| uses.unknown.len().to_string()).unwrap_or_default();
        heading_row(ui, "Not in the vocabulary", &count, |_| {});
    });
    let Some(uses) = uses else {
        let _ = empty_state(ui, "Counting labels.", None);
        return;
    };
    if uses.unknown.is_empty() {
        let _ = empty_state(ui, "Every label in the timelines is in the vocabulary.", None);
        return;
    }
    ScrollArea::vertical().id_salt("unknown labels").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(margin).show(ui, |ui| {
            for (at, unknown) in uses.unknown.iter().enumerate() {
                ui.push_id(at, |ui| entry_ui(ui, seen, unknown, expected));
                ui.add_space(10.0);
                ui.separator();
                ui.add_space(6.0);
            }
        });
    });
}

fn entry_ui(ui: &mut Ui, seen: &Seen<'_>, unknown: &UnknownUse, expected: &mut Option<String>) {
    let palette = theme::palette(ui);
    let size = &seen.ctx.theme.font;
    ui.label(RichText::new(in_words(&unknown.label)).font(sans(Weight::Strong, size.body)).color(palette.text));
    let counts = [
        (unknown.uses.human, ["segment of people", "segments of people"]),
        (unknown.uses.merged, ["merged segment", "merged segments"]),
        (unknown.uses.captions, ["caption", "captions"]),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, [one, many])| format!("{count} {}", if *count == 1 { one } else { many })).collect();
    ui.label(RichText::new(counts.join(", ")).font(sans(Weight::Regular, size.caption)).color(palette.text_secondary));
    if let Some(first) = unknown.proposals.first() {
        // Beside a name that is alike, definitions say little.
        let is_by_name = first.reason != ProposalReason::Definition;
        let proposals = unknown.proposals.iter().take(MOST);
        let proposals = proposals.filter(|it| !is_by_name || it.reason != ProposalReason::Definition);
        let words: Vec<String> = proposals.map(|it| format!("{} ({})", in_words(&it.label), why(it.reason))).collect();
        let words = format!("Perhaps {}.", words.join(" or "));
        ui.add(egui::Label::new(RichText::new(words).color(palette.text_secondary)).wrap());
    }
    ui.add_space(4.0);
    ui.add_enabled_ui(seen.session.read_only.is_none(), |ui| {
        ui.horizontal_wrapped(|ui| {
            let word = || unknown.label.clone();
            if let Some(label) = labels_menu(ui, "Is a synonym of …", seen, unknown) {
                seen.act(VocabularyAct::Synonym { word: word(), label });
            }
            let add = ui.button("Add as a label");
            if add.on_hover_text("Add it to the vocabulary; then say what it means").clicked() {
                *expected = Some(word());
                seen.act(VocabularyAct::Add(LabelDefinition { name: word(), ..LabelDefinition::default() }));
            }
            // What machines said stays as it was said.
            if unknown.uses.human > 0
                && let Some(label) = labels_menu(ui, "Relabel as …", seen, unknown)
            {
                seen.act(VocabularyAct::Relabel { word: word(), label });
            }
        });
    });
}

/// All labels, those that are proposed first; gives the one that was chosen.
fn labels_menu(ui: &mut Ui, words: &str, seen: &Seen<'_>, unknown: &UnknownUse) -> Option<String> {
    let proposed = unknown.proposals.iter().map(|proposal| &proposal.label);
    let others = seen.vocabulary.labels.iter().map(|label| &label.name);
    let others = others.filter(|name| unknown.proposals.iter().all(|proposal| proposal.label != **name));
    let mut chosen = None;
    ui.menu_button(words, |ui| {
        ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
            for name in proposed.chain(others) {
                if ui.button(in_words(name)).clicked() {
                    chosen = Some(name.clone());
                    ui.close();
                }
            }
        });
    });
    chosen
}

/// Why a label is proposed.
fn why(reason: ProposalReason) -> &'static str {
    match reason {
        ProposalReason::SameName => "same name",
        ProposalReason::Synonym => "a synonym",
        ProposalReason::Spelling => "spelled alike",
        ProposalReason::Definition => "by its definition",
    }
}
