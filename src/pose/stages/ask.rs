//! The questions themselves, and what their answers mean in the camera's image.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Basis, BoxInImage, Exemplar, Stages, ViewShot};
use crate::model::{CentroidNumber, KeypointId, Point2, RegionId, Skeleton};
use crate::vlm::answer::{self, Checked};
use crate::vlm::canvas::Raster;
use crate::vlm::convention::{Convention, PixelBox};
use crate::vlm::marks::{Mark, draw_marks};
use crate::vlm::prompt::words::{self, KeypointWords, PartialWords, PoseWords, RegionWords};
use crate::vlm::prompt::{Prompt, PromptError};
use crate::vlm::question::percent_encoded;
use crate::vlm::sent::{NumberedPoint, Sent};
use crate::vlm::{Picture, Question};

/// What each keypoint was given so far in a view: a dot, none, or nothing where it was not asked or not answered.
pub type AssignmentSoFar = BTreeMap<KeypointId, Option<CentroidNumber>>;

/// A picture that questions of stage 1 share.
#[derive(Clone, Debug)]
pub struct Target {
    picture: Arc<Picture>,
    sent: Sent,
}

/// A question for boxes.
#[derive(Clone, Debug)]
pub struct BoxQuestion {
    /// What is asked.
    pub question: Question,
    form: BoxForm,
}

impl BoxQuestion {
    /// Reads an answer: the box of each region in the camera's image, or none. Regions with a problem are absent.
    pub fn read(&self, text: &str) -> Checked<BTreeMap<RegionId, Option<BoxInImage>>> {
        self.form.read(text)
    }
}

/// What it takes to read an answer of boxes.
#[derive(Clone, Debug)]
pub(super) struct BoxForm {
    pub regions: Vec<(RegionId, String)>,
    pub all_at_once: bool,
    pub sent: Sent,
    pub convention: Convention,
    /// Where dots are, in the picture: boxes without any may have their axes exchanged. Without dots nobody can tell.
    pub dots_in_sent: Vec<[f64; 2]>,
}

impl BoxForm {
    pub fn read(&self, text: &str) -> Checked<BTreeMap<RegionId, Option<BoxInImage>>> {
        let size_px = self.sent.size_px;
        let mut checked: Checked<BTreeMap<RegionId, Option<PixelBox>>> = if self.all_at_once {
            let names: Vec<String> = self.regions.iter().map(|(_, name)| name.clone()).collect();
            let region = |name: &str| self.regions.iter().find(|(_, known)| known == name).map(|(region, _)| *region);
            answer::boxes(text, &names, self.convention, size_px)
                .map(|found| found.into_iter().filter_map(|(name, found)| Some((region(&name)?, found))).collect())
        } else {
            let found = answer::boxed(text, self.convention, size_px);
            let is_usable = found.is_usable();
            let regions = self.regions.iter().map(|(region, _)| *region).filter(|_| is_usable);
            found.map(|found| regions.map(|region| (region, found)).collect())
        };
        for (region, name) in &self.regions {
            let Some(Some(found)) = checked.value.get(region) else { continue };
            let swapped = answer::axes_look_swapped(name, found, self.convention, size_px, &self.dots_in_sent);
            if let Some(problem) = swapped {
                checked.problems.push(problem);
                checked.value.remove(region);
            }
        }
        let in_image = |found: PixelBox| [found.min, found.max].map(|[x, y]| self.sent.to_image(Point2::new(x, y)));
        checked.map(|found| found.into_iter().map(|(region, found)| (region, found.map(in_image))).collect())
    }
}

/// A question for numbers.
#[derive(Clone, Debug)]
pub struct NumberQuestion {
    /// What is asked.
    pub question: Question,
    form: NumberForm,
}

impl NumberQuestion {
    /// Reads an answer: the dot of each keypoint, or none. Keypoints with a problem are absent.
    pub fn read(&self, text: &str) -> Checked<AssignmentSoFar> {
        self.form.read(text)
    }
}

/// What it takes to read an answer of numbers.
#[derive(Clone, Debug)]
pub(super) struct NumberForm {
    names: Vec<String>,
    keypoints: Vec<KeypointId>,
    allowed: Vec<u16>,
}

impl NumberForm {
    pub fn new(skeleton: &Skeleton, keypoints: Vec<KeypointId>, allowed: Vec<u16>) -> Self {
        let names = keypoints.iter().map(|keypoint| skeleton.name_of(*keypoint).to_owned()).collect();
        Self { names, keypoints, allowed }
    }

    pub fn read(&self, text: &str) -> Checked<AssignmentSoFar> {
        let keypoint =
            |name: &str| self.names.iter().position(|known| known == name).map(|index| self.keypoints[index]);
        answer::numbers(text, &self.names, &self.allowed).map(|found| {
            let known = found.into_iter().filter_map(|(name, number)| Some((keypoint(&name)?, number)));
            known.map(|(keypoint, number)| (keypoint, number.map(CentroidNumber))).collect()
        })
    }
}

/// A question before its target is drawn.
struct Draft<'a> {
    basis: Basis,
    tag: String,
    words: PoseWords,
    exemplars: &'a [&'a Exemplar],
}

impl Stages<'_> {
    /// Stage 1, one region: where is it?
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn ask_region(
        &self,
        view: &ViewShot<'_>,
        target: &Target,
        region: RegionId,
        exemplars: &[&Exemplar],
    ) -> Result<BoxQuestion, PromptError> {
        self.boxes(view, target, &[region], exemplars, self.tag_of_region("regions", view, region), false)
    }

    /// Stage 1, all regions in one answer.
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn ask_regions(
        &self,
        view: &ViewShot<'_>,
        target: &Target,
        exemplars: &[&Exemplar],
    ) -> Result<BoxQuestion, PromptError> {
        let all: Vec<RegionId> = self.regions().collect();
        self.boxes(view, target, &all, exemplars, self.tag("regions", view), true)
    }

    /// The target of stage 1: the whole crop without marks, the same for all regions.
    pub fn target(&self, view: &ViewShot<'_>) -> Target {
        let sent = self.whole(view);
        Target { picture: Arc::new(Raster::of(&view.shot, &sent).jpeg()), sent }
    }

    fn tag(&self, stage: &str, view: &ViewShot<'_>) -> String {
        let recording = self.recording.map(|name| format!("recording={}/", percent_encoded(name))).unwrap_or_default();
        format!("{recording}pose.{stage}/frame={}/camera={}", view.frame, percent_encoded(view.name))
    }

    fn tag_of_region(&self, stage: &str, view: &ViewShot<'_>, region: RegionId) -> String {
        format!("{}/region={}", self.tag(stage, view), percent_encoded(&self.skeleton.regions[region.index()].name))
    }

    fn boxes(
        &self,
        view: &ViewShot<'_>,
        target: &Target,
        regions: &[RegionId],
        exemplars: &[&Exemplar],
        tag: String,
        all_at_once: bool,
    ) -> Result<BoxQuestion, PromptError> {
        let sent = target.sent;
        let named: Vec<(RegionId, String)> =
            regions.iter().map(|region| (*region, self.skeleton.regions[region.index()].name.clone())).collect();
        let words = PoseWords {
            all_at_once,
            regions: regions.iter().map(|region| RegionWords::of(self.skeleton, *region)).collect(),
            ..self.words(view, &sent, exemplars)
        };
        let (name, schema) = match &named[..] {
            [_] if !all_at_once => ("region", object(&[("bbox_2d".to_owned(), nullable(box_schema()))])),
            all => {
                let each: Vec<_> = all.iter().map(|(_, name)| (name.clone(), nullable(box_schema()))).collect();
                ("regions", object(&[("regions".to_owned(), fixed(&each))]))
            }
        };
        let dots = view.numbered(&sent);
        let dots_in_sent = dots.iter().map(|dot| sent.to_sent(dot.point_in_image)).map(|at| [at.x, at.y]).collect();
        let region = regions.first().copied().filter(|_| !all_at_once);
        let basis = Basis { region, ..self.basis(Prompt::Regions, view, exemplars) };
        let draft = Draft { basis, tag, words, exemplars };
        let question = self.question(draft, Arc::clone(&target.picture), sent.header(&[]), (name, schema))?;
        let form = BoxForm { regions: named, all_at_once, sent, convention: self.convention, dots_in_sent };
        Ok(BoxQuestion { question, form })
    }

    /// Stage 2: which dot of a region's box is which of its keypoints? `None` where the box holds no dot: then nothing of the
    /// region can be seen.
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn ask_parts(
        &self,
        view: &ViewShot<'_>,
        region: RegionId,
        found: BoxInImage,
        exemplars: &[&Exemplar],
    ) -> Result<Option<NumberQuestion>, PromptError> {
        let sent = self.around(view, found);
        let it = &self.skeleton.regions[region.index()];
        let tag = self.tag_of_region("assign", view, region);
        let words =
            PoseWords { regions: vec![RegionWords::of(self.skeleton, region)], ..self.words(view, &sent, exemplars) };
        let basis = Basis { region: Some(region), corners: Some(found), ..self.basis(Prompt::Assign, view, exemplars) };
        self.numbers(view, &sent, &it.keypoints, Draft { basis, tag, words, exemplars })
    }

    /// Stage 3: one complete assignment of a view, from what its regions gave. `None` where the view has no dots.
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn ask_whole(
        &self,
        view: &ViewShot<'_>,
        so_far: &AssignmentSoFar,
    ) -> Result<Option<NumberQuestion>, PromptError> {
        let sent = self.whole(view);
        let all: Vec<KeypointId> = self.skeleton.ids().collect();
        let given = all.iter().map(|keypoint| PartialWords {
            keypoint: self.skeleton.name_of(*keypoint).to_owned(),
            numbers: so_far.get(keypoint).copied().flatten().map(|number| number.0).into_iter().collect(),
        });
        let words = PoseWords {
            regions: self.regions().map(|region| RegionWords::of(self.skeleton, region)).collect(),
            ..self.words(view, &sent, &[])
        }
        .with_assigned(given.collect());
        let basis = Basis { so_far: so_far.clone(), ..self.basis(Prompt::Reconcile, view, &[]) };
        let draft = Draft { basis, tag: self.tag("reconcile", view), words, exemplars: &[] };
        self.numbers(view, &sent, &all, draft)
    }

    /// The plain question: all keypoints of a view at once. `None` where the view has no dots.
    ///
    /// # Errors
    /// When a template cannot be used.
    pub fn ask_plain(
        &self,
        view: &ViewShot<'_>,
        exemplars: &[&Exemplar],
    ) -> Result<Option<NumberQuestion>, PromptError> {
        let sent = self.whole(view);
        let all: Vec<KeypointId> = self.skeleton.ids().collect();
        let words = PoseWords {
            regions: self.regions().map(|region| RegionWords::of(self.skeleton, region)).collect(),
            ..self.words(view, &sent, exemplars)
        };
        let draft =
            Draft { basis: self.basis(Prompt::Plain, view, exemplars), tag: self.tag("plain", view), words, exemplars };
        self.numbers(view, &sent, &all, draft)
    }

    fn numbers(
        &self,
        view: &ViewShot<'_>,
        sent: &Sent,
        keypoints: &[KeypointId],
        mut draft: Draft<'_>,
    ) -> Result<Option<NumberQuestion>, PromptError> {
        let dots: Vec<NumberedPoint> = view.numbered(sent);
        if dots.is_empty() {
            return Ok(None);
        }
        draft.words.keypoints = keypoints.iter().map(|keypoint| KeypointWords::of(self.skeleton, *keypoint)).collect();
        let allowed: Vec<u16> = dots.iter().map(|dot| dot.number.0).collect();
        // Without the numbers themselves: some servers refuse a schema with an enumeration of them, and it is checked here anyway.
        let number = nullable(json!({ "type": "integer" }));
        let answer = NumberForm::new(self.skeleton, keypoints.to_vec(), allowed);
        let each: Vec<_> = answer.names.iter().map(|name| (name.clone(), number.clone())).collect();
        let target = Arc::new(draw_marks(&view.shot, sent, &Mark::numbered(&dots)).jpeg());
        let form = ("assignment", object(&each));
        let question = self.question(draft, target, sent.header(&dots), form)?;
        Ok(Some(NumberQuestion { question, form: answer }))
    }

    fn words(&self, view: &ViewShot<'_>, sent: &Sent, exemplars: &[&Exemplar]) -> PoseWords {
        PoseWords {
            exemplars: exemplars.iter().map(|exemplar| exemplar.words(view.frame)).collect(),
            numbers: words::numbers(&view.numbered(sent), sent, self.convention),
            ..PoseWords::about(view.name, sent, self.convention)
        }
    }

    fn question(
        &self,
        draft: Draft<'_>,
        target: Arc<Picture>,
        header: String,
        (schema_name, schema): (&'static str, Value),
    ) -> Result<Question, PromptError> {
        let Draft { basis, tag, words, exemplars } = draft;
        let rendered = self.prompts.render(basis.prompt, &words)?;
        let pictures: Vec<Arc<Picture>> =
            exemplars.iter().map(|exemplar| Arc::clone(&exemplar.picture)).chain([target]).collect();
        Ok(Question {
            tag,
            view: Some(header),
            parts: rendered.parts(&pictures)?,
            system: rendered.system,
            schema_name,
            schema,
            prompt_version: rendered.version,
            basis: basis.to_json(),
            sample: 0,
        })
    }
}

/// An object with an observation first and then exactly these keys.
fn object(keys: &[(String, Value)]) -> Value {
    let mut all = vec![("observation".to_owned(), json!({ "type": "string" }))];
    all.extend_from_slice(keys);
    fixed(&all)
}

fn fixed(keys: &[(String, Value)]) -> Value {
    let names: Vec<&String> = keys.iter().map(|(name, _)| name).collect();
    let properties: serde_json::Map<String, Value> = keys.iter().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

fn box_schema() -> Value {
    json!({ "type": "array", "items": { "type": "integer" }, "minItems": 4, "maxItems": 4 })
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}
