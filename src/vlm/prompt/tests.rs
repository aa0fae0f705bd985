//! What the prompts say, and how errors in a person's own are told.

use super::words::*;
use super::*;
use crate::model::{CentroidNumber, Crop, KeypointId, Point2, RegionId, Skeleton};
use crate::vlm::convention::Convention;
use crate::vlm::sent::{Area, Limits, NumberedPoint, Sent};

fn sent() -> Sent {
    let crop = Crop { x: 100, y: 80, width: 280, height: 224 };
    Sent::plan(Area::from(crop), [1024, 700], &Limits::default())
}

fn points() -> Vec<NumberedPoint> {
    let places = [(1, 99.5, 79.5), (2, 239.5, 191.5), (3, 310.0, 120.0)];
    let point = |(number, x, y)| NumberedPoint { number: CentroidNumber(number), point_in_image: Point2::new(x, y) };
    places.map(point).to_vec()
}

fn exemplar(when: &str) -> ExemplarWords {
    ExemplarWords {
        when: when.to_owned(),
        shown: vec!["forepaw_L".to_owned(), "hindpaw_R".to_owned()],
        hidden: vec!["forepaw_R".to_owned()],
        answer: String::new(),
    }
}

fn paws(convention: Convention) -> PoseWords {
    let skeleton = Skeleton::qd12();
    let region = RegionWords::of(&skeleton, RegionId(2));
    PoseWords {
        keypoints: region.keypoints.clone(),
        regions: vec![region],
        exemplars: vec![exemplar("3 frames earlier"), exemplar("1 frame earlier")],
        numbers: numbers(&points(), &sent(), convention),
        ..PoseWords::about("cam2", &sent(), convention)
    }
}

fn whole_body() -> PoseWords {
    let skeleton = Skeleton::qd12();
    let found = |index: u8| PartialWords {
        keypoint: skeleton.name_of(KeypointId(index)).to_owned(),
        numbers: match index {
            0 => vec![1],
            5 => vec![3, 1],
            _ => Vec::new(),
        },
    };
    let words = PoseWords {
        regions: (0..4).map(|region| RegionWords::of(&skeleton, RegionId(region))).collect(),
        keypoints: skeleton.ids().map(|id| KeypointWords::of(&skeleton, id)).collect(),
        numbers: numbers(&points(), &sent(), Convention::Thousand),
        ..PoseWords::about("cam2", &sent(), Convention::Thousand)
    };
    words.with_assigned((0..12).map(found).collect())
}

fn all(rendered: &Rendered) -> String {
    format!("{}\n\n{}", rendered.system, rendered.texts.join("\n[picture]\n"))
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for words in words {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "the prompt does not say {words:?}:\n{text}");
    }
}

#[test]
fn a_region_is_asked_for_with_its_exemplars() {
    let mut words = paws(Convention::Thousand);
    words.exemplars[0].answer = r#"{"bbox_2d": [1, 2, 3, 4]}"#.to_owned();
    let rendered = Prompts::built_in().render(Prompt::Regions, &words).unwrap();
    assert_eq!(rendered.places(), 3);
    says(
        &all(&rendered),
        &[
            "\"paws\"",
            "- forepaw_L: the animal's own left front paw - forepaw_R",
            "Exemplar 1 of 2, 3 frames earlier. Boxes: forepaw_L, hindpaw_R. Not marked: forepaw_R. [picture] The right answer \
             there: {\"bbox_2d\": [1, 2, 3, 4]}",
            "1120 × 896 pixels",
            "0 at the left edge of the picture to 1000",
            "\"bbox_2d\": box or null}",
            "null is better than a guess",
        ],
    );
    assert!(rendered.texts[2].ends_with("without boxes:"));
    assert!(!all(&rendered).contains("\n\n\n"));
}

#[test]
fn all_regions_can_be_asked_for_at_once() {
    let words = PoseWords { all_at_once: true, ..whole_body() };
    let rendered = Prompts::built_in().render(Prompt::Regions, &words).unwrap();
    assert_eq!(rendered.places(), 1);
    says(
        &all(&rendered),
        &["\"regions\": {\"ears\": box or null, \"back\": box or null, \"paws\": box or null, \"tail\": box or null}}"],
    );
    assert!(!all(&rendered).contains("bbox_2d") && !all(&rendered).contains("xemplars"));
}

#[test]
fn spots_are_listed_in_the_model_s_own_units() {
    let text = |convention| all(&Prompts::built_in().render(Prompt::Assign, &paws(convention)).unwrap());
    let thousand = text(Convention::Thousand);
    says(
        &thousand,
        &[
            "- 1: x 0, y 0 - 2: x 500, y 500",
            "- hindpaw_R: the animal's own right hind paw; next to back_bottom Left and right",
            "\"forepaw_L\": number or null, \"forepaw_R\": number or null, \"hindpaw_L\": number or null, \"hindpaw_R\": number \
             or null}",
            "Null is better than a guess",
        ],
    );
    says(&text(Convention::ThousandYx), &["- 3: x 752, y 181"]);
    says(&text(Convention::Pixels), &["- 2: x 560, y 448", "in pixels of the picture"]);
    let none = PoseWords { numbers: Vec::new(), ..paws(Convention::Pixels) };
    says(&all(&Prompts::built_in().render(Prompt::Assign, &none).unwrap()), &["No spot was detected"]);
}

#[test]
fn a_view_is_reconciled_from_what_is_open() {
    let text = all(&Prompts::built_in().render(Prompt::Reconcile, &whole_body()).unwrap());
    says(
        &text,
        &[
            "- forepaw_L: 3 or 1",
            "- ear_R: none",
            "spot 1 was given to ear_L and forepaw_L",
            "Parts without a spot: ear_R, back_top,",
            "Spots without a part: 2.",
            "\"tail_tip\": number or null}",
        ],
    );
    let calm = PoseWords { conflicts: Vec::new(), gaps: Vec::new(), unused: Vec::new(), ..whole_body() };
    let text = all(&Prompts::built_in().render(Prompt::Reconcile, &calm).unwrap());
    assert!(!text.contains("Conflicts") && !text.contains("without a"));
}

#[test]
fn a_view_is_asked_plainly() {
    let words = PoseWords { exemplars: vec![exemplar("")], ..whole_body() };
    let rendered = Prompts::built_in().render(Prompt::Plain, &words).unwrap();
    assert_eq!(rendered.places(), 2);
    says(
        &all(&rendered),
        &["First come 1 exemplar:", "Exemplar 1 of 1. Marked:", "\"ear_L\": number or null, \"ear_R\""],
    );
}

#[test]
fn pictures_go_to_their_places() {
    let picture = |byte: u8| Arc::new(Picture { jpeg: vec![byte], size_px: [1, 1] });
    let rendered = Prompts::built_in().render(Prompt::Assign, &paws(Convention::Thousand)).unwrap();
    let pictures = [picture(1), picture(2), picture(3)];
    let parts = rendered.parts(&pictures).unwrap();
    assert_eq!(parts.len(), 7);
    for (index, picture) in pictures.iter().enumerate() {
        assert_eq!(parts[2 * index + 1], Part::Picture(Arc::clone(picture)));
        assert!(matches!(&parts[2 * index], Part::Text(text) if text.len() > 10), "a picture has no words before it");
    }
    let error = rendered.parts(&pictures[..2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "prompts/pose/2_assign.md has 3 places for pictures ({{ picture }}), and 2 pictures go with it"
    );
}

#[test]
fn a_version_is_that_of_the_text() {
    let mut prompts = Prompts::built_in();
    let before = prompts.version(Prompt::Plain);
    assert!(before.starts_with("plain@") && before.len() == 14, "{before}");
    let text = prompts.text(Prompt::Plain).replace("guess", "bet");
    prompts.replace(Prompt::Plain, "mine.md", &text).unwrap();
    assert_ne!(prompts.version(Prompt::Plain), before);
    let rendered = prompts.render(Prompt::Plain, &whole_body()).unwrap();
    assert_eq!(rendered.version, prompts.version(Prompt::Plain));
    assert!(all(&rendered).contains("better than a bet") || all(&rendered).contains("better than a\nbet"));
}

#[test]
fn a_project_s_own_prompts_come_first() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pose")).unwrap();
    let file = folder.path().join("pose/2_assign.md");
    std::fs::write(&file, "# System\nShort.\n# User\nWhich?\n{{ picture }}\n").unwrap();
    let prompts = Prompts::with_folder(folder.path()).unwrap();
    let rendered = prompts.render(Prompt::Assign, &whole_body()).unwrap();
    assert_eq!((rendered.system.as_str(), &rendered.texts[..]), ("Short.", &["Which?".to_owned(), String::new()][..]));
    assert_eq!(prompts.text(Prompt::Plain), Prompts::built_in().text(Prompt::Plain));
    assert_eq!(Prompts::with_folder(&folder.path().join("none")).unwrap(), Prompts::built_in());

    std::fs::write(&file, "# System\nx\n# User\n{{ picture }}\n{{ whiskers }}\n").unwrap();
    let error = Prompts::with_folder(folder.path()).unwrap().render(Prompt::Assign, &whole_body()).unwrap_err();
    let place = format!("{}, line 5: undefined value", file.display());
    assert!(error.to_string().starts_with(&place) && error.to_string().contains("whiskers"), "{error}");
    std::fs::write(&file, b"# System\n\xff\n# User\n").unwrap();
    assert!(matches!(Prompts::with_folder(folder.path()), Err(PromptError::Unreadable { .. })));
}

#[test]
fn what_is_no_template_is_refused_and_said_where() {
    let mut prompts = Prompts::built_in();
    let mut problem = |text: &str| prompts.replace(Prompt::Plain, "my/plain.md", text).unwrap_err().to_string();
    assert!(problem("# System\n# User\n{% if x %}\nno end").starts_with("my/plain.md, line 4: "));
    assert!(problem("# System\n{{ 1 + }}\n# User").starts_with("my/plain.md, line 2: "));
    assert!(problem("# User\nhello").contains("no line \"# System\""));
    assert!(problem("# System\nhello").contains("no line \"# User\""));
    assert_eq!(prompts, Prompts::built_in());
}

#[test]
fn boxes_are_written_as_the_model_writes_them() {
    let corners = [Point2::new(99.5, 135.5), Point2::new(239.5, 500.0)];
    assert_eq!(box_numbers(corners, &sent(), Convention::Thousand), [0, 250, 500, 1000]);
    assert_eq!(box_numbers(corners, &sent(), Convention::ThousandYx), [250, 0, 1000, 500]);
    assert_eq!(box_numbers(corners, &sent(), Convention::Pixels), [0, 224, 560, 896]);
}

#[test]
fn times_are_told_from_the_target() {
    assert_eq!(
        (when(4, 7), when(8, 7), when(7, 7)),
        ("3 frames earlier".into(), "1 frame later".into(), String::new())
    );
}

/// The prompts as a model reads them, for a person to read.
#[test]
#[ignore = "prints the prompts for a person to read"]
fn prompts_to_read() {
    let prompts = Prompts::built_in();
    let all_at_once = PoseWords { all_at_once: true, exemplars: vec![exemplar("2 frames earlier")], ..whole_body() };
    for (prompt, words) in [
        (Prompt::Regions, paws(Convention::Thousand)),
        (Prompt::Regions, all_at_once),
        (Prompt::Assign, paws(Convention::Pixels)),
        (Prompt::Reconcile, whole_body()),
        (Prompt::Plain, whole_body()),
    ] {
        println!("==== {}\n{}\n", prompts.version(prompt), all(&prompts.render(prompt, &words).unwrap()));
    }
}
