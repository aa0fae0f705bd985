//! Figures of small timelines, with numbers worked out by hand.

use super::*;
use crate::model::vocabulary::LabelDefinition;
use crate::model::{AnimalId, BehaviorSource, Segment, SegmentKind, SegmentStatus, SocialRole};

fn segment(label: &str, start_frame: u32, stop_frame: u32) -> Segment {
    Segment {
        animal: AnimalId(0),
        start_frame,
        stop_frame,
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: String::new(),
        partner: None,
        role: SocialRole::None,
        confidence: None,
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

fn moment(label: &str, frame: u32) -> Segment {
    Segment { kind: SegmentKind::Point, ..segment(label, frame, frame + 1) }
}

fn record(animal: &str, group: Option<&str>, segments: Vec<Segment>) -> AnimalRecord {
    AnimalRecord {
        recording: "r".to_owned(),
        animal: animal.to_owned(),
        subject: format!("r {animal}"),
        group: group.map(str::to_owned),
        fps: 10.0,
        frame_count: 100,
        animals: vec!["A0".to_owned(), "A1".to_owned()],
        segments,
        unreviewed: Vec::new(),
    }
}

/// The built-in vocabulary with a label of another exclusive group.
fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::mouse();
    let head_up = LabelDefinition { name: "head_up".to_owned(), group: "posture".to_owned(), ..Default::default() };
    vocabulary.labels.push(head_up);
    vocabulary
}

/// Two animals for 10 s. The first has gaps, moments side by side, time out of sight, and a label of another group.
fn pair() -> [AnimalRecord; 2] {
    let first = vec![
        segment("huddle", 0, 20),
        segment("head_up", 10, 30),
        Segment { partner: Some(AnimalId(1)), ..segment("chase", 20, 30) },
        moment("hop", 25),
        moment("hop", 26),
        segment("rearing", 41, 50),
        segment("huddle", 50, 70),
        segment("not_seen", 70, 80),
    ];
    let second = vec![
        segment("chase", 0, 10),
        segment("chase", 12, 20),
        segment("rearing", 20, 30),
        segment("chase", 30, 40),
        segment("huddle", 40, 100),
    ];
    [record("A0", None, first), record("A1", None, second)]
}

fn input<'a>(records: &'a [AnimalRecord], vocabulary: &'a Vocabulary) -> FigureInput<'a> {
    FigureInput { records, vocabulary, first_frame: 0 }
}

fn gaps_of(row: &RasterRow) -> Vec<(u32, u32)> {
    row.unreviewed.iter().map(|frames| (frames.start, frames.end)).collect()
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[test]
fn an_ethogram_has_a_row_per_animal_and_group_and_shows_what_nobody_reviewed() {
    let (records, vocabulary) = (pair(), vocabulary());
    let raster = Raster::of(&input(&records, &vocabulary));
    let rows: Vec<(&str, usize, Vec<_>)> =
        raster.rows.iter().map(|row| (row.name.as_str(), row.pieces.len(), gaps_of(row))).collect();
    assert_eq!(
        rows,
        [
            ("A0", 7, vec![(30, 41), (80, 100)]),
            // Time out of sight is so in every group.
            ("A0 posture", 2, vec![(0, 10), (30, 70), (80, 100)]),
            ("A1", 5, vec![(10, 12)]),
            ("A1 posture", 0, vec![(0, 100)]),
        ]
    );
    let names: Vec<&str> = raster.labels.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(names, ["rearing", "chase", "huddle", "not_seen", "head_up", "hop"]);
    assert!(raster.legend.contains(&(5, true)) && raster.legend.contains(&(1, false)));
    assert_eq!(raster.span_s, [0.0, 10.0]);
    let csv = raster.to_csv();
    let header =
        "recording,animal,subject,group,label_group,kind,label,partner,start_frame,stop_frame,start_s,stop_s,status";
    assert_eq!(csv.lines().next(), Some(header));
    for row in [
        "r,A0,r A0,,main,state,chase,A1,20,30,2,3,unreviewed",
        "r,A0,r A0,,main,point,hop,,25,26,2.5,2.6,unreviewed",
        "r,A0,r A0,,main,not_reviewed,,,30,41,3,4.1,",
        "r,A0,r A0,,posture,state,head_up,,10,30,1,3,unreviewed",
    ] {
        assert!(csv.lines().any(|line| line == row), "{row} in\n{csv}");
    }
}

#[test]
fn a_stretch_keeps_the_recordings_frames_and_cuts_what_reaches_out() {
    let (records, vocabulary) = (pair(), vocabulary());
    let cut: Vec<AnimalRecord> = records.iter().map(|record| within(record, 15..45)).collect();
    assert_eq!(cut[0].frame_count, 30);
    let raster = Raster::of(&FigureInput { first_frame: 15, ..input(&cut, &vocabulary) });
    let first: Vec<_> = raster.rows[0].pieces.iter().map(|piece| piece.frames.clone()).collect();
    assert_eq!(first, [15..20, 20..30, 25..26, 26..27, 41..45]);
    assert_eq!((gaps_of(&raster.rows[0]), raster.span_s), (vec![(30, 41)], [1.5, 4.5]));
    assert_eq!(within(&records[0], 80..500).segments, []);
    assert_eq!(within(&records[0], 300..500).frame_count, 0);
}

#[test]
fn a_budget_adds_up_and_keeps_reviewed_time_apart() {
    let (records, vocabulary) = (pair(), vocabulary());
    let budget = Budget::of(&input(&records, &vocabulary));
    let bar = &budget.bars[0];
    let parts: Vec<(String, f64, usize)> =
        bar.parts.iter().map(|part| (budget.words_of(part.what), part.time_s, part.bouts)).collect();
    let part = |words: &str, time_s, bouts| (words.to_owned(), time_s, bouts);
    assert_eq!(
        parts,
        [
            part("rearing", 0.9, 1),
            part("chase", 1.0, 1),
            part("huddle", 4.0, 2),
            part("not seen", 1.0, 1),
            part("not yet reviewed", 3.1, 2),
        ]
    );
    close(bar.parts.iter().map(|part| part.pct_of_all).sum(), 100.0);
    close(bar.labelled_s, 5.9);
    close(bar.parts[2].pct_of_labelled.unwrap(), 100.0 * 4.0 / 5.9);
    assert_eq!((bar.parts[3].pct_of_labelled, bar.parts[4].pct_of_labelled), (None, None));
    assert_eq!((bar.moments[0].count, budget.moments_of(bar)), (2, "hop ×2".to_owned()));
    close(bar.moments[0].per_min.unwrap(), 2.0 * 60.0 / 5.9);
    // Of the other group 2 of 10 s are reviewed, and all of those are one label.
    let posture = &budget.bars[1];
    close(posture.labelled_s, 2.0);
    close(posture.parts[0].pct_of_labelled.unwrap(), 100.0);
    close(posture.parts.iter().map(|part| part.pct_of_all).sum(), 100.0);
    let csv = budget.to_csv();
    assert!(csv.contains("\nr,A0,r A0,,main,point,hop,,,,2,20.338983,10\n"), "{csv}");
    assert!(csv.contains("\nr,A0,r A0,,main,not_reviewed,,3.1,31,,2,,10\n"), "{csv}");
    assert!(csv.contains("\nr,A1,r A1,,main,state,huddle,6,60,61.22449,1,6.122449,10\n"), "{csv}");
}

#[test]
fn transitions_leave_out_the_diagonal_moments_and_gaps() {
    let (records, vocabulary) = (pair(), vocabulary());
    let found = Transitions::of(&input(&records, &vocabulary));
    let [main, posture] = &found.matrices[..] else { panic!("two groups") };
    assert_eq!(main.labels, ["rearing", "chase", "huddle"]);
    // The first: huddle to chase over a hop, and rearing to huddle; 1.1 s without a word part chase from rearing. The second:
    // chase to rearing and back, chase to huddle; chase after chase is no transition.
    assert_eq!(main.counts, [vec![0, 1, 1], vec![1, 0, 1], vec![0, 1, 0]]);
    assert_eq!(
        [main.probability(0, 1), main.probability(2, 1), main.probability(2, 0)],
        [Some(0.5), Some(1.0), Some(0.0)]
    );
    assert_eq!(main.probability(1, 1), None);
    let chases: Vec<u32> = main.places.iter().filter(|place| place.to == 1).map(|place| place.frame).collect();
    assert_eq!(chases, [20, 30], "after huddling, and after rearing");
    assert_eq!((posture.labels.len(), posture.probability(0, 0)), (1, None));
    let csv = Figure::Transitions(found).to_csv();
    assert_eq!(csv.lines().count(), 1 + 3 * 2, "{csv}");
    assert!(csv.starts_with("label_group,from,to,count,probability\nmain,rearing,chase,1,0.5\n"), "{csv}");
}

#[test]
fn lengths_are_binned_from_zero_and_the_last_bin_is_open() {
    let (records, vocabulary) = (pair(), vocabulary());
    let lengths = Lengths::of(&input(&records, &vocabulary));
    // Of 0.8, 0.9, 1, 1, 1, 1, 2, 2, 2 and 6 s, 95 % are at most 4.2 s: bins of 0.5 s up to there, and one for the rest.
    assert_eq!((lengths.step_s, lengths.is_last_open), (0.5, true));
    let panels: Vec<(&str, usize)> = lengths.panels.iter().map(|it| (it.label.name.as_str(), it.bouts)).collect();
    assert_eq!(panels, [("rearing", 2), ("chase", 4), ("huddle", 3), ("head_up", 1)]);
    assert_eq!(lengths.panels[1].counts, [0, 1, 3, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(lengths.panels[2].counts, [0, 0, 0, 0, 2, 0, 0, 0, 0, 1]);
    close(lengths.panels[1].mean_s, 0.95);
    close(lengths.panels[1].median_s, 1.0);
    close(lengths.panels[2].longest_s, 6.0);
    assert_eq!((lengths.edges_s(2), lengths.edges_s(9)), ((1.0, Some(1.5)), (4.5, None)));
    let csv = lengths.to_csv();
    assert!(csv.contains("\nchase,1,1.5,3,4,0.95,1,1\n") && csv.contains("\nhuddle,4.5,,1,3,3.333333,2,6\n"), "{csv}");
}

/// Three subjects in each of two groups. Of `t2` half was reviewed.
fn two_groups() -> Vec<AnimalRecord> {
    let one = |subject: &str, group: &str, chase: u32, stop: u32| {
        let mut record = record("A0", Some(group), vec![segment("chase", 0, chase), segment("huddle", chase, stop)]);
        record.subject = subject.to_owned();
        record.segments.push(moment("hop", 3));
        record
    };
    vec![
        one("c1", "control", 10, 100),
        one("c2", "control", 20, 100),
        one("c3", "control", 30, 100),
        one("t1", "treated", 40, 100),
        one("t2", "treated", 25, 50),
        one("t3", "treated", 60, 100),
    ]
}

#[test]
fn groups_are_compared_by_subject_within_reviewed_time() {
    let (records, vocabulary) = (two_groups(), vocabulary());
    let found = Comparison::of(&input(&records, &vocabulary), Measure::PctOfSeen, 1);
    let names: Vec<&str> = found.panels.iter().map(|panel| panel.label.name.as_str()).collect();
    assert_eq!(names, ["chase", "huddle"], "moments have no share");
    let [control, treated] = &found.panels[0].columns[..] else { panic!("two groups") };
    let values: Vec<f64> = control.subjects.iter().chain(&treated.subjects).map(|(_, value)| *value).collect();
    assert_eq!(values, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
    assert_eq!((control.mean, treated.mean), (Some(20.0), Some(50.0)));
    let half = 4.3027 * 10.0 / 3.0_f64.sqrt();
    close(control.interval.unwrap()[0], 20.0 - half);
    close(treated.interval.unwrap()[1], 50.0 + half);
    let test = &found.panels[0].tests[0];
    // Two of twenty deals are as extreme; two labels are tested.
    close(test.permutation.p, 0.1);
    close(test.p_permutation_holm, 0.2);
    close(test.cliffs_delta, -1.0);
    close(test.hedges_g.unwrap(), -3.0 * (1.0 - 3.0 / 15.0));
    assert_eq!(test.words(), "p = 0.200, Cliff's δ = −1.00");
    let csv = found.to_csv();
    assert!(csv.starts_with("label,group,subject,share_of_labelled_time_pct\nchase,control,c1,10\n"), "{csv}");
    assert!(
        found.tests_csv().contains("\nchase,share_of_labelled_time_pct,control,treated,3,3,20,"),
        "{}",
        found.tests_csv()
    );
    let rates = Comparison::of(&input(&records, &vocabulary), Measure::BoutsPerMin, 1);
    let hops = rates.panels.iter().find(|panel| panel.label.name == "hop").unwrap();
    // One hop in 10 s, and in 5 s where half was reviewed.
    assert_eq!(hops.columns[1].subjects.iter().map(|it| it.1).collect::<Vec<_>>(), [6.0, 12.0, 6.0]);
}

#[test]
fn one_animal_without_a_group_has_a_mean_and_no_interval() {
    let records = [record("A0", None, vec![segment("chase", 0, 50), segment("huddle", 50, 100)])];
    let vocabulary = vocabulary();
    let found = Comparison::of(&input(&records, &vocabulary), Measure::PctOfSeen, 1);
    let column = &found.panels[0].columns[0];
    assert_eq!((column.group.as_ref(), column.mean, column.interval), (None, Some(50.0), None));
    assert!(found.panels[0].tests.is_empty());
    assert_eq!(found.tests_csv().lines().count(), 1);
}

#[test]
fn nothing_said_is_not_nothing_done() {
    let (records, vocabulary) = ([record("A0", None, Vec::new())], vocabulary());
    let input = input(&records, &vocabulary);
    assert_eq!(Raster::of(&input).rows[0].unreviewed.first(), Some(&(0..100)));
    let budget = Budget::of(&input);
    assert_eq!(budget.bars[0].parts.len(), 1);
    assert_eq!((budget.bars[0].parts[0].what, budget.bars[0].parts[0].pct_of_all), (BudgetWhat::NotReviewed, 100.0));
    assert!(Transitions::of(&input).matrices.is_empty() && Lengths::of(&input).panels.is_empty());
    assert!(Comparison::of(&input, Measure::LatencyS, 1).panels.is_empty());
}

#[test]
fn every_figure_is_a_drawing_whatever_it_is_of() {
    let vocabulary = vocabulary();
    let mut odd = pair();
    odd[0].animal = "<A&\"0\">".to_owned();
    odd[0].segments.push(segment("a <label>", 85, 90));
    let no_frames = AnimalRecord { frame_count: 0, ..record("A0", None, Vec::new()) };
    let sets: [Vec<AnimalRecord>; 6] = [
        odd.to_vec(),
        two_groups(),
        vec![record("A0", None, Vec::new())],
        vec![no_frames],
        vec![record("A0", None, vec![moment("hop", 3)])],
        Vec::new(),
    ];
    for (at, records) in sets.iter().enumerate() {
        for kind in FigureKind::ALL {
            let svg = Figure::of(kind, &input(records, &vocabulary), 1).to_svg("Mice <3>");
            assert!(svg.contains("Mice &lt;3&gt;") && !svg.contains("NaN") && !svg.contains("inf"), "{kind:?}\n{svg}");
            assert!(svg.contains("<text "), "text stays text");
            if at < 2 || kind == FigureKind::Raster {
                let png = to_png(&svg).unwrap_or_else(|error| panic!("{kind:?} of {at}: {error}\n{svg}"));
                let picture = image::load_from_memory(&png).unwrap().to_rgba8();
                assert_eq!(picture.get_pixel(0, 0).0, [255; 4], "white ground");
                let dark = picture.pixels().filter(|pixel| pixel.0[0] < 90).count();
                assert!(dark > 1000, "{kind:?} of {at}: the title is drawn with letters, {dark} dark pixels");
            }
        }
    }
    assert!(to_png("no drawing").is_err());
}

#[test]
fn labels_look_as_the_vocabulary_says() {
    let (records, vocabulary) = (pair(), vocabulary());
    let svg = Figure::of(FigureKind::Raster, &input(&records, &vocabulary), 1).to_svg("t");
    let rearing = vocabulary.find("rearing").unwrap();
    assert_eq!(rearing.pattern, Pattern::Bars);
    assert!(svg.contains(&format!("fill=\"{}\"/><path d=\"M4 0v8\"", rearing.color.as_ref().unwrap())), "{svg}");
    assert!(svg.contains("fill=\"url(#label-0)\""), "{svg}");
}
