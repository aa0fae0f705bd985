//! From an act to the edits of its gesture, its title and its note.
//!
//! Reads the project, changes nothing. Where everything stands so already, there is nothing to edit.

use std::sync::Arc;

use super::{Act, LabelSource, Labelling};
use crate::jobs::JobError;
use crate::model::{
    CameraId, Centroid, CentroidNumber, CentroidOrigin, DotRef, Edit, FrameLabels, KeypointId, Label, Placement,
    Point2, Provenance, Source, ViewSet,
};
use crate::store::{FrameEdit, FrameState, ItemEdit, Project, StoreError};

/// The edits of one act.
pub(super) struct Plan {
    pub title: String,
    pub note: Option<String>,
    pub frames: Vec<u32>,
    pub place: Option<(CameraId, KeypointId)>,
    pub added: Option<DotRef>,
    pub edits: Vec<FrameEdit>,
}

/// What all steps of planning share.
struct Planner<'a> {
    labelling: &'a Labelling,
    project: &'a Project,
    provenance: Provenance,
}

/// The labels of one frame while its edits are made up.
struct Draft {
    labels: FrameLabels,
    edits: Vec<Edit>,
    /// Dots that were taken from a keypoint.
    taken: Vec<(CameraId, CentroidNumber, KeypointId)>,
}

impl Plan {
    /// What is to be done for an act.
    pub fn of(
        labelling: &Labelling,
        project: &Project,
        who: &str,
        at_unix_ms: i64,
        source: LabelSource,
        act: &Act,
    ) -> Result<Self, JobError> {
        let annotator = Some(Arc::from(who.trim()));
        let provenance = Provenance { source: source.source(), run: None, annotator, at_unix_ms };
        Planner { labelling, project, provenance }.plan(act)
    }
}

impl Planner<'_> {
    fn plan(&self, act: &Act) -> Result<Plan, JobError> {
        match *act {
            Act::Assign { frame, camera, keypoint, number } => {
                let placement = self.dot(frame, camera, number)?;
                self.put(frame, camera, keypoint, placement, format!("Label {}", self.at(camera, keypoint)))
            }
            Act::Free { frame, camera, keypoint, point_in_image } => {
                let title = format!("Place {}", self.at(camera, keypoint));
                self.put(frame, camera, keypoint, Placement::Free { point_in_image }, title)
            }
            Act::Absent { frame, camera, keypoint } => {
                let title = format!("Mark {} as not visible", self.at(camera, keypoint));
                self.put(frame, camera, keypoint, Placement::Absent, title)
            }
            Act::AbsentElsewhere { frame, keypoint } => self.absent_elsewhere(frame, keypoint),
            Act::Clear { frame, camera, keypoint } => {
                let title = format!("Clear {}", self.at(camera, keypoint));
                self.place(frame, &[(camera, keypoint, None)], title)
            }
            Act::ClearKeypoint { frame, keypoint } => {
                let all: Vec<_> = self.cameras().map(|camera| (camera, keypoint, None)).collect();
                self.place(frame, &all, format!("Clear {} in all views", self.name(keypoint)))
            }
            Act::Nudge { frame, camera, keypoint, by_px } => self.nudge(frame, camera, keypoint, by_px),
            Act::SwapPair { ref frames, cameras, keypoint } => self.swap_pair(frames, cameras, keypoint),
            Act::SwapKeypoints { frame, camera, a, b } => {
                let title = format!("Swap {} and {} in {}", self.name(a), self.name(b), self.camera(camera));
                self.swap(frame..frame.saturating_add(1), ViewSet::EMPTY.with(camera), [a, b], title)
            }
            Act::Place { frame, ref placements, ref title } => self.place(frame, placements, title.clone()),
            Act::AddCentroid { frame, camera, point_in_image } => self.add_dot(frame, camera, point_in_image),
            Act::DeleteCentroid { frame, camera, number } => self.delete_dot(frame, camera, number),
            Act::SetState { frame, state } => self.set_state(frame, state),
        }
    }

    fn put(
        &self,
        frame: u32,
        camera: CameraId,
        keypoint: KeypointId,
        placement: Placement,
        title: String,
    ) -> Result<Plan, JobError> {
        self.place(frame, &[(camera, keypoint, Some(placement))], title)
    }

    fn place(
        &self,
        frame: u32,
        placements: &[(CameraId, KeypointId, Option<Placement>)],
        title: String,
    ) -> Result<Plan, JobError> {
        let mut draft = self.draft(frame)?;
        for (camera, keypoint, _) in placements {
            self.require(*camera, *keypoint)?;
        }
        // What goes away, or holds a dot that another one is to get, gives it up first: two keypoints may exchange theirs.
        let number_of = |placement: Option<Placement>| placement.and_then(|placement| placement.number());
        for (camera, keypoint, placement) in placements {
            let held = number_of(draft.labels.get(*camera, *keypoint).map(|label| label.placement));
            let is_wanted = placements
                .iter()
                .any(|(at, of, new)| held.is_some() && at == camera && of != keypoint && number_of(*new) == held);
            if placement.is_none() || is_wanted {
                draft.set(*camera, *keypoint, None);
            }
        }
        for (camera, keypoint, placement) in placements {
            if let Some(placement) = placement {
                self.label(&mut draft, *camera, *keypoint, *placement);
            }
        }
        let note = self.taken_note(&draft);
        let place = placements.first().map(|(camera, keypoint, _)| (*camera, *keypoint));
        Ok(Plan { place, note, ..self.finish(frame, draft, title) })
    }

    fn absent_elsewhere(&self, frame: u32, keypoint: KeypointId) -> Result<Plan, JobError> {
        self.require(CameraId(0), keypoint)?;
        let labels = self.draft(frame)?.labels;
        let open = self.cameras().filter(|camera| labels.get(*camera, keypoint).is_none());
        let absent: Vec<_> = open.map(|camera| (camera, keypoint, Some(Placement::Absent))).collect();
        let is_seen = labels.views_of(keypoint).iter().any(Option::is_some);
        let place = if is_seen { "in the other views" } else { "in any view" };
        self.place(frame, &absent, format!("Mark {} as not visible {place}", self.name(keypoint)))
    }

    fn nudge(
        &self,
        frame: u32,
        camera: CameraId,
        keypoint: KeypointId,
        [right, down]: [f64; 2],
    ) -> Result<Plan, JobError> {
        self.require(camera, keypoint)?;
        let draft = self.draft(frame)?;
        let title = format!("Nudge {}", self.at(camera, keypoint));
        let Some(point) = draft.labels.point_in_image(camera, keypoint) else {
            let note = Some(format!("{} has no place to move.", self.at(camera, keypoint)));
            return Ok(Plan { note, ..self.finish(frame, draft, title) });
        };
        let number = draft.labels.get(camera, keypoint).and_then(|label| label.placement.number());
        let point_in_image = Point2::new(point.x + right, point.y + down);
        let mut plan = self.put(frame, camera, keypoint, Placement::Free { point_in_image }, title)?;
        plan.note = number.map(|number| format!("{} left dot {}.", self.name(keypoint), number.0));
        Ok(plan)
    }

    fn swap_pair(
        &self,
        frames: &std::ops::Range<u32>,
        cameras: ViewSet,
        keypoint: KeypointId,
    ) -> Result<Plan, JobError> {
        self.require(CameraId(0), keypoint)?;
        let skeleton = &self.labelling.skeleton;
        let pair = skeleton.pairs().into_iter().find(|pair| pair.contains(&keypoint));
        let Some([left, right]) = pair else {
            let title = format!("Swap {}", self.name(keypoint));
            let note = Some(format!("{} has no mirror to swap with.", self.name(keypoint)));
            let frames = vec![frames.start];
            return Ok(Plan { title, note, frames, place: None, added: None, edits: Vec::new() });
        };
        let mut title =
            format!("Swap {} and {} in {}", self.name(left), self.name(right), self.views_in_words(cameras));
        if frames.len() > 1 {
            title.push_str(&format!(", frames {} to {}", frames.start, frames.end - 1));
        }
        self.swap(frames.clone(), cameras, [left, right], title)
    }

    fn swap(
        &self,
        frames: std::ops::Range<u32>,
        cameras: ViewSet,
        [a, b]: [KeypointId; 2],
        title: String,
    ) -> Result<Plan, JobError> {
        if let Some(last) = frames.clone().last() {
            self.labelling.info.require_frame(last)?;
        }
        for camera in cameras.iter() {
            self.require(camera, a)?;
            self.require(camera, b)?;
        }
        let mut plan = Plan { title, note: None, frames: Vec::new(), place: None, added: None, edits: Vec::new() };
        plan.place = cameras.iter().next().map(|camera| (camera, a));
        for item in self.project.labels_in(self.labelling.info.id, frames.clone())? {
            let (frame, labels) = item?;
            let mut draft = Draft { labels, edits: Vec::new(), taken: Vec::new() };
            for camera in cameras.iter() {
                self.exchange(&mut draft, camera, [a, b]);
            }
            if !draft.edits.is_empty() {
                plan.frames.push(frame);
                plan.edits.extend(self.edits(frame, draft.edits));
            }
        }
        if plan.frames.is_empty() {
            plan.note = Some(format!("Neither {} nor {} is labelled there.", self.name(a), self.name(b)));
            plan.frames.push(frames.start);
        }
        Ok(plan)
    }

    /// Exchanges two keypoints in one view. A seed's label stays a seed's: its frame is learnt from as before.
    fn exchange(&self, draft: &mut Draft, camera: CameraId, [a, b]: [KeypointId; 2]) {
        let (old_a, old_b) = (draft.labels.get(camera, a).cloned(), draft.labels.get(camera, b).cloned());
        let is_seed = [&old_a, &old_b].iter().any(|old| old.as_ref().is_some_and(|old| old.source() == Source::Seed));
        let source = if is_seed { Source::Seed } else { self.provenance.source };
        let moved = |old: &Option<Label>| {
            let provenance = Provenance { source, ..self.provenance.clone() };
            old.as_ref().map(|old| Label { placement: old.placement, provenance, margin: None })
        };
        if old_a.as_ref().map(|old| old.placement) == old_b.as_ref().map(|old| old.placement) {
            return;
        }
        draft.set(camera, a, None);
        draft.set(camera, b, moved(&old_a));
        draft.set(camera, a, moved(&old_b));
    }

    fn add_dot(&self, frame: u32, camera: CameraId, point_in_image: Point2) -> Result<Plan, JobError> {
        self.labelling.info.require_frame(frame)?;
        self.require(camera, KeypointId(0))?;
        let number = self.project.next_centroid_number(self.labelling.info.id, frame, camera)?;
        let centroid =
            Centroid { number, point_in_image, sigma_px: 0.0, peak: 0.0, snr: 0.0, origin: CentroidOrigin::Added };
        let item = ItemEdit::Centroid { camera, number, before: None, after: Some(centroid) };
        Ok(Plan {
            title: format!("Add a dot in {}", self.camera(camera)),
            note: Some(format!("It is dot {}.", number.0)),
            frames: vec![frame],
            place: None,
            added: Some(DotRef { camera, number }),
            edits: vec![FrameEdit { recording: self.labelling.info.id, frame, item }],
        })
    }

    fn delete_dot(&self, frame: u32, camera: CameraId, number: CentroidNumber) -> Result<Plan, JobError> {
        self.require(camera, KeypointId(0))?;
        let centroid = self.centroid(frame, camera, number)?;
        let mut draft = self.draft(frame)?;
        let holder = draft.labels.holder_of(camera, number);
        if let Some(holder) = holder {
            draft.set(camera, holder, None);
        }
        let mut plan = self.finish(frame, draft, format!("Delete dot {} in {}", number.0, self.camera(camera)));
        let item = ItemEdit::Centroid { camera, number, before: Some(centroid), after: None };
        plan.edits.push(FrameEdit { recording: self.labelling.info.id, frame, item });
        plan.note = holder.map(|holder| format!("{} lost its label.", self.at(camera, holder)));
        plan.place = holder.map(|holder| (camera, holder));
        Ok(plan)
    }

    fn set_state(&self, frame: u32, state: FrameState) -> Result<Plan, JobError> {
        self.labelling.info.require_frame(frame)?;
        let before = self.project.frame_state(self.labelling.info.id, frame)?;
        // A frame that a person mended and then found right was mended: that says more.
        let state = if (before, state) == (FrameState::Fixed, FrameState::Accepted) { before } else { state };
        let title = match state {
            FrameState::Todo => format!("Put frame {frame} back to do"),
            FrameState::Fixed => format!("Mark frame {frame} as fixed"),
            FrameState::Accepted => format!("Accept frame {frame}"),
            FrameState::Skipped => format!("Skip frame {frame}"),
        };
        let item = ItemEdit::State { before, after: state };
        let edit = (before != state).then_some(FrameEdit { recording: self.labelling.info.id, frame, item });
        let edits = edit.into_iter().collect();
        Ok(Plan { title, note: None, frames: vec![frame], place: None, added: None, edits })
    }

    /// Gives a keypoint its label, unless it has just this one.
    fn label(&self, draft: &mut Draft, camera: CameraId, keypoint: KeypointId, placement: Placement) {
        let stands = draft.labels.get(camera, keypoint);
        if stands.is_some_and(|old| old.placement == placement && old.source() == self.provenance.source) {
            return;
        }
        draft.set(camera, keypoint, Some(Label { placement, provenance: self.provenance.clone(), margin: None }));
    }

    fn finish(&self, frame: u32, draft: Draft, title: String) -> Plan {
        let edits = self.edits(frame, draft.edits).collect();
        Plan { title, note: None, frames: vec![frame], place: None, added: None, edits }
    }

    fn edits(&self, frame: u32, edits: Vec<Edit>) -> impl Iterator<Item = FrameEdit> + use<> {
        let recording = self.labelling.info.id;
        edits.into_iter().map(move |edit| FrameEdit { recording, frame, item: ItemEdit::Label(edit) })
    }

    fn draft(&self, frame: u32) -> Result<Draft, JobError> {
        self.labelling.info.require_frame(frame)?;
        let labels = self.project.labels(self.labelling.info.id, frame)?;
        Ok(Draft { labels, edits: Vec::new(), taken: Vec::new() })
    }

    fn dot(&self, frame: u32, camera: CameraId, number: CentroidNumber) -> Result<Placement, JobError> {
        let centroid = self.centroid(frame, camera, number)?;
        Ok(Placement::Centroid { number, point_in_image: centroid.point_in_image })
    }

    fn centroid(&self, frame: u32, camera: CameraId, number: CentroidNumber) -> Result<Centroid, JobError> {
        self.labelling.info.require_frame(frame)?;
        let views = self.project.detection(self.labelling.info.id, frame)?;
        let view = views.get(camera.index()).and_then(Option::as_ref);
        let found = view.and_then(|view| view.centroids.iter().find(|centroid| centroid.number == number));
        found.copied().ok_or_else(|| JobError::NoSuchDot {
            frame,
            camera: self.camera(camera).to_owned(),
            number: number.0,
            count: view.map_or(0, |view| view.centroids.len()),
        })
    }

    fn require(&self, camera: CameraId, keypoint: KeypointId) -> Result<(), JobError> {
        let info = &self.labelling.info;
        let (cameras, keypoints) = (info.cameras.len(), self.labelling.skeleton.len());
        let outside = |what, value: u8, count: usize| {
            let (value, recording, count) = (value.into(), info.name.clone(), count as u32);
            Err(StoreError::Outside { what, value, recording, count }.into())
        };
        match (camera.index() < cameras, keypoint.index() < keypoints) {
            (false, _) => outside("camera", camera.0, cameras),
            (_, false) => outside("keypoint", keypoint.0, keypoints),
            _ => Ok(()),
        }
    }

    fn cameras(&self) -> impl Iterator<Item = CameraId> + use<> {
        (0..self.labelling.info.cameras.len() as u8).map(CameraId)
    }

    fn camera(&self, camera: CameraId) -> &str {
        self.labelling.camera_name(camera)
    }

    fn name(&self, keypoint: KeypointId) -> &str {
        self.labelling.skeleton.keypoints.get(keypoint.index()).map_or("?", |keypoint| keypoint.name.as_str())
    }

    fn at(&self, camera: CameraId, keypoint: KeypointId) -> String {
        format!("{} in {}", self.name(keypoint), self.camera(camera))
    }

    fn views_in_words(&self, cameras: ViewSet) -> String {
        if self.cameras().all(|camera| cameras.contains(camera)) {
            return "all views".to_owned();
        }
        let names: Vec<&str> = cameras.iter().map(|camera| self.camera(camera)).collect();
        names.join(", ")
    }

    fn taken_note(&self, draft: &Draft) -> Option<String> {
        let told = draft.taken.iter().map(|(camera, number, from)| match draft.edits.len() {
            2 => format!("Dot {} was taken from {}.", number.0, self.name(*from)),
            _ => format!("Dot {} in {} was taken from {}.", number.0, self.camera(*camera), self.name(*from)),
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join(" "))
    }
}

impl Draft {
    /// Gives a keypoint a label or takes its label away; a dot that another keypoint holds is taken from it.
    fn set(&mut self, camera: CameraId, keypoint: KeypointId, label: Option<Label>) {
        let edits = match label {
            Some(label) => Edit::placing(&self.labels, camera, keypoint, label),
            None => match self.labels.get(camera, keypoint) {
                Some(old) => vec![Edit { camera, keypoint, before: Some(old.clone()), after: None }],
                None => Vec::new(),
            },
        };
        for edit in edits {
            if let (true, Some(number)) =
                (edit.keypoint != keypoint, edit.before.as_ref().and_then(|label| label.placement.number()))
            {
                self.taken.push((camera, number, edit.keypoint));
            }
            match &edit.after {
                Some(label) => drop(self.labels.place(edit.camera, edit.keypoint, label.clone())),
                None => drop(self.labels.take(edit.camera, edit.keypoint)),
            }
            self.edits.push(edit);
        }
    }
}
