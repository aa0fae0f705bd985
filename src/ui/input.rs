//! Keys: from what the window library reports to commands. Keys belong to a text field while one has the focus.

use egui::{Context, Event, FocusDirection, Modifiers};

use super::ctx::{Held, Hover};
use crate::app::keys::{Key, Shortcut};
use crate::app::timeline::TimelineCommand;
use crate::app::ui_command::{KEYPOINT_KEYS, TABLE, UiCommand};
use crate::app::{Command, Page, State};
use crate::model::KeypointId;

/// So long each frame stays while blinking, seconds.
const BLINK_SECS: f64 = 0.25;

/// Says that the widget with the focus works by the arrow keys, so that they step no frames. For every frame anew.
pub(super) fn claim_arrows(context: &Context) {
    let pass = context.cumulative_pass_nr();
    context.data_mut(|data| data.insert_temp(egui::Id::NULL, ClaimedArrows(pass)));
}

/// The pass in which a widget claimed the arrow keys.
#[derive(Clone, Copy)]
struct ClaimedArrows(u64);

fn arrows_are_claimed(context: &Context) -> bool {
    let pass = context.cumulative_pass_nr();
    context.data(|data| data.get_temp(egui::Id::NULL)).is_some_and(|ClaimedArrows(claimed)| claimed + 1 >= pass)
}

/// Reads the keys of this frame: commands to send, and which keys are held.
pub(super) fn read(context: &Context, state: &State, hover: Hover) -> (Vec<Command>, Held) {
    let mut commands = Vec::new();
    let events = context.input(|input| input.events.clone());
    // A dialog has its own keys; only Escape closes it from here.
    let is_typing = context.text_edit_focused();
    let is_free = !is_typing && state.dialog.is_none();
    for event in &events {
        let Event::Key { key, pressed: true, repeat, modifiers, .. } = event else { continue };
        let Some(shortcut) = shortcut_of(*key, *modifiers) else { continue };
        let is_arrow = matches!(shortcut.key, Key::Left | Key::Right | Key::Up | Key::Down);
        if is_arrow && arrows_are_claimed(context) {
            continue;
        }
        if shortcut.key == Key::Escape && !is_typing {
            commands.push(Command::Escape);
        } else if is_free {
            // Tab walks through controls once one of them has the focus, and may be a command as long as none has.
            let is_tab = shortcut.key == Key::Tab;
            if is_tab && context.memory(|memory| memory.focused().is_some()) {
                continue;
            }
            let command = command_of(state, hover, shortcut, *repeat);
            if is_tab && command.is_some() {
                context.memory_mut(|memory| memory.move_focus(FocusDirection::None));
            }
            commands.extend(command);
        }
    }
    let held = if is_free { held(context, state) } else { Held::default() };
    (commands, held)
}

fn command_of(state: &State, hover: Hover, shortcut: Shortcut, repeat: bool) -> Option<Command> {
    let is_labelling = state.session.is_some() && matches!(state.page, Page::Seeds | Page::Review);
    let is_plain = Shortcut::plain(shortcut.key) == shortcut;
    if let (true, true, Key::Char(sign)) = (is_labelling, is_plain, shortcut.key) {
        // The view under the pointer, else the active one: numbers can be typed without a pointer.
        let active = state.session.as_ref().and_then(|session| session.selection.camera);
        if let (Some(digit), Some(camera)) = (sign.to_digit(10), hover.camera.or(active)) {
            return (!repeat).then_some(Command::TypeDigit(camera, digit as u8));
        }
        if let Some(position) = KEYPOINT_KEYS.iter().position(|key| *key == sign) {
            return Some(Command::SelectKeypoint(KeypointId(position as u8)));
        }
    }
    // The keys of the vocabulary's labels.
    if let (Some(session), Page::Behavior, true, false, Key::Char(sign)) =
        (&state.session, state.page, is_plain, repeat, shortcut.key)
        && let Some(label) = session.timeline.vocabulary.of_key(sign)
    {
        return Some(Command::Timeline(TimelineCommand::Label(label.name.clone())));
    }
    let typing = state.session.as_ref().is_some_and(|session| session.typing.is_some());
    if typing && is_plain && shortcut.key == Key::Enter {
        return Some(Command::FinishTyping);
    }
    // What is said of one view is said of the one that the pointer is in; the active one is for buttons.
    let is_key_of = |command: UiCommand| is_labelling && !repeat && command.entry().shortcut == Some(shortcut);
    if let Some(camera) = hover.camera {
        if is_key_of(UiCommand::NotVisible) {
            return Some(Command::NotVisible(camera));
        }
        if is_key_of(UiCommand::ClearLabel) {
            return Some(Command::ClearLabel(camera));
        }
    }
    let command = TABLE
        .iter()
        .filter(|entry| entry.shortcut == Some(shortcut))
        .map(|entry| entry.command)
        .find(|command| command.is_enabled(state))?;
    // Stepping may repeat while a key is held; deciding may not.
    let may_repeat = matches!(shortcut.key, Key::Left | Key::Right | Key::Up | Key::Down | Key::PageUp | Key::PageDown)
        || shortcut.ctrl;
    if repeat && !may_repeat {
        return None;
    }
    command.to_command(state)
}

fn held(context: &Context, state: &State) -> Held {
    if state.session.is_none() {
        return Held::default();
    }
    let (space, blink, time) = context.input(|input| {
        let none = input.modifiers.is_none();
        (none && input.key_down(egui::Key::Space), none && input.key_down(egui::Key::B), input.time)
    });
    // A button that has the focus is pressed by the space bar.
    let space = space && context.memory(|memory| memory.focused().is_none());
    if blink {
        context.request_repaint_after_secs(BLINK_SECS as f32);
    }
    let phase = [-1, 0, 1, 0][((time / BLINK_SECS) as usize) % 4];
    Held { hide_overlays: space, blink: blink.then_some(phase) }
}

fn shortcut_of(key: egui::Key, modifiers: Modifiers) -> Option<Shortcut> {
    let shift = modifiers.shift && !matches!(key, egui::Key::Plus | egui::Key::Questionmark);
    let key = match key {
        egui::Key::Questionmark => Key::F(1),
        egui::Key::Plus => Key::Char('='),
        other => key_of(other)?,
    };
    Some(Shortcut { key, ctrl: modifiers.command || modifiers.ctrl, shift, alt: modifiers.alt })
}

fn key_of(key: egui::Key) -> Option<Key> {
    use egui::Key as K;
    Some(match key {
        K::Space => Key::Space,
        K::Enter => Key::Enter,
        K::Escape => Key::Escape,
        K::Tab => Key::Tab,
        K::Backspace => Key::Backspace,
        K::Delete => Key::Delete,
        K::ArrowLeft => Key::Left,
        K::ArrowRight => Key::Right,
        K::ArrowUp => Key::Up,
        K::ArrowDown => Key::Down,
        K::Home => Key::Home,
        K::End => Key::End,
        K::PageUp => Key::PageUp,
        K::PageDown => Key::PageDown,
        K::F1 => Key::F(1),
        other => {
            let name = other.symbol_or_name();
            let mut signs = name.chars();
            match (signs.next(), signs.next()) {
                (Some('−'), None) => Key::Char('-'),
                (Some(sign), None) => Key::Char(sign.to_ascii_uppercase()),
                _ => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_signs_of_the_table() {
        let pairs = [
            (egui::Key::A, 'A'),
            (egui::Key::Num0, '0'),
            (egui::Key::OpenBracket, '['),
            (egui::Key::CloseBracket, ']'),
            (egui::Key::Comma, ','),
            (egui::Key::Minus, '-'),
            (egui::Key::Equals, '='),
        ];
        for (key, sign) in pairs {
            assert_eq!(key_of(key), Some(Key::Char(sign)), "{key:?}");
        }
        let ctrl_shift = Modifiers { ctrl: true, shift: true, command: true, ..Modifiers::NONE };
        assert_eq!(shortcut_of(egui::Key::Z, ctrl_shift), Some(Shortcut::ctrl_shift(Key::Char('Z'))));
        let question = Modifiers { shift: true, ..Modifiers::NONE };
        assert_eq!(shortcut_of(egui::Key::Questionmark, question), Some(Shortcut::plain(Key::F(1))));
    }

    #[test]
    fn every_key_of_the_table_can_be_typed() {
        let typed: Vec<Key> = egui::Key::ALL
            .iter()
            .filter_map(|key| shortcut_of(*key, Modifiers::NONE))
            .map(|shortcut| shortcut.key)
            .collect();
        for entry in TABLE {
            if let Some(shortcut) = entry.shortcut {
                assert!(typed.contains(&shortcut.key), "{} has the key {}", entry.text, shortcut.key);
            }
        }
        for key in KEYPOINT_KEYS {
            assert!(typed.contains(&Key::Char(key)), "{key}");
        }
    }
}
