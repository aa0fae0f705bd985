//! Dialogs of labelling: who labels, which frames are seeds, which frame to go to, and swapping sides over a range.
//!
//! Each has its first field focused when it opens; Enter does what the filled button says, Escape closes.

use egui::text::{CCursor, CCursorRange};
use egui::{Frame, Key, Response, RichText, TextEdit, Ui};

use crate::app::session::Session;
use crate::app::{Command, Dialog};
use crate::jobs::labelling::Act;
use crate::model::{CameraId, KeypointId, ViewSet};
use crate::ui::ctx::ViewCtx;
use crate::ui::icons::{Icon, icon, icon_button};
use crate::ui::theme::{self, Ink};
use crate::ui::widgets::{ActionButton, chip, heading_row, segmented};

/// Drafts of the dialogs' fields; each is filled when its dialog opens.
#[derive(Default)]
pub(super) struct LabellingMemory {
    /// Whether the first field has got the focus.
    is_focused: bool,
    name: Option<String>,
    frames: Option<String>,
    frame: String,
    swap: Option<SwapDraft>,
}

/// What is to be swapped.
struct SwapDraft {
    keypoint: KeypointId,
    first: String,
    last: String,
    camera: Option<CameraId>,
}

const WIDTH: f32 = 420.0;

/// Draws one of the dialogs of labelling.
pub(super) fn ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut LabellingMemory, dialog: &Dialog) {
    Frame::NONE.inner_margin(8).show(ui, |ui| {
        ui.set_width(WIDTH);
        body_ui(ui, ctx, memory, dialog);
    });
}

fn body_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut LabellingMemory, dialog: &Dialog) {
    match (dialog, ctx.session()) {
        (Dialog::Annotator, _) => annotator_ui(ui, ctx, memory),
        (Dialog::SeedFrames, Some(session)) => seed_frames_ui(ui, ctx, session, memory),
        (Dialog::GoToFrame, Some(session)) => go_to_ui(ui, ctx, session, memory),
        (Dialog::SwapRange, Some(session)) => swap_ui(ui, ctx, session, memory),
        _ => {}
    }
}

fn title_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, title: &str) {
    heading_row(ui, title, "", |ui| {
        if icon_button(ui, Icon::Close, "Close", "Esc").clicked() {
            ctx.send(Command::Show(None));
        }
    });
    ui.add_space(4.0);
}

/// A field with its name above it, which takes the focus when the dialog opens where it is the first one.
fn field_ui(ui: &mut Ui, name: &str, hint: &str, text: &mut String, is_focused: Option<&mut bool>) -> Response {
    let colour = theme::palette(ui).text_secondary;
    let label = ui.label(RichText::new(name).color(colour));
    let field = ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY)).labelled_by(label.id);
    if let Some(is_focused) = is_focused.filter(|is_focused| !**is_focused) {
        field.request_focus();
        // What is there already goes with the first key.
        let mut state = TextEdit::load_state(ui.ctx(), field.id).unwrap_or_default();
        let all = CCursorRange::two(CCursor::default(), CCursor::new(text.chars().count()));
        state.cursor.set_char_range(Some(all));
        TextEdit::store_state(ui.ctx(), field.id, state);
        *is_focused = true;
    }
    field
}

/// What is wrong, or what would happen.
fn verdict_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, verdict: &Result<String, String>) {
    let palette = theme::palette(ui);
    let (words, ink) = match verdict {
        Ok(words) => (words, Ink::TextSecondary),
        Err(words) => (words, Ink::Warn),
    };
    ui.add_space(4.0);
    ui.horizontal_top(|ui| {
        if verdict.is_err() {
            icon(ui, Icon::Warning, ctx.theme.size.icon, palette.ink(ink));
        }
        ui.add(egui::Label::new(RichText::new(words).color(palette.ink(ink))).wrap());
    });
}

/// The button at the foot; says whether it, or Enter, was pressed.
fn confirm_ui(ui: &mut Ui, words: &str, is_possible: bool) -> bool {
    ui.add_space(12.0);
    let button = ui.add_enabled(is_possible, ActionButton::primary(words).key("Enter"));
    // A button with the focus takes Enter itself.
    let is_other_focused = ui.ctx().memory(|memory| memory.focused()).is_some() && !ui.ctx().text_edit_focused();
    let is_typed = !is_other_focused && ui.input(|input| input.key_pressed(Key::Enter));
    is_possible && (button.clicked() || is_typed)
}

fn annotator_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut LabellingMemory) {
    title_ui(ui, ctx, "Who is labelling?");
    let name = memory.name.get_or_insert_with(|| ctx.state.settings.annotator.clone().unwrap_or_default());
    field_ui(ui, "Your name", "As it should stand at your labels", name, Some(&mut memory.is_focused));
    let follows = if ctx.state.held_back.is_some() { " What you asked for follows." } else { "" };
    verdict_ui(ui, ctx, &Ok(format!("It stands at every label that you make.{follows}")));
    if confirm_ui(ui, "Use this name", !name.trim().is_empty()) {
        ctx.send(Command::SetAnnotator(name.trim().to_owned()));
    }
}

fn seed_frames_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut LabellingMemory) {
    title_ui(ui, ctx, "Seed frames");
    let count = session.info.frame_count;
    let text = memory.frames.get_or_insert_with(|| list_of(&session.seeds.frames));
    ui.horizontal(|ui| {
        if ui.add(ActionButton::new("First three")).clicked() {
            *text = list_of(&(0..count.min(3)).collect::<Vec<u32>>());
        }
        if ui.add(ActionButton::new("Three spread out")).clicked() {
            *text = list_of(&spread(count));
        }
        let words = format!("Add frame {}", session.cursor.frame);
        if ui.add(ActionButton::new(&words).icon(Icon::Plus)).clicked() {
            let mut frames = parse_frames(text, count).unwrap_or_else(|_| session.seeds.frames.clone());
            frames.push(session.cursor.frame);
            frames.sort_unstable();
            frames.dedup();
            *text = list_of(&frames);
        }
    });
    ui.add_space(8.0);
    field_ui(ui, "Frames, separated by commas", "0, 17, 34", text, Some(&mut memory.is_focused));
    let parsed = parse_frames(text, count);
    let verdict = parsed.clone().map(|frames| advice(session, &frames));
    verdict_ui(ui, ctx, &verdict);
    let words = match &parsed {
        Ok(frames) if frames.len() == 1 => "Label 1 frame".to_owned(),
        Ok(frames) => format!("Label {} frames", frames.len()),
        Err(_) => "Label these frames".to_owned(),
    };
    if confirm_ui(ui, &words, parsed.is_ok())
        && let Ok(frames) = parsed
    {
        ctx.send(Command::ChooseSeedFrames(frames));
    }
}

/// What one should know of a choice that can be used.
fn advice(session: &Session, frames: &[u32]) -> String {
    let left = session.seeds.frames.iter().filter(|frame| {
        let progress = session.seeds.progress.get(frame).copied().unwrap_or_default();
        !frames.contains(frame) && progress.dots + progress.none > 0
    });
    match (left.count(), frames.len()) {
        (0, 3..) => "Three frames in different postures serve best.".to_owned(),
        (0, few) => format!("{few} of 3 frames: it works, but postures are recognised less surely."),
        (1, _) => "1 frame that has labels is left out; its labels stay.".to_owned(),
        (count, _) => format!("{count} frames that have labels are left out; their labels stay."),
    }
}

fn list_of(frames: &[u32]) -> String {
    frames.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// Three frames with the same distance to one another and twice that to the ends together.
fn spread(count: u32) -> Vec<u32> {
    let mut frames: Vec<u32> = (0..3u64).map(|part| (u64::from(count) * (2 * part + 1) / 6) as u32).collect();
    frames.dedup();
    frames.retain(|frame| *frame < count);
    frames
}

/// The frames of a typed list, ascending, or what is wrong with it.
fn parse_frames(text: &str, count: u32) -> Result<Vec<u32>, String> {
    let mut frames = Vec::new();
    let words = text.split(|sign: char| sign == ',' || sign == ';' || sign.is_whitespace());
    for word in words.filter(|word| !word.is_empty()) {
        frames.push(parse_frame(word, count)?);
    }
    frames.sort_unstable();
    frames.dedup();
    if frames.is_empty() { Err("Type at least one frame.".to_owned()) } else { Ok(frames) }
}

fn parse_frame(text: &str, count: u32) -> Result<u32, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("Type a frame, 0 to {}.", count.saturating_sub(1)));
    }
    if !text.chars().all(|sign| sign.is_ascii_digit()) {
        return Err(format!("\"{text}\" is not a frame's number."));
    }
    match text.parse() {
        Ok(frame) if frame < count => Ok(frame),
        _ => Err(format!("There is no frame {text}; the last one is {}.", count.saturating_sub(1))),
    }
}

fn go_to_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut LabellingMemory) {
    title_ui(ui, ctx, "Go to frame");
    let count = session.info.frame_count;
    let name = format!("Frame, 0 to {}", count.saturating_sub(1));
    field_ui(ui, &name, &session.cursor.frame.to_string(), &mut memory.frame, Some(&mut memory.is_focused));
    let parsed = parse_frame(&memory.frame, count);
    match &parsed {
        Err(words) if !memory.frame.trim().is_empty() => verdict_ui(ui, ctx, &Err(words.clone())),
        _ => {
            let secs = f64::from(*parsed.as_ref().unwrap_or(&session.cursor.frame)) / session.info.fps.max(1e-9);
            verdict_ui(ui, ctx, &Ok(format!("at {secs:.3} s")));
        }
    }
    if confirm_ui(ui, "Go there", parsed.is_ok())
        && let Ok(frame) = parsed
    {
        ctx.send(Command::ShowFrame(frame));
        ctx.send(Command::Show(None));
    }
}

fn swap_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, session: &Session, memory: &mut LabellingMemory) {
    title_ui(ui, ctx, "Swap left and right over frames");
    let pairs = session.skeleton.pairs();
    let Some(first_pair) = pairs.first() else {
        verdict_ui(ui, ctx, &Err("This skeleton has no left and right.".to_owned()));
        return;
    };
    let draft = memory.swap.get_or_insert_with(|| {
        let selected = session.selection.keypoint;
        let pair = pairs.iter().find(|pair| pair.contains(&selected)).unwrap_or(first_pair);
        let frame = session.cursor.frame.to_string();
        SwapDraft { keypoint: pair[0], first: frame.clone(), last: frame, camera: None }
    });
    let colour = theme::palette(ui).text_secondary;
    ui.label(RichText::new("Which pair").color(colour));
    ui.horizontal_wrapped(|ui| {
        for [left, right] in &pairs {
            let words = format!("{} and {}", session.skeleton.name_of(*left), session.skeleton.name_of(*right));
            if chip(ui, &words, draft.keypoint == *left).clicked() {
                draft.keypoint = *left;
            }
        }
    });
    ui.add_space(8.0);
    ui.columns(2, |columns| {
        let last = session.info.frame_count.saturating_sub(1);
        field_ui(&mut columns[0], "From frame", "0", &mut draft.first, None);
        // The first frame is the shown one, mostly; what is to be typed is the last.
        let hint = last.to_string();
        field_ui(&mut columns[1], "To frame (included)", &hint, &mut draft.last, Some(&mut memory.is_focused));
    });
    ui.add_space(8.0);
    ui.label(RichText::new("Where").color(colour));
    let views: Vec<(Option<CameraId>, &str)> = std::iter::once((None, "All views"))
        .chain(session.cameras().map(|camera| (Some(camera), session.camera_name(camera))))
        .collect();
    ui.horizontal_wrapped(|ui| {
        if views.len() <= 4 {
            if let Some(camera) = segmented(ui, "Where", draft.camera, &views) {
                draft.camera = camera;
            }
        } else {
            for (camera, words) in &views {
                if chip(ui, words, draft.camera == *camera).clicked() {
                    draft.camera = *camera;
                }
            }
        }
    });
    let range = swap_range(draft, session.info.frame_count);
    let verdict = range.clone().map(|range| match range.len() {
        1 => "One undo takes it back.".to_owned(),
        count => format!("{count} frames in one step; one undo takes it back."),
    });
    verdict_ui(ui, ctx, &session.read_only.as_ref().map_or(verdict, |why| Err(format!("Read only: {why}."))));
    let words = match &range {
        Ok(range) if range.len() == 1 => format!("Swap in frame {}", range.start),
        Ok(range) => format!("Swap in {} frames", range.len()),
        Err(_) => "Swap".to_owned(),
    };
    if confirm_ui(ui, &words, range.is_ok() && session.read_only.is_none())
        && let Ok(frames) = range
    {
        let cameras: ViewSet = session.cameras().filter(|of| draft.camera.is_none_or(|camera| camera == *of)).collect();
        ctx.send(Command::Show(None));
        ctx.send(Command::Edit(Act::SwapPair { frames, cameras, keypoint: draft.keypoint }));
    }
}

fn swap_range(draft: &SwapDraft, count: u32) -> Result<std::ops::Range<u32>, String> {
    let (first, last) = (parse_frame(&draft.first, count)?, parse_frame(&draft.last, count)?);
    if last < first { Err("The last frame is before the first.".to_owned()) } else { Ok(first..last + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_frames_are_read_in_any_shape_and_refused_in_words() {
        assert_eq!(parse_frames("34, 0 17;17,", 60), Ok(vec![0, 17, 34]));
        assert_eq!(parse_frames(" ", 60), Err("Type at least one frame.".to_owned()));
        assert_eq!(parse_frames("3, x", 60), Err("\"x\" is not a frame's number.".to_owned()));
        assert_eq!(parse_frames("-3", 60), Err("\"-3\" is not a frame's number.".to_owned()));
        assert_eq!(parse_frames("60", 60), Err("There is no frame 60; the last one is 59.".to_owned()));
        assert_eq!(
            parse_frames("99999999999", 60),
            Err("There is no frame 99999999999; the last one is 59.".to_owned())
        );
    }

    #[test]
    fn three_frames_are_spread_over_any_recording() {
        assert_eq!(spread(60), [10, 30, 50]);
        assert_eq!(spread(3), [0, 1, 2]);
        assert_eq!(spread(1), [0]);
        assert_eq!(spread(u32::MAX).len(), 3);
    }

    #[test]
    fn a_range_includes_its_last_frame() {
        let draft = |first: &str, last: &str| SwapDraft {
            keypoint: KeypointId(0),
            first: first.to_owned(),
            last: last.to_owned(),
            camera: None,
        };
        assert_eq!(swap_range(&draft("4", "9"), 10), Ok(4..10));
        assert!(swap_range(&draft("9", "4"), 10).is_err());
        assert!(swap_range(&draft("4", "10"), 10).is_err());
    }
}
