//! What is measured of an animal in each frame, or of an animal and another one, for a person to look at: one table of measures
//! with their names, units and definitions, and the values over a recording.
//!
//! A value that cannot be measured is NaN, never 0. Lengths are in body lengths, as in [`super::bodies`]; of a pair, in the mean
//! of both animals' lengths, as in [`super::pairs`].

mod series;

use super::bodies::{Bodies, distance};
use super::pairs::{Pair, PairParts};
use super::rules::Rules;
use super::zones::Zone;
use crate::model::skeleton::Role;

pub use series::Series;

/// A measure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is explained by its definition in the table")]
pub enum Measure {
    Speed,
    TurningSpeed,
    MovementInPlace,
    Elongation,
    HeadHeight,
    /// How far the head is from the border of the zone of this name.
    Zone(String),
    Distance,
    NearestParts,
    Contact,
    NoseToNose,
    NoseToTailBase,
    NoseToBody,
    FacingAngle,
    HeadingDifference,
    Approach,
}

/// Which values of many frames stand for them where they share a place on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peak {
    /// The largest.
    Most,
    /// The smallest.
    Least,
    /// Both.
    Both,
}

/// The scale that values are drawn on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// From 0 to the largest value that is shown, within these limits.
    FromZero([f32; 2]),
    /// The same on either side of 0; below 0 only where there is something.
    AroundZero([f32; 2]),
    /// From the first to the second.
    Fixed([f32; 2]),
}

/// What there is to say of a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasureWords {
    /// What it is called in settings; never changes.
    pub id: &'static str,
    /// What a person reads.
    pub name: &'static str,
    /// Its unit; empty where it has none.
    pub unit: &'static str,
    /// The same where there is little room.
    pub short_unit: &'static str,
    /// What is measured, in a sentence or two.
    pub definition: &'static str,
    /// Decimals worth reading.
    pub decimals: usize,
    /// What stands for many frames.
    pub peak: Peak,
    /// The scale.
    pub scale: Scale,
}

const BL: [&str; 2] = ["body lengths", "BL"];
const BL_PER_SEC: [&str; 2] = ["body lengths/s", "BL/s"];
const DEGREES: [&str; 2] = ["degrees", "°"];
const DEGREES_PER_SEC: [&str; 2] = ["degrees/s", "°/s"];

impl MeasureWords {
    const fn new(id: &'static str, name: &'static str, [unit, short_unit]: [&'static str; 2]) -> Self {
        let (peak, scale) = (Peak::Most, Scale::FromZero([1.0, 10.0]));
        Self { id, name, unit, short_unit, definition: "", decimals: 1, peak, scale }
    }

    const fn drawn(self, peak: Peak, scale: Scale) -> Self {
        Self { peak, scale, ..self }
    }

    const fn meaning(self, decimals: usize, definition: &'static str) -> Self {
        Self { decimals, definition, ..self }
    }

    /// A value with its unit.
    pub fn value(&self, value: f32) -> String {
        self.with_unit(value, self.unit)
    }

    /// The same where there is little room; a dash where nothing was measured.
    pub fn short_value(&self, value: f32) -> String {
        if value.is_finite() { self.with_unit(value, self.short_unit) } else { "–".to_owned() }
    }

    fn with_unit(&self, value: f32, unit: &str) -> String {
        if !value.is_finite() {
            return "not measured".to_owned();
        }
        if self.unit.is_empty() {
            return if value > 0.5 { "yes" } else { "no" }.to_owned();
        }
        // Never "-0.0".
        let rounding = 10.0_f32.powi(self.decimals as i32);
        let value = (value * rounding).round() / rounding + 0.0;
        let space = if unit.starts_with('°') { "" } else { " " };
        format!("{value:.*}{space}{unit}", self.decimals)
    }
}

impl Measure {
    /// All measures of a recording with these zones: first those of an animal, then those of a pair.
    pub fn all(zones: &[Zone]) -> Vec<Self> {
        let own = [Self::Speed, Self::TurningSpeed, Self::MovementInPlace, Self::Elongation, Self::HeadHeight];
        let pair = [
            Self::Distance,
            Self::NearestParts,
            Self::Contact,
            Self::NoseToNose,
            Self::NoseToTailBase,
            Self::NoseToBody,
            Self::FacingAngle,
            Self::HeadingDifference,
            Self::Approach,
        ];
        let zones = zones.iter().map(|zone| Self::Zone(zone.name.clone()));
        own.into_iter().chain(zones).chain(pair).collect()
    }

    /// The measure that settings mean by an id.
    pub fn of_id(id: &str) -> Option<Self> {
        if let Some(zone) = id.strip_prefix("zone:") {
            return Some(Self::Zone(zone.to_owned()));
        }
        Self::all(&[]).into_iter().find(|measure| measure.words().id == id)
    }

    /// What it is called in settings.
    pub fn id(&self) -> String {
        match self {
            Self::Zone(zone) => format!("zone:{zone}"),
            other => other.words().id.to_owned(),
        }
    }

    /// What a person reads.
    pub fn name(&self) -> String {
        match self {
            Self::Zone(zone) => format!("distance to {zone}"),
            other => other.words().name.to_owned(),
        }
    }

    /// Whether it is of an animal and another one.
    pub fn is_of_pair(&self) -> bool {
        matches!(
            self,
            Self::Distance
                | Self::NearestParts
                | Self::Contact
                | Self::NoseToNose
                | Self::NoseToTailBase
                | Self::NoseToBody
                | Self::FacingAngle
                | Self::HeadingDifference
                | Self::Approach
        )
    }

    /// What there is to say of it.
    pub fn words(&self) -> MeasureWords {
        use MeasureWords as Words;
        let half_turn = Scale::Fixed([0.0, 180.0]);
        match self {
            Self::Speed => Words::new("speed", "speed", BL_PER_SEC)
                .drawn(Peak::Most, Scale::FromZero([2.0, 12.0]))
                .meaning(1, "How fast the middle of the body moves."),
            Self::TurningSpeed => Words::new("turning_speed", "turning speed", DEGREES_PER_SEC)
                .drawn(Peak::Both, Scale::AroundZero([90.0, 1000.0]))
                .meaning(0, "How fast the trunk turns. Above 0 it turns clockwise as it is seen."),
            Self::MovementInPlace => Words::new("movement_in_place", "movement in place", BL_PER_SEC)
                .drawn(Peak::Most, Scale::FromZero([0.5, 6.0]))
                .meaning(1, "How fast parts move against the body's middle, in the mean: as in grooming and digging."),
            Self::Elongation => Words::new("elongation", "elongation", BL)
                .drawn(Peak::Both, Scale::FromZero([1.5, 3.0]))
                .meaning(2, "From nose to base of the tail. 1 is the usual length; below it is hunched or upright."),
            Self::HeadHeight => Words::new("head_height", "head height", BL)
                .drawn(Peak::Most, Scale::FromZero([1.0, 2.0]))
                .meaning(2, "How high the nose, the ears and the neck are above the floor, in the mean."),
            Self::Zone(_) => Words::new("zone", "distance to a zone", BL)
                .drawn(Peak::Least, Scale::AroundZero([1.0, 10.0]))
                .meaning(1, "From the front of the head to the border of the zone. Below 0 it is inside."),
            Self::Distance => Words::new("distance", "distance", BL)
                .drawn(Peak::Least, Scale::FromZero([2.0, 10.0]))
                .meaning(1, "Between the middles of both bodies."),
            Self::NearestParts => Words::new("nearest_parts", "nearest parts", BL)
                .drawn(Peak::Least, Scale::FromZero([1.0, 8.0]))
                .meaning(2, "Between those parts of both bodies that are nearest to each other, tails left out."),
            Self::Contact => Words::new("contact", "contact", ["", ""])
                .drawn(Peak::Most, Scale::Fixed([0.0, 1.0]))
                .meaning(0, "Whether the nearest parts of both are so near that the rules call it contact."),
            Self::NoseToNose => Words::new("nose_to_nose", "nose to nose", BL)
                .drawn(Peak::Least, Scale::FromZero([1.0, 8.0]))
                .meaning(2, "Between both noses."),
            Self::NoseToTailBase => Words::new("nose_to_tail_base", "nose to tail base", BL)
                .drawn(Peak::Least, Scale::FromZero([1.0, 8.0]))
                .meaning(2, "From the animal's nose to the base of the other's tail."),
            Self::NoseToBody => Words::new("nose_to_body", "nose to body", BL)
                .drawn(Peak::Least, Scale::FromZero([1.0, 8.0]))
                .meaning(2, "From the animal's nose to the nearest part of the other, its tail left out."),
            Self::FacingAngle => Words::new("facing_angle", "facing angle", DEGREES)
                .drawn(Peak::Both, half_turn)
                .meaning(0, "Between where the head points and where the other is: 0° is at it, 180° away from it."),
            Self::HeadingDifference => Words::new("heading_difference", "heading difference", DEGREES)
                .drawn(Peak::Both, half_turn)
                .meaning(0, "Between the directions of both trunks: 0° is the same way, 180° the opposite one."),
            Self::Approach => Words::new("approach", "approach", BL_PER_SEC)
                .drawn(Peak::Both, Scale::AroundZero([1.0, 8.0]))
                .meaning(1, "How fast the animal comes nearer by its own movement. Below 0 it goes away."),
        }
    }
}

/// Measures the animals of a recording.
#[derive(Debug)]
pub struct Measures<'a> {
    bodies: &'a Bodies,
    zones: &'a [Zone],
    parts: PairParts,
    head: Vec<usize>,
    contact_bl: f32,
}

impl<'a> Measures<'a> {
    /// Measures these animals; zones are in the units of their tracks.
    pub fn new(bodies: &'a Bodies, zones: &'a [Zone]) -> Self {
        let roles = [Role::Nose, Role::EarLeft, Role::EarRight, Role::Head];
        let head = roles.into_iter().filter_map(|role| bodies.with_role(role)).collect();
        Self { bodies, zones, parts: PairParts::of(bodies), head, contact_bl: Rules::mouse().contact_bl }
    }

    /// Why something is not measured in this recording; `None` where it is.
    pub fn why_not(&self, measure: &Measure) -> Option<&'static str> {
        let lacks = |role: Role| self.bodies.with_role(role).is_none();
        let has_no_heading =
            || self.bodies.animals.iter().all(|body| body.heading.iter().all(|heading| !heading[0].is_finite()));
        if measure.is_of_pair() && self.bodies.animals.len() < 2 {
            return Some("There is one animal only.");
        }
        match measure {
            Measure::HeadHeight if self.bodies.animals.iter().all(|body| body.heights.is_empty()) => {
                Some("Heights are known where animals are tracked in 3D.")
            }
            Measure::HeadHeight if self.head.is_empty() => Some("No part of these tracks is of the head."),
            Measure::NoseToNose | Measure::NoseToBody if lacks(Role::Nose) => {
                Some("No part of these tracks is the nose.")
            }
            Measure::NoseToTailBase if lacks(Role::Nose) || lacks(Role::TailBase) => {
                Some("These tracks lack the nose or the base of the tail.")
            }
            Measure::MovementInPlace if self.bodies.parts.len() < 2 => Some("An animal is one point in these tracks."),
            Measure::TurningSpeed | Measure::FacingAngle | Measure::HeadingDifference | Measure::Elongation
                if has_no_heading() =>
            {
                Some("These tracks do not tell the front of an animal from its rear.")
            }
            Measure::Zone(name) if !self.zones.iter().any(|zone| zone.name == *name) => {
                Some("This recording has no zone of that name.")
            }
            _ => None,
        }
    }

    /// The values of an animal over all frames. Of a pair, with `partner`, or in each frame with the one whose middle is nearest.
    pub fn values(&self, measure: &Measure, animal: usize, partner: Option<usize>) -> Vec<f32> {
        let frames = 0..self.bodies.frame_count as usize;
        let unknown = || vec![f32::NAN; self.bodies.frame_count as usize];
        let Some(body) = self.bodies.animals.get(animal) else { return unknown() };
        match measure {
            Measure::Speed => body.speed.clone(),
            Measure::TurningSpeed => body.turning.iter().map(|rad| rad.to_degrees()).collect(),
            Measure::MovementInPlace => body.stirring.clone(),
            Measure::Elongation => body.extent.clone(),
            Measure::HeadHeight => frames.map(|frame| self.head_height(animal, frame)).collect(),
            Measure::Zone(name) => match self.zones.iter().find(|zone| zone.name == *name) {
                Some(zone) => {
                    frames.map(|frame| zone.distance(self.bodies.snout(animal, frame)) / body.length).collect()
                }
                None => unknown(),
            },
            _ => frames
                .map(|frame| match partner.or_else(|| self.nearest(animal, frame)) {
                    Some(other) if other != animal && other < self.bodies.animals.len() => {
                        self.of_pair(measure, &self.parts.measure(self.bodies, animal, other, frame))
                    }
                    _ => f32::NAN,
                })
                .collect(),
        }
    }

    fn of_pair(&self, measure: &Measure, pair: &Pair) -> f32 {
        match measure {
            Measure::Distance => pair.centres,
            Measure::NearestParts => pair.nearest,
            Measure::Contact if pair.nearest.is_finite() => f32::from(u8::from(pair.nearest < self.contact_bl)),
            Measure::NoseToNose => pair.nose_nose,
            Measure::NoseToTailBase => pair.nose_tail,
            Measure::NoseToBody => pair.nose_body,
            Measure::FacingAngle => pair.bearing.abs().to_degrees(),
            Measure::HeadingDifference => pair.alignment.abs().to_degrees(),
            Measure::Approach => pair.approach,
            _ => f32::NAN,
        }
    }

    fn nearest(&self, animal: usize, frame: usize) -> Option<usize> {
        let here = self.bodies.animals[animal].centre[frame];
        let others =
            self.bodies.animals.iter().enumerate().filter(|(other, body)| *other != animal && body.is_seen(frame));
        let far = others.map(|(other, body)| (other, distance(here, body.centre[frame])));
        far.filter(|(_, far)| far.is_finite()).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(other, _)| other)
    }

    fn head_height(&self, animal: usize, frame: usize) -> f32 {
        let body = &self.bodies.animals[animal];
        let start = frame * self.bodies.parts.len();
        let known = self.head.iter().filter_map(|part| body.heights.get(start + part)).filter(|it| it.is_finite());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), height| (sum + height, count + 1.0));
        if count > 0.0 { sum / count / body.length } else { f32::NAN }
    }
}

#[cfg(test)]
mod tests;
