//! A timeline told in sentences: "Mouse A0 ran for 5 s, then chased A2 for 2 s."
//!
//! Each label of the built-in vocabulary has a phrase in the past tense, by the part that the animal plays; another label is
//! told by its name. Touching segments of one label and partner are one clause. Time that nobody labelled is said, not passed
//! over.

use crate::model::{AnimalId, Segment, SegmentKind, SegmentStatus, SocialRole};

/// How a story is told.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryOptions {
    /// What stands before an animal's name, as "Mouse".
    pub kind_of_animal: String,
    /// Clauses in a sentence, at most.
    pub clauses_per_sentence: usize,
    /// A time without a label is told from so many seconds on; a shorter one is within how well people set boundaries.
    pub shortest_gap_secs: f64,
    /// Whether what nobody reviewed is marked.
    pub marks_unreviewed: bool,
}

impl Default for StoryOptions {
    fn default() -> Self {
        Self {
            kind_of_animal: "Mouse".to_owned(),
            clauses_per_sentence: 4,
            shortest_gap_secs: 1.0,
            marks_unreviewed: false,
        }
    }
}

/// The recording that a story is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoryOf<'a> {
    /// The names of its animals, by [`AnimalId`].
    pub animals: &'a [String],
    /// Frames of it.
    pub frame_count: u32,
    /// Frames per second.
    pub fps: f64,
}

/// What an animal did, by the part that it plays. `{}` is the partner.
struct Phrases {
    label: &'static str,
    actor: &'static str,
    recipient: &'static str,
    mutual: &'static str,
    alone: &'static str,
}

/// A label in which nobody else takes part.
const fn alone(label: &'static str, alone: &'static str) -> Phrases {
    Phrases { label, actor: "", recipient: "", mutual: "", alone }
}

const PHRASES: [Phrases; 18] = [
    alone("stationary", "stayed still"),
    alone("locomotion", "ran"),
    alone("turning", "turned around"),
    alone("rearing", "reared"),
    alone("small_movement", "moved on the spot"),
    alone("feeding", "ate"),
    alone("not_seen", "was out of sight"),
    alone("no_behavior", "did nothing that has a label"),
    Phrases {
        label: "approach",
        actor: "approached {}",
        recipient: "was approached by {}",
        mutual: "came together with {}",
        alone: "approached another animal",
    },
    Phrases {
        label: "withdrawal",
        actor: "withdrew from {}",
        recipient: "was left by {}",
        mutual: "drew apart from {}",
        alone: "withdrew from another animal",
    },
    Phrases {
        label: "chase",
        actor: "chased {}",
        recipient: "was chased by {}",
        mutual: "chased around with {}",
        alone: "chased another animal",
    },
    Phrases {
        label: "oral_oral_contact",
        actor: "put its nose to the nose of {}",
        recipient: "had its nose touched by the nose of {}",
        mutual: "was nose to nose with {}",
        alone: "was nose to nose with another animal",
    },
    Phrases {
        label: "oral_genital_contact",
        actor: "sniffed {} under the tail",
        recipient: "was sniffed under the tail by {}",
        mutual: "was nose to tail with {}",
        alone: "sniffed another animal under the tail",
    },
    Phrases {
        label: "oral_ear_contact",
        actor: "put its nose to an ear of {}",
        recipient: "had an ear touched by the nose of {}",
        mutual: "was nose to ear with {}",
        alone: "put its nose to an ear of another animal",
    },
    Phrases {
        label: "investigation",
        actor: "sniffed at {}",
        recipient: "was sniffed at by {}",
        mutual: "sniffed at {} and was sniffed at",
        alone: "sniffed at another animal",
    },
    Phrases {
        label: "contact",
        actor: "touched {}",
        recipient: "was touched by {}",
        mutual: "was in contact with {}",
        alone: "was in contact with another animal",
    },
    Phrases {
        label: "huddle",
        actor: "huddled with {}",
        recipient: "huddled with {}",
        mutual: "huddled with {}",
        alone: "huddled with another animal",
    },
    Phrases {
        label: "watching",
        actor: "watched {}",
        recipient: "was watched by {}",
        mutual: "faced {} from some way off",
        alone: "watched another animal",
    },
];

/// A clause and the frames that it is about.
#[derive(Clone, Debug, PartialEq)]
struct Clause {
    words: String,
    start_frame: u32,
    stop_frame: u32,
    is_moment: bool,
    is_unreviewed: bool,
}

/// The story of one animal, from its segments of one layer.
pub fn story_of_animal(animal: AnimalId, segments: &[Segment], of: StoryOf<'_>, options: &StoryOptions) -> String {
    let name = format!("{} {}", options.kind_of_animal, name_of(animal, of.animals));
    let clauses = clauses_of(animal, segments, of, options);
    if clauses.iter().all(|clause| clause.words == UNLABELLED) {
        return format!("Nobody labelled what {} did.", name.trim_start());
    }
    let mut text = String::new();
    for (at, sentence) in clauses.chunks(options.clauses_per_sentence.max(1)).enumerate() {
        text += &match at {
            0 => name.trim_start().to_owned(),
            _ => " It then".to_owned(),
        };
        for (place, clause) in sentence.iter().enumerate() {
            text += match place {
                0 => " ",
                // "then A, B and C" would sound as if all were at once.
                _ => ", then ",
            };
            text += &told(clause, of.fps, options);
        }
        text.push('.');
    }
    text
}

/// The stories of all animals, a paragraph each.
pub fn story(segments: &[Segment], of: StoryOf<'_>, options: &StoryOptions) -> String {
    let of_animal = |animal: usize| {
        let animal = AnimalId(u8::try_from(animal).unwrap_or(u8::MAX));
        story_of_animal(animal, segments, of, options)
    };
    (0..of.animals.len()).map(of_animal).collect::<Vec<_>>().join("\n\n")
}

const UNLABELLED: &str = "was not labelled";

/// What happens, in order; segments that begin inside another are told after it.
fn clauses_of(animal: AnimalId, segments: &[Segment], of: StoryOf<'_>, options: &StoryOptions) -> Vec<Clause> {
    let mut order: Vec<&Segment> = segments.iter().filter(|segment| segment.animal == animal).collect();
    order.sort_by(|a, b| (a.start_frame, a.stop_frame, &a.label).cmp(&(b.start_frame, b.stop_frame, &b.label)));
    let is_long = |frames: u32| f64::from(frames) >= options.shortest_gap_secs * of.fps && frames > 0;
    let mut clauses: Vec<Clause> = Vec::new();
    let mut told_until = 0;
    let gap = |start_frame: u32, stop_frame: u32| Clause {
        words: UNLABELLED.to_owned(),
        start_frame,
        stop_frame,
        is_moment: false,
        is_unreviewed: false,
    };
    for segment in order {
        if is_long(segment.start_frame.saturating_sub(told_until)) {
            clauses.push(gap(told_until, segment.start_frame));
        }
        told_until = told_until.max(segment.stop_frame);
        let clause = Clause {
            words: phrase(segment, of.animals),
            start_frame: segment.start_frame,
            stop_frame: segment.stop_frame,
            is_moment: segment.kind == SegmentKind::Point,
            is_unreviewed: options.marks_unreviewed && segment.status == SegmentStatus::Unreviewed,
        };
        let before = clauses.last_mut().filter(|before| {
            before.words == clause.words
                && before.stop_frame == clause.start_frame
                && (before.is_moment, before.is_unreviewed) == (clause.is_moment, clause.is_unreviewed)
        });
        match before {
            Some(before) => before.stop_frame = clause.stop_frame,
            None => clauses.push(clause),
        }
    }
    if is_long(of.frame_count.saturating_sub(told_until)) {
        clauses.push(gap(told_until, of.frame_count));
    }
    clauses
}

fn phrase(segment: &Segment, animals: &[String]) -> String {
    let partner = segment.partner.map(|partner| name_of(partner, animals));
    let Some(known) = PHRASES.iter().find(|phrases| phrases.label == segment.label) else {
        let with = match (partner, segment.role) {
            (None, _) => String::new(),
            (Some(partner), SocialRole::Actor) => format!(" towards {partner}"),
            (Some(partner), SocialRole::Recipient) => format!(" from {partner}"),
            (Some(partner), _) => format!(" with {partner}"),
        };
        let verb = if segment.role == SocialRole::Recipient { "received" } else { "showed" };
        return format!("{verb} \"{}\"{with}", segment.label);
    };
    match partner {
        Some(partner) if !known.actor.is_empty() => {
            let words = match segment.role {
                SocialRole::Recipient => known.recipient,
                SocialRole::Mutual => known.mutual,
                SocialRole::Actor | SocialRole::None => known.actor,
            };
            words.replace("{}", &partner)
        }
        _ => known.alone.to_owned(),
    }
}

fn told(clause: &Clause, fps: f64, options: &StoryOptions) -> String {
    let length_s = f64::from(clause.stop_frame.saturating_sub(clause.start_frame)) / fps;
    let length = if clause.is_moment { String::new() } else { format!(" for {}", duration(length_s)) };
    let mark = if options.marks_unreviewed && clause.is_unreviewed { " (not reviewed)" } else { "" };
    format!("{}{length}{mark}", clause.words)
}

fn name_of(animal: AnimalId, animals: &[String]) -> String {
    animals.get(animal.index()).cloned().unwrap_or_else(|| format!("animal {}", animal.0))
}

/// A length as people say it: tenths below 3 s, whole seconds below a minute, then minutes, then hours.
pub fn duration(seconds: f64) -> String {
    let joined = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    let tenths = (seconds * 10.0).round() / 10.0;
    let whole = seconds.round() as u64;
    match whole {
        _ if tenths < 0.1 => "less than 0.1 s".to_owned(),
        _ if tenths < 3.0 => format!("{tenths} s"),
        0..60 => format!("{whole} s"),
        60..3600 => joined(whole / 60, "min", whole % 60, "s"),
        _ => {
            let minutes = (seconds / 60.0).round() as u64;
            joined(minutes / 60, "h", minutes % 60, "min")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::vectors::tests::segment;
    use crate::model::Vocabulary;

    fn animals() -> Vec<String> {
        ["A0", "A1", "A2"].map(str::to_owned).to_vec()
    }

    fn told_of(segments: &[Segment], frame_count: u32, options: &StoryOptions) -> String {
        story_of_animal(AnimalId(0), segments, StoryOf { animals: &animals(), frame_count, fps: 30.0 }, options)
    }

    fn social(label: &str, start: u32, stop: u32, partner: u8, role: SocialRole) -> Segment {
        Segment { partner: Some(AnimalId(partner)), role, ..segment(label, start, stop) }
    }

    #[test]
    fn a_short_story_is_that_of_the_design() {
        let segments = [segment("locomotion", 0, 150), social("chase", 150, 210, 2, SocialRole::Actor)];
        assert_eq!(told_of(&segments, 210, &StoryOptions::default()), "Mouse A0 ran for 5 s, then chased A2 for 2 s.");
    }

    #[test]
    fn roles_gaps_and_unknown_labels_are_told() {
        let mut point = segment("rearing", 400, 401);
        point.kind = SegmentKind::Point;
        let segments = [
            social("chase", 60, 100, 1, SocialRole::Recipient),
            social("chase", 100, 120, 1, SocialRole::Recipient),
            social("huddle", 125, 300, 2, SocialRole::Mutual),
            segment("digging", 300, 399),
            point,
            social("mount", 401, 440, 1, SocialRole::Recipient),
            Segment { animal: AnimalId(1), ..segment("feeding", 0, 500) },
        ];
        assert_eq!(
            told_of(&segments, 500, &StoryOptions::default()),
            "Mouse A0 was not labelled for 2 s, then was chased by A1 for 2 s, then huddled with A2 for 6 s, then showed \
             \"digging\" for 3 s. It then reared, then received \"mount\" from A1 for 1.3 s, then was not labelled for 2 s."
        );
        let all =
            story(&segments, StoryOf { animals: &animals(), frame_count: 500, fps: 30.0 }, &StoryOptions::default());
        let paragraphs: Vec<&str> = all.split("\n\n").collect();
        assert_eq!(paragraphs[1..], ["Mouse A1 ate for 17 s.", "Nobody labelled what Mouse A2 did."]);
    }

    #[test]
    fn what_nobody_reviewed_is_marked_where_asked() {
        let mut segments = [segment("locomotion", 0, 150), segment("locomotion", 150, 300)];
        segments[1].status = SegmentStatus::Unreviewed;
        let options = StoryOptions { marks_unreviewed: true, ..StoryOptions::default() };
        assert_eq!(told_of(&segments, 300, &options), "Mouse A0 ran for 5 s, then ran for 5 s (not reviewed).");
        assert_eq!(told_of(&segments, 300, &StoryOptions::default()), "Mouse A0 ran for 10 s.");
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let known = [
            (0.01, "less than 0.1 s"),
            (0.26, "0.3 s"),
            (2.0, "2 s"),
            (2.94, "2.9 s"),
            (2.97, "3 s"),
            (4.6, "5 s"),
            (59.6, "1 min"),
            (125.0, "2 min 5 s"),
            (3599.9, "1 h"),
            (5400.0, "1 h 30 min"),
        ];
        for (seconds, words) in known {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn every_built_in_label_has_a_phrase() {
        for label in &Vocabulary::mouse().labels {
            let known = PHRASES.iter().find(|phrases| phrases.label == label.name);
            let known = known.unwrap_or_else(|| panic!("{} has no phrase", label.name));
            assert_eq!(known.actor.contains("{}"), label.is_social, "{}", label.name);
        }
    }
}
