//! Pictures of pages as they are painted, beside those that were looked at and kept in `tests/snapshots/`.
//!
//! `cargo test --features snapshots snapshots::` compares; with `UPDATE_SNAPSHOTS=1` it keeps what is painted now. Needs a
//! Vulkan driver; a software one will do and is what the kept pictures were painted by.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Vec2, vec2};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use tempfile::TempDir;

use super::shell::Shell;
use super::testing::{PATIENCE, SmallProject, demo_project, draw, open, send, session, settle};
use crate::app::settings::{Appearance, Settings};
use crate::app::{App, Command, Page};
use crate::model::{CameraId, KeypointId};

const SMALL: Vec2 = vec2(1280.0, 800.0);

/// A window on a frame and a page from its first moment on, since pills keep the places that they had on the page before.
fn window(project: &Path, page: Page, frame: u32, appearance: Appearance) -> Harness<'static, Shell> {
    let mut shell = open(project);
    for command in [Command::SetAppearance(appearance), Command::GoTo(page), Command::ShowFrame(frame)] {
        shell.app_mut().handle(command);
    }
    assert!(shell.app_mut().settle(PATIENCE), "the frame comes");
    painted(shell)
}

fn painted(shell: Shell) -> Harness<'static, Shell> {
    Harness::builder().with_size(SMALL).wgpu().build_ui_state(draw, shell)
}

/// Waits for the pictures of the size that is wanted now, and compares.
fn compare(harness: &mut Harness<'_, Shell>, name: &str) {
    settle(harness);
    let end = Instant::now() + PATIENCE;
    while !harness.state().pictures_are_there() {
        assert!(Instant::now() < end, "the pictures never came");
        std::thread::sleep(Duration::from_millis(20));
        harness.step();
    }
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(20));
        harness.step();
    }
    // Edges of shapes differ by a shade between processors.
    harness.snapshot_options(name, &SnapshotOptions::new().threshold(1.0).max_failed_pixels(40));
}

#[test]
fn the_pages_of_a_solved_recording() {
    let folder = TempDir::new().unwrap();
    let project = demo_project(folder.path(), 6, true);
    let mut results = SnapshotResults::new();
    for (page, appearance, name) in [
        (Page::Detect, Appearance::Dark, "detect_dark"),
        (Page::Review, Appearance::Dark, "review_dark"),
        (Page::Review, Appearance::Light, "review_light"),
    ] {
        let mut harness = window(&project, page, 4, appearance);
        compare(&mut harness, name);
        results.extend_harness(&mut harness);
    }
}

#[test]
fn a_seed_frame_with_proposals() {
    let project = SmallProject::new();
    let mut harness = window(&project.path, Page::Seeds, 0, Appearance::Light);
    for keypoint in 0..3 {
        let keypoint = KeypointId(keypoint);
        let seen =
            (0..6).map(CameraId).filter_map(|camera| Some((camera, *project.truths[0].get(&(camera, keypoint))?)));
        for (camera, number) in seen.take(2) {
            send(&mut harness, Command::PickDot(camera, number));
        }
    }
    assert_eq!(session(&harness).selection.keypoint, KeypointId(3));
    send(&mut harness, Command::SelectKeypoint(KeypointId(2)));
    compare(&mut harness, "seeds_light");
}

#[test]
fn the_welcome_page() {
    let app = App::new(Settings { appearance: Appearance::Dark, ..Settings::default() }, None, Arc::new(|| ()));
    compare(&mut painted(Shell::new(app)), "welcome_dark");
}
