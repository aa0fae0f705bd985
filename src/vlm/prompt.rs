//! Prompts: templates that ship with the program, may be replaced by a project's own, and become the turns of a question.
//!
//! A template is Markdown with Jinja in it. Its first-level headings `# System` and `# User` part the two turns, and each
//! `{{ picture }}` stands where the next picture goes. What a template can say is what its context has: a name that is not there
//! is an error which names the file and the line.

pub mod words;

pub mod behavior_words;

use std::io;
use std::path::Path;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::question::{Part, Picture};

/// Stands for a picture while a template is rendered: a character that no text may have.
pub const PICTURE: char = '\u{E000}';

const SYSTEM: &str = "# System";
const USER: &str = "# User";

/// Hexadecimal digits of a version.
const VERSION_DIGITS: usize = 8;

/// A prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Where a region of the body is, or where all are: `pose/1_regions.md`.
    Regions,
    /// Which centroid is which keypoint of a region: `pose/2_assign.md`.
    Assign,
    /// One complete assignment of a view: `pose/3_reconcile.md`.
    Reconcile,
    /// All keypoints of a view at once: `pose/plain.md`.
    Plain,
    /// What an animal does in a clip: `behavior/3_caption.md`.
    Caption,
    /// Which clips belong together: `behavior/4_merge.md`.
    Merge,
    /// What a question about a timeline searches for: `behavior/5_ask.md`.
    Ask,
}

impl Prompt {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Regions, Self::Assign, Self::Reconcile, Self::Plain, Self::Caption, Self::Merge, Self::Ask];

    /// Those of the pose pipeline.
    pub const POSE: [Self; 4] = [Self::Regions, Self::Assign, Self::Reconcile, Self::Plain];

    /// Its file, in the program's folder of prompts and in a project's own.
    pub fn file(self) -> &'static str {
        match self {
            Self::Regions => "pose/1_regions.md",
            Self::Assign => "pose/2_assign.md",
            Self::Reconcile => "pose/3_reconcile.md",
            Self::Plain => "pose/plain.md",
            Self::Caption => "behavior/3_caption.md",
            Self::Merge => "behavior/4_merge.md",
            Self::Ask => "behavior/5_ask.md",
        }
    }

    fn built_in(self) -> &'static str {
        match self {
            Self::Regions => include_str!("../../prompts/pose/1_regions.md"),
            Self::Assign => include_str!("../../prompts/pose/2_assign.md"),
            Self::Reconcile => include_str!("../../prompts/pose/3_reconcile.md"),
            Self::Plain => include_str!("../../prompts/pose/plain.md"),
            Self::Caption => include_str!("../../prompts/behavior/3_caption.md"),
            Self::Merge => include_str!("../../prompts/behavior/4_merge.md"),
            Self::Ask => include_str!("../../prompts/behavior/5_ask.md"),
        }
    }
}

/// A template and the file that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    file: String,
    text: String,
}

/// All templates that are in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompts {
    /// In the order of [`Prompt::ALL`].
    templates: [Template; 7],
}

/// A prompt's words, with places for pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The system's turn.
    pub system: String,
    /// The texts of the user's turn: a picture goes between each two.
    pub texts: Vec<String>,
    /// Name and hash of the template, for provenance: `1_regions@3f2a9c1d`.
    pub version: String,
    /// The template's file, for errors.
    file: String,
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PromptError {
    /// A file that cannot be read.
    #[error("{file} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// What is wrong with a template, and where.
    #[error("{file}, line {line}: {message}")]
    Template {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Another number of places for pictures than of pictures.
    #[error("{file} has {places} places for pictures ({{{{ picture }}}}), and {pictures} pictures go with it")]
    Pictures {
        /// The file.
        file: String,
        /// Places in the rendered text.
        places: usize,
        /// Pictures of the question.
        pictures: usize,
    },
    /// A turn is missing.
    #[error(
        "{file} has no line \"{heading}\"; \"# System\" begins the system's turn and \"# User\" after it the user's"
    )]
    Heading {
        /// The file.
        file: String,
        /// The heading.
        heading: &'static str,
    },
}

impl Prompts {
    /// Those that ship with the program.
    pub fn built_in() -> Self {
        let template = |prompt: Prompt| Template {
            file: format!("prompts/{}", prompt.file()),
            text: prompt.built_in().to_owned(),
        };
        Self { templates: Prompt::ALL.map(template) }
    }

    /// Those of a project's folder where it has files of the same names (`pose/1_regions.md`), else those that ship with the
    /// program.
    ///
    /// # Errors
    /// Names the first file that cannot be read or is no template.
    pub fn with_folder(folder: &Path) -> Result<Self, PromptError> {
        let mut prompts = Self::built_in();
        for prompt in Prompt::ALL {
            let path = folder.join(prompt.file());
            match std::fs::read_to_string(&path) {
                Ok(text) => prompts.replace(prompt, &path.display().to_string(), &text)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(PromptError::Unreadable {
                        file: path.display().to_string(),
                        reason: error.to_string(),
                    });
                }
            }
        }
        Ok(prompts)
    }

    /// Replaces one template by a text, to try it; `file` names it in errors.
    ///
    /// # Errors
    /// When the text is no template; the one before stays.
    pub fn replace(&mut self, prompt: Prompt, file: &str, text: &str) -> Result<(), PromptError> {
        let template = Template { file: file.to_owned(), text: text.to_owned() };
        environment().template_from_named_str(file, text).map_err(|error| template.problem(&error))?;
        template.turns(text)?;
        self.templates[prompt as usize] = template;
        Ok(())
    }

    /// The template's text.
    pub fn text(&self, prompt: Prompt) -> &str {
        &self.templates[prompt as usize].text
    }

    /// Name and short hash of the template: `1_regions@3f2a9c1d`.
    pub fn version(&self, prompt: Prompt) -> String {
        let name = prompt.file().trim_start_matches("pose/").trim_start_matches("behavior/").trim_end_matches(".md");
        let hash = blake3::hash(self.text(prompt).as_bytes()).to_hex();
        format!("{name}@{}", &hash.as_str()[..VERSION_DIGITS])
    }

    /// The prompt's words for a context, see [`words`].
    ///
    /// # Errors
    /// Names file and line where the template asks for what is not there.
    pub fn render<C: Serialize>(&self, prompt: Prompt, context: &C) -> Result<Rendered, PromptError> {
        let template = &self.templates[prompt as usize];
        let environment = environment();
        let context = context! { picture => PICTURE, ..Value::from_serialize(context) };
        let text = environment
            .template_from_named_str(&template.file, &template.text)
            .and_then(|compiled| compiled.render(context))
            .map_err(|error| template.problem(&error))?;
        let [system, user] = template.turns(&text)?;
        Ok(Rendered {
            system: tidied(system),
            texts: user.split(PICTURE).map(tidied).collect(),
            version: self.version(prompt),
            file: template.file.clone(),
        })
    }
}

impl Template {
    /// The texts below the two headings.
    fn turns<'a>(&self, text: &'a str) -> Result<[&'a str; 2], PromptError> {
        let missing = |heading| PromptError::Heading { file: self.file.clone(), heading };
        let (_, rest) = split_at_line(text, SYSTEM).ok_or_else(|| missing(SYSTEM))?;
        let (system, user) = split_at_line(rest, USER).ok_or_else(|| missing(USER))?;
        Ok([system, user])
    }

    fn problem(&self, error: &minijinja::Error) -> PromptError {
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        // "undefined value" alone does not say which: the text of the expression does.
        let source =
            error.range().and_then(|range| self.text.get(range)).map(str::trim).filter(|text| !text.is_empty());
        let message = match source {
            Some(source) => format!("{message} ({source})"),
            None => message,
        };
        PromptError::Template { file: self.file.clone(), line: error.line().unwrap_or(1), message }
    }
}

impl Rendered {
    /// How many pictures go with it.
    pub fn places(&self) -> usize {
        self.texts.len() - 1
    }

    /// The user's turn with its pictures, in order.
    ///
    /// # Errors
    /// When the template has another number of places for pictures.
    pub fn parts(&self, pictures: &[Arc<Picture>]) -> Result<Vec<Part>, PromptError> {
        if pictures.len() != self.places() {
            let (places, pictures) = (self.places(), pictures.len());
            return Err(PromptError::Pictures { file: self.file.clone(), places, pictures });
        }
        let mut parts = Vec::with_capacity(2 * self.texts.len());
        for (index, text) in self.texts.iter().enumerate() {
            if !text.is_empty() {
                parts.push(Part::Text(text.clone()));
            }
            parts.extend(pictures.get(index).cloned().map(Part::Picture));
        }
        Ok(parts)
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_debug(true);
    environment
}

/// What stands before and after the first line that is just so.
fn split_at_line<'a>(text: &'a str, line: &str) -> Option<(&'a str, &'a str)> {
    let mut start = 0;
    for found in text.split_inclusive('\n') {
        if found.trim_end() == line {
            return Some((&text[..start], &text[start + found.len()..]));
        }
        start += found.len();
    }
    None
}

/// Without the empty lines that conditions and loops leave behind.
fn tidied(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.trim().lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_some_and(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
