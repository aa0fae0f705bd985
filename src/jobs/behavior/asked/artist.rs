//! Clips as pictures: read in the order of the clips, drawn beside the asking.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::behavior::clip_pictures::{Backdrop, Cast, ClipView, Place};
use crate::jobs::JobError;
use crate::jobs::behavior::sightings::Sightings;
use crate::model::Clip;
use crate::recording::{FrameSource, GrayFrame};
use crate::vlm::Picture;
use crate::vlm::canvas::Levels;

/// Frames from which brightness and background of all pictures are taken.
const TYPICAL_FRAMES: u32 = 15;

/// A trail goes back so far, s.
const TRAIL_SECS: f64 = 1.0;

/// Draws clips.
pub(in crate::jobs::behavior) struct Artist {
    /// One reads at a time, in the order in which they came: a video is read forward.
    source: Arc<Mutex<Box<dyn FrameSource + Send>>>,
    sketch: Arc<Sketch>,
}

/// What all pictures share.
struct Sketch {
    view: ClipView,
    levels: Levels,
    backdrop: Option<Backdrop>,
    names: Vec<String>,
}

/// A frame that is to be drawn.
struct Sitting {
    frame: u32,
    places: Vec<Option<Place>>,
    trail: Vec<[f32; 2]>,
}

/// A clip's pictures with the seconds from its start.
pub(in crate::jobs::behavior) type Drawn = Vec<(f64, Arc<Picture>)>;

impl Artist {
    pub fn new(mut source: Box<dyn FrameSource + Send>, frame_count: u32, view: ClipView, names: Vec<String>) -> Self {
        let frames = (0..TYPICAL_FRAMES).map(|at| frame_count * at / TYPICAL_FRAMES);
        let shown: Vec<GrayFrame> = frames.filter_map(|frame| source.read(frame).ok()).collect();
        let levels = view.preparation.levels(&shown);
        let backdrop = view.preparation.is_without_background.then(|| Backdrop::of(&shown, levels)).flatten();
        let sketch = Sketch { view, levels, backdrop, names };
        Self { source: Arc::new(Mutex::new(source)), sketch: Arc::new(sketch) }
    }

    /// The pictures of a clip; frames that cannot be read are left out, and who is nowhere is not marked.
    ///
    /// # Errors
    /// When none of its frames can be read.
    pub async fn draw(&self, seen: &Sightings, clip: &Clip) -> Result<Drawn, JobError> {
        let frames = self.sketch.view.frames(clip.frames(), seen.fps);
        let has_trail = self.sketch.view.preparation.has_trail;
        let sitting = |frame: u32| Sitting {
            frame,
            places: seen.places(self.sketch.names.len(), frame),
            trail: if has_trail { trail(seen, clip, frame) } else { Vec::new() },
        };
        let sittings: Vec<Sitting> = frames.into_iter().map(sitting).collect();
        let (clip, fps, sketch) = (*clip, seen.fps, Arc::clone(&self.sketch));
        let mut source = Arc::clone(&self.source).lock_owned().await;
        let drawn = spawn_blocking(move || {
            let mut failed = None;
            let mut read = Vec::new();
            for sitting in sittings {
                match source.read(sitting.frame) {
                    Ok(shown) => read.push((sitting, shown)),
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
    fn drawn(&self, clip: &Clip, fps: f64, read: &[(Sitting, GrayFrame)]) -> Drawn {
        let focal = clip.animal.index();
        let drawn = read.iter().map(|(Sitting { frame, places, trail }, shown)| {
            let bare = self.backdrop.as_ref().map(|backdrop| backdrop.removed_from(shown, places));
            let cast = Cast { places, focal, trail };
            let picture = self.view.picture(bare.as_ref().unwrap_or(shown), self.levels, &self.names, &cast);
            (f64::from(frame - clip.start_frame) / fps, Arc::new(picture))
        });
        drawn.collect()
    }
}

/// Where the focal animal was in the clip up to a frame, for a second.
fn trail(seen: &Sightings, clip: &Clip, frame: u32) -> Vec<[f32; 2]> {
    let first = frame.saturating_sub((TRAIL_SECS * seen.fps).round() as u32).max(clip.start_frame);
    (first..=frame).filter_map(|frame| Some(seen.place(clip.animal.index(), frame)?.center)).collect()
}
