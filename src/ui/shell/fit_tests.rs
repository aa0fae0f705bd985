//! Small windows and large scales: whatever is shown stands inside the window and nothing is painted over anything else.

use egui::{Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::app::{Command, Page};
use crate::ui::shell::Shell;
use crate::ui::testing::{SmallProject, send, settle};

/// Screens as people have them, divided by the scale.
const SIZES: [Vec2; 6] = [
    vec2(640.0, 390.0),
    vec2(853.0, 520.0),
    vec2(960.0, 530.0),
    vec2(1066.0, 655.0),
    vec2(1280.0, 710.0),
    vec2(1280.0, 776.0),
];

/// Controls that a page is worked with.
const CONTROLS: [&str; 25] = [
    "Detect",
    "Seeds",
    "Run",
    "Review",
    "Behaviour",
    "Export",
    "Find a command",
    "Keys",
    "First frame",
    "Last frame",
    "Plots",
    "3D view",
    "Fused",
    "Linked zoom",
    "Brightness and views",
    "Accept and next",
    "Skip",
    "Re-rank",
    "Go to Run",
    "Not visible here",
    "Place freely",
    "Accept proposals",
    "Swap left and right",
    "Accept all",
    "Residuals",
];

fn rects(harness: &Harness<'_, Shell>) -> Vec<(String, Rect)> {
    let of = |name: &&str| {
        let nodes = harness.query_all_by_label(name);
        nodes.map(|node| ((*name).to_owned(), node.rect())).collect::<Vec<_>>()
    };
    CONTROLS.iter().flat_map(of).collect()
}

fn views(harness: &Harness<'_, Shell>) -> Vec<Rect> {
    let nodes = harness.query_all(egui_kittest::kittest::By::new().label_contains("View "));
    let views = nodes.filter(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with("View ")));
    views.map(|node| node.rect()).collect()
}

fn check(harness: &Harness<'_, Shell>, size: Vec2, page: Page) {
    let window = Rect::from_min_size(egui::Pos2::ZERO, size).expand(0.5);
    let found = rects(harness);
    assert!(found.len() > 10, "{page:?} at {size:?} shows {found:?}");
    for (index, (name, rect)) in found.iter().enumerate() {
        assert!(window.contains_rect(*rect), "{page:?} at {size:?}: {name} stands at {rect:?}");
        for (other, at) in &found[index + 1..] {
            assert!(!rect.shrink(1.0).intersects(*at), "{page:?} at {size:?}: {name} {rect:?} and {other} {at:?}");
        }
    }
    let views = views(harness);
    assert_eq!(views.len(), 6);
    for view in views {
        assert!(view.width() >= 120.0 && view.height() >= 90.0, "{page:?} at {size:?}: a view of {view:?}");
    }
}

#[test]
fn nothing_overlaps_in_small_windows_and_at_large_scales() {
    let mut harness = SmallProject::new().window(Page::Review);
    for size in SIZES {
        harness.set_size(size);
        for page in [Page::Detect, Page::Seeds, Page::Run, Page::Review] {
            send(&mut harness, Command::GoTo(page));
            check(&harness, size, page);
        }
    }
}

#[test]
fn plots_leave_the_views_their_room() {
    let mut harness = SmallProject::new().window(Page::Review);
    harness.get_by_label("Plots").click();
    settle(&mut harness);
    for size in SIZES {
        harness.set_size(size);
        for page in [Page::Seeds, Page::Review] {
            send(&mut harness, Command::GoTo(page));
            check(&harness, size, page);
            let top = views(&harness).iter().map(|view| view.top()).fold(f32::INFINITY, f32::min);
            let bar = harness.get_by_label("First frame").rect().top();
            let plots = harness.get_by_label("Residuals").rect().top();
            assert!(plots < bar, "the plots stand above the bar");
            if size.y > 500.0 {
                assert!(plots - top >= 0.36 * size.y, "{page:?} at {size:?}: {top} to {plots}");
            }
        }
    }
}

#[test]
fn a_folded_panel_opens_from_its_rail() {
    let mut harness = SmallProject::new().window(Page::Review);
    harness.set_size(SIZES[0]);
    settle(&mut harness);
    assert!(harness.query_by_label("Accept and next").is_none());
    harness.get_by_label("Open Frame").click();
    settle(&mut harness);
    let accept = harness.get_by_label("Accept and next").rect();
    assert!(accept.right() <= SIZES[0].x);
    harness.get_by_label("Fold Frame").click();
    settle(&mut harness);
    assert!(harness.query_by_label("Accept and next").is_none());
    harness.get_by_label("Open Queue").click();
    settle(&mut harness);
    harness.get_by_label("Fold Queue");
    harness.set_size(SIZES[5]);
    settle(&mut harness);
    harness.get_by_label("Accept and next");
    assert!(harness.query_by_label("Fold Queue").is_none(), "a window that grows shows everything");
}
