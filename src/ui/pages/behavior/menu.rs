//! What else can be done with a segment: the menu of the second mouse button.

use egui::{Popup, PopupCloseBehavior, Response, Ui};

use super::lanes::Lanes;
use crate::app::Command;
use crate::app::timeline::TimelineCommand;
use crate::jobs::timeline::{Target, TimelineAct};
use crate::model::AnimalId;
use crate::model::vocabulary::in_words;

/// Draws the menu over the rows while it is open.
pub(super) fn ui(response: &Response, lanes: &Lanes<'_>, target: Target) {
    let Some(segment) = lanes.layers.timeline.find(target) else { return };
    let popup = Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClick);
    popup.show(|ui| {
        ui.set_min_width(196.0);
        ui.strong(lanes.text_of(segment));
        ui.separator();
        let send = |command: TimelineCommand| lanes.ctx.send(Command::Timeline(command));
        let act = |act: TimelineAct| send(TimelineCommand::Act(act));
        if item(ui, "Accept") {
            act(TimelineAct::Accept(chosen(lanes, target)));
        }
        if item(ui, "Split at the shown frame") {
            act(TimelineAct::Split { of: target, at_frame: lanes.session.cursor.frame });
        }
        if item(ui, "Merge with the next") {
            send(TimelineCommand::MergeNext);
        }
        if item(ui, "Take apart into clips") {
            act(TimelineAct::Unmerge(target));
        }
        ui.menu_button("Label", |ui| {
            egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for label in &lanes.session.timeline.vocabulary.labels {
                    if item(ui, &in_words(&label.name)) {
                        act(TimelineAct::Relabel { of: chosen(lanes, target), label: label.name.clone() });
                        ui.close();
                    }
                }
            });
        });
        let others = (0..lanes.layers.names.len()).map(|at| AnimalId(at as u8)).filter(|id| *id != segment.animal);
        let others: Vec<AnimalId> = others.collect();
        if !others.is_empty() {
            ui.menu_button("Copy to", |ui| {
                for other in others {
                    if item(ui, &lanes.layers.names[other.index()]) {
                        act(TimelineAct::CopyTo { of: chosen(lanes, target), animal: other });
                        ui.close();
                    }
                }
            });
        }
        ui.separator();
        if item(ui, "Delete") {
            act(TimelineAct::Delete(chosen(lanes, target)));
        }
    });
}

/// All that is selected where the menu is about one of them, else that one.
fn chosen(lanes: &Lanes<'_>, target: Target) -> Vec<Target> {
    let selected = &lanes.session.timeline.selected;
    if selected.contains(&target) { selected.clone() } else { vec![target] }
}

fn item(ui: &mut Ui, words: &str) -> bool {
    ui.button(words).clicked()
}
