//! The JSON form of a filter, which a model may fill in when a person asks in plain words. It is read into the same [`Filter`]
//! that a query means and shown before it is used: a model's words are never run.

use std::fmt;

use serde_json::{Value, json};

use super::error::{Place, Problem, SearchError, unknown_name};
use super::filter::{Filter, Partner, Whose};
use super::lexicon::{Lexicon, NameKind};
use super::parse::MOST_NESTED;
use crate::vlm::repair::{NoJson, object_in};

/// Why an answer is no filter. Each reads as a sentence to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// There is no JSON object.
    NoJson(NoJson),
    /// A key twice, with different values.
    Twice(String),
    /// The object has other keys or values than a filter.
    Shape(String),
    /// It is a filter that asks for what is not there.
    Search(SearchError),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson(problem) => problem.fmt(formatter),
            Self::Twice(key) => write!(formatter, "The key \"{key}\" stands twice with different values."),
            Self::Shape(reason) => write!(formatter, "The object is no filter: {reason}."),
            Self::Search(problem) => problem.fmt(formatter),
        }
    }
}

impl std::error::Error for AnswerError {}

/// The filter of a model's answer: a JSON object with the keys of [`schema`], words around it forgiven, nothing made up.
///
/// # Errors
/// When there is no object, a key or value is not one of a filter's, or a name is not known.
pub fn read_answer(text: &str, lexicon: &Lexicon) -> Result<Filter, AnswerError> {
    let found = object_in(text).map_err(AnswerError::NoJson)?;
    if let Some(key) = found.duplicates.first() {
        return Err(AnswerError::Twice(key.clone()));
    }
    // Models write what they leave out as null.
    let mut object = found.value;
    object.retain(|_, value| !value.is_null());
    let filter: Filter =
        serde_json::from_value(Value::Object(object)).map_err(|error| AnswerError::Shape(error.to_string()))?;
    filter.checked(lexicon).map_err(AnswerError::Search)
}

impl Filter {
    /// The filter with its names as the lexicon shows them, without repetitions.
    ///
    /// # Errors
    /// When a name is not known, bounds exclude one another, or nothing is asked for.
    pub fn checked(self, lexicon: &Lexicon) -> Result<Self, SearchError> {
        if self.is_empty() {
            return Err(SearchError { place: Place::Key("label"), problem: Problem::Empty });
        }
        self.checked_at(lexicon, 0)
    }

    fn checked_at(mut self, lexicon: &Lexicon, depth: usize) -> Result<Self, SearchError> {
        let fail = |key, problem| Err(SearchError { place: Place::Key(key), problem });
        if depth > MOST_NESTED {
            return fail("relation", Problem::TooDeep);
        }
        let lists = [
            ("label", NameKind::Label, &mut self.label),
            ("category", NameKind::Category, &mut self.category),
            ("animal", NameKind::Animal, &mut self.animal),
            ("zone", NameKind::Zone, &mut self.zone),
            ("recording", NameKind::Recording, &mut self.recording),
            ("group", NameKind::Group, &mut self.group),
        ];
        for (key, kind, list) in lists {
            *list = std::mem::take(list)
                .into_iter()
                .map(|name| known(key, kind, &name, lexicon))
                .collect::<Result<Vec<_>, _>>()?;
            once(list);
        }
        for partner in &mut self.partner {
            if let Partner::Named(name) = partner {
                *name = known("partner", NameKind::Animal, name, lexicon)?;
            }
        }
        once(&mut self.partner);
        once(&mut self.role);
        once(&mut self.status);
        if self.text.iter().any(|text| text.trim().is_empty()) {
            let what = "text to look for";
            return fail("text", Problem::Expected { what, found: " ".to_owned() });
        }
        let is_share = |bound: Option<f64>| bound.is_none_or(|bound| (0.0..=1.0).contains(&bound));
        if !is_share(self.confidence_above) || !is_share(self.confidence_below) {
            return fail(
                "confidence_above",
                Problem::Impossible { what: "as sure as that; it is a number from 0 to 1" },
            );
        }
        if let Some(what) = self.contradiction() {
            return fail("longer", Problem::Impossible { what });
        }
        let outer = [
            ("layer", self.layer.is_some()),
            ("recording", !self.recording.is_empty()),
            ("group", !self.group.is_empty()),
        ];
        if let Some((what, _)) = outer.into_iter().find(|(_, is_said)| depth > 0 && *is_said) {
            return fail("of", Problem::OnlyOutside { what });
        }
        for relation in &mut self.relation {
            if relation.when == super::When::During && relation.within.is_some() {
                return fail("within", Problem::Impossible { what: "during another and at a distance from it" });
            }
            let of = std::mem::take(&mut *relation.of);
            if of.is_empty() && relation.whose == Whose::Same {
                return fail("of", Problem::Empty);
            }
            *relation.of = of.checked_at(lexicon, depth + 1)?;
            if !relation.of.animal.is_empty() {
                relation.whose = Whose::Same;
            }
        }
        Ok(self)
    }
}

fn known(key: &'static str, kind: NameKind, name: &str, lexicon: &Lexicon) -> Result<String, SearchError> {
    let unknown = || SearchError { place: Place::Key(key), problem: unknown_name(&[kind], name, lexicon) };
    lexicon.find(kind, name).map(str::to_owned).ok_or_else(unknown)
}

fn once<T: PartialEq + Clone>(list: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::new();
    for value in list.drain(..) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    *list = kept;
}

/// The JSON schema of a filter over the known names, for servers that hold a model to one. Relations are one deep.
pub fn schema(lexicon: &Lexicon) -> Value {
    let mut outer = properties(lexicon);
    let inner = json!({ "type": "object", "properties": properties(lexicon), "additionalProperties": false });
    let relation = json!({
        "type": "object",
        "properties": {
            "when": { "enum": ["after", "before", "during"] },
            "is_absent": { "type": "boolean" },
            "within": span(),
            "whose": { "enum": ["same", "any", "partner"] },
            "of": inner,
        },
        "required": ["when", "of"],
        "additionalProperties": false,
    });
    outer["relation"] = json!({ "type": "array", "items": relation });
    outer["layer"] = json!({ "enum": ["clips", "captions", "merged", "human"] });
    for (key, kind) in [("recording", NameKind::Recording), ("group", NameKind::Group)] {
        put_names(&mut outer, key, lexicon.names(kind));
    }
    json!({ "type": "object", "properties": outer, "additionalProperties": false })
}

fn span() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? (s|frames)$" })
}

/// A key whose values are known names; where none is known, there is no such key.
fn put_names(properties: &mut Value, key: &str, names: &[String]) {
    if !names.is_empty() {
        properties[key] = json!({ "type": "array", "items": { "enum": names } });
    }
}

/// What a filter may ask of a segment.
fn properties(lexicon: &Lexicon) -> Value {
    let mut found = json!({});
    put_names(&mut found, "label", lexicon.names(NameKind::Label));
    put_names(&mut found, "category", lexicon.names(NameKind::Category));
    let animals = lexicon.names(NameKind::Animal);
    put_names(&mut found, "animal", animals);
    let partners: Vec<String> = ["any", "none"].map(str::to_owned).into_iter().chain(animals.iter().cloned()).collect();
    put_names(&mut found, "partner", &partners);
    found["role"] = json!({ "type": "array", "items": { "enum": ["actor", "recipient", "mutual", "none"] } });
    found["longer"] = span();
    found["shorter"] = span();
    put_names(&mut found, "zone", lexicon.names(NameKind::Zone));
    found["text"] = json!({ "type": "array", "items": { "type": "string" } });
    found["status"] = json!({ "type": "array", "items": { "enum": ["unreviewed", "accepted", "edited"] } });
    for key in ["confidence_above", "confidence_below"] {
        found[key] = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    }
    found
}
