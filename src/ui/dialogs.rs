//! Dialogs over the page: one file each, opened and closed by the app's state.

mod describe;

mod help;

mod labelling;

mod palette;

mod replace;

mod rerun;

mod segment_why;

mod send_pictures;

mod settings;

mod why;

use egui::{Frame, Id, Modal, Ui};

use super::ctx::ViewCtx;
use crate::app::{Command, Dialog};

/// What dialogs remember between frames: drafts of their fields.
#[derive(Default)]
pub struct DialogMemory {
    /// The dialog that was shown in the frame before, so that one that opens starts afresh.
    shown: Option<Dialog>,
    describe: describe::DescribeMemory,
    help: help::HelpMemory,
    labelling: labelling::LabellingMemory,
    palette: palette::PaletteMemory,
    replace: replace::ReplaceMemory,
    segment_why: segment_why::SegmentWhyMemory,
    settings: settings::SettingsMemory,
    why: why::WhyMemory,
}

/// Draws the open dialog, if one is.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut DialogMemory) {
    let Some(dialog) = &ctx.state.dialog else {
        memory.shown = None;
        return;
    };
    if memory.shown.as_ref() != Some(dialog) {
        // What was to be replaced is found again.
        let replace = std::mem::take(&mut memory.replace).reopened();
        *memory = DialogMemory { shown: Some(dialog.clone()), replace, ..DialogMemory::default() };
    }
    let frame = Frame::popup(&ui.ctx().global_style()).inner_margin(4.0 * ctx.theme.space.unit);
    let response = Modal::new(Id::unique("dialog")).frame(frame).show(ui.ctx(), |ui| match dialog {
        Dialog::Help => help::ui(ui, ctx, &mut memory.help),
        Dialog::Palette => palette::ui(ui, ctx, &mut memory.palette),
        Dialog::Settings => settings::ui(ui, ctx, &mut memory.settings),
        Dialog::Annotator | Dialog::SeedFrames | Dialog::GoToFrame | Dialog::SwapRange => {
            labelling::ui(ui, ctx, &mut memory.labelling, dialog);
        }
        Dialog::Replace => replace::ui(ui, ctx, &mut memory.replace),
        Dialog::Rerun => rerun::ui(ui, ctx),
        Dialog::SegmentWhy => segment_why::ui(ui, ctx, &mut memory.segment_why),
        Dialog::Why => why::ui(ui, ctx, &mut memory.why),
        Dialog::SendPictures(host) => send_pictures::ui(ui, ctx, host, true),
        Dialog::SendWords(host) => send_pictures::ui(ui, ctx, host, false),
        Dialog::Describe => describe::ui(ui, ctx, &mut memory.describe),
    });
    if response.should_close() {
        ctx.send(Command::Show(None));
    }
}
