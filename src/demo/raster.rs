//! Ellipsoids to pixels: which blob of the body is in front at each pixel of a rectangle, and where its surface is.
//!
//! Each blob is seen through the camera's linearisation at its centre, distortion included; that is exact to a hundredth of
//! a pixel for parts of a mouse. Depth is compared along the view, so blobs hide one another correctly.

use nalgebra::{Matrix2, Matrix2x3, Matrix3, Matrix3x2, Vector2, Vector3};

use super::anatomy::Body;
use super::volume::Blob;
use crate::geometry::Camera;
use crate::model::Point2;

/// Width of the soft rim of the body, px.
const RIM_PX: f32 = 1.6;

/// A rectangle of whole pixels inside an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Window {
    /// The part of a box that lies in an image; `None` where there is none.
    pub(super) fn within(low: [f64; 2], high: [f64; 2], size_px: [u32; 2]) -> Option<Self> {
        let clamp = |value: f64, axis: usize| value.clamp(-1.0, f64::from(size_px[axis])) as i64;
        let start = [0, 1].map(|axis| clamp(low[axis].floor(), axis).max(0));
        let end = [0, 1].map(|axis| clamp(high[axis].ceil() + 1.0, axis).min(i64::from(size_px[axis])));
        let [width, height] = [0, 1].map(|axis| end[axis] - start[axis]);
        (width > 0 && height > 0).then_some(Self {
            x: start[0] as usize,
            y: start[1] as usize,
            width: width as usize,
            height: height as usize,
        })
    }

    /// Whether another window lies in it entirely.
    pub(super) fn holds(&self, part: &Self) -> bool {
        part.x >= self.x
            && part.y >= self.y
            && part.x + part.width <= self.x + self.width
            && part.y + part.height <= self.y + self.height
    }

    /// How many pixels it has.
    pub(super) fn area(&self) -> usize {
        self.width * self.height
    }
}

/// A blob as one camera sees it.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) center_in_image: Point2,
    /// From pixels off the centre to millimetres off the centre, at right angles to the view.
    world_from_px: Matrix3x2<f32>,
    /// Unit vector of the view, away from the camera.
    pub(super) view: Vector3<f32>,
    distance_mm: f32,
    /// The silhouette: inside where offsetᵀ · silhouette · offset < 1, 1/px².
    silhouette: Matrix2<f32>,
    /// How far the surface at the centre lies before the centre, mm.
    half_depth_mm: f32,
    /// How the surface leans: mm of depth per pixel.
    lean: Vector2<f32>,
    /// Half width and height of the silhouette's box, px.
    pub(super) half_box_px: [f64; 2],
    shape: Matrix3<f32>,
}

impl View {
    /// `None` where the camera does not see the blob's centre.
    pub(super) fn new(blob: &Blob, camera: &Camera) -> Option<Self> {
        let (center_in_image, jacobian) = camera.project_with_jacobian(blob.center)?;
        let jacobian: Matrix2x3<f64> = jacobian;
        let to_center = blob.center - camera.center_in_world();
        let view = to_center.normalize();
        let inverse = (jacobian * jacobian.transpose()).try_inverse()?;
        let world_from_px: Matrix3x2<f64> = jacobian.transpose() * inverse;
        // The ray through an offset p is W·p + s·view; with the ellipsoid's Δᵀ S Δ = 1 that is a quadratic in s.
        let scaled_view = blob.shape * view;
        let a = view.dot(&scaled_view);
        let b: Vector2<f64> = world_from_px.transpose() * scaled_view;
        let c: Matrix2<f64> = world_from_px.transpose() * blob.shape * world_from_px;
        let silhouette = c - b * b.transpose() / a;
        let spread = silhouette.try_inverse()?;
        Some(Self {
            center_in_image,
            world_from_px: world_from_px.cast(),
            view: view.cast(),
            distance_mm: to_center.norm() as f32,
            silhouette: silhouette.cast(),
            half_depth_mm: (1.0 / a.sqrt()) as f32,
            lean: (-b / a).cast(),
            half_box_px: [spread[(0, 0)].max(0.0).sqrt(), spread[(1, 1)].max(0.0).sqrt()],
            shape: blob.shape.cast(),
        })
    }

    /// The surface's place off the blob's centre, mm, and its outward unit normal.
    pub(super) fn surface(&self, offset_px: [f32; 2], depth_mm: f32) -> (Vector3<f32>, Vector3<f32>) {
        let place =
            self.world_from_px * Vector2::new(offset_px[0], offset_px[1]) + self.view * (depth_mm - self.distance_mm);
        let normal = (self.shape * place).try_normalize(1e-12).unwrap_or(-self.view);
        (place, normal)
    }
}

/// The body in a window of one camera's image.
#[derive(Debug)]
pub(super) struct Raster {
    pub(super) window: Window,
    pub(super) views: Vec<Option<View>>,
    /// By pixel, the blob in front, or [`Raster::NOTHING`].
    pub(super) front: Vec<u16>,
    /// By pixel, distance from the camera to the surface in front.
    pub(super) depth_mm: Vec<f32>,
    /// By pixel, how much of it the body covers, 0 to 1.
    pub(super) cover: Vec<f32>,
}

impl Raster {
    /// Stands for no blob.
    pub(super) const NOTHING: u16 = u16::MAX;

    /// `None` where the body is out of sight. The window is larger than the body by `margin_px` on each side.
    pub(super) fn new(body: &Body, camera: &Camera, margin_px: f64) -> Option<Self> {
        let views: Vec<Option<View>> = body.blobs.iter().map(|blob| View::new(blob, camera)).collect();
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for view in views.iter().flatten() {
            for (axis, center) in [view.center_in_image.x, view.center_in_image.y].into_iter().enumerate() {
                low[axis] = low[axis].min(center - view.half_box_px[axis] - margin_px);
                high[axis] = high[axis].max(center + view.half_box_px[axis] + margin_px);
            }
        }
        let window = Window::within(low, high, camera.size_px())?;
        let mut raster = Self {
            window,
            views: Vec::new(),
            front: vec![Self::NOTHING; window.area()],
            depth_mm: vec![f32::MAX; window.area()],
            cover: vec![0.0; window.area()],
        };
        for (index, view) in views.iter().enumerate() {
            if let Some(view) = view {
                raster.add(index as u16, view, camera.size_px());
            }
        }
        raster.views = views;
        Some(raster)
    }

    fn add(&mut self, index: u16, view: &View, size_px: [u32; 2]) {
        let center = [view.center_in_image.x, view.center_in_image.y];
        let low = [0, 1].map(|axis| center[axis] - view.half_box_px[axis]);
        let high = [0, 1].map(|axis| center[axis] + view.half_box_px[axis]);
        let Some(part) = Window::within(low, high, size_px) else { return };
        let rim = (view.half_box_px[0].min(view.half_box_px[1]) as f32 / (2.0 * RIM_PX)).max(0.5);
        let (s11, s12, s22) = (view.silhouette[(0, 0)], 2.0 * view.silhouette[(0, 1)], view.silhouette[(1, 1)]);
        for y in part.y..part.y + part.height {
            let dy = (y as f64 - center[1]) as f32;
            let row = (y - self.window.y) * self.window.width;
            let start = row + part.x - self.window.x;
            let first = (part.x as f64 - center[0]) as f32;
            let fronts = self.front[start..start + part.width].iter_mut();
            let depths = self.depth_mm[start..start + part.width].iter_mut();
            let covers = self.cover[start..start + part.width].iter_mut();
            for (step, ((front, depth), cover)) in fronts.zip(depths).zip(covers).enumerate() {
                let dx = first + step as f32;
                let inside = 1.0 - (s11 * dx * dx + s12 * dx * dy + s22 * dy * dy);
                if inside <= 0.0 {
                    continue;
                }
                let reached =
                    view.distance_mm + view.lean.x * dx + view.lean.y * dy - view.half_depth_mm * inside.sqrt();
                if reached < *depth {
                    *depth = reached;
                    *front = index;
                }
                *cover = cover.max((inside * rim).min(1.0));
            }
        }
    }

    /// Pixels off the centre of the blob in front, at a pixel of the window.
    pub(super) fn offset_px(view: &View, x: usize, y: usize) -> [f32; 2] {
        [(x as f64 - view.center_in_image.x) as f32, (y as f64 - view.center_in_image.y) as f32]
    }
}
