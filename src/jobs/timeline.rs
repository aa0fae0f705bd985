//! The timeline of a recording: all four layers to look at, and what a person does to it, carried out against what the project
//! holds at that moment.
//!
//! Machine layers are never changed: the first touch of a machine's segment copies its animal's layer into the human one, in
//! the same gesture as the edit.

mod clips;

mod why;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::JobError;
use super::behavior::layer;
use crate::behavior::edits::{self, Brush, Edge, Neighbor, Overlap, TimelineEdit, WordSearch};
use crate::model::{
    Animal, AnimalId, BehaviorSource, Caption, Clip, ClipId, PlacedSegment, RunId, Segment, SegmentId, SocialRole,
    Vocabulary,
};
use crate::store::{Gesture, Project, RecordingInfo};

/// All layers of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Who.
    pub animals: Vec<Animal>,
    /// The run that the machine's layers are of.
    pub run: Option<RunId>,
    /// The clips, by animal and time.
    pub clips: Vec<Clip>,
    /// What was said of each clip.
    pub captions: Vec<Option<Caption>>,
    /// Of clips of which a model was asked several times: the share of its answers that say what stands there.
    pub agreement: BTreeMap<ClipId, f32>,
    /// The clips as segments, with what was said of them.
    pub said: Vec<Segment>,
    /// Clips joined to segments.
    pub merged: Vec<Segment>,
    /// What people say.
    pub human: Vec<PlacedSegment>,
}

/// A machine's layer that a person can take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MachineLayer {
    /// Clips, with what was said of them.
    Clips,
    /// Merged segments.
    Merged,
}

/// A segment that a person points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// One of the human layer.
    Human(SegmentId),
    /// One of a machine's: the one of that animal that begins there.
    Machine {
        /// Which layer.
        layer: MachineLayer,
        /// Whose.
        animal: AnimalId,
        /// Its first frame.
        start_frame: u32,
    },
}

/// What a person does to a timeline.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineAct {
    /// Moves a boundary.
    MoveBoundary {
        /// Of this segment.
        of: Target,
        /// Which one.
        edge: Edge,
        /// Where to.
        to_frame: u32,
        /// What becomes of the neighbour.
        neighbor: Neighbor,
    },
    /// Moves a boundary by frames, later where positive.
    Nudge {
        /// Of this segment.
        of: Target,
        /// Which one.
        edge: Edge,
        /// By so many.
        by_frames: i32,
        /// What becomes of the neighbour.
        neighbor: Neighbor,
    },
    /// Cuts a segment in two.
    Split {
        /// This one.
        of: Target,
        /// The second begins here.
        at_frame: u32,
    },
    /// Makes one segment of several.
    Merge(Vec<Target>),
    /// Gives segments a label.
    Relabel {
        /// These.
        of: Vec<Target>,
        /// A label of the vocabulary.
        label: String,
    },
    /// Says who else takes part, and how.
    SetPartner {
        /// Of these.
        of: Vec<Target>,
        /// The other animal.
        partner: Option<AnimalId>,
        /// The part of the segments' own animal.
        role: SocialRole,
    },
    /// Writes another description.
    SetDescription {
        /// Of this one.
        of: Target,
        /// The words.
        text: String,
    },
    /// Replaces words in descriptions.
    ReplaceWords {
        /// Of these.
        of: Vec<Target>,
        /// What is looked for.
        words: String,
        /// What stands there instead; nothing takes the words out.
        by: String,
        /// Whether capitals and small letters differ.
        matches_case: bool,
        /// Whether parts of words are left.
        whole_words: bool,
    },
    /// Gives segments of one label another.
    ReplaceLabel {
        /// Those of these that have it.
        of: Vec<Target>,
        /// The label that they have.
        label: String,
        /// A label of the vocabulary.
        by: String,
    },
    /// Writes other modifiers.
    SetModifiers {
        /// Of these.
        of: Vec<Target>,
        /// All of them.
        modifiers: Vec<String>,
    },
    /// Finds segments right.
    Accept(Vec<Target>),
    /// Takes segments away.
    Delete(Vec<Target>),
    /// Gives a stretch of an animal a label, over whatever lies there.
    Paint {
        /// The animal.
        animal: AnimalId,
        /// The stretch.
        frames: Range<u32>,
        /// A label of the vocabulary.
        label: String,
        /// The other animal that takes part.
        partner: Option<AnimalId>,
        /// The part of the animal.
        role: SocialRole,
    },
    /// Takes a stretch away: it is not reviewed then.
    Erase {
        /// The animal.
        animal: AnimalId,
        /// The exclusive group; "" is the main one.
        group: String,
        /// The stretch.
        frames: Range<u32>,
    },
    /// Says the same of another animal.
    CopyTo {
        /// These.
        of: Vec<Target>,
        /// The other animal.
        animal: AnimalId,
    },
    /// Takes a segment apart into its clips.
    Unmerge(Target),
    /// Copies an animal's machine layer as it is.
    TakeOver(MachineLayer, AnimalId),
    /// Makes a stretch of an animal say what another account says of it.
    Adopt {
        /// The animal.
        animal: AnimalId,
        /// The stretch.
        frames: Range<u32>,
        /// What the other account says; segments of other animals and frames are left out.
        theirs: Arc<Vec<Segment>>,
    },
    /// Lays segments over what stands in their lanes, of whichever animals they are.
    Lay(Arc<Vec<Segment>>),
    /// Gives the frames of clips a label, and no others.
    LabelClips {
        /// These.
        of: Vec<Target>,
        /// A label of the vocabulary.
        label: String,
    },
    /// Finds right what counts over the frames of clips.
    AcceptClips(Vec<Target>),
    /// Takes away what counts over the frames of clips: they are not reviewed then.
    ClearClips(Vec<Target>),
}

pub use clips::Counted;
pub use why::{AskedAbout, SegmentWhy, why};

/// What an act did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineOutcome {
    /// What it is called; nothing was changed where `changed` is 0.
    pub title: String,
    /// Segments that were changed.
    pub changed: usize,
    /// The segment that the act was about, as it can be pointed at now.
    pub selected: Option<SegmentId>,
}

impl Timeline {
    /// Reads all layers, those of machines of the latest run that has clips. What a machine said is called as the vocabulary calls
    /// it now.
    ///
    /// # Errors
    /// When the project cannot be read.
    pub fn read(project: &Project, info: &RecordingInfo) -> Result<Self, JobError> {
        let mut found =
            Self { animals: project.animals(info.id)?, human: project.human_layer(info.id)?, ..Self::default() };
        let Some(run) = layer::shown_run(project, info)? else { return Ok(found) };
        found.run = Some(run.id);
        found.clips = project.clips(run.id)?;
        found.clips.sort_by_key(|clip| (clip.animal, clip.start_frame));
        let said = project.captions(run.id)?.into_iter().map(|(clip, caption, source)| (clip, (caption, source)));
        let mut said: BTreeMap<_, _> = said.collect();
        for clip in &found.clips {
            let said = said.remove(&clip.id);
            found.said.push(layer::segment_of_clip(clip, said.as_ref().map(|(caption, source)| (caption, *source))));
            found.captions.push(said.map(|(caption, _)| caption));
        }
        let details = project.caption_details(run.id)?;
        let agreement = details.iter().filter_map(|(clip, detail)| Some((*clip, detail.majority()?.1)));
        found.agreement = agreement.collect();
        found.merged = project.merged_segments(run.id)?;
        let vocabulary = project.vocabulary()?;
        let segments = found.said.iter_mut().chain(&mut found.merged).map(|segment| &mut segment.label);
        let captions = found.captions.iter_mut().flatten().map(|caption| &mut caption.label);
        segments.chain(captions).for_each(|label| layer::rename(label, &vocabulary));
        Ok(found)
    }

    /// Whether there is anything to show.
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty() && self.human.is_empty()
    }

    /// The names of the animals.
    pub fn names(&self) -> Vec<String> {
        self.animals.iter().map(|animal| animal.name.clone()).collect()
    }

    /// The segments of a machine's layer, by animal and time.
    pub fn machine(&self, layer: MachineLayer) -> &[Segment] {
        match layer {
            MachineLayer::Clips => &self.said,
            MachineLayer::Merged => &self.merged,
        }
    }

    /// The clips of a segment, by time: those that it names and that lie in it, else those of its animal of which most does.
    pub fn clips_of<'a>(&'a self, segment: &'a Segment) -> impl Iterator<Item = &'a Clip> {
        let shared = move |clip: &Clip| {
            let stop_frame = segment.stop_frame.min(clip.stop_frame);
            stop_frame.saturating_sub(segment.start_frame.max(clip.start_frame))
        };
        let is_named = move |clip: &Clip| segment.clips.contains(&clip.id) && shared(clip) > 0;
        let is_own = move |clip: &&Clip| clip.animal == segment.animal;
        let names_any = self.clips.iter().filter(is_own).any(is_named);
        self.clips.iter().filter(is_own).filter(move |clip| match names_any {
            // A later run may have cut other clips of the same numbers.
            true => is_named(clip),
            false => 2 * shared(clip) > clip.stop_frame - clip.start_frame,
        })
    }

    /// The segment that a person points at.
    pub fn find(&self, target: Target) -> Option<&Segment> {
        match target {
            Target::Human(id) => self.human.iter().find(|placed| placed.id == id).map(|placed| &placed.segment),
            Target::Machine { layer, animal, start_frame } => {
                let all = self.machine(layer);
                position_of(all, animal, start_frame).map(|at| &all[at])
            }
        }
    }

    /// What is edited, as the edits see it.
    pub fn editable<'a>(
        &'a self,
        vocabulary: &'a Vocabulary,
        names: &'a [String],
        frame_count: u32,
        next_id: SegmentId,
    ) -> edits::Timeline<'a> {
        edits::Timeline { segments: &self.human, vocabulary, animals: names, frame_count, next_id, clips: &self.clips }
    }
}

fn position_of(segments: &[Segment], animal: AnimalId, start_frame: u32) -> Option<usize> {
    segments.binary_search_by_key(&(animal, start_frame), |segment| (segment.animal, segment.start_frame)).ok()
}

/// Does what a person did, as one gesture.
///
/// # Errors
/// When the segment is not there any more, the edit is not possible there, `who` is empty, or the project cannot be written:
/// nothing is changed then.
pub fn act(
    project: &mut Project,
    info: &RecordingInfo,
    vocabulary: &Vocabulary,
    (who, at_unix_ms): (&str, i64),
    act: &TimelineAct,
) -> Result<TimelineOutcome, JobError> {
    let timeline = Timeline::read(project, info)?;
    let names = timeline.names();
    let base = timeline.editable(vocabulary, &names, info.frame_count, project.next_segment_id()?);
    let mut touched: Vec<(MachineLayer, AnimalId)> = targets_of(act)
        .iter()
        .filter_map(|target| match target {
            Target::Human(_) => None,
            Target::Machine { layer, animal, .. } => Some((*layer, *animal)),
        })
        .collect();
    match act {
        TimelineAct::TakeOver(layer, animal) => touched.push((*layer, *animal)),
        // What the machine says of the other frames counted until now, and goes on to count. All of an animal is replaced.
        TimelineAct::Adopt { animal, frames, .. }
            if !timeline.human.iter().any(|placed| placed.segment.animal == *animal)
                && frames.len() < info.frame_count as usize =>
        {
            touched.push((timeline.layer_that_counts(), *animal));
        }
        TimelineAct::Lay(pieces) => {
            let is_said = |animal| timeline.human.iter().any(|placed| placed.segment.animal == animal);
            let untouched = pieces.iter().map(|piece| piece.animal).filter(|animal| !is_said(*animal));
            touched.extend(untouched.map(|animal| (timeline.layer_that_counts(), animal)));
        }
        // So it does of the frames beside clips.
        _ => {
            for target in clips::clips_of(act) {
                let animal = timeline.find(*target).ok_or(JobError::NoSuchSegment)?.animal;
                if !timeline.human.iter().any(|placed| placed.segment.animal == animal) {
                    touched.push((timeline.layer_that_counts(), animal));
                }
            }
        }
    }
    touched.sort_unstable();
    touched.dedup();
    let mut doing = Doing { timeline: &timeline, act, rows: BTreeMap::new(), selected: None };
    let edit = doing.with_copies(base, &touched)?;
    let outcome = TimelineOutcome { title: edit.title, changed: edit.changes.len(), selected: doing.selected };
    if outcome.changed > 0 {
        let gesture = Gesture { title: &outcome.title, annotator: who, at_unix_ms };
        project.change_segments(info.id, &gesture, &edit.changes)?;
    }
    Ok(outcome)
}

/// The segments that an act points at.
fn targets_of(act: &TimelineAct) -> &[Target] {
    match act {
        TimelineAct::MoveBoundary { of, .. }
        | TimelineAct::Nudge { of, .. }
        | TimelineAct::Split { of, .. }
        | TimelineAct::SetDescription { of, .. }
        | TimelineAct::Unmerge(of) => std::slice::from_ref(of),
        TimelineAct::Merge(of)
        | TimelineAct::Relabel { of, .. }
        | TimelineAct::SetPartner { of, .. }
        | TimelineAct::ReplaceWords { of, .. }
        | TimelineAct::ReplaceLabel { of, .. }
        | TimelineAct::SetModifiers { of, .. }
        | TimelineAct::Accept(of)
        | TimelineAct::Delete(of)
        | TimelineAct::CopyTo { of, .. } => of,
        TimelineAct::Paint { .. }
        | TimelineAct::Erase { .. }
        | TimelineAct::TakeOver(..)
        | TimelineAct::Adopt { .. }
        | TimelineAct::Lay(_)
        | TimelineAct::LabelClips { .. }
        | TimelineAct::AcceptClips(_)
        | TimelineAct::ClearClips(_) => &[],
    }
}

/// An act while it is worked out.
struct Doing<'a> {
    timeline: &'a Timeline,
    act: &'a TimelineAct,
    /// The rows of the copies of machines' segments.
    rows: BTreeMap<Target, SegmentId>,
    selected: Option<SegmentId>,
}

impl Doing<'_> {
    /// The edit, with the copies of the layers that it touches first.
    fn with_copies(
        &mut self,
        base: edits::Timeline<'_>,
        touched: &[(MachineLayer, AnimalId)],
    ) -> Result<TimelineEdit, JobError> {
        let Some(((layer, animal), rest)) = touched.split_first() else { return self.edit(base) };
        let machine = self.timeline.machine(*layer);
        let copy = base.first_touch(machine, *animal);
        for (at, segment) in machine.iter().enumerate().filter(|(_, segment)| segment.animal == *animal) {
            if let Some(row) = copy.id_of(at) {
                let target = Target::Machine { layer: *layer, animal: *animal, start_frame: segment.start_frame };
                self.rows.insert(target, row);
            }
        }
        if matches!(self.act, TimelineAct::TakeOver(..)) {
            return Ok(copy.alone());
        }
        let edit = self.with_copies(copy.timeline(base), rest)?;
        Ok(copy.with(edit))
    }

    fn row(&self, target: Target) -> Result<SegmentId, JobError> {
        match target {
            Target::Human(id) => Ok(id),
            Target::Machine { .. } => self.rows.get(&target).copied().ok_or(JobError::NoSuchSegment),
        }
    }

    fn rows_of(&self, targets: &[Target]) -> Result<Vec<SegmentId>, JobError> {
        targets.iter().map(|target| self.row(*target)).collect()
    }

    fn edit(&mut self, base: edits::Timeline<'_>) -> Result<TimelineEdit, JobError> {
        let about = targets_of(self.act).first().map(|target| self.row(*target)).transpose()?;
        self.selected = about;
        let rows = self.rows_of(targets_of(self.act))?;
        let one = about.ok_or(JobError::NoSuchSegment);
        let edit = match self.act {
            TimelineAct::MoveBoundary { edge, to_frame, neighbor, .. } => {
                base.move_boundary(one?, *edge, *to_frame, *neighbor)?
            }
            TimelineAct::Nudge { edge, by_frames, neighbor, .. } => base.nudge(one?, *edge, *by_frames, *neighbor)?,
            TimelineAct::Split { at_frame, .. } => base.split(one?, *at_frame)?,
            TimelineAct::Merge(_) => base.merge(&rows, None)?,
            TimelineAct::Relabel { label, .. } => base.relabel(&rows, label, Overlap::Refuse)?,
            TimelineAct::SetPartner { partner, role, .. } => base.set_partner(&rows, *partner, *role)?,
            TimelineAct::SetDescription { text, .. } => base.set_description(one?, text)?,
            TimelineAct::ReplaceWords { words, by, matches_case, whole_words, .. } => {
                let search = WordSearch { words, matches_case: *matches_case, whole_words: *whole_words };
                base.replace_words(search, by, Some(&rows))?
            }
            TimelineAct::ReplaceLabel { label, by, .. } => {
                base.replace_label(label, by, Some(&rows), Overlap::Refuse)?
            }
            TimelineAct::SetModifiers { modifiers, .. } => base.set_modifiers(&rows, modifiers)?,
            TimelineAct::Accept(_) => base.accept(&rows)?,
            TimelineAct::Delete(_) => base.delete(&rows)?,
            TimelineAct::CopyTo { animal, .. } => base.copy_to_animal(&rows, *animal, Overlap::Refuse)?,
            TimelineAct::Unmerge(_) => base.unmerge(one?, &self.clips(), self.said_by(self.act))?,
            TimelineAct::Paint { animal, frames, label, partner, role } => {
                let brush = Brush { label, partner: *partner, role: *role };
                match base.vocabulary.find(label).is_some_and(|label| label.is_point) {
                    true => base.insert_point(*animal, frames.start, brush)?,
                    false => base.paint(*animal, frames.clone(), brush)?,
                }
            }
            TimelineAct::Erase { animal, group, frames } => base.erase(*animal, group, frames.clone())?,
            TimelineAct::Adopt { animal, frames, theirs } => base.adopt(theirs, *animal, frames.clone())?,
            TimelineAct::Lay(pieces) => base.lay(pieces)?,
            TimelineAct::LabelClips { of, label } => base.paint_all(&self.timeline.stretches(of)?, label)?,
            TimelineAct::AcceptClips(of) => base.accept_all(&self.timeline.stretches(of)?)?,
            TimelineAct::ClearClips(of) => base.clear_all(&self.timeline.stretches(of)?)?,
            TimelineAct::TakeOver(..) => return Err(JobError::NoSuchSegment),
        };
        match self.act {
            // Many are replaced at once: what was selected stays so.
            TimelineAct::Delete(_) | TimelineAct::ReplaceWords { .. } | TimelineAct::ReplaceLabel { .. } => {
                self.selected = None;
            }
            TimelineAct::Merge(_) => {
                let is_kept = |id: &&SegmentId| !edit.changes.iter().any(|it| it.id == **id && it.after.is_none());
                self.selected = rows.iter().find(is_kept).copied();
            }
            TimelineAct::Paint { animal, frames, .. } => {
                let is_painted =
                    |segment: &Segment| segment.animal == *animal && segment.frames().contains(&frames.start);
                let painted = edit.changes.iter().find(|change| change.after.as_ref().is_some_and(is_painted));
                self.selected = painted.map(|change| change.id);
            }
            _ => {}
        }
        Ok(edit)
    }

    /// Who described the clips of the segment that an act is about: a model, where it described any.
    fn said_by(&self, act: &TimelineAct) -> BehaviorSource {
        let about = targets_of(act).first().and_then(|target| self.timeline.find(*target));
        let is_own =
            |said: &&Segment| about.is_some_and(|about| said.clips.iter().all(|clip| about.clips.contains(clip)));
        let mut own = self.timeline.said.iter().filter(is_own);
        let is_by_model = own.any(|said| said.source == BehaviorSource::Model);
        if is_by_model { BehaviorSource::Model } else { BehaviorSource::Rules }
    }

    fn clips(&self) -> Vec<(Clip, Option<Caption>)> {
        self.timeline.clips.iter().copied().zip(self.timeline.captions.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests;
