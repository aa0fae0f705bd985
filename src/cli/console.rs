//! What verbs share: progress and warnings on standard error, results on standard output, Ctrl-C.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::jobs::{CancelFlag, Job, JobEvent};

/// Where standard error is no terminal, progress is a line now and then.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// What every verb understands.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Print the result as JSON on standard output.
    #[arg(long)]
    pub json: bool,
    /// Print no progress.
    #[arg(long, short)]
    pub quiet: bool,
}

/// The terminal, and the flag that Ctrl-C sets.
pub(super) struct Console {
    cancel: CancelFlag,
    progress: Mutex<Progress>,
}

struct Progress {
    bar: Option<ProgressBar>,
    is_terminal: bool,
    phase: String,
    unit: &'static str,
    total: u64,
    started: Instant,
    last_line: Instant,
    warned: Vec<String>,
}

impl Console {
    /// Watches for Ctrl-C: the first one asks the job to stop, the second one ends the program.
    pub fn new() -> Self {
        let cancel = CancelFlag::default();
        let flag = cancel.clone();
        let watched = ctrlc::set_handler(move || {
            if flag.is_cancelled() {
                process::exit(i32::from(super::INTERRUPTED));
            }
            flag.cancel();
            let _ = writeln!(io::stderr(), "\nstopping where nothing is lost; press Ctrl-C again to end at once");
        });
        // Without a handler Ctrl-C ends the program, which loses no finished frame either.
        drop(watched);
        let now = Instant::now();
        let progress = Progress {
            bar: None,
            is_terminal: io::stderr().is_terminal(),
            phase: String::new(),
            unit: "",
            total: 0,
            started: now,
            last_line: now,
            warned: Vec::new(),
        };
        Self { cancel, progress: Mutex::new(progress) }
    }

    /// Runs work as a job that this console watches.
    pub fn job<T>(&self, common: &Common, work: impl FnOnce(&Job<'_>) -> T) -> T {
        let listener = |event| self.show(event, common.quiet);
        work(&Job::new(&self.cancel, &listener))
    }

    /// Takes the progress bar away.
    pub fn end(&self) {
        self.lock().finish();
    }

    /// Prints a result as JSON, or in words.
    pub fn print(&self, common: &Common, json: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        self.end();
        let mut text = if common.json { serde_json::to_string_pretty(json)? } else { words() };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
            // Whoever reads has seen enough, as `head` does.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn show(&self, event: JobEvent, quiet: bool) {
        let mut progress = self.lock();
        match event {
            JobEvent::Phase { name, total, unit } if !quiet => progress.begin(name, total, unit),
            JobEvent::Done(done) if !quiet => progress.step(done),
            JobEvent::Phase { .. } | JobEvent::Done(_) | JobEvent::Asking(_) => {}
            JobEvent::Note(message) => progress.line(&message),
            // Several jobs of one command may find the same thing.
            JobEvent::Warning(message) if progress.warned.contains(&message) => {}
            JobEvent::Warning(message) => {
                progress.line(&format!("warning: {message}"));
                progress.warned.push(message);
            }
        }
    }
}

impl Progress {
    fn begin(&mut self, phase: String, total: u64, unit: &'static str) {
        self.finish();
        let now = Instant::now();
        (self.phase, self.total, self.unit, self.started, self.last_line) = (phase, total, unit, now, now);
        if !self.is_terminal || total == 0 {
            return;
        }
        let template = format!("{{msg}} {{wide_bar}} {{pos}}/{{len}} {unit}, {{rate}} per second, {{eta}} left");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{:.1}", state.per_sec());
        });
        self.bar = Some(ProgressBar::new(total).with_style(style).with_message(self.phase.clone()));
    }

    fn step(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        if self.last_line.elapsed() < PLAIN_EVERY || done == 0 {
            return;
        }
        self.last_line = Instant::now();
        let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        let left = self.total.saturating_sub(done) as f64 / rate.max(1e-9);
        let (phase, unit, total) = (&self.phase, self.unit, self.total);
        let _ = writeln!(io::stderr(), "{phase}: {done}/{total} {unit}, {rate:.1} per second, {left:.0} s left");
    }

    fn line(&self, message: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| {
                let _ = writeln!(io::stderr(), "{message}");
            }),
            None => {
                let _ = writeln!(io::stderr(), "{message}");
            }
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Says what went wrong in one sentence, with the causes that the sentence does not hold already.
pub(super) fn say_error(error: &anyhow::Error) {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    let _ = writeln!(io::stderr(), "error: {text}");
}

/// Says what is not as it should be, but stops nothing.
pub(super) fn say_warning(text: &str) {
    let _ = writeln!(io::stderr(), "warning: {text}");
}

/// Who is at the keyboard: the name given, else the name of the system's user.
pub(super) fn annotator(given: Option<&str>) -> String {
    let system = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|key| std::env::var(key).ok());
    let name = given.map(str::to_owned).or(system).filter(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| "unnamed".to_owned())
}

/// A number for people, or a dash where there is none.
pub(super) fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
