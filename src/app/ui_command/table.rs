//! The rows of the table, in the order of the help sheet, and the keys that act while they are held.

use super::super::command::Page;
use super::super::keys::{Key, Shortcut};
use super::{Entry, Scope, UiCommand};

const fn entry(
    command: UiCommand,
    text: &'static str,
    tooltip: &'static str,
    shortcut: Option<Shortcut>,
    scope: Scope,
) -> Entry {
    Entry { command, text, tooltip, shortcut, scope }
}

const fn key(sign: char) -> Option<Shortcut> {
    Some(Shortcut::plain(Key::Char(sign)))
}

const fn plain(key: Key) -> Option<Shortcut> {
    Some(Shortcut::plain(key))
}

const fn ctrl(sign: char) -> Option<Shortcut> {
    Some(Shortcut::ctrl(Key::Char(sign)))
}

/// All of them, in the order of the help sheet.
pub const TABLE: &[Entry] = &[
    entry(UiCommand::Open, "Open…", "Open a project or a recording", ctrl('O'), Scope::Everywhere),
    entry(UiCommand::TryDemo, "Try the demo", "Make a simulated recording and open it", None, Scope::Everywhere),
    entry(UiCommand::CloseProject, "Close the project", "Everything is saved already", ctrl('W'), Scope::Project),
    entry(UiCommand::Undo, "Undo", "Take the last edit back and go where it was", ctrl('Z'), Scope::Project),
    entry(
        UiCommand::Redo,
        "Redo",
        "Do the edit again and go where it was",
        Some(Shortcut::ctrl_shift(Key::Char('Z'))),
        Scope::Project,
    ),
    entry(UiCommand::Palette, "Find a command", "Search everything that can be done", ctrl('K'), Scope::Everywhere),
    entry(UiCommand::Help, "Keys", "Show all keys", plain(Key::F(1)), Scope::Everywhere),
    entry(UiCommand::Settings, "Settings", "Name, appearance, size, memory", ctrl(','), Scope::Everywhere),
    entry(UiCommand::ToggleAppearance, "Dark or light", "Switch between dark and light", ctrl('L'), Scope::Everywhere),
    entry(UiCommand::Larger, "Larger", "Show everything larger", ctrl('='), Scope::Everywhere),
    entry(UiCommand::Smaller, "Smaller", "Show everything smaller", ctrl('-'), Scope::Everywhere),
    entry(UiCommand::Quit, "Quit", "Everything is saved already", ctrl('Q'), Scope::Everywhere),
    entry(UiCommand::GoTo(Page::Detect), "Detect", "Find the dots", ctrl('1'), Scope::Project),
    entry(UiCommand::GoTo(Page::Seeds), "Seeds", "Label the seed frames", ctrl('2'), Scope::Project),
    entry(UiCommand::GoTo(Page::Run), "Run", "Label all other frames", ctrl('3'), Scope::Project),
    entry(UiCommand::GoTo(Page::Review), "Review", "Correct the worst frames first", ctrl('4'), Scope::Project),
    entry(UiCommand::GoTo(Page::Behavior), "Behaviour", "Segments of behaviour", ctrl('5'), Scope::Project),
    entry(UiCommand::GoTo(Page::Export), "Export", "Write results", ctrl('6'), Scope::Project),
    entry(UiCommand::PreviousFrame, "Previous frame", "", plain(Key::Left), Scope::Project),
    entry(UiCommand::NextFrame, "Next frame", "", plain(Key::Right), Scope::Project),
    entry(UiCommand::Back10, "Ten frames back", "", Some(Shortcut::shift(Key::Left)), Scope::Project),
    entry(UiCommand::Forward10, "Ten frames on", "", Some(Shortcut::shift(Key::Right)), Scope::Project),
    entry(UiCommand::FirstFrame, "First frame", "", plain(Key::Home), Scope::Project),
    entry(UiCommand::LastFrame, "Last frame", "", plain(Key::End), Scope::Project),
    entry(UiCommand::GoToFrame, "Go to frame…", "Type a frame's number", key('G'), Scope::Project),
    entry(UiCommand::TogglePlay, "Play or stop", "Play all views in step", key('K'), Scope::Project),
    entry(UiCommand::NextChannels, "Next picture", "Reflectance, fluorescence, both", key('V'), Scope::Project),
    entry(UiCommand::ToggleMaximise, "One view or all", "Show the active view large", key('F'), Scope::Project),
    entry(
        UiCommand::ToggleLinkedZoom,
        "Linked zoom",
        "Zoom all views to the selected keypoint",
        key('Z'),
        Scope::Project,
    ),
    entry(UiCommand::ResetZoom, "Show the animal", "Undo all zooming", plain(Key::Backspace), Scope::Project),
    entry(UiCommand::PreviousKeypoint, "Keypoint above", "", plain(Key::Up), Scope::Labelling),
    entry(UiCommand::NextKeypoint, "Keypoint below", "", plain(Key::Down), Scope::Labelling),
    entry(
        UiCommand::NextBestClick,
        "Next best click",
        "Go to the keypoint where a click helps most",
        plain(Key::Tab),
        Scope::Labelling,
    ),
    entry(
        UiCommand::AcceptKeypoint,
        "Accept the keypoint's proposals",
        "Take the proposed dots of the selected keypoint",
        key('A'),
        Scope::Labelling,
    ),
    entry(
        UiCommand::AcceptFrame,
        "Accept all proposals",
        "Take the proposed dots of all keypoints in this frame",
        Some(Shortcut::shift(Key::Char('A'))),
        Scope::Labelling,
    ),
    entry(
        UiCommand::AcceptFaint,
        "Accept all, faint dots too",
        "Also take dots that may only glow through the body",
        Some(Shortcut::ctrl_shift(Key::Char('A'))),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NotVisible,
        "Not visible here",
        "The keypoint cannot be seen in the active view",
        key('N'),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NotVisibleElsewhere,
        "Not visible elsewhere",
        "The keypoint cannot be seen in any view that has no label of it",
        Some(Shortcut::shift(Key::Char('N'))),
        Scope::Labelling,
    ),
    entry(
        UiCommand::ClearLabel,
        "Clear the label",
        "Take the keypoint's label in the active view away",
        plain(Key::Delete),
        Scope::Labelling,
    ),
    entry(
        UiCommand::SwapSides,
        "Swap left and right here",
        "Swap the keypoint with its mirror image in the active view",
        key('X'),
        Scope::Labelling,
    ),
    entry(
        UiCommand::SwapSidesAll,
        "Swap left and right in all views",
        "Swap the keypoint with its mirror image in this frame",
        Some(Shortcut::shift(Key::Char('X'))),
        Scope::Labelling,
    ),
    entry(
        UiCommand::SwapSidesRange,
        "Swap left and right over frames…",
        "Swap the keypoint with its mirror image in a range of frames",
        Some(Shortcut::ctrl_shift(Key::Char('X'))),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NudgeLeft,
        "Nudge left",
        "Move the label by one pixel",
        Some(Shortcut::alt(Key::Left)),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NudgeRight,
        "Nudge right",
        "Move the label by one pixel",
        Some(Shortcut::alt(Key::Right)),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NudgeUp,
        "Nudge up",
        "Move the label by one pixel",
        Some(Shortcut::alt(Key::Up)),
        Scope::Labelling,
    ),
    entry(
        UiCommand::NudgeDown,
        "Nudge down",
        "Move the label by one pixel",
        Some(Shortcut::alt(Key::Down)),
        Scope::Labelling,
    ),
    entry(
        UiCommand::Why,
        "Why is it there?…",
        "What a model was asked about the keypoint in the active view, what it saw and said, and what stage 4 changed",
        key('H'),
        Scope::Labelling,
    ),
    entry(
        UiCommand::ChooseSeeds,
        "Choose seed frames…",
        "Which frames are labelled by hand",
        None,
        Scope::On(Page::Seeds),
    ),
    entry(
        UiCommand::AcceptAndNext,
        "Accept and next",
        "The frame is right; show the next",
        plain(Key::Enter),
        Scope::On(Page::Review),
    ),
    entry(UiCommand::Skip, "Skip", "Put the frame aside; show the next", key('S'), Scope::On(Page::Review)),
    entry(UiCommand::NextInQueue, "Next in the queue", "", plain(Key::PageDown), Scope::On(Page::Review)),
    entry(UiCommand::PreviousInQueue, "Previous in the queue", "", plain(Key::PageUp), Scope::On(Page::Review)),
    entry(UiCommand::Rerank, "Re-rank", "Order the queue anew", ctrl('R'), Scope::On(Page::Review)),
    entry(
        UiCommand::Rerun,
        "Re-run from here…",
        "Use this frame as an example and see what would change",
        Some(Shortcut::ctrl_shift(Key::Char('R'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::Apply(0),
        "Apply the first remedy",
        "",
        Some(Shortcut::alt(Key::Char('1'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::Apply(1),
        "Apply the second remedy",
        "",
        Some(Shortcut::alt(Key::Char('2'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::Apply(2),
        "Apply the third remedy",
        "",
        Some(Shortcut::alt(Key::Char('3'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::Apply(3),
        "Apply the fourth remedy",
        "",
        Some(Shortcut::alt(Key::Char('4'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::Apply(4),
        "Apply the fifth remedy",
        "",
        Some(Shortcut::alt(Key::Char('5'))),
        Scope::On(Page::Review),
    ),
    entry(
        UiCommand::AcceptSegment,
        "Accept the segment",
        "The selected segments are right; show the next that nobody has looked at",
        plain(Key::Enter),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::NextOpenSegment,
        "Next segment to look at",
        "The next segment that nobody has looked at, of any animal",
        plain(Key::Tab),
        Scope::On(Page::Behavior),
    ),
    entry(UiCommand::NextSegment, "Next segment", "", plain(Key::PageDown), Scope::On(Page::Behavior)),
    entry(UiCommand::PreviousSegment, "Previous segment", "", plain(Key::PageUp), Scope::On(Page::Behavior)),
    entry(UiCommand::NextBoundary, "Next boundary", "", Some(Shortcut::alt(Key::PageDown)), Scope::On(Page::Behavior)),
    entry(
        UiCommand::PreviousBoundary,
        "Previous boundary",
        "",
        Some(Shortcut::alt(Key::PageUp)),
        Scope::On(Page::Behavior),
    ),
    entry(UiCommand::NextAnimal, "Next animal", "", plain(Key::Down), Scope::On(Page::Behavior)),
    entry(UiCommand::PreviousAnimal, "Previous animal", "", plain(Key::Up), Scope::On(Page::Behavior)),
    entry(
        UiCommand::SplitSegment,
        "Split the segment",
        "Cut the selected segment at the shown frame",
        Some(Shortcut::shift(Key::Char('S'))),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::MergeSegment,
        "Merge segments",
        "Join the selected segments, or the selected one with the next",
        Some(Shortcut::shift(Key::Char('M'))),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::UnmergeSegment,
        "Take the segment apart",
        "Back to the clips that it was made of",
        Some(Shortcut::shift(Key::Char('U'))),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::DeleteSegment,
        "Delete the segment",
        "Its frames are not reviewed then",
        plain(Key::Delete),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::StartHere,
        "Begin the segment here",
        "The shown frame is its first; a neighbour that it meets moves along",
        key('['),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::StopHere,
        "End the segment here",
        "The shown frame is its last; a neighbour that it meets moves along",
        key(']'),
        Scope::On(Page::Behavior),
    ),
    entry(UiCommand::EndEarlier, "End a frame earlier", "", Some(Shortcut::alt(Key::Left)), Scope::On(Page::Behavior)),
    entry(UiCommand::EndLater, "End a frame later", "", Some(Shortcut::alt(Key::Right)), Scope::On(Page::Behavior)),
    entry(
        UiCommand::LoopSegment,
        "Loop the segment",
        "Play the selected segment over and over, with half a second around it",
        key('J'),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::SelectAllSegments,
        "Select all segments of the page",
        "In the grid of small films",
        ctrl('A'),
        Scope::On(Page::Behavior),
    ),
    entry(
        UiCommand::Replace,
        "Find and replace…",
        "Words in descriptions, or one label by another, in many segments at once",
        ctrl('H'),
        Scope::On(Page::Behavior),
    ),
    entry(UiCommand::PauseResume, "Pause or go on", "Nothing is lost", key('P'), Scope::On(Page::Run)),
];

/// The keys that pick the first keypoints of a skeleton on pages where labels are made: the keyboard's upper row.
pub const KEYPOINT_KEYS: [char; 12] = ['Q', 'W', 'E', 'R', 'T', 'Y', 'U', 'I', 'O', 'P', '[', ']'];

/// Keys that act while they are held, and gestures of the mouse, for the help sheet.
pub const HELD: &[(&str, &str)] = &[
    ("Space", "Hide everything that is drawn over the pictures, while held"),
    ("B", "Blink between the frames before and after, while held"),
    ("Q to ]", "Pick a keypoint"),
    ("0 to 9", "Type a dot's number, with the pointer in a view"),
    ("Click", "The selected keypoint is this dot; in Review, a click on another keypoint's dot selects that keypoint"),
    ("Shift click", "The selected keypoint is this dot, whoever has it"),
    ("Alt click", "The selected keypoint is here, without a dot"),
    ("Right click", "What else can be done with a dot or a place"),
    ("Wheel", "Zoom about the pointer"),
    ("Drag", "Move the picture"),
    ("Double click", "Beside the dots: one view or all"),
];
