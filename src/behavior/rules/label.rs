//! The label of a clip: the most telling rule that holds for enough of it, else what the animal does alone.

use std::ops::Range;

use super::Rules;
use super::flags::{Flag, Flags};
use super::sentence;
use crate::behavior::bodies::{Bodies, angle, median};
use crate::behavior::pairs::PairParts;
use crate::behavior::zones::Zone;
use crate::model::{AnimalId, Caption, SocialRole};

/// Says what clips show.
#[derive(Debug)]
pub struct Describer<'a> {
    pub(super) bodies: &'a Bodies,
    zones: &'a [Zone],
    pub(super) rules: &'a Rules,
    pub(super) names: &'a [String],
    pub(super) pairs: PairParts,
    flags: Flags,
    /// How high the highest part of each animal usually is, units of the tracks; `None` where heights are not known.
    usual_heights: Vec<Option<f32>>,
}

/// A label before it is put into words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) partner: Option<usize>,
    pub(super) role: SocialRole,
    pub(super) confidence: f32,
}

impl Choice {
    fn alone(label: &'static str, confidence: f32) -> Self {
        Self { label, partner: None, role: SocialRole::None, confidence }
    }
}

/// A rule that looks at an animal from above alone is at most so sure that it stands.
const SUREST_REARING: f32 = 0.6;

impl<'a> Describer<'a> {
    /// Looks at all animals; `names` are theirs.
    pub fn new(bodies: &'a Bodies, zones: &'a [Zone], rules: &'a Rules, names: &'a [String]) -> Self {
        let usual = |animal: usize| {
            let highest = (0..bodies.frame_count as usize).map(|frame| highest_part(bodies, animal, frame));
            median(&mut highest.filter(|height| height.is_finite()).collect::<Vec<_>>())
        };
        let usual_heights = (0..bodies.animals.len()).map(usual).collect();
        let (pairs, flags) = (PairParts::of(bodies), Flags::of(bodies, rules));
        Self { bodies, zones, rules, names, pairs, flags, usual_heights }
    }

    /// What an animal does in these frames.
    pub fn describe(&self, animal: AnimalId, frames: Range<u32>) -> Caption {
        let choice = self.choose(animal.index(), frames.clone());
        self.caption(animal, frames, &choice)
    }

    /// The sentence of a label that is already chosen, measured over these frames: what a merged segment says.
    pub fn sentence(&self, animal: AnimalId, frames: Range<u32>, caption: &Caption) -> String {
        sentence::of(self, animal.index(), frames, &caption.label, caption.partner.map(AnimalId::index), caption.role)
    }

    /// How much of the frames in which both are seen a rule holds, from `animal` to `other`; `None` where they never are.
    pub fn share(&self, flag: Flag, animal: AnimalId, other: AnimalId, frames: Range<u32>) -> Option<f32> {
        let [animal, other] = [animal.index(), other.index()];
        let (mut seen, mut held) = (0_u32, 0_u32);
        for frame in frames {
            let both = [animal, other].iter().all(|animal| self.bodies.animals[*animal].is_seen(frame as usize));
            seen += u32::from(both);
            held += u32::from(both && self.flags.holds(flag, animal, other, frame));
        }
        (seen > 0).then(|| held as f32 / seen as f32)
    }

    fn caption(&self, animal: AnimalId, frames: Range<u32>, choice: &Choice) -> Caption {
        let partner = choice.partner;
        Caption {
            label: choice.label.to_owned(),
            description: sentence::of(self, animal.index(), frames, choice.label, partner, choice.role),
            partner: partner.map(|partner| AnimalId(partner as u8)),
            role: choice.role,
            confidence: choice.confidence,
        }
    }

    fn choose(&self, animal: usize, frames: Range<u32>) -> Choice {
        let seen: Vec<usize> = frames.clone().map(|frame| frame as usize).collect();
        let seen: Vec<usize> = seen.into_iter().filter(|frame| self.bodies.animals[animal].is_seen(*frame)).collect();
        if seen.len() * 2 < frames.len() || seen.is_empty() {
            return Choice::alone("not_seen", 1.0 - seen.len() as f32 / frames.len().max(1) as f32);
        }
        let others: Vec<usize> = (0..self.bodies.animals.len()).filter(|other| *other != animal).collect();
        for flag in Flag::ALL {
            if flag == Flag::Watching
                && let Some(choice) = self.going(animal, &others, &seen)
            {
                return choice;
            }
            if let Some(choice) = self.social(flag, animal, &others, &frames) {
                return choice;
            }
        }
        self.alone(animal, &seen)
    }

    /// A rule that holds for enough of the clip, in either direction.
    fn social(&self, flag: Flag, animal: usize, others: &[usize], frames: &Range<u32>) -> Option<Choice> {
        let needed = match flag {
            Flag::Chase => self.rules.share.chase,
            Flag::Huddle => self.rules.share.huddle,
            Flag::OralGenital | Flag::OralOral | Flag::OralEar | Flag::Investigation => self.rules.share.nose_contact,
            Flag::Contact => self.rules.share.contact,
            Flag::Watching => self.rules.share.watching,
        };
        let id = |animal: usize| AnimalId(animal as u8);
        let mut best: Option<Choice> = None;
        for other in others {
            let roles: &[SocialRole] = match flag {
                _ if flag.is_mutual() => &[SocialRole::Mutual],
                Flag::Watching => &[SocialRole::Actor],
                _ => &[SocialRole::Actor, SocialRole::Recipient],
            };
            for role in roles {
                let (from, to) = if *role == SocialRole::Recipient { (*other, animal) } else { (animal, *other) };
                let share = self.share(flag, id(from), id(to), frames.clone()).unwrap_or(0.0);
                let confidence = confidence_of(share, needed);
                if share >= needed && best.is_none_or(|best| confidence > best.confidence) {
                    best = Some(Choice { label: flag.label(), partner: Some(*other), role: *role, confidence });
                }
            }
        }
        best
    }

    /// Going to another, or away from one, by its own movement.
    fn going(&self, animal: usize, others: &[usize], seen: &[usize]) -> Option<Choice> {
        let (first, last) = (*seen.first()?, *seen.last()?);
        let secs = (last - first) as f32 / self.bodies.fps as f32;
        let mut best: Option<(f32, Choice)> = None;
        for other in others {
            let measure = |frame: usize| self.pairs.measure(self.bodies, animal, *other, frame);
            let both = seen.iter().filter(|frame| self.bodies.animals[*other].is_seen(**frame));
            let own: Vec<f32> = both.map(|frame| measure(*frame).approach).filter(|speed| speed.is_finite()).collect();
            if own.len() * 2 < seen.len() {
                continue;
            }
            let [from, to] = [first, last].map(|frame| measure(frame).centres);
            // By how much it came nearer itself, whatever the other did.
            let own = own.iter().sum::<f32>() / own.len() as f32 * secs;
            let by = self.rules.approach_by_bl;
            // The clip may end before they are together.
            let soon = (last..=last + self.bodies.fps.round() as usize)
                .take_while(|it| *it < self.bodies.frame_count as usize);
            let nearest = soon.map(|frame| measure(frame).centres).fold(f32::NAN, f32::min);
            let is_approach = from > self.rules.approach_from_bl
                && from - to > by
                && own > by / 2.0
                && nearest < self.rules.approach_to_bl;
            let is_withdrawal = from < self.rules.withdrawal_from_bl && to - from > by && own < -by / 2.0;
            let label = match (is_approach, is_withdrawal) {
                (true, _) => "approach",
                (_, true) => "withdrawal",
                _ => continue,
            };
            let change = (from - to).abs();
            let confidence = (own.abs() / change).min(1.0).mul_add(0.5, 0.4).min(0.9);
            if best.is_none_or(|(most, _)| change > most) {
                best = Some((change, Choice { label, partner: Some(*other), role: SocialRole::Actor, confidence }));
            }
        }
        best.map(|(_, choice)| choice)
    }

    /// What it does alone.
    fn alone(&self, animal: usize, seen: &[usize]) -> Choice {
        let (rules, body) = (self.rules, &self.bodies.animals[animal]);
        let share = |holds: &dyn Fn(usize) -> bool| {
            seen.iter().filter(|frame| holds(**frame)).count() as f32 / seen.len() as f32
        };
        let is_slow = |frame: usize| body.speed[frame] < rules.locomotion_speed_bl_per_sec;
        let food = self.zones.iter().filter(|zone| zone.is_food());
        for zone in food {
            let eats = share(&|frame| is_slow(frame) && zone.distance(self.bodies.snout(animal, frame)) <= 0.0);
            if eats >= rules.share.feeding {
                return Choice::alone("feeding", confidence_of(eats, rules.share.feeding));
            }
        }
        let rears = share(&|frame| self.is_rearing(animal, frame));
        if rears >= rules.share.rearing {
            let sure = confidence_of(rears, rules.share.rearing);
            let has_heights = !body.heights.is_empty();
            return Choice::alone("rearing", if has_heights { sure } else { sure.min(SUREST_REARING) });
        }
        let moves = share(&|frame| !is_slow(frame));
        if moves >= 0.5 {
            return Choice::alone("locomotion", confidence_of(moves, 0.5));
        }
        let turned = self.turned(animal, seen).abs().to_degrees();
        if turned >= rules.turning_deg {
            return Choice::alone("turning", (turned / rules.turning_deg / 2.0).clamp(0.5, 1.0));
        }
        let is_still = |frame: usize| {
            body.speed[frame] < rules.still_speed_bl_per_sec
                && (body.stirring[frame] < rules.still_stirring_bl_per_sec || body.stirring[frame].is_nan())
        };
        let rests = share(&is_still);
        if rests >= 0.5 {
            Choice::alone("stationary", confidence_of(rests, 0.5))
        } else {
            Choice::alone("small_movement", confidence_of(1.0 - rests, 0.5))
        }
    }

    fn is_rearing(&self, animal: usize, frame: usize) -> bool {
        let body = &self.bodies.animals[animal];
        let Some(usual) = self.usual_heights[animal] else {
            let slow = body.speed[frame] < self.rules.locomotion_speed_bl_per_sec;
            return slow && body.extent[frame] < self.rules.rearing_extent_bl;
        };
        highest_part(self.bodies, animal, frame) > usual + self.rules.rearing_height_bl * body.length
    }

    /// By how much the heading turned in all, rad; clockwise as seen is positive.
    pub(super) fn turned(&self, animal: usize, seen: &[usize]) -> f32 {
        let heading = |frame: usize| self.bodies.animals[animal].heading[frame];
        let known: Vec<[f32; 2]> = seen.iter().map(|frame| heading(*frame)).filter(|it| it[0].is_finite()).collect();
        known.windows(2).map(|pair| angle(pair[0], pair[1])).sum()
    }

    /// The median of a measurement over frames; `None` where it is nowhere known.
    pub(super) fn median_of(&self, frames: &[usize], value: impl Fn(usize) -> f32) -> Option<f32> {
        median(&mut frames.iter().map(|frame| value(*frame)).filter(|value| value.is_finite()).collect::<Vec<_>>())
    }
}

/// How high the highest part of an animal is, units of the tracks; NaN where heights are not known.
fn highest_part(bodies: &Bodies, animal: usize, frame: usize) -> f32 {
    let (heights, parts) = (&bodies.animals[animal].heights, bodies.parts.len());
    let of_frame = heights.get(frame * parts..(frame + 1) * parts).unwrap_or_default();
    of_frame.iter().copied().fold(f32::NAN, f32::max)
}

/// How sure a share makes: a half where it is just enough, one where it is all.
fn confidence_of(share: f32, needed: f32) -> f32 {
    if needed >= 1.0 {
        return 1.0;
    }
    (0.5 + 0.5 * (share - needed) / (1.0 - needed)).clamp(0.0, 1.0)
}
