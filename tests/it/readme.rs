//! The README says what the program does: its table of keys is that of the command table.

use std::path::Path;

use behaviorvlm::app::Page;
use behaviorvlm::app::ui_command::{HELD, KEYPOINT_KEYS, Scope, TABLE};

fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Everywhere => "everywhere",
        Scope::Project => "in a project",
        Scope::Labelling => "Seeds, Review",
        Scope::On(Page::Detect) => "Detect",
        Scope::On(Page::Seeds) => "Seeds",
        Scope::On(Page::Run) => "Run",
        Scope::On(Page::Review) => "Review",
        Scope::On(Page::Behavior) => "Behaviour",
        Scope::On(Page::Export) => "Export",
    }
}

/// All keys, as Markdown.
fn table_of_keys() -> String {
    let mut lines = vec!["| key | does | where |".to_owned(), "|---|---|---|".to_owned()];
    for entry in TABLE {
        let Some(shortcut) = entry.shortcut else { continue };
        lines.push(format!("| `{shortcut}` | {} | {} |", entry.text, place(entry.scope)));
    }
    for (key, words) in HELD {
        lines.push(format!("| {key} | {words} | pictures |"));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_readme_has_every_key() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let table = table_of_keys();
    let picks = KEYPOINT_KEYS.map(String::from).join(" ");
    assert!(readme.contains(&format!("`{picks}`")), "the keys of keypoints are {picks}");
    assert!(readme.contains(&table), "put this table into README.md:\n{table}");
}
