//! The example bank: clips that a person verified, shown to a model beside the clip that it is asked about.
//!
//! Good examples are near the target in features and of several labels, with near misses: clips that look alike and are
//! something else. An example never comes from the recording that is asked about, whatever its name is: that would be the
//! answer, and figures of an evaluation would mean nothing.

mod pick;

mod shown;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use pick::{PickOptions, Picked, Selection, Target};
pub use shown::{BankFileError, ShownExample, from_file, to_file};

use crate::model::SocialRole;

/// A verified clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The recording's name.
    pub recording: String,
    /// Hashes of its pictures and tracks, without the manifest's names: a copy under another name shares one at least.
    pub fingerprints: Vec<String>,
    /// Who was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The animal's name in the recording.
    pub animal: String,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
    /// What it shows.
    pub label: String,
    /// The other animal that takes part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The part that the animal plays.
    #[serde(default)]
    pub role: SocialRole,
    /// What can be seen, in sentences.
    pub description: String,
    /// What is measured of it; NaN is written as null.
    #[serde(with = "numbers")]
    pub features: Vec<f32>,
    /// The annotator who verified it.
    pub verified_by: String,
}

impl Example {
    /// Whether it comes from a recording with any of these hashes.
    pub fn is_of_same_content(&self, fingerprints: &[String]) -> bool {
        self.fingerprints.iter().any(|own| fingerprints.contains(own))
    }

    /// Whether it shows the same animal in the same frames.
    pub fn is_of_same_clip(&self, other: &Self) -> bool {
        self.is_of_same_content(&other.fingerprints)
            && self.animal == other.animal
            && (self.start_frame, self.stop_frame) == (other.start_frame, other.stop_frame)
    }
}

/// Why an example cannot be in a bank, or none can be picked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExampleError {
    /// A field is empty that must say something.
    #[error("example {at} has no {what}")]
    Missing {
        /// Its position.
        at: usize,
        /// The field.
        what: &'static str,
    },
    /// It has no frames.
    #[error("example {at} begins at frame {start_frame} and ends at {stop_frame}")]
    NoFrames {
        /// Its position.
        at: usize,
        /// The first frame.
        start_frame: u32,
        /// The frame after the last.
        stop_frame: u32,
    },
    /// It was measured otherwise than the rest.
    #[error("{what} has {found} features, and the examples of the bank have {expected}")]
    Features {
        /// Which example, or the clip that is asked about.
        what: String,
        /// Features that the first example has.
        expected: usize,
        /// Features found.
        found: usize,
    },
}

/// Examples, checked: each has a label, frames, a fingerprint, someone who verified it, and as many features as the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Example>", into = "Vec<Example>")]
pub struct Bank {
    examples: Vec<Example>,
}

impl Bank {
    /// The examples, in the order in which they were given.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Adds an example. One of the same frames and animal is replaced: what was said last holds.
    ///
    /// # Errors
    /// When it says too little, or was measured otherwise than the others.
    pub fn add(&mut self, example: Example) -> Result<(), ExampleError> {
        check(&self.examples, &example)?;
        match self.examples.iter_mut().find(|known| known.is_of_same_clip(&example)) {
            Some(known) => *known = example,
            None => self.examples.push(example),
        }
        Ok(())
    }
}

fn check(known: &[Example], example: &Example) -> Result<(), ExampleError> {
    let at = known.len();
    let said =
        [("label", &example.label), ("annotator who verified it", &example.verified_by), ("animal", &example.animal)];
    if let Some((what, _)) = said.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(ExampleError::Missing { at, what });
    }
    // An empty one would be shared by all that have none.
    if example.fingerprints.is_empty() || example.fingerprints.iter().any(|print| print.trim().is_empty()) {
        return Err(ExampleError::Missing { at, what: "fingerprint of its recording" });
    }
    let (start_frame, stop_frame) = (example.start_frame, example.stop_frame);
    if start_frame >= stop_frame {
        return Err(ExampleError::NoFrames { at, start_frame, stop_frame });
    }
    match known.first().map(|first| first.features.len()) {
        Some(expected) if expected != example.features.len() => {
            let found = example.features.len();
            Err(ExampleError::Features { what: format!("example {at}"), expected, found })
        }
        _ => Ok(()),
    }
}

impl TryFrom<Vec<Example>> for Bank {
    type Error = ExampleError;

    fn try_from(examples: Vec<Example>) -> Result<Self, ExampleError> {
        let mut bank = Self::default();
        examples.into_iter().try_for_each(|example| bank.add(example))?;
        Ok(bank)
    }
}

impl From<Bank> for Vec<Example> {
    fn from(bank: Bank) -> Self {
        bank.examples
    }
}

/// JSON has no NaN.
mod numbers {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| value.is_finite().then_some(*value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let values = Vec::<Option<f32>>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|value| value.unwrap_or(f32::NAN)).collect())
    }
}
