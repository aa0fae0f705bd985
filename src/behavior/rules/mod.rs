//! The kinematic describer: says from measurements what a clip shows, in the form in which a model would answer.
//!
//! It stands in where no model is asked. [`Flag`]s tell frame by frame which social rule holds between two animals,
//! [`Describer`] chooses a clip's label, and its sentence names what was measured. Thresholds are in a file that users can
//! edit; the built-in one is from the literature that compares such rules, adapted to body lengths.

mod flags;

mod label;

mod sentence;

#[cfg(test)]
mod tests;

pub use self::flags::Flag;
pub use self::label::Describer;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// When a label holds; see `assets/rules/mouse.toml` for what each number means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each number is explained in the file that it is read from")]
pub struct Rules {
    pub nose_contact_bl: f32,
    pub contact_bl: f32,
    pub chase_distance_bl: f32,
    pub chase_speed_bl_per_sec: f32,
    pub chase_bearing_deg: f32,
    pub chase_secs: f32,
    pub huddle_distance_bl: f32,
    pub huddle_speed_bl_per_sec: f32,
    pub huddle_secs: f32,
    pub watch_bearing_deg: f32,
    pub watch_distance_bl: [f32; 2],
    pub approach_from_bl: f32,
    pub approach_by_bl: f32,
    pub approach_to_bl: f32,
    pub withdrawal_from_bl: f32,
    pub still_speed_bl_per_sec: f32,
    pub still_stirring_bl_per_sec: f32,
    pub locomotion_speed_bl_per_sec: f32,
    pub turning_deg: f32,
    pub rearing_extent_bl: f32,
    pub rearing_height_bl: f32,
    pub share: Shares,
}

/// How much of a clip a label needs, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the share of the label that bears its name")]
pub struct Shares {
    pub chase: f32,
    pub huddle: f32,
    pub nose_contact: f32,
    pub contact: f32,
    pub watching: f32,
    pub feeding: f32,
    pub rearing: f32,
}

/// Why rules cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {reason}; the rules have the keys of the built-in file")]
pub struct RulesError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Rules {
    /// The text of the built-in rules, to be edited.
    pub const BUILT_IN: &str = include_str!("../../../assets/rules/mouse.toml");

    /// The built-in rules.
    ///
    /// # Panics
    /// Never: a test reads them.
    pub fn mouse() -> Self {
        Self::from_toml(Self::BUILT_IN).expect("the built-in rules are valid")
    }

    /// Reads rules.
    ///
    /// # Errors
    /// When a key is missing, unknown, or no number.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
            RulesError { line, reason: error.message().split_whitespace().collect::<Vec<_>>().join(" ") }
        })
    }
}
