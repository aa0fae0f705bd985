//! The rules of `Cargo.toml`: each dependency stands on its own with a reason, in sorted lists.

use super::rules::Finding;

/// Judges the manifest's text.
pub fn check_manifest(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut report = |line, message| {
        found.push(Finding { path: "Cargo.toml".to_owned(), line, rule: "dependencies", message });
    };
    let mut in_list = false;
    let mut open_brackets = 0;
    let mut last_name = String::new();
    let mut entry: Option<(usize, String, bool)> = None; // line, name, has a reason
    let mut comment_above = false;
    for (index, line) in text.lines().enumerate() {
        let (code, comment) = split_comment(line);
        let code = code.trim();
        if open_brackets == 0 && code.starts_with('[') {
            let header = code.trim_matches(['[', ']']);
            in_list = header.ends_with("dependencies");
            last_name.clear();
            if let Some((section, name)) =
                header.rsplit_once('.').filter(|(section, _)| section.ends_with("dependencies"))
            {
                report(index + 1, format!("`{name}` has a table of its own; write it in one line of [{section}]"));
            }
            continue;
        }
        if !in_list {
            continue;
        }
        if code.is_empty() && open_brackets == 0 {
            comment_above = comment.is_some();
            continue;
        }
        if open_brackets == 0 {
            let name = code.split(['=', '.']).next().unwrap_or("").trim().trim_matches('"').to_owned();
            if name < last_name {
                report(index + 1, format!("`{name}` stands behind `{last_name}`; the list is sorted"));
            }
            last_name.clone_from(&name);
            entry = Some((index + 1, name, comment_above));
            comment_above = false;
        }
        open_brackets += code.matches(['[', '{']).count();
        open_brackets -= code.matches([']', '}']).count().min(open_brackets);
        let Some((line, name, mut has_reason)) = entry.take() else { continue };
        has_reason |= comment.is_some();
        if open_brackets > 0 {
            entry = Some((line, name, has_reason));
        } else if !has_reason {
            report(line, format!("`{name}` has no `# reason`"));
        }
    }
    found
}

/// The code of a line, and its comment if that says anything.
fn split_comment(line: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (at, next) in line.char_indices() {
        match next {
            '"' => quoted = !quoted,
            '#' if !quoted => {
                let words = line[at + 1..].trim();
                return (&line[..at], Some(words).filter(|words| !words.is_empty()));
            }
            _ => {}
        }
    }
    (line, None)
}
