//! Examples with their pictures, as a bank keeps them and as a file carries them to another project.

use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Example;
use crate::vlm::Picture;

/// What a file of examples says of its format.
const VERSION: u32 = 1;

/// Pictures of one example, at most.
const MOST_PICTURES: usize = 256;

/// An example with its pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownExample {
    /// What is known of it.
    pub example: Example,
    /// Its pictures, each with the seconds from its start.
    #[serde(with = "stills")]
    pub pictures: Vec<(f64, Arc<Picture>)>,
}

/// Why text is no file of examples.
#[derive(Debug, Error)]
pub enum BankFileError {
    /// It is not JSON of this form.
    #[error("it is no file of examples ({0})")]
    Form(#[from] serde_json::Error),
    /// Another program wrote it.
    #[error("it has version {found}, and this program reads {VERSION}")]
    Version {
        /// What it says.
        found: u32,
    },
    /// A picture that is none.
    #[error("example {at} ({label}) has {problem}; take it out or make it again")]
    Picture {
        /// Its position, from 0.
        at: usize,
        /// Its label.
        label: String,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BankFile {
    behaviorvlm_examples: u32,
    examples: Vec<ShownExample>,
}

/// Examples as the text of a file.
///
/// # Errors
/// Never for examples that were made here.
pub fn to_file(examples: &[ShownExample]) -> serde_json::Result<String> {
    serde_json::to_string(&BankFile { behaviorvlm_examples: VERSION, examples: examples.to_vec() })
}

/// The examples of a file; each picture was opened.
///
/// # Errors
/// When it is no such file, or an example has no pictures or one that cannot be opened.
pub fn from_file(text: &str) -> Result<Vec<ShownExample>, BankFileError> {
    let file: BankFile = serde_json::from_str(text)?;
    if file.behaviorvlm_examples != VERSION {
        return Err(BankFileError::Version { found: file.behaviorvlm_examples });
    }
    for (at, shown) in file.examples.iter().enumerate() {
        if let Some(problem) = shown.problem() {
            return Err(BankFileError::Picture { at, label: shown.example.label.clone(), problem });
        }
    }
    Ok(file.examples)
}

impl ShownExample {
    fn problem(&self) -> Option<&'static str> {
        if self.pictures.is_empty() || self.pictures.len() > MOST_PICTURES {
            return Some("no pictures, or more than 256");
        }
        let is_late = |secs: &f64| !secs.is_finite() || *secs < 0.0;
        if self.pictures.iter().any(|(secs, _)| is_late(secs)) {
            return Some("a picture at no time");
        }
        let is_whole = |picture: &Picture| {
            let [width, height] = picture.size_px.map(|side| side as usize);
            picture.rgba().is_some_and(|pixels| pixels.len() == 4 * width * height)
        };
        let is_broken = self.pictures.iter().any(|(_, picture)| !is_whole(picture));
        is_broken.then_some("a picture that cannot be opened, or has another size than it says")
    }
}

/// Pictures as text.
mod stills {
    use base64::Engine as _;
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{Arc, Deserialize, Picture, STANDARD, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Still {
        secs: f64,
        size_px: [u32; 2],
        jpeg: String,
    }

    pub(super) fn serialize<S: Serializer>(pictures: &[(f64, Arc<Picture>)], serializer: S) -> Result<S::Ok, S::Error> {
        let still = |(secs, picture): &(f64, Arc<Picture>)| Still {
            secs: *secs,
            size_px: picture.size_px,
            jpeg: STANDARD.encode(&picture.jpeg),
        };
        serializer.collect_seq(pictures.iter().map(still))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(f64, Arc<Picture>)>, D::Error> {
        let stills = Vec::<Still>::deserialize(deserializer)?;
        let picture = |still: Still| {
            let jpeg = STANDARD.decode(still.jpeg).map_err(D::Error::custom)?;
            Ok((still.secs, Arc::new(Picture { jpeg, size_px: still.size_px })))
        };
        stills.into_iter().map(picture).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SocialRole;
    use crate::vlm::canvas::Raster;

    fn shown() -> ShownExample {
        let picture = Raster { planes: [0; 3].map(|_| vec![90; 16 * 8]), size_px: [16, 8] }.jpeg();
        ShownExample {
            example: Example {
                recording: "day 1".to_owned(),
                fingerprints: vec!["f".to_owned()],
                subject: None,
                session: None,
                animal: "A0".to_owned(),
                start_frame: 0,
                stop_frame: 30,
                label: "chase".to_owned(),
                partner: Some("A1".to_owned()),
                role: SocialRole::Actor,
                description: "A0 runs after A1.".to_owned(),
                features: vec![1.0, 2.5],
                verified_by: "Ann".to_owned(),
            },
            pictures: vec![(0.0, Arc::new(picture.clone())), (0.5, Arc::new(picture))],
        }
    }

    #[test]
    fn a_file_brings_its_pictures_along() {
        let all = [shown(), shown()];
        let text = to_file(&all).unwrap();
        assert_eq!(from_file(&text).unwrap(), all);
    }

    #[test]
    fn what_is_no_bank_is_refused_with_its_place() {
        let said = |text: &str| from_file(text).unwrap_err().to_string();
        assert!(said("{}").contains("no file of examples"));
        assert!(said(r#"{"behaviorvlm_examples": 2, "examples": []}"#).contains("version 2"));
        let mut bare = shown();
        bare.pictures.clear();
        assert!(said(&to_file(&[shown(), bare]).unwrap()).contains("example 1 (chase) has no pictures"));
        let mut broken = shown();
        broken.pictures[1].1 = Arc::new(Picture { jpeg: vec![1, 2, 3], size_px: [16, 8] });
        assert!(said(&to_file(&[broken]).unwrap()).contains("cannot be opened"));
        let mut other = shown();
        other.pictures[0].1 = Arc::new(Picture { size_px: [8, 8], ..(*other.pictures[0].1).clone() });
        assert!(said(&to_file(&[other]).unwrap()).contains("another size"));
    }
}
