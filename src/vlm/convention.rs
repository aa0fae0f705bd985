//! How a model writes places in a picture, and how that maps to pixels of the picture that was sent.
//!
//! The convention is a setting of the model, never guessed from a reply. Pixels: (0, 0) is the centre of the top-left pixel.

use serde::{Deserialize, Serialize};

/// How a model writes boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// `[x1, y1, x2, y2]` in pixels of the picture as the server processes it: sides rounded to multiples of 28 (Qwen2.5-VL).
    Pixels,
    /// `[x1, y1, x2, y2]`, 0 to 1000 over each side (Qwen3-VL, Qwen3.5).
    #[default]
    Thousand,
    /// `[y1, x1, y2, x2]`, 0 to 1000 over each side (Gemini).
    ThousandYx,
}
