//! Pictures of a recording for the window: decoded, mixed and scaled by threads of their own, so that nothing waits for them.
//!
//! A [`FrameService`] is told what is wanted as a whole ([`FrameService::want`]), and delivers it as events
//! ([`FrameService::poll`]). It holds decoded frames within a budget of bytes and uses spare time to decode what is likely to
//! be wanted next. It does not know what shows its pictures: whoever does is woken by a callback.
//!
//! Invariants: no call here waits for a file, a decoder or a drawing; a picture that is not wanted any more is never
//! delivered; a picture is delivered once as long as it stays wanted; the cache exceeds its budget by the frame in work at the
//! most. Nothing here is used for detection: levels are for looking at.

mod area;
mod cache;
mod compose;
mod look;
mod picture;
mod shades;
mod state;
pub mod store;
mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use self::state::{ChannelState, State};
use self::work::{Decoded, PaintJob};
use crate::model::CameraId;
use crate::recording::{CameraMedia, Channel, Recording};
use crate::store::RecordingInfo;

pub use self::look::{Look, Mode};
pub use self::picture::{FrameEvent, Picture, PictureSpec, PixelRect, Wanted};

/// Fewest and most threads of each kind: one of two would wait for a slow file while the other works.
const THREADS: (usize, usize) = (2, 8);

/// Is told that there are events to take; called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Draws the frames of one recording in the background.
pub struct FrameService {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Something changed that a waiting thread may be able to work on.
    changed: Condvar,
    wake: Wake,
}

impl FrameService {
    /// Starts the threads; files are opened when one of their frames is wanted. Cameras are matched with the project's by
    /// name, and [`CameraId`] counts the project's. Where a video has a frame store under `store_root`
    /// ([`store::default_root`]), its frames are read from there; one that is made meanwhile is used as it grows. `wake` is
    /// called whenever there is something to take by [`FrameService::poll`].
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn new(
        recording: &Recording,
        info: &RecordingInfo,
        budget_bytes: usize,
        store_root: Option<PathBuf>,
        wake: Wake,
    ) -> io::Result<Self> {
        let media = |name: &str| recording.cameras.iter().find(|camera| camera.name == name);
        let cameras: Vec<Option<&CameraMedia>> = info.cameras.iter().map(|camera| media(&camera.name)).collect();
        Self::with_cameras(&cameras, budget_bytes, store_root, wake)
    }

    fn with_cameras(
        cameras: &[Option<&CameraMedia>],
        budget_bytes: usize,
        store_root: Option<PathBuf>,
        wake: Wake,
    ) -> io::Result<Self> {
        let mut channels = BTreeMap::new();
        for (index, camera) in (0u8..).zip(cameras) {
            for (channel, source) in camera.iter().flat_map(|camera| camera.channels()) {
                if channel != Channel::Mask {
                    channels.insert((index, channel), ChannelState::new(source.clone()));
                }
            }
        }
        let state = Mutex::new(State::new(channels, budget_bytes, store_root));
        let shared = Arc::new(Shared { state, changed: Condvar::new(), wake });
        let service = Self { shared };
        let cores = std::thread::available_parallelism().map_or(THREADS.0, |cores| cores.get());
        // Decoding has threads of its own: they wait for files and decoders, and pictures of what is decoded must not.
        for index in 0..cores.clamp(THREADS.0, THREADS.1) {
            service.spawn(format!("frames-decode-{index}"), Shared::decode_until_stopped)?;
            service.spawn(format!("frames-paint-{index}"), Shared::paint_until_stopped)?;
        }
        Ok(service)
    }

    fn spawn(&self, name: String, work: fn(&Shared)) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        std::thread::Builder::new().name(name).spawn(move || work(&shared)).map(|_| ())
    }

    /// Says what is wanted from now on, in place of all that was wanted before. What was delivered and is still wanted is
    /// not delivered again.
    pub fn want(&self, wanted: Wanted) {
        self.shared.lock().want(wanted);
        self.shared.changed.notify_all();
    }

    /// Takes what there is to tell, the oldest first.
    pub fn poll(&self) -> Vec<FrameEvent> {
        self.shared.lock().take_events()
    }

    /// Whether a frame of a camera can be drawn without decoding anything, in the way the camera was last wanted.
    pub fn is_ready(&self, camera: CameraId, frame: u32) -> bool {
        self.shared.lock().is_ready((camera.0, frame))
    }

    /// Bytes of decoded frames and of pictures that were not taken yet.
    pub fn memory_bytes(&self) -> usize {
        self.shared.lock().bytes()
    }

    /// The most bytes of decoded frames that were ever held at once.
    pub fn peak_cache_bytes(&self) -> usize {
        self.shared.lock().most_bytes()
    }
}

impl Drop for FrameService {
    /// Threads end after what they have in hand; nobody waits for them, and the last one closes the files.
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to do; `None` when the service is gone.
    fn next<Job>(&self, take: impl Fn(&mut State) -> Option<Job>) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_stopped {
                return None;
            }
            if let Some(job) = take(&mut state) {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, finish: impl FnOnce(&mut State) -> bool) {
        let has_news = finish(&mut self.lock());
        self.changed.notify_all();
        if has_news {
            (self.wake)();
        }
    }

    fn decode_until_stopped(&self) {
        while let Some(job) = self.next(State::next_decode) {
            let (source, frame) = (job.source, job.frame);
            // Decoders of foreign bytes: one that gives up loses its frame, not the window.
            let decoded = catch_unwind(AssertUnwindSafe(|| work::decode(job)));
            let decoded = decoded.unwrap_or_else(|_| Decoded::broken(source, frame));
            self.finish(|state| state.finish_decode(decoded));
        }
    }

    fn paint_until_stopped(&self) {
        while let Some(job) = self.next(State::next_paint) {
            match job {
                PaintJob::Paint { spec, layers } => {
                    let picture = work::paint(&spec, &layers);
                    self.finish(|state| state.finish_paint(picture));
                }
                PaintJob::Band(job) => {
                    let plane = work::band(&job);
                    self.finish(|state| {
                        state.finish_band(job.key, plane);
                        false
                    });
                }
            }
        }
    }
}
