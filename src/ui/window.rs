//! The eframe app: opens the window, hands frames to [`Shell`], and keeps the window's place.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;

use super::shell::Shell;
use crate::app::settings::{self, Settings, WindowPlace};
use crate::app::{App, Command};

/// Opens the window, with a project or recording where one is given, and returns when it closes.
///
/// # Errors
/// When there is no screen, or no graphics that can draw; the words say what to do.
pub fn open(path: Option<PathBuf>) -> Result<(), String> {
    let settings_path = settings::default_path();
    let settings = settings_path.as_deref().map(Settings::load).unwrap_or_default();
    let options = eframe::NativeOptions { viewport: viewport(&settings), persist_window: false, ..Default::default() };
    let start = move |creation: &eframe::CreationContext<'_>| {
        let context = creation.egui_ctx.clone();
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || context.request_repaint());
        let mut app = App::new(settings, settings_path, wake);
        if let Some(path) = path {
            app.handle(Command::Open(path));
        }
        Ok(Box::new(Window { shell: Shell::new(app), place: None }) as Box<dyn eframe::App>)
    };
    eframe::run_native("behaviorvlm", options, Box::new(start)).map_err(|error| {
        format!(
            "no window can be opened: {error}. It needs a screen (DISPLAY or WAYLAND_DISPLAY) and OpenGL 2.0; on Debian install \
             libgl1 libgl1-mesa-dri. Without a screen, use the command line: behaviorvlm --help"
        )
    })
}

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
