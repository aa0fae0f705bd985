//! The question before the first pictures, or words about them, go to a machine that is not this one.

use egui::{Label, RichText, Ui};

use crate::app::Command;
use crate::app::timeline::TimelineCommand;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::{ActionButton, heading_row};

/// Draws the question about a host. No key says yes: a person has to choose.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, host: &str, are_pictures: bool) {
    let palette = theme::palette(ui);
    ui.set_width(420.0);
    let is_question = matches!(ctx.state.held_back.as_deref(), Some(Command::Timeline(TimelineCommand::AskSearch(_))));
    let (title, words) = match (is_question, are_pictures) {
        (true, _) => (
            "Send the question?",
            format!(
                "Your question, and the names of labels, animals and places with what labels mean, will be sent to {host}. No \
                 pictures are."
            ),
        ),
        (false, true) => ("Send pictures?", format!("Pictures of your recording will be sent to {host}.")),
        (false, false) => (
            "Send descriptions?",
            format!("Labels and descriptions of your recording will be sent to {host}, and no pictures."),
        ),
    };
    heading_row(ui, title, "", |_| ());
    ui.add(Label::new(RichText::new(words).color(palette.text)).wrap());
    let rest = match are_pictures {
        true => {
            "That is not this machine. Leave to send is remembered for this host; you can take it back on the Run page."
        }
        false => {
            "That is not this machine. Leave to send is remembered for this host, and holds for pictures too; you can take it \
             back where the model is chosen."
        }
    };
    ui.add(Label::new(RichText::new(rest).color(palette.text_secondary)).wrap());
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        if ui.add(ActionButton::new("Do not send").key("Esc")).clicked() {
            ctx.send(Command::Show(None));
        }
        if ui.add(ActionButton::primary("Send")).clicked() {
            ctx.send(Command::AllowHost(host.to_owned()));
        }
    });
}
