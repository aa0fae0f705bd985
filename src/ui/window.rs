//! The eframe app: opens the window, hands frames to [`Shell`], and keeps the window's place.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui;

use super::shell::Shell;
use crate::app::settings::{self, Settings, WindowPlace};
use crate::app::{App, Command};
use crate::platform;

/// Opens the window, with a project or recording where one is given, and returns when it closes.
///
/// # Errors
/// When there is no screen, or no graphics that can draw; the words say what to do.
pub fn open(path: Option<PathBuf>) -> Result<(), String> {
    if !platform::may_have_screen() {
        let what = "no window can be opened: there is no screen, neither DISPLAY nor WAYLAND_DISPLAY is set";
        return Err(format!("{what}. Without a screen, use the command line: behaviorvlm --help"));
    }
    let settings_path = settings::default_path();
    let settings = settings_path.as_deref().map(Settings::load).unwrap_or_default();
    let options = eframe::NativeOptions { viewport: viewport(&settings), persist_window: false, ..Default::default() };
    // The window library panics where one of the system's libraries is missing: that is told in words too.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let has_started = Arc::new(AtomicBool::new(false));
    let started = has_started.clone();
    let start = move |creation: &eframe::CreationContext<'_>| {
        let context = creation.egui_ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || context.request_repaint());
        let mut app = App::new(settings, settings_path, wake);
        if let Some(path) = path {
            app.handle(Command::Open(path));
        }
        started.store(true, Ordering::Relaxed);
        // From here on a panic is one of this program and is told as such.
        drop(std::panic::take_hook());
        std::panic::set_hook(hook);
        Ok(Box::new(Window { shell: Shell::new(app), place: None, title: String::new() }) as Box<dyn eframe::App>)
    };
    let run = AssertUnwindSafe(|| eframe::run_native("behaviorvlm", options, Box::new(start)));
    let why = match catch_unwind(run) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) if has_started.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("the window library gave up").to_owned()
        }
    };
    // Where in the window library it happened helps nobody.
    let words = why.split_whitespace().filter(|word| !word.contains(".rs:"));
    let why = words.collect::<Vec<_>>().join(" ").replace("os error at", "the system says:");
    let why = why.trim_end_matches('.');
    Err(format!(
        "no window can be opened: {why}. It needs a screen (DISPLAY or WAYLAND_DISPLAY) and OpenGL 2.0 or newer; on Debian install \
         {PACKAGES}. Without a screen, use the command line: behaviorvlm --help"
    ))
}

/// What a window needs on Debian.
const PACKAGES: &str =
    "libgl1 libgl1-mesa-dri libegl1 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libxkbcommon-x11-0";

fn viewport(settings: &Settings) -> egui::ViewportBuilder {
    let place = settings.window.unwrap_or(WindowPlace { position: None, size: [1440.0, 900.0], maximised: false });
    let viewport = egui::ViewportBuilder::default()
        .with_title("behaviorvlm")
        .with_app_id("behaviorvlm")
        .with_min_inner_size([960.0, 620.0])
        .with_inner_size(place.size)
        .with_maximized(place.maximised);
    match place.position {
        Some(position) => viewport.with_position(position),
        None => viewport,
    }
}

struct Window {
    shell: Shell,
    place: Option<WindowPlace>,
    /// What stands on the frame.
    title: String,
}

impl eframe::App for Window {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        self.shell.logic(context);
        let viewport = context.input(|input| input.viewport().clone());
        if let Some(inner) = viewport.inner_rect {
            let zoom = context.zoom_factor();
            let position = viewport.outer_rect.map(|outer| [outer.min.x * zoom, outer.min.y * zoom]);
            let size = [inner.width() * zoom, inner.height() * zoom];
            self.place = Some(WindowPlace { position, size, maximised: viewport.maximized.unwrap_or(false) });
        }
        let title = self.shell.app().state().title();
        if title != self.title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        if self.shell.app().state().quit {
            context.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.shell.ui(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        let app = self.shell.app_mut();
        if let Some(place) = self.place {
            app.handle(Command::RememberWindow(place));
        }
        app.handle(Command::CloseProject);
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}
