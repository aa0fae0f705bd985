//! Questions say what they should, and answers come back as places in the image.

use serde_json::Value;

use super::*;
use crate::model::{CentroidNumber, CentroidOrigin, KeypointId, Label, Placement, Provenance, Source};
use crate::recording::{GrayFrame, GrayPixels};
use crate::vlm::Question;
use crate::vlm::canvas::Levels;
use crate::vlm::prompt::Prompt;
use crate::vlm::sent::ViewHeader;

const SIZE_PX: [u32; 2] = [640, 480];

fn dot(number: u16, x: f64, y: f64) -> Centroid {
    let point_in_image = Point2::new(x, y);
    let number = CentroidNumber(number);
    Centroid { number, point_in_image, sigma_px: 2.0, peak: 50.0, snr: 20.0, origin: CentroidOrigin::Detected }
}

fn labels(dots: &[(u8, &Centroid)]) -> FrameLabels {
    let mut labels = FrameLabels::empty(1, 12);
    for (keypoint, dot) in dots {
        let placement = Placement::Centroid { number: dot.number, point_in_image: dot.point_in_image };
        let provenance = Provenance { source: Source::Seed, run: None, annotator: None, at_unix_ms: 0 };
        labels.place(CameraId(0), KeypointId(*keypoint), Label { placement, provenance, margin: None });
    }
    labels
}

struct Bench {
    frame: GrayFrame,
    dots: Vec<Centroid>,
    skeleton: Skeleton,
    prompts: Prompts,
}

impl Bench {
    fn new() -> Self {
        let [width, height] = SIZE_PX;
        let pixels = GrayPixels::U8(vec![90; (width * height) as usize]);
        Self {
            frame: GrayFrame { width, height, pixels },
            dots: vec![dot(1, 200.0, 150.0), dot(2, 230.0, 160.0), dot(3, 400.0, 300.0)],
            skeleton: Skeleton::qd12(),
            prompts: Prompts::built_in(),
        }
    }

    fn stages(&self) -> Stages<'_> {
        let (skeleton, prompts) = (&self.skeleton, &self.prompts);
        Stages { skeleton, prompts, convention: Convention::Thousand, limits: Limits::default(), recording: None }
    }

    fn view(&self) -> ViewShot<'_> {
        ViewShot {
            camera: CameraId(0),
            name: "cam 0",
            frame: 7,
            shot: Shot { frame: &self.frame, levels: Levels::EIGHT_BIT },
            crop: Area { x: 100.0, y: 80.0, width: 400.0, height: 300.0 },
            centroids: &self.dots,
        }
    }
}

const EARS: RegionId = RegionId(0);

#[test]
fn a_box_that_is_answered_as_it_was_shown_comes_back() {
    let bench = Bench::new();
    let (stages, view) = (bench.stages(), bench.view());
    let labels = labels(&[(0, &bench.dots[0]), (1, &bench.dots[1])]);
    let wanted = stages.box_of(&labels, CameraId(0), EARS).unwrap();
    assert_eq!(wanted, [Point2::new(176.0, 126.0), Point2::new(254.0, 184.0)]);
    assert_eq!(stages.box_of(&labels, CameraId(0), RegionId(1)), None);

    let exemplar = stages.exemplar_of_region(&view, &labels, EARS);
    let asked = stages.ask_region(&view, &stages.target(&view), EARS, &[&exemplar]).unwrap();
    assert_eq!(asked.question.tag, "pose.regions/frame=7/camera=cam%200/region=ears");
    assert_eq!(asked.question.pictures().count(), 2);
    let header = ViewHeader::parse(asked.question.view.as_ref().unwrap()).unwrap();
    assert!(header.marks.is_empty());
    // The exemplar's right answer is in its words, in the model's own units.
    let words: Vec<&str> = asked
        .question
        .parts
        .iter()
        .filter_map(|part| match part {
            crate::vlm::Part::Text(text) => Some(text.as_str()),
            crate::vlm::Part::Picture(_) => None,
        })
        .collect();
    let shown = words.iter().find_map(|text| text.split("The right answer there: ").nth(1)).unwrap();
    let answer: Value = serde_json::from_str(shown.lines().next().unwrap()).unwrap();
    let read = asked.read(&answer.to_string());
    assert_eq!(read.problems, []);
    let found = read.value[&EARS].unwrap();
    let scale = header.sent.scale();
    for (found, wanted) in found.iter().zip(&wanted) {
        // A thousandth of the side, in image pixels.
        assert!((found.x - wanted.x).abs() < f64::from(header.sent.size_px[0]) / 1000.0 / scale[0], "{found} {wanted}");
        assert!((found.y - wanted.y).abs() < f64::from(header.sent.size_px[1]) / 1000.0 / scale[1], "{found} {wanted}");
    }
    assert_eq!(asked.read("{\"observation\": \"hidden\", \"bbox_2d\": null}").value[&EARS], None);
    let bad = asked.read("{\"bbox_2d\": \"left\"}");
    assert!(bad.value.is_empty() && !bad.is_usable());
}

#[test]
fn a_region_without_dots_is_not_asked_for() {
    let bench = Bench::new();
    let (stages, view) = (bench.stages(), bench.view());
    let here = [Point2::new(180.0, 130.0), Point2::new(250.0, 180.0)];
    let asked = stages.ask_parts(&view, EARS, here, &[]).unwrap().unwrap();
    let header = ViewHeader::parse(asked.question.view.as_ref().unwrap()).unwrap();
    assert_eq!(header.marks.iter().map(|mark| mark.number.0).collect::<Vec<_>>(), [1, 2]);
    let read = asked.read("{\"observation\": \"\", \"ear_L\": 2, \"ear_R\": null}");
    assert_eq!(read.value[&KeypointId(0)], Some(CentroidNumber(2)));
    assert_eq!(read.value[&KeypointId(1)], None);
    assert!(!asked.read("{\"ear_L\": 3, \"ear_R\": null}").is_usable(), "3 lies elsewhere");
    let nowhere = [Point2::new(560.0, 20.0), Point2::new(620.0, 60.0)];
    assert!(stages.ask_parts(&view, EARS, nowhere, &[]).unwrap().is_none());
}

#[test]
fn the_whole_view_hears_of_conflicts_gaps_and_free_dots() {
    let bench = Bench::new();
    let (stages, view) = (bench.stages(), bench.view());
    let one = Some(CentroidNumber(1));
    let so_far = AssignmentSoFar::from([(KeypointId(0), one), (KeypointId(2), one), (KeypointId(1), None)]);
    let asked = stages.ask_whole(&view, &so_far).unwrap().unwrap();
    assert_eq!(asked.question.pictures().count(), 1, "no exemplars");
    let words = format!("{:?}", asked.question.parts);
    assert!(words.contains("spot 1 was given to ear_L and back_top"), "{words}");
    assert!(words.contains("Spots without a part: 2, 3."), "{words}");
}

#[test]
fn reasons_come_before_the_answer() {
    let bench = Bench::new();
    let (stages, view) = (bench.stages(), bench.view());
    let plain = stages.ask_plain(&view, &[]).unwrap().unwrap().question;
    let region = stages.ask_region(&view, &stages.target(&view), EARS, &[]).unwrap().question;
    for question in [plain, region] {
        let text = question.schema["properties"].to_string();
        assert!(text.starts_with("{\"observation\""), "{text}");
        let body = question.body("model", &crate::vlm::Profile::for_model("Qwen3.5-27B"), &Default::default(), false);
        assert!(body.to_string().contains("{\"observation\""));
    }
}

/// Every question about the view, with what it is made from.
fn all_questions(bench: &Bench) -> Vec<Question> {
    let (stages, view) = (bench.stages(), bench.view());
    let shown = labels(&[(0, &bench.dots[0]), (1, &bench.dots[1]), (5, &bench.dots[2])]);
    let target = stages.target(&view);
    let one = [stages.exemplar_of_region(&view, &shown, EARS)];
    let all = [stages.exemplar_of_regions(&view, &shown), stages.exemplar_of_regions(&view, &labels(&[]))];
    let parts = [stages.exemplar_of_parts(&view, &shown, EARS)];
    let plain = [stages.exemplar_of_all(&view, &shown)];
    let corners = stages.box_of(&shown, CameraId(0), EARS).unwrap();
    let so_far = AssignmentSoFar::from([
        (KeypointId(0), Some(CentroidNumber(1))),
        (KeypointId(1), None),
        (KeypointId(2), Some(CentroidNumber(1))),
    ]);
    let each =
        |exemplars: &[Exemplar], ask: &dyn Fn(&[&Exemplar]) -> Question| ask(&exemplars.iter().collect::<Vec<_>>());
    vec![
        each(&one, &|shown| stages.ask_region(&view, &target, EARS, shown).unwrap().question),
        each(&all, &|shown| stages.ask_regions(&view, &target, shown).unwrap().question),
        each(&parts, &|shown| stages.ask_parts(&view, EARS, corners, shown).unwrap().unwrap().question),
        stages.ask_whole(&view, &so_far).unwrap().unwrap().question,
        each(&plain, &|shown| stages.ask_plain(&view, shown).unwrap().unwrap().question),
    ]
}

#[test]
fn every_question_can_be_made_again_from_what_is_kept_of_it() {
    let bench = Bench::new();
    for question in all_questions(&bench) {
        let kept: Value = serde_json::from_str(&question.basis.to_string()).unwrap();
        let basis = Basis::from_json(&kept).unwrap();
        let views = vec![bench.view(); basis.exemplars.len()];
        // Neither how bright pictures are shown now nor how another model writes places has a say.
        let levels = Levels { black: 10.0, white: 60.0 };
        let target = ViewShot { shot: Shot { frame: &bench.frame, levels }, ..bench.view() };
        let stages = Stages { convention: Convention::Pixels, ..bench.stages() };
        let again = stages.again(&basis, &target, &views).unwrap().unwrap();
        assert_eq!(again, question, "{}", question.tag);
    }
}

#[test]
fn other_words_leave_the_pictures_as_they_were() {
    let mut bench = Bench::new();
    let question = all_questions(&bench).pop().unwrap();
    let text = bench.prompts.text(Prompt::Plain).replace("# User\n", "# User\nLook twice.\n");
    bench.prompts.replace(Prompt::Plain, "trial", &text).unwrap();
    let basis = Basis::from_json(&question.basis).unwrap();
    let again = bench.stages().again(&basis, &bench.view(), &[bench.view()]).unwrap().unwrap();
    assert!(again.pictures().eq(question.pictures()));
    assert_ne!(again.prompt_version, question.prompt_version);
    assert!(matches!(&again.parts[0], crate::vlm::Part::Text(text) if text.starts_with("Look twice.")));
    let header = ViewHeader::parse(again.view.as_ref().unwrap()).unwrap();
    let read = basis.read(&bench.skeleton, &header, "{\"observation\": \"\", \"ear_L\": 2}");
    assert!(matches!(read.value, Reading::Numbers(numbers) if numbers[&KeypointId(0)] == Some(CentroidNumber(2))));
}

#[test]
fn a_basis_that_does_not_fit_asks_nothing() {
    let bench = Bench::new();
    let question = all_questions(&bench).remove(2);
    let basis = Basis::from_json(&question.basis).unwrap();
    let far = [Point2::new(560.0, 20.0), Point2::new(620.0, 60.0)];
    for basis in [
        Basis { corners: Some(far), ..basis.clone() },
        Basis { corners: None, ..basis.clone() },
        Basis { region: Some(RegionId(99)), ..basis },
    ] {
        assert!(bench.stages().again(&basis, &bench.view(), &[bench.view()]).unwrap().is_none());
    }
    assert_eq!(Basis::from_json(&Value::Null), None);
}

#[test]
fn an_answer_is_read_from_what_is_kept_as_it_was_read_when_it_came() {
    let bench = Bench::new();
    let (stages, view) = (bench.stages(), bench.view());
    let target = stages.target(&view);
    let asked = stages.ask_region(&view, &target, EARS, &[]).unwrap();
    let text = "{\"observation\": \"\", \"bbox_2d\": [100, 200, 300, 400]}";
    let read = |question: &Question, text: &str| {
        let header = ViewHeader::parse(question.view.as_ref().unwrap()).unwrap();
        Basis::from_json(&question.basis).unwrap().read(&bench.skeleton, &header, text)
    };
    assert_eq!(read(&asked.question, text), asked.read(text).map(Reading::Boxes));
    let whole = stages.ask_whole(&view, &AssignmentSoFar::new()).unwrap().unwrap();
    for text in ["{\"ear_L\": 3, \"nose\": null}", "{\"ear_L\": 9}", "nothing"] {
        assert_eq!(read(&whole.question, text), whole.read(text).map(Reading::Numbers), "{text}");
    }
    let ears = [Point2::new(180.0, 130.0), Point2::new(250.0, 180.0)];
    let parts = stages.ask_parts(&view, EARS, ears, &[]).unwrap().unwrap();
    for text in ["{\"ear_L\": 2, \"ear_R\": 1}", "{\"ear_L\": 3, \"ear_R\": 1}"] {
        assert_eq!(read(&parts.question, text), parts.read(text).map(Reading::Numbers), "{text}");
    }
}

#[test]
fn tags_tell_recordings_apart_where_there_are_several() {
    let bench = Bench::new();
    let stages = Stages { recording: Some("day 1/a"), ..bench.stages() };
    let asked = stages.ask_plain(&bench.view(), &[]).unwrap().unwrap();
    assert_eq!(asked.question.tag, "recording=day%201%2Fa/pose.plain/frame=7/camera=cam%200");
}
