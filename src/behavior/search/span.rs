//! A length of time, in seconds or frames.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time. Frames stay frames, so that what a person wrote is shown again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// Seconds, at least 0.
    Secs(f64),
    /// Frames.
    Frames(u32),
}

/// The longest span, s: a month.
const LONGEST_SECS: f64 = 2_678_400.0;

/// Comparisons in frames forgive what is lost in turning decimal seconds into binary numbers.
const ROUNDING_FRAMES: f64 = 1e-6;

/// Units, and how many seconds each has; frames have none.
const UNITS: [(&str, Option<f64>); 16] = [
    ("s", Some(1.0)),
    ("sec", Some(1.0)),
    ("secs", Some(1.0)),
    ("second", Some(1.0)),
    ("seconds", Some(1.0)),
    ("ms", Some(0.001)),
    ("min", Some(60.0)),
    ("mins", Some(60.0)),
    ("minute", Some(60.0)),
    ("minutes", Some(60.0)),
    ("h", Some(3600.0)),
    ("hour", Some(3600.0)),
    ("hours", Some(3600.0)),
    ("f", None),
    ("frame", None),
    ("frames", None),
];

impl Span {
    /// Whether a word is a unit of time.
    pub(super) fn is_unit(word: &str) -> bool {
        UNITS.iter().any(|(unit, _)| *unit == word.to_lowercase())
    }

    /// A number with its unit; `None` where it is no length of time.
    pub(super) fn of(number: &str, unit: &str) -> Option<Self> {
        let (_, secs) = UNITS.iter().find(|(known, _)| *known == unit.to_lowercase())?;
        match secs {
            Some(secs) => {
                let value = number.parse::<f64>().ok()? * secs;
                (0.0..=LONGEST_SECS).contains(&value).then_some(Self::Secs(value))
            }
            None => number.parse().ok().map(Self::Frames),
        }
    }

    /// Whether so many frames are at least this long.
    pub fn is_reached_by(self, frames: u32, fps: f64) -> bool {
        f64::from(frames) >= self.frames(fps) - ROUNDING_FRAMES
    }

    /// Whether so many frames are at most this long.
    pub fn holds(self, frames: u32, fps: f64) -> bool {
        f64::from(frames) <= self.frames(fps) + ROUNDING_FRAMES
    }

    fn frames(self, fps: f64) -> f64 {
        match self {
            Self::Secs(secs) => secs * fps,
            Self::Frames(frames) => f64::from(frames),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secs(secs) => write!(formatter, "{secs} s"),
            Self::Frames(1) => formatter.write_str("1 frame"),
            Self::Frames(frames) => write!(formatter, "{frames} frames"),
        }
    }
}

/// A text that is no length of time.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{text}\" is no length of time; write it like 2 s, 0.5 s, 500 ms, 1 min or 30 frames")]
pub struct NoSpan {
    /// The text.
    pub text: String,
}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let whole = text.trim();
        let split = whole.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(whole.len());
        let (number, unit) = whole.split_at(split);
        Self::of(number, unit.trim()).ok_or_else(|| NoSpan { text: text.to_owned() })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
