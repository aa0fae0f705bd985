//! The question before the first pictures go to a machine that is not this one.

use egui::{Label, RichText, Ui};

use crate::app::Command;
use crate::app::timeline::TimelineCommand;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::{ActionButton, heading_row};

/// Draws the question about a host. No key says yes: a person has to choose.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, host: &str) {
    let palette = theme::palette(ui);
    ui.set_width(420.0);
    heading_row(ui, "Send pictures?", "", |_| ());
    let words = format!("Pictures of your recording will be sent to {host}.");
    ui.add(Label::new(RichText::new(words).color(palette.text)).wrap());
    if let Some(Command::Timeline(TimelineCommand::AskSearch(_))) = ctx.state.held_back.as_deref() {
        let words = "This time only words are sent: your question, and the names of labels, animals and places with what labels mean.";
        ui.add(Label::new(RichText::new(words).color(palette.text)).wrap());
    }
    let rest =
        "That is not this machine. Leave to send is remembered for this host; you can take it back on the Run page.";
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
