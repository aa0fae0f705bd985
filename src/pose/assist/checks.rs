//! What is looked at before a run starts from the seeds: enough frames, every keypoint in two views, nothing left open,
//! small residuals, left and right as they should be.
//!
//! A check that is not met is a warning, never a refusal: a run works with what it has.

use nalgebra::Vector3;

use crate::geometry::{self, Rig};
use crate::model::{CameraId, FrameLabels, KeypointId, Point3, Role, Skeleton};

use super::anchor::{anchor, residuals};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedCheck {
    /// What it is about.
    pub kind: CheckKind,
    /// Whether nothing is against it.
    pub is_met: bool,
    /// Whether there was enough to judge by.
    pub is_judged: bool,
    /// What was found, in one or two sentences.
    pub words: String,
    /// Where to look, for a check that is not met.
    pub place: Option<CheckPlace>,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// Enough frames are labelled.
    Frames,
    /// Every keypoint is labelled in two views of each frame.
    Views,
    /// No view of a keypoint is left open.
    Open,
    /// Labels agree in 3D.
    Residuals,
    /// Left and right are not exchanged.
    Sides,
}

/// A place in the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckPlace {
    /// The frame.
    pub frame: u32,
    /// The keypoint, where it is about one.
    pub keypoint: Option<KeypointId>,
    /// The view, where it is about one.
    pub camera: Option<CameraId>,
}

/// How many places are named in a sentence.
const MOST_NAMED: usize = 4;

/// Looks at the seed frames; labels by rig camera. `tau_px` is at the images' own width, `wanted` how many frames there
/// should be.
pub fn seed_checks(
    rig: &Rig,
    skeleton: &Skeleton,
    frames: &[(u32, FrameLabels)],
    tau_px: f64,
    wanted: usize,
) -> Vec<SeedCheck> {
    let seeds = Seeds { rig, skeleton, frames, tau_px };
    vec![seeds.frame_count(wanted), seeds.views(), seeds.open(), seeds.residuals(), seeds.sides()]
}

struct Seeds<'a> {
    rig: &'a Rig,
    skeleton: &'a Skeleton,
    frames: &'a [(u32, FrameLabels)],
    tau_px: f64,
}

fn at(frame: u32, keypoint: KeypointId, camera: Option<CameraId>) -> CheckPlace {
    CheckPlace { frame, keypoint: Some(keypoint), camera }
}

impl CheckKind {
    /// Whether a run makes no sense while it is open; what else is open makes its result worse.
    pub fn is_needed(self) -> bool {
        matches!(self, Self::Frames | Self::Views)
    }
}

impl Seeds<'_> {
    fn frame_count(&self, wanted: usize) -> SeedCheck {
        let count = self.frames.len();
        let place = self.frames.last().map(|(frame, _)| CheckPlace { frame: *frame, keypoint: None, camera: None });
        let is_met = count >= wanted;
        let words = if is_met {
            format!("{count} frames have labels.")
        } else {
            format!("{count} of {wanted} frames have labels.")
        };
        SeedCheck { kind: CheckKind::Frames, is_met, is_judged: true, words, place: place.filter(|_| !is_met) }
    }

    /// Keypoints with fewer than two views, by frame. One that is marked as not visible everywhere else is as it is.
    fn views(&self) -> SeedCheck {
        let mut lacking = Vec::new();
        let mut never = Vec::new();
        for keypoint in self.skeleton.ids() {
            let mut most = 0;
            for (frame, labels) in self.frames {
                let seen = labels.views_of(keypoint).iter().flatten().count();
                most = most.max(seen);
                let open = self.rig.ids().find(|camera| labels.get(*camera, keypoint).is_none());
                if seen < 2 && open.is_some() {
                    lacking.push((at(*frame, keypoint, open), seen));
                }
            }
            if most < 2 && !self.frames.is_empty() {
                never.push(keypoint);
            }
        }
        let name = |keypoint: KeypointId| self.skeleton.name_of(keypoint).to_owned();
        let mut sentences = Vec::new();
        if !lacking.is_empty() {
            let told = lacking.iter().map(|(place, seen)| {
                let keypoint = place.keypoint.map(name).unwrap_or_default();
                format!("{keypoint} at frame {} ({seen})", place.frame)
            });
            sentences.push(format!("Fewer than two views: {}.", listed(told)));
        }
        if !never.is_empty() {
            sentences
                .push(format!("No frame shows {} in two views.", listed(never.iter().map(|keypoint| name(*keypoint)))));
        }
        let place = lacking.first().map(|(place, _)| *place);
        let place = place.or_else(|| Some(at(self.frames.first()?.0, *never.first()?, None)));
        match sentences[..] {
            [] => met(CheckKind::Views, "Every keypoint is labelled in two views or more."),
            _ => {
                SeedCheck { kind: CheckKind::Views, is_met: false, is_judged: true, words: sentences.join(" "), place }
            }
        }
    }

    fn open(&self) -> SeedCheck {
        let mut open = Vec::new();
        for (frame, labels) in self.frames {
            for keypoint in self.skeleton.ids() {
                let cameras = self.rig.ids().filter(|camera| labels.get(*camera, keypoint).is_none());
                open.extend(cameras.map(|camera| at(*frame, keypoint, Some(camera))));
            }
        }
        let all = self.frames.len() * self.skeleton.len() * self.rig.len();
        match open.first() {
            None => met(CheckKind::Open, &format!("All {all} labels are decided.")),
            Some(place) => SeedCheck {
                kind: CheckKind::Open,
                is_met: false,
                is_judged: true,
                words: format!(
                    "{} of {all} labels are open: accept proposals, or mark them as not visible.",
                    open.len()
                ),
                place: Some(*place),
            },
        }
    }

    fn residuals(&self) -> SeedCheck {
        let mut all: Vec<(f64, CheckPlace)> = Vec::new();
        for (frame, labels) in self.frames {
            let found = residuals(self.rig, labels, self.tau_px);
            all.extend(found.iter().map(|(camera, keypoint, px)| (px, at(*frame, keypoint, Some(camera)))));
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some((worst_px, place)) = all.last().copied() else {
            let words = "No keypoint is labelled in two views yet.".to_owned();
            return SeedCheck { kind: CheckKind::Residuals, is_met: false, is_judged: true, words, place: None };
        };
        let median_px = all[all.len() / 2].0;
        let is_met = worst_px <= self.tau_px;
        let words = format!("Residuals: median {median_px:.1} px, worst {worst_px:.1} px ({}).", self.told(&place));
        SeedCheck { kind: CheckKind::Residuals, is_met, is_judged: true, words, place: (!is_met).then_some(place) }
    }

    /// Pairs on the wrong sides of the body, and pairs that one view has exchanged.
    fn sides(&self) -> SeedCheck {
        let mut wrong = Vec::new();
        let mut judged = 0;
        for (frame, labels) in self.frames {
            let points: Vec<Option<Point3>> = self
                .skeleton
                .ids()
                .map(|keypoint| Some(anchor(self.rig, labels, keypoint, self.tau_px)?.found.position_in_world))
                .collect();
            for pair in self.skeleton.pairs() {
                let [left, right] = pair.map(|keypoint| self.skeleton.name_of(keypoint));
                let across = self.left_of(&points).zip(points[pair[0].index()]).zip(points[pair[1].index()]);
                if let Some(((to_left, a), b)) = across {
                    judged += 1;
                    if (a - b).dot(&to_left) < 0.0 {
                        let words = format!("{left} stands right of {right} at frame {frame}");
                        wrong.push((words, at(*frame, pair[0], None)));
                    }
                }
                for camera in self.exchanged_views(labels, pair) {
                    let there = self.rig.camera(camera).name();
                    let words = format!("{left} and {right} look exchanged in {there} at frame {frame}");
                    wrong.push((words, at(*frame, pair[0], Some(camera))));
                }
            }
        }
        match wrong.first() {
            Some((_, place)) => SeedCheck {
                kind: CheckKind::Sides,
                is_met: false,
                is_judged: true,
                words: format!("{}.", listed(wrong.iter().map(|(words, _)| words.clone()))),
                place: Some(*place),
            },
            None if judged == 0 => SeedCheck {
                is_judged: false,
                ..met(
                    CheckKind::Sides,
                    "Left and right cannot be judged yet: too little of the back or the paws is labelled.",
                )
            },
            None => met(CheckKind::Sides, "Left and right agree in all views."),
        }
    }

    /// The animal's left, from its spine and from where its paws are: an exchanged pair does not change it.
    fn left_of(&self, points: &[Option<Point3>]) -> Option<Vector3<f64>> {
        let point = |role| points[self.skeleton.with_role(role)?.index()];
        let middle = |roles: &[Role]| {
            let seen: Vec<Point3> = roles.iter().filter_map(|role| point(*role)).collect();
            let sum = seen.iter().fold(Vector3::zeros(), |sum, point| sum + point.coords);
            (!seen.is_empty()).then(|| sum / seen.len() as f64)
        };
        let forward = point(Role::Head)? - point(Role::TailBase).or_else(|| point(Role::BackRear))?;
        let paws = [[Role::ForepawLeft, Role::ForepawRight], [Role::HindpawLeft, Role::HindpawRight]];
        // Both paws of a pair, so that exchanging them changes nothing.
        let complete = paws.iter().filter(|pair| pair.iter().all(|role| point(*role).is_some()));
        let paws = middle(&complete.flatten().copied().collect::<Vec<_>>())?;
        let back = middle(&[Role::Head, Role::BodyCentre, Role::BackRear])?;
        (back - paws).cross(&forward).try_normalize(1e-9)
    }

    /// The views in which a pair's labels fit the other views only when they are exchanged.
    fn exchanged_views(&self, labels: &FrameLabels, [a, b]: [KeypointId; 2]) -> Vec<CameraId> {
        let found = |keypoint| Some(anchor(self.rig, labels, keypoint, self.tau_px)?.found.position_in_world);
        let (Some(at_a), Some(at_b)) = (found(a), found(b)) else { return Vec::new() };
        let far_px = |position: Point3, camera: CameraId, keypoint: KeypointId| {
            let mut points = vec![None; self.rig.len()];
            points[camera.index()] = labels.point_in_image(camera, keypoint);
            geometry::reprojection_errors(self.rig, position, &points)[camera.index()]
        };
        let is_exchanged = |camera: &CameraId| {
            let as_is = far_px(at_a, *camera, a).min(far_px(at_b, *camera, b));
            let crossed = far_px(at_a, *camera, b).max(far_px(at_b, *camera, a));
            as_is > self.tau_px && crossed <= self.tau_px
        };
        self.rig.ids().filter(is_exchanged).collect()
    }

    fn told(&self, place: &CheckPlace) -> String {
        let keypoint = place.keypoint.map_or("", |keypoint| self.skeleton.name_of(keypoint));
        let camera = place.camera.map_or("", |camera| self.rig.camera(camera).name());
        format!("{keypoint} in {camera}, frame {}", place.frame)
    }
}

fn met(kind: CheckKind, words: &str) -> SeedCheck {
    SeedCheck { kind, is_met: true, is_judged: true, words: words.to_owned(), place: None }
}

/// The first few of a list, and how many more there are.
fn listed(items: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = items.collect();
    let more = all.len().saturating_sub(MOST_NAMED);
    let mut told = all.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        told.push_str(&format!(" and {more} more"));
    }
    told
}
