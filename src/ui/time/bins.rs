//! What the bar shows of each frame, or of several where a frame would be narrower than 3 points: the worst of them, and marks
//! that would overlap as one with a count. Plain numbers, computed once per change; nothing is drawn here.

use super::axis::Axis;
use crate::app::overview::FrameMark;
use crate::store::FrameState;

/// Narrowest bar, points.
pub const NARROWEST: f32 = 3.0;

/// A bar: one frame, or several that stand together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Its first frame.
    pub first: u32,
    /// How many frames it holds.
    pub frames: u32,
    /// The largest residual, px; NaN where none of them is solved.
    pub worst_px: f32,
    /// The frame that has it, or the first.
    pub worst: u32,
    /// The most dots of a frame.
    pub dots: u16,
    /// How many of them are solved.
    pub solved: u32,
    /// Whether one of them is above the threshold and nobody has decided about it.
    pub is_flagged: bool,
    /// Whether one of them is a seed frame, labelled or still to label.
    pub is_seed: bool,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A person corrected or accepted labels.
    Fixed,
    /// A seed that is labelled.
    Seed,
    /// A seed that is still to be labelled.
    SeedOpen,
    /// Above the threshold, and nobody has decided.
    Flagged,
}

impl MarkKind {
    /// All, the quietest first.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Seed, Self::SeedOpen, Self::Flagged];

    /// What it is called, one and several.
    pub fn words(self, count: u32) -> &'static str {
        match (self, count) {
            (Self::Fixed, _) => "fixed by hand",
            (Self::Seed, 1) => "seed",
            (Self::Seed, _) => "seeds",
            (Self::SeedOpen, 1) => "open seed",
            (Self::SeedOpen, _) => "open seeds",
            (Self::Flagged, _) => "flagged",
        }
    }
}

/// A mark, or several that would overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Where it stands: its first frame.
    pub first: u32,
    /// Its last frame.
    pub last: u32,
    /// Where a click leads: the frame that is most worth a look.
    pub goal: u32,
    /// How many of each kind, in the order of [`MarkKind::ALL`].
    pub counts: [u32; 4],
    goal_rank: (MarkKind, f32),
}

impl Mark {
    fn new(frame: u32, kind: MarkKind, residual_px: f32) -> Self {
        let mut mark = Self { first: frame, last: frame, goal: frame, counts: [0; 4], goal_rank: (kind, residual_px) };
        mark.counts[kind as usize] = 1;
        mark
    }

    fn absorb(&mut self, frame: u32, kind: MarkKind, residual_px: f32) {
        self.last = frame;
        self.counts[kind as usize] += 1;
        let is_worse = kind > self.goal_rank.0 || kind == self.goal_rank.0 && residual_px > self.goal_rank.1;
        if is_worse {
            self.goal = frame;
            self.goal_rank = (kind, residual_px);
        }
    }

    /// The loudest of its kinds.
    pub fn kind(&self) -> MarkKind {
        self.goal_rank.0
    }

    /// How many marks it stands for.
    pub fn count(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// Points that it takes to the right of its left edge.
    pub fn width(&self) -> f32 {
        match self.count() {
            1 => MARK_WIDTH,
            count => MARK_WIDTH + COUNT_GAP + DIGIT_WIDTH * (count.ilog10() + 1) as f32,
        }
    }

    /// Its left edge: a single mark stands over the middle of its frame.
    pub fn left(&self, axis: &Axis) -> f32 {
        axis.x_of(self.first) - MARK_WIDTH / 2.0
    }

    /// What it says, in words.
    pub fn words(&self) -> String {
        let kinds = MarkKind::ALL.into_iter().rev().filter(|kind| self.counts[*kind as usize] > 0);
        let parts: Vec<String> = kinds
            .map(|kind| match self.counts[kind as usize] {
                1 if self.count() == 1 => kind.words(1).to_owned(),
                count => format!("{count} {}", kind.words(count)),
            })
            .collect();
        parts.join(", ")
    }
}

/// Side of a mark's sign, points.
pub const MARK_WIDTH: f32 = 12.0;
/// Between the sign and its count.
pub const COUNT_GAP: f32 = 2.0;
/// Widest figure of the small numbers' font.
const DIGIT_WIDTH: f32 = 6.7;
/// Marks nearer than this to each other stand as one.
const MARK_GAP: f32 = 2.0;

/// Everything that a bar shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bins {
    /// Frames in a bar.
    pub per_bin: u32,
    /// Bars from left to right.
    pub bins: Vec<Bin>,
    /// Marks from left to right.
    pub marks: Vec<Mark>,
}

impl Bins {
    /// Gathers what `axis` shows of a recording.
    ///
    /// `frames` are all frames, `threshold_px` the residual above which one is flagged, `open_seeds` the seed frames that are
    /// still to be labelled, ascending. Takes time in proportion to the frames that are shown.
    pub fn of(frames: &[FrameMark], axis: &Axis, threshold_px: f32, open_seeds: &[u32]) -> Self {
        let visible = axis.visible();
        let per_bin = frames_per_bin(axis.frame_width());
        // Bars begin at multiples, so that they keep their frames while one scrolls.
        let start = visible.start / per_bin * per_bin;
        let end = visible.end.min(frames.len() as u32);
        let mut found =
            Self { per_bin, bins: Vec::with_capacity((axis.width / NARROWEST) as usize + 2), marks: Vec::new() };
        let mut open = open_seeds.iter().copied().skip_while(|frame| *frame < start).peekable();
        for first in (start..end).step_by(per_bin as usize) {
            let members = &frames[first as usize..(first.saturating_add(per_bin)).min(end) as usize];
            let mut bin = Bin {
                first,
                frames: members.len() as u32,
                worst_px: f32::NAN,
                worst: first,
                dots: 0,
                solved: 0,
                is_flagged: false,
                is_seed: false,
            };
            for (frame, mark) in (first..).zip(members) {
                let is_open = open.next_if_eq(&frame).is_some();
                bin.take(frame, mark);
                let kind = kind_of(mark, is_open, threshold_px);
                bin.is_flagged |= kind == Some(MarkKind::Flagged);
                bin.is_seed |= is_open || mark.is_seed;
                if let Some(kind) = kind {
                    found.mark(frame, kind, mark.residual_px, axis);
                }
            }
            found.bins.push(bin);
        }
        found
    }

    fn mark(&mut self, frame: u32, kind: MarkKind, residual_px: f32, axis: &Axis) {
        let left = axis.x_of(frame) - MARK_WIDTH / 2.0;
        if let Some(last) = self.marks.last_mut().filter(|last| left < last.left(axis) + last.width() + MARK_GAP) {
            return last.absorb(frame, kind, residual_px);
        }
        self.marks.push(Mark::new(frame, kind, residual_px));
    }

    /// The bar that holds a frame.
    pub fn bin_of(&self, frame: u32) -> Option<&Bin> {
        let first = self.bins.first()?.first;
        let index = frame.checked_sub(first)? / self.per_bin.max(1);
        self.bins.get(index as usize).filter(|bin| frame - bin.first < bin.frames)
    }

    /// The mark at a screen position.
    pub fn mark_at(&self, axis: &Axis, x: f32) -> Option<&Mark> {
        let after = self.marks.partition_point(|mark| mark.left(axis) <= x + 1.0);
        let mark = self.marks.get(after.checked_sub(1)?)?;
        (x <= mark.left(axis) + mark.width() + 1.0).then_some(mark)
    }
}

impl Bin {
    fn take(&mut self, frame: u32, mark: &FrameMark) {
        if !mark.residual_px.is_nan() {
            self.solved += 1;
            // The first of equal ones; a comparison with NaN is false.
            if self.worst_px.is_nan() || mark.residual_px > self.worst_px {
                self.worst_px = mark.residual_px;
                self.worst = frame;
            }
        }
        self.dots = self.dots.max(mark.dots);
    }
}

/// What is marked at a frame.
pub fn kind_of(mark: &FrameMark, is_open_seed: bool, threshold_px: f32) -> Option<MarkKind> {
    if is_open_seed {
        return Some(MarkKind::SeedOpen);
    }
    if mark.is_seed {
        return Some(MarkKind::Seed);
    }
    if mark.state == FrameState::Fixed || mark.is_human {
        return Some(MarkKind::Fixed);
    }
    (mark.state == FrameState::Todo && mark.residual_px > threshold_px).then_some(MarkKind::Flagged)
}

/// Frames that share a bar, so that it is at least 3 points wide.
fn frames_per_bin(frame_width: f32) -> u32 {
    // A rounding error must not make two frames of exactly 3 points share one.
    (NARROWEST / frame_width.max(f32::MIN_POSITIVE) - 1e-4).ceil().clamp(1.0, 4e9) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(count: u32) -> Vec<FrameMark> {
        (0..count)
            .map(|frame| FrameMark {
                residual_px: 0.5 + (frame % 7) as f32 * 0.1,
                is_detected: true,
                dots: 50,
                ..FrameMark::default()
            })
            .collect()
    }

    fn axis(count: u32) -> Axis {
        Axis::new(116.0, 1468.0, None, count)
    }

    #[test]
    fn sixty_frames_have_a_bar_each() {
        let mut frames = frames(60);
        frames[17].residual_px = 89.2;
        frames[20].residual_px = f32::NAN;
        frames[0].is_seed = true;
        frames[38] = FrameMark { residual_px: 12.1, state: FrameState::Fixed, ..frames[38] };
        frames[53] = FrameMark { residual_px: 7.4, state: FrameState::Accepted, ..frames[53] };
        let bins = Bins::of(&frames, &axis(60), 2.8, &[34]);
        assert_eq!((bins.per_bin, bins.bins.len()), (1, 60));
        assert!(bins.bins[17].is_flagged && bins.bins[17].worst_px == 89.2);
        assert!(bins.bins[20].worst_px.is_nan() && bins.bins[20].solved == 0);
        assert!(!bins.bins[38].is_flagged && !bins.bins[53].is_flagged);
        let marks: Vec<(u32, String)> = bins.marks.iter().map(|mark| (mark.first, mark.words())).collect();
        let expected = [(0, "seed"), (17, "flagged"), (34, "open seed"), (38, "fixed by hand")];
        assert_eq!(marks, expected.map(|(frame, words)| (frame, words.to_owned())));
    }

    #[test]
    fn merged_bars_keep_the_maximum() {
        let mut frames = frames(1_000_000);
        frames[123_456].residual_px = 42.0;
        frames[777_777].residual_px = 9.0;
        frames[777_778] = FrameMark { residual_px: 12.0, state: FrameState::Accepted, ..frames[777_778] };
        let start = cpu_time::ThreadTime::now();
        let bins = Bins::of(&frames, &axis(1_000_000), 2.8, &[]);
        let spent = start.elapsed();
        // About 10 ms without, 3 ms with full optimisation; done once per change.
        assert!(spent.as_millis() < 200, "{spent:?}");
        assert!(bins.bins.len() <= 490 && bins.bins.iter().map(|bin| bin.frames).sum::<u32>() == 1_000_000);
        let worst = bins.bin_of(123_456).unwrap();
        assert_eq!((worst.worst_px, worst.worst, worst.is_flagged), (42.0, 123_456, true));
        let mixed = bins.bin_of(777_777).unwrap();
        assert_eq!((mixed.worst_px, mixed.worst, mixed.is_flagged), (12.0, 777_778, true));
        assert_eq!(bins.bins.iter().filter(|bin| bin.is_flagged).count(), 2);
        assert_eq!(bins.bin_of(1_000_000), None);
    }

    #[test]
    fn marks_that_would_overlap_are_one_with_a_count() {
        let mut frames = frames(10_000);
        for (frame, residual_px) in [(5000, 4.0), (5010, 30.0), (5020, 5.0), (5025, 5.0), (9000, 3.0)] {
            frames[frame].residual_px = residual_px;
        }
        frames[5015].is_seed = true;
        let axis = axis(10_000);
        let bins = Bins::of(&frames, &axis, 2.8, &[]);
        let [group, single] = &bins.marks[..] else { panic!("{:?}", bins.marks) };
        assert_eq!((group.first, group.last, group.goal, group.kind()), (5000, 5025, 5010, MarkKind::Flagged));
        assert_eq!(group.words(), "4 flagged, 1 seed");
        assert_eq!((single.count(), single.goal), (1, 9000));
        let x = axis.x_of(5000);
        assert_eq!(bins.mark_at(&axis, x), Some(group));
        assert_eq!(bins.mark_at(&axis, x + group.width()), None);
        assert_eq!(bins.mark_at(&axis, x - 20.0), None);
        assert_eq!(bins.mark_at(&axis, axis.x_of(9000)), Some(single));
    }

    #[test]
    fn open_seeds_left_of_the_part_that_is_shown_do_not_hide_others() {
        let frames = frames(100_000);
        let axis = axis(100_000).zoomed(1000.0, 800.0);
        let seen = axis.visible().start + 30;
        let bins = Bins::of(&frames, &axis, 2.8, &[0, 1, seen]);
        assert_eq!(bins.marks.iter().map(|mark| mark.first).collect::<Vec<_>>(), [seen]);
    }

    #[test]
    fn nothing_and_one_frame_are_no_trouble() {
        assert!(Bins::of(&[], &axis(0), 2.8, &[]).bins.is_empty());
        let one = Bins::of(&frames(1), &axis(1), 2.8, &[]);
        assert_eq!((one.bins.len(), one.bins[0].frames), (1, 1));
        assert!(Bins::of(&frames(3), &axis(100), 2.8, &[]).bins.len() == 3, "an overview that is behind its recording");
    }

    proptest! {
        #[test]
        fn no_bar_is_narrow_and_no_two_marks_touch(
            count in 1u32..40_000,
            flagged in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
            zoom in 1f64..500.0,
            at in 116f32..1584.0,
        ) {
            let mut frames = frames(count);
            flagged.iter().for_each(|index| frames[index.index(count as usize)].residual_px = 9.0);
            let axis = axis(count).zoomed(zoom, at);
            let bins = Bins::of(&frames, &axis, 2.8, &[]);
            prop_assert!(bins.per_bin as f32 * axis.frame_width() >= NARROWEST - 0.01);
            prop_assert!(bins.per_bin == 1 || (bins.per_bin - 1) as f32 * axis.frame_width() < NARROWEST);
            let visible = axis.visible();
            let expected = frames[visible.start as usize..visible.end as usize].iter().filter(|mark| mark.residual_px > 2.8);
            let shown: u32 = bins.marks.iter().filter(|mark| visible.contains(&mark.last)).map(Mark::count).sum();
            prop_assert!(shown as usize >= expected.count());
            for pair in bins.marks.windows(2) {
                prop_assert!(pair[0].left(&axis) + pair[0].width() <= pair[1].left(&axis));
            }
        }
    }
}
