//! Playing a model: what it answers to a question of a stage, with the confusions that it is to have.
//!
//! All chance is drawn from the seed and from what the question is about, never from the order in which questions come: asked
//! again, also by another run, the model says the same.

use std::collections::BTreeMap;

use behaviorvlm::model::Skeleton;
use behaviorvlm::vlm::convention::Convention;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::truth::{Truth, View, keypoints_of};

/// Farther from a keypoint no mark is taken for it, at 1024 px width.
const REACH_PX: f64 = 3.0;

/// Room around the places of a region, at 1024 px width.
const PADDING_PX: f64 = 6.0;

/// How far from the truth a model is. All rates are 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Confusion {
    /// Share of single answers that name another mark, each on its own.
    pub single: f64,
    /// Share of single answers that say none.
    pub missed: f64,
    /// Share of the time that two keypoints are taken for each other, in all views alike.
    pub lasting: f64,
    /// For how many frames such an exchange lasts.
    pub lasting_frames: u32,
    /// Share of single answers that keep to the place in the crop where the keypoint was in an earlier frame.
    pub copied: f64,
    /// How many frames earlier.
    pub copied_frames: u32,
}

/// What the model knows and how it errs.
#[derive(Clone, Debug)]
pub struct Player {
    /// The parts that are asked for.
    pub skeleton: Skeleton,
    /// Where they are.
    pub truth: Truth,
    /// How boxes are written.
    pub convention: Convention,
    /// Widths of images that are not 1024 px wide, by camera.
    pub widths: BTreeMap<String, f64>,
    /// How it errs, except where `plain` says otherwise.
    pub confusion: Confusion,
    /// How it errs when all keypoints are asked for at once without regions (`pose.plain`).
    pub plain: Option<Confusion>,
    /// Of all chance.
    pub seed: u64,
}

/// A tag taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// As `pose.regions`.
    pub stage: String,
    /// The frame.
    pub frame: u32,
    /// The camera.
    pub camera: String,
    /// The region, where one is asked for.
    pub region: Option<String>,
}

impl Tag {
    /// Reads `pose.regions/frame=17/camera=cam2/region=paws`, with names percent-encoded.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tag = Self::default();
        for part in text.split('/') {
            match part.split_once('=') {
                None => tag.stage = part.to_owned(),
                Some(("frame", frame)) => tag.frame = frame.parse().map_err(|_| format!("frame of tag {text}"))?,
                Some(("camera", camera)) => tag.camera = percent_decoded(camera),
                Some(("region", region)) => tag.region = Some(percent_decoded(region)),
                Some(("recording", _)) => {}
                Some((name, _)) => return Err(format!("`{name}` in tag {text}")),
            }
        }
        Ok(tag)
    }
}

pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Keys and values in the order in which a model writes them.
pub type Answer = Vec<(String, Value)>;

/// A view in which something is asked.
struct Scene<'a> {
    tag: &'a Tag,
    view: &'a View,
    confusion: Confusion,
    scale: f64,
}

impl Player {
    /// What the model says.
    pub fn answer(&self, tag: &Tag, view: &View) -> Result<Answer, String> {
        let plain = (tag.stage == "pose.plain").then_some(self.plain).flatten();
        let scale = self.widths.get(&tag.camera).map_or(1.0, |width| width / 1024.0);
        let scene = Scene { tag, view, confusion: plain.unwrap_or(self.confusion), scale };
        let mut answer = vec![("observation".to_owned(), json!("Ears up front, tail to the rear."))];
        match (tag.stage.as_str(), &tag.region) {
            ("pose.regions", Some(region)) => answer.push(("bbox_2d".to_owned(), self.region(&scene, region))),
            ("pose.regions", None) => {
                let regions = self.skeleton.regions.iter().map(|region| region.name.clone());
                let boxes: serde_json::Map<String, Value> =
                    regions.map(|name| (name.clone(), self.region(&scene, &name))).collect();
                answer.push(("regions".to_owned(), Value::Object(boxes)));
            }
            ("pose.assign", Some(region)) => answer.extend(self.numbers(&scene, Some(region))),
            ("pose.reconcile" | "pose.plain", None) => answer.extend(self.numbers(&scene, None)),
            _ => return Err(format!("nothing is known of {tag:?}")),
        }
        Ok(answer)
    }

    fn region(&self, scene: &Scene<'_>, region: &str) -> Value {
        let keypoints = keypoints_of(&self.skeleton, Some(region));
        let places = keypoints.iter().filter_map(|keypoint| self.place(scene, keypoint));
        let shown: Vec<[f64; 2]> = places.filter(|place| scene.view.shows(*place)).collect();
        json!(scene.view.boxed(&shown, PADDING_PX * scene.scale, self.convention))
    }

    fn numbers(&self, scene: &Scene<'_>, region: Option<&str>) -> Answer {
        let keypoints = keypoints_of(&self.skeleton, region);
        let marks = &scene.view.marks;
        // Of two keypoints at one mark the nearer one has it.
        let mut wanted: Vec<(f64, usize, usize)> = Vec::new();
        for (index, keypoint) in keypoints.iter().enumerate() {
            let Some(place) = self.place(scene, keypoint) else { continue };
            let near = nearest(marks, place).filter(|(_, distance)| *distance <= REACH_PX * scene.scale);
            wanted.extend(near.map(|(mark, distance)| (distance, index, mark)));
        }
        wanted.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut numbers: Vec<Option<u16>> = vec![None; keypoints.len()];
        for (_, index, mark) in wanted {
            let number = marks[mark].0;
            if !numbers.contains(&Some(number)) {
                numbers[index] = Some(number);
            }
        }
        for (index, keypoint) in keypoints.iter().enumerate() {
            self.confuse(scene, index, keypoint, &mut numbers);
        }
        keypoints.into_iter().zip(numbers).map(|(keypoint, number)| (keypoint, json!(number))).collect()
    }

    /// Errors of a single answer. Marks are exchanged, so that no number is named twice.
    fn confuse(&self, scene: &Scene<'_>, index: usize, keypoint: &str, numbers: &mut [Option<u16>]) {
        let Tag { stage, frame, camera, .. } = scene.tag;
        let mut dice = dice(self.seed, &["single", stage, &frame.to_string(), camera, keypoint]);
        let confusion = scene.confusion;
        let [single, copied, missed] = [confusion.single, confusion.copied, confusion.missed].map(|rate| {
            let draw: f64 = dice.random();
            draw < rate
        });
        let marks = &scene.view.marks;
        if single && !marks.is_empty() {
            take(marks[dice.random_range(0..marks.len())].0, index, numbers);
        }
        if copied && let Some((mark, _)) = self.copied_place(scene, keypoint).and_then(|at| nearest(marks, at)) {
            take(marks[mark].0, index, numbers);
        }
        if missed {
            numbers[index] = None;
        }
    }

    /// The place in this crop at which the keypoint was in the crop of an earlier frame. That crop is not known; it is taken to
    /// have had the same room around the animal.
    fn copied_place(&self, scene: &Scene<'_>, keypoint: &str) -> Option<[f64; 2]> {
        let Tag { frame, camera, region, .. } = scene.tag;
        let earlier = frame.checked_sub(scene.confusion.copied_frames)?;
        let bounds = |frame: u32| {
            let keypoints = keypoints_of(&self.skeleton, region.as_deref());
            let places: Vec<[f64; 2]> =
                keypoints.iter().filter_map(|keypoint| self.truth.place(frame, camera, keypoint)).collect();
            [0, 1].map(|axis| {
                let along = places.iter().map(|place| place[axis]);
                [along.clone().fold(f64::INFINITY, f64::min), along.fold(f64::NEG_INFINITY, f64::max)]
            })
        };
        let (now, then) = (bounds(*frame), bounds(earlier));
        let place = self.truth.place(earlier, camera, keypoint)?;
        let copied = [0, 1].map(|axis| {
            let (start, size) = (scene.view.crop[axis], scene.view.crop[axis + 2]);
            let [room_before, room_after] = [now[axis][0] - start, start + size - now[axis][1]];
            let start_then = then[axis][0] - room_before;
            let size_then = then[axis][1] + room_after - start_then;
            start + (place[axis] - start_then) * size / size_then.max(1.0)
        });
        copied.iter().all(|place| place.is_finite()).then_some(copied)
    }

    /// Where the model takes a keypoint to be: at its place, or at that of the one it is exchanged with for a while.
    fn place(&self, scene: &Scene<'_>, keypoint: &str) -> Option<[f64; 2]> {
        let Tag { frame, camera, .. } = scene.tag;
        let confusion = scene.confusion;
        let mut taken = keypoint.to_owned();
        for [left, right] in self.skeleton.pairs() {
            let [left, right] = [left, right].map(|id| self.skeleton.name_of(id));
            let length = confusion.lasting_frames.max(1);
            // Each pair has changes of its own, so that not all of them come at once.
            let shift: u32 = dice(self.seed, &["shift", left]).random_range(0..length);
            let run = (frame + shift) / length;
            let draw: f64 = dice(self.seed, &["lasting", left, &run.to_string()]).random();
            if draw < confusion.lasting && (taken == left || taken == right) {
                taken = if taken == left { right } else { left }.to_owned();
                break;
            }
        }
        self.truth.place(*frame, camera, &taken)
    }
}

/// Gives a number to a keypoint; who held it gets the other's.
fn take(number: u16, index: usize, numbers: &mut [Option<u16>]) {
    if let Some(holder) = numbers.iter().position(|held| *held == Some(number)) {
        numbers.swap(holder, index);
    } else {
        numbers[index] = Some(number);
    }
}

fn nearest(marks: &[(u16, [f64; 2])], place: [f64; 2]) -> Option<(usize, f64)> {
    let distance = |mark: &[f64; 2]| (mark[0] - place[0]).hypot(mark[1] - place[1]);
    let all = marks.iter().enumerate().map(|(index, (_, mark))| (index, distance(mark)));
    all.min_by(|one, other| one.1.total_cmp(&other.1))
}

/// Chance that depends on these words alone.
pub fn dice(seed: u64, words: &[&str]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for word in words {
        hasher.update(word.as_bytes());
        hasher.update(&[0]);
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
