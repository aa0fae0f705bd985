//! Which model is asked: its name and addresses, the key, the connection test, limits and prices. What is wrong with an entry
//! stands below it. No key is ever shown.

use egui::{Align, ComboBox, Key, Label, Layout, RichText, TextEdit, Ui};

use super::ctx::ViewCtx;
use super::icons::Icon;
use super::job_panel::line_ui;
use super::theme::{self, Ink, Weight, sans};
use super::widgets::{ActionButton, section};
use crate::app::Command;
use crate::app::model_choice::{ModelChoice, ModelField, OwnProfile, Wrong, is_allowed};
use crate::jobs::pose::Assigner;
use crate::model::CameraId;
use crate::vlm::Profile;
use crate::vlm::http::{Finding, Secret, Severity};

/// Width of a field for a number, points.
const NUMBER: f32 = 72.0;

/// The choice of a profile that is in a file.
const FROM_FILE: &str = "From a file";

/// The profile of an earlier run, where it is none of those that can be chosen.
const OF_RUN: &str = "As the unfinished run had it";

/// What a model is asked about, which decides what its form shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAbout {
    /// The dots of frames, by a run with this assigner over a skeleton of so many regions; its view is the one that is looked at.
    Dots(Assigner, usize, CameraId),
    /// What clips show.
    Clips,
    /// Words alone: the form is that of the language model. Whether the key stands in it, too.
    Words(bool),
}

impl AskedAbout {
    fn is_words(self) -> bool {
        matches!(self, Self::Words(_))
    }

    /// The assigner whose entries are judged.
    fn assigner(self) -> Assigner {
        match self {
            Self::Dots(assigner, ..) => assigner,
            Self::Clips | Self::Words(_) => Assigner::Vlm,
        }
    }

    /// What a field is called: where two forms stand side by side, those of the language model are told apart.
    fn called(self, plain: &str) -> String {
        match plain.chars().next().filter(|_| self.is_words()) {
            Some(first) => format!("Its {}{}", first.to_lowercase(), &plain[first.len_utf8()..]),
            None => plain.to_owned(),
        }
    }
}

/// Drafts of the fields.
#[derive(Default)]
pub struct ModelMemory {
    choice: ModelChoice,
    /// A key that is being entered; emptied as soon as it is taken.
    key: String,
}

/// Draws the form of a model. The key that is entered in it is used for the hosts of `others`, too.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, about: AskedAbout, others: &[String], memory: &mut ModelMemory) {
    let kept = if about.is_words() { &ctx.state.language_model } else { &ctx.state.model };
    if memory.choice != *kept {
        memory.choice.clone_from(kept);
    }
    let choice = &mut memory.choice;
    let problems = kept.problems(about.assigner());
    let name = ui.label(if about.is_words() { "Language model" } else { "Model" });
    let hint = if about.is_words() { "Qwen/Qwen3-Next-80B-A3B" } else { "Qwen/Qwen3.5-27B" };
    ui.add(TextEdit::singleline(&mut choice.name).hint_text(hint).desired_width(f32::INFINITY)).labelled_by(name.id);
    if about.is_words() {
        caption_ui(ui, &words_if_empty(ctx));
    }
    if !(about.is_words() && choice.name.trim().is_empty()) {
        rest_ui(ui, ctx, about, (&problems, others), memory);
    }
    if memory.choice != *kept {
        let choice = Box::new(memory.choice.clone());
        ctx.send(if about.is_words() { Command::ChooseLanguageModel(choice) } else { Command::ChooseModel(choice) });
    }
}

/// Whom an empty name stands for.
fn words_if_empty(ctx: &ViewCtx<'_>) -> String {
    match ctx.state.model.name.trim() {
        "" => "Without a name the vision-language model is asked, which has no name yet either.".to_owned(),
        name => format!("Without a name the vision-language model is asked: {name}."),
    }
}

/// The form below the name.
fn rest_ui(
    ui: &mut Ui,
    ctx: &ViewCtx<'_>,
    about: AskedAbout,
    (problems, others): (&[Wrong], &[String]),
    memory: &mut ModelMemory,
) {
    let choice = &mut memory.choice;
    let address = ui.label(about.called("Address"));
    let rows = choice.addresses.lines().count().max(1);
    let hint = if about.is_words() { "http://127.0.0.1:8001" } else { "http://127.0.0.1:8000" };
    let field = TextEdit::multiline(&mut choice.addresses).hint_text(hint).desired_rows(rows);
    ui.add(field.desired_width(f32::INFINITY)).labelled_by(address.id);
    if !wrong_ui(ui, problems, ModelField::Addresses) {
        caption_ui(ui, "More than one? One per line; all are used.");
    }
    hosts_ui(ui, ctx, about, choice);
    profile_ui(ui, about, choice, problems);
    if about != AskedAbout::Words(false) {
        let mut hosts = memory.choice.hosts();
        let further: Vec<_> = others.iter().filter(|host| !hosts.contains(host)).cloned().collect();
        hosts.extend(further);
        key_ui(ui, ctx, &hosts, &mut memory.key);
    }
    check_ui(ui, ctx, about, problems.is_empty());
    if let AskedAbout::Dots(_, _, camera) = about {
        let sees =
            ui.link("What the model sees…").on_hover_text("The questions about the shown frame, with their pictures");
        if sees.clicked() {
            ctx.send(Command::ShowWhy(camera, None));
        }
    }
    let choice = &mut memory.choice;
    let (salt, title) = match about {
        AskedAbout::Dots(..) => ("model limits", "Limits and prices"),
        AskedAbout::Clips => ("caption model limits", "Pace and prices"),
        AskedAbout::Words(_) => ("language model limits", "Its pace and prices"),
    };
    section(ui, salt, title, false, |ui| limits_ui(ui, about, choice, problems));
}

/// Who may be sent pictures, or words about them.
fn hosts_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, about: AskedAbout, choice: &ModelChoice) {
    let (goes, link) = if about.is_words() { ("descriptions", "Take back for it") } else { ("pictures", "Take back") };
    for host in choice.foreign_hosts() {
        if !is_allowed(&ctx.state.settings.allowed_hosts, &host) {
            caption_ui(ui, &format!("You are asked before {goes} go to {host}."));
            continue;
        }
        caption_ui(
            ui,
            &if about.is_words() {
                format!("Descriptions may be sent to {host}.")
            } else {
                format!("Pictures may be sent to {host}.")
            },
        );
        let forbid = ui.link(link).on_hover_text(format!("Asks again before {goes} go to {host}"));
        if forbid.clicked() {
            ctx.send(Command::ForbidHost(host));
        }
    }
}

fn profile_ui(ui: &mut Ui, about: AskedAbout, choice: &mut ModelChoice, problems: &[Wrong]) {
    ui.add_space(4.0);
    let label = ui.label(about.called("Profile"));
    let fitting = format!("By its name: {}", Profile::for_model(choice.name.trim()).name);
    let chosen = match &choice.own_profile {
        Some(OwnProfile::File(_)) => FROM_FILE.to_owned(),
        Some(OwnProfile::Run(_)) => OF_RUN.to_owned(),
        None => choice.profile.clone().unwrap_or_else(|| fitting.clone()),
    };
    let response = ComboBox::from_id_salt(about.called("profile"))
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
        let label = ui.label(about.called("Profile's file"));
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
fn check_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, about: AskedAbout, is_possible: bool) {
    ui.add_space(8.0);
    let check = ctx.state.model_check.as_ref().filter(|check| check.is_of_language == about.is_words());
    if check.is_some_and(|check| check.found.is_none()) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Trying the connection…").color(theme::palette(ui).text_secondary));
            if ui.add(ActionButton::new("Stop the test")).clicked() {
                ctx.send(Command::StopModelCheck);
            }
        });
    } else {
        let words = if about.is_words() { "Test its connection" } else { "Test the connection" };
        let test = ui.add_enabled_ui(is_possible, |ui| ui.add(ActionButton::new(words))).inner;
        let test = test.on_disabled_hover_text("Write name and address first, and mend what is wrong with them");
        if test.on_hover_text("Asks each server a small question").clicked() {
            ctx.send(match about {
                AskedAbout::Words(_) => Command::CheckLanguageModel,
                _ => Command::CheckModel(about.assigner()),
            });
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

fn limits_ui(ui: &mut Ui, about: AskedAbout, choice: &mut ModelChoice, problems: &[Wrong]) {
    let number = |ui: &mut Ui, name: &str, hint: &str, text: &mut String, field: ModelField| {
        ui.horizontal(|ui| {
            let label = ui.label(about.called(name));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(NUMBER)).labelled_by(label.id);
            });
        });
        wrong_ui(ui, problems, field);
    };
    number(ui, "Requests at once, per address", "8", &mut choice.at_once, ModelField::AtOnce);
    if let AskedAbout::Dots(assigner, ..) = about {
        number(ui, "Pause after so many calls", "no limit", &mut choice.budget, ModelField::Budget);
        if assigner == Assigner::Hybrid {
            number(ui, "Sure labels asked about too, %", "2", &mut choice.audit_pct, ModelField::Audit);
            caption_ui(ui, "A sample that shows how far the model agrees.");
        }
    }
    if let AskedAbout::Dots(Assigner::Vlm, regions, _) = about {
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
