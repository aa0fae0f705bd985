//! What is searched for, as a structure. Conditions that are not set hold for everything.

use serde::{Deserialize, Serialize};

use super::span::Span;
use crate::model::timeline::TimelineLayer;
use crate::model::{SegmentStatus, SocialRole};

/// Conditions on a segment, all of which must hold. A list holds if one of its entries does, but `text`, of which all must.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Labels, as the vocabulary writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
    /// Categories of labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// Whose segments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub animal: Vec<String>,
    /// Who else takes part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partner: Vec<Partner>,
    /// The part that the animal plays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role: Vec<SocialRole>,
    /// Lasts at least so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longer: Option<Span>,
    /// Lasts at most so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shorter: Option<Span>,
    /// How it stands in time to others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relation: Vec<Relation>,
    /// Places in which the animal is during at least half of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zone: Vec<String>,
    /// Words of its description, modifiers or label; each entry must be in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// The layer that is searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<TimelineLayer>,
    /// What people did with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<SegmentStatus>,
    /// At least so sure, 0 to 1; a segment of which nobody said how sure it is has no place here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_above: Option<f64>,
    /// At most so sure, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_below: Option<f64>,
    /// Recordings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recording: Vec<String>,
    /// Experimental groups of recordings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
}

/// Who else takes part. In JSON a string: a name, "any" or "none".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Partner {
    /// Somebody, whoever it is.
    Any,
    /// Nobody.
    Nobody,
    /// This animal.
    Named(String),
}

impl From<String> for Partner {
    fn from(word: String) -> Self {
        match word.as_str() {
            "any" => Self::Any,
            "none" => Self::Nobody,
            _ => Self::Named(word),
        }
    }
}

impl From<Partner> for String {
    fn from(partner: Partner) -> Self {
        match partner {
            Partner::Any => "any".to_owned(),
            Partner::Nobody => "none".to_owned(),
            Partner::Named(name) => name,
        }
    }
}

/// How a segment stands in time to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// On which side of the other it stands.
    pub when: When,
    /// Whether there must be no such other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_absent: bool,
    /// At most so long between the two; `None` where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// Whose the other may be, where its filter names no animal.
    #[serde(default, skip_serializing_if = "is_same")]
    pub whose: Whose,
    /// What the other is.
    pub of: Box<Filter>,
}

fn is_same(whose: &Whose) -> bool {
    *whose == Whose::Same
}

/// On which side of the other segment a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// It begins when the other has ended.
    After,
    /// It has ended when the other begins.
    Before,
    /// They share a frame.
    During,
}

/// Whose the other segment of a relation may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// The same animal's.
    #[default]
    Same,
    /// Any animal's of the recording.
    Any,
    /// The partner's.
    Partner,
}

impl When {
    /// Its word in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::Before => "before",
            Self::During => "during",
        }
    }
}

impl Filter {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it, or a filter within, asks for a place.
    pub fn asks_for_places(&self) -> bool {
        !self.zone.is_empty() || self.relation.iter().any(|relation| relation.of.asks_for_places())
    }

    /// What no segment can be, where its bounds exclude one another.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let is_length = match (self.longer, self.shorter) {
            (Some(Span::Secs(least)), Some(Span::Secs(most))) => least > most,
            (Some(Span::Frames(least)), Some(Span::Frames(most))) => least > most,
            _ => false,
        };
        let is_confidence = self.confidence_above.zip(self.confidence_below).is_some_and(|(least, most)| least > most);
        match (is_length, is_confidence) {
            (true, _) => Some("longer than the one and shorter than the other"),
            (_, true) => Some("surer than the one and less sure than the other"),
            _ => None,
        }
    }

    /// Whether nothing but labels is asked for.
    pub(super) fn is_labels_only(&self) -> bool {
        !self.label.is_empty() && Self { label: Vec::new(), ..self.clone() }.is_empty()
    }
}
