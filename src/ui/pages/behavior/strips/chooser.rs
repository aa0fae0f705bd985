//! The menu of the measures that are drawn under the lanes, and of whom the chosen animal is measured with.

use egui::{Popup, PopupCloseBehavior, RichText, ScrollArea, Stroke, Ui};

use crate::app::Command;
use crate::app::session::Session;
use crate::app::timeline::{Layers, Scene, TimelineCommand, shown_measures};
use crate::behavior::measures::Measure;
use crate::model::AnimalId;
use crate::ui::ctx::ViewCtx;
use crate::ui::theme;
use crate::ui::widgets::chip;

/// Height of a row of the menu, points.
const ROW: f32 = 22.0;

/// Draws the button, and the menu while it is open.
pub(in crate::ui::pages::behavior) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers) {
    let Some(scene) = &session.timeline.scene else {
        let words = match session.timeline.is_busy() {
            true => "The tracks are being read.",
            false => "Nothing can be measured: no animal is tracked in this recording.",
        };
        ui.add_enabled_ui(false, |ui| chip(ui, "Strips", false).on_disabled_hover_text(words));
        return;
    };
    let count = shown_measures(&ctx.state.settings, scene).len();
    let button =
        chip(ui, "Strips", count > 0).on_hover_text("What is measured of the animals and drawn under the lanes");
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_width(300.0);
        // All rows are seen without scrolling where the window is not small.
        ui.spacing_mut().interact_size.y = ROW;
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, theme::palette(ui).line_strong);
        let most = (ui.ctx().content_rect().height() - 160.0).max(200.0);
        ScrollArea::vertical().max_height(most).show(ui, |ui| menu_ui(ui, ctx, session, layers, scene));
    });
}

fn menu_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, layers: &Layers, scene: &Scene) {
    let (pairs, own): (Vec<_>, Vec<_>) = scene.measures.iter().partition(|(measure, _)| measure.is_of_pair());
    heading(ui, "Of each animal");
    own.into_iter().for_each(|(measure, why_not)| measure_ui(ui, ctx, measure, *why_not));
    ui.separator();
    let chosen = session.timeline.animal;
    let name = |animal: AnimalId| layers.names.get(animal.index()).map_or("", String::as_str);
    heading(ui, &format!("Of {} and another animal", name(chosen)));
    let partner = session.timeline.strips.partner_of(chosen);
    let others = (0..layers.names.len()).map(|at| AnimalId(at as u8)).filter(|id| *id != chosen).map(Some);
    if layers.names.len() > 2 {
        ui.horizontal_wrapped(|ui| {
            for option in std::iter::once(None).chain(others) {
                let words = option.map_or("with its nearest".to_owned(), |id| format!("with {}", name(id)));
                if ui.radio(partner == option, words).clicked() {
                    ctx.send(Command::Timeline(TimelineCommand::StripPartner(option)));
                }
            }
        });
    }
    pairs.into_iter().for_each(|(measure, why_not)| measure_ui(ui, ctx, measure, *why_not));
}

fn heading(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).color(theme::palette(ui).text_secondary));
}

fn measure_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, measure: &Measure, why_not: Option<&str>) {
    let (id, words) = (measure.id(), measure.words());
    let ids = &ctx.state.settings.strips;
    let mut is_on = ids.contains(&id) && why_not.is_none();
    let text = match words.unit {
        "" => measure.name(),
        unit => format!("{}, {unit}", measure.name()),
    };
    let response = ui.add_enabled(why_not.is_none(), egui::Checkbox::new(&mut is_on, text));
    if response.changed() {
        let mut ids = ids.clone();
        ids.retain(|other| *other != id);
        ids.extend(is_on.then_some(id));
        ctx.send(Command::Timeline(TimelineCommand::ShowStrips(ids)));
    }
    response.on_hover_text(words.definition).on_disabled_hover_text(why_not.unwrap_or_default());
}
