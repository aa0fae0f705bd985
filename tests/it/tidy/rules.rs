//! The rules of a single Rust file: which modules and crates it may name, how it begins, how long it is, and what it must not
//! leave lying about.

use std::fmt;

use super::source::{PathUse, Source, Token, behind_group, in_tests, module_of, paths, tokens};

/// The modules in reading order: each may use those before it, and no other.
pub const LAYERS: [&str; 14] = [
    "model",
    "geometry",
    "platform",
    "recording",
    "demo",
    "vlm",
    "pose",
    "behavior",
    "store",
    "formats",
    "jobs",
    "cli",
    "app",
    "ui",
];

/// Modules that compute from what they are given: no files, no network, no clock.
const PURE: [&str; 4] = ["model", "geometry", "pose", "behavior"];

/// What pure modules do without.
const IMPURE: [&[&str]; 7] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["tokio"],
];

/// Crates that one place alone knows. A name that ends in `_` stands for all that begin so.
const OWNED_CRATES: [(&str, &[&str]); 11] = [
    ("reqwest", &["src/vlm/http.rs", "src/vlm/http/"]),
    ("keyring", &["src/vlm/http/kept_key.rs"]),
    ("keyring_core", &["src/vlm/http/kept_key.rs"]),
    ("rusqlite", &["src/store/"]),
    ("libsqlite3_sys", &["src/store/"]),
    ("resvg", &["src/behavior/figures/png.rs"]),
    ("rfd", &["src/jobs/dialogs.rs"]),
    ("egui", &["src/ui/", "src/main.rs"]),
    ("egui_", &["src/ui/", "src/main.rs"]),
    ("eframe", &["src/ui/", "src/main.rs"]),
    ("tract_onnx", &["src/behavior/visual/onnx.rs"]),
];

/// Calls that put pixels on the graphics card.
const TEXTURE_UPLOADS: [&str; 3] = ["load_texture", "set_partial", "tex_manager"];

const SYSTEM_CONDITIONS: [&str; 6] = ["target_env", "target_family", "target_os", "target_vendor", "unix", "windows"];

/// Longer files say more than one thing. The aim is 400.
const MOST_LINES: usize = 600;

/// A place where a rule does not hold.
#[derive(Debug)]
pub struct Finding {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {} [{}]", self.path, self.line, self.message, self.rule)
    }
}

/// Judges one file of `src/`; `only_tests` says that nothing but tests is in it.
pub fn check_source(source: &Source, only_tests: bool) -> Vec<Finding> {
    let tokens = tokens(&source.text);
    let file_module = module_of(&source.path);
    let mut checker = Checker { source, tokens: &tokens, found: check_shape(source) };
    let paths = paths(&tokens, &file_module);
    checker.layers(&paths, &file_module);
    checker.owned_crates();
    checker.drawing();
    checker.pure_modules(&paths, &file_module);
    checker.systems(&paths);
    checker.leftovers(only_tests);
    checker.found.sort_by_key(|finding| finding.line);
    // A group that takes three things of one module says the same thing thrice.
    checker.found.dedup_by(|one, other| one.line == other.line && one.message == other.message);
    checker.found
}

/// What holds for tests and benches too: a file says what it is for and is not too long.
pub fn check_shape(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |line, rule, message| found.push(Finding { path: source.path.clone(), line, rule, message });
    let header = source.text.lines().next().unwrap_or("");
    if header.strip_prefix("//!").is_none_or(|words| words.trim().is_empty()) {
        report(1, "header", "the first line must be `//!` and say what the file is for".to_owned());
    }
    let lines = source.text.lines().count();
    if lines > MOST_LINES {
        report(
            MOST_LINES + 1,
            "length",
            format!("{lines} lines; split what says more than one thing, {MOST_LINES} is the most"),
        );
    }
    found
}

struct Checker<'a> {
    source: &'a Source,
    tokens: &'a [Token<'a>],
    found: Vec<Finding>,
}

impl Checker<'_> {
    fn report(&mut self, line: usize, rule: &'static str, message: String) {
        self.found.push(Finding { path: self.source.path.clone(), line, rule, message });
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn stands_in(&self, places: &[&str]) -> bool {
        // `src/store.rs` is as much `store` as what is under `src/store/`.
        let place_of = |place: &&str| match place.strip_suffix('/') {
            Some(folder) => self.source.path.starts_with(*place) || self.source.path == format!("{folder}.rs"),
            None => self.source.path == **place,
        };
        places.iter().any(place_of)
    }

    fn layers(&mut self, paths: &[PathUse], file_module: &[String]) {
        for at in 0..self.tokens.len() {
            if self.text(at) == "[" && self.text(at + 1) == "path" && self.text(at + 2) == "=" {
                self.report(
                    self.tokens[at].line,
                    "layers",
                    "`#[path]` hides which module a file belongs to".to_owned(),
                );
            }
        }
        let Some(own) = file_module.first() else { return };
        let Some(own_layer) = LAYERS.iter().position(|layer| layer == own) else {
            self.report(1, "layers", format!("module `{own}` is not in the list of layers"));
            return;
        };
        for used in paths {
            let Some(target) = used.crate_relative() else { continue };
            let Some(first) = target.first() else {
                let whole = format!("`{own}` names the whole crate; name the module that it means");
                self.report(used.line, "layers", whole);
                continue;
            };
            match LAYERS.iter().position(|layer| layer == first) {
                Some(layer) if layer > own_layer => {
                    let message = format!("`{own}` uses `{first}`, which stands below it");
                    self.report(used.line, "layers", message);
                }
                None => {
                    let message = format!("`{own}` uses `crate::{first}`, which is not in the list of layers");
                    self.report(used.line, "layers", message);
                }
                Some(_) => {}
            }
        }
    }

    fn owned_crates(&mut self) {
        for token in self.tokens {
            let is = |name: &str| if name.ends_with('_') { token.text.starts_with(name) } else { token.text == name };
            let Some((_, owners)) = OWNED_CRATES.iter().find(|(name, _)| is(name)) else { continue };
            if !self.stands_in(owners) {
                let message = format!("only {} may know `{}`", owners.join(" and "), token.text);
                self.report(token.line, "exclusive", message);
            }
        }
    }

    fn drawing(&mut self) {
        for (at, token) in self.tokens.iter().enumerate() {
            if TEXTURE_UPLOADS.contains(&token.text) && !self.stands_in(&["src/ui/textures.rs"]) {
                let message = format!("only src/ui/textures.rs uploads textures (`{}`)", token.text);
                self.report(token.line, "exclusive", message);
            }
            let is_raw_color = match token.text {
                "Color32" | "Rgba" if self.text(at + 1) == "::" => {
                    let name = self.text(at + 2);
                    let is_constant = name.chars().all(|next| next.is_ascii_uppercase() || next == '_');
                    name.starts_with("from_") || is_constant && !matches!(name, "" | "TRANSPARENT" | "PLACEHOLDER")
                }
                "hex_color" => self.text(at + 1) == "!",
                _ => false,
            };
            if is_raw_color && !self.stands_in(&["src/ui/theme.rs"]) {
                let message = "only src/ui/theme.rs names raw colors; use a token of the theme".to_owned();
                self.report(token.line, "exclusive", message);
            }
        }
    }

    fn pure_modules(&mut self, paths: &[PathUse], file_module: &[String]) {
        let Some(own) = file_module.first().filter(|own| PURE.contains(&own.as_str())) else { return };
        for used in paths {
            let segments: Vec<&str> = used.segments.iter().map(String::as_str).collect();
            let hides = segments == ["std"] || used.is_glob && segments == ["std", "time"];
            if hides || IMPURE.iter().any(|impure| segments.starts_with(impure)) {
                let message =
                    format!("`{own}` computes from what it is given; `{}` belongs elsewhere", segments.join("::"));
                self.report(used.line, "pure", message);
            }
        }
    }

    fn systems(&mut self, paths: &[PathUse]) {
        if self.stands_in(&["src/platform.rs"]) {
            return;
        }
        for at in 0..self.tokens.len() {
            let open = at + 1 + usize::from(self.text(at + 1) == "!");
            let is_condition = matches!(self.text(at), "cfg" | "cfg_attr" | "cfg_select");
            if !is_condition || !matches!(self.text(open), "(" | "{" | "[") {
                continue;
            }
            let group = &self.tokens[open..behind_group(self.tokens, open)];
            if let Some(token) = group.iter().find(|token| SYSTEM_CONDITIONS.contains(&token.text)) {
                let message = format!("code for one operating system (`{}`) stands in src/platform.rs", token.text);
                self.report(token.line, "platform", message);
            }
        }
        for used in paths.iter().filter(|used| used.segments.starts_with(&["std".to_owned(), "os".to_owned()])) {
            self.report(
                used.line,
                "platform",
                "`std::os` differs by operating system; it stands in src/platform.rs".to_owned(),
            );
        }
    }

    fn leftovers(&mut self, only_tests: bool) {
        for (index, line) in self.source.text.lines().enumerate() {
            let mut words = line.split(|next: char| !next.is_alphanumeric() && next != '_');
            if let Some(word) = words.find(|word| matches!(*word, "TODO" | "FIXME" | "XXX")) {
                self.report(index + 1, "leftovers", format!("`{word}`: do it, or say in the docs what is missing"));
            }
        }
        let tests = in_tests(self.tokens);
        for (at, is_test) in tests.into_iter().enumerate() {
            let line = self.tokens[at].line;
            let word = self.text(at).to_owned();
            let next = self.text(at + 1);
            if matches!(word.as_str(), "dbg" | "todo" | "unimplemented") && next == "!" {
                self.report(line, "leftovers", format!("`{word}!` is for the desk, not for the tree"));
            }
            let is_call =
                at > 0 && matches!(self.text(at - 1), "." | "::") && matches!(word.as_str(), "unwrap" | "unwrap_err");
            if is_call && !only_tests && !is_test {
                self.report(
                    line,
                    "leftovers",
                    format!("`{word}` outside tests: return an error, or say with `expect` why it cannot be"),
                );
            }
            self.lint_exception(at);
        }
    }

    /// `#[expect(lint, reason = "…")]` says when it is no longer needed, and why it was; `#[allow]` does neither.
    fn lint_exception(&mut self, at: usize) {
        let line = self.tokens[at].line;
        if self.text(at) != "[" || self.text(at + 2) != "(" || at == 0 || !matches!(self.text(at - 1), "#" | "!") {
            return;
        }
        let group = &self.tokens[at..behind_group(self.tokens, at)];
        match self.text(at + 1) {
            "allow" => {
                self.report(line, "leftovers", "write `#[expect(lint, reason = …)]` instead of `#[allow]`".to_owned())
            }
            "expect" if group.iter().all(|token| token.text != "reason") => {
                self.report(line, "leftovers", "`#[expect]` needs a `reason`".to_owned());
            }
            _ => {}
        }
    }
}
