//! Pictures that are shown over and over: each is made once, kept as a texture for as long as it is wanted, and forgotten with
//! those that are not wanted any more.
//!
//! What is wanted bounds the memory: whoever asks chooses how many pictures of which size that are. Decoded frames are the
//! frame service's, within its own budget; it is asked only for what is not here yet, so that it need not keep the others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use egui::{Context, TextureId};

use super::textures::Texture;
use crate::jobs::frames::{FrameEvent, FrameService, PictureSpec};
use crate::model::CameraId;

/// The pictures.
#[derive(Default)]
pub struct Loops {
    textures: HashMap<PictureSpec, Texture>,
    unreadable: HashSet<(CameraId, u32)>,
    wanted: Vec<PictureSpec>,
    /// Whose pictures these are.
    owner: Option<usize>,
}

impl Loops {
    /// Takes in what was made, and asks for what is missing; `specs` in the order in which they are best made.
    pub fn show(&mut self, context: &Context, service: &Arc<FrameService>, specs: &[PictureSpec]) {
        let owner = Arc::as_ptr(service) as usize;
        if self.owner != Some(owner) {
            *self = Self { owner: Some(owner), ..Self::default() };
        }
        let mut has_news = false;
        for event in service.poll() {
            match event {
                FrameEvent::Picture(picture) => {
                    let texture = Texture::of_sent(context, picture.size_px, &picture.rgba);
                    self.textures.insert(picture.spec, texture);
                    has_news = true;
                }
                FrameEvent::Unreadable { camera, frame, .. } => {
                    self.unreadable.insert((camera, frame));
                }
                // The view of the whole recording says so, with what to do.
                FrameEvent::CameraMissing { .. } => {}
            }
        }
        if self.wanted != specs {
            let kept: HashSet<&PictureSpec> = specs.iter().collect();
            self.textures.retain(|spec, _| kept.contains(spec));
            self.wanted = specs.to_vec();
            has_news = true;
        }
        if has_news {
            let missing = specs.iter().filter(|spec| !self.textures.contains_key(*spec));
            service.want(crate::jobs::frames::Wanted { now: missing.copied().collect(), soon: Vec::new() });
        }
    }

    /// A picture that is here.
    pub fn texture(&self, spec: &PictureSpec) -> Option<TextureId> {
        self.textures.get(spec).map(Texture::id)
    }

    /// Whether a frame cannot be read.
    pub fn is_unreadable(&self, spec: &PictureSpec) -> bool {
        self.unreadable.contains(&(spec.camera, spec.frame))
    }

    /// How many pictures are here, and how many are wanted.
    #[cfg(test)]
    pub fn progress(&self) -> (usize, usize) {
        (self.textures.len(), self.wanted.len())
    }
}
