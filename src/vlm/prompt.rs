//! Prompts: templates that ship with the program, may be replaced by a project's own, and become the turns of a question.
//!
//! A template is Markdown with Jinja in it. Its first-level headings `# System` and `# User` part the two turns, and each
//! `{{ picture }}` stands where the next picture goes. What a template can say is what its context has: a name that is not there
//! is an error which names the file and the line.

pub mod words;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use super::question::{Part, Picture};

/// A prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// Where a region of the body is: `pose/1_regions.md`.
    Regions,
    /// Which centroid is which keypoint of a region: `pose/2_assign.md`.
    Assign,
    /// One complete assignment of a view: `pose/3_reconcile.md`.
    Reconcile,
    /// All keypoints of a view at once: `pose/plain.md`.
    Plain,
}

/// All templates that are in force.
#[derive(Debug)]
pub struct Prompts {}

/// A prompt's words, with places for pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The system's turn.
    pub system: String,
    /// The texts of the user's turn: a picture goes between each two.
    pub texts: Vec<String>,
    /// Hash of the template, for provenance: `1_regions@3f2a9c1d`.
    pub version: String,
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
    #[error("{file} has no line \"{heading}\"; it parts the system's turn from the user's")]
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
        todo!()
    }

    /// Those of a project's folder where it has files of the same names (`pose/1_regions.md`), else those that ship with the
    /// program.
    ///
    /// # Errors
    /// Names the first file that cannot be read or is no template.
    pub fn with_folder(_folder: &Path) -> Result<Self, PromptError> {
        todo!()
    }

    /// Replaces one template by a text, to try it; `file` names it in errors.
    ///
    /// # Errors
    /// When the text is no template.
    pub fn replace(&mut self, _prompt: Prompt, _file: &str, _text: &str) -> Result<(), PromptError> {
        todo!()
    }

    /// The template's text.
    pub fn text(&self, _prompt: Prompt) -> &str {
        todo!()
    }

    /// Name and short hash of the template.
    pub fn version(&self, _prompt: Prompt) -> String {
        todo!()
    }

    /// The prompt's words for a context, see [`words`].
    ///
    /// # Errors
    /// Names file and line where the template asks for what is not there.
    pub fn render<C: Serialize>(&self, _prompt: Prompt, _context: &C) -> Result<Rendered, PromptError> {
        todo!()
    }
}

impl Rendered {
    /// The user's turn with its pictures.
    ///
    /// # Errors
    /// When the template has another number of places for pictures.
    pub fn parts(&self, _pictures: &[Arc<Picture>]) -> Result<Vec<Part>, PromptError> {
        todo!()
    }
}
