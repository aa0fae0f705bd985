//! Every dependency may be used under a permissive licence, so that the program may be passed on under MIT or Apache-2.0.
//!
//! Cargo says what each crate's manifest declares; nothing is downloaded and nobody's claim is verified. Crates that other
//! systems alone need are judged where they have been downloaded (`cargo fetch`), else only those of this system.

use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than their own text to be kept (identifiers of SPDX), and IJG, which asks for a line in the
/// documentation: the README has it.
const PERMISSIVE: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "IJG",
    "ISC",
    "MIT",
    "MIT-0",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_dependency_is_permissive() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 1, "cargo names no dependencies");
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_permissive))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "not under a permissive licence that is known here:\n{}\n", refused.join("\n"));
}

/// What cargo knows of all packages in the lock file, with the features that people may build with, or of those for this system where others were not downloaded.
fn metadata() -> Value {
    let cargo = |more: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--offline", "--features", "onnx"])
            .args(more)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs these tests, so it can be run");
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout).expect("cargo writes JSON")),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    };
    cargo(&[]).or_else(|_| cargo(&["--filter-platform", &this_system()])).unwrap_or_else(|error| panic!("{error}"))
}

/// The target triple of the compiler's own system.
fn this_system() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc built these tests, so it can be run");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc says its host").to_owned()
}

/// Whether an SPDX expression leaves a permissive choice. What cannot be read leaves none.
fn is_permissive(expression: &str) -> bool {
    // `MIT/Apache-2.0` is how older manifests write OR.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0 };
    reader.any_of() == Some(true) && reader.at == words.len()
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn any_of(&mut self) -> Option<bool> {
        let mut permissive = self.all_of()?;
        while self.take("OR") {
            permissive |= self.all_of()?;
        }
        Some(permissive)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut permissive = self.one()?;
        while self.take("AND") {
            permissive &= self.one()?;
        }
        Some(permissive)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let permissive = self.any_of()?;
            return self.take(")").then_some(permissive);
        }
        let licence = *self.words.get(self.at).filter(|word| !matches!(**word, ")" | "AND" | "OR" | "WITH"))?;
        self.at += 1;
        if self.take("WITH") {
            self.words.get(self.at)?;
            self.at += 1; // an exception only gives more
        }
        Some(PERMISSIVE.contains(&licence))
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for expression in [
        "MIT",
        "MIT OR GPL-3.0-only",
        "MIT/Apache-2.0",
        "Apache-2.0 / MIT",
        "Apache-2.0 WITH LLVM-exception",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "GPL-2.0-only OR MIT AND ISC",
        "MPL-2.0 OR (Zlib AND BSD-3-Clause)",
        "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
    ] {
        assert!(is_permissive(expression), "{expression}");
    }
    for expression in [
        "",
        "MPL-2.0",
        "GPL-3.0-or-later",
        "MIT AND GPL-3.0-only",
        "MIT AND (GPL-3.0-only OR MPL-2.0)",
        "GPL-3.0-only WITH Classpath-exception-2.0",
        "(MIT",
        "MIT)",
        "MIT OR",
        "MIT Apache-2.0",
        "OR",
        "Apache-2.0 WITH",
        "LicenseRef-Own",
    ] {
        assert!(!is_permissive(expression), "{expression}");
    }
}
