//! The films of a page: which pictures they are made of, how large those are, and which one is shown now.

use std::collections::HashSet;

use egui::{TextureId, Ui};

use crate::app::session::Session;
use crate::app::timeline::Layers;
use crate::jobs::clip_loops::{ClipLoop, PICTURES_PER_SEC, clip_loop};
use crate::jobs::frames::{Look, PictureSpec};
use crate::jobs::timeline::Target;
use crate::model::CameraId;
use crate::ui::loops::Loops;

/// All pictures of a page take at most so much, bytes, as the screen's memory holds them.
const MOST_BYTES: f64 = 64.0 * 1024.0 * 1024.0;
/// Sides of pictures go by such steps, px, so that a window that is resized a little keeps them.
const STEP_PX: u32 = 16;
/// After all films are done, the last pictures stay for so many more.
const REST: usize = 4;

/// The films of a page.
#[derive(Default)]
pub(super) struct Films {
    /// What they are of: the timeline's revision, whether animals are known, the page, and pixels of a side.
    key: Option<(u64, bool, Vec<Target>, u32)>,
    films: Vec<Film>,
    /// All pictures, in the order in which frames are best read.
    specs: Vec<PictureSpec>,
    loops: Loops,
    /// Pictures from one beginning to the next.
    period: usize,
    /// Which picture is shown, from 0.
    step: usize,
}

/// One of them.
struct Film {
    speed: f64,
    pictures: Vec<PictureSpec>,
}

impl Films {
    /// Makes the films of a page, of so many points a side, go on to the present moment.
    pub(super) fn show(&mut self, ui: &Ui, session: &Session, layers: &Layers, page: &[Target], side: f32) {
        let side_px = (side * ui.pixels_per_point()) as u32;
        self.refresh(session, layers, page, side_px);
        if let Some(service) = &session.timeline.grid.pictures {
            self.loops.show(ui.ctx(), service, &self.specs);
        }
        let now = ui.input(|input| input.time) * PICTURES_PER_SEC;
        self.step = now as usize % self.period.max(1);
        ui.ctx().request_repaint_after_secs(((1.0 - now.fract()) / PICTURES_PER_SEC) as f32);
    }

    fn refresh(&mut self, session: &Session, layers: &Layers, page: &[Target], side_px: u32) {
        let scene = session.timeline.scene.as_ref();
        let is_same = self.key.as_ref().is_some_and(|(revision, has_scene, of, px)| {
            (*revision, *has_scene, of.as_slice(), *px) == (session.timeline.revision, scene.is_some(), page, side_px)
        });
        if is_same {
            return;
        }
        self.key = Some((session.timeline.revision, scene.is_some(), page.to_vec(), side_px));
        let camera = scene.map_or(CameraId(0), |scene| scene.camera);
        let image_px = session.info.cameras.get(camera.index()).map_or([1, 1], |camera| camera.size_px);
        let film_of = |target: &Target| -> Option<ClipLoop> {
            let segment = layers.timeline.find(*target)?;
            let body = scene.filter(|scene| scene.is_in_pixels);
            let body = body.and_then(|scene| scene.bodies.animals.get(segment.animal.index()));
            Some(clip_loop(segment.frames(), session.info.fps, body, image_px))
        };
        let films: Vec<Option<ClipLoop>> = page.iter().map(film_of).collect();
        let count: usize = films.iter().flatten().map(|film| film.frames.len()).sum();
        let size_px = [side_within(side_px, count); 2];
        let pictures = |film: &ClipLoop| {
            let region = film.region;
            let spec = |frame: &u32| PictureSpec { camera, frame: *frame, look: Look::default(), region, size_px };
            film.frames.iter().map(spec).collect::<Vec<_>>()
        };
        let film = |film: Option<ClipLoop>| match film {
            Some(film) => Film { speed: film.speed, pictures: pictures(&film) },
            None => Film { speed: 1.0, pictures: Vec::new() },
        };
        self.films = films.into_iter().map(film).collect();
        self.period = self.films.iter().map(|film| film.pictures.len()).max().unwrap_or(0) + REST;
        self.specs = self.films.iter().flat_map(|film| film.pictures.iter().copied()).collect();
        // Once through the video, whatever film a frame is of.
        self.specs.sort_by_key(|spec| spec.frame);
        // Two animals may share a picture.
        let mut seen = HashSet::new();
        self.specs.retain(|spec| seen.insert(*spec));
    }

    /// The picture of a film that is shown now, or the last one before it that is here, and what it is of.
    pub(super) fn picture(&self, at: usize) -> Option<(TextureId, &PictureSpec)> {
        let film = self.films.get(at)?;
        let last = film.pictures.len().checked_sub(1)?.min(self.step);
        film.pictures[..=last].iter().rev().find_map(|spec| Some((self.loops.texture(spec)?, spec)))
    }

    /// How far a film is, 0 to 1.
    pub(super) fn share(&self, at: usize) -> f32 {
        let count = self.films.get(at).map_or(0, |film| film.pictures.len());
        if count == 0 { 0.0 } else { (self.step + 1).min(count) as f32 / count as f32 }
    }

    /// How many times faster than life a film is.
    pub(super) fn speed(&self, at: usize) -> f64 {
        self.films.get(at).map_or(1.0, |film| film.speed)
    }

    /// Whether no picture of a film can be read.
    pub(super) fn is_unreadable(&self, at: usize) -> bool {
        let Some(film) = self.films.get(at) else { return false };
        !film.pictures.is_empty() && film.pictures.iter().all(|spec| self.loops.is_unreadable(spec))
    }

    /// How many pictures are here, and how many are wanted.
    #[cfg(test)]
    pub(super) fn progress(&self) -> (usize, usize) {
        self.loops.progress()
    }
}

/// Pixels of a side so that so many pictures stay within the memory.
fn side_within(side_px: u32, count: usize) -> u32 {
    let most = (MOST_BYTES / 4.0 / count.max(1) as f64).sqrt() as u32;
    (side_px.min(most) / STEP_PX * STEP_PX).max(STEP_PX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_a_page_stay_within_the_memory() {
        for (side, count) in [(320, 24), (320, 576), (640, 576), (100, 576), (10, 3)] {
            let found = side_within(side, count);
            assert!(f64::from(found * found * 4) * count as f64 <= MOST_BYTES, "{side} {count}");
            assert!(found >= STEP_PX);
        }
        assert_eq!(side_within(170, 24), 160);
    }
}
