//! Which social rule holds between two animals in which frame.
//!
//! Each flag is of an ordered pair: the first animal does it to the second. What has to last is looked at over the whole
//! recording, so that a clip in the middle of a huddle is one.

use super::Rules;
use crate::behavior::bodies::Bodies;
use crate::behavior::pairs::{Pair, PairParts};

/// A rule that holds or does not in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// It runs after the other.
    Chase,
    /// Both rest against each other.
    Huddle,
    /// Its nose is at the base of the other's tail.
    OralGenital,
    /// Their noses are together.
    OralOral,
    /// Its nose is at an ear of the other.
    OralEar,
    /// Its nose is at the body of the other.
    Investigation,
    /// They touch.
    Contact,
    /// It stays, and looks towards the other.
    Watching,
}

impl Flag {
    /// All of them, the most telling first.
    pub const ALL: [Self; 8] = [
        Self::Chase,
        Self::Huddle,
        Self::OralGenital,
        Self::OralOral,
        Self::OralEar,
        Self::Investigation,
        Self::Contact,
        Self::Watching,
    ];

    /// The label of the built-in vocabulary.
    pub fn label(self) -> &'static str {
        match self {
            Self::Chase => "chase",
            Self::Huddle => "huddle",
            Self::OralGenital => "oral_genital_contact",
            Self::OralOral => "oral_oral_contact",
            Self::OralEar => "oral_ear_contact",
            Self::Investigation => "investigation",
            Self::Contact => "contact",
            Self::Watching => "watching",
        }
    }

    /// Whether it holds for the other animal as much as for the first.
    pub fn is_mutual(self) -> bool {
        matches!(self, Self::Huddle | Self::OralOral | Self::Contact)
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The flags of all ordered pairs, by frame.
#[derive(Clone, Debug)]
pub(super) struct Flags {
    animals: usize,
    frames: usize,
    bits: Vec<u8>,
}

/// A rule that stops holding for a moment goes on, s.
const BRIDGED_SECS: f64 = 0.2;

impl Flags {
    /// Looks at all pairs.
    pub(super) fn of(bodies: &Bodies, rules: &Rules) -> Self {
        let (animals, frames) = (bodies.animals.len(), bodies.frame_count as usize);
        let parts = PairParts::of(bodies);
        let mut flags = Self { animals, frames, bits: vec![0; animals * animals * frames] };
        for animal in 0..animals {
            for other in (0..animals).filter(|other| *other != animal) {
                let start = (animal * animals + other) * frames;
                for frame in 0..frames {
                    if bodies.animals[animal].is_seen(frame) && bodies.animals[other].is_seen(frame) {
                        let pair = parts.measure(bodies, animal, other, frame);
                        flags.bits[start + frame] = bits_of(bodies, rules, [animal, other], frame, &pair);
                    }
                }
                let of_pair = &mut flags.bits[start..start + frames];
                let frames_of = |secs: f64| (secs * bodies.fps).round() as usize;
                let bridged = frames_of(BRIDGED_SECS);
                keep_lasting(of_pair, Flag::Chase, frames_of(rules.chase_secs.into()), bridged);
                keep_lasting(of_pair, Flag::Huddle, frames_of(rules.huddle_secs.into()), 2 * bridged);
            }
        }
        flags
    }

    /// Whether `animal` does it to `other` in a frame.
    pub(super) fn holds(&self, flag: Flag, animal: usize, other: usize, frame: u32) -> bool {
        self.bits[(animal * self.animals + other) * self.frames + frame as usize] & flag.bit() != 0
    }
}

/// What holds in one frame.
fn bits_of(bodies: &Bodies, rules: &Rules, [animal, other]: [usize; 2], frame: usize, pair: &Pair) -> u8 {
    let [own, its] = [animal, other].map(|animal| &bodies.animals[animal]);
    let [own_speed, its_speed] = [own.speed[frame], its.speed[frame]];
    let still = |speed: f32| speed < rules.huddle_speed_bl_per_sec;
    let is_ahead = pair.bearing.abs() < rules.chase_bearing_deg.to_radians();
    let fast = |speed: f32| speed > rules.chase_speed_bl_per_sec;
    let behind = if pair.nose_tail.is_finite() { pair.nose_tail.min(pair.centres) } else { pair.centres };
    let holds = |flag: Flag| match flag {
        Flag::Chase => {
            fast(own_speed)
                && fast(its_speed)
                && is_ahead
                && behind < rules.chase_distance_bl
                && pair.alignment.abs() < std::f32::consts::FRAC_PI_2
        }
        Flag::Huddle => pair.centres < rules.huddle_distance_bl && still(own_speed) && still(its_speed),
        Flag::OralGenital => pair.nose_tail < rules.nose_contact_bl,
        Flag::OralOral => pair.nose_nose < rules.nose_contact_bl,
        Flag::OralEar => pair.nose_ear < rules.nose_contact_bl && pair.nose_ear < pair.nose_nose,
        Flag::Investigation => pair.nose_body < rules.nose_contact_bl,
        Flag::Contact => pair.nearest < rules.contact_bl,
        Flag::Watching => {
            own_speed < rules.still_speed_bl_per_sec
                && pair.bearing.abs() < rules.watch_bearing_deg.to_radians()
                && (rules.watch_distance_bl[0]..rules.watch_distance_bl[1]).contains(&pair.centres)
                && pair.nearest > rules.contact_bl
        }
    };
    Flag::ALL.into_iter().filter(|flag| holds(*flag)).fold(0, |bits, flag| bits | flag.bit())
}

/// Takes a flag out where it does not last; breaks of at most `bridged` frames do not end it.
fn keep_lasting(bits: &mut [u8], flag: Flag, least: usize, bridged: usize) {
    let bit = flag.bit();
    let (mut start, mut last) = (None::<usize>, 0);
    for frame in 0..=bits.len() {
        let holds = frame < bits.len() && bits[frame] & bit != 0;
        if holds {
            start.get_or_insert(frame);
            last = frame;
        } else if let Some(first) = start.filter(|_| frame - last > bridged || frame == bits.len()) {
            let lasts = last + 1 - first >= least;
            for value in &mut bits[first..=last] {
                *value = if lasts { *value | bit } else { *value & !bit };
            }
            start = None;
        }
    }
}
