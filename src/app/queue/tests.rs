//! The queue: order, filters, steps, reasons.

use super::*;

fn row(frame: u32, chance: f32, residual_px: f32, state: FrameState) -> QueueRow {
    let reasons = Reasons { residual_before: Some(f64::from(residual_px)), ..Reasons::default() };
    let worst = Some((CameraId(frame as u8 % 2), KeypointId(frame as u8 % 3)));
    QueueRow { frame, chance, residual_px, reasons, reason: ReasonKind::Nothing, worst, state }
}

fn queue() -> Queue {
    let rows = [
        row(0, 0.1, 0.5, FrameState::Todo),
        row(1, 0.9, 40.0, FrameState::Todo),
        row(2, 0.6, 3.5, FrameState::Accepted),
        row(3, 0.7, 5.0, FrameState::Todo),
        row(4, 0.2, 4.0, FrameState::Todo),
    ];
    Queue::new(&rows, RankBy::LikelyWrong, QueueFilter::default(), DEFAULT_THRESHOLD_PX)
}

fn shown(queue: &Queue) -> Vec<u32> {
    (0..queue.shown_len()).map(|index| queue.shown(index).unwrap().frame).collect()
}

#[test]
fn worst_first_and_only_what_is_worth_a_look() {
    let mut queue = queue();
    assert_eq!(shown(&queue), [1, 3, 2, 4]);
    queue.set_threshold(0.1);
    assert_eq!(shown(&queue), [1, 3, 2, 4, 0]);
    let by_residual = queue.ranked(RankBy::Reprojection);
    assert_eq!(shown(&by_residual), [1, 3, 4, 2, 0]);
}

#[test]
fn filters_by_state_camera_keypoint_and_reason() {
    let mut queue = queue();
    let of = |filter: QueueFilter, queue: &mut Queue| {
        queue.set_filter(filter);
        shown(queue)
    };
    let any = QueueFilter::default;
    assert_eq!(of(QueueFilter { states: vec![FrameState::Todo], ..any() }, &mut queue), [1, 3, 4]);
    assert_eq!((queue.counts().all(), queue.counts().done()), (4, 1), "the filter of states is not counted");
    assert_eq!(of(QueueFilter { states: vec![FrameState::Accepted], ..any() }, &mut queue), [2]);
    assert_eq!(of(QueueFilter { camera: Some(CameraId(1)), ..any() }, &mut queue), [1, 3]);
    assert_eq!(of(QueueFilter { keypoint: Some(KeypointId(1)), ..any() }, &mut queue), [1, 4]);
    assert_eq!(of(QueueFilter { reason: Some(ReasonKind::Jump), ..any() }, &mut queue), [0u32; 0]);
    queue.update(4, |row| row.reasons.jump = Some(9.0));
    assert_eq!(queue.row_of(4).unwrap().reason, ReasonKind::Jump, "it says more than the residual beside it");
    assert_eq!(of(QueueFilter { reason: Some(ReasonKind::Jump), ..any() }, &mut queue), [4]);
    assert_eq!(queue.counts().of(FrameState::Todo), 1);
}

#[test]
fn the_order_stays_and_deciding_passes_over_what_is_done() {
    let mut queue = queue();
    assert_eq!(queue.after(1, QueueStep::NextToDo), Some(3));
    assert_eq!(queue.after(3, QueueStep::NextToDo), Some(4));
    assert_eq!(queue.after(4, QueueStep::NextToDo), Some(1), "it begins again at the top");
    assert_eq!(queue.after(3, QueueStep::Next), Some(2), "a plain step passes over nothing");
    assert_eq!(queue.after(4, QueueStep::Next), None);
    assert_eq!(queue.after(0, QueueStep::Next), Some(1), "from a frame that is not worth a look, it begins at the top");
    assert_eq!(queue.after(2, QueueStep::Previous), Some(3));
    assert_eq!(queue.after(1, QueueStep::Previous), None);
    queue.update(3, |row| {
        row.state = FrameState::Fixed;
        row.chance = 0.0;
        row.residual_px = 0.2;
        row.reasons = Reasons::default();
    });
    assert_eq!((shown(&queue), queue.counts().done()), (vec![1, 3, 2, 4], 2));
    assert_eq!(queue.after(1, QueueStep::NextToDo), Some(4));
    assert_eq!(queue.upcoming(1, 5), [4]);
    queue.update(1, |row| row.state = FrameState::Fixed);
    queue.update(4, |row| row.state = FrameState::Skipped);
    assert_eq!(queue.after(4, QueueStep::NextToDo), None);
    assert_eq!(queue.after(77, QueueStep::Row(0)), Some(1));
    assert_eq!(shown(&queue.ranked(RankBy::LikelyWrong)), [1, 2, 4, 3], "what is fixed moves when the queue is ranked");
}

#[test]
fn a_usual_frame_has_no_reason_and_an_unusual_one_says_why() {
    // The medians of a real recording of 60 frames, and frame 18 of it, where the paws were exchanged for a moment.
    let calm = Reasons {
        residual_before: Some(1.01),
        residual_after: Some(1.01),
        jump: Some(1.7),
        bones: Some(2.6),
        unassigned: Some(5.0),
        two_views: Some(0.0),
        disagreement: Some(0.0),
        side: Some(0.0),
        margin: Some(0.14),
    };
    let odd = Reasons { disagreement: Some(10.0), margin: Some(0.87), ..calm };
    let usual = Usual::of([calm, calm, odd].iter());
    assert_eq!(usual.free_dots, 5.0);
    assert_eq!(ReasonKind::main(&calm, &usual), ReasonKind::Nothing);
    assert_eq!(ReasonKind::main(&odd, &usual).says(&odd), "Taken back, 10 labels");
    let flipped = Reasons { side: Some(1.0), ..odd };
    assert_eq!(ReasonKind::main(&flipped, &usual).says(&flipped), "Side flipped");
    let crowded = Reasons { unassigned: Some(14.0), ..calm };
    assert_eq!(ReasonKind::main(&crowded, &usual).says(&crowded), "14 free dots");
    assert_eq!(ReasonKind::main(&crowded, &Usual { free_dots: 19.0 }), ReasonKind::Nothing, "usual on another rig");
}

#[test]
#[ignore = "measures: a queue of 100,000 frames"]
fn a_queue_of_100_000_frames_is_fast() {
    let state = |frame: u32| if frame.is_multiple_of(7) { FrameState::Accepted } else { FrameState::Todo };
    let chance = |frame: u32| (frame.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
    let rows: Vec<QueueRow> =
        (0..100_000).map(|frame| row(frame, chance(frame), 100.0 * chance(frame + 1).powi(4), state(frame))).collect();
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let started = std::time::Instant::now();
        work();
        println!("{what}: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    };
    let mut queue = Queue::default();
    timed("build", &mut || queue = Queue::new(&rows, RankBy::LikelyWrong, QueueFilter::default(), 2.8));
    timed("re-rank", &mut || queue = queue.ranked(RankBy::Reprojection));
    timed("move the threshold", &mut || queue.set_threshold(3.1));
    timed("three next frames", &mut || assert_eq!(queue.upcoming(5, 3).len(), 3));
    timed("one decision", &mut || queue.update(5, |row| row.state = FrameState::Fixed));
}

#[test]
fn a_queue_begins_with_the_worst_twentieth_unless_that_is_noise() {
    let rows = |px: &dyn Fn(u32) -> f32| -> Vec<QueueRow> {
        (0..100).map(|frame| row(frame, 0.1, px(frame), FrameState::Todo)).collect()
    };
    assert_eq!(first_threshold_px(&rows(&|frame| 0.1 * frame as f32)), 2.8, "many are above the usual threshold");
    assert_eq!(first_threshold_px(&rows(&|frame| 0.0205 * frame as f32)), 1.9);
    assert_eq!(first_threshold_px(&rows(&|frame| 0.002 * frame as f32)), 1.0, "0.2 px are noise");
    assert_eq!(first_threshold_px(&rows(&|_| f32::NAN)), 2.8);
    assert_eq!(first_threshold_px(&[]), 2.8);
}
