//! A filter as people read it: as chips, and as the query that means it.

use std::fmt;

use serde::Serialize;

use super::filter::{Filter, Partner, Relation, Whose};
use super::parse::RESERVED;
use crate::model::{SegmentStatus, SocialRole};

/// One condition, as the window shows it. A filter without it is what the other chips' queries mean together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// What it is about: "label", "after".
    pub name: &'static str,
    /// What it asks for: "feeding within 2 s".
    pub value: String,
    /// The condition as a query.
    pub query: String,
}

/// A name as a query writes it: in quotes where it is more than a word, or a word of the language.
pub(super) fn quoted_if_needed(name: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '+' | '#' | '/');
    if !name.is_empty() && name.chars().all(is_plain) && !RESERVED.contains(&name.to_lowercase().as_str()) {
        return name.to_owned();
    }
    quoted(name)
}

fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        if matches!(letter, '"' | '\\' | '\u{201c}' | '\u{201d}' | '\u{201e}') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

fn names(names: &[String], joined_by: &str) -> String {
    names.iter().map(|name| quoted_if_needed(name)).collect::<Vec<_>>().join(joined_by)
}

impl Filter {
    /// Its conditions, in the order of the query that means it.
    pub fn chips(&self) -> Vec<Chip> {
        let mut chips = Vec::new();
        let mut put = |name: &'static str, value: String, query: String| chips.push(Chip { name, value, query });
        if !self.label.is_empty() {
            let value = names(&self.label, " or ");
            let is_bare = !value.contains('"');
            let query = if is_bare { value.clone() } else { format!("label:{}", names(&self.label, ",")) };
            put("label", value, query);
        }
        let lists = [("category", &self.category), ("animal", &self.animal)];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            put(name, names(list, " or "), format!("{name}:{}", names(list, ",")));
        }
        let words = [
            ("partner", self.partner.iter().map(partner_word).collect::<Vec<_>>()),
            ("role", self.role.iter().copied().map(SocialRole::as_str).map(str::to_owned).collect()),
        ];
        for (name, list) in words.into_iter().filter(|(_, list)| !list.is_empty()) {
            put(name, list.join(" or "), format!("{name}:{}", list.join(",")));
        }
        for (name, span) in [("longer", self.longer), ("shorter", self.shorter)] {
            span.into_iter().for_each(|span| put(name, span.to_string(), format!("{name} {span}")));
        }
        for relation in &self.relation {
            let (name, value) = (relation.name(), relation.value());
            let query = format!("{name} {value}");
            put(name, value, query);
        }
        if !self.zone.is_empty() {
            put("in", names(&self.zone, " or "), format!("in {}", names(&self.zone, ",")));
        }
        for text in &self.text {
            put("text", quoted(text), quoted(text));
        }
        if let Some(layer) = self.layer {
            put("layer", layer.as_str().to_owned(), format!("layer:{}", layer.as_str()));
        }
        if !self.status.is_empty() {
            let list: Vec<&str> = self.status.iter().copied().map(SegmentStatus::as_str).collect();
            put("status", list.join(" or "), format!("status:{}", list.join(",")));
        }
        let bounds = [("above", self.confidence_above), ("below", self.confidence_below)];
        for (side, bound) in bounds.into_iter().filter_map(|(side, bound)| Some((side, bound?))) {
            put("confidence", format!("{side} {bound}"), format!("confidence {side} {bound}"));
        }
        let lists = [("recording", &self.recording), ("group", &self.group)];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            put(name, names(list, " or "), format!("{name}:{}", names(list, ",")));
        }
        chips
    }
}

fn partner_word(partner: &Partner) -> String {
    match partner {
        Partner::Any => "any".to_owned(),
        Partner::Nobody => "none".to_owned(),
        Partner::Named(name) => quoted_if_needed(name),
    }
}

impl Relation {
    fn name(&self) -> &'static str {
        match (self.is_absent, self.when) {
            (false, when) => when.as_str(),
            (true, super::When::After) => "not after",
            (true, super::When::Before) => "not before",
            (true, super::When::During) => "not during",
        }
    }

    fn value(&self) -> String {
        let mut value = if self.whose == Whose::Same && self.of.is_labels_only() {
            self.of.to_string()
        } else {
            let of = self.of.to_string();
            let whose = match self.whose {
                Whose::Same => "",
                Whose::Any => "animal:any",
                Whose::Partner => "animal:partner",
            };
            let space = if of.is_empty() || whose.is_empty() { "" } else { " " };
            format!("({of}{space}{whose})")
        };
        if let Some(within) = self.within {
            value.push_str(&format!(" within {within}"));
        }
        value
    }
}

/// The query that means the filter; it is read back as the same filter. Of a filter that asks for nothing it is empty.
impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queries: Vec<String> = self.chips().into_iter().map(|chip| chip.query).collect();
        formatter.write_str(&queries.join(" "))
    }
}
