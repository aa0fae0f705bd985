//! The welcome page: what to open, what was open, the demo, and a new project for a recording, with what is wrong with it.

use std::path::PathBuf;

use egui::{Align, CentralPanel, Frame, Grid, Label, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::app::Command;
use crate::app::command::Browse;
use crate::app::settings::Recent;
use crate::app::state::{LastJob, Offer};
use crate::app::ui_command::UiCommand;
use crate::recording::doctor::{Finding, Severity};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon, icon_button};
use crate::ui::theme::{self, Ink, Weight, sans};
use crate::ui::widgets::{ActionButton, heading_row, progress_bar};

/// What the page remembers between frames.
#[derive(Default)]
pub struct WelcomeMemory {
    path: String,
    /// The offer as its fields were drafted: a path that a dialog gave is taken over from the next one.
    offered: Option<(PathBuf, PathBuf, Option<PathBuf>)>,
    project: String,
    skeleton: String,
    more_recordings: String,
}

/// Width of the first column of lists, points.
const NAME_WIDTH: f32 = 96.0;

/// Width of the page's column, points.
const WIDTH: f32 = 720.0;

/// Draws the page.
pub fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut WelcomeMemory) {
    let palette = theme::palette(ui);
    CentralPanel::default().frame(Frame::NONE.fill(palette.window).inner_margin(24)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let side = ((ui.available_width() - WIDTH) / 2.0).max(0.0);
            ui.horizontal(|ui| {
                ui.add_space(side);
                ui.vertical(|ui| {
                    ui.set_width(WIDTH.min(ui.available_width()));
                    column_ui(ui, ctx, memory);
                });
            });
        });
    });
}

fn column_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut WelcomeMemory) {
    let palette = theme::palette(ui);
    ui.add_space(24.0);
    ui.label(RichText::new("behaviorvlm").font(sans(Weight::Strong, ctx.theme.font.figure)).color(palette.text));
    let what = "Label quantum dots in all views at once, and check the worst frames first.";
    ui.label(RichText::new(what).color(palette.text_secondary));
    ui.add_space(16.0);
    if let Some(path) = &ctx.state.opening {
        ui.label(RichText::new(format!("Opening {}", path.display())).color(palette.text));
        return;
    }
    if let Some(job) = &ctx.state.job {
        let words = job.request.kind().words();
        ui.label(RichText::new(format!("{words}: {}", job.phase)).color(palette.text));
        let (done, total) = job.steps;
        progress_bar(ui, words, if total == 0 { 0.0 } else { done as f32 / total as f32 });
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{done} of {total} {}", job.unit)).color(palette.text_secondary));
            if ui.add(ActionButton::new("Cancel")).clicked() {
                ctx.send(Command::CancelJob);
            }
        });
        return;
    }
    match &ctx.state.offer {
        Some(offer) => offer_ui(ui, ctx, offer, memory),
        None => {
            memory.offered = None;
            open_ui(ui, ctx, memory);
            recent_ui(ui, ctx);
            steps_ui(ui, ctx);
        }
    }
}

fn open_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut WelcomeMemory) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let key = ctx.key_of(UiCommand::Open);
        if ui.add(ActionButton::new("Open a project…").icon(Icon::Folder).key(&key)).clicked() {
            ctx.send(Command::Browse(Browse::Project));
        }
        if ui.add(ActionButton::new("New project from a recording…").icon(Icon::Plus)).clicked() {
            ctx.send(Command::Browse(Browse::RecordingFolder));
        }
        let demo = ui.add(ActionButton::new("Try the demo").icon(Icon::Play));
        if demo.on_hover_text("Make a simulated recording, label it and open it; takes about a minute").clicked() {
            ctx.run(UiCommand::TryDemo);
        }
    });
    ui.add_space(8.0);
    let label = ui.label(
        RichText::new("Or type the path of a project or recording, or drop it on the window")
            .color(palette.text_secondary),
    );
    ui.horizontal(|ui| {
        let hint = "/data/session1 or /data/session1.bvlm";
        let field = TextEdit::singleline(&mut memory.path).hint_text(hint).desired_width(ui.available_width() - 80.0);
        let field = ui.add(field).labelled_by(label.id);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let path = memory.path.trim();
        let is_clicked = ui.add_enabled_ui(!path.is_empty(), |ui| ui.add(ActionButton::new("Open"))).inner.clicked();
        if (entered || is_clicked) && !path.is_empty() {
            ctx.send(Command::Open(PathBuf::from(path)));
        }
    });
    if let Some((_, message)) = &ctx.state.open_problem {
        problem_ui(ui, message);
    }
    if let Some(LastJob { went_well: false, words: message, .. }) = &ctx.state.last_job {
        problem_ui(ui, message);
    }
}

fn problem_ui(ui: &mut Ui, message: &str) {
    let palette = theme::palette(ui);
    ui.horizontal_top(|ui| {
        icon(ui, Icon::Warning, 16.0, palette.ink(Ink::Error));
        ui.add(Label::new(RichText::new(message).color(palette.error)).wrap().selectable(true));
    });
}

fn recent_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    ui.add_space(24.0);
    heading_row(ui, "Recent projects", "", |_| {});
    if ctx.state.settings.recent.is_empty() {
        let palette = theme::palette(ui);
        ui.label(RichText::new("None yet. Open a recording, or try the demo.").color(palette.text_tertiary));
    }
    for recent in &ctx.state.settings.recent {
        recent_row_ui(ui, ctx, recent);
    }
}

fn recent_row_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, recent: &Recent) {
    let palette = theme::palette(ui);
    let name = recent.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = recent.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::Close, &format!("Remove {name} from the list"), "").clicked() {
                ctx.send(Command::ForgetRecent(recent.path.clone()));
            }
            let when = RichText::new(days_ago(recent.opened_unix_ms)).size(ctx.theme.font.caption);
            ui.label(when.color(palette.text_tertiary));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if ui.add(ActionButton::new(&name)).on_hover_text(recent.path.display().to_string()).clicked() {
                    ctx.send(Command::Open(recent.path.clone()));
                }
                let recording = recent.recording.as_deref().unwrap_or_default();
                let place = format!("{recording}, {} frame {}, in {folder}", recent.page.title(), recent.frame);
                ui.add(Label::new(RichText::new(place).color(palette.text_tertiary)).truncate());
            });
        });
    });
}

fn days_ago(at_unix_ms: i64) -> String {
    match (crate::store::now_unix_ms() - at_unix_ms) / 86_400_000 {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn steps_ui(ui: &mut Ui, ctx: &ViewCtx<'_>) {
    let palette = theme::palette(ui);
    ui.add_space(24.0);
    heading_row(ui, "How it goes", "", |_| {});
    let steps = [
        ("1  Detect", "finds the dots of every camera and frame."),
        ("2  Seeds", "are three frames that you label, with help from the other views."),
        ("3  Run", "labels all other frames, and says how sure it is."),
        ("4  Review", "shows the worst frames first. Correct them, then export."),
    ];
    Grid::new("steps").num_columns(2).min_col_width(NAME_WIDTH).min_row_height(24.0).show(ui, |ui| {
        for (page, words) in steps {
            ui.label(RichText::new(page).font(sans(Weight::Strong, ctx.theme.font.body)).color(palette.text));
            ui.label(RichText::new(words).color(palette.text_secondary));
            ui.end_row();
        }
    });
}

/// A new project for a recording.
fn offer_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, offer: &Offer, memory: &mut WelcomeMemory) {
    let palette = theme::palette(ui);
    draft(offer, memory);
    heading_row(ui, "New project", "for this recording", |_| {});
    let path = RichText::new(offer.recording.display().to_string()).color(palette.text_secondary);
    ui.add(Label::new(path).wrap().selectable(true));
    ui.add_space(8.0);
    let is_blocked = findings_ui(ui, offer.findings.as_deref());
    ui.add_space(12.0);
    let field = |ui: &mut Ui, words: &str, hint: &str, text: &mut String, browse: Option<Browse>| {
        let label = ui.label(RichText::new(words).color(palette.text_secondary));
        ui.horizontal(|ui| {
            let width = ui.available_width() - if browse.is_some() { 96.0 } else { 0.0 };
            ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(width)).labelled_by(label.id);
            if let Some(browse) = browse
                && ui.add(ActionButton::new("Browse…")).on_hover_text(words).clicked()
            {
                ctx.send(Command::Browse(browse));
            }
        });
    };
    field(ui, "Project file, which will hold your labels", "", &mut memory.project, Some(Browse::NewProject));
    let words = "Skeleton file; leave it empty for the mouse with 12 dots";
    field(ui, words, "", &mut memory.skeleton, Some(Browse::Skeleton));
    field(ui, "Further recordings for the same project, with ; between them", "", &mut memory.more_recordings, None);
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let can = !is_blocked && offer.findings.is_some() && !memory.project.trim().is_empty();
        let make =
            ui.add_enabled_ui(can, |ui| ui.add_sized(vec2(200.0, 28.0), ActionButton::primary("Make the project")));
        if make.inner.clicked() {
            let more = memory.more_recordings.split(';').map(str::trim).filter(|path| !path.is_empty());
            let recordings = std::iter::once(offer.recording.clone()).chain(more.map(PathBuf::from)).collect();
            let skeleton = memory.skeleton.trim();
            ctx.send(Command::NewProject {
                recordings,
                project: PathBuf::from(memory.project.trim()),
                skeleton: (!skeleton.is_empty()).then(|| PathBuf::from(skeleton)),
            });
        }
        if ui.add(ActionButton::new("Not now")).clicked() {
            ctx.send(Command::DismissOffer);
        }
        if is_blocked {
            ui.label(RichText::new("What is marked as an error must be mended first.").color(palette.error));
        }
    });
    if let Some(LastJob { went_well: false, words: message, .. }) = &ctx.state.last_job {
        problem_ui(ui, message);
    }
}

/// Takes over into the fields what the offer holds now.
fn draft(offer: &Offer, memory: &mut WelcomeMemory) {
    let now = (offer.recording.clone(), offer.project.clone(), offer.skeleton.clone());
    let before = memory.offered.replace(now);
    let before = before.filter(|(recording, ..)| *recording == offer.recording);
    if before.as_ref().is_none_or(|(_, project, _)| *project != offer.project) {
        memory.project = offer.project.display().to_string();
    }
    if before.as_ref().is_none_or(|(.., skeleton)| *skeleton != offer.skeleton) {
        memory.skeleton = offer.skeleton.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    }
    if before.is_none() {
        memory.more_recordings.clear();
    }
}

/// What the doctor found; says whether something of it keeps the recording from being used.
fn findings_ui(ui: &mut Ui, findings: Option<&[Finding]>) -> bool {
    let palette = theme::palette(ui);
    let Some(findings) = findings else {
        ui.label(RichText::new("Looking at the recording").color(palette.text_secondary));
        return false;
    };
    if findings.is_empty() {
        ui.horizontal(|ui| {
            icon(ui, Icon::Check, 16.0, palette.ink(Ink::Ok));
            ui.label("Nothing is wrong with the recording.");
        });
    }
    for finding in findings {
        let (sign, ink) = match finding.severity {
            Severity::Error => (Icon::Warning, Ink::Error),
            Severity::Warning => (Icon::Warning, Ink::Warn),
            Severity::Note => (Icon::Question, Ink::TextSecondary),
        };
        ui.horizontal_top(|ui| {
            icon(ui, sign, 16.0, palette.ink(ink)).on_hover_text(finding.severity.as_str());
            ui.vertical(|ui| {
                let camera = finding.camera.as_ref().map(|camera| format!("{camera}: ")).unwrap_or_default();
                ui.add(Label::new(format!("{camera}{}", finding.message)).wrap());
                ui.add(Label::new(RichText::new(finding.remedy.as_str()).color(palette.text_secondary)).wrap());
            });
        });
    }
    // One camera that cannot be used does not keep the others from being used.
    findings.iter().any(|finding| finding.severity == Severity::Error && finding.camera.is_none())
}
