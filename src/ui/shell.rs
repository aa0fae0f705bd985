//! The window without its frame: one call of [`Shell::logic`] and one of [`Shell::ui`] make a painted frame. The real window,
//! tests and benches drive the same two.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use egui::{Context, Ui};

use super::ctx::{Held, Hover, ViewCtx};
use super::pages::{self, Memory};
use super::pictures::Pictures;
use super::theme::{SkeletonLook, Theme};
use super::{bars, dialogs, drop, input, notices::Notices};
use crate::app::settings::Appearance;
use crate::app::{App, Command, Page};
use crate::model::Skeleton;

/// App, pictures, and what views remember between frames.
pub struct Shell {
    app: App,
    pictures: Pictures,
    notices: Notices,
    memory: Memory,
    look: SkeletonLook,
    look_of: String,
    applied: Option<(Appearance, f32)>,
    hover: Hover,
    held: Held,
    commands: RefCell<Vec<Command>>,
}

impl Shell {
    /// A window for an app.
    pub fn new(app: App) -> Self {
        let skeleton = Skeleton::qd12();
        Self {
            app,
            pictures: Pictures::default(),
            notices: Notices::default(),
            memory: Memory::default(),
            look: SkeletonLook::new(&skeleton),
            look_of: skeleton.to_toml(),
            applied: None,
            hover: Hover::default(),
            held: Held::default(),
            commands: RefCell::default(),
        }
    }

    /// The app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The app, for scripts that ask it directly.
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// What views remember.
    #[cfg(test)]
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Whether every view shows the frame that it should, as far as its picture can be had.
    pub fn pictures_are_there(&self) -> bool {
        self.app.state().session.as_ref().is_none_or(|session| self.pictures.are_there(session))
    }

    /// Whether every view shows the frame that it should, as far as its picture can be had.
    pub fn is_complete(&self) -> bool {
        let session = self.app.state().session.as_ref();
        session.is_some_and(|session| session.view().is_some() && self.pictures.are_there(session))
    }

    /// Takes in what threads sent and carries out what was asked for; draws nothing.
    pub fn logic(&mut self, context: &Context) {
        self.apply_appearance(context);
        self.read_input(context);
        self.app.drain();
        for command in self.commands.take() {
            self.app.handle(command);
        }
        self.pictures.take_in(context, &mut self.app);
        let are_there = self.pictures_are_there();
        let now_secs = context.input(|input| input.time);
        if let Some(secs) = self.app.tick(now_secs, are_there) {
            context.request_repaint_after(Duration::from_secs_f64(secs));
        }
        self.refresh_look();
        self.notices.add(self.app.take_notices(), now_secs);
    }

    fn apply_appearance(&mut self, context: &Context) {
        let settings = &self.app.state().settings;
        let wanted = (settings.appearance, settings.scale);
        if self.applied != Some(wanted) {
            Theme::get().apply(context, wanted.0, wanted.1);
            self.applied = Some(wanted);
        }
    }

    fn read_input(&mut self, context: &Context) {
        let (commands, held) = input::read(context, self.app.state(), self.hover);
        self.held = held;
        self.commands.borrow_mut().extend(commands);
        let dropped = context.input(|input| input.raw.dropped_files.clone());
        for path in dropped.into_iter().map(|file| file.path().to_owned()) {
            self.commands.borrow_mut().push(Command::Open(path));
        }
    }

    /// Colours and codes are worked out once per skeleton.
    fn refresh_look(&mut self) {
        let Some(session) = &self.app.state().session else { return };
        if session.skeleton.name != self.look_of {
            self.look = SkeletonLook::new(&session.skeleton);
            self.look_of.clone_from(&session.skeleton.name);
        }
    }

    /// Draws everything.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.draw(ui, page_ui);
    }

    /// Draws what `draw` draws, with dialogs and notices over it.
    pub(super) fn draw(&mut self, ui: &mut Ui, draw: impl FnOnce(&mut Ui, &ViewCtx<'_>, &mut Memory)) {
        let next_hover = Cell::new(Hover::default());
        let wanted = RefCell::default();
        let ctx = ViewCtx {
            state: self.app.state(),
            theme: Theme::get(),
            look: &self.look,
            pictures: &self.pictures,
            hover: self.hover,
            held: self.held,
            next_hover: &next_hover,
            commands: &self.commands,
            wanted: &wanted,
        };
        let whole = ui.max_rect();
        self.memory.grid.room = None;
        draw(ui, &ctx, &mut self.memory);
        let pictures = self.memory.grid.room.unwrap_or(whole);
        dialogs::ui(ui, &ctx, &mut self.memory.dialogs);
        drop::target_ui(ui, ctx.session().is_some());
        self.notices.ui(ui.ctx(), pictures);
        if next_hover.get() != self.hover {
            self.hover = next_hover.get();
            ui.ctx().request_repaint();
        }
        if !self.commands.borrow().is_empty() {
            ui.ctx().request_repaint();
        }
        if let Some(session) = &self.app.state().session {
            let now_secs = ui.input(|input| input.time);
            self.pictures.ask(session, wanted.into_inner(), now_secs);
        }
    }
}

fn page_ui(ui: &mut Ui, ctx: &ViewCtx<'_>, memory: &mut Memory) {
    if ctx.session().is_none() {
        return pages::welcome::ui(ui, ctx, &mut memory.welcome);
    }
    bars::top_ui(ui, ctx);
    bars::status_ui(ui, ctx);
    bars::read_only_ui(ui, ctx);
    match ctx.state.page {
        Page::Detect => pages::detect::ui(ui, ctx, memory),
        Page::Seeds => pages::seeds::ui(ui, ctx, memory),
        Page::Run => pages::run::ui(ui, ctx, memory),
        Page::Review => pages::review::ui(ui, ctx, memory),
        Page::Behavior => pages::behavior::ui(ui, ctx, memory),
        Page::Export => pages::export::ui(ui, ctx, memory),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod fit_tests;
