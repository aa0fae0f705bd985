//! A scene as a recording on disk: manifest, calibration, PNG sequences of both channels, and the truth.
//!
//! Pictures come first and the manifest last, so that an interrupted recording is not taken for a whole one. The same
//! configuration writes the same bytes.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use rayon::prelude::*;

use super::imaging::DETECTABLE_GREY;
use super::{DemoError, Difficulty, RigLayout, Scene};
use crate::model::CameraId;
use crate::recording::calibration::write_anipose;
use crate::recording::{GrayFrame, GrayPixels};

/// Frames that are made at once: enough to keep all cores busy, few enough to report progress often.
const FRAMES_AT_ONCE: u32 = 4;
/// Frames whose dots are written as seeds.
const SEED_FRAMES: u32 = 3;

/// Bits per pixel of fluorescence pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepthBits {
    /// 8 bits.
    #[default]
    Eight,
    /// 16 bits.
    Sixteen,
}

/// What [`Scene::write`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether pictures are written; without them the recording is a calibration with truth.
    pub pictures: bool,
    /// Bits per pixel of fluorescence.
    pub fluorescence_depth: DepthBits,
}

impl Default for WriteOptions {
    /// Pictures of 8 bits.
    fn default() -> Self {
        Self { pictures: true, fluorescence_depth: DepthBits::Eight }
    }
}

impl Scene {
    /// Writes the recording into `dir`, which is made if it is not there, and calls `progress` with the number of frames
    /// done.
    ///
    /// # Errors
    /// When `dir` holds anything, or a file cannot be written.
    pub fn write(&self, dir: &Path, options: WriteOptions, progress: &dyn Fn(u32)) -> Result<(), DemoError> {
        let go_on = |done: u32| {
            progress(done);
            true
        };
        self.write_while(dir, options, &go_on)
    }

    /// [`Scene::write`] that ends early, without a manifest, once `go_on` says no.
    ///
    /// # Errors
    /// [`DemoError::Stopped`] then, else as [`Scene::write`].
    pub fn write_while(&self, dir: &Path, options: WriteOptions, go_on: &dyn Fn(u32) -> bool) -> Result<(), DemoError> {
        let write_failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| DemoError::Write { path, cause }
        };
        fs::create_dir_all(dir).map_err(write_failed(dir))?;
        if fs::read_dir(dir).map_err(write_failed(dir))?.next().is_some() {
            return Err(DemoError::Occupied { path: dir.to_owned() });
        }
        if options.pictures {
            self.write_pictures(dir, options.fluorescence_depth, go_on)?;
        }
        let truth = dir.join("truth");
        fs::create_dir_all(&truth).map_err(write_failed(&truth))?;
        let text = |path: &Path, text: String| fs::write(path, text).map_err(write_failed(path));
        text(&truth.join("points3d.csv"), self.points3d_csv())?;
        text(&truth.join("points2d.csv"), self.points2d_csv())?;
        text(&truth.join("seeds.csv"), self.seeds_csv())?;
        text(&dir.join("calibration.toml"), write_anipose(&self.rig.cameras))?;
        text(&dir.join("recording.toml"), self.manifest(options.pictures))
    }

    /// The name that the manifest gives the recording.
    pub fn name(&self) -> String {
        let layout = match self.config.layout {
            RigLayout::Ring => "ring",
            RigLayout::Floor => "floor",
        };
        let difficulty = match self.config.difficulty {
            Difficulty::Easy => "easy",
            Difficulty::Normal => "normal",
            Difficulty::Hard => "hard",
        };
        format!("demo_{layout}_{difficulty}_{}", self.config.seed)
    }

    fn write_pictures(&self, dir: &Path, depth: DepthBits, go_on: &dyn Fn(u32) -> bool) -> Result<(), DemoError> {
        for camera in &self.rig.cameras {
            for channel in ["reflectance", "fluorescence"] {
                let path = dir.join(camera.name()).join(channel);
                fs::create_dir_all(&path).map_err(|cause| DemoError::Write { path, cause })?;
            }
        }
        let mut first = 0;
        while first < self.config.frames {
            let end = (first + FRAMES_AT_ONCE).min(self.config.frames);
            let views: Vec<(u32, CameraId)> =
                (first..end).flat_map(|frame| self.rig.ids().map(move |camera| (frame, camera))).collect();
            views.into_par_iter().try_for_each(|(frame, camera)| self.write_view(dir, frame, camera, depth))?;
            first = end;
            if !go_on(end) {
                return Err(DemoError::Stopped);
            }
        }
        Ok(())
    }

    fn write_view(&self, dir: &Path, frame: u32, camera: CameraId, depth: DepthBits) -> Result<(), DemoError> {
        let pictures = self.render(frame, camera, depth);
        let folder = dir.join(self.rig.camera(camera).name());
        let file = |channel: &str| folder.join(channel).join(format!("{frame:06}.png"));
        write_png(&file("reflectance"), &pictures.reflectance)?;
        write_png(&file("fluorescence"), &pictures.fluorescence)
    }

    fn manifest(&self, pictures: bool) -> String {
        let config = &self.config;
        let mut text = format!(
            "version = 1\nname = \"{}\"\nfps = {:?}\nunits = \"mm\"\ncalibration = \"calibration.toml\"\n\
             fluorescence_lag_frames = {:?}\n",
            self.name(),
            config.fps,
            config.fluorescence_lag_frames
        );
        for camera in &self.rig.cameras {
            let name = camera.name();
            let _ = write!(text, "\n[[cameras]]\nname = \"{name}\"\n");
            if pictures {
                let _ = write!(
                    text,
                    "reflectance = \"{name}/reflectance/%06d.png\"\nfluorescence = \"{name}/fluorescence/%06d.png\"\n"
                );
            }
        }
        text
    }

    fn points3d_csv(&self) -> String {
        let mut text = String::from("frame,keypoint,x,y,z\n");
        for frame in 0..self.config.frames {
            for (keypoint, point) in self.skeleton.keypoints.iter().zip(self.points(frame)) {
                let _ = writeln!(text, "{frame},{},{:.4},{:.4},{:.4}", keypoint.name, point.x, point.y, point.z);
            }
        }
        text
    }

    /// The true projections; visible is a dot in the image that is bright enough to be told from the noise.
    fn points2d_csv(&self) -> String {
        let mut text = String::from("frame,camera,keypoint,x,y,visible\n");
        for frame in 0..self.config.frames {
            let body = self.body_at(self.fluorescence_secs(frame));
            for id in self.rig.ids() {
                let camera = self.rig.camera(id);
                for spot in self.optics.spots(&self.moment(frame, id), &body) {
                    let Some(keypoint) = spot.keypoint else { continue };
                    let Some(point) = camera.project(body.keypoints[keypoint.index()]) else { continue };
                    let visible = u8::from(spot.peak >= DETECTABLE_GREY && camera.sees(spot.point_in_image));
                    let (camera, keypoint) = (camera.name(), self.skeleton.name_of(keypoint));
                    let _ = writeln!(text, "{frame},{camera},{keypoint},{:.3},{:.3},{visible}", point.x, point.y);
                }
            }
        }
        text
    }

    /// What an annotator would label in the first frames: the dots, where they are detected.
    fn seeds_csv(&self) -> String {
        let mut text = String::from("frame,camera,keypoint,x,y\n");
        for frame in 0..self.config.frames.min(SEED_FRAMES) {
            for (camera, dots) in self.rig.cameras.iter().zip(self.dots(frame)) {
                for keypoint in self.skeleton.ids() {
                    let Some(dot) = dots.iter().find(|dot| dot.keypoint == Some(keypoint)) else { continue };
                    let (camera, keypoint) = (camera.name(), self.skeleton.name_of(keypoint));
                    let point = dot.point_in_image;
                    let _ = writeln!(text, "{frame},{camera},{keypoint},{:.3},{:.3}", point.x, point.y);
                }
            }
        }
        text
    }
}

fn write_png(path: &Path, picture: &GrayFrame) -> Result<(), DemoError> {
    let file = File::create(path).map_err(|cause| DemoError::Write { path: path.to_owned(), cause })?;
    let encoder = PngEncoder::new_with_quality(BufWriter::new(file), CompressionType::Fast, FilterType::Up);
    let [width, height] = picture.size_px();
    let written = match &picture.pixels {
        GrayPixels::U8(levels) => encoder.write_image(levels, width, height, ExtendedColorType::L8),
        GrayPixels::U16(levels) => {
            let bytes: Vec<u8> = levels.iter().flat_map(|level| level.to_ne_bytes()).collect();
            encoder.write_image(&bytes, width, height, ExtendedColorType::L16)
        }
    };
    written.map_err(|cause| DemoError::Picture { path: path.to_owned(), cause })
}
