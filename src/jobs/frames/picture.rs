//! What is asked for and what comes back: parts of pictures at the size of a pane, and events.

use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use super::look::Look;
use crate::model::CameraId;
use crate::recording::Channel;

/// A rectangle in pixels of a camera's picture, by its edges: (0, 0) is the centre of the top-left pixel, so that a whole
/// picture of W × H reaches from (−0.5, −0.5) to (W − 0.5, H − 0.5). It may reach outside the picture.
#[derive(Clone, Copy, Debug)]
pub struct PixelRect {
    /// Left edge, px.
    pub x0: f64,
    /// Top edge, px.
    pub y0: f64,
    /// Right edge, px.
    pub x1: f64,
    /// Bottom edge, px.
    pub y1: f64,
}

impl PixelRect {
    /// The whole of a picture.
    pub fn whole(size_px: [u32; 2]) -> Self {
        Self { x0: -0.5, y0: -0.5, x1: f64::from(size_px[0]) - 0.5, y1: f64::from(size_px[1]) - 0.5 }
    }

    /// Pixels across.
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// Pixels down.
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Whether it is a rectangle with something in it.
    pub fn is_valid(&self) -> bool {
        [self.x0, self.y0, self.x1, self.y1].iter().all(|edge| edge.is_finite())
            && self.width() > 0.0
            && self.height() > 0.0
    }

    fn bits(&self) -> [u64; 4] {
        [self.x0, self.y0, self.x1, self.y1].map(f64::to_bits)
    }
}

impl PartialEq for PixelRect {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for PixelRect {}

impl Hash for PixelRect {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits().hash(state);
    }
}

/// One picture that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PictureSpec {
    /// The camera, as the project counts them.
    pub camera: CameraId,
    /// The frame.
    pub frame: u32,
    /// Channels and levels.
    pub look: Look,
    /// The part of the camera's picture.
    pub region: PixelRect,
    /// Device pixels across and down that the part is drawn at, at most [`PictureSpec::MOST_PX`] each.
    pub size_px: [u32; 2],
}

impl PictureSpec {
    /// Most device pixels of a side; more is drawn at this.
    pub const MOST_PX: u32 = 8192;

    /// The size that it is drawn at.
    pub(super) fn drawn_size_px(&self) -> [u32; 2] {
        self.size_px.map(|side| side.clamp(1, Self::MOST_PX))
    }

    /// Pixels of the camera's picture that become one device pixel, along the axis where they are fewer.
    pub(super) fn shrinking(&self) -> f64 {
        let [width, height] = self.drawn_size_px().map(f64::from);
        (self.region.width() / width).min(self.region.height() / height)
    }
}

/// A picture that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What was asked for.
    pub spec: PictureSpec,
    /// The part of the camera's picture that it covers.
    pub region: PixelRect,
    /// Red, green, blue and opacity of each pixel, row by row: opaque, or all zero outside the camera's picture.
    pub rgba: Vec<u8>,
    /// Pixels across and down.
    pub size_px: [u32; 2],
}

/// All that is wanted at a moment; it takes the place of what was wanted before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Pictures to draw, the most urgent first.
    pub now: Vec<PictureSpec>,
    /// Frames to have at hand when nothing else is to do, the likeliest first: neighbours, those ahead while playing, the
    /// next of the queue.
    pub soon: Vec<(CameraId, u32)>,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameEvent {
    /// A picture that is wanted.
    Picture(Arc<Picture>),
    /// A frame of a camera that does not decode; told once.
    Unreadable {
        /// The camera.
        camera: CameraId,
        /// The frame.
        frame: u32,
        /// Why, as a sentence.
        reason: String,
    },
    /// The pictures of a channel cannot be had at all; told once. The camera's other channel, if it has one, is shown
    /// instead, and the other cameras are not touched.
    CameraMissing {
        /// The camera.
        camera: CameraId,
        /// The channel.
        channel: Channel,
        /// The file, or the pattern of files.
        path: PathBuf,
        /// Whether the file is not there at all.
        is_gone: bool,
        /// Why, and what to do.
        reason: String,
    },
}
