//! The upper part of the page: heading, legend, a lane of coloured segments per animal, and the axis of time.

use super::page::{
    EMPTY, FAINT_INK, HEADING_PX, INK, MARGIN_PX, PAPER, Page, RULE, SMALL_PX, TEXT_PX, TITLE_PX, WIDTH_PX,
};
use super::{TimelinePicture, in_words};
use crate::behavior::drawing::axis::time_step;
use crate::vlm::pen::{Face, text_width};

const LANE_PX: f32 = 46.0;
const LANE_GAP_PX: f32 = 30.0;
const LEGEND_ROW_PX: f32 = 34.0;
const SWATCH_PX: f32 = 18.0;
const BADGE_PX: f32 = 22.0;
const AXIS_PX: f32 = 64.0;
/// Pixels between two ticks at least.
const TICK_PX: f64 = 90.0;

/// Where things stand.
pub(super) struct Lanes {
    /// Labels with the place of their swatch.
    legend: Vec<(String, [f32; 2])>,
    /// Left edge of all lanes: beside the longest name.
    left: f32,
    /// Upper edge of the first lane.
    top: f32,
    lanes: usize,
}

impl Lanes {
    pub(super) fn plan(picture: &TimelinePicture<'_>) -> Self {
        let right = WIDTH_PX as f32 - MARGIN_PX;
        let mut at = [MARGIN_PX, MARGIN_PX + TITLE_PX + HEADING_PX + 34.0];
        let mut legend = Vec::new();
        for label in picture.labels() {
            let width = SWATCH_PX + 8.0 + text_width(Face::Sans, &in_words(label), TEXT_PX);
            if at[0] + width > right && at[0] > MARGIN_PX {
                at = [MARGIN_PX, at[1] + LEGEND_ROW_PX];
            }
            legend.push((label.to_owned(), at));
            at[0] += width + 30.0;
        }
        let names = picture.animals.iter().map(|name| text_width(Face::SansStrong, name, HEADING_PX));
        let left = MARGIN_PX + names.fold(30.0, f32::max).min(260.0) + 18.0;
        Self { legend, left, top: at[1] + LEGEND_ROW_PX + LANE_GAP_PX, lanes: picture.animals.len() }
    }

    pub(super) fn height_px(&self) -> f32 {
        self.top + self.lanes as f32 * (LANE_PX + LANE_GAP_PX) + AXIS_PX
    }

    pub(super) fn draw(&self, picture: &TimelinePicture<'_>, chosen: &[usize], page: &mut Page) {
        self.draw_head(picture, page);
        for (animal, name) in picture.animals.iter().enumerate() {
            let top = self.top_of(animal);
            page.write(Face::SansStrong, name, [MARGIN_PX, top + LANE_PX / 2.0 + 8.0], HEADING_PX, INK);
            page.fill([self.left, top, self.width(), LANE_PX], 0.0, EMPTY);
        }
        self.draw_axis(picture, page);
        for segment in picture.segments.iter().filter(|segment| usize::from(segment.animal.0) < self.lanes) {
            let (start, stop) = (self.x_of(picture, segment.start_frame), self.x_of(picture, segment.stop_frame));
            let (top, colour) = (self.top_of(usize::from(segment.animal.0)), picture.colour_of(&segment.label));
            // A hair of paper parts neighbours of one label; the shortest is still seen.
            page.fill([start, top, (stop - start - 1.0).max(1.0), LANE_PX], 0.0, colour);
            let words = in_words(&segment.label);
            if text_width(Face::Sans, &words, SMALL_PX) + 10.0 < stop - start {
                let middle = [(start + stop) / 2.0, top + LANE_PX / 2.0];
                page.write_on(Face::Sans, &words, middle, SMALL_PX, colour);
            }
        }
        self.draw_badges(picture, chosen, page);
    }

    fn draw_head(&self, picture: &TimelinePicture<'_>, page: &mut Page) {
        page.write(Face::SansStrong, picture.title, [MARGIN_PX, MARGIN_PX + 0.75 * TITLE_PX], TITLE_PX, INK);
        let under = format!(
            "{} frames, {:.1} s at {} frames/s · {} segments of {} labels · numbers lead to the pictures below",
            picture.frame_count,
            picture.secs(picture.frame_count),
            picture.fps,
            picture.segments.len(),
            self.legend.len(),
        );
        let baseline = MARGIN_PX + TITLE_PX + HEADING_PX;
        page.write(Face::Sans, &under, [MARGIN_PX, baseline], TEXT_PX, FAINT_INK);
        for (label, [x, y]) in &self.legend {
            page.fill([*x, *y, SWATCH_PX, SWATCH_PX], 4.0, picture.colour_of(label));
            page.write(Face::Sans, &in_words(label), [x + SWATCH_PX + 8.0, y + 15.5], TEXT_PX, INK);
        }
    }

    /// Numbers over the segments that are shown below, moved apart where they would touch.
    fn draw_badges(&self, picture: &TimelinePicture<'_>, chosen: &[usize], page: &mut Page) {
        let mut taken = vec![f32::NEG_INFINITY; self.lanes];
        for (number, segment) in chosen.iter().map(|at| &picture.segments[*at]).enumerate() {
            let animal = usize::from(segment.animal.0);
            let Some(taken) = taken.get_mut(animal) else { continue };
            let middle = (self.x_of(picture, segment.start_frame) + self.x_of(picture, segment.stop_frame)) / 2.0;
            let x = middle.max(*taken + BADGE_PX + 2.0);
            *taken = x;
            let y = self.top_of(animal) - BADGE_PX / 2.0 - 3.0;
            page.fill([x - BADGE_PX / 2.0, y - BADGE_PX / 2.0, BADGE_PX, BADGE_PX], BADGE_PX / 2.0, INK);
            page.write_on(Face::SansStrong, &(number + 1).to_string(), [x, y], 14.0, INK);
        }
    }

    fn draw_axis(&self, picture: &TimelinePicture<'_>, page: &mut Page) {
        let whole_secs = picture.secs(picture.frame_count);
        if whole_secs <= 0.0 || !whole_secs.is_finite() {
            return;
        }
        let step = time_step(whole_secs * TICK_PX / f64::from(self.width()));
        let bottom = self.top_of(self.lanes) - LANE_GAP_PX;
        let ticks = (whole_secs / step + 1e-6).floor() as u32;
        for tick in 0..=ticks {
            let secs = f64::from(tick) * step;
            let x = self.left + (secs / whole_secs) as f32 * self.width();
            page.fill([x, self.top - 2.0, 1.0, bottom - self.top + 10.0], 0.0, RULE);
            let text = if step < 1.0 { format!("{secs:.1}") } else { format!("{secs:.0}") };
            let text = if tick == ticks { format!("{text} s") } else { text };
            page.write_on(Face::Sans, &text, [x, bottom + 26.0], SMALL_PX, PAPER);
        }
    }

    fn width(&self) -> f32 {
        WIDTH_PX as f32 - MARGIN_PX - self.left
    }

    fn top_of(&self, animal: usize) -> f32 {
        self.top + animal as f32 * (LANE_PX + LANE_GAP_PX)
    }

    fn x_of(&self, picture: &TimelinePicture<'_>, frame: u32) -> f32 {
        let share = f64::from(frame) / f64::from(picture.frame_count.max(1));
        (self.left + share.min(1.0) as f32 * self.width()).round()
    }
}
