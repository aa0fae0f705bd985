//! Labelling as a person does it: clicks on dots and cells, keys, and what comes of them.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::app::command::ProposalScope;
use crate::app::settings::Settings;
use crate::app::{Command, Dialog, Page};
use crate::model::{CameraId, CentroidNumber, KeypointId, Placement, Source};
use crate::store::Project;
use crate::ui::shell::Shell;
use crate::ui::testing::{SmallProject, Truth, click, dot_of, send, session, settle};

fn press(harness: &mut Harness<'_, Shell>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

/// The views of a keypoint, with the dot that it is there.
fn views_of(truth: &Truth, keypoint: u8) -> Vec<(u8, u16)> {
    let of = truth.iter().filter(|((_, of), _)| *of == KeypointId(keypoint));
    of.map(|((camera, _), number)| (camera.0, number.0)).collect()
}

fn name(keypoint: u8) -> &'static str {
    let names = [
        "ear_L",
        "ear_R",
        "back_top",
        "back_middle",
        "back_bottom",
        "forepaw_L",
        "forepaw_R",
        "hindpaw_L",
        "hindpaw_R",
        "tail_base",
        "tail_middle",
        "tail_tip",
    ];
    names[usize::from(keypoint)]
}

/// Waits until a number that could go on is taken.
fn type_number(harness: &mut Harness<'_, Shell>, number: u16) {
    for digit in number.to_string().chars() {
        let key = Key::from_name(&digit.to_string()).expect("a digit");
        harness.key_press(key);
        harness.step();
    }
    harness.run_steps(4);
    settle(harness);
}

#[test]
fn dots_and_numbers_label_the_selected_keypoint_and_it_goes_on_after_two_views() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let truth = &project.truths[0];
    let [(camera, first), (other, second), ..] = views_of(truth, 0)[..] else { panic!("ear_L is seen twice") };
    click(&mut harness, &format!("dot {first} in cam{camera}"));
    assert_eq!(dot_of(&harness, camera, 0), Some(first));
    assert_eq!(session(&harness).selection.keypoint, KeypointId(0));
    harness.get_by_label(&format!("ear_L in cam{camera}: dot {first}"));
    click(&mut harness, &format!("ear_L in cam{other}: to do"));
    type_number(&mut harness, second);
    assert_eq!(dot_of(&harness, other, 0), Some(second));
    assert_eq!(session(&harness).selection.keypoint, KeypointId(1), "two views are enough to go on");
}

#[test]
fn a_dot_that_is_taken_is_told_and_undo_gives_it_back() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let (camera, number) = views_of(&project.truths[0], 0)[0];
    let dot = format!("dot {number} in cam{camera}");
    click(&mut harness, &dot);
    press(&mut harness, Modifiers::NONE, Key::W);
    click(&mut harness, &format!("{dot}, ear_L"));
    assert_eq!((dot_of(&harness, camera, 0), dot_of(&harness, camera, 1)), (None, Some(number)));
    harness.get_by_label(&format!("Dot {number} was taken from ear_L."));
    send(&mut harness, Command::ShowFrame(5));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!((dot_of(&harness, camera, 0), dot_of(&harness, camera, 1)), (Some(number), None));
    assert_eq!(session(&harness).cursor.frame, 0, "undo shows where it acted");
}

#[test]
fn the_first_edit_asks_for_a_name_and_then_follows() {
    let project = SmallProject::new();
    let mut harness = project.window_with(Settings::default(), Page::Seeds);
    let (camera, number) = views_of(&project.truths[0], 0)[0];
    click(&mut harness, &format!("dot {number} in cam{camera}"));
    assert_eq!(dot_of(&harness, camera, 0), None);
    harness.get_by_label("Who is labelling?");
    harness.event(egui::Event::Text("Mira".to_owned()));
    harness.step();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(harness.query_by_label("Who is labelling?").is_none());
    assert_eq!(dot_of(&harness, camera, 0), Some(number));
    let view = session(&harness).view().expect("the frame is there");
    let label = view.labels.get(CameraId(camera), KeypointId(0)).expect("the label is made");
    assert_eq!(label.provenance.annotator.as_deref(), Some("Mira"));
    assert_eq!(session(&harness).seeds.clicks, 1, "one click, although it was held back");
}

#[test]
fn sides_are_swapped_over_a_range_and_undone_in_one_step() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let mut labelled = Vec::new();
    for frame in 0..4u32 {
        let (camera, number) = views_of(&project.truths[frame as usize], 0)[0];
        send(&mut harness, Command::ShowFrame(frame));
        send(&mut harness, Command::SelectKeypoint(KeypointId(0)));
        send(&mut harness, Command::PickDot(CameraId(camera), CentroidNumber(number)));
        labelled.push((camera, number));
    }
    send(&mut harness, Command::ShowFrame(1));
    send(&mut harness, Command::SelectKeypoint(KeypointId(1)));
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::X);
    harness.get_by_label("Swap in frame 1");
    harness.event(egui::Event::Text("2".to_owned()));
    settle(&mut harness);
    click(&mut harness, "Swap in 2 frames");
    let found = |harness: &mut Harness<'_, Shell>| {
        let mut found = Vec::new();
        for frame in 0..4u32 {
            send(harness, Command::ShowFrame(frame));
            let camera = labelled[frame as usize].0;
            found.push((dot_of(harness, camera, 0), dot_of(harness, camera, 1)));
        }
        found
    };
    let on = |side: usize, frame: usize| {
        let number = Some(labelled[frame].1);
        if side == 0 { (number, None) } else { (None, number) }
    };
    assert_eq!(found(&mut harness), [on(0, 0), on(1, 1), on(1, 2), on(0, 3)]);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(found(&mut harness), [on(0, 0), on(0, 1), on(0, 2), on(0, 3)]);
}

#[test]
fn a_check_leads_to_its_place() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let (camera, number) = views_of(&project.truths[1], 3)[0];
    send(&mut harness, Command::ShowFrame(1));
    send(&mut harness, Command::SelectKeypoint(KeypointId(3)));
    send(&mut harness, Command::PickDot(CameraId(camera), CentroidNumber(number)));
    send(&mut harness, Command::ShowFrame(7));
    let open = harness.get_by_label_contains("Show: 71 of 72 labels are open");
    open.click();
    settle(&mut harness);
    let session = session(&harness);
    assert_eq!((session.cursor.frame, session.selection.keypoint), (1, KeypointId(0)));
    assert!(session.selection.camera.is_some());
    assert!(harness.get_by_label("Go to Run").accesskit_node().is_disabled());
}

#[test]
fn one_key_takes_what_is_proposed_for_the_keypoint_that_was_labelled_last() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let truth = &project.truths[0];
    let keypoint = (0..12).find(|keypoint| views_of(truth, *keypoint).len() >= 4).expect("one is seen in four views");
    send(&mut harness, Command::SelectKeypoint(KeypointId(keypoint)));
    for (camera, number) in &views_of(truth, keypoint)[..2] {
        send(&mut harness, Command::PickDot(CameraId(*camera), CentroidNumber(*number)));
    }
    assert_ne!(session(&harness).selection.keypoint, KeypointId(keypoint));
    harness.get_by_label(&format!("Accept 4 proposals of {}", name(keypoint)));
    press(&mut harness, Modifiers::NONE, Key::A);
    let labels = &session(&harness).view().expect("the frame is there").labels;
    for camera in (0..6).map(CameraId) {
        let label = labels.get(camera, KeypointId(keypoint)).expect("all six are decided");
        assert_eq!(label.placement.number(), truth.get(&(camera, KeypointId(keypoint))).copied(), "{camera:?}");
    }
}

/// Clicks two views of every keypoint as the window leads, takes all proposals, and mends what is wrong.
fn label_frame(harness: &mut Harness<'_, Shell>, truth: &Truth) {
    for keypoint in 0..12 {
        let seen = views_of(truth, keypoint);
        assert_eq!(session(harness).selection.keypoint, KeypointId(keypoint), "{keypoint} is next by itself");
        // Views across from one another make the surest point.
        let first = seen.first().copied();
        let far = |other: &&(u8, u16)| first.is_some_and(|first| (other.0 + 6 - first.0) % 6 == 2);
        let second = seen.iter().skip(1).find(far).or(seen.get(1)).copied();
        let clicked: Vec<(u8, u16)> = first.into_iter().chain(second).collect();
        for (camera, number) in &clicked {
            let place = format!("dot {number} in cam{camera}");
            harness.get_by_label(&place).click();
            settle(harness);
            let labels = &session(harness).view().expect("the frame is there").labels;
            let holder = labels.holder_of(CameraId(*camera), CentroidNumber(*number));
            assert_eq!(holder, Some(KeypointId(keypoint)), "{place}, seen in {seen:?}");
        }
        let decided = |harness: &Harness<'_, Shell>| {
            let labels = session(harness).view().map(|view| view.labels.clone());
            labels
                .is_some_and(|labels| (0..6).all(|camera| labels.get(CameraId(camera), KeypointId(keypoint)).is_some()))
        };
        println!("{} {clicked:?} of {seen:?}", name(keypoint));
        if clicked.len() < 2 {
            press(harness, Modifiers::SHIFT, Key::N);
            assert!(decided(harness), "{}", name(keypoint));
        }
    }
    press(harness, Modifiers::SHIFT, Key::A);
    mend(harness, truth);
}

/// Picks the cell of every wrong label, and says what it is; says how many there were.
fn mend(harness: &mut Harness<'_, Shell>, truth: &Truth) -> usize {
    let mut wrong = Vec::new();
    for keypoint in (0..12).map(KeypointId) {
        for camera in (0..6).map(CameraId) {
            let label = session(harness).view().and_then(|view| Some(view.labels.get(camera, keypoint)?.placement));
            let wanted = truth.get(&(camera, keypoint)).copied();
            if label.is_none_or(|placement| placement.number() != wanted) {
                wrong.push((camera, keypoint, wanted));
            }
        }
    }
    for (camera, keypoint, wanted) in &wrong {
        harness.get_by_label_contains(&format!("{} in cam{}: ", name(keypoint.0), camera.0)).click();
        settle(harness);
        match wanted {
            Some(number) => {
                harness.get_by_label_contains(&format!("dot {} in cam{}", number.0, camera.0)).click();
                settle(harness);
            }
            None => press(harness, Modifiers::NONE, Key::N),
        }
    }
    wrong.len()
}

fn assert_is_truth(harness: &Harness<'_, Shell>, truth: &Truth) {
    let labels = &session(harness).view().expect("the frame is there").labels;
    for keypoint in (0..12).map(KeypointId) {
        for camera in (0..6).map(CameraId) {
            let placement = labels.get(camera, keypoint).map(|label| label.placement);
            match truth.get(&(camera, keypoint)) {
                Some(number) => assert_eq!(placement.and_then(|found| found.number()), Some(*number)),
                None => assert_eq!(placement, Some(Placement::Absent), "{keypoint:?} in {camera:?}"),
            }
        }
    }
}

#[test]
fn a_whole_frame_takes_at_most_thirty_clicks_and_keys_and_leads_to_the_next() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    label_frame(&mut harness, &project.truths[0]);
    assert_is_truth(&harness, &project.truths[0]);
    let inputs = session(&harness).seeds.clicks;
    println!("{inputs} clicks and keys");
    assert!(inputs <= 30, "{inputs} clicks and keys");
    assert!((24..).contains(&inputs), "every click is counted");
    harness.get_by_label("This frame is done. Frame 1 is next.");
    press(&mut harness, Modifiers::NONE, Key::Tab);
    assert_eq!(session(&harness).cursor.frame, 1);
    assert_eq!(session(&harness).seeds.clicks, 0);
    // What was labelled in the first frame is proposed in the second.
    press(&mut harness, Modifiers::SHIFT, Key::A);
    let mended = mend(&mut harness, &project.truths[1]);
    assert_is_truth(&harness, &project.truths[1]);
    println!("{} clicks and keys for the second frame, {mended} mended", session(&harness).seeds.clicks);
    assert!(session(&harness).seeds.clicks <= 15);
}

#[test]
fn what_the_computer_said_of_a_seed_frame_is_accepted_by_a_person() {
    let project = SmallProject::new();
    let (camera, number) = views_of(&project.truths[0], 0)[0];
    project.import_label(0, CameraId(camera), KeypointId(0), CentroidNumber(number));
    let mut harness = project.window(Page::Seeds);
    harness.get_by_label(&format!("ear_L in cam{camera}: free point proposed"));
    harness.get_by_label("0 of 72 decided");
    press(&mut harness, Modifiers::SHIFT, Key::A);
    harness.get_by_label(&format!("ear_L in cam{camera}: free point"));
    let view = session(&harness).view().expect("the frame is there");
    assert!(view.labels.get(CameraId(camera), KeypointId(0)).is_some_and(|label| label.source() == Source::Seed));
}

#[test]
fn a_fast_hand_waits_for_nothing() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    let truth = &project.truths[0];
    let (ear, other) = (views_of(truth, 0), views_of(truth, 1));
    let app = harness.state_mut().app_mut();
    for (camera, number) in [ear[0], ear[1], other[0]] {
        app.handle(Command::PickDot(CameraId(camera), CentroidNumber(number)));
    }
    app.handle(Command::AcceptProposals(ProposalScope::Frame));
    settle(&mut harness);
    assert_eq!(dot_of(&harness, other[0].0, 1), Some(other[0].1), "the third click is the next keypoint's");
    assert_eq!(dot_of(&harness, ear[0].0, 0), Some(ear[0].1));
    let labels = &session(&harness).view().expect("the frame is there").labels;
    let decided = (0..6).filter(|camera| labels.get(CameraId(*camera), KeypointId(0)).is_some());
    assert_eq!(decided.count(), 6, "proposals are taken once they are there");
    assert_eq!(session(&harness).seeds.clicks, 4);
}

#[test]
fn what_is_not_visible_is_said_of_the_view_under_the_pointer() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    send(&mut harness, Command::SelectView(Some(CameraId(0))));
    let (camera, number) = *views_of(&project.truths[0], 0).last().expect("ear_L is seen");
    assert_ne!(camera, 0);
    harness.get_by_label(&format!("dot {number} in cam{camera}")).hover();
    settle(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::N);
    harness.get_by_label(&format!("ear_L in cam{camera}: not visible"));
    press(&mut harness, Modifiers::NONE, Key::Delete);
    harness.get_by_label(&format!("ear_L in cam{camera}: to do"));
}

#[test]
fn a_free_point_needs_no_dot() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    click(&mut harness, "Place freely");
    assert!(session(&harness).placing_freely);
    let (camera, number) = views_of(&project.truths[0], 0)[0];
    click(&mut harness, &format!("dot {number} in cam{camera}"));
    harness.get_by_label(&format!("ear_L in cam{camera}: free point"));
    assert!(!session(&harness).placing_freely, "it is for one click");
}

#[test]
fn tab_goes_to_the_next_best_click_and_never_to_a_button() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    press(&mut harness, Modifiers::NONE, Key::Tab);
    assert!(session(&harness).selection.camera.is_some());
    assert!(harness.ctx.memory(|memory| memory.focused()).is_none());
}

#[test]
fn frames_are_chosen_in_words() {
    let project = SmallProject::new();
    let mut harness = project.window(Page::Seeds);
    click(&mut harness, "Choose other frames…");
    click(&mut harness, "Three spread out");
    click(&mut harness, "Label 3 frames");
    assert_eq!(session(&harness).seeds.frames, [2, 6, 10]);
    harness.get_by_label("Frame 0 is no seed frame.");
    click(&mut harness, "Make frame 0 a seed frame");
    assert_eq!(session(&harness).seeds.frames, [0, 2, 6, 10]);
    click(&mut harness, "Frame 6: to do, nothing yet");
    assert_eq!(session(&harness).cursor.frame, 6);
    press(&mut harness, Modifiers::NONE, Key::G);
    assert_eq!(harness.state().app().state().dialog, Some(Dialog::GoToFrame));
    harness.event(egui::Event::Text("99".to_owned()));
    settle(&mut harness);
    harness.get_by_label("There is no frame 99; the last one is 11.");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(harness.state().app().state().dialog, None);
    assert_eq!(session(&harness).cursor.frame, 6);
}

#[test]
fn a_project_that_somebody_else_has_open_shows_all_and_changes_nothing() {
    let project = SmallProject::new();
    let holder = Project::open(&project.path).expect("it opens for writing");
    let mut harness = project.window(Page::Seeds);
    let (camera, number) = views_of(&project.truths[0], 0)[0];
    click(&mut harness, &format!("dot {number} in cam{camera}"));
    assert_eq!(dot_of(&harness, camera, 0), None);
    harness.get_by_label_contains("Nothing was changed");
    for button in ["Place freely", "Not visible here", "Accept proposals", "Swap left and right", "Accept all"] {
        assert!(harness.get_by_label(button).accesskit_node().is_disabled(), "{button}");
    }
    drop(holder);
}
