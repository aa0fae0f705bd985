//! What can be wrong with an answer: a name to count it by, and a sentence to quote to the model.

use std::fmt;

use serde_json::Value;

use super::super::repair::NoJson;
use super::fields::shown;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// There is no object in it.
    NotAnObject {
        /// Why.
        why: NoJson,
    },
    /// A key that was asked for is not there.
    MissingKey {
        /// The key.
        key: String,
    },
    /// A key stands there twice, with different values.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that nobody asked for. It is passed over.
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key in other letters or punctuation. It is taken as meant.
    Respelled {
        /// As it was written.
        said: String,
        /// As it should be.
        key: String,
    },
    /// A value of another kind.
    WrongType {
        /// Its key.
        key: String,
        /// The value.
        said: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// A number that was not offered.
    UnknownNumber {
        /// Its key.
        key: String,
        /// The number.
        number: f64,
        /// Those that were.
        allowed: Vec<u16>,
    },
    /// A number for several keys.
    SameNumberTwice {
        /// The number.
        number: u16,
        /// The keys.
        keys: Vec<String>,
    },
    /// A box that reaches far beyond the picture, or lies outside it.
    BoxOutside {
        /// Its key.
        key: String,
        /// The numbers.
        said: [f64; 4],
    },
    /// A box that reaches a little beyond the picture. It is cut.
    BoxClamped {
        /// Its key.
        key: String,
    },
    /// A box without inside.
    BoxEmpty {
        /// Its key.
        key: String,
        /// The numbers.
        said: [f64; 4],
    },
    /// The corners stand in another order. They are put in order.
    SwappedCorners {
        /// Its key.
        key: String,
    },
    /// The box makes sense only with x and y exchanged.
    SwappedAxes {
        /// Its key.
        key: String,
    },
    /// A word that was not offered.
    UnknownWord {
        /// Its key.
        key: String,
        /// The word.
        said: String,
        /// Those that were.
        allowed: Vec<String>,
    },
    /// Words without an end. They are cut.
    CutShort {
        /// Their key.
        key: String,
    },
    /// Several boxes where one was asked for.
    SeveralBoxes {
        /// Its key.
        key: String,
        /// How many.
        count: usize,
    },
    /// Clips that no group has.
    LeftOut {
        /// Their numbers.
        clips: Vec<u32>,
    },
    /// Clips in several groups, or twice in one.
    NamedTwice {
        /// Their numbers.
        clips: Vec<u32>,
    },
    /// Clips that were not shown.
    NotShown {
        /// Their numbers.
        clips: Vec<u32>,
    },
    /// Clips with others between them in a group that does not have those.
    OutOfOrder {
        /// Their numbers.
        clips: Vec<u32>,
    },
    /// Clips that a description cites and its group does not have.
    CitesOthers {
        /// Their numbers.
        clips: Vec<u32>,
    },
    /// An answer that whoever asked can make nothing of.
    Unreadable {
        /// Why, as a sentence.
        why: String,
    },
}

impl Problem {
    /// Its name, for counts.
    pub fn name(&self) -> &'static str {
        match self {
            Problem::NotAnObject { why } => match why {
                NoJson::Empty => "empty_answer",
                NoJson::NoObject | NoJson::List => "not_an_object",
                NoJson::CutOff => "cut_off",
                NoJson::Broken { .. } => "broken_json",
            },
            Problem::MissingKey { .. } => "missing_key",
            Problem::DuplicateKey { .. } => "duplicate_key",
            Problem::UnknownKey { .. } => "unknown_key",
            Problem::Respelled { .. } => "respelled_key",
            Problem::WrongType { .. } => "wrong_type",
            Problem::UnknownNumber { .. } => "unknown_number",
            Problem::SameNumberTwice { .. } => "same_number_twice",
            Problem::BoxOutside { .. } => "box_outside",
            Problem::BoxClamped { .. } => "box_clamped",
            Problem::BoxEmpty { .. } => "box_empty",
            Problem::SwappedCorners { .. } => "swapped_corners",
            Problem::SwappedAxes { .. } => "swapped_axes",
            Problem::UnknownWord { .. } => "unknown_word",
            Problem::CutShort { .. } => "cut_short",
            Problem::SeveralBoxes { .. } => "several_boxes",
            Problem::LeftOut { .. } => "left_out",
            Problem::NamedTwice { .. } => "named_twice",
            Problem::NotShown { .. } => "not_shown",
            Problem::OutOfOrder { .. } => "out_of_order",
            Problem::CitesOthers { .. } => "cites_others",
            Problem::Unreadable { .. } => "unreadable",
        }
    }

    /// Whether something that was asked for is lacking because of it.
    pub fn needs_reask(&self) -> bool {
        use Problem::*;
        !matches!(
            self,
            UnknownKey { .. }
                | Respelled { .. }
                | BoxClamped { .. }
                | SwappedCorners { .. }
                | CutShort { .. }
                | CitesOthers { .. }
        )
    }

    pub(super) fn wrong_type(key: &str, said: &Value, wanted: &'static str) -> Self {
        Problem::WrongType { key: key.to_owned(), said: shown(&said.to_string()), wanted }
    }
}

impl From<NoJson> for Problem {
    fn from(why: NoJson) -> Self {
        Problem::NotAnObject { why }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NotAnObject { why } => why.fmt(formatter),
            Problem::MissingKey { key } => write!(formatter, "The key \"{key}\" is missing."),
            Problem::DuplicateKey { key } => {
                write!(formatter, "The key \"{key}\" stands there twice with different values.")
            }
            Problem::UnknownKey { key } => write!(formatter, "The key \"{key}\" was not asked for."),
            Problem::Respelled { said, key } => write!(formatter, "The key \"{said}\" should be \"{key}\"."),
            Problem::WrongType { key, said, wanted } => {
                write!(formatter, "\"{key}\" must be {wanted}, not {said}.")
            }
            Problem::UnknownNumber { key, number, allowed } => {
                let listed: Vec<String> = allowed.iter().map(u16::to_string).collect();
                let offered = if listed.is_empty() { "no dots".to_owned() } else { listed.join(", ") };
                write!(
                    formatter,
                    "\"{key}\" has the number {number}, which the picture does not show; it shows {offered}."
                )
            }
            Problem::SameNumberTwice { number, keys } => {
                let listed: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
                write!(
                    formatter,
                    "The number {number} is given to {}; a dot is one of them at most.",
                    listed.join(" and ")
                )
            }
            Problem::BoxOutside { key, said } => {
                write!(formatter, "The box of \"{key}\", {}, reaches beyond the picture.", Numbers(said))
            }
            Problem::BoxClamped { key } => {
                write!(formatter, "The box of \"{key}\" reaches a little beyond the picture.")
            }
            Problem::BoxEmpty { key, said } => {
                write!(formatter, "The box of \"{key}\", {}, has no inside.", Numbers(said))
            }
            Problem::SwappedCorners { key } => {
                write!(formatter, "The corners of the box of \"{key}\" stand in the wrong order.")
            }
            Problem::SwappedAxes { key } => {
                write!(formatter, "The box of \"{key}\" makes sense only with x and y exchanged; mind their order.")
            }
            Problem::UnknownWord { key, said, allowed } => {
                let listed: Vec<String> = allowed.iter().map(|word| format!("\"{word}\"")).collect();
                let offered = if listed.is_empty() { "null".to_owned() } else { listed.join(", ") };
                write!(formatter, "\"{key}\" must be one of {offered}, not \"{said}\".")
            }
            Problem::CutShort { key } => write!(formatter, "\"{key}\" is too long."),
            Problem::SeveralBoxes { key, count } => {
                write!(formatter, "\"{key}\" has {count} boxes; one or null was asked for.")
            }
            Problem::LeftOut { clips } => write!(formatter, "{} in no list.", Clips(clips)),
            Problem::NamedTwice { clips } => write!(formatter, "{} named more than once.", Clips(clips)),
            Problem::NotShown { clips } => write!(formatter, "{} not among the clips above.", Clips(clips)),
            Problem::OutOfOrder { clips } => {
                write!(formatter, "{} out of order: each list has clips that follow one another.", Clips(clips))
            }
            Problem::CitesOthers { clips } => {
                write!(formatter, "{} cited in the description of a list without them.", Clips(clips))
            }
            Problem::Unreadable { why } => formatter.write_str(why),
        }
    }
}

/// Clips and their verb.
struct Clips<'a>(&'a [u32]);

impl fmt::Display for Clips<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More would not help.
        const MOST: usize = 12;
        let named: Vec<String> = self.0.iter().take(MOST).map(|clip| format!("c{clip}")).collect();
        let more = if self.0.len() > MOST { " and others" } else { "" };
        let verb = if self.0.len() == 1 { "is" } else { "are" };
        write!(formatter, "{}{more} {verb}", named.join(", "))
    }
}

/// Four numbers as a model writes them.
struct Numbers<'a>(&'a [f64; 4]);

impl fmt::Display for Numbers<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth] = self.0;
        write!(formatter, "[{first}, {second}, {third}, {fourth}]")
    }
}
