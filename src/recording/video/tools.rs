//! Where ffmpeg and ffprobe are, what they complained about, and the words for it.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::media::MediaError;

/// Programs of one ffmpeg installation.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub(super) ffmpeg: OsString,
    pub(super) ffprobe: OsString,
}

impl Default for Tools {
    fn default() -> Self {
        Self { ffmpeg: "ffmpeg".into(), ffprobe: "ffprobe".into() }
    }
}

/// A path as ffmpeg takes it literally: without the prefix, a colon would name a protocol and a leading dash an option.
pub(super) fn input_argument(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

/// Refuses what ffmpeg would report less clearly.
pub(super) fn check_file(path: &Path) -> Result<(), MediaError> {
    let metadata = std::fs::metadata(path).map_err(|error| MediaError::from_io(path, &error))?;
    let unreadable = |reason: &str| MediaError::Unreadable { path: path.to_owned(), reason: reason.to_owned() };
    if metadata.is_dir() {
        return Err(unreadable("it is a folder; name a video file, or an image sequence such as folder/%06d.png"));
    }
    if metadata.len() == 0 {
        return Err(unreadable("the file is empty"));
    }
    Ok(())
}

/// The error of a program that did not start.
pub(super) fn start_error(program: &OsString, path: &Path, error: &io::Error) -> MediaError {
    let (program, path) = (program.to_string_lossy().into_owned(), path.to_owned());
    match error.kind() {
        io::ErrorKind::NotFound => MediaError::FfmpegMissing { program, path },
        _ => MediaError::FfmpegFailed { program, path, reason: error.to_string() },
    }
}

/// A program that takes nothing from the terminal and writes a log that can be parsed, whatever the user's settings.
pub(super) fn command(program: &OsString) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("AV_LOG_FORCE_NOCOLOR", "1")
        .env_remove("AV_LOG_FORCE_COLOR")
        .env_remove("FFREPORT");
    command
}

/// Runs a program to its end, `path` being the video that it is about.
pub(super) fn run(program: &OsString, arguments: &[OsString], path: &Path) -> Result<Output, MediaError> {
    command(program).args(arguments).output().map_err(|error| start_error(program, path, &error))
}

/// The option that makes ffmpeg write each decoded picture once: ffmpeg 5.1 renamed it.
pub(super) fn passthrough_option(tools: &Tools) -> &'static str {
    static OLD: OnceLock<bool> = OnceLock::new();
    let old = *OLD.get_or_init(|| {
        let output = command(&tools.ffmpeg).arg("-version").output();
        output.is_ok_and(|output| is_before_5_1(&String::from_utf8_lossy(&output.stdout)))
    });
    if old { "-vsync" } else { "-fps_mode" }
}

/// Whether the first line of `ffmpeg -version` names a release before 5.1. Builds without a number are recent.
fn is_before_5_1(text: &str) -> bool {
    let version = text.split_whitespace().nth(2).unwrap_or_default().trim_start_matches('n');
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if major < 100 => (major, minor) < (5, 1),
        _ => false,
    }
}

/// Whether ffmpeg and ffprobe can be started; asked again until they can, since they may be installed meanwhile.
pub(super) fn is_installed() -> bool {
    static FOUND: AtomicBool = AtomicBool::new(false);
    let tools = Tools::default();
    let is_there = |program: &OsString| {
        let version = command(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    if !FOUND.load(Ordering::Relaxed) && is_there(&tools.ffmpeg) && is_there(&tools.ffprobe) {
        FOUND.store(true, Ordering::Relaxed);
    }
    FOUND.load(Ordering::Relaxed)
}

/// What a person needs of a program's standard error: its last lines about errors, without memory addresses.
pub(super) fn complaint(lines: &[String]) -> String {
    let words: Vec<String> = lines.iter().map(|line| without_source(line)).filter(|line| !line.is_empty()).collect();
    let start = words.len().saturating_sub(3);
    let mut last = words[start..].to_vec();
    last.dedup();
    last.join("; ")
}

/// A log line without its "[h264 @ 0x5581…]" and "[error]" prefixes.
fn without_source(line: &str) -> String {
    let mut rest = line.trim();
    while let Some((prefix, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        if !(prefix.contains(" @ ") || matches!(prefix, "error" | "fatal" | "panic" | "warning")) {
            break;
        }
        rest = after.trim_start();
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        let old = |version: &str| is_before_5_1(&format!("ffmpeg version {version} Copyright (c) 2000-2026"));
        assert!(old("4.4.2-0ubuntu0.22.04.1"));
        assert!(old("5.0.1"));
        assert!(!old("5.1.9-0+deb12u1"));
        assert!(!old("n7.1"));
        assert!(!old("N-112345-g0123abcd"));
        assert!(!old("2026-11-01-git"));
    }

    #[test]
    fn a_missing_program_is_said_with_its_package() {
        let error = run(&"no-such-program".into(), &[], Path::new("a.mp4")).unwrap_err().to_string();
        assert!(error.contains("no-such-program is needed to read a.mp4") && error.contains("apt install ffmpeg"));
    }

    #[test]
    fn complaints_are_short_and_without_addresses() {
        let lines = ["[h264 @ 0x55f3b9] [error] Invalid NAL unit size (14 > 8).", "[error] a.mp4: Invalid data"];
        assert_eq!(complaint(&lines.map(str::to_owned)), "Invalid NAL unit size (14 > 8).; a.mp4: Invalid data");
    }
}
