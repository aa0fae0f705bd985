//! Frame ranges as they are typed: `A..B`, 0-based, `B` exclusive, either end may be left out.

use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

/// A range of frames whose ends may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameRange {
    /// The first frame; `None` is the recording's first.
    pub start: Option<u32>,
    /// The first frame that is not in the range; `None` is the recording's end.
    pub end: Option<u32>,
}

/// Why a frame range cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FrameRangeError {
    /// The text is not of the form `A..B`.
    #[error("\"{text}\" is not a frame range; write A..B (0-based, B exclusive), A.. or ..B")]
    Syntax {
        /// What was typed.
        text: String,
    },
    /// The range reaches beyond the recording.
    #[error("frames {start}..{end} reach outside the recording, which has frames 0..{frame_count}")]
    Outside {
        /// First frame asked for.
        start: u32,
        /// End asked for, exclusive.
        end: u32,
        /// Frames in the recording.
        frame_count: u32,
    },
    /// The range holds no frame.
    #[error("frames {start}..{end} are an empty range; the end is exclusive and must be larger than the start")]
    Empty {
        /// First frame asked for.
        start: u32,
        /// End asked for, exclusive.
        end: u32,
    },
}

impl FrameRange {
    /// The frames of a recording of `frame_count` frames that the range names.
    ///
    /// # Errors
    /// When the range is empty or reaches outside the recording.
    pub fn within(self, frame_count: u32) -> Result<Range<u32>, FrameRangeError> {
        let start = self.start.unwrap_or(0);
        let end = self.end.unwrap_or(frame_count);
        if end > frame_count || start > frame_count {
            return Err(FrameRangeError::Outside { start, end, frame_count });
        }
        if start >= end && frame_count > 0 {
            return Err(FrameRangeError::Empty { start, end });
        }
        Ok(start..end)
    }
}

impl FromStr for FrameRange {
    type Err = FrameRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = || FrameRangeError::Syntax { text: text.to_owned() };
        let (start, end) = text.split_once("..").ok_or_else(syntax)?;
        let side = |side: &str| match side.trim() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| syntax()),
        };
        Ok(Self { start: side(start)?, end: side(end)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ends_take_the_recordings() {
        let whole: FrameRange = "..".parse().unwrap();
        assert_eq!(whole.within(60), Ok(0..60));
        let tail: FrameRange = "17..".parse().unwrap();
        assert_eq!(tail.within(60), Ok(17..60));
    }

    #[test]
    fn ranges_outside_or_empty_are_named() {
        let outside: FrameRange = "10..61".parse().unwrap();
        assert_eq!(
            outside.within(60).unwrap_err().to_string(),
            "frames 10..61 reach outside the recording, which has frames 0..60"
        );
        let empty: FrameRange = "10..10".parse().unwrap();
        assert!(matches!(empty.within(60), Err(FrameRangeError::Empty { .. })));
        assert!("10-20".parse::<FrameRange>().is_err());
        assert!("a..b".parse::<FrameRange>().is_err());
    }
}
