//! The only place that uploads textures. A picture of the same size goes into the texture that is there.

use std::sync::Arc;

use egui::{ColorImage, Context, ImageData, TextureHandle, TextureId, TextureOptions};

use crate::jobs::frames::Picture;
use crate::model::CameraId;

/// A texture of one view.
pub(super) struct Texture(TextureHandle);

impl Texture {
    /// Uploads a picture, into `old` where there is one.
    pub(super) fn upload(context: &Context, old: Option<Self>, camera: CameraId, picture: &Picture) -> Self {
        let size = picture.size_px.map(|side| side as usize);
        // Pixels outside the image are transparent black and all others opaque, so nothing needs to be multiplied.
        let image = ColorImage::from_rgba_premultiplied(size, &picture.rgba);
        let image = ImageData::Color(Arc::new(image));
        match old {
            Some(Self(mut handle)) => {
                handle.set(image, OPTIONS);
                Self(handle)
            }
            None => Self(context.load_texture(format!("view {}", camera.0), image, OPTIONS)),
        }
    }

    /// Uploads a picture that a model was sent: four bytes a pixel, all opaque.
    pub(super) fn of_sent(context: &Context, size_px: [u32; 2], rgba: &[u8]) -> Self {
        let image = ColorImage::from_rgba_premultiplied(size_px.map(|side| side as usize), rgba);
        Self(context.load_texture("sent", ImageData::Color(Arc::new(image)), OPTIONS))
    }

    /// Its id for painting.
    pub(super) fn id(&self) -> TextureId {
        self.0.id()
    }
}

/// Linear while a picture is stretched for a moment; a picture of the right size is not filtered at all.
const OPTIONS: TextureOptions = TextureOptions::LINEAR;
