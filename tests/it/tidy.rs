//! The tree keeps its own rules: the layers, the crates that one place alone knows, headers, lengths, leftovers, and reasons
//! in `Cargo.toml`. Each failure names file, line and rule.
//!
//! The rules are pure functions over text. Those at the end of this file see them fail on snippets that break them, so that a
//! checker gone blind is noticed.

mod manifest;
mod rules;
mod source;

use std::fs;
use std::path::Path;

use manifest::check_manifest;
use rules::{Finding, LAYERS, check_shape, check_source};
use source::{Source, module_of, test_modules};

/// All Rust files under a folder of the repository, in the order of their paths.
fn sources_under(folder: &str) -> Vec<Source> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                collect(root, &path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inner = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source { path: inner, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, &root.join(folder), &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn check_all(sources: &[Source]) -> Vec<Finding> {
    let for_tests = test_modules(sources);
    let only_tests = |path: &str| {
        let module = module_of(path);
        (1..=module.len()).any(|length| for_tests.contains(&module[..length]))
    };
    sources.iter().flat_map(|source| check_source(source, only_tests(&source.path))).collect()
}

fn assert_none(found: &[Finding]) {
    let lines: Vec<String> = found.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "{} places to tidy:\n{}\n", lines.len(), lines.join("\n"));
}

#[test]
fn sources_keep_the_rules() {
    let sources = sources_under("src");
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the sources were not found");
    assert_none(&check_all(&sources));
}

#[test]
fn the_crate_lists_its_modules_as_layers() {
    let root = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let layers: Vec<&str> = LAYERS.into_iter().filter(|layer| listed.contains(layer)).collect();
    assert_eq!(listed, layers, "the `mod` lines of src/lib.rs and the layers, in reading order");
}

#[test]
fn tests_and_benches_say_what_they_are_for() {
    let found: Vec<Finding> =
        ["tests", "benches"].into_iter().flat_map(sources_under).flat_map(|file| check_shape(&file)).collect();
    assert_none(&found);
}

#[test]
fn dependencies_have_reasons() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert_none(&check_manifest(&manifest));
}

#[test]
fn the_readme_leads_to_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let lost: Vec<&str> = links.filter(|link| !link.contains("://") && !root.join(link).exists()).collect();
    assert!(lost.is_empty(), "README.md leads to {lost:?}, which are not there");
    for module in LAYERS.iter().filter(|layer| root.join("src").join(layer).is_dir()) {
        assert!(readme.contains(&format!("](src/{module})")), "the code map of README.md lacks src/{module}");
    }
}

#[test]
fn a_layer_broken_on_purpose_is_seen_in_every_file() {
    for mut source in sources_under("src") {
        let module = module_of(&source.path);
        let Some(own) = module.first() else { continue };
        let Some(below) = LAYERS.iter().skip_while(|layer| *layer != own).nth(1) else { continue };
        source.text.push_str(&format!("\nfn broken() {{ crate::{below}::anything(); }}\n"));
        let line = source.text.lines().count();
        let found = check_source(&source, false);
        assert!(
            found.iter().any(|finding| finding.rule == "layers" && finding.line == line),
            "{} may use {below} unnoticed",
            source.path
        );
    }
}

/// What is found in a file of that path: `line rule` each. A header is put before it, on the same line as the text's first.
fn found_in(path: &str, text: &str) -> Vec<String> {
    let source = Source { path: path.to_owned(), text: format!("//! Header.\n{text}") };
    check_all(&[source]).iter().map(|finding| format!("{} {}", finding.line - 1, finding.rule)).collect()
}

#[track_caller]
fn check(path: &str, text: &str, expected: &[&str]) {
    assert_eq!(found_in(path, text), expected, "{path}:\n{text}");
}

#[test]
fn layers_are_seen_however_a_path_is_written() {
    check("src/geometry/camera.rs", "use crate::model::Point3;\nuse super::rig::Rig;\nuse crate::geometry::rig;", &[]);
    check("src/geometry/camera.rs", "use crate::store::Project;", &["1 layers"]);
    check("src/geometry.rs", "use crate::store::Project;", &["1 layers"]);
    check("src/pose/mod.rs", "use crate::{model::Label, store::{Project, labels}};", &["1 layers"]);
    check(
        "src/pose/mod.rs",
        "use crate::{\n    model::{Label, Placement},\n    geometry,\n    cli,\n};",
        &["4 layers"],
    );
    check("src/pose/mod.rs", "use\n  crate\n    ::store\n    ::Project;", &["2 layers"]);
    check("src/pose/mod.rs", "pub use crate::store as keeping;", &["1 layers"]);
    check("src/pose/mod.rs", "use behaviorvlm::store::Project;", &["1 layers"]);
    check("src/pose/mod.rs", "use crate::r#store::Project;", &["1 layers"]);
    check("src/pose/rank.rs", "fn rank() {\n    let x = crate::store::Project::open();\n}", &["2 layers"]);
    check("src/pose/rank.rs", "fn rank(of: &crate::jobs::Job) -> Vec<crate::store::Row> {}", &["1 layers", "1 layers"]);
    check(
        "src/pose/rank.rs",
        "fn rank() { <X as crate::store::Keeps>::keep(); vec![crate::cli::main()] }",
        &["1 layers", "1 layers"],
    );
    check("src/pose/rank.rs", "fn rank() { use crate::store; }", &["1 layers"]);
    check("src/pose/rank.rs", "macro_rules! m { () => { $crate::store::open() } }", &["1 layers"]);
    check("src/pose/rank.rs", "#[cfg(test)]\nmod tests {\n    use crate::store::Project;\n}", &["3 layers"]);
}

#[test]
fn layers_are_seen_through_super_and_the_whole_crate() {
    check("src/pose/rank.rs", "use super::super::store::Project;", &["1 layers"]);
    check("src/pose/rank.rs", "use super::super::model::Label;", &[]);
    check("src/pose/mod.rs", "use super::store::Project;", &["1 layers"]);
    check("src/pose/stage/four.rs", "use super::super::rank;\nuse self::super::super::super::store;", &["2 layers"]);
    check("src/pose/rank.rs", "mod tests {\n    use super::super::store::Project;\n}", &[]); // pose's own `store`
    check(
        "src/pose/rank.rs",
        "mod tests {\n    use super::super::super::store::Project;\n}\nuse super::x;",
        &["2 layers"],
    );
    check("src/pose/mod.rs", "use super::*;", &["1 layers"]);
    check("src/pose/mod.rs", "use crate::*;", &["1 layers"]);
    check("src/pose/mod.rs", "use crate as root;", &["1 layers"]);
    check("src/pose/mod.rs", "use crate::{self as root};", &["1 layers"]);
    check("src/pose/mod.rs", "use crate::Shortcut;", &["1 layers"]);
    check("src/pose/mod.rs", "#[path = \"../store/mod.rs\"]\nmod keeping;", &["1 layers"]);
    check("src/misc/mod.rs", "", &["0 layers"]);
}

#[test]
fn comments_and_strings_are_no_code() {
    let text = r####"
// use crate::store;
/* crate::store::x /* nested */ rusqlite */
/// [`crate::store`] egui::Color32::from_gray(1)
fn words<'a>(x: &'a str) -> char {
    let _ = ("crate::store", "\" crate::store::x", r#"rusqlite::" "#, b"egui", '"', '\'', b'"', '\u{1F600}', 'é');
    let unwrap = x.unwrap_or_default();
}
"####;
    check("src/pose/mod.rs", text, &[]);
    check("src/pose/mod.rs", &format!("{text}use crate::store;"), &["9 layers"]);
}

#[test]
fn crates_stay_with_their_owner() {
    check("src/vlm/http.rs", "use reqwest::Client;", &[]);
    check("src/vlm/http/wire.rs", "use reqwest::Client;", &[]);
    check("src/vlm/mod.rs", "use reqwest::Client;", &["1 exclusive"]);
    check("src/store/schema.rs", "use rusqlite::Connection;", &[]);
    check("src/jobs/mod.rs", "#[derive(Debug)]\nstruct Job {\n    error: rusqlite::Error,\n}", &["3 exclusive"]);
    check("src/storeroom.rs", "use rusqlite as database;", &["0 layers", "1 exclusive"]);
    check("src/jobs/dialogs.rs", "use rfd::FileDialog;", &[]);
    check("src/ui/window.rs", "use rfd::FileDialog;", &["1 exclusive"]);
    check("src/main.rs", "use eframe::App;", &[]);
    check("src/app/mod.rs", "use {egui_tiles::Tree, std::fmt, egui};", &["1 exclusive", "1 exclusive"]);
    check("src/ui/textures.rs", "fn f() { ctx.load_texture(name, image, options); }", &[]);
    check("src/ui/grid.rs", "fn f() { ctx.load_texture(name, image, options); }", &["1 exclusive"]);
    check("src/ui/theme.rs", "const INK: Color32 = Color32::from_rgb(1, 2, 3);", &[]);
    check("src/ui/grid.rs", "const INK: Color32 = egui::Color32::from_rgb(1, 2, 3);", &["1 exclusive"]);
    check(
        "src/ui/grid.rs",
        "const INK: Color32 = Color32::RED;\nconst NONE: Color32 = Color32::TRANSPARENT;",
        &["1 exclusive"],
    );
}

#[test]
fn pure_modules_have_no_files_no_network_no_clock() {
    check("src/recording/mod.rs", "use std::{fs, io};\nuse std::time::Instant;", &[]);
    check("src/model/ids.rs", "use std::{collections::HashMap, fmt, fs};", &["1 pure"]);
    check("src/geometry/camera.rs", "fn f() {\n    ::std::fs::read(path);\n}", &["2 pure"]);
    check("src/pose/mod.rs", "use std::net::TcpStream;\nuse std::time::{Duration, Instant};", &["1 pure", "2 pure"]);
    check("src/pose/mod.rs", "use std as standard;", &["1 pure"]);
    check("src/pose/mod.rs", "use std::{self as standard};", &["1 pure"]);
}

#[test]
fn code_for_one_system_has_its_place() {
    check("src/platform.rs", "#[cfg(unix)]\nuse std::os::unix::fs::MetadataExt;", &[]);
    check("src/store/lock.rs", "#[cfg(unix)]\nfn f() {}", &["1 platform"]);
    check("src/store/lock.rs", "#[cfg_attr(all(not(target_os = \"macos\")), inline)]\nfn f() {}", &["1 platform"]);
    check(
        "src/store/lock.rs",
        "fn f() -> bool { cfg!(windows) }\nuse std::os::fd::AsFd;",
        &["1 platform", "2 platform"],
    );
    check("src/store/lock.rs", "#[cfg(feature = \"unix\")]\nfn windows(unix: u8) { cfg!(debug_assertions) }", &[]);
}

#[test]
fn nothing_is_left_lying_about() {
    check(
        "src/pose/mod.rs",
        "// TODO later\nfn f() { dbg!(1); todo!() }",
        &["1 leftovers", "2 leftovers", "2 leftovers"],
    );
    check("src/pose/mod.rs", "//! FIXME", &["1 leftovers"]);
    check(
        "src/pose/mod.rs",
        "fn f() { x.unwrap(); y\n    .unwrap();\nz.map(Option::unwrap); }",
        &["1 leftovers", "2 leftovers", "3 leftovers"],
    );
    check("src/pose/mod.rs", "fn f() { x.unwrap_or(1); y.expect(\"a reason\"); }", &[]);
    check(
        "src/pose/mod.rs",
        "#[cfg(test)]\n#[expect(x, reason = \"y\")]\nmod tests {\n fn f() { x.unwrap(); }\n}",
        &[],
    );
    check("src/pose/mod.rs", "#[cfg(test)]\nuse a::{b, c};\nfn f() { x.unwrap(); }", &["3 leftovers"]);
    check(
        "src/pose/mod.rs",
        "#[cfg(test)]\nfn helper(x: [u8; 3]) { x.unwrap(); }\nfn f() { x.unwrap(); }",
        &["3 leftovers"],
    );
    check("src/pose/mod.rs", "#[cfg(not(test))]\nfn f() { x.unwrap(); }", &["2 leftovers"]);
    check("src/pose/mod.rs", "#[cfg(any(test, feature = \"x\"))]\nfn f() { x.unwrap(); }", &["2 leftovers"]);
    check(
        "src/pose/mod.rs",
        "#[allow(dead_code)]\nfn f() {}\n#[expect(dead_code)]\nfn g() {}",
        &["1 leftovers", "3 leftovers"],
    );
}

#[test]
fn tests_in_a_file_of_their_own_are_tests() {
    let file = |path: &str, text: &str| Source { path: path.to_owned(), text: format!("//! Header.\n{text}") };
    let tests = file("src/pose/rank/tests.rs", "fn f() { x.unwrap(); }");
    assert!(check_all(&[file("src/pose/rank.rs", "#[cfg(test)]\nmod tests;"), tests]).is_empty());
    let tests = file("src/pose/rank/tests.rs", "fn f() { x.unwrap(); }");
    assert_eq!(check_all(&[file("src/pose/rank.rs", "mod tests;"), tests]).len(), 1);
}

#[test]
fn files_begin_with_a_header_and_end_in_time() {
    let rules = |text: &str| {
        let source = Source { path: "src/pose/x.rs".to_owned(), text: text.to_owned() };
        check_source(&source, false)
            .iter()
            .map(|finding| format!("{} {}", finding.line, finding.rule))
            .collect::<Vec<_>>()
    };
    assert_eq!(rules("//! Says it.\n"), [""; 0]);
    assert_eq!(rules(""), ["1 header"]);
    assert_eq!(rules("//!\n"), ["1 header"]);
    assert_eq!(rules("use std::fmt;\n//! Late.\n"), ["1 header"]);
    assert_eq!(rules(&format!("//! Long.\n{}", "\n".repeat(599))), [""; 0]);
    assert_eq!(rules(&format!("//! Long.\n{}", "\n".repeat(600))), ["601 length"]);
}

#[test]
fn dependencies_without_reason_or_order_are_seen() {
    let lines = |text: &str| check_manifest(text).iter().map(|finding| finding.line).collect::<Vec<_>>();
    assert_eq!(
        lines("[package]\nname = \"x\"\n[dependencies]\na = \"1\" # why\nb = { version = \"1\" } # why\n"),
        [0_usize; 0]
    );
    assert_eq!(lines("[dependencies]\na = \"1\"\nb = \"#\"\nc = \"1\" #\n"), [2, 3, 4]);
    assert_eq!(
        lines("[dependencies]\nb = \"1\" # why\na = \"1\" # why\n[dev-dependencies]\na.version = \"1\" # why\n"),
        [3]
    );
    assert_eq!(lines("[dependencies]\na = { version = \"1\", features = [\n  \"x\",\n] } # why\nb = [\n]\n"), [5]);
    assert_eq!(lines("[dependencies]\n# why\na = \"1\"\nb = \"1\"\n"), [4]);
    assert_eq!(lines("[target.'cfg(unix)'.dependencies]\na = \"1\"\n"), [2]);
    assert_eq!(lines("[dependencies.a]\nversion = \"1\"\n"), [1]);
    assert_eq!(lines("[lints.rust]\nz = \"warn\"\na = \"warn\"\n"), [0_usize; 0]);
}

#[test]
fn a_finding_says_where_and_which_rule() {
    let source = Source { path: "src/model/x.rs".to_owned(), text: "//! X.\nuse crate::store::Project;\n".to_owned() };
    let found = check_source(&source, false);
    assert_eq!(found[0].to_string(), "src/model/x.rs:2: `model` uses `store`, which stands below it [layers]");
}
