//! One view of one frame: the regions' boxes, the dots inside each, and one assignment of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::{join, join_all};
use tokio::task::spawn_blocking;

use super::eye::{Drawn, Eye, Ready, joined};
use super::{Asking, Way, way_of};
use crate::jobs::JobError;
use crate::jobs::shots::FrameShot;
use crate::model::{CameraId, CentroidNumber, FrameLabels, KeypointId, RegionId, Source};
use crate::pose::stages::{AssignmentSoFar, BoxInImage, Exemplar, NumberQuestion};
use crate::vlm::prompt::PromptError;

/// What was said of a view: for each keypoint that was answered, its dot or none, and the stage that said it.
pub(super) type ViewAnswer = BTreeMap<KeypointId, (Option<CentroidNumber>, Source)>;

/// What a region's two stages gave.
struct RegionAnswer {
    /// `None` where stage 1 gave nothing that can be used.
    numbers: Option<AssignmentSoFar>,
    /// Its exemplars, oldest first.
    parts: Vec<Arc<Exemplar>>,
}

impl Asking<'_> {
    /// Asks about a view. The camera is the project's.
    pub(super) async fn view(
        &self,
        eye: &mut Eye,
        frame: u32,
        next: Option<u32>,
        exemplars: &[(u32, Arc<FrameLabels>)],
    ) -> Result<(CameraId, ViewAnswer), JobError> {
        let camera = eye.camera;
        self.exemplars(eye, exemplars).await?;
        let Some(ready) = self.read(eye, frame).await? else { return Ok((camera, ViewAnswer::new())) };
        let answer = match way_of(self.options, self.model) {
            Way::Plain => {
                self.read_ahead(eye, next)?;
                self.plain(frame, &ready, &eye.drawn).await?
            }
            Way::AtOnce | Way::OneByOne | Way::Known => {
                let so_far = self.regions(frame, &ready, &mut eye.drawn).await?;
                let question = self.whole_question(&ready, &so_far).await?;
                // Not before: what is asked now goes first.
                self.read_ahead(eye, next)?;
                let whole = match question {
                    Some(asked) => self.inquiry.ask(frame, &asked.question, |text| asked.read(text)).await?,
                    None => None,
                };
                reconciled(&so_far, whole.unwrap_or_default())
            }
        };
        eye.remember(ready.shot);
        Ok((camera, answer))
    }

    /// Stages 1 and 2 of all regions.
    async fn regions(&self, frame: u32, ready: &Ready, shown: &mut [Drawn]) -> Result<AssignmentSoFar, JobError> {
        let at_once = match way_of(self.options, self.model) {
            Way::AtOnce => Some(self.all_boxes(frame, ready, shown).await?),
            _ => None,
        };
        let asked = self.kit.regions().map(|region| {
            let shown = &*shown;
            let boxes = at_once.as_ref();
            async move {
                let found = async {
                    match boxes {
                        Some(boxes) => Ok(boxes.get(&region).copied()),
                        None => self.one_box(frame, ready, shown, region).await,
                    }
                };
                // Stage 1 is sent first; the exemplars of stage 2 are drawn while it is waited for.
                let (found, parts) = join(found, self.parts(shown, region)).await;
                // Where stage 1 has no usable answer, the animal is taken to be where it was.
                let latest = || shown.last().map(|drawn| self.latest_box(drawn, region));
                let numbers = match found?.or_else(latest) {
                    Some(corners) => self.region(frame, ready, region, corners, &parts).await?,
                    None => None,
                };
                Ok(RegionAnswer { numbers, parts })
            }
        });
        let answers: Vec<RegionAnswer> = join_all(asked).await.into_iter().collect::<Result<_, JobError>>()?;
        let mut so_far = AssignmentSoFar::new();
        for (region, answer) in self.kit.regions().zip(answers) {
            for (drawn, exemplar) in shown.iter_mut().zip(answer.parts) {
                drawn.parts[region.index()] = Some(exemplar);
            }
            so_far.extend(answer.numbers.into_iter().flatten());
        }
        Ok(so_far)
    }

    /// The exemplars of a region with its named dots; those that were drawn before as they are.
    pub(super) async fn parts(&self, shown: &[Drawn], region: RegionId) -> Vec<Arc<Exemplar>> {
        let all = shown.iter().map(|drawn| async {
            match (&drawn.parts[region.index()], self.draw_parts(drawn, region)) {
                (Some(exemplar), _) => Arc::clone(exemplar),
                (None, drawing) => Arc::new(joined(drawing.await)),
            }
        });
        join_all(all).await
    }

    /// The question of stage 3; `None` where the view has no dots.
    async fn whole_question(
        &self,
        ready: &Ready,
        so_far: &AssignmentSoFar,
    ) -> Result<Option<NumberQuestion>, JobError> {
        let (shot, merged) = (Arc::clone(&ready.shot), so_far.clone());
        self.draw(move |stages| stages.ask_whole(&shot.view(), &merged)).await
    }

    /// All keypoints in one question.
    async fn plain(&self, frame: u32, ready: &Ready, shown: &[Drawn]) -> Result<ViewAnswer, JobError> {
        let shot = Arc::clone(&ready.shot);
        let all: Vec<Arc<Exemplar>> = shown.iter().filter_map(|drawn| drawn.boxes.first().cloned()).collect();
        let question = self
            .draw(move |stages| {
                let exemplars: Vec<&Exemplar> = all.iter().map(|exemplar| &**exemplar).collect();
                stages.ask_plain(&shot.view(), &exemplars)
            })
            .await?;
        let Some(asked) = question else { return Ok(ViewAnswer::new()) };
        let answer = self.inquiry.ask(frame, &asked.question, |text| asked.read(text)).await?.unwrap_or_default();
        Ok(reconciled(&AssignmentSoFar::new(), answer))
    }

    /// Stage 1 of one region: its box or none; `None` without a usable answer.
    async fn one_box(
        &self,
        frame: u32,
        ready: &Ready,
        shown: &[Drawn],
        region: RegionId,
    ) -> Result<Option<Option<BoxInImage>>, JobError> {
        let Some(target) = &ready.target else { return Ok(None) };
        let exemplars: Vec<&Exemplar> = shown.iter().map(|drawn| &*drawn.boxes[region.index()]).collect();
        let asked = self.kit.stages().ask_region(&ready.shot.view(), target, region, &exemplars)?;
        let answer = self.inquiry.ask(frame, &asked.question, |text| asked.read(text)).await?;
        Ok(answer.unwrap_or_default().get(&region).copied())
    }

    /// Stage 1 of all regions in one question: the box or none of each that has a usable answer.
    async fn all_boxes(
        &self,
        frame: u32,
        ready: &Ready,
        shown: &[Drawn],
    ) -> Result<BTreeMap<RegionId, Option<BoxInImage>>, JobError> {
        let Some(target) = &ready.target else { return Ok(BTreeMap::new()) };
        let exemplars: Vec<&Exemplar> =
            shown.iter().filter_map(|drawn| drawn.boxes.first()).map(|exemplar| &**exemplar).collect();
        let asked = self.kit.stages().ask_regions(&ready.shot.view(), target, &exemplars)?;
        Ok(self.inquiry.ask(frame, &asked.question, |text| asked.read(text)).await?.unwrap_or_default())
    }

    fn latest_box(&self, drawn: &Drawn, region: RegionId) -> Option<BoxInImage> {
        self.kit.stages().box_of(&drawn.labels, drawn.shot.camera, region)
    }

    /// Stage 2 of one region; `None` where no answer came. A region that cannot be seen, or whose box holds no dot, has no dots,
    /// and nobody is asked.
    async fn region(
        &self,
        frame: u32,
        ready: &Ready,
        region: RegionId,
        found: Option<BoxInImage>,
        exemplars: &[Arc<Exemplar>],
    ) -> Result<Option<AssignmentSoFar>, JobError> {
        let keypoints = &self.kit.skeleton.regions[region.index()].keypoints;
        let unseen = || Some(keypoints.iter().map(|keypoint| (*keypoint, None)).collect());
        let Some(corners) = found else { return Ok(unseen()) };
        match self.parts_question(&ready.shot, region, corners, exemplars.to_vec()).await? {
            Some(asked) => self.inquiry.ask(frame, &asked.question, |text| asked.read(text)).await,
            None => Ok(unseen()),
        }
    }

    /// The question of stage 2; `None` where the box holds no dot.
    pub(super) async fn parts_question(
        &self,
        shot: &Arc<FrameShot>,
        region: RegionId,
        corners: BoxInImage,
        exemplars: Vec<Arc<Exemplar>>,
    ) -> Result<Option<NumberQuestion>, JobError> {
        let shot = Arc::clone(shot);
        self.draw(move |stages| {
            let exemplars: Vec<&Exemplar> = exemplars.iter().map(|exemplar| &**exemplar).collect();
            stages.ask_parts(&shot.view(), region, corners, &exemplars)
        })
        .await
    }

    /// Draws a question on a thread.
    async fn draw<T: Send + 'static>(
        &self,
        work: impl FnOnce(&crate::pose::stages::Stages<'_>) -> Result<T, PromptError> + Send + 'static,
    ) -> Result<T, JobError> {
        let kit = Arc::clone(&self.kit);
        Ok(joined(spawn_blocking(move || work(&kit.stages())).await)?)
    }
}

/// Stage 3's word, and where it has none, what the regions gave each dot to one keypoint only.
fn reconciled(so_far: &AssignmentSoFar, whole: AssignmentSoFar) -> ViewAnswer {
    let mut answer: ViewAnswer =
        whole.into_iter().map(|(keypoint, number)| (keypoint, (number, Source::Stage3))).collect();
    let mut taken: BTreeSet<CentroidNumber> = answer.values().filter_map(|(number, _)| *number).collect();
    let wanted = |number: CentroidNumber| so_far.values().filter(|held| **held == Some(number)).count();
    for (keypoint, number) in so_far {
        let is_free = number.is_none_or(|number| wanted(number) == 1 && taken.insert(number));
        if !answer.contains_key(keypoint) && is_free {
            answer.insert(*keypoint, (*number, Source::Stage2));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_stand_in_where_the_whole_view_has_no_answer() {
        let [a, b, c, d] = [0, 1, 2, 3].map(KeypointId);
        let dot = |number: u16| Some(CentroidNumber(number));
        let so_far = AssignmentSoFar::from([(a, dot(1)), (b, dot(2)), (c, dot(2)), (d, None)]);
        let only = |source| move |number: Option<CentroidNumber>| (number, source);
        let stage2 = only(Source::Stage2);
        assert_eq!(
            reconciled(&so_far, AssignmentSoFar::new()),
            ViewAnswer::from([(a, stage2(dot(1))), (d, stage2(None))]),
            "a dot that two keypoints want is nobody's"
        );
        let stage3 = only(Source::Stage3);
        assert_eq!(
            reconciled(&so_far, AssignmentSoFar::from([(b, dot(1)), (c, dot(3))])),
            ViewAnswer::from([(b, stage3(dot(1))), (c, stage3(dot(3))), (d, stage2(None))]),
            "stage 3 has the last word"
        );
    }
}
