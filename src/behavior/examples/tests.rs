//! What is picked, what never is.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn example(fingerprint: &str, start_frame: u32, label: &str, features: &[f32]) -> Example {
    Example {
        recording: format!("recording of {fingerprint}"),
        fingerprints: vec![fingerprint.to_owned()],
        subject: None,
        session: None,
        animal: "A0".to_owned(),
        start_frame,
        stop_frame: start_frame + 30,
        label: label.to_owned(),
        partner: None,
        role: SocialRole::None,
        description: String::new(),
        features: features.to_vec(),
        verified_by: "Ann".to_owned(),
    }
}

fn target(features: &[f32]) -> Target<'_> {
    Target { recording: "new", fingerprints: &[], subject: None, session: None, features }
}

/// Labels along a line of one feature: huddle at 0, contact at 1, chase at 5, feeding at 9, rearing at 12.
fn line() -> Bank {
    let places = [("huddle", 0.0), ("contact", 1.0), ("chase", 5.0), ("feeding", 9.0), ("rearing", 12.0)];
    let mut bank = Bank::default();
    for (at, (label, place)) in places.into_iter().enumerate() {
        for step in 0..3_u8 {
            let features = [place + 0.1 * f32::from(step) + 0.01, 7.0];
            bank.add(example("bank", at as u32 * 1000 + u32::from(step) * 100, label, &features)).unwrap();
        }
    }
    bank
}

#[test]
fn the_nearest_labels_are_shown_in_balance_with_near_misses() {
    let bank = line();
    let options = PickOptions { labels: 2, per_label: 2, near_misses: 1, ..PickOptions::default() };
    let found = bank.pick(&target(&[0.6, f32::NAN]), &options, |_| 100).unwrap();
    let shown: Vec<(&str, bool)> =
        found.picked.iter().map(|it| (bank.examples()[it.example].label.as_str(), it.is_near_miss)).collect();
    assert_eq!(shown, [("huddle", false), ("contact", false), ("chase", true), ("huddle", false), ("contact", false)]);
    assert_eq!((found.tokens, found.left_out, found.too_costly), (500, 0, 0));
    // The nearest huddle is at 0.21.
    assert_eq!(bank.examples()[found.picked[0].example].features[0], 0.2_f32 + 0.01);
    let cheap = PickOptions { most_tokens: Some(250), ..options };
    let found = bank.pick(&target(&[0.6, 7.0]), &cheap, |_| 100).unwrap();
    assert_eq!((found.picked.len(), found.tokens, found.too_costly), (2, 200, 3));
}

#[test]
fn clips_of_the_same_frames_are_not_shown_twice() {
    let mut bank = Bank::default();
    for shift in [0, 10, 20, 100] {
        bank.add(example("bank", shift, "chase", &[shift as f32])).unwrap();
    }
    let options = PickOptions { per_label: 4, ..PickOptions::default() };
    let found = bank.pick(&target(&[1.0]), &options, |_| 1).unwrap();
    assert_eq!(found.picked.iter().map(|it| it.example).collect::<Vec<_>>(), [0, 3]);
}

#[test]
fn what_says_too_little_is_refused_and_a_second_word_replaces_the_first() {
    let mut bank = line();
    let count = bank.examples().len();
    let good = example("bank", 0, "stationary", &[0.0, 7.0]);
    bank.add(good.clone()).unwrap();
    assert_eq!((bank.examples().len(), bank.examples()[0].label.as_str()), (count, "stationary"));
    let bad = |change: fn(&mut Example)| {
        let mut example = good.clone();
        change(&mut example);
        bank.clone().add(example).unwrap_err().to_string()
    };
    assert!(bad(|it| it.verified_by = " ".to_owned()).contains("verified"));
    assert!(bad(|it| it.fingerprints.clear()).contains("fingerprint"));
    assert!(bad(|it| it.fingerprints.push(String::new())).contains("fingerprint"));
    assert!(bad(|it| it.stop_frame = 0).contains("ends at 0"));
    assert!(bad(|it| it.features = vec![1.0]).contains("has 1 features"));
    assert!(bank.pick(&target(&[1.0]), &PickOptions::default(), |_| 1).is_err());
    assert!(Bank::default().pick(&target(&[1.0]), &PickOptions::default(), |_| 1).unwrap().picked.is_empty());
}

#[test]
fn a_bank_is_read_back_and_checked() {
    let mut bank = line();
    bank.add(example("other", 5, "chase", &[f32::NAN, 2.5])).unwrap();
    let text = serde_json::to_string(&bank).unwrap();
    let read: Bank = serde_json::from_str(&text).unwrap();
    assert!(read.examples()[15].features[0].is_nan());
    assert_eq!(read.examples()[..15], bank.examples()[..15]);
    let unverified = text.replace("\"verified_by\":\"Ann\"", "\"verified_by\":\"\"");
    assert!(serde_json::from_str::<Bank>(&unverified).unwrap_err().to_string().contains("verified"));
}

/// Four recordings, each with copies under other names, of three subjects with sessions that share names.
fn any_example() -> impl Strategy<Value = Example> {
    let subject = prop::option::of(select(vec!["m1", "m2", "m3"]));
    let session = prop::option::of(select(vec!["day1", "day2"]));
    let label = select(vec!["chase", "huddle", "feeding", "rearing"]);
    let values = prop::collection::vec(prop_oneof![-2.0..2.0_f32, Just(f32::NAN)], 3);
    // A second hash that some copies share: a camera that both have.
    (0..4_u8, 0..3_u8, subject, session, 0..50_u32, label, values).prop_map(
        |(content, copy, subject, session, start, label, features)| Example {
            recording: format!("recording{content} copy{copy}"),
            subject: subject.map(str::to_owned),
            session: session.map(str::to_owned),
            fingerprints: match copy {
                0 => vec![format!("top{content}"), format!("side{content}")],
                1 => vec![format!("side{content}")],
                _ => vec![format!("top{content}"), "calibration board".to_owned()],
            },
            ..example(&format!("content{content}"), start * 30, label, &features)
        },
    )
}

proptest! {
    #[test]
    fn no_example_can_tell_the_answer(
        examples in prop::collection::vec(any_example(), 0..40),
        asked in any_example(),
        is_renamed in any::<bool>(),
        is_recoded in any::<bool>(),
        leaves_out_session in any::<bool>(),
        leaves_out_subject in any::<bool>(),
        labels in 0..5_usize,
        per_label in 0..4_usize,
        near_misses in 0..4_usize,
    ) {
        let mut bank = Bank::default();
        for example in examples.iter().chain([&asked]) {
            bank.add(example.clone()).unwrap();
        }
        // Another name, or another file of the same clip: either alone must not hide it.
        let name = if is_renamed { "elsewhere".to_owned() } else { asked.recording.clone() };
        let fingerprints = if is_recoded && !is_renamed { vec!["recoded".to_owned()] } else { asked.fingerprints.clone() };
        let target = Target {
            recording: &name,
            fingerprints: &fingerprints,
            subject: asked.subject.as_deref(),
            session: asked.session.as_deref(),
            features: &asked.features,
        };
        let options = PickOptions { labels, per_label, near_misses, leaves_out_session, leaves_out_subject, most_tokens: None };
        let found = bank.pick(&target, &options, |at| u64::from(bank.examples()[at].start_frame) + 1).unwrap();
        prop_assert!(found.left_out >= 1);
        prop_assert!(found.picked.len() <= labels * per_label + near_misses);
        let mut tokens = 0;
        for picked in &found.picked {
            let shown = &bank.examples()[picked.example];
            tokens += u64::from(shown.start_frame) + 1;
            prop_assert!(shown.fingerprints.iter().all(|print| !fingerprints.contains(print)));
            prop_assert_ne!(&shown.recording, &name);
            let is_same_session = shown.session.is_some() && shown.session == asked.session;
            let is_other_subject = shown.subject.is_some() && asked.subject.is_some() && shown.subject != asked.subject;
            prop_assert!(!(leaves_out_session && is_same_session && !is_other_subject));
            prop_assert!(!(leaves_out_subject && shown.subject.is_some() && shown.subject == asked.subject));
        }
        prop_assert_eq!(tokens, found.tokens);
        let mut once: Vec<usize> = found.picked.iter().map(|picked| picked.example).collect();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), found.picked.len());
    }
}
