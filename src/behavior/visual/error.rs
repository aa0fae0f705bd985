//! What keeps an image encoder from being used.

use thiserror::Error;

/// Why an image encoder describes nothing. Each message goes on where "cannot be used:" ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// No network at all.
    #[error("the file holds no ONNX network ({message})")]
    NoNetwork {
        /// What the reader says.
        message: String,
    },
    /// Only half of it.
    #[error("its weights lie in other files; export it as one")]
    ScatteredWeights,
    /// None or several.
    #[error("it has {count} inputs, where one picture goes in")]
    Inputs {
        /// How many.
        count: usize,
    },
    /// Something else goes in.
    #[error("its input {input} is no picture: N×C×H×W or N×H×W×C, with 1 or 3 channels, of F32")]
    NoPicture {
        /// Shape and type.
        input: String,
    },
    /// Nobody knows how large a picture.
    #[error("its input {input} leaves height, width or channels open; export it with fixed ones")]
    OpenSize {
        /// Shape and type.
        input: String,
    },
    /// It does something that cannot be done here, or not with one picture at a time.
    #[error("it cannot be run ({message})")]
    NotRun {
        /// What the runtime says.
        message: String,
    },
    /// More than can be clustered, or nothing.
    #[error("it gives {count} numbers for a picture, where 1 to {most} can be clustered")]
    Outputs {
        /// How many.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// Numbers that are not one per channel, or no deviations.
    #[error("--encoder-mean and --encoder-sd need {channels} numbers each, the second above 0")]
    Scale {
        /// Channels of the network's input.
        channels: usize,
    },
}
