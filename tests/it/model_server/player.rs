//! The fake model plays its part: true at zero noise, and wrong in the ways it is told to, each time alike.

use behaviorvlm::model::Skeleton;
use behaviorvlm::vlm::answer;
use behaviorvlm::vlm::convention::Convention;
use serde_json::{Map, Value};

use super::{FRAMES, SMALL_TRUTH, player, view_of};
use crate::fake_model::{Confusion, Player, Tag, Truth, View, keypoints_of};

fn play(player: &Player, tag: &str, view: &str) -> Map<String, Value> {
    player.answer(&Tag::parse(tag).unwrap(), &View::parse(view).unwrap()).unwrap().into_iter().collect()
}

/// Keypoints of a view that the model gets right, of those of its stage.
fn rights(player: &Player, stage: &str, frame: u32, camera: &str, region: Option<&str>) -> Vec<bool> {
    let region_part = region.map_or_else(String::new, |region| format!("/region={region}"));
    let answer = play(player, &format!("{stage}/frame={frame}/camera={camera}{region_part}"), &view_of(frame, camera));
    let all = keypoints_of(&Skeleton::qd12(), None);
    let number = |name: &String| all.iter().position(|known| known == name).unwrap() as u64 + 1;
    keypoints_of(&Skeleton::qd12(), region).iter().map(|name| answer[name] == number(name)).collect()
}

#[test]
fn without_noise_it_names_the_nearest_marks() {
    let player = player();
    for frame in [0, 17, 399] {
        for camera in ["cam0", "cam1"] {
            assert_eq!(rights(&player, "pose.reconcile", frame, camera, None), [true; 12]);
            assert_eq!(rights(&player, "pose.plain", frame, camera, None), [true; 12]);
            assert_eq!(rights(&player, "pose.assign", frame, camera, Some("tail")), [true; 3]);
        }
    }
    // Beyond 3 px at 1024 px width there is none, and of two keypoints at one mark the nearer has it.
    let mut truth = Truth::from_csv("frame,camera,keypoint,x,y,visible\n0,a b,ear_L,10,10,1\n0,a b,ear_R,12.5,10,0\n");
    truth.insert(0, "a b", "tail_tip", [20.0, 20.0]);
    let player = Player { truth, ..player };
    let tag = "recording=one/pose.plain/frame=0/camera=a%20b";
    let answer = play(&player, tag, "crop=-4.5,0,50,50;sent=224,224;marks=4:11.5,10|7:23.1,20");
    assert_eq!((&answer["ear_L"], &answer["ear_R"], &answer["tail_tip"]), (&Value::Null, &4.into(), &Value::Null));
    let wide = Player { widths: [("a b".to_owned(), 2048.0)].into(), ..player };
    let answer = play(&wide, tag, "crop=-4.5,0,50,50;sent=224,224;marks=4:11.5,10|7:23.1,20");
    assert_eq!(answer["tail_tip"], 7);
}

#[test]
fn its_boxes_hold_their_keypoints_in_every_convention() {
    let (truth, skeleton) = (&*SMALL_TRUTH, Skeleton::qd12());
    for convention in [Convention::Pixels, Convention::Thousand, Convention::ThousandYx] {
        let player = Player { convention, ..player() };
        for sent in [[224_u32, 224], [200, 310]] {
            let view = format!("crop=90.5,180.25,112,120;sent={},{}", sent[0], sent[1]);
            let together = play(&player, "pose.regions/frame=3/camera=cam0", &view);
            for region in &skeleton.regions {
                let alone = play(&player, &format!("pose.regions/frame=3/camera=cam0/region={}", region.name), &view);
                assert_eq!(alone["bbox_2d"], together["regions"][&region.name]);
                let checked = answer::boxed(&Value::Object(alone).to_string(), convention, sent);
                let (found, view) = (checked.value.unwrap(), View::parse(&view).unwrap());
                assert!(checked.problems.is_empty(), "{:?}", checked.problems);
                let places: Vec<[f64; 2]> = keypoints_of(&skeleton, Some(&region.name))
                    .iter()
                    .map(|name| view.to_sent(truth.place(3, "cam0", name).unwrap()))
                    .collect();
                assert!(places.iter().all(|place| found.holds(*place)), "{convention:?} {found:?} {places:?}");
                // And hardly more than that: 6 px of the image around them.
                let xs = || places.iter().map(|place| place[0]);
                let (left, right) = (xs().fold(f64::INFINITY, f64::min), xs().fold(0.0, f64::max));
                let room = 6.0 * f64::from(sent[0]) / 112.0;
                let [from, to] = [left - found.min[0], found.max[0] - right];
                assert!((from - room).abs() < 1.5 && (to - room).abs() < 1.5, "{convention:?}: {from} {to} {room}");
            }
        }
    }
    let elsewhere =
        play(&player(), "pose.regions/frame=3/camera=cam0/region=ears", "crop=600,600,112,112;sent=224,224");
    assert_eq!(elsewhere["bbox_2d"], Value::Null);
}

#[test]
fn single_confusions_come_at_their_rate_and_each_time_alike() {
    let confusion = Confusion { single: 0.2, missed: 0.1, ..Confusion::default() };
    let player = Player { confusion, ..player() };
    let all: Vec<bool> = (0..100).flat_map(|frame| rights(&player, "pose.reconcile", frame, "cam0", None)).collect();
    let again: Vec<bool> = (0..100).flat_map(|frame| rights(&player, "pose.reconcile", frame, "cam0", None)).collect();
    assert_eq!(all, again);
    let wrong = all.iter().filter(|right| !**right).count() as f64 / all.len() as f64;
    // A confused answer takes another one's mark, which is wrong by that as well.
    assert!((0.2..0.5).contains(&wrong), "{wrong}");
    let other = Player { seed: 2, ..player.clone() };
    assert_ne!(
        all,
        (0..100).flat_map(|frame| rights(&other, "pose.reconcile", frame, "cam0", None)).collect::<Vec<_>>()
    );
    // Plain questions may have a noise of their own.
    let true_plain = Player { plain: Some(Confusion::default()), ..player };
    assert!((0..20).all(|frame| rights(&true_plain, "pose.plain", frame, "cam0", None) == [true; 12]));
    assert!(!(0..20).all(|frame| rights(&true_plain, "pose.reconcile", frame, "cam0", None) == [true; 12]));
}

#[test]
fn lasting_confusions_last_and_are_the_same_in_all_views_and_stages() {
    let confusion = Confusion { lasting: 0.3, lasting_frames: 10, ..Confusion::default() };
    let player = Player { confusion, ..player() };
    let ears = |frame: u32, camera: &str| rights(&player, "pose.assign", frame, camera, Some("ears"));
    let exchanged: Vec<bool> = (0..FRAMES).map(|frame| ears(frame, "cam0") == [false, false]).collect();
    let changes = exchanged.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let share = exchanged.iter().filter(|exchanged| **exchanged).count() as f64 / f64::from(FRAMES);
    assert!((0.1..0.5).contains(&share), "{share}");
    assert!((4..=40).contains(&changes), "runs of 10 frames: {changes} changes in 400");
    for frame in (0..FRAMES).step_by(7) {
        assert_eq!(ears(frame, "cam0"), ears(frame, "cam1"), "frame {frame}");
        assert_eq!(ears(frame, "cam0"), rights(&player, "pose.reconcile", frame, "cam1", None)[..2], "frame {frame}");
    }
}

#[test]
fn copying_keeps_the_place_in_the_crop() {
    // The animal turns: what was above is below five frames later, within the same bounds.
    let mut truth = Truth::default();
    for frame in 0..20 {
        let [above, below] = if frame < 10 { [10.0, 50.0] } else { [50.0, 10.0] };
        truth.insert(frame, "cam0", "ear_L", [20.0 + f64::from(frame), above]);
        truth.insert(frame, "cam0", "ear_R", [60.0 + f64::from(frame), below]);
    }
    let confusion = Confusion { copied: 1.0, copied_frames: 5, ..Confusion::default() };
    let player = Player { truth, confusion, ..player() };
    let at = |frame: u32, marks: &str| {
        let view = format!("crop={},0,60,60;sent=224,224;marks={marks}", 10 + frame);
        play(&player, &format!("pose.assign/frame={frame}/camera=cam0/region=ears"), &view)
    };
    // While nothing turns, copying is right.
    let steady = at(7, "1:27,10|2:67,50");
    assert_eq!((&steady["ear_L"], &steady["ear_R"]), (&1.into(), &2.into()));
    // Right after the turn each takes the mark where it was before.
    let turned = at(12, "1:32,10|2:72,10|3:32,50|4:72,50");
    assert_eq!((&turned["ear_L"], &turned["ear_R"]), (&1.into(), &4.into()));
}
