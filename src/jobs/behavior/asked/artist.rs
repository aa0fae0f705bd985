//! Clips as pictures: read in the order of the clips, drawn beside the asking.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::behavior::bodies::Bodies;
use crate::behavior::clip_pictures::{ClipView, Place};
use crate::jobs::JobError;
use crate::model::Clip;
use crate::recording::{FrameSource, GrayFrame};
use crate::vlm::Picture;
use crate::vlm::canvas::Levels;

/// Frames from which the brightness of all pictures is taken.
const TYPICAL_FRAMES: u32 = 9;

/// Draws clips.
pub(super) struct Artist {
    /// One reads at a time, in the order in which they came: a video is read forward.
    source: Arc<Mutex<Box<dyn FrameSource + Send>>>,
    sketch: Arc<Sketch>,
}

/// What all pictures share.
struct Sketch {
    view: ClipView,
    levels: Levels,
    names: Vec<String>,
}

/// A clip's pictures with the seconds from its start.
pub(super) type Drawn = Vec<(f64, Arc<Picture>)>;

impl Artist {
    pub fn new(mut source: Box<dyn FrameSource + Send>, frame_count: u32, view: ClipView, names: Vec<String>) -> Self {
        let frames = (0..TYPICAL_FRAMES).map(|at| frame_count * at / TYPICAL_FRAMES);
        let shown: Vec<GrayFrame> = frames.filter_map(|frame| source.read(frame).ok()).collect();
        let levels = Levels::robust(&shown.iter().collect::<Vec<_>>());
        Self { source: Arc::new(Mutex::new(source)), sketch: Arc::new(Sketch { view, levels, names }) }
    }

    /// The pictures of a clip; frames that cannot be read are left out. `is_in_image` tells whether the bodies are measured in
    /// the pixels of the pictures: else nobody is marked.
    ///
    /// # Errors
    /// When none of its frames can be read.
    pub async fn draw(&self, bodies: &Bodies, clip: &Clip, is_in_image: bool) -> Result<Drawn, JobError> {
        let frames = self.sketch.view.frames(clip.frames(), bodies.fps);
        let places: Vec<Vec<Option<Place>>> = frames.iter().map(|frame| places(bodies, *frame, is_in_image)).collect();
        let (clip, fps, sketch) = (*clip, bodies.fps, Arc::clone(&self.sketch));
        let mut source = Arc::clone(&self.source).lock_owned().await;
        let drawn = spawn_blocking(move || {
            let mut failed = None;
            let mut read = Vec::new();
            for (frame, places) in frames.into_iter().zip(places) {
                match source.read(frame) {
                    Ok(shown) => read.push((frame, shown, places)),
                    Err(error) => failed = Some(error),
                }
            }
            // The next clip is read while this one is drawn.
            drop(source);
            match failed {
                Some(error) if read.is_empty() => Err(JobError::from(error)),
                _ => Ok(sketch.drawn(&clip, fps, &read)),
            }
        });
        drawn.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

impl Sketch {
    fn drawn(&self, clip: &Clip, fps: f64, read: &[(u32, GrayFrame, Vec<Option<Place>>)]) -> Drawn {
        let drawn = read.iter().map(|(frame, shown, places)| {
            let picture = self.view.picture(shown, self.levels, &self.names, places, clip.animal.index());
            (f64::from(frame - clip.start_frame) / fps, Arc::new(picture))
        });
        drawn.collect()
    }
}

/// Where each animal is in a frame.
fn places(bodies: &Bodies, frame: u32, is_in_image: bool) -> Vec<Option<Place>> {
    let place = |body: &crate::behavior::bodies::Body| {
        let center = body.centre.get(frame as usize).copied().filter(|_| is_in_image)?;
        center[0].is_finite().then_some(Place { center, length: body.length })
    };
    bodies.animals.iter().map(place).collect()
}
