//! What every view gets: the state to read, the way to send commands, pictures, and what the pointer is over.

use std::cell::{Cell, RefCell};

use super::pictures::Pictures;
use super::theme::{SkeletonLook, Theme};
use crate::app::session::Session;
use crate::app::ui_command::UiCommand;
use crate::app::{Command, State};
use crate::jobs::frames::PictureSpec;
use crate::model::{CameraId, CentroidNumber, KeypointId};

/// What the pointer is over, so that views and tables light up the same thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hover {
    /// A keypoint, in whatever view or table.
    pub keypoint: Option<KeypointId>,
    /// A view.
    pub camera: Option<CameraId>,
    /// A dot of that view.
    pub dot: Option<CentroidNumber>,
}

/// Keys that act while they are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Everything over the pictures is hidden.
    pub hide_overlays: bool,
    /// The frame shown in place of the current one, by its distance.
    pub blink: Option<i64>,
}

/// What a view may read and send.
pub struct ViewCtx<'a> {
    /// The app's state.
    pub state: &'a State,
    /// The tokens.
    pub theme: &'static Theme,
    /// How the skeleton's keypoints look; that of the default skeleton while no project is open.
    pub look: &'a SkeletonLook,
    /// Pictures that are there.
    pub pictures: &'a Pictures,
    /// What the pointer was over in the frame before: the same for all views.
    pub hover: Hover,
    /// Keys that are held.
    pub held: Held,
    pub(super) next_hover: &'a Cell<Hover>,
    pub(super) commands: &'a RefCell<Vec<Command>>,
    pub(super) wanted: &'a RefCell<Vec<PictureSpec>>,
}

impl<'a> ViewCtx<'a> {
    /// Asks the app for something; it is done before the next frame is drawn.
    pub fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }

    /// Asks for what a row of the command table says, where it applies.
    pub fn run(&self, command: UiCommand) {
        if command.is_enabled(self.state)
            && let Some(command) = command.to_command(self.state)
        {
            self.send(command);
        }
    }

    /// Asks for a picture; those not asked for in a frame are no longer made.
    pub fn want(&self, spec: PictureSpec) {
        self.wanted.borrow_mut().push(spec);
    }

    /// Says that the pointer is over a keypoint.
    pub fn hover_keypoint(&self, keypoint: KeypointId) {
        let hover = self.next_hover.get();
        self.next_hover.set(Hover { keypoint: Some(keypoint), ..hover });
    }

    /// Says that the pointer is in a view, over a dot or not.
    pub fn hover_view(&self, camera: CameraId, dot: Option<CentroidNumber>) {
        let hover = self.next_hover.get();
        self.next_hover.set(Hover { camera: Some(camera), dot, ..hover });
    }

    /// The open project.
    pub fn session(&self) -> Option<&'a Session> {
        self.state.session.as_ref()
    }

    /// The key of a command as it is shown, or nothing.
    pub fn key_of(&self, command: UiCommand) -> String {
        command.entry().shortcut.map(|shortcut| shortcut.to_string()).unwrap_or_default()
    }
}
