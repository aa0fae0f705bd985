//! What asking a model takes, in figures: before a run what it will ask, while it runs how it stands, and after it what came of it.

use std::collections::BTreeMap;

use egui::{Label, RichText, Ui};

use crate::app::command::RunChoice;
use crate::app::session::Session;
use crate::app::state::RunEstimateOf;
use crate::app::task::{Task, TaskKind, TaskRequest};
use crate::app::{Command, State};
use crate::jobs::pose::{Assigner, Estimate, Report};
use crate::jobs::words::{count, duration, listed, rough};
use crate::ui::ctx::ViewCtx;
use crate::ui::theme::{self, Theme, Weight, mono};
use crate::ui::widgets::{labelled_figure, progress_bar, section};
use crate::vlm::http::Tally;

/// What the chosen run would ask; asks the app to count where that is not known.
pub(super) fn estimate_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, choice: &RunChoice) {
    let revision = session.overview.as_ref().map_or(0, |overview| overview.revision);
    let known = ctx.state.estimate.as_ref();
    let is_current =
        |of: &RunEstimateOf| of.revision == revision && of.choice == *choice && of.model == ctx.state.model;
    if !known.is_some_and(|estimate| is_current(&estimate.of)) {
        ctx.send(Command::EstimateRun(choice.clone()));
    }
    let palette = theme::palette(ui);
    let (words, colour) = match known.and_then(|estimate| estimate.found.as_ref()) {
        Some(Ok(estimate)) => (estimate_words(choice.assigner, estimate), palette.text_secondary),
        Some(Err(words)) => (words.clone(), palette.warn),
        None => return,
    };
    ui.add(Label::new(RichText::new(words).color(colour)).wrap());
}

/// An estimate in words.
fn estimate_words(assigner: Assigner, estimate: &Estimate) -> String {
    if estimate.calls == 0 {
        return "No call is needed: all of these frames are seeds.".to_owned();
    }
    // How much the geometry is unsure of is known only after it.
    let about = if assigner == Assigner::Hybrid { "About" } else { "At most" };
    let frames = if estimate.frames == 1 { "frame" } else { "frames" };
    let cost = match estimate.cost {
        Some(cost) => format!("cost {cost:.2}"),
        None => "cost unknown without prices".to_owned(),
    };
    let time = estimate.secs.map(|secs| format!(", about {} at the pace of earlier calls", duration(secs)));
    format!(
        "{about} {} calls for {} {frames}: {} tokens sent, {} back, {cost}{}.",
        count(estimate.calls),
        estimate.frames,
        rough(estimate.prompt_tokens),
        rough(estimate.answer_tokens),
        time.unwrap_or_default(),
    )
}

/// How the asking stands: of the running job, or of the one of that kind that is paused.
pub fn asking_of<'a>(state: &'a State, job: Option<&'a Task>, kind: TaskKind) -> Option<(&'a Tally, &'a TaskRequest)> {
    match (job, &state.paused) {
        (Some(job), _) => Some((job.asking.as_ref()?, &job.request)),
        (None, Some(request)) if request.kind() == kind => Some((state.last_asking.as_ref()?, request)),
        (None, _) => None,
    }
}

/// The figures of a run that asks a model, side by side.
pub fn asking_ui(ui: &mut Ui, tally: &Tally, request: &TaskRequest) {
    let models = request.models();
    let has_prices = models.iter().any(|model| model.profile.price_in.or(model.profile.price_out).is_some());
    let (cost, note) = match (has_prices, tally.unmetered) {
        (true, 0) => (format!("{:.2}", tally.cost), String::new()),
        (true, unmetered) => (format!("{:.2}", tally.cost), format!("{unmetered} calls uncounted")),
        (false, _) => ("–".to_owned(), "no prices given".to_owned()),
    };
    let problems = format!("{} repeated, {} failed", count(tally.retried), count(tally.failed));
    labelled_figure(ui, "Answers", &count(tally.answered), &problems);
    ui.add_space(24.0);
    labelled_figure(ui, "In flight", &count(tally.in_flight), &format!("{} waiting", count(tally.waiting)));
    ui.add_space(24.0);
    labelled_figure(ui, "Tokens sent", &rough(tally.tokens_in), &format!("{} back", rough(tally.tokens_out)));
    ui.add_space(24.0);
    labelled_figure(ui, "Cost so far", &cost, &note);
}

/// What went wrong between the run and its servers.
pub fn troubles_ui(ui: &mut Ui, tally: &Tally) {
    if tally.troubles.is_empty() {
        return;
    }
    let troubles = tally.troubles.iter().map(|(name, times)| (*name, *times));
    let colour = theme::palette(ui).warn;
    let words = format!("Trouble with servers: {}.", listed(troubles));
    ui.add_space(4.0);
    ui.add(Label::new(RichText::new(words).color(colour)).wrap());
}

/// How much of the calls that are allowed is used up.
pub fn budget_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, tally: &Tally, request: &TaskRequest) {
    let Some(budget) = request.models().first().and_then(|model| model.budget) else { return };
    let palette = theme::palette(ui);
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.label("Calls until it pauses");
        let words = format!("{} of {}", count(tally.asked), count(budget));
        let font = mono(Weight::Medium, ctx.theme.font.caption);
        ui.label(RichText::new(words).font(font).color(palette.text_secondary));
    });
    progress_bar(ui, "Calls until it pauses", tally.asked as f32 / budget.max(1) as f32);
}

/// What the last run's model did.
pub(super) fn report_ui(ui: &mut Ui, report: &Report) {
    let lines = report_lines(report);
    if lines.is_empty() {
        return;
    }
    section(ui, "model report", "What the model did", true, |ui| {
        let colour = theme::palette(ui).text_secondary;
        for line in lines {
            ui.add(Label::new(RichText::new(line).color(colour)).wrap());
        }
    });
    ui.add_space(Theme::get().space.unit);
}

/// A report in sentences; none without a model.
fn report_lines(report: &Report) -> Vec<String> {
    let Some(counts) = &report.model else { return Vec::new() };
    let mut lines = vec![format!(
        "{} calls: {} repeated, {} asked once more, {} without a usable answer.",
        count(counts.calls),
        count(report.retries),
        count(counts.reasks),
        count(counts.failed)
    )];
    if counts.known > 0 {
        lines.push(format!("{} answers were in the project already.", count(counts.known)));
    }
    let named = |map: &BTreeMap<String, u64>| listed(map.iter().map(|(name, times)| (name.as_str(), *times)));
    if !counts.problems.is_empty() {
        lines.push(format!("Wrong in answers: {}.", named(&counts.problems)));
    }
    if !counts.unanswered.is_empty() {
        lines.push(format!("No answer: {}.", named(&counts.unanswered)));
    }
    if let Some(agreement) = report.agreement {
        let share = 100.0 * agreement;
        lines.push(format!("Where the geometry was sure, it agreed with {share:.1} % of the model's labels."));
    }
    if let Some(cost) = report.cost {
        lines.push(format!("It cost {cost:.2}."));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::inquiry::Counts;

    #[test]
    fn estimates_are_said_as_sure_as_they_are() {
        let mut estimate = Estimate {
            frames: 57,
            calls: 3078,
            prompt_tokens: 2_940_000,
            answer_tokens: 461_700,
            cost: None,
            secs: None,
        };
        let rest = "3,078 calls for 57 frames: 2.9 M tokens sent, 462 k back";
        assert_eq!(estimate_words(Assigner::Vlm, &estimate), format!("At most {rest}, cost unknown without prices."));
        estimate.cost = Some(1.805);
        assert_eq!(estimate_words(Assigner::Hybrid, &estimate), format!("About {rest}, cost 1.80."));
        estimate.secs = Some(743.0);
        let words = format!("At most {rest}, cost 1.80, about 12 min at the pace of earlier calls.");
        assert_eq!(estimate_words(Assigner::Vlm, &estimate), words);
        let none = estimate_words(Assigner::Vlm, &Estimate::default());
        assert_eq!(none, "No call is needed: all of these frames are seeds.");
    }

    #[test]
    fn a_report_says_what_went_wrong_by_name() {
        assert!(report_lines(&Report::default()).is_empty());
        let problems = [("swapped_axes", 1), ("unknown_number", 7)].map(|(name, times)| (name.to_owned(), times));
        let counts = Counts {
            calls: 1284,
            known: 12,
            reasks: 8,
            failed: 2,
            problems: problems.into_iter().collect(),
            unanswered: [("too slow".to_owned(), 2)].into_iter().collect(),
        };
        let report =
            Report { retries: 3, model: Some(counts), agreement: Some(0.9812), cost: Some(3.2), ..Report::default() };
        assert_eq!(
            report_lines(&report),
            [
                "1,284 calls: 3 repeated, 8 asked once more, 2 without a usable answer.",
                "12 answers were in the project already.",
                "Wrong in answers: unknown number 7, swapped axes 1.",
                "No answer: too slow 2.",
                "Where the geometry was sure, it agreed with 98.1 % of the model's labels.",
                "It cost 3.20.",
            ]
        );
    }
}
