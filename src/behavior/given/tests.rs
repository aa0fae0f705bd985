//! Lists as other programs write them, and what is wrong with lists.

use proptest::prelude::*;

use super::*;

fn read(kind: GivenKind, text: &str) -> Given {
    Given::parse(kind, text).unwrap()
}

#[test]
fn a_syllable_per_row_is_read_as_moseq_writes_it() {
    let text = "syllable,centroid x,centroid y,heading\n12,1.5,2.5,0.1\n12,1.5,2.5,0.1\n3,1.5,2.5,0.1\n-1,0,0,0\n";
    let given = read(GivenKind::Syllables, text);
    assert_eq!(given.names, ["3", "12"]);
    let [track] = &given.tracks[..] else { panic!("{given:?}") };
    assert_eq!(track.labels(4), Ok(vec![Some(1), Some(1), Some(0), None]));
    assert_eq!(given.track("mouse1"), Some(track));
    let error = track.labels(5).unwrap_err();
    assert_eq!(error.to_string(), "the list has 4 frames, the recording has 5");
}

#[test]
fn frames_and_animals_may_stand_beside_labels() {
    let text = "\u{feff}Frame, Motif, animal\n2,walk,b\n0,rest,a\n1,walk,a\n2.0,,a\n";
    let given = read(GivenKind::Syllables, text);
    assert_eq!(given.names, ["rest", "walk"]);
    assert_eq!(given.track("a").unwrap().labels(4), Ok(vec![Some(0), Some(1), None, None]));
    assert_eq!(given.track("b").unwrap().labels(3), Ok(vec![None, None, Some(1)]));
    assert!(given.track("c").is_none());
    let error = given.track("b").unwrap().labels(2).unwrap_err();
    assert_eq!(error.to_string(), "the list of b has 3 frames, the recording has 2");
}

#[test]
fn lists_without_a_header_are_read() {
    assert_eq!(read(GivenKind::Syllables, "4\n4\n2\n").tracks[0].labels(3), Ok(vec![Some(1), Some(1), Some(0)]));
    assert_eq!(read(GivenKind::Syllables, "1,7\n0,8\n").tracks[0].labels(2), Ok(vec![Some(1), Some(0)]));
    assert_eq!(
        read(GivenKind::ChangePoints, "2\n3\n").tracks[0].labels(4),
        Ok(vec![Some(0), Some(0), Some(1), Some(2)])
    );
}

#[test]
fn change_points_become_clips_within_the_limits() {
    let given = read(GivenKind::ChangePoints, "frame\n0\n30\n32\n90\n");
    let limits = ClipLimits { switch_cost: 5.0, shortest_frames: 5, longest_frames: 40 };
    let clips = given.tracks[0].clips(100, &limits).unwrap();
    let edges: Vec<u32> = clips.iter().map(|clip| clip.start_frame).collect();
    assert_eq!(edges, [0, 30, 60, 90], "two frames join the longer side, whose 60 frames are cut in two");
    let error = given.tracks[0].clips(90, &limits).unwrap_err();
    assert_eq!(error.to_string(), "the list has 91 frames, the recording has 90");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let check = |kind, text: &str, expected: &str| {
        assert_eq!(Given::parse(kind, text).unwrap_err().to_string(), expected);
    };
    check(
        GivenKind::Syllables,
        "frame,x\n1,2\n",
        "line 1: there is no column syllable, label or motif; there are frame, x",
    );
    check(GivenKind::ChangePoints, "syllable\n1\n", "line 1: there is no column frame; there are syllable");
    check(GivenKind::Syllables, "frame,label\n0,1\nx,2\n", "line 3, column frame: \"x\" is no frame number");
    check(GivenKind::ChangePoints, "frame\r\n5\r\n-2\r\n", "line 3, column frame: \"-2\" is no frame number");
    check(GivenKind::Syllables, "0,1\n1.5,2\n", "line 2, column 1: \"1.5\" is no frame number");
    check(GivenKind::Syllables, "frame,label\n0,1\n0,1\n", "line 3: frame 0 has a label already");
    check(GivenKind::Syllables, "frame,label\n0,1\n0\n", "line 3: 1 fields, where the first row has 2");
    check(GivenKind::Syllables, "label\n", "the list is empty");
    check(GivenKind::Syllables, "", "the list is empty");
}

proptest! {
    #[test]
    fn no_text_does_harm(text in "[0-9a-z,.\\n\" -]{0,80}", wild: String, frame_count in 0u32..50) {
        for kind in [GivenKind::Syllables, GivenKind::ChangePoints] {
            for text in [&text, &wild, &format!("frame,label\n{text}"), &format!("animal,frame,syllable\na,1,{wild}")] {
                if let Ok(given) = Given::parse(kind, text) {
                    for track in &given.tracks {
                        let labels = track.labels(frame_count);
                        prop_assert!(labels.is_err() || labels.unwrap().len() == frame_count as usize);
                    }
                }
            }
        }
    }
}
