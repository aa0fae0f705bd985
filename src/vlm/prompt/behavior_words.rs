//! What the behaviour prompts can say: clips, animals, labels, examples.
//!
//! Each struct is a template's context; field names are what the templates write.

use serde::Serialize;

/// A label and what counts as it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelWords {
    /// Its name.
    pub name: String,
    /// Its definition, verbatim.
    pub definition: String,
}

/// All that the prompt about a search can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AskWords {
    /// What a person wants to know, on one line.
    pub question: String,
    /// The labels that can be searched for; those of no vocabulary have no definition.
    pub labels: Vec<LabelWords>,
    /// What labels belong to.
    pub categories: Vec<String>,
    /// The animals' names.
    pub animals: Vec<String>,
    /// Named places.
    pub zones: Vec<String>,
    /// The recordings' names.
    pub recordings: Vec<String>,
    /// The groups of recordings.
    pub groups: Vec<String>,
}

/// An animal in the pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnimalWords {
    /// Its name, as its badge writes it.
    pub name: String,
    /// The colour of its badge in words.
    pub color: String,
}

/// A picture of a clip; the picture itself goes where the template says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameWords {
    /// Seconds from the clip's start, with one decimal.
    pub secs: String,
}

/// The clip that is described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClipWords {
    /// Its length, s, with one decimal.
    pub secs: String,
}

/// A clip of another recording with the caption that a person found right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExampleWords {
    /// The animal that it is about, as its badge writes it.
    pub focal: String,
    /// Its pictures.
    pub frames: Vec<FrameWords>,
    /// The right answer, as JSON.
    pub answer: String,
}

/// All that the caption prompt can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaptionWords {
    /// The animal to describe.
    pub focal: String,
    /// The clip.
    pub clip: ClipWords,
    /// All animals, the focal one among them.
    pub animals: Vec<AnimalWords>,
    /// The names of the others.
    pub others: Vec<String>,
    /// The labels to choose from; none in an open vocabulary.
    pub labels: Vec<LabelWords>,
    /// Whether parts of the body are described one by one.
    pub is_open: bool,
    /// Whether what never moves was taken out of the pictures.
    pub is_without_background: bool,
    /// Whether a line shows where the focal animal was.
    pub has_trail: bool,
    /// Checked clips of other recordings.
    pub examples: Vec<ExampleWords>,
    /// The clip's pictures.
    pub frames: Vec<FrameWords>,
}

/// A clip as it is to be merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaidClipWords {
    /// Its id: `c12`.
    pub id: String,
    /// Its length, s, with one decimal.
    pub secs: String,
    /// Its label.
    pub label: String,
    /// The other animal; empty without one.
    pub partner: String,
    /// The part that the focal animal plays.
    pub role: String,
    /// Its description, on one line.
    pub description: String,
}

/// All that the merge prompt can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergeWords {
    /// Whose clips they are.
    pub focal: String,
    /// The clips, in order; at least one.
    pub clips: Vec<SaidClipWords>,
    /// The labels to choose from; none in an open vocabulary.
    pub labels: Vec<LabelWords>,
}
