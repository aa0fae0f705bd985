//! Which model a run asks: its name and addresses, the key, the connection test, limits and prices. What is wrong with an entry
//! stands below it. No key is ever shown.

use egui::{Align, ComboBox, Key, Label, Layout, RichText, TextEdit, Ui};

use crate::app::Command;
use crate::app::model_choice::{ModelChoice, ModelField, OwnProfile, Wrong, is_allowed};
use crate::app::session::Session;
use crate::jobs::pose::Assigner;
use crate::model::CameraId;
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::Icon;
use crate::ui::job_panel::line_ui;
use crate::ui::theme::{self, Ink, Weight, sans};
use crate::ui::widgets::{ActionButton, section};
use crate::vlm::Profile;
use crate::vlm::http::{Finding, Secret, Severity};

/// Width of a field for a number, points.
const NUMBER: f32 = 72.0;

/// The choice of a profile that is in a file.
const FROM_FILE: &str = "From a file";

/// The profile of an earlier run, where it is none of those that can be chosen.
const OF_RUN: &str = "As the unfinished run had it";

/// Drafts of the fields.
#[derive(Default)]
pub(super) struct ModelMemory {
    choice: ModelChoice,
    /// A key that is being entered; emptied as soon as it is taken.
    key: String,
}

/// Draws the choices about the model of a run with this assigner.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, assigner: Assigner, memory: &mut ModelMemory) {
    if memory.choice != ctx.state.model {
        memory.choice.clone_from(&ctx.state.model);
    }
    let choice = &mut memory.choice;
    let problems = ctx.state.model.problems(assigner);
    let name = ui.label("Model");
    ui.add(TextEdit::singleline(&mut choice.name).hint_text("Qwen/Qwen3.5-27B").desired_width(f32::INFINITY))
        .labelled_by(name.id);
    let address = ui.label("Address");
    let rows = choice.addresses.lines().count().max(1);
    let field = TextEdit::multiline(&mut choice.addresses).hint_text("http://127.0.0.1:8000").desired_rows(rows);
    ui.add(field.desired_width(f32::INFINITY)).labelled_by(address.id);
    if !wrong_ui(ui, &problems, ModelField::Addresses) {
        caption_ui(ui, "More than one? One per line; all are used.");
    }
    hosts_ui(ui, ctx, choice);
    profile_ui(ui, choice, &problems);
    key_ui(ui, ctx, &memory.choice.hosts(), &mut memory.key);
    check_ui(ui, ctx, assigner, problems.is_empty());
    let sees =
        ui.link("What the model sees…").on_hover_text("The questions about the shown frame, with their pictures");
    if sees.clicked() {
        ctx.send(Command::ShowWhy(session.selection.camera.unwrap_or(CameraId(0)), None));
    }
    let choice = &mut memory.choice;
    section(ui, "model limits", "Limits and prices", false, |ui| limits_ui(ui, session, assigner, choice, &problems));
    if memory.choice != ctx.state.model {
        ctx.send(Command::ChooseModel(Box::new(memory.choice.clone())));
    }
}

/// Who may be sent pictures.
fn hosts_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, choice: &ModelChoice) {
    for host in choice.foreign_hosts() {
        if !is_allowed(&ctx.state.settings.allowed_hosts, &host) {
            caption_ui(ui, &format!("You are asked before pictures go to {host}."));
            continue;
        }
        caption_ui(ui, &format!("Pictures may be sent to {host}."));
        let forbid = ui.link("Take back").on_hover_text(format!("Asks again before pictures go to {host}"));
        if forbid.clicked() {
            ctx.send(Command::ForbidHost(host));
        }
    }
}

fn profile_ui(ui: &mut Ui, choice: &mut ModelChoice, problems: &[Wrong]) {
    ui.add_space(4.0);
    let label = ui.label("Profile");
    let fitting = format!("By its name: {}", Profile::for_model(choice.name.trim()).name);
    let chosen = match &choice.own_profile {
        Some(OwnProfile::File(_)) => FROM_FILE.to_owned(),
        Some(OwnProfile::Run(_)) => OF_RUN.to_owned(),
        None => choice.profile.clone().unwrap_or_else(|| fitting.clone()),
    };
    let response = ComboBox::from_id_salt("profile")
        .selected_text(&chosen)
        .width(ui.available_width())
        .show_ui(ui, |ui| {
            if ui.selectable_label(chosen == fitting, &fitting).clicked() {
                (choice.profile, choice.own_profile) = (None, None);
            }
            for preset in Profile::presets() {
                if ui.selectable_label(chosen == preset.name, &preset.name).clicked() {
                    (choice.profile, choice.own_profile) = (Some(preset.name), None);
                }
            }
            if chosen == OF_RUN {
                let _ = ui.selectable_label(true, OF_RUN);
            }
            let is_from_file = matches!(choice.own_profile, Some(OwnProfile::File(_)));
            if ui.selectable_label(is_from_file, FROM_FILE).clicked() && !is_from_file {
                (choice.profile, choice.own_profile) = (None, Some(OwnProfile::File(String::new())));
            }
        })
        .response
        .labelled_by(label.id);
    response.on_hover_text("How this family of models writes places, thinks and is sampled");
    if let Some(OwnProfile::File(path)) = &mut choice.own_profile {
        let label = ui.label("Profile's file");
        let field = TextEdit::singleline(path).hint_text("/home/me/profile.json").desired_width(f32::INFINITY);
        ui.add(field).labelled_by(label.id);
        if !wrong_ui(ui, problems, ModelField::Profile) {
            caption_ui(ui, "JSON. What it does not say is as the model's name suggests.");
        }
    }
    ui.add_space(4.0);
}

/// The key: where the one in use is from, and what can be done with it.
fn key_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, hosts: &[String], draft: &mut String) {
    let key = &ctx.state.key;
    let is_kept = |host: &&String| key.kept.get(*host).copied().unwrap_or(false);
    let label = ui.label("Key");
    if key.entered.is_some() {
        caption_ui(ui, "Entered for this session; it is used for every address.");
        if ui.link("Forget the key").clicked() {
            ctx.send(Command::EnterKey(None));
        }
        if key.is_waiting {
            caption_ui(ui, "Waiting for the keyring…");
            return;
        }
        for host in hosts.iter().filter(|host| !is_kept(host)) {
            let keep = ui.link(format!("Keep it in the keyring for {host}"));
            if keep.on_hover_text("The operating system keeps it, for this host alone").clicked() {
                ctx.send(Command::KeepKey(host.clone()));
            }
        }
        kept_ui(ui, ctx, "A key is in the keyring for", hosts.iter().filter(is_kept));
        return;
    }
    ui.horizontal(|ui| {
        let width = ui.available_width() - 76.0;
        let field = TextEdit::singleline(draft).password(true).hint_text("For this session only").desired_width(width);
        let field = ui.add(field).labelled_by(label.id);
        let by_key = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let entered = Secret::new(draft);
        let use_it = ui.add_enabled_ui(entered.is_some(), |ui| ui.add(ActionButton::new("Use it"))).inner;
        if (by_key || use_it.clicked()) && entered.is_some() {
            ctx.send(Command::EnterKey(entered));
            draft.clear();
        }
    });
    if key.from_environment.is_some() {
        caption_ui(ui, &format!("The one in {} is used, from the environment.", Secret::VARIABLE));
    } else if hosts.iter().any(|host| is_kept(&host)) {
        kept_ui(ui, ctx, "The one from the keyring is used for", hosts.iter().filter(is_kept));
    } else {
        caption_ui(ui, &format!("None yet. Enter one if the server asks for it, or set {}.", Secret::VARIABLE));
    }
}

/// Hosts whose key is in the keyring.
fn kept_ui<'a>(ui: &mut Ui, ctx: &ViewCtx<'_>, words: &str, hosts: impl Iterator<Item = &'a String>) {
    for host in hosts {
        caption_ui(ui, &format!("{words} {host}."));
        if ui.link(format!("Take the key for {host} out of the keyring")).clicked() {
            ctx.send(Command::ForgetKeptKey(host.clone()));
        }
    }
}

/// The connection test and what it found.
fn check_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, assigner: Assigner, is_possible: bool) {
    ui.add_space(8.0);
    let check = ctx.state.model_check.as_ref();
    if check.is_some_and(|check| check.found.is_none()) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Trying the connection…").color(theme::palette(ui).text_secondary));
            if ui.add(ActionButton::new("Stop the test")).clicked() {
                ctx.send(Command::StopModelCheck);
            }
        });
    } else {
        let test = ui.add_enabled_ui(is_possible, |ui| ui.add(ActionButton::new("Test the connection"))).inner;
        if test.on_hover_text("Asks each server a small question").clicked() {
            ctx.send(Command::CheckModel(assigner));
        }
    }
    match check.and_then(|check| check.found.as_ref()) {
        Some(Ok(findings)) => findings_ui(ui, findings),
        Some(Err(words)) => line_ui(ui, (Icon::Warning, Ink::Error), words),
        None => {}
    }
    ui.add_space(4.0);
}

fn findings_ui(ui: &mut Ui, findings: &[Finding]) {
    let palette = theme::palette(ui);
    let worst = findings.iter().map(|finding| finding.severity).max();
    let (words, ink) = match worst {
        Some(Severity::Good) => ("It can be used.", Ink::Ok),
        Some(Severity::Warning) => ("It may work; see below.", Ink::Warn),
        Some(Severity::Error) => ("It cannot be used like this.", Ink::Error),
        None => return,
    };
    let size = theme::Theme::get().font.body;
    ui.label(RichText::new(words).font(sans(Weight::Strong, size)).color(palette.ink(ink)));
    let mut endpoint = "";
    let are_several = findings.iter().any(|finding| finding.endpoint != findings[0].endpoint);
    for finding in findings {
        if are_several && endpoint != finding.endpoint {
            endpoint = &finding.endpoint;
            caption_ui(ui, endpoint);
        }
        let (sign, word) = match finding.severity {
            Severity::Good => ((Icon::Check, Ink::Ok), ""),
            Severity::Warning => ((Icon::Warning, Ink::Warn), "May not work: "),
            Severity::Error => ((Icon::Warning, Ink::Error), "Does not work: "),
        };
        line_ui(ui, sign, &format!("{word}{}", finding.sentence));
    }
}

fn limits_ui(ui: &mut Ui, session: &Session, assigner: Assigner, choice: &mut ModelChoice, problems: &[Wrong]) {
    let number = |ui: &mut Ui, name: &str, hint: &str, text: &mut String, field: ModelField| {
        ui.horizontal(|ui| {
            let label = ui.label(name);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(NUMBER)).labelled_by(label.id);
            });
        });
        wrong_ui(ui, problems, field);
    };
    number(ui, "Requests at once, per address", "8", &mut choice.at_once, ModelField::AtOnce);
    number(ui, "Pause after so many calls", "no limit", &mut choice.budget, ModelField::Budget);
    if assigner == Assigner::Hybrid {
        number(ui, "Sure labels asked about too, %", "2", &mut choice.audit_pct, ModelField::Audit);
        caption_ui(ui, "A sample that shows how far the model agrees.");
    } else {
        let regions = session.skeleton.regions.len();
        ui.checkbox(&mut choice.regions_at_once, "All regions in one call");
        // Stages 1 to 3 of a view: regions, assignments, reconciliation.
        let (one_by_one, at_once) = (2 * regions + 1, regions + 2);
        caption_ui(ui, &format!("{at_once} calls per view instead of {one_by_one}."));
    }
    number(ui, "Price of 1 M tokens sent", "unknown", &mut choice.price_in, ModelField::PriceIn);
    number(ui, "Price of 1 M tokens back", "unknown", &mut choice.price_out, ModelField::PriceOut);
}

/// What is wrong with a field, if something is that was entered.
fn wrong_ui(ui: &mut Ui, problems: &[Wrong], field: ModelField) -> bool {
    let wrong = problems.iter().find(|wrong| wrong.field == field && !wrong.is_missing);
    if let Some(wrong) = wrong {
        let colour = theme::palette(ui).error;
        ui.add(Label::new(RichText::new(wrong.words.as_str()).color(colour)).wrap());
    }
    wrong.is_some()
}

fn caption_ui(ui: &mut Ui, words: &str) {
    let (size, colour) = (theme::Theme::get().font.caption, theme::palette(ui).text_tertiary);
    ui.add(Label::new(RichText::new(words).size(size).color(colour)).wrap());
}
