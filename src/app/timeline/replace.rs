//! Find and replace in what counts: what would change, segment by segment, before it does; all of it is one gesture.

use std::collections::HashSet;
use std::ops::Range;

use super::{Layers, TimelineCommand, TimelineState};
use crate::app::App;
use crate::app::command::Dialog;
use crate::behavior::edits::{EditRefused, WordSearch};
use crate::jobs::timeline::{self, Target, TimelineAct};
use crate::model::vocabulary::in_words;
use crate::model::{AnimalId, Segment, SegmentKind};

/// What is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplaceWhat {
    /// Words in descriptions.
    #[default]
    Words,
    /// One label by another.
    Label,
}

/// Where it is replaced. Segments that do not count are left as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplaceScope {
    /// In all segments that count.
    #[default]
    All,
    /// In those that the search found.
    Found,
    /// In those that are selected.
    Selected,
}

/// What is to be replaced by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplaceAsk {
    /// Words or a label.
    pub what: ReplaceWhat,
    /// Where.
    pub scope: ReplaceScope,
    /// The words to find.
    pub words: String,
    /// What is put in their place; nothing takes them out.
    pub words_by: String,
    /// Whether capitals and small letters differ.
    pub matches_case: bool,
    /// Whether parts of words are left.
    pub whole_words: bool,
    /// The label to find; it need not be in the vocabulary.
    pub label: String,
    /// The label to put in its place.
    pub label_by: String,
}

/// A segment that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The segment.
    pub target: Target,
    /// Its animal.
    pub animal: AnimalId,
    /// Its label as it is, and its first frame.
    pub place: (String, u32),
    /// The text as it is.
    pub old: String,
    /// The text as it would be.
    pub new: String,
    /// What of the old text goes: bytes.
    pub was_at: Vec<Range<usize>>,
    /// What of the new text comes: bytes.
    pub is_at: Vec<Range<usize>>,
}

/// The segments of a scope, by animal and time; nothing where the scope is not there.
pub fn in_scope<'a>(state: &TimelineState, layers: &'a Layers, scope: ReplaceScope) -> Vec<(Target, &'a Segment)> {
    let mut counted = layers.counted();
    let only: HashSet<Target> = match scope {
        ReplaceScope::All => return counted,
        ReplaceScope::Selected => state.selected.iter().copied().collect(),
        ReplaceScope::Found => match state.search.as_ref().and_then(|search| search.found.as_ref()) {
            Some(Ok(found)) => found.targets.iter().copied().collect(),
            _ => return Vec::new(),
        },
    };
    counted.retain(|(target, _)| only.contains(target));
    counted
}

/// Everything that would change, by animal and time.
///
/// # Errors
/// A sentence that says why nothing would.
pub fn replacements(state: &TimelineState, layers: &Layers, ask: &ReplaceAsk) -> Result<Vec<Replacement>, String> {
    let all = in_scope(state, layers, ask.scope);
    if all.is_empty() {
        return Err("No segment is there to look in. Choose another scope.".to_owned());
    }
    match ask.what {
        ReplaceWhat::Words => words_replaced(&all, ask),
        ReplaceWhat::Label => label_replaced(state, &all, ask),
    }
}

fn words_replaced(all: &[(Target, &Segment)], ask: &ReplaceAsk) -> Result<Vec<Replacement>, String> {
    let search = WordSearch { words: &ask.words, matches_case: ask.matches_case, whole_words: ask.whole_words };
    if ask.words.is_empty() {
        return Err("Write the words to find.".to_owned());
    }
    let mut is_there = false;
    let mut found = Vec::new();
    for (target, segment) in all {
        let Some(replaced) = search.replaced(&segment.description, &ask.words_by) else { continue };
        is_there = true;
        if replaced.text != segment.description {
            found.push(Replacement {
                old: segment.description.clone(),
                new: replaced.text,
                was_at: replaced.was_at,
                is_at: replaced.is_at,
                ..unchanged(*target, segment)
            });
        }
    }
    match (found.is_empty(), is_there) {
        (true, true) => Err(sentence_of(&EditRefused::NothingChanges { words: ask.words_by.clone() })),
        (true, false) => Err(sentence_of(&EditRefused::NothingFound { words: ask.words.clone() })),
        (false, _) => Ok(found),
    }
}

fn label_replaced(
    state: &TimelineState,
    all: &[(Target, &Segment)],
    ask: &ReplaceAsk,
) -> Result<Vec<Replacement>, String> {
    if ask.label.is_empty() {
        return Err("Choose the label to find.".to_owned());
    }
    if ask.label_by.is_empty() {
        return Err("Choose the label to put in its place.".to_owned());
    }
    let Some(by) = state.vocabulary.find(&ask.label_by) else {
        return Err(sentence_of(&EditRefused::NoSuchLabel { label: in_words(&ask.label_by) }));
    };
    if ask.label == by.name {
        return Err("Both are the same label, so nothing changes. Choose another.".to_owned());
    }
    let labelled = all.iter().filter(|(_, segment)| segment.label == ask.label);
    let found: Vec<Replacement> = labelled
        .clone()
        .map(|(target, segment)| {
            let (old, new) = (in_words(&segment.label), in_words(&by.name));
            let whole = |text: &str| std::iter::once(0..text.len()).collect();
            let (was_at, is_at) = (whole(&old), whole(&new));
            Replacement { old, new, was_at, is_at, ..unchanged(*target, segment) }
        })
        .collect();
    let is_unfit = |(_, segment): &&(Target, &Segment)| (segment.kind == SegmentKind::Point) != by.is_point;
    match (found.is_empty(), labelled.clone().find(is_unfit)) {
        (true, _) => Err(sentence_of(&EditRefused::NothingFound { words: in_words(&ask.label) })),
        (false, Some(_)) if by.is_point => {
            Err(format!("\"{}\" is a moment, and what is found lasts. Choose a label that lasts.", in_words(&by.name)))
        }
        (false, Some(_)) => {
            Err(format!("\"{}\" lasts, and moments are found. Choose a moment's label.", in_words(&by.name)))
        }
        (false, None) => Ok(found),
    }
}

fn unchanged(target: Target, segment: &Segment) -> Replacement {
    Replacement {
        target,
        animal: segment.animal,
        place: (segment.label.clone(), segment.start_frame),
        old: String::new(),
        new: String::new(),
        was_at: Vec::new(),
        is_at: Vec::new(),
    }
}

fn sentence_of(refused: &EditRefused) -> String {
    crate::app::state::sentence(refused.to_string())
}

impl ReplaceAsk {
    /// Replaces it in these segments.
    pub fn act(&self, of: Vec<Target>) -> TimelineAct {
        match self.what {
            ReplaceWhat::Words => TimelineAct::ReplaceWords {
                of,
                words: self.words.clone(),
                by: self.words_by.clone(),
                matches_case: self.matches_case,
                whole_words: self.whole_words,
            },
            ReplaceWhat::Label => {
                TimelineAct::ReplaceLabel { of, label: self.label.clone(), by: self.label_by.clone() }
            }
        }
    }
}

/// The animals whose timeline becomes a person's with the first of these edits, since they are machines' segments.
pub fn taken_over<'a>(targets: impl Iterator<Item = &'a Target>) -> Vec<AnimalId> {
    let mut animals: Vec<AnimalId> = targets
        .filter_map(|target| match target {
            Target::Human(_) => None,
            Target::Machine { animal, .. } => Some(*animal),
        })
        .collect();
    animals.sort_unstable();
    animals.dedup();
    animals
}

impl App {
    /// Replaces in segments what a person saw listed. The dialog closes once it is kept, and stays where it is not.
    pub(super) fn replace_in_timeline(&mut self, act: TimelineAct) {
        let (what, count) = match &act {
            TimelineAct::ReplaceLabel { of, .. } => ("label", of.len()),
            TimelineAct::ReplaceWords { of, .. } => ("description", of.len()),
            _ => return,
        };
        let plural = if count == 1 { "" } else { "s" };
        let note = format!("Replaced in {count} {what}{plural}. Undo takes all of it back.");
        let saving = self.state.session.as_ref().map(|session| session.saving);
        self.change_timeline(TimelineCommand::Replace(act.clone()), move |desk, who| {
            let vocabulary = desk.project.vocabulary()?;
            Ok((timeline::act(&mut desk.project, &desk.info, &vocabulary, who, &act)?, Some(note)))
        });
        if self.state.session.as_ref().map(|session| session.saving) > saving {
            self.after_timeline = Some(TimelineCommand::Replaced);
        }
    }

    /// After a replacement was kept: what was selected of machines is selected as the person's segments that they are now.
    pub(super) fn replaced(&mut self) {
        if self.state.dialog == Some(Dialog::Replace) {
            self.state.dialog = None;
        }
        let Some(state) = self.state.session.as_mut().map(|session| &mut session.timeline) else { return };
        let Some(layers) = state.layers.clone() else { return };
        for target in &mut state.selected {
            if let Target::Machine { animal, start_frame, .. } = *target {
                *target = layers.counting_at(animal, start_frame).unwrap_or(*target);
            }
        }
        let mut seen = HashSet::new();
        state.selected.retain(|target| seen.insert(*target));
    }
}

impl Layers {
    /// The segment of an animal that counts and begins with a frame.
    pub fn counting_at(&self, animal: AnimalId, start_frame: u32) -> Option<Target> {
        let lane = self.lane(animal);
        lane.iter().find(|(_, segment)| segment.start_frame == start_frame).map(|(target, _)| *target)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::jobs::timeline::Timeline;
    use crate::model::{Animal, BehaviorSource, PlacedSegment, SegmentId, SegmentStatus, SocialRole};

    /// A0 chases and huddles, which a person says; A1 does something that the vocabulary lacks, which a machine says.
    fn layers() -> Layers {
        let segment = |animal: u8, start_frame: u32, label: &str, description: &str| Segment {
            animal: AnimalId(animal),
            start_frame,
            stop_frame: start_frame + 10,
            kind: SegmentKind::State,
            label: label.to_owned(),
            description: description.to_owned(),
            partner: None,
            role: SocialRole::None,
            confidence: None,
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: Vec::new(),
        };
        let placed = |id: i64, segment: Segment| PlacedSegment { id: SegmentId(id), segment };
        let human = vec![
            placed(1, segment(0, 0, "chase", "It runs and runs.")),
            placed(2, segment(0, 10, "huddle", "It rests.")),
        ];
        let merged = vec![segment(0, 0, "chase", "It runs."), segment(1, 0, "flying", "It runs no more.")];
        let animal = |name: &str| Animal { name: name.to_owned(), color: None, is_identity_verified: true };
        let animals = vec![animal("A0"), animal("A1")];
        Layers::alone(Timeline { animals, human, merged, ..Timeline::default() }, 20)
    }

    fn ask(words: &str, words_by: &str) -> ReplaceAsk {
        ReplaceAsk { words: words.to_owned(), words_by: words_by.to_owned(), ..ReplaceAsk::default() }
    }

    /// What would change, or why nothing would.
    fn listed(state: &TimelineState, ask: &ReplaceAsk) -> Vec<String> {
        match replacements(state, &layers(), ask) {
            Ok(all) => all.into_iter().map(|it| format!("{} -> {}", it.old, it.new)).collect(),
            Err(words) => vec![words],
        }
    }

    #[test]
    fn what_counts_is_listed_once_with_all_its_places() {
        let state = TimelineState::default();
        let found = replacements(&state, &layers(), &ask("RUNS", "walks")).unwrap();
        let shown: Vec<_> = found.iter().map(|it| (it.animal.0, it.new.as_str(), it.is_at.len())).collect();
        assert_eq!(shown, [(0, "It walks and walks.", 2), (1, "It walks no more.", 1)]);
        let targets: Vec<Target> = found.iter().map(|it| it.target).collect();
        assert_eq!(taken_over(targets.iter()), [AnimalId(1)], "A0 is a person's already");
        let one = TimelineState { selected: vec![targets[1]], ..TimelineState::default() };
        let of_one = ReplaceAsk { scope: ReplaceScope::Selected, ..ask("it", "A1") };
        assert_eq!(listed(&one, &of_one), ["It runs no more. -> A1 runs no more."]);
    }

    #[test]
    fn why_nothing_would_change_is_said() {
        let state = TimelineState::default();
        let says = |ask: &ReplaceAsk, words: &str| {
            let found = listed(&state, ask);
            assert!(found.len() == 1 && found[0].contains(words) && found[0].ends_with('.'), "{found:?}");
        };
        says(&ask("", "x"), "Write the words to find");
        says(&ask("rums", "x"), "\"rums\" is nowhere");
        says(&ask("It", "It"), "stands there already");
        says(&ReplaceAsk { scope: ReplaceScope::Found, ..ask("it", "x") }, "Choose another scope");
        let label = |label: &str, by: &str| ReplaceAsk {
            what: ReplaceWhat::Label,
            label: label.to_owned(),
            label_by: by.to_owned(),
            ..ReplaceAsk::default()
        };
        says(&label("", "chase"), "Choose the label to find");
        says(&label("chase", ""), "put in its place");
        says(&label("chase", "flying"), "\"flying\" is not in the vocabulary");
        says(&label("chase", "chase"), "the same label");
        says(&label("feeding", "chase"), "\"feeding\" is nowhere");
        assert_eq!(listed(&state, &label("flying", "rearing")), ["flying -> rearing"]);
    }
}
