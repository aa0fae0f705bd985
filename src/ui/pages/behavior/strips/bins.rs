//! What a strip remembers between frames: extremes of the frames that share a place on the screen, and the scale that fits them.
//! Places are counted from the recording's beginning, so that a curve does not shimmer while it is moved along.

use std::collections::HashMap;
use std::sync::Arc;

use crate::behavior::measures::{Measure, Scale, Series};
use crate::ui::time::axis::{Axis, Span};

/// Points of a place.
const PLACE: f64 = 1.5;

/// What was worked out of each strip.
#[derive(Default)]
pub(in crate::ui::pages::behavior) struct StripsMemory {
    strips: HashMap<Measure, Binned>,
}

/// The places of a strip.
pub(super) struct Binned {
    key: (Span, f32),
    series: Vec<Arc<Series>>,
    /// Frames of a place, 1 or more.
    pub(super) frames: f64,
    /// The number of the first place that is shown.
    pub(super) first: usize,
    /// By series and place, the smallest and the largest value; NaN where nothing is known.
    pub(super) bins: Vec<Vec<[f32; 2]>>,
    /// The ends of the scale.
    pub(super) scale: [f32; 2],
}

impl StripsMemory {
    /// Forgets what is not drawn.
    pub(super) fn keep(&mut self, shown: &[&Measure]) {
        if self.strips.len() > shown.len() {
            self.strips.retain(|measure, _| shown.contains(&measure));
        }
    }

    /// The places of a strip, worked out where another part or other values are shown.
    pub(super) fn of(&mut self, measure: &Measure, axis: &Axis, series: &[Arc<Series>]) -> &Binned {
        let key = (axis.span, axis.width);
        let is_same = |known: &Binned| {
            let mut pairs = known.series.iter().zip(series);
            known.key == key && known.series.len() == series.len() && pairs.all(|(a, b)| Arc::ptr_eq(a, b))
        };
        if !self.strips.get(measure).is_some_and(is_same) {
            self.strips.insert(measure.clone(), Binned::new(measure.words().scale, axis, series));
        }
        &self.strips[measure]
    }
}

impl Binned {
    pub(super) fn new(scale: Scale, axis: &Axis, series: &[Arc<Series>]) -> Self {
        let frames = (axis.span.frames / (f64::from(axis.width) / PLACE)).max(1.0);
        let first = (axis.span.start / frames).floor().max(0.0) as usize;
        let end = ((axis.span.start + axis.span.frames) / frames).ceil() as usize;
        let edge = |place: usize| place as f64 * frames;
        let frames_of = |place: usize| edge(place).floor() as usize..edge(place + 1).ceil() as usize;
        let bins_of = |series: &Arc<Series>| (first..end).map(|place| series.extremes(frames_of(place))).collect();
        let bins: Vec<Vec<[f32; 2]>> = series.iter().map(bins_of).collect();
        let scale = ends_of(scale, bins.iter().flatten());
        Self { key: (axis.span, axis.width), series: series.to_vec(), frames, first, bins, scale }
    }
}

/// The ends of a scale that fits values.
fn ends_of<'a>(scale: Scale, bins: impl Iterator<Item = &'a [f32; 2]>) -> [f32; 2] {
    let [low, high] = bins.fold([0.0_f32; 2], |[low, high], bin| [low.min(bin[0]), high.max(bin[1])]);
    match scale {
        Scale::Fixed(ends) => ends,
        Scale::FromZero([least, most]) => [0.0, round_up(high).clamp(least, most)],
        Scale::AroundZero([least, most]) => {
            let side = |value: f32| if value > 0.0 { round_up(value).clamp(least, most) } else { 0.0 };
            [-side(-low), side(high).max(least)]
        }
    }
}

/// The next of 1, 1.5, 2, 3, 5, 7.5 and their tenfold.
fn round_up(value: f32) -> f32 {
    if value <= 0.0 {
        return 0.0;
    }
    let power = 10.0_f32.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0];
    let step = steps.into_iter().find(|step| step * power >= value * 0.9999).unwrap_or(10.0);
    // Of what is below 1, without the last digits that are not meant.
    (step * power * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(frames: f64, start: f64, frame_count: u32) -> Axis {
        Axis::new(100.0, 300.0, Some(Span { start, frames }), frame_count)
    }

    #[test]
    fn a_peak_of_one_frame_is_seen_in_an_hour_and_a_gap_stays_a_gap() {
        let mut values = vec![0.5_f32; 108_000];
        values[54_321] = 7.0;
        values[60_000..70_000].fill(f32::NAN);
        let series = [Arc::new(Series::new(values))];
        let binned = Binned::new(Scale::FromZero([2.0, 12.0]), &axis(108_000.0, 0.0, 108_000), &series);
        assert_eq!((binned.bins[0].len(), binned.frames, binned.scale), (200, 540.0, [0.0, 7.5]));
        let peaks: Vec<usize> = (0..200).filter(|place| binned.bins[0][*place][1] == 7.0).collect();
        assert_eq!(peaks, [100]);
        assert!(binned.bins[0][115][0].is_nan() && binned.bins[0][115][1].is_nan());
        let zoomed = Binned::new(Scale::FromZero([2.0, 12.0]), &axis(20.0, 54_310.0, 108_000), &series);
        assert_eq!((zoomed.frames, zoomed.first, zoomed.bins[0].len()), (1.0, 54_310, 20));
        assert_eq!(zoomed.bins[0][11], [7.0; 2]);
    }

    #[test]
    fn places_stay_where_they_are_while_the_picture_is_moved_along() {
        let values = (0..10_000).map(|frame| (frame as f32 * 0.37).sin()).collect();
        let series = [Arc::new(Series::new(values))];
        let whole = |start: f64| Binned::new(Scale::Fixed([0.0, 1.0]), &axis(3000.0, start, 10_000), &series);
        let (before, after) = (whole(0.0), whole(70.0));
        let by = after.first - before.first;
        assert!(by > 0);
        assert_eq!(before.bins[0][by..], after.bins[0][..before.bins[0].len() - by]);
    }

    #[test]
    fn scales_end_at_round_numbers_within_their_limits() {
        let ends = |scale: Scale, values: &[[f32; 2]]| ends_of(scale, values.iter());
        let zero = Scale::FromZero([2.0, 12.0]);
        assert_eq!(ends(zero, &[[f32::NAN; 2]]), [0.0, 2.0]);
        assert_eq!(ends(zero, &[[0.1, 4.2]]), [0.0, 5.0]);
        assert_eq!(ends(zero, &[[0.1, 99.0]]), [0.0, 12.0]);
        let around = Scale::AroundZero([1.0, 8.0]);
        assert_eq!(ends(around, &[[0.1, 2.2]]), [0.0, 3.0]);
        assert_eq!(ends(around, &[[-0.2, 2.2]]), [-1.0, 3.0]);
        assert_eq!(ends(around, &[[-50.0, -1.0]]), [-8.0, 1.0]);
        assert_eq!([0.0, 0.12, 1.0, 1.2, 6.0, 80.0, 1000.0].map(round_up), [0.0, 0.15, 1.0, 1.5, 7.5, 100.0, 1000.0]);
    }

    /// How long the places of an hour take, with three animals, and of a part that is moved along.
    #[test]
    #[ignore = "a figure, not a check"]
    fn figure_of_an_hour() {
        let series: Vec<Arc<Series>> = (0..3)
            .map(|animal| Arc::new(Series::new((0..108_000).map(|at| ((at * (animal + 3)) as f32).sin()).collect())))
            .collect();
        for frames in [108_000.0, 20_000.0, 500.0] {
            let begun = cpu_time::ThreadTime::now();
            for start in 0..50 {
                let axis = Axis::new(100.0, 1460.0, Some(Span { start: f64::from(start), frames }), 108_000);
                std::hint::black_box(Binned::new(Scale::FromZero([2.0, 12.0]), &axis, &series));
            }
            println!("{frames} frames of 3 animals: {:.3} ms a strip", begun.elapsed().as_secs_f64() * 1e3 / 50.0);
        }
    }
}
