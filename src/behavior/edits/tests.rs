//! Edits of small layers, and sequences of them that nobody thought of.

mod sequences;

mod stretches;

mod vocabulary;

use super::*;
use crate::model::{BehaviorSource, Caption, ClipId, LabelDefinition, SegmentKind, SegmentStatus, SocialRole};

pub(super) const FRAMES: u32 = 100;

/// The mouse's labels, "crouch" and "stretch" of a group of their own, and the moments "sneeze" and "jump".
pub(super) fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::mouse();
    for (name, group, is_point) in
        [("crouch", "posture", false), ("stretch", "posture", false), ("sneeze", "", true), ("jump", "posture", true)]
    {
        let [name, group] = [name, group].map(str::to_owned);
        vocabulary.labels.push(LabelDefinition { name, group, is_point, ..LabelDefinition::default() });
    }
    vocabulary.labels[0].synonyms.push("immobile".to_owned());
    vocabulary
}

pub(super) fn segment(animal: u8, frames: [u32; 2], label: &str) -> Segment {
    Segment {
        animal: AnimalId(animal),
        start_frame: frames[0],
        stop_frame: frames[1],
        kind: SegmentKind::State,
        label: label.to_owned(),
        description: format!("It does {label}."),
        partner: None,
        role: SocialRole::None,
        confidence: Some(0.5),
        status: SegmentStatus::Unreviewed,
        source: BehaviorSource::Rules,
        modifiers: Vec::new(),
        clips: Vec::new(),
    }
}

fn placed(segments: Vec<Segment>) -> Vec<PlacedSegment> {
    (1..).map(SegmentId).zip(segments).map(|(id, segment)| PlacedSegment { id, segment }).collect()
}

pub(super) fn names() -> Vec<String> {
    ["A0", "A1", "A2"].map(str::to_owned).to_vec()
}

/// Four segments of A0 in rows 1 to 4, with a gap at 40..50, and one of A1 in row 5.
fn layer() -> Vec<PlacedSegment> {
    let mut chase = segment(0, [50, 70], "chase");
    (chase.partner, chase.role) = (Some(AnimalId(1)), SocialRole::Actor);
    placed(vec![
        segment(0, [0, 20], "stationary"),
        segment(0, [20, 40], "locomotion"),
        chase,
        segment(0, [70, 100], "huddle"),
        segment(1, [0, 100], "feeding"),
    ])
}

/// What an edit of a layer leaves of A0 and A1: "A0 0..20 stationary" each, with a mark for "edited" and its source.
fn after(layer: &[PlacedSegment], edit: impl FnOnce(Timeline<'_>) -> Result<TimelineEdit, EditRefused>) -> Vec<String> {
    let mut segments = layer.to_vec();
    let (vocabulary, animals) = (vocabulary(), names());
    let timeline = Timeline {
        segments: layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    match edit(timeline) {
        Err(refused) => vec![refused.to_string()],
        Ok(edit) => {
            SegmentChange::apply_all(&edit.changes, &mut segments).unwrap();
            let line = |placed: &PlacedSegment| {
                let Segment { animal, start_frame, stop_frame, label, status, source, .. } = &placed.segment;
                let mark = match (status, source) {
                    (SegmentStatus::Unreviewed, _) => "",
                    (SegmentStatus::Accepted, _) => " accepted",
                    (SegmentStatus::Edited, BehaviorSource::Human) => " mine",
                    (SegmentStatus::Edited, _) => " edited",
                };
                format!("A{} {start_frame}..{stop_frame} {label}{mark}", animal.0)
            };
            let changed = segments.iter().filter(|placed| !layer.contains(placed)).map(line);
            let gone = layer.iter().filter(|old| segments.iter().all(|new| new.id != old.id));
            changed.chain(gone.map(|old| format!("row {} gone", old.id.0))).collect()
        }
    }
}

fn check(expected: &[&str], edit: impl FnOnce(Timeline<'_>) -> Result<TimelineEdit, EditRefused>) {
    assert_eq!(after(&layer(), edit), expected);
}

const ONE: SegmentId = SegmentId(1);
const TWO: SegmentId = SegmentId(2);
const THREE: SegmentId = SegmentId(3);
const FOUR: SegmentId = SegmentId(4);
const FIVE: SegmentId = SegmentId(5);

fn brush(label: &str) -> Brush<'_> {
    Brush { label, partner: None, role: SocialRole::None }
}

#[test]
fn a_boundary_cuts_its_neighbour_down_to_a_frame_and_leaves_a_gap_behind() {
    check(&["A0 0..30 stationary mine", "A0 30..40 locomotion"], |t| {
        t.move_boundary(ONE, Edge::Stop, 30, Neighbor::Cut)
    });
    check(&["A0 0..39 stationary mine", "A0 39..40 locomotion"], |t| {
        t.move_boundary(ONE, Edge::Stop, 99, Neighbor::Cut)
    });
    check(&["A0 0..10 stationary mine"], |t| t.move_boundary(ONE, Edge::Stop, 10, Neighbor::Cut));
    check(&["A0 0..1 stationary mine"], |t| t.move_boundary(ONE, Edge::Stop, 0, Neighbor::Cut));
    check(&["A0 0..1 stationary", "A0 1..40 locomotion mine"], |t| t.move_boundary(TWO, Edge::Start, 0, Neighbor::Cut));
    check(&["A0 20..69 locomotion mine", "A0 69..70 chase"], |t| t.move_boundary(TWO, Edge::Stop, 80, Neighbor::Cut));
}

#[test]
fn a_shared_boundary_moves_as_one_and_one_at_a_gap_stops() {
    check(&["A0 0..10 stationary mine", "A0 10..40 locomotion"], |t| {
        t.move_boundary(ONE, Edge::Stop, 10, Neighbor::Together)
    });
    check(&["A0 0..15 stationary", "A0 15..40 locomotion mine"], |t| {
        t.move_boundary(TWO, Edge::Start, 15, Neighbor::Together)
    });
    check(&["A0 0..39 stationary mine", "A0 39..40 locomotion"], |t| {
        t.move_boundary(ONE, Edge::Stop, 99, Neighbor::Together)
    });
    check(&["A0 20..50 locomotion mine"], |t| t.move_boundary(TWO, Edge::Stop, 60, Neighbor::Together));
    check(&["A0 40..70 chase mine"], |t| t.move_boundary(THREE, Edge::Start, 0, Neighbor::Together));
}

#[test]
fn a_boundary_that_keeps_the_neighbour_stops_and_one_that_overwrites_does_not() {
    check(&["A0 20..50 locomotion mine"], |t| t.move_boundary(TWO, Edge::Stop, 60, Neighbor::Keep));
    check(&["A0 20..80 locomotion mine", "A0 80..100 huddle", "row 3 gone"], |t| {
        t.move_boundary(TWO, Edge::Stop, 80, Neighbor::Overwrite)
    });
    check(&["A0 0..100 huddle mine", "row 1 gone", "row 2 gone", "row 3 gone"], |t| {
        t.move_boundary(FOUR, Edge::Start, 0, Neighbor::Overwrite)
    });
}

#[test]
fn a_boundary_that_cannot_move_says_why() {
    check(
        &[
            "the end of stationary of A0 cannot go further: locomotion at 20..40 is there; move both boundaries together, or overwrite it",
        ],
        |t| t.move_boundary(ONE, Edge::Stop, 30, Neighbor::Keep),
    );
    check(&["the end of huddle of A0 is the end of the recording"], |t| t.nudge(FOUR, Edge::Stop, 1, Neighbor::Cut));
    check(&["the start of stationary of A0 is the start of the recording"], |t| {
        t.nudge(ONE, Edge::Start, -1, Neighbor::Cut)
    });
    check(&["the segment is no longer there; choose another"], |t| {
        t.nudge(SegmentId(9), Edge::Start, 1, Neighbor::Cut)
    });
    let short = placed(vec![segment(0, [0, 1], "huddle"), segment(0, [1, 2], "chase")]);
    assert_eq!(
        after(&short, |t| t.nudge(ONE, Edge::Start, 1, Neighbor::Cut)),
        ["huddle of A0 has one frame left; delete it instead"]
    );
    assert_eq!(
        after(&short, |t| t.nudge(ONE, Edge::Stop, 1, Neighbor::Cut)),
        ["chase at 1..2 has one frame left; delete it, or overwrite it"]
    );
    check(&[], |t| t.move_boundary(ONE, Edge::Stop, 20, Neighbor::Keep));
}

#[test]
fn a_nudge_is_by_frames_and_stays_in_the_recording() {
    check(&["A0 0..19 stationary", "A0 19..40 locomotion mine"], |t| t.nudge(TWO, Edge::Start, -1, Neighbor::Cut));
    check(&["A0 20..45 locomotion mine"], |t| t.nudge(TWO, Edge::Stop, 5, Neighbor::Keep));
    check(&["A0 0..1 stationary", "A0 1..40 locomotion mine"], |t| t.nudge(TWO, Edge::Start, -500, Neighbor::Cut));
}

#[test]
fn a_split_makes_two_and_needs_a_frame_inside() {
    check(&["A0 50..55 chase mine", "A0 55..70 chase mine"], |t| t.split(THREE, 55));
    check(&["frame 50 is not inside of chase of A0; choose one from 51 to 69"], |t| t.split(THREE, 50));
    check(&["frame 70 is not inside of chase of A0; choose one from 51 to 69"], |t| t.split(THREE, 70));
}

#[test]
fn a_merge_takes_gaps_and_the_label_of_the_longest_or_the_one_that_is_asked_for() {
    check(&["A0 0..40 stationary mine", "row 2 gone"], |t| t.merge(&[TWO, ONE], None));
    check(&["A0 0..40 locomotion mine", "row 2 gone"], |t| t.merge(&[ONE, TWO], Some("locomotion")));
    check(&["A0 20..70 turning mine", "row 3 gone"], |t| t.merge(&[TWO, THREE], Some("turning")));
    check(&["locomotion at 20..40 lies between; choose it too, or delete it first"], |t| t.merge(&[ONE, THREE], None));
    check(&["stationary of A0 and feeding of A1 are not in one lane; merge those of one animal and group"], |t| {
        t.merge(&[ONE, FIVE], None)
    });
    check(&["only one segment is chosen; choose the ones to merge, next to each other"], |t| {
        t.merge(&[ONE, ONE], None)
    });
}

#[test]
fn a_label_that_an_animal_does_alone_takes_the_partner_away() {
    let (layer, vocabulary, animals) = (layer(), vocabulary(), names());
    let timeline = Timeline {
        segments: &layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    let labelled = |label: &str| {
        let edit = timeline.relabel(&[THREE], label, Overlap::Refuse).unwrap();
        let segment = edit.changes[0].after.clone().unwrap();
        (edit.title, segment.partner.map(|it| it.0), segment.role, segment.confidence)
    };
    assert_eq!(labelled("huddle"), ("Label chase of A0 as huddle".to_owned(), Some(1), SocialRole::Mutual, None));
    assert_eq!(labelled("feeding"), ("Label chase of A0 as feeding".to_owned(), None, SocialRole::None, None));
}

#[test]
fn labels_are_refused_where_they_do_not_fit_and_synonyms_mean_their_label() {
    check(&["\"dancing\" is not in the vocabulary; add it there first"], |t| {
        t.relabel(&[ONE], "dancing", Overlap::Refuse)
    });
    check(&["\"sneeze\" is a moment and does not last; insert it at a frame"], |t| {
        t.relabel(&[ONE], "sneeze", Overlap::Refuse)
    });
    check(&["A0 20..40 stationary mine"], |t| t.relabel(&[TWO], "immobile", Overlap::Refuse));
    check(&[], |t| t.relabel(&[ONE], "immobile", Overlap::Refuse));
    check(&["no segment is chosen; choose at least one"], |t| t.relabel(&[], "huddle", Overlap::Refuse));
}

#[test]
fn a_label_of_another_group_goes_to_its_lane_and_needs_room_there() {
    let mut layer = layer();
    layer.push(PlacedSegment { id: SegmentId(6), segment: segment(0, [10, 30], "crouch") });
    assert_eq!(
        after(&layer, |t| t.relabel(&[ONE], "stretch", Overlap::Refuse)),
        ["stretch of A0 cannot stand at 0..20: crouch at 10..30 excludes it; overwrite that, or move it first"]
    );
    assert_eq!(
        after(&layer, |t| t.relabel(&[ONE], "stretch", Overlap::Overwrite)),
        ["A0 0..20 stretch mine", "A0 20..30 crouch"]
    );
}

#[test]
fn labels_and_words_are_found_and_replaced() {
    check(&["A0 70..100 contact mine"], |t| t.replace_label("huddle", "contact", None, Overlap::Refuse));
    check(&["\"huddle\" is nowhere in what was searched"], |t| {
        t.replace_label("huddle", "contact", Some(&[ONE]), Overlap::Refuse)
    });
    let search = WordSearch { words: "it does", matches_case: false, whole_words: true };
    check(&["A0 0..20 stationary", "A0 70..100 huddle"], |t| t.replace_words(search, "He does", Some(&[ONE, FOUR])));
    check(&["\"nothing\" is nowhere in what was searched"], |t| {
        t.replace_words(WordSearch { words: "nothing", ..search }, "", None)
    });
    let refused = |expected: &str, words: &str, by: &str| {
        check(&[expected], |t| t.replace_words(WordSearch { words, ..search }, by, None));
    };
    refused("there is nothing to look for; write the words to replace", "", "He");
    let nothing = "stands there already, so nothing changes; write something else to put there";
    refused(&format!("\"It\" {nothing}"), "it", "It");
    check(&[&format!("\"huddle\" {nothing}")], |t| t.replace_label("huddle", "huddle", None, Overlap::Refuse));
    check(&["\"levitation\" is not in the vocabulary; add it there first"], |t| {
        t.replace_label("huddle", "levitation", None, Overlap::Refuse)
    });
}

#[test]
fn paint_overwrites_splits_and_lengthens_its_own_label() {
    check(&["A0 20..25 locomotion", "A0 25..30 turning mine", "A0 30..40 locomotion"], |t| {
        t.paint(AnimalId(0), 25..30, brush("turning"))
    });
    check(&["A0 20..60 locomotion mine", "A0 60..70 chase"], |t| t.paint(AnimalId(0), 30..60, brush("locomotion")));
    check(&[], |t| t.paint(AnimalId(0), 25..30, brush("locomotion")));
    check(&["A2 90..100 turning mine"], |t| t.paint(AnimalId(2), 90..400, brush("turning")));
    check(&["A0 0..100 crouch mine"], |t| t.paint(AnimalId(0), 0..100, brush("crouch")));
    // A chase of nobody is not the chase that is there.
    check(&["A0 50..60 chase", "A0 60..70 chase mine"], |t| t.paint(AnimalId(0), 60..70, brush("chase")));
    check(&["the range 200..300 holds no frame of the recording; choose one that ends after it begins"], |t| {
        t.paint(AnimalId(0), 200..300, brush("turning"))
    });
    check(&["there is no animal 7; the recording has A0, A1, A2"], |t| t.paint(AnimalId(7), 0..9, brush("turning")));
}

#[test]
fn what_is_erased_or_deleted_is_not_reviewed() {
    check(&["A0 20..25 locomotion", "A0 60..70 chase"], |t| t.erase(AnimalId(0), "", 25..60));
    check(&["row 1 gone", "row 5 gone"], |t| t.delete(&[ONE, FIVE]));
    check(&[], |t| t.erase(AnimalId(0), "posture", 0..100));
}

#[test]
fn a_moment_lies_over_states_and_excludes_other_moments() {
    let mut layer = layer();
    let point = |t: Timeline<'_>| t.insert_point(AnimalId(0), 30, brush("sneeze"));
    assert_eq!(after(&layer, point), ["A0 30..31 sneeze mine"]);
    let sneeze = Segment { kind: SegmentKind::Point, ..segment(0, [30, 31], "sneeze") };
    layer.push(PlacedSegment { id: SegmentId(6), segment: sneeze });
    assert_eq!(
        after(&layer, point),
        ["sneeze of A0 cannot stand at 30..31: sneeze at 30..31 excludes it; overwrite that, or move it first"]
    );
    assert_eq!(after(&layer, |t| t.move_point(SegmentId(6), 60)), ["A0 60..61 sneeze mine"]);
    assert_eq!(
        after(&layer, |t| t.move_point(SegmentId(6), 100)),
        ["frame 100 is outside of the recording; choose one from 0 to 99"]
    );
    assert_eq!(after(&layer, |t| t.move_point(ONE, 9)), ["stationary of A0 lasts; move its boundaries"]);
    assert_eq!(
        after(&layer, |t| t.move_boundary(SegmentId(6), Edge::Stop, 40, Neighbor::Cut)),
        ["sneeze of A0 is a moment and has no boundaries; move it as a whole"]
    );
    assert_eq!(after(&layer, |t| t.erase(AnimalId(0), "", 29..32)).len(), 3, "moments are erased with the states");
    check(&["\"chase\" lasts and is no moment; paint it over a range"], |t| {
        t.insert_point(AnimalId(0), 3, brush("chase"))
    });
}

#[test]
fn a_copy_to_the_partner_turns_the_parts_round() {
    let (mut layer, vocabulary, animals) = (layer(), vocabulary(), names());
    layer.pop();
    let timeline = Timeline {
        segments: &layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    let copy = |animal| {
        let edit = timeline.copy_to_animal(&[THREE], AnimalId(animal), Overlap::Refuse).unwrap();
        let made = edit.changes[0].after.clone().unwrap();
        (edit.changes.len(), made.partner.unwrap().0, made.role)
    };
    assert_eq!(copy(1), (1, 0, SocialRole::Recipient));
    assert_eq!(copy(2), (1, 1, SocialRole::Actor));
    check(
        &["chase of A1 cannot stand at 50..70: feeding at 0..100 excludes it; overwrite that, or move it first"],
        |t| t.copy_to_animal(&[THREE], AnimalId(1), Overlap::Refuse),
    );
    check(&["A1 0..50 feeding", "A1 50..70 chase mine", "A1 70..100 feeding"], |t| {
        t.copy_to_animal(&[THREE], AnimalId(1), Overlap::Overwrite)
    });
    check(&["chase of A0 is that animal's already; choose another animal"], |t| {
        t.copy_to_animal(&[THREE], AnimalId(0), Overlap::Overwrite)
    });
}

#[test]
fn what_is_said_of_a_segment_leaves_who_labelled_it() {
    check(&["A0 70..100 huddle edited"], |t| t.set_partner(&[FOUR], Some(AnimalId(2)), SocialRole::Mutual));
    check(&["A0 cannot be its own partner; choose another animal"], |t| {
        t.set_partner(&[FOUR], Some(AnimalId(0)), SocialRole::Mutual)
    });
    check(&["A0 0..20 stationary edited"], |t| t.set_description(ONE, " It sits. "));
    check(&[], |t| t.set_description(ONE, "It does stationary."));
    check(&["A0 0..20 stationary edited"], |t| t.set_modifiers(&[ONE], &["fast".to_owned(), " fast".to_owned()]));
    check(&[], |t| t.set_modifiers(&[ONE], &[" ".to_owned()]));
    check(&["A0 0..20 stationary accepted", "A0 20..40 locomotion accepted"], |t| t.accept(&[ONE, TWO]));
    let mut layer = layer();
    layer[0].segment.status = SegmentStatus::Accepted;
    assert_eq!(
        after(&layer, |t| t.paint(AnimalId(0), 5..10, brush("turning"))),
        ["A0 0..5 stationary edited", "A0 5..10 turning mine", "A0 10..20 stationary edited"],
        "what was accepted as a whole is not accepted in parts"
    );
}

fn clips() -> Vec<(Clip, Option<Caption>)> {
    let clip = |(id, (start_frame, stop_frame)): (u32, (u32, u32))| {
        let clip = Clip { id: ClipId(id), animal: AnimalId(0), start_frame, stop_frame, cluster: None };
        let caption = Caption {
            label: ["huddle", "turning"][id as usize % 2].to_owned(),
            description: format!("clip {id}"),
            partner: None,
            role: SocialRole::None,
            confidence: 0.25,
        };
        (clip, (id != 2).then_some(caption))
    };
    (0..).zip([(0, 52), (52, 60), (60, 65), (65, 90)]).map(clip).collect()
}

#[test]
fn a_merged_segment_is_taken_apart_into_its_clips() {
    check(&["A0 50..52 huddle", "A0 52..60 turning", "A0 60..65 chase", "A0 65..70 turning"], |t| {
        t.unmerge(THREE, &clips(), BehaviorSource::Model)
    });
    check(&["no clip of a run lies in feeding of A1; split it by hand"], |t| {
        t.unmerge(FIVE, &clips(), BehaviorSource::Model)
    });
    check(&["A0 70..100 turning"], |t| t.unmerge(FOUR, &clips(), BehaviorSource::Model));
}

#[test]
fn a_segment_that_is_cut_keeps_the_clips_that_it_covers() {
    let (mut layer, vocabulary, animals) = (layer(), vocabulary(), names());
    let clips: Vec<Clip> = clips().into_iter().map(|(clip, _)| clip).collect();
    layer[2].segment.clips = (0..4).map(ClipId).collect();
    let timeline = Timeline {
        segments: &layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &clips,
    };
    let of = |edit: TimelineEdit| -> Vec<Vec<u32>> {
        let after = edit.changes.into_iter().filter_map(|change| change.after);
        after.map(|segment| segment.clips.iter().map(|clip| clip.0).collect()).collect()
    };
    assert_eq!(of(timeline.split(THREE, 60).unwrap()), [vec![0, 1], vec![2, 3]]);
    assert_eq!(of(timeline.split(THREE, 61).unwrap()), [vec![0, 1, 2], vec![2, 3]]);
}

#[test]
fn the_first_touch_copies_one_animal_and_goes_with_the_edit() {
    let human = placed(vec![segment(0, [30, 60], "turning")]);
    let machine = [segment(1, [0, 9], "feeding"), segment(0, [0, 40], "chase"), segment(0, [40, 100], "huddle")];
    let touch = |timeline: Timeline<'_>| -> Result<TimelineEdit, EditRefused> {
        let touched = timeline.first_touch(&machine, AnimalId(0));
        assert_eq!(touched.id_of(0), None);
        let edited = touched.timeline(timeline).split(touched.id_of(2).unwrap(), 80)?;
        let all = touched.with(edited);
        assert_eq!(all.title, "Split huddle of A0");
        assert_eq!(all.made().count(), 3);
        Ok(all)
    };
    assert_eq!(after(&human, touch), ["A0 0..30 chase", "A0 60..80 huddle mine", "A0 80..100 huddle mine"]);
    let delete = |timeline: Timeline<'_>| -> Result<TimelineEdit, EditRefused> {
        let touched = timeline.first_touch(&machine, AnimalId(0));
        let edited = touched.timeline(timeline).delete(&[touched.id_of(1).unwrap()])?;
        Ok(touched.with(edited))
    };
    assert_eq!(after(&human, delete), ["A0 60..100 huddle"], "a copy that is deleted at once is never made");
    assert_eq!(
        after(&human, |t| Ok(t.first_touch(&machine, AnimalId(0)).alone())),
        ["A0 0..30 chase", "A0 60..100 huddle"]
    );
}

#[test]
fn what_another_account_says_of_a_range_takes_the_place_of_what_is_there() {
    let other = |frames, label: &str| Segment { confidence: None, ..segment(0, frames, label) };
    let sneeze = Segment { kind: SegmentKind::Point, ..other([55, 56], "sneeze") };
    let theirs = [other([0, 45], "turning"), other([45, 80], "chase"), sneeze, segment(1, [0, 100], "rearing")];
    let adopt = |frames: std::ops::Range<u32>| {
        let theirs = theirs.clone();
        after(&layer(), move |t| t.adopt(&theirs, AnimalId(0), frames))
    };
    assert_eq!(
        adopt(30..60),
        [
            "A0 20..30 locomotion",
            "A0 30..45 turning accepted",
            "A0 45..60 chase accepted",
            "A0 55..56 sneeze accepted",
            "A0 60..70 chase"
        ],
        "the chase that goes on is with another partner"
    );
    assert_eq!(adopt(90..95), ["A0 70..90 huddle", "A0 95..100 huddle"], "where they say nothing, nothing is said");
    let mut same = layer();
    (same[2].segment.partner, same[2].segment.role) = (None, SocialRole::None);
    let theirs_after = |frames| after(&same, |t| t.adopt(&theirs, AnimalId(0), frames));
    assert_eq!(theirs_after(48..50), ["A0 48..70 chase mine"], "one bout stays one");
    assert_eq!(theirs_after(70..72), ["A0 50..72 chase mine", "A0 72..100 huddle"]);
    assert_eq!(theirs_after(52..54), ["A0 50..70 chase mine"]);
}

#[test]
fn a_boundary_snaps_to_the_nearest_and_of_two_to_the_stronger() {
    let (layer, vocabulary, animals) = (layer(), vocabulary(), names());
    let timeline = Timeline {
        segments: &layer,
        vocabulary: &vocabulary,
        animals: &animals,
        frame_count: FRAMES,
        next_id: SegmentId(50),
        clips: &[],
    };
    let targets = SnapTargets::of(&timeline, TWO, Edge::Stop, Some(44), &[46, 70, 300]);
    let at = |frame: f64| targets.nearest(frame, 3.0).map(|target| (target.frame, target.kind));
    assert_eq!(at(43.0), Some((44, SnapKind::Playhead)));
    assert_eq!(at(45.0), Some((44, SnapKind::Playhead)), "as near as the change point");
    assert_eq!(at(45.1), Some((46, SnapKind::ChangePoint)));
    assert_eq!(at(68.0), Some((70, SnapKind::Neighbor)), "over a change point at the same frame");
    assert_eq!(at(99.0), Some((100, SnapKind::Neighbor)));
    assert_eq!(at(38.0), None, "not to where it is");
    assert_eq!(at(1e9), None);
    let of_other = SnapTargets::of(&timeline, FIVE, Edge::Stop, None, &[]);
    assert_eq!(of_other.nearest(39.0, 2.0).unwrap().kind, SnapKind::OtherAnimal(AnimalId(0)));
}
