//! What each view shows: the newest picture that came for it, which stays until a newer one is there. `textures.rs` uploads.
//!
//! A picture is painted where its region lies in the view's own coordinates, so zooming and panning move it at once, and the
//! sharper one replaces it when it comes. What is drawn over it belongs to the picture's frame, never to a newer choice.

use std::collections::HashMap;

use egui::{Context, TextureId};

use super::textures::Texture;
use crate::app::App;
use crate::app::session::Session;
use crate::jobs::frames::{PictureSpec, PixelRect, Wanted};
use crate::model::CameraId;

/// What a view shows.
pub struct Shown {
    texture: Texture,
    /// What was asked for.
    pub spec: PictureSpec,
    /// The part of the image that it covers.
    pub region: PixelRect,
}

impl Shown {
    /// The texture.
    pub fn texture(&self) -> TextureId {
        self.texture.id()
    }
}

/// The pictures of all views.
#[derive(Default)]
pub struct Pictures {
    shown: HashMap<CameraId, Shown>,
    wanted: Wanted,
    /// Since when a view waits for its picture, seconds of the app's clock.
    waiting_since: HashMap<CameraId, f64>,
    owner: Option<usize>,
}

/// So long a view may wait before it says so, seconds.
const QUIET_SECS: f64 = 0.1;

/// So many timepoints before and behind the shown one are decoded early.
const AROUND: i64 = 4;

impl Pictures {
    /// What a view shows.
    pub fn of(&self, camera: CameraId) -> Option<&Shown> {
        self.shown.get(&camera)
    }

    /// Whether a view has waited for a frame so long that it should say so.
    pub fn is_late(&self, camera: CameraId, now_secs: f64) -> bool {
        self.waiting_since.get(&camera).is_some_and(|since| now_secs - since >= QUIET_SECS)
    }

    /// Takes in what the frame service has made.
    pub fn take_in(&mut self, context: &Context, app: &mut App) {
        let Some(service) = app.pictures().cloned() else {
            self.shown.clear();
            self.waiting_since.clear();
            self.owner = None;
            return;
        };
        // Another project's pictures are no pictures of this one.
        let owner = std::sync::Arc::as_ptr(&service) as usize;
        if self.owner != Some(owner) {
            self.shown.clear();
            self.waiting_since.clear();
            self.wanted = Wanted::default();
            self.owner = Some(owner);
        }
        let mut textures: HashMap<CameraId, Texture> = HashMap::new();
        for picture in app.take_pictures() {
            let camera = picture.spec.camera;
            let old = textures.remove(&camera).or_else(|| self.shown.remove(&camera).map(|shown| shown.texture));
            let texture = Texture::upload(context, old, camera, &picture);
            self.shown.insert(camera, Shown { texture, spec: picture.spec, region: picture.region });
        }
    }

    /// Whether every view shows the frame that it should, as far as its picture can be had.
    pub fn are_there(&self, session: &Session) -> bool {
        let frame = session.cursor.frame;
        self.wanted.now.iter().all(|spec| {
            let is_shown = self.shown.get(&spec.camera).is_some_and(|shown| shown.spec.frame == frame);
            let cannot =
                session.why_no_picture(spec.camera).is_some() || session.unreadable.contains_key(&(spec.camera, frame));
            is_shown || cannot || spec.frame != frame
        })
    }

    /// Tells the frame service what the views want now, and what they will want soon.
    pub fn ask(&mut self, session: &Session, now: Vec<PictureSpec>, now_secs: f64) {
        let Some(service) = &session.pictures else { return };
        self.waiting_since.retain(|camera, _| now.iter().any(|spec| spec.camera == *camera));
        for spec in &now {
            if self.shown.get(&spec.camera).is_some_and(|shown| shown.spec.frame == spec.frame) {
                self.waiting_since.remove(&spec.camera);
            } else {
                self.waiting_since.entry(spec.camera).or_insert(now_secs);
            }
        }
        let wanted = Wanted { soon: soon(session, &now), now };
        if wanted != self.wanted {
            service.want(wanted.clone());
            self.wanted = wanted;
        }
    }
}

/// Frames that are likely to be shown next: in the direction of the last step first, then the next ones of the queue.
fn soon(session: &Session, now: &[PictureSpec]) -> Vec<(CameraId, u32)> {
    let cursor = &session.cursor;
    let ahead = if cursor.is_playing() { 3 * AROUND } else { AROUND };
    let direction = i64::from(cursor.direction);
    let steps = (1..=ahead).map(|step| step * direction).chain((1..=AROUND).map(|step| -step * direction));
    let near = steps.map(|step| i64::from(cursor.frame) + step);
    let mut frames: Vec<u32> =
        near.filter_map(|frame| u32::try_from(frame).ok()).filter(|frame| *frame < cursor.frame_count).collect();
    if !cursor.is_playing() {
        frames.extend(session.queue.upcoming(cursor.frame, 3));
    }
    let cameras: Vec<CameraId> = now.iter().map(|spec| spec.camera).collect();
    frames.into_iter().flat_map(|frame| cameras.iter().map(move |camera| (*camera, frame))).collect()
}
