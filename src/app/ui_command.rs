//! The one table of what can be done by key, menu, button or search: words, tooltip, shortcut, where it applies and when.
//!
//! Menus, the command search, the help sheet and the README's table of keys are made from it; a test holds them together.

mod table;

pub use table::{HELD, KEYPOINT_KEYS, TABLE};

use super::command::{Browse, Command, Dialog, Page, ProposalScope, QueueStep};
use super::keys::Shortcut;
use super::settings::Appearance;
use super::state::State;
use super::timeline::{BehaviorView, GridCommand, TimelineCommand};
use super::view::ChannelChoice;
use crate::behavior::edits::Edge;
use crate::model::CameraId;
use crate::store::FrameState;

/// Something that a person can ask for without saying more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UiCommand {
    /// Opens a project or recording.
    Open,
    /// Makes and opens the demo.
    TryDemo,
    /// Back to the welcome page.
    CloseProject,
    /// Takes the last edit back.
    Undo,
    /// Does it again.
    Redo,
    /// Searches for a command.
    Palette,
    /// Shows all keys.
    Help,
    /// Shows the settings.
    Settings,
    /// Ends the program.
    Quit,
    /// Dark or light.
    ToggleAppearance,
    /// Everything larger.
    Larger,
    /// Everything smaller.
    Smaller,
    /// A page.
    GoTo(Page),
    /// One frame back.
    PreviousFrame,
    /// One frame on.
    NextFrame,
    /// Ten frames back.
    Back10,
    /// Ten frames on.
    Forward10,
    /// The first frame.
    FirstFrame,
    /// The last frame.
    LastFrame,
    /// Asks for a frame's number.
    GoToFrame,
    /// Plays or stops.
    TogglePlay,
    /// The next choice of channels.
    NextChannels,
    /// The active view large, or all.
    ToggleMaximise,
    /// All views zoomed to the selected keypoint.
    ToggleLinkedZoom,
    /// All views as they were.
    ResetZoom,
    /// The keypoint above.
    PreviousKeypoint,
    /// The keypoint below.
    NextKeypoint,
    /// Where a click helps most.
    NextBestClick,
    /// Takes the proposals of the keypoint.
    AcceptKeypoint,
    /// Takes the proposals of the frame.
    AcceptFrame,
    /// Takes the proposals of the frame, faint dots too.
    AcceptFaint,
    /// Not visible in the active view.
    NotVisible,
    /// Not visible in all views that have no label.
    NotVisibleElsewhere,
    /// Takes the label away.
    ClearLabel,
    /// Swaps the sides in the active view.
    SwapSides,
    /// Swaps the sides in all views.
    SwapSidesAll,
    /// Swaps the sides over a range of frames.
    SwapSidesRange,
    /// Moves the label one pixel left.
    NudgeLeft,
    /// Moves the label one pixel right.
    NudgeRight,
    /// Moves the label one pixel up.
    NudgeUp,
    /// Moves the label one pixel down.
    NudgeDown,
    /// Accepts the frame and goes on.
    AcceptAndNext,
    /// Puts the frame aside and goes on.
    Skip,
    /// The next frame of the queue.
    NextInQueue,
    /// The frame before in the queue.
    PreviousInQueue,
    /// Orders the queue anew.
    Rerank,
    /// Re-run from here.
    Rerun,
    /// Takes the first way to mend the keypoint.
    Apply(u8),
    /// What a model was asked about the selected keypoint.
    Why,
    /// Pauses or goes on with a job.
    PauseResume,
    /// Chooses seed frames.
    ChooseSeeds,
    /// The selected segments are right; the next one.
    AcceptSegment,
    /// The next segment of the animal.
    NextSegment,
    /// The segment before.
    PreviousSegment,
    /// The next segment that nobody has looked at.
    NextOpenSegment,
    /// The segment before in the list of those to look at.
    PreviousInList,
    /// The next boundary.
    NextBoundary,
    /// The boundary before.
    PreviousBoundary,
    /// The next animal.
    NextAnimal,
    /// The animal before.
    PreviousAnimal,
    /// Cuts the segment at the shown frame.
    SplitSegment,
    /// Joins segments.
    MergeSegment,
    /// Takes the segment apart.
    UnmergeSegment,
    /// Takes the segments away.
    DeleteSegment,
    /// The segment begins with the shown frame.
    StartHere,
    /// The segment ends with the shown frame.
    StopHere,
    /// The segment begins a frame earlier.
    StartEarlier,
    /// And a frame later.
    StartLater,
    /// Moves the end of the segment by a frame.
    EndEarlier,
    /// Moves the end of the segment by a frame.
    EndLater,
    /// Plays the segment over and over.
    LoopSegment,
    /// Selects all segments of the page.
    SelectAllSegments,
    /// Replaces words in descriptions, or labels.
    Replace,
}

/// Where a command applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// Where a project is open.
    Project,
    /// Where labels are made: Seeds and Review.
    Labelling,
    /// On one page.
    On(Page),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The command.
    pub command: UiCommand,
    /// Its name in menus and search.
    pub text: &'static str,
    /// What it does, where the name does not say it all.
    pub tooltip: &'static str,
    /// Its key.
    pub shortcut: Option<Shortcut>,
    /// Where it applies.
    pub scope: Scope,
}

impl UiCommand {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        TABLE.iter().find(|entry| entry.command == self).unwrap_or(&TABLE[0])
    }

    /// Whether it applies now.
    pub fn is_enabled(self, state: &State) -> bool {
        let Some(session) = &state.session else {
            return self.entry().scope == Scope::Everywhere;
        };
        let in_scope = match self.entry().scope {
            Scope::Everywhere | Scope::Project => true,
            Scope::Labelling => matches!(state.page, Page::Seeds | Page::Review),
            Scope::On(page) => state.page == page,
        };
        let writes = matches!(
            self,
            Self::AcceptKeypoint
                | Self::AcceptFrame
                | Self::AcceptFaint
                | Self::NotVisible
                | Self::NotVisibleElsewhere
                | Self::ClearLabel
                | Self::SwapSides
                | Self::SwapSidesAll
                | Self::SwapSidesRange
                | Self::NudgeLeft
                | Self::NudgeRight
                | Self::NudgeUp
                | Self::NudgeDown
                | Self::AcceptAndNext
                | Self::Skip
                | Self::Apply(_)
                | Self::Rerun
                | Self::AcceptSegment
                | Self::SplitSegment
                | Self::MergeSegment
                | Self::UnmergeSegment
                | Self::DeleteSegment
                | Self::StartHere
                | Self::StopHere
                | Self::StartEarlier
                | Self::StartLater
                | Self::EndEarlier
                | Self::EndLater
                | Self::Replace
        );
        let possible = match self {
            Self::Undo => session.undo_title.is_some() && session.read_only.is_none(),
            Self::Redo => session.redo_title.is_some() && session.read_only.is_none(),
            Self::PauseResume => state.job.is_some() || state.paused.is_some(),
            Self::SwapSides | Self::SwapSidesAll | Self::SwapSidesRange => session.mirror_of_selected().is_some(),
            Self::NotVisible | Self::ClearLabel => session.selection.camera.is_some(),
            Self::AcceptAndNext | Self::Skip => session.is_seen(state.now_secs),
            Self::Apply(index) => usize::from(index) < session.hypotheses().len(),
            Self::NextSegment
            | Self::PreviousSegment
            | Self::NextOpenSegment
            | Self::PreviousInList
            | Self::NextBoundary
            | Self::PreviousBoundary
            | Self::NextAnimal
            | Self::PreviousAnimal
            | Self::AcceptSegment => session.timeline.layers.is_some(),
            Self::Replace => {
                let is_shown = matches!(session.timeline.view, BehaviorView::Timeline | BehaviorView::Grid);
                let layers = session.timeline.layers.as_ref();
                is_shown && layers.is_some_and(|layers| !layers.timeline.is_empty())
            }
            Self::SelectAllSegments => session.timeline.view == BehaviorView::Grid,
            Self::SplitSegment
            | Self::MergeSegment
            | Self::UnmergeSegment
            | Self::DeleteSegment
            | Self::StartHere
            | Self::StopHere
            | Self::StartEarlier
            | Self::StartLater
            | Self::EndEarlier
            | Self::EndLater
            | Self::LoopSegment => session.timeline.main().is_some(),
            _ => true,
        };
        in_scope && possible && !(writes && session.read_only.is_some())
    }

    /// What it asks of the app, given where one is; `None` where nothing is to be done.
    pub fn to_command(self, state: &State) -> Option<Command> {
        let session = state.session.as_ref();
        let camera = session.and_then(|session| session.selection.camera);
        let nudge = |x: f64, y: f64| camera.map(|camera| Command::Nudge(camera, [x, y]));
        Some(match self {
            Self::Open => Command::Browse(Browse::Project),
            Self::TryDemo => Command::MakeDemo,
            Self::CloseProject => Command::CloseProject,
            Self::Undo => Command::Undo,
            Self::Redo => Command::Redo,
            Self::Palette => Command::Show(Some(Dialog::Palette)),
            Self::Help => Command::Show(Some(Dialog::Help)),
            Self::Settings => Command::Show(Some(Dialog::Settings)),
            Self::Quit => Command::Quit,
            Self::ToggleAppearance => Command::SetAppearance(match state.settings.appearance {
                Appearance::Dark => Appearance::Light,
                Appearance::Light => Appearance::Dark,
            }),
            Self::Larger => Command::SetScale(state.settings.scale + 0.1),
            Self::Smaller => Command::SetScale(state.settings.scale - 0.1),
            Self::GoTo(page) => Command::GoTo(page),
            Self::PreviousFrame => Command::Step(-1),
            Self::NextFrame => Command::Step(1),
            Self::Back10 => Command::Step(-10),
            Self::Forward10 => Command::Step(10),
            Self::FirstFrame => Command::ShowFrame(0),
            Self::LastFrame => Command::ShowFrame(u32::MAX),
            Self::GoToFrame => Command::Show(Some(Dialog::GoToFrame)),
            Self::TogglePlay => Command::TogglePlay,
            Self::NextChannels => {
                let channels = session?.channels;
                let choice = match channels.choice {
                    ChannelChoice::Reflectance => ChannelChoice::Fluorescence,
                    ChannelChoice::Fluorescence => ChannelChoice::Fused,
                    ChannelChoice::Fused => ChannelChoice::Reflectance,
                };
                Command::SetChannels(super::view::Channels { choice, ..channels })
            }
            Self::ToggleMaximise => Command::Maximise(match session?.grid.maximised {
                Some(_) => None,
                None => camera,
            }),
            Self::ToggleLinkedZoom => Command::SetLinkedZoom(!session?.grid.linked_zoom),
            Self::ResetZoom => Command::ResetViewports,
            Self::PreviousKeypoint => Command::StepKeypoint(-1),
            Self::NextKeypoint => Command::StepKeypoint(1),
            Self::NextBestClick => Command::NextBestClick,
            Self::AcceptKeypoint => Command::AcceptProposals(ProposalScope::Keypoint),
            Self::AcceptFrame => Command::AcceptProposals(ProposalScope::Frame),
            Self::AcceptFaint => Command::AcceptProposals(ProposalScope::FrameWithFaint),
            Self::NotVisible => Command::NotVisible(camera?),
            Self::NotVisibleElsewhere => Command::NotVisibleElsewhere,
            Self::ClearLabel => Command::ClearLabel(camera?),
            Self::SwapSides => Command::SwapSides { camera: Some(camera?), frames: None },
            Self::SwapSidesAll => Command::SwapSides { camera: None, frames: None },
            Self::SwapSidesRange => Command::Show(Some(Dialog::SwapRange)),
            Self::NudgeLeft => nudge(-1.0, 0.0)?,
            Self::NudgeRight => nudge(1.0, 0.0)?,
            Self::NudgeUp => nudge(0.0, -1.0)?,
            Self::NudgeDown => nudge(0.0, 1.0)?,
            Self::AcceptAndNext => Command::Decide(FrameState::Accepted),
            Self::Skip => Command::Decide(FrameState::Skipped),
            Self::NextInQueue => Command::Queue(QueueStep::Next),
            Self::PreviousInQueue => Command::Queue(QueueStep::Previous),
            Self::Rerank => Command::Rerank,
            Self::Rerun => Command::PreviewRerun,
            Self::Why => {
                Command::ShowWhy(camera.unwrap_or(CameraId(0)), session.map(|session| session.selection.keypoint))
            }
            Self::Apply(index) => Command::ApplyHypothesis(usize::from(index)),
            Self::PauseResume => {
                if state.job.is_some() {
                    Command::PauseJob
                } else {
                    Command::ResumeJob
                }
            }
            Self::ChooseSeeds => Command::Show(Some(Dialog::SeedFrames)),
            Self::AcceptSegment => Command::Timeline(TimelineCommand::AcceptAndNext),
            Self::NextSegment => Command::Timeline(TimelineCommand::StepSegment(1)),
            Self::PreviousSegment => Command::Timeline(TimelineCommand::StepSegment(-1)),
            Self::NextOpenSegment => Command::Timeline(TimelineCommand::NextToReview),
            Self::PreviousInList => Command::Timeline(TimelineCommand::PreviousInList),
            Self::NextBoundary => Command::Timeline(TimelineCommand::StepBoundary(1)),
            Self::PreviousBoundary => Command::Timeline(TimelineCommand::StepBoundary(-1)),
            Self::NextAnimal => Command::Timeline(TimelineCommand::StepAnimal(1)),
            Self::PreviousAnimal => Command::Timeline(TimelineCommand::StepAnimal(-1)),
            Self::SplitSegment => Command::Timeline(TimelineCommand::SplitHere),
            Self::MergeSegment => Command::Timeline(TimelineCommand::MergeNext),
            Self::UnmergeSegment => Command::Timeline(TimelineCommand::UnmergeSelected),
            Self::DeleteSegment => Command::Timeline(TimelineCommand::DeleteSelected),
            Self::StartHere => Command::Timeline(TimelineCommand::EdgeHere(Edge::Start)),
            Self::StopHere => Command::Timeline(TimelineCommand::EdgeHere(Edge::Stop)),
            Self::StartEarlier => Command::Timeline(TimelineCommand::NudgeEdge(Edge::Start, -1)),
            Self::StartLater => Command::Timeline(TimelineCommand::NudgeEdge(Edge::Start, 1)),
            Self::EndEarlier => Command::Timeline(TimelineCommand::NudgeEdge(Edge::Stop, -1)),
            Self::EndLater => Command::Timeline(TimelineCommand::NudgeEdge(Edge::Stop, 1)),
            Self::Replace => Command::Show(Some(Dialog::Replace)),
            Self::SelectAllSegments => Command::Timeline(TimelineCommand::Grid(GridCommand::SelectAll)),
            Self::LoopSegment => Command::Timeline(TimelineCommand::SetLooping(!session?.timeline.is_looping)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::keys::Key;
    use std::collections::HashSet;

    fn key(sign: char) -> Option<Shortcut> {
        Some(Shortcut::plain(Key::Char(sign)))
    }

    /// Whether two scopes can hold at the same time.
    fn overlap(one: Scope, other: Scope) -> bool {
        let on_labelling = |page: Page| matches!(page, Page::Seeds | Page::Review);
        match (one, other) {
            (Scope::On(a), Scope::On(b)) => a == b,
            (Scope::On(page), Scope::Labelling) | (Scope::Labelling, Scope::On(page)) => on_labelling(page),
            _ => true,
        }
    }

    #[test]
    fn no_key_does_two_things_in_one_place() {
        for (index, one) in TABLE.iter().enumerate() {
            for other in &TABLE[index + 1..] {
                let same = one.shortcut.is_some() && one.shortcut == other.shortcut;
                assert!(!(same && overlap(one.scope, other.scope)), "{} and {}", one.text, other.text);
            }
            let picks = |sign: char| one.shortcut == key(sign) && overlap(one.scope, Scope::Labelling);
            assert!(!KEYPOINT_KEYS.into_iter().any(picks), "{} has the key of a keypoint", one.text);
            let digit = ('0'..='9').any(|sign| one.shortcut == key(sign));
            assert!(!digit, "{} has a digit, which types a dot's number", one.text);
        }
    }

    #[test]
    fn rows_are_unique_and_have_words() {
        let commands: HashSet<_> = TABLE.iter().map(|entry| entry.command).collect();
        let texts: HashSet<_> = TABLE.iter().map(|entry| entry.text).collect();
        assert_eq!((commands.len(), texts.len()), (TABLE.len(), TABLE.len()));
        for entry in TABLE {
            assert!(
                entry.text.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()),
                "{}",
                entry.text
            );
            assert!(!entry.text.ends_with(['.', '!']) && !entry.tooltip.ends_with(['.', '!']), "{}", entry.text);
        }
    }
}
