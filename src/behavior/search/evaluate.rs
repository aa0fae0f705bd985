//! Which segments a filter means, in O(n log n): each condition on a segment alone is looked up, each relation is a search in
//! sorted starts or stops.

use std::collections::BTreeMap;

use super::filter::{Filter, Partner, Relation, When, Whose};
use super::lexicon::{Lexicon, NameKind};
use crate::behavior::names::normalized;
use crate::model::{AnimalId, Segment};

/// One layer of a recording's timeline.
#[derive(Clone, Copy, Debug)]
pub struct SearchedTimeline<'a> {
    /// The recording's name.
    pub recording: &'a str,
    /// Its experimental group.
    pub group: Option<&'a str>,
    /// Frames per second.
    pub fps: f64,
    /// The names of its animals, by [`AnimalId`].
    pub animals: &'a [String],
    /// The segments.
    pub segments: &'a [Segment],
    /// When animals are in places; a place without visits holds for no segment.
    pub visits: &'a [Visit],
}

/// A stretch of time that an animal spends in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Who.
    pub animal: AnimalId,
    /// The place's name.
    pub zone: String,
    /// The first frame.
    pub start_frame: u32,
    /// The frame after the last.
    pub stop_frame: u32,
}

/// A segment that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hit {
    /// Position of its timeline in the list that was searched.
    pub timeline: usize,
    /// Its position among the timeline's segments.
    pub segment: usize,
}

/// The stretches in which a condition holds frame by frame.
pub fn visits(animal: AnimalId, zone: &str, is_inside: impl IntoIterator<Item = bool>) -> Vec<Visit> {
    let mut found: Vec<Visit> = Vec::new();
    for (frame, _) in (0_u32..).zip(is_inside).filter(|(_, is_inside)| *is_inside) {
        match found.last_mut().filter(|last| last.stop_frame == frame) {
            Some(last) => last.stop_frame = frame + 1,
            None => found.push(Visit { animal, zone: zone.to_owned(), start_frame: frame, stop_frame: frame + 1 }),
        }
    }
    found
}

/// The segments that a filter means, by timeline, then in the order of the timeline's segments. Which layer a timeline shows is
/// the caller's to choose; names in the filter are those of the lexicon.
pub fn find(filter: &Filter, timelines: &[SearchedTimeline<'_>], lexicon: &Lexicon) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, timeline) in timelines.iter().enumerate() {
        let is_of = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|listed| listed == name))
        };
        if is_of(&filter.recording, Some(timeline.recording)) && is_of(&filter.group, timeline.group) {
            let found = Searcher::new(timeline, lexicon).find(filter);
            hits.extend(found.into_iter().map(|segment| Hit { timeline: at, segment }));
        }
    }
    hits
}

/// A timeline with what is looked up for each of its segments.
struct Searcher<'a> {
    timeline: &'a SearchedTimeline<'a>,
    /// The label of each segment, as the lexicon shows it.
    labels: Vec<&'a str>,
    categories: Vec<Option<&'a str>>,
    places: Places<'a>,
}

impl<'a> Searcher<'a> {
    fn new(timeline: &'a SearchedTimeline<'a>, lexicon: &'a Lexicon) -> Self {
        let shown = |segment: &'a Segment| lexicon.find(NameKind::Label, &segment.label).unwrap_or(&segment.label);
        let labels: Vec<&str> = timeline.segments.iter().map(shown).collect();
        let categories = labels.iter().map(|label| lexicon.category_of(label)).collect();
        Self { timeline, labels, categories, places: Places::of(timeline.visits) }
    }

    /// Positions of the segments that a filter means, in order.
    fn find(&self, filter: &Filter) -> Vec<usize> {
        let texts: Vec<String> = filter.text.iter().map(|text| folded(text)).collect();
        let alone = (0..self.labels.len()).filter(|at| self.holds_alone(*at, filter, &texts));
        let mut found: Vec<usize> = alone.collect();
        for relation in &filter.relation {
            let others = Others::new(self, relation);
            found.retain(|at| others.has_one(self, *at) != relation.is_absent);
        }
        found
    }

    fn name_of(&self, animal: AnimalId) -> Option<&str> {
        self.timeline.animals.get(animal.index()).map(String::as_str)
    }

    /// Whether all conditions hold that ask for no other segment.
    fn holds_alone(&self, at: usize, filter: &Filter, texts: &[String]) -> bool {
        let segment = &self.timeline.segments[at];
        let frames = segment.stop_frame.saturating_sub(segment.start_frame);
        let is_named = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|listed| listed == name))
        };
        let is_partner = |wanted: &Partner| match wanted {
            Partner::Any => segment.partner.is_some(),
            Partner::Nobody => segment.partner.is_none(),
            Partner::Named(name) => segment.partner.is_some_and(|animal| self.name_of(animal) == Some(name)),
        };
        let confidence = segment.confidence.map(f64::from);
        let fps = self.timeline.fps;
        is_named(&filter.label, Some(self.labels[at]))
            && is_named(&filter.category, self.categories[at])
            && is_named(&filter.animal, self.name_of(segment.animal))
            && (filter.partner.is_empty() || filter.partner.iter().any(is_partner))
            && (filter.role.is_empty() || filter.role.contains(&segment.role))
            && (filter.status.is_empty() || filter.status.contains(&segment.status))
            && filter.longer.is_none_or(|least| least.is_reached_by(frames, fps))
            && filter.shorter.is_none_or(|most| most.holds(frames, fps))
            && filter.confidence_above.is_none_or(|least| confidence.is_some_and(|it| it >= as_single(least)))
            && filter.confidence_below.is_none_or(|most| confidence.is_some_and(|it| it <= as_single(most)))
            && (filter.zone.is_empty() || filter.zone.iter().any(|zone| self.places.holds(segment, zone)))
            && (texts.is_empty() || has_texts(segment, texts))
    }
}

/// A bound as exact as confidences are kept, so that 0.8 is not below 0.8.
fn as_single(bound: f64) -> f64 {
    f64::from(bound as f32)
}

/// A text as it is looked for: small letters, single spaces.
fn folded(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_texts(segment: &Segment, texts: &[String]) -> bool {
    let description = folded(&format!("{} {}", segment.description, segment.modifiers.join(" ")));
    let label = normalized(&segment.label);
    texts.iter().all(|text| description.contains(text) || label.contains(text) || label.contains(&normalized(text)))
}

/// Where the other segments of a relation begin and end.
#[derive(Default)]
struct Ends {
    /// Sorted.
    starts: Vec<u32>,
    /// Sorted.
    stops: Vec<u32>,
    /// By start: start, and of all up to it the two latest stops with the segments that they are of.
    latest: Vec<(u32, LatestStops)>,
}

/// The two latest stops, each with the segment that it is of.
type LatestStops = [Option<(u32, usize)>; 2];

impl Ends {
    fn of(timeline: &SearchedTimeline<'_>, members: &[usize]) -> Self {
        let frames = |at: &usize| (timeline.segments[*at].start_frame, timeline.segments[*at].stop_frame);
        let mut by_start: Vec<(u32, u32, usize)> = members.iter().map(|at| (frames(at).0, frames(at).1, *at)).collect();
        by_start.sort_unstable();
        let mut stops: Vec<u32> = by_start.iter().map(|(_, stop, _)| *stop).collect();
        stops.sort_unstable();
        let mut two = [None, None];
        let latest = by_start.iter().map(|(start, stop, at)| {
            let next = Some((*stop, *at));
            two = match two {
                [first, _] if next > first => [next, first],
                [first, second] if next > second => [first, next],
                kept => kept,
            };
            (*start, two)
        });
        let latest = latest.collect();
        Self { starts: by_start.iter().map(|(start, ..)| *start).collect(), stops, latest }
    }

    /// Frames from the last end at or before a frame.
    fn since(&self, frame: u32) -> Option<u32> {
        let upto = self.stops.partition_point(|stop| *stop <= frame);
        upto.checked_sub(1).map(|at| frame - self.stops[at])
    }

    /// Frames to the first start at or after a frame.
    fn until(&self, frame: u32) -> Option<u32> {
        let from = self.starts.partition_point(|start| *start < frame);
        self.starts.get(from).map(|start| start - frame)
    }

    /// Whether one but `itself` shares a frame.
    fn overlaps(&self, segment: &Segment, itself: usize) -> bool {
        let upto = self.latest.partition_point(|(start, _)| *start < segment.stop_frame);
        let Some(last) = upto.checked_sub(1) else { return false };
        let others = self.latest[last].1.into_iter().flatten().filter(|(_, at)| *at != itself);
        others.map(|(stop, _)| stop).max().is_some_and(|stop| stop > segment.start_frame)
    }
}

/// The segments that a relation's own filter means, of each animal and of all.
struct Others<'a> {
    relation: &'a Relation,
    of_animals: BTreeMap<AnimalId, Ends>,
    of_all: Ends,
}

impl<'a> Others<'a> {
    fn new(searcher: &Searcher<'_>, relation: &'a Relation) -> Self {
        let members = searcher.find(&relation.of);
        let timeline = searcher.timeline;
        let mut of_animals: BTreeMap<AnimalId, Vec<usize>> = BTreeMap::new();
        for at in &members {
            of_animals.entry(timeline.segments[*at].animal).or_default().push(*at);
        }
        let of_animals = of_animals.into_iter().map(|(animal, own)| (animal, Ends::of(timeline, &own))).collect();
        Self { relation, of_animals, of_all: Ends::of(timeline, &members) }
    }

    /// Whether another stands in the relation to a segment.
    fn has_one(&self, searcher: &Searcher<'_>, at: usize) -> bool {
        let segment = &searcher.timeline.segments[at];
        let names_animals = !self.relation.of.animal.is_empty();
        let ends = match self.relation.whose {
            _ if names_animals => Some(&self.of_all),
            Whose::Any => Some(&self.of_all),
            Whose::Same => self.of_animals.get(&segment.animal),
            Whose::Partner => segment.partner.and_then(|partner| self.of_animals.get(&partner)),
        };
        let Some(ends) = ends else { return false };
        let is_near = |gap: u32| self.relation.within.is_none_or(|most| most.holds(gap, searcher.timeline.fps));
        match self.relation.when {
            When::After => ends.since(segment.start_frame).is_some_and(is_near),
            When::Before => ends.until(segment.stop_frame).is_some_and(is_near),
            When::During => ends.overlaps(segment, at),
        }
    }
}

/// Visits by animal and place.
struct Places<'a> {
    of: BTreeMap<(AnimalId, &'a str), Vec<Stay>>,
}

/// A visit that does not overlap those before.
struct Stay {
    start: u32,
    stop: u32,
    /// Frames spent there before.
    spent: u64,
}

impl<'a> Places<'a> {
    fn of(visits: &'a [Visit]) -> Self {
        let mut of: BTreeMap<(AnimalId, &str), Vec<Stay>> = BTreeMap::new();
        let mut sorted: Vec<&Visit> = visits.iter().collect();
        sorted.sort_unstable_by_key(|visit| (visit.start_frame, visit.stop_frame));
        for visit in sorted {
            let known = of.entry((visit.animal, &visit.zone)).or_default();
            let (stop, spent) =
                known.last().map_or((0, 0), |last| (last.stop, last.spent + u64::from(last.stop - last.start)));
            let start = visit.start_frame.max(stop);
            if start < visit.stop_frame {
                known.push(Stay { start, stop: visit.stop_frame, spent });
            }
        }
        Self { of }
    }

    /// Whether an animal is in a place during at least half of its segment.
    fn holds(&self, segment: &Segment, zone: &str) -> bool {
        let Some(known) = self.of.get(&(segment.animal, zone)) else { return false };
        let spent_before = |frame: u32| {
            let upto = known.partition_point(|stay| stay.start < frame);
            upto.checked_sub(1).map_or(0, |at| {
                let stay = &known[at];
                stay.spent + u64::from(stay.stop.min(frame) - stay.start)
            })
        };
        let inside = spent_before(segment.stop_frame) - spent_before(segment.start_frame);
        let frames = u64::from(segment.stop_frame.saturating_sub(segment.start_frame));
        frames > 0 && 2 * inside >= frames
    }
}
