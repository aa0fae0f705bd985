//! A label in words, with what was measured: "A0 follows A2 at 0.6 body lengths for 1.4 s at 11 cm/s."

use std::ops::Range;

use super::label::Describer;
use crate::behavior::bodies::distance;
use crate::model::SocialRole;

/// A sentence about an animal in some frames.
pub(super) fn of(
    describer: &Describer<'_>,
    animal: usize,
    frames: Range<u32>,
    label: &str,
    partner: Option<usize>,
    role: SocialRole,
) -> String {
    let words = Words::new(describer, animal, frames);
    let name = &describer.names[animal];
    let Some(other) = partner else { return words.alone(name, label) };
    let its = &describer.names[other];
    // A recipient is spoken of as what is done to it.
    let (doer, done_to) = if role == SocialRole::Recipient { (other, animal) } else { (animal, other) };
    let is_passive = role == SocialRole::Recipient;
    let secs = words.duration();
    let speed = words.speed();
    match label {
        "chase" => {
            let gap = words.pair(doer, done_to, |pair| pair.nose_tail.min(pair.centres));
            let verb = if is_passive { "is followed by" } else { "follows" };
            format!("{name} {verb} {its} at {gap} for {secs}{speed}.")
        }
        "oral_genital_contact" | "oral_oral_contact" | "oral_ear_contact" | "investigation" => {
            let (place, gap) = match label {
                "oral_genital_contact" => ("tail base", words.pair(doer, done_to, |pair| pair.nose_tail)),
                "investigation" => ("body", words.pair(doer, done_to, |pair| pair.nose_body)),
                "oral_oral_contact" => ("nose", words.pair(doer, done_to, |pair| pair.nose_nose)),
                _ => ("ear", words.pair(doer, done_to, |pair| pair.nose_ear)),
            };
            let (from, to) = if is_passive { (its, name) } else { (name, its) };
            let mine = if is_passive { format!("; {name}{}", words.moves()) } else { format!("; it{}", words.moves()) };
            format!("{from}'s nose is at {to}'s {place}, {gap} away, for {secs}{mine}.")
        }
        "contact" => {
            let gap = words.pair(animal, other, |pair| pair.nearest);
            format!("{name} touches {its} for {secs}, their nearest parts {gap} apart; it{}.", words.moves())
        }
        "huddle" => {
            let gap = words.pair(animal, other, |pair| pair.centres);
            format!("{name} rests against {its} for {secs}, their middles {gap} apart.")
        }
        "approach" | "withdrawal" => {
            let [from, to] = words.ends(animal, other);
            let verb = if label == "approach" { "goes towards" } else { "goes away from" };
            format!("{name} {verb} {its}, from {from} to {to} body lengths in {secs}{speed}.")
        }
        "watching" => {
            let gap = words.pair(animal, other, |pair| pair.centres);
            format!("{name} stays and faces {its} at {gap} for {secs}.")
        }
        _ => format!("{name}: {} with {its} for {secs}; it{}.", label.replace('_', " "), words.moves()),
    }
}

/// What is measured of an animal in some frames.
struct Words<'a> {
    describer: &'a Describer<'a>,
    animal: usize,
    seen: Vec<usize>,
    secs: f64,
}

impl<'a> Words<'a> {
    fn new(describer: &'a Describer<'a>, animal: usize, frames: Range<u32>) -> Self {
        let bodies = describer.bodies;
        let secs = frames.len() as f64 / bodies.fps;
        let seen = frames.map(|frame| frame as usize).filter(|frame| bodies.animals[animal].is_seen(*frame)).collect();
        Self { describer, animal, seen, secs }
    }

    fn duration(&self) -> String {
        format!("{:.1} s", self.secs)
    }

    /// A speed in cm/s where the scale is known, else in body lengths.
    fn pace(&self, bl_per_sec: f32) -> String {
        let bodies = self.describer.bodies;
        match bodies.mm_per_unit {
            Some(mm) => {
                let cm = f64::from(bl_per_sec * bodies.animals[self.animal].length) * mm / 10.0;
                if cm < 9.95 { format!("{cm:.1} cm/s") } else { format!("{cm:.0} cm/s") }
            }
            None => format!("{bl_per_sec:.1} body lengths/s"),
        }
    }

    fn median_speed(&self) -> Option<f32> {
        let body = &self.describer.bodies.animals[self.animal];
        self.describer.median_of(&self.seen, |frame| body.speed[frame])
    }

    /// " at 11 cm/s", or nothing.
    fn speed(&self) -> String {
        self.median_speed().map_or_else(String::new, |speed| format!(" at {}", self.pace(speed)))
    }

    /// " moves at 11 cm/s" or " hardly moves".
    fn moves(&self) -> String {
        match self.median_speed() {
            Some(speed) if speed >= self.describer.rules.still_speed_bl_per_sec => {
                format!(" moves at {}", self.pace(speed))
            }
            Some(_) => " hardly moves".to_owned(),
            None => " is not seen well".to_owned(),
        }
    }

    /// The median of a distance between two animals, in body lengths.
    fn pair(&self, from: usize, to: usize, value: impl Fn(&crate::behavior::pairs::Pair) -> f32) -> String {
        let measure = |frame: usize| value(&self.describer.pairs.measure(self.describer.bodies, from, to, frame));
        match self.describer.median_of(&self.seen, measure) {
            Some(length) => format!("{length:.1} body lengths"),
            None => "an unknown distance".to_owned(),
        }
    }

    /// The distance of the middles at the beginning and at the end, body lengths.
    fn ends(&self, from: usize, to: usize) -> [String; 2] {
        let ends = [self.seen.first(), self.seen.last()];
        ends.map(|frame| {
            let centres =
                frame.map(|frame| self.describer.pairs.measure(self.describer.bodies, from, to, *frame).centres);
            centres.filter(|length| length.is_finite()).map_or("?".to_owned(), |length| format!("{length:.1}"))
        })
    }

    fn alone(&self, name: &str, label: &str) -> String {
        let (secs, moves) = (self.duration(), self.moves());
        let body = &self.describer.bodies.animals[self.animal];
        match label {
            "not_seen" => format!("{name} is not seen for {secs}."),
            "locomotion" => {
                let way: f32 = self
                    .seen
                    .windows(2)
                    .filter(|pair| pair[1] == pair[0] + 1)
                    .map(|pair| {
                        let step = distance(body.centre[pair[0]], body.centre[pair[1]]) / body.length;
                        if step.is_finite() { step } else { 0.0 }
                    })
                    .sum();
                format!("{name} goes {way:.1} body lengths in {secs}{}{}.", self.speed(), self.turn(", turning "))
            }
            "turning" => format!("{name} turns{} in {secs}; it{moves}.", self.turn(" ")),
            "rearing" if body.heights.is_empty() => {
                let extent = self.describer.median_of(&self.seen, |frame| body.extent[frame]).unwrap_or(f32::NAN);
                format!("{name} looks short from above, {extent:.1} of its length, for {secs}: it may be rearing.")
            }
            "rearing" => format!("{name} stands up for {secs}; it{moves}."),
            "stationary" => format!("{name} stays where it is for {secs}."),
            "small_movement" => {
                let stirring = self.describer.median_of(&self.seen, |frame| body.stirring[frame]).unwrap_or(f32::NAN);
                format!(
                    "{name} stays and moves its head or limbs for {secs}, at {} against its middle.",
                    self.pace(stirring)
                )
            }
            "feeding" => format!("{name} stays with its head in the food zone for {secs}."),
            _ => format!("{name}: {} for {secs}; it{moves}.", label.replace('_', " ")),
        }
    }

    /// By how much and to which side it turned, where that is more than a little.
    fn turn(&self, before: &str) -> String {
        let turned = self.describer.turned(self.animal, &self.seen).to_degrees();
        let side = if turned > 0.0 { "right" } else { "left" };
        if turned.abs() < 20.0 { String::new() } else { format!("{before}{:.0}° to its {side}", turned.abs()) }
    }
}
