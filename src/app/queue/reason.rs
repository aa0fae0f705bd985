//! Why a frame is worth a look, in the annotator's words, and from which figure on a reason counts.
//!
//! The limits are the upper ends of what recordings show that were solved well (60 real and 800 simulated frames in a ring
//! of six cameras, of which 95 % stay below each): a frame that is like most others has no reason at all. What is usual for
//! dots without a keypoint differs from one rig to the next, so their limit follows the recording.

use serde::{Deserialize, Serialize};

use crate::pose::ranking::Reasons;

/// What speaks loudest for looking at a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReasonKind {
    /// Left and right on the wrong sides.
    Side,
    /// The run took labels back that it had given first.
    Disagreement,
    /// The assigner was unsure.
    Unsure,
    /// A jump from the frames before.
    Jump,
    /// Bones of unusual length.
    Bones,
    /// Points that two views only see.
    TwoViews,
    /// Dots without a keypoint.
    FreeDots,
    /// A large residual: last, since its figure is shown beside every frame and says less than any other reason.
    Residual,
    /// Nothing stands out.
    Nothing,
}

/// Residuals above this are large, px; well-solved frames stay below 1.9 px.
pub const LARGE_RESIDUAL_PX: f64 = super::DEFAULT_THRESHOLD_PX;
/// Labels that the run took back: 95 % of the frames have 2 at most, those that lost the animal for a moment 8 and more.
const TAKEN_BACK: f64 = 2.0;
/// Keypoints that are expected to be another, by their margins: 95 % stay below 0.77 on usual recordings.
const UNSURE_KEYPOINTS: f64 = 0.8;
/// Times the usual distance from where the motion led: 95 % stay below 4.2.
const JUMP: f64 = 4.2;
/// Deviations of all bones in sum: 95 % stay below 15.3.
const BONES: f64 = 15.5;
/// Points that two views only see: 95 % have 2 at most.
const TWO_VIEWS: f64 = 2.0;
/// Free dots beyond this many times the recording's median, and this many more, are unusual.
const FREE_DOTS: (f64, f64) = (1.5, 4.0);

/// What is usual for a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    /// The median number of free dots of a frame.
    pub free_dots: f64,
}

impl Usual {
    /// What is usual for these frames.
    pub fn of<'a>(frames: impl Iterator<Item = &'a Reasons>) -> Self {
        let mut counts: Vec<f64> = frames.filter_map(|reasons| reasons.unassigned).collect();
        let middle = counts.len() / 2;
        let free_dots = if counts.is_empty() { 0.0 } else { *counts.select_nth_unstable_by(middle, f64::total_cmp).1 };
        Self { free_dots }
    }
}

impl ReasonKind {
    /// Those that a filter offers, the loudest first.
    pub const ALL: [Self; 8] = [
        Self::Side,
        Self::Disagreement,
        Self::Unsure,
        Self::Jump,
        Self::Bones,
        Self::TwoViews,
        Self::FreeDots,
        Self::Residual,
    ];

    /// In the annotator's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Side => "Side flipped",
            Self::Residual => "Large residual",
            Self::Disagreement => "Labels taken back",
            Self::Unsure => "Unsure",
            Self::Jump => "Jump",
            Self::Bones => "Bone lengths",
            Self::TwoViews => "Two views only",
            Self::FreeDots => "Free dots",
            Self::Nothing => "Nothing stands out",
        }
    }

    /// The same for one frame, with its figure; what matters stands first, since narrow lists cut the end.
    pub fn says(self, reasons: &Reasons) -> String {
        let counted = |value: Option<f64>, one: &str, many: &str| {
            let count = value.unwrap_or(0.0).ceil().max(1.0);
            format!("{count:.0} {}", if count < 1.5 { one } else { many })
        };
        match self {
            Self::Side if reasons.side.is_some_and(|pairs| pairs > 1.5) => {
                format!("Side flipped, {}", counted(reasons.side, "pair", "pairs"))
            }
            Self::Disagreement => format!("Taken back, {}", counted(reasons.disagreement, "label", "labels")),
            Self::Unsure => format!("Unsure of {}", counted(reasons.margin, "keypoint", "keypoints")),
            Self::Jump => format!("Jump, usual × {:.1}", reasons.jump.unwrap_or(0.0)),
            Self::TwoViews => format!("Two views only, {}", counted(reasons.two_views, "point", "points")),
            Self::FreeDots => counted(reasons.unassigned, "free dot", "free dots"),
            Self::Side | Self::Residual | Self::Bones | Self::Nothing => self.words().to_owned(),
        }
    }

    /// Whether a frame has this reason at all, its loudest or not.
    pub fn holds(self, reasons: &Reasons, usual: &Usual) -> bool {
        let above = |value: Option<f64>, most: f64| value.is_some_and(|value| value > most);
        match self {
            Self::Side => above(reasons.side, 0.0),
            Self::Residual => above(reasons.residual_after.or(reasons.residual_before), LARGE_RESIDUAL_PX),
            Self::Disagreement => above(reasons.disagreement, TAKEN_BACK),
            Self::Unsure => above(reasons.margin, UNSURE_KEYPOINTS),
            Self::Jump => above(reasons.jump, JUMP),
            Self::Bones => above(reasons.bones, BONES),
            Self::TwoViews => above(reasons.two_views, TWO_VIEWS),
            Self::FreeDots => above(reasons.unassigned, FREE_DOTS.0 * usual.free_dots + FREE_DOTS.1),
            Self::Nothing => true,
        }
    }

    /// The loudest reason of a frame.
    pub fn main(reasons: &Reasons, usual: &Usual) -> Self {
        Self::ALL.into_iter().find(|kind| kind.holds(reasons, usual)).unwrap_or(Self::Nothing)
    }

    /// All reasons of a frame, one bit each in the order of [`Self::ALL`].
    pub(super) fn all_of(reasons: &Reasons, usual: &Usual) -> u8 {
        let holding = Self::ALL.into_iter().filter(|kind| kind.holds(reasons, usual));
        holding.fold(0, |bits, kind| bits | kind.bit())
    }

    /// The bit of [`Self::all_of`].
    pub(super) fn bit(self) -> u8 {
        Self::ALL.iter().position(|kind| *kind == self).map_or(0, |position| 1 << position)
    }
}
