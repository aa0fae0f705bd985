//! Which frames a bar shows, and where each lies on the screen: zooming, panning, tick marks. Plain numbers.

/// A part of a recording, in frames; fractions are allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Where it begins.
    pub start: f64,
    /// How many frames it holds.
    pub frames: f64,
}

/// So few frames fill the bar at the strongest zoom.
const FEWEST: f64 = 8.0;

/// A bar's horizontal scale: frame `f` covers the room from `f` to `f + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The left edge, points.
    pub left: f32,
    /// Points across.
    pub width: f32,
    /// What is shown.
    pub span: Span,
    /// How many frames there are.
    pub frame_count: u32,
}

impl Axis {
    /// A scale over `span`, or over the whole recording; what reaches beyond the recording is moved inside.
    pub fn new(left: f32, width: f32, span: Option<Span>, frame_count: u32) -> Self {
        let whole = Span { start: 0.0, frames: f64::from(frame_count.max(1)) };
        let span = span.filter(|span| span.start.is_finite() && span.frames.is_finite()).unwrap_or(whole);
        let frames = span.frames.clamp(FEWEST.min(whole.frames), whole.frames);
        let start = span.start.clamp(0.0, whole.frames - frames);
        Self { left, width: width.max(1.0), span: Span { start, frames }, frame_count }
    }

    /// Whether a part alone is shown.
    pub fn is_zoomed(&self) -> bool {
        self.span.frames < f64::from(self.frame_count)
    }

    /// What to remember: nothing where everything is shown.
    pub fn remembered(&self) -> Option<Span> {
        self.is_zoomed().then_some(self.span)
    }

    /// Points per frame.
    pub fn frame_width(&self) -> f32 {
        (f64::from(self.width) / self.span.frames) as f32
    }

    /// The left edge of a frame.
    pub fn x_of_edge(&self, frame: f64) -> f32 {
        self.left + ((frame - self.span.start) / self.span.frames * f64::from(self.width)) as f32
    }

    /// The middle of a frame.
    pub fn x_of(&self, frame: u32) -> f32 {
        self.x_of_edge(f64::from(frame) + 0.5)
    }

    /// The place in frames at a screen position, which may lie outside.
    pub fn position_at(&self, x: f32) -> f64 {
        self.span.start + f64::from(x - self.left) / f64::from(self.width) * self.span.frames
    }

    /// The frame at a screen position; beyond the ends, the first or last one that is shown.
    pub fn frame_at(&self, x: f32) -> u32 {
        let shown = self.visible();
        let last = shown.end.saturating_sub(1).max(shown.start);
        (self.position_at(x).max(0.0) as u32).clamp(shown.start, last)
    }

    /// The frames that are shown, those cut at the edges included.
    pub fn visible(&self) -> std::ops::Range<u32> {
        let end = (self.span.start + self.span.frames).ceil() as u32;
        (self.span.start.floor() as u32).min(self.frame_count)..end.min(self.frame_count)
    }

    /// Shows more (`factor` below 1) or less of the recording; what lies at `x` stays there.
    #[must_use]
    pub fn zoomed(&self, factor: f64, x: f32) -> Self {
        let whole = f64::from(self.frame_count.max(1));
        let frames = (self.span.frames / factor).clamp(FEWEST.min(whole), whole);
        let share = (f64::from(x - self.left) / f64::from(self.width)).clamp(0.0, 1.0);
        let at = self.span.start + share * self.span.frames;
        Self::new(self.left, self.width, Some(Span { start: at - share * frames, frames }), self.frame_count)
    }

    /// Moves along by screen points.
    #[must_use]
    pub fn panned(&self, by: f32) -> Self {
        let start = self.span.start - f64::from(by) / f64::from(self.width) * self.span.frames;
        Self::new(self.left, self.width, Some(Span { start, ..self.span }), self.frame_count)
    }

    /// Moves along so that a frame is in the middle.
    #[must_use]
    pub fn centred_on(&self, frame: f64) -> Self {
        let start = frame + 0.5 - self.span.frames / 2.0;
        Self::new(self.left, self.width, Some(Span { start, ..self.span }), self.frame_count)
    }

    /// Moves along as little as shows a frame whole; by a part of a page, so that playing does not scroll at every frame.
    #[must_use]
    pub fn showing(&self, frame: u32) -> Self {
        let (first, end) = (f64::from(frame), f64::from(frame) + 1.0);
        let start = if first < self.span.start {
            end - 0.9 * self.span.frames
        } else if end > self.span.start + self.span.frames {
            first - 0.1 * self.span.frames
        } else {
            return *self;
        };
        Self::new(self.left, self.width, Some(Span { start, ..self.span }), self.frame_count)
    }

    /// Round frame numbers for labels, at least `apart` points from each other.
    pub fn ticks(&self, apart: f32) -> impl Iterator<Item = u32> + use<> {
        let least = f64::from(apart / self.frame_width());
        let step = (0..10)
            .flat_map(|power| [1u32, 2, 5].map(|digit| u64::from(digit) * 10u64.pow(power)))
            .find(|step| *step as f64 >= least)
            .unwrap_or(u64::from(u32::MAX)) as u32;
        let shown = self.visible();
        let first = shown.start.div_ceil(step);
        (first..).map_while(move |multiple| multiple.checked_mul(step).filter(|frame| *frame < shown.end))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn axis(frame_count: u32) -> Axis {
        Axis::new(116.0, 1468.0, None, frame_count)
    }

    #[test]
    fn every_frame_lies_where_it_is_found() {
        let sixty = axis(60);
        for frame in 0..60 {
            assert_eq!(sixty.frame_at(sixty.x_of(frame)), frame);
        }
        assert_eq!((sixty.frame_at(-50.0), sixty.frame_at(9999.0)), (0, 59));
        let million = axis(1_000_000).zoomed(1e4, 700.0);
        for frame in million.visible() {
            let x = million.x_of(frame);
            if x > million.left && x < million.left + million.width {
                assert_eq!(million.frame_at(x), frame);
            }
        }
        assert_eq!(axis(1).frame_at(800.0), 0);
        assert_eq!(axis(0).frame_at(800.0), 0);
        assert_eq!(axis(0).visible(), 0..0);
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let whole = axis(100_000);
        let near = whole.zoomed(40.0, 600.0);
        assert!((near.position_at(600.0) - whole.position_at(600.0)).abs() < 1e-6);
        assert!(near.is_zoomed() && near.remembered().is_some());
        let back = near.zoomed(1e-9, 300.0);
        assert!(!back.is_zoomed() && back.remembered().is_none());
        assert_eq!(near.zoomed(1e9, 600.0).span.frames, FEWEST);
        assert_eq!(axis(5).zoomed(10.0, 600.0).span.frames, 5.0);
    }

    #[test]
    fn a_frame_outside_is_brought_in_without_scrolling_at_each_step() {
        let part = Axis::new(0.0, 1000.0, Some(Span { start: 500.0, frames: 100.0 }), 10_000);
        assert_eq!(part.showing(550), part);
        let on = part.showing(600);
        assert_eq!(on.span.start, 590.0);
        assert_eq!(on.showing(650), on);
        assert!(part.showing(499).visible().contains(&499) && part.showing(499).span.start < 420.0);
        assert_eq!(part.showing(9999).span.start, 9900.0);
        assert_eq!(part.panned(1e9).span.start, 0.0);
        assert_eq!(part.centred_on(0.0).span.start, 0.0);
    }

    #[test]
    fn ticks_are_round_and_apart() {
        assert_eq!(axis(60).ticks(60.0).collect::<Vec<_>>(), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]);
        assert_eq!(axis(1_000_000).ticks(60.0).nth(1), Some(50_000));
        assert_eq!(axis(1).ticks(60.0).collect::<Vec<_>>(), [0]);
        assert_eq!(axis(0).ticks(60.0).count(), 0);
        let near = axis(1_000_000).zoomed(1e4, 700.0);
        let labels: Vec<f32> = near.ticks(60.0).map(|frame| near.x_of(frame)).collect();
        assert!(labels.len() > 5 && labels.windows(2).all(|pair| pair[1] - pair[0] >= 59.9));
    }

    proptest! {
        #[test]
        fn any_axis_shows_a_part_of_the_recording(
            frames in 0u32..2_000_000,
            moves in prop::collection::vec((0.1f64..20.0, -500f32..3000.0, any::<bool>()), 0..8)
        ) {
            let mut at = axis(frames);
            for (factor, x, zoom) in moves {
                at = if zoom { at.zoomed(factor, x) } else { at.panned(x) };
                prop_assert!(at.span.start >= 0.0 && at.span.start + at.span.frames <= f64::from(frames.max(1)) + 1e-6);
                prop_assert!(at.visible().end <= frames);
                prop_assert!(frames == 0 || at.frame_at(x) < frames);
            }
        }
    }
}
