//! Rust source as tokens and paths: enough of the grammar to judge it without being fooled by comments, strings, grouped or
//! multi-line `use`, or inline modules.
//!
//! It does not expand macros; what stands between a macro's brackets is read like any other code. It never fails: source
//! that is not Rust gives tokens too, and the compiler is the one to complain.

use std::collections::HashSet;

/// One file of the tree.
pub struct Source {
    /// Where it is, from the repository's root, with forward slashes.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// An identifier, a number, `::`, or one other character; comments, lifetimes and literals in quotes are left out.
#[derive(Debug)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// A path as code names it, with the inline module that it stands in.
#[derive(Debug)]
pub struct PathUse {
    pub segments: Vec<String>,
    /// Ends in `*`.
    pub is_glob: bool,
    pub line: usize,
    /// The crate's modules around it, outermost first.
    pub module: Vec<String>,
}

impl PathUse {
    /// The segments from the crate's root on; none for a path that leads out of the crate or begins beside where it stands.
    pub fn crate_relative(&self) -> Option<Vec<String>> {
        let first = self.segments.first()?.as_str();
        let (base, skipped) = match first {
            "crate" | "behaviorvlm" => (&[][..], 1),
            "self" | "super" => {
                let selfs = usize::from(first == "self");
                let supers = self.segments.iter().skip(selfs).take_while(|segment| *segment == "super").count();
                (&self.module[..self.module.len().saturating_sub(supers)], selfs + supers)
            }
            _ => return None,
        };
        Some(base.iter().chain(&self.segments[skipped..]).cloned().collect())
    }
}

/// The modules that a file of `src/` is: `src/a/b.rs` and `src/a/b/mod.rs` are `a`, `b`; the crate's root is empty.
pub fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut modules: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if modules.last().is_some_and(|last| last == "mod") || inner == "lib" || inner == "main" {
        modules.pop();
    }
    modules
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0, line: 1, found: Vec::new() };
    while lexer.step() {}
    lexer.found
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    found: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        self.line += self.text[self.at..end].matches('\n').count();
        self.at = end;
    }

    fn push(&mut self, bytes: usize) {
        self.found.push(Token { text: &self.rest()[..bytes], line: self.line });
        self.advance(bytes);
    }

    /// Reads one token, comment or literal; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        if rest.starts_with("//") {
            self.advance(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip_block_comment();
        } else if first == '"' {
            self.advance(quoted_length(rest));
        } else if first == '\'' {
            self.advance(tick_length(rest));
        } else if first.is_alphanumeric() || first == '_' {
            self.word();
        } else if rest.starts_with("::") {
            self.push(2);
        } else if first.is_whitespace() {
            self.advance(first.len_utf8());
        } else {
            self.push(first.len_utf8());
        }
        true
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.advance(2);
            } else if let Some(next) = rest.chars().next() {
                self.advance(next.len_utf8());
            }
            if depth == 0 || self.rest().is_empty() {
                return;
            }
        }
    }

    /// An identifier or number, or a literal that begins with letters: `r#"…"#`, `b'x'`, `c"…"`.
    fn word(&mut self) {
        let rest = self.rest();
        let length = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let hashes = after.len() - after.trim_start_matches('#').len();
        match word {
            "r" | "br" | "cr" if after[hashes..].starts_with('"') => {
                let closing = format!("\"{}", "#".repeat(hashes));
                let body = &after[hashes + 1..];
                let end = body.find(&closing).map_or(body.len(), |end| end + closing.len());
                self.advance(length + hashes + 1 + end);
            }
            "r" if hashes == 1 => self.advance(length + 1), // a raw identifier; its name comes next
            "b" | "c" if after.starts_with('"') => self.advance(length + quoted_length(after)),
            "b" if after.starts_with('\'') => self.advance(length + tick_length(after)),
            _ => self.push(length),
        }
    }
}

/// Bytes of the string literal at the start of `rest`, both quotes included.
fn quoted_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, next) in rest.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Bytes of the character literal or lifetime at the start of `rest`.
fn tick_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next(); // what is escaped, a quote perhaps
            chars.find(|(_, next)| *next == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        Some((_, next)) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ if next.is_alphanumeric() || next == '_' => {
                1 + rest[1..].find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len() - 1)
            }
            _ => 1,
        },
        None => 1,
    }
}

/// The index just behind the bracket that closes the one at `open`.
pub fn behind_group(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// For each token, whether it belongs to an item that only tests have.
pub fn in_tests(tokens: &[Token<'_>]) -> Vec<bool> {
    let mut marks = vec![false; tokens.len()];
    for at in 0..tokens.len() {
        if let Some(end) = test_item_end(tokens, at) {
            marks[at..end].fill(true);
        }
    }
    marks
}

/// Where the item ends that the attribute at `at` keeps for tests; none if that is no such attribute.
fn test_item_end(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let whole_file = text(at + 1) == "!";
    let open = at + 1 + usize::from(whole_file);
    if text(at) != "#" || text(open) != "[" {
        return None;
    }
    let mut next = behind_group(tokens, open);
    let mut attribute = tokens[open + 1..next - 1].iter().map(|token| token.text);
    let is_test = match attribute.next() {
        Some("test") => attribute.next().is_none(),
        Some("cfg") => {
            let condition: Vec<&str> = attribute.collect();
            condition.contains(&"test") && !condition.contains(&"not") && !condition.contains(&"any")
        }
        _ => false,
    };
    if !is_test {
        return None;
    }
    if whole_file {
        return Some(tokens.len());
    }
    while text(next) == "#" && text(next + 1) == "[" {
        next = behind_group(tokens, next + 1);
    }
    loop {
        match text(next) {
            "" | "}" => return Some(next),
            ";" => return Some(next + 1),
            "{" => return Some(behind_group(tokens, next)),
            "(" | "[" => next = behind_group(tokens, next),
            _ => next += 1,
        }
    }
}

/// The modules that only tests have and that stand in files of their own, as `#[cfg(test)] mod name;` declares them.
pub fn test_modules(sources: &[Source]) -> HashSet<Vec<String>> {
    let mut found = HashSet::new();
    for source in sources {
        let tokens = tokens(&source.text);
        let marks = in_tests(&tokens);
        for (at, window) in tokens.windows(3).enumerate() {
            if marks[at] && window[0].text == "mod" && window[2].text == ";" {
                let mut module = module_of(&source.path);
                module.push(window[1].text.to_owned());
                found.insert(module);
            }
        }
    }
    found
}

/// Every path of two segments or more, and every import.
pub fn paths(tokens: &[Token<'_>], file_module: &[String]) -> Vec<PathUse> {
    let mut reader = PathReader { tokens, module: file_module.to_vec(), found: Vec::new() };
    let mut inline_modules: Vec<usize> = Vec::new(); // where each ends
    let mut at = 0;
    while at < tokens.len() {
        while inline_modules.last().is_some_and(|end| *end <= at) {
            inline_modules.pop();
            reader.module.pop();
        }
        match reader.text(at) {
            "mod" if reader.text(at + 2) == "{" => {
                inline_modules.push(behind_group(tokens, at + 2));
                reader.module.push(reader.text(at + 1).to_owned());
                at += 3;
            }
            "use" if reader.text(at + 1) != "<" => at = reader.tree(at + 1, &[]),
            "extern" if reader.text(at + 1) == "crate" => at = reader.tree(at + 2, &[]),
            word if is_word(word) && reader.text(at + 1) == "::" => at = reader.plain(at),
            _ => at += 1,
        }
    }
    reader.found
}

struct PathReader<'a, 'b> {
    tokens: &'a [Token<'b>],
    module: Vec<String>,
    found: Vec<PathUse>,
}

impl PathReader<'_, '_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn push(&mut self, segments: Vec<String>, is_glob: bool, at: usize) {
        let line = self.tokens.get(at).or(self.tokens.last()).map_or(1, |token| token.line);
        self.found.push(PathUse { segments, is_glob, line, module: self.module.clone() });
    }

    /// `a::b::c` in code; gives where it ends.
    fn plain(&mut self, start: usize) -> usize {
        let mut segments = vec![self.text(start).to_owned()];
        let mut at = start + 1;
        while self.text(at) == "::" && is_word(self.text(at + 1)) {
            segments.push(self.text(at + 1).to_owned());
            at += 2;
        }
        // What follows `>::` or `]::` hangs on a type, not on a module.
        if !(start >= 2 && self.text(start - 1) == "::" && matches!(self.text(start - 2), ">" | "]" | ")")) {
            self.push(segments, false, start);
        }
        at
    }

    /// One branch of an import, below `prefix`; gives where it ends.
    fn tree(&mut self, start: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        let mut at = start;
        loop {
            match self.text(at) {
                "::" => at += 1,
                "*" => {
                    self.push(segments, true, start);
                    return at + 1;
                }
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "") {
                        at = if self.text(at) == "," { at + 1 } else { self.tree(at, &segments) };
                    }
                    return at + 1;
                }
                "as" => at += 2,
                "self" if !prefix.is_empty() => at += 1, // `a::{self}` is `a`
                word if is_word(word) => {
                    segments.push(word.to_owned());
                    at += 1;
                }
                _ => {
                    self.push(segments, false, start);
                    // Something that is neither `,` nor `}` nor `;` is no Rust; moving on keeps the reader from standing still.
                    return if at == start { at + 1 } else { at };
                }
            }
        }
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
