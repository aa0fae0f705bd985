//! The export of timelines: which layer, how much there is of each animal, what nobody reviewed, and the first rows.

use egui::{Frame, Grid, Label, RichText, ScrollArea, Ui};

use super::{Contents, ExportMemory};
use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{PlanAsk, TimelineCommand};
use crate::jobs::behavior::tell::{TellFormat, TellPlan};
use crate::model::timeline::TimelineLayer;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, Ink, Weight, mono};
use crate::ui::widgets::segmented;

const LAYERS: [(Option<TimelineLayer>, &str); 5] = [
    (None, "What counts"),
    (Some(TimelineLayer::Human), "Human"),
    (Some(TimelineLayer::Merged), "Merged"),
    (Some(TimelineLayer::Captions), "Captions"),
    (Some(TimelineLayer::Clips), "Clips"),
];

/// So many animals are counted one by one; the sums are of all.
const MOST_LANES: usize = 12;

/// Which layer, and whether what nobody reviewed is written.
pub(super) fn choices_ui(ui: &mut Ui, memory: &mut ExportMemory) {
    if let Some(layer) = segmented(ui, "Layer", memory.layer, &LAYERS) {
        memory.layer = layer;
    }
    ui.label(RichText::new(words_of(memory.layer)).color(theme::palette(ui).text_secondary));
    ui.add_space(4.0);
    ui.checkbox(&mut memory.reviewed_only, "Reviewed segments only");
}

fn words_of(layer: Option<TimelineLayer>) -> &'static str {
    match layer {
        None => "What people said where they said anything in a recording, else the merge.",
        Some(TimelineLayer::Human) => "What people said.",
        Some(TimelineLayer::Merged) => "Clips joined to segments by a machine.",
        Some(TimelineLayer::Captions) => "Each clip with what was said of it.",
        Some(TimelineLayer::Clips) => "Each clip under the name of its cluster.",
    }
}

/// What the file will hold. Asks for it where it is not known yet.
pub(super) fn contents(ctx: &ViewCtx<'_>, session: &Session, memory: &ExportMemory) -> Contents {
    let waiting =
        || Contents { lines: vec![(Icon::Question, Ink::TextSecondary, "Counting segments".to_owned())], can: false };
    let Ok(format) = memory.format.parse::<TellFormat>() else { return waiting() };
    let state = &session.timeline;
    let ask = PlanAsk {
        format,
        layer: memory.layer,
        reviewed_only: memory.reviewed_only,
        all_recordings: memory.all_recordings && session.recordings.len() > 1,
        of: (state.revision, session.undo_title.clone(), ctx.state.job.is_some()),
    };
    let shown = state.export_plan.as_ref().filter(|plan| plan.ask == ask);
    let Some(shown) = shown else {
        if !state.is_planning() {
            ctx.send(Command::Timeline(TimelineCommand::PlanExport(Box::new(ask))));
        }
        return waiting();
    };
    let plan = match &shown.found {
        Ok(plan) => plan,
        Err(problem) => {
            return Contents { lines: vec![(Icon::Warning, Ink::Warn, problem.clone())], can: false };
        }
    };
    let report = &plan.report;
    let layers: Vec<&str> = report.layers.iter().map(|(_, layer)| layer.as_str()).collect();
    let layer = match layers.iter().all(|layer| *layer == layers[0]) {
        true => format!("of the {} layer", layers.first().unwrap_or(&"")),
        false => "of the human layer where there is one, else the merged one".to_owned(),
    };
    let mut lines = vec![(Icon::Check, Ink::Ok, format!("{} segments {layer} will be written.", report.segments))];
    if report.left_out_unreviewed > 0 {
        let words = format!("{} segments that nobody has reviewed are left out.", report.left_out_unreviewed);
        lines.push((Icon::Skip, Ink::Warn, words));
    }
    if report.unreviewed > 0 {
        let words = format!("{} of them nobody has reviewed; they are written too.", report.unreviewed);
        lines.push((Icon::Warning, Ink::Warn, words));
    }
    Contents { lines, can: report.segments > 0 }
}

/// How much there is of each animal, and the first lines of the file.
pub(super) fn preview_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session) {
    let Some(plan) = session.timeline.export_plan.as_ref().and_then(|plan| plan.found.as_ref().ok()) else { return };
    let palette = theme::palette(ui);
    ui.add_space(12.0);
    lanes_ui(ui, ctx, plan);
    ui.add_space(12.0);
    ui.label(RichText::new("First rows").color(palette.text_secondary));
    Frame::NONE.fill(palette.panel).inner_margin(8).corner_radius(4).show(ui, |ui| {
        ScrollArea::horizontal().id_salt("preview").auto_shrink([false, true]).show(ui, |ui| {
            let text = RichText::new(plan.preview.join("\n")).font(mono(Weight::Medium, ctx.theme.font.caption));
            ui.add(Label::new(text.color(palette.text)).extend().selectable(true));
        });
    });
}

fn lanes_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, plan: &TellPlan) {
    let palette = theme::palette(ui);
    let figure = |number: usize| {
        RichText::new(number.to_string()).font(mono(Weight::Medium, ctx.theme.font.body)).color(palette.text)
    };
    let has_many = plan.report.layers.len() > 1;
    Grid::new("planned lanes").num_columns(5).spacing([24.0, 4.0]).show(ui, |ui| {
        let heads = ["recording", "animal", "layer", "segments", "not reviewed"];
        for head in heads.iter().skip(usize::from(!has_many)) {
            ui.label(RichText::new(*head).color(palette.text_secondary));
        }
        ui.end_row();
        for lane in plan.lanes.iter().take(MOST_LANES) {
            if has_many {
                ui.label(&lane.recording);
            }
            ui.label(&lane.animal);
            ui.label(&lane.layer);
            ui.label(figure(lane.segments));
            ui.label(figure(lane.unreviewed));
            ui.end_row();
        }
    });
    if plan.lanes.len() > MOST_LANES {
        let words = format!("and {} animals more", plan.lanes.len() - MOST_LANES);
        ui.label(RichText::new(words).color(palette.text_secondary));
    }
}
