//! An open project as the window sees it: the recording, the shown frame, what is selected, what was computed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::cursor::Cursor;
use super::insight::Insight;
use super::keeper::Keeper;
use super::overview::Overview;
use super::queue::Queue;
use super::series::SeriesState;
use super::timeline::TimelineState;
use super::view::{Channels, Viewport};
use super::why::WhyState;
use crate::jobs::detect_preview::{Preview, PreviewResult};
use crate::jobs::frames::FrameService;
use crate::jobs::frames::store::StorableChannel;
use crate::jobs::labelling::{FrameView, Labelling};
use crate::jobs::pose::Unfinished;
use crate::jobs::pose::preview::Preview as RerunPreview;
use crate::model::{CameraId, KeypointId, Point3, Skeleton};
use crate::pose::assist::{Hypothesis, Proposal, SeedCheck};
use crate::recording::detect::DetectConfig;
use crate::recording::{Channel, Recording};
use crate::store::{Project, RecordingInfo, StoreError, StoredMaskRegion};

/// So many frames' labels are kept at hand, about 10 kB each.
const KEPT_FRAMES: usize = 512;

/// True places by frame and keypoint, in the calibration's unit.
pub type Truth = BTreeMap<u32, Vec<Option<Point3>>>;

/// What is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The keypoint that the next click labels.
    pub keypoint: KeypointId,
    /// The active view.
    pub camera: Option<CameraId>,
}

/// A dot's number while it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Typing {
    /// The view.
    pub camera: CameraId,
    /// The digits.
    pub digits: String,
    /// When the last digit came, seconds of the app's clock.
    pub at_secs: f64,
}

/// How the views stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The view that fills the grid.
    pub maximised: Option<CameraId>,
    /// Zooms that somebody set.
    pub viewports: HashMap<CameraId, Viewport>,
    /// Whether all views show the selected keypoint large.
    pub linked_zoom: bool,
    /// Whether views follow the animal.
    pub follow_crop: bool,
}

/// The frames' labels that are at hand.
#[derive(Debug, Default)]
pub struct FrameViews {
    kept: HashMap<u32, (u64, Arc<FrameView>)>,
    clock: u64,
}

impl FrameViews {
    /// A frame, if it is at hand.
    pub fn get(&self, frame: u32) -> Option<&Arc<FrameView>> {
        self.kept.get(&frame).map(|(_, view)| view)
    }

    /// Keeps a frame, and forgets the one that was kept longest ago where there are too many.
    pub fn insert(&mut self, view: Arc<FrameView>) {
        self.clock += 1;
        self.kept.insert(view.frame, (self.clock, view));
        if self.kept.len() > KEPT_FRAMES
            && let Some(oldest) = self.kept.iter().min_by_key(|(_, (at, _))| *at).map(|(frame, _)| *frame)
        {
            self.kept.remove(&oldest);
        }
    }

    /// Forgets all frames, after something changed many of them.
    pub fn clear(&mut self) {
        self.kept.clear();
    }

    /// The frames that are at hand.
    pub fn frames(&self) -> impl Iterator<Item = u32> {
        self.kept.keys().copied()
    }
}

/// The seed frames and what is still to do for them.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// The frames that are to be labelled, ascending.
    pub frames: Vec<u32>,
    /// What the first frames' labels suggest for the shown one.
    pub carried: Vec<Proposal>,
    /// The frame that `carried` is for.
    pub carried_for: Option<u32>,
    /// The check before the run.
    pub checks: Vec<SeedCheck>,
    /// By seed frame: labels that are decided, dots and "none" apart.
    pub progress: HashMap<u32, SeedProgress>,
    /// Clicks and keys since the shown frame was begun.
    pub clicks: u32,
    /// The frame that `clicks` is about.
    pub clicks_for: Option<u32>,
}

/// How far a seed frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeedProgress {
    /// Labels that are dots or free points.
    pub dots: usize,
    /// Labels that say "not visible".
    pub none: usize,
    /// Labels in all: keypoints × views.
    pub all: usize,
}

/// A try of detector settings on the shown frame.
#[derive(Clone, Debug, Default)]
pub struct DetectTrial {
    /// The settings, where they differ from the kept ones.
    pub config: Option<DetectConfig>,
    /// What they find, by camera, with the generation that it answers.
    pub found: HashMap<CameraId, Result<PreviewResult, String>>,
    /// Grows with every change of settings, regions or frame.
    pub generation: u64,
    /// Views that are still being tried.
    pub pending: usize,
}

/// An open project.
pub struct Session {
    /// The project file.
    pub path: PathBuf,
    /// Why nothing can be changed; `None` where it can.
    pub read_only: Option<String>,
    /// All recordings.
    pub recordings: Vec<RecordingInfo>,
    /// The recording that is shown.
    pub info: RecordingInfo,
    /// Its files, where they are there.
    pub recording: Option<Arc<Recording>>,
    /// A further connection to the project, from which jobs get theirs.
    pub spare: Project,
    /// Tries detector settings; made when first asked for.
    pub preview: Option<Arc<Preview>>,
    /// What one should know about it.
    pub problems: Vec<String>,
    /// Its skeleton.
    pub skeleton: Arc<Skeleton>,
    /// Its cameras and the rules of labelling.
    pub labelling: Arc<Labelling>,
    /// Reads pictures; `None` where there are no files.
    pub pictures: Option<Arc<FrameService>>,
    /// Reads frames and writes edits.
    pub keeper: Keeper,
    /// The shown frame, and playing.
    pub cursor: Cursor,
    /// Labels at hand.
    pub views: FrameViews,
    /// All frames; `None` until they were read.
    pub overview: Option<Overview>,
    /// The points of all frames, where something shows them.
    pub series: SeriesState,
    /// What animals do, as the behaviour page shows it.
    pub timeline: TimelineState,
    /// The review queue.
    pub queue: Queue,
    /// What is selected.
    pub selection: Selection,
    /// The keypoint that was labelled last, from which the selection may have gone on.
    pub labelled_last: Option<KeypointId>,
    /// Whether the next click in a view places a free point, without a dot.
    pub placing_freely: bool,
    /// Labels that are being saved and that the shown frame does not have yet.
    pub under_way: Vec<(CameraId, KeypointId)>,
    /// A number that is being typed.
    pub typing: Option<Typing>,
    /// Which pictures are shown.
    pub channels: Channels,
    /// How the views stand.
    pub grid: Grid,
    /// What geometry says.
    pub insight: Option<Insight>,
    /// The seed frames.
    pub seeds: Seeds,
    /// The latest run, where it stopped early.
    pub unfinished: Option<Unfinished>,
    /// Detector settings that are kept for the recording.
    pub detector: DetectConfig,
    /// Regions that mask dots.
    pub regions: Vec<StoredMaskRegion>,
    /// Detector settings that are tried.
    pub trial: DetectTrial,
    /// What a re-run would change.
    pub rerun: Option<Arc<RerunPreview>>,
    /// What is shown of the questions that a model was asked.
    pub why: Option<WhyState>,
    /// True 3D points, by frame, and their file.
    pub truth: Option<(PathBuf, Arc<Truth>)>,
    /// What undo would take back.
    pub undo_title: Option<String>,
    /// What redo would do again.
    pub redo_title: Option<String>,
    /// Edits that are being saved.
    pub saving: usize,
    /// Why the last edit was not saved.
    pub not_saved: Option<String>,
    /// Whether a person moved the threshold of the queue; until then it follows the residuals.
    pub threshold_is_chosen: bool,
    /// The frame that was shown before the Seeds page showed one of its own.
    pub before_seeds: Option<u32>,
    /// The frame that all views show with its labels, and since when, seconds of the app's clock.
    pub seen: Option<(u32, f64)>,
    /// Frames that were asked for.
    pub asked: BTreeSet<u32>,
    /// Slow videos of which a frame store is offered.
    pub storable: Vec<StorableChannel>,
    /// Views that cannot be shown, and why.
    pub broken_views: HashMap<(CameraId, Channel), String>,
    /// Single frames that cannot be read, by camera.
    pub unreadable: HashMap<(CameraId, u32), String>,
}

/// So long a frame is shown before a key decides about it, seconds: a key that was meant for the frame before does not.
pub const LOOK_SECS: f64 = 0.15;

impl Session {
    /// Whether the shown frame stands there with its labels and pictures, long enough to be decided about.
    pub fn is_seen(&self, now_secs: f64) -> bool {
        self.seen.is_some_and(|(frame, since)| frame == self.cursor.frame && now_secs - since >= LOOK_SECS)
    }

    /// Whether questions to a model are being read or drawn.
    pub fn is_explaining(&self) -> bool {
        self.why.as_ref().is_some_and(|why| why.is_reading || (why.chosen.is_some() && why.sheet.is_none()))
    }

    /// A connection to the project for a job.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn connection(&self) -> Result<Project, StoreError> {
        self.spare.another()
    }

    /// What tries detector settings; `None` without files.
    pub fn preview(&mut self) -> Option<Arc<Preview>> {
        let recording = self.recording.as_ref()?;
        let open = || Arc::new(Preview::open(Recording::clone(recording), self.info.clone()));
        Some(self.preview.get_or_insert_with(open).clone())
    }

    /// The shown frame's labels, if they are at hand.
    pub fn view(&self) -> Option<&Arc<FrameView>> {
        self.views.get(self.cursor.frame)
    }

    /// What geometry says, if it is about the shown frame as it is now and the selected keypoint.
    pub fn insight(&self) -> Option<&Insight> {
        let view = self.view()?;
        self.insight
            .as_ref()
            .filter(|insight| Arc::ptr_eq(&insight.view, view) && insight.keypoint == self.selection.keypoint)
    }

    /// Ways to mend the selected keypoint.
    pub fn hypotheses(&self) -> &[Hypothesis] {
        self.insight().map_or(&[], |insight| &insight.hypotheses)
    }

    /// The mirror image of the selected keypoint.
    pub fn mirror_of_selected(&self) -> Option<KeypointId> {
        self.skeleton.keypoints.get(self.selection.keypoint.index())?.pair
    }

    /// Whether any camera films dots: plain behaviour cameras do not. Without files, one may.
    pub fn has_dots(&self) -> bool {
        let Some(recording) = &self.recording else { return true };
        recording.cameras.iter().any(|media| media.channel(Channel::Video).is_none())
    }

    /// Why no picture of a camera can be had; `None` where one of its channels is there.
    pub fn why_no_picture(&self, camera: CameraId) -> Option<&str> {
        let media = self.recording.as_ref().and_then(|recording| {
            let name = self.camera_name(camera);
            recording.cameras.iter().find(|media| media.name == name)
        });
        let Some(media) = media else { return Some("The recording's files are not there.") };
        let mut shown =
            media.channels().map(|(channel, _)| channel).filter(|channel| *channel != Channel::Mask).peekable();
        if shown.peek().is_none() {
            return Some("This camera has no pictures.");
        }
        let mut last = None;
        for channel in shown {
            last = Some(self.broken_views.get(&(camera, channel))?);
        }
        last.map(String::as_str)
    }

    /// A camera's name.
    pub fn camera_name(&self, camera: CameraId) -> &str {
        self.info.cameras.get(camera.index()).map_or("", |camera| camera.name.as_str())
    }

    /// All cameras in order.
    pub fn cameras(&self) -> impl Iterator<Item = CameraId> + use<> {
        (0..self.info.cameras.len() as u8).map(CameraId)
    }

    /// The name of the project without its folder.
    pub fn title(&self) -> String {
        self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }
}
