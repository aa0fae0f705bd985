//! Asking model servers: what the client does about each failure that they are known for, in words and in counts; several at
//! once, cancelling, the connection test; and that the fake server plays its part.

mod faults;

mod player;

mod pool;

mod refusals;

use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use behaviorvlm::model::Skeleton;
use behaviorvlm::vlm::convention::Convention;
use behaviorvlm::vlm::http::{Answered, AskError, Client, Endpoint, Limits, Secret, Stop};
use behaviorvlm::vlm::question::{Manner, Part, Picture, Question};
use behaviorvlm::vlm::{Profile, answer};
use serde_json::json;

use crate::fake_model::{Confusion, FakeConfig, FakeModel, MODEL, Player, Truth, keypoints_of};

/// Frames of the small truth.
const FRAMES: u32 = 400;

/// An animal that walks through two views, its keypoints 10 px apart.
static SMALL_TRUTH: LazyLock<Truth> = LazyLock::new(|| {
    let mut truth = Truth::default();
    let keypoints = keypoints_of(&Skeleton::qd12(), None);
    for frame in 0..FRAMES {
        for (shift, camera) in [(0.0, "cam0"), (40.0, "cam1")] {
            for (index, keypoint) in keypoints.iter().enumerate() {
                let (x, y) = ((index % 4) as f64 * 20.0, (index / 4) as f64 * 30.0);
                let walked = f64::from(frame) * 0.5;
                truth.insert(frame, camera, keypoint, [100.0 + shift + x + walked, 200.0 + y]);
            }
        }
    }
    truth
});

static GRAY: LazyLock<Arc<Picture>> = LazyLock::new(|| picture(224, |_| 90));

fn picture(side: u32, mut brightness: impl FnMut(u32) -> u8) -> Arc<Picture> {
    let image = image::GrayImage::from_fn(side, side, |x, y| image::Luma([brightness(y * side + x)]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    Arc::new(Picture { jpeg: jpeg.into_inner(), size_px: [side, side] })
}

fn player() -> Player {
    Player {
        skeleton: Skeleton::qd12(),
        truth: SMALL_TRUTH.clone(),
        convention: Convention::Thousand,
        widths: [("cam0".to_owned(), 1024.0)].into(),
        confusion: Confusion::default(),
        plain: None,
        seed: 1,
    }
}

fn config() -> FakeConfig {
    FakeConfig::new(player())
}

/// A picture of 224 × 224 px around the animal at a frame, with a mark at each keypoint, numbered from 1 in their order.
fn view_of(frame: u32, camera: &str) -> String {
    let truth = &*SMALL_TRUTH;
    let keypoints = keypoints_of(&Skeleton::qd12(), None);
    let places = keypoints.iter().map(|keypoint| truth.place(frame, camera, keypoint).unwrap());
    let marks: Vec<String> =
        places.enumerate().map(|(index, [x, y])| format!("{}:{:.3},{:.3}", index + 1, x + 0.4, y)).collect();
    let start = truth.place(frame, camera, "ear_L").unwrap();
    format!("crop={},{},112,112;sent=224,224;marks={}", start[0] - 20.0, start[1] - 20.0, marks.join("|"))
}

/// "Which mark is which keypoint of the paws?"
fn question(frame: u32) -> Question {
    let names = keypoints_of(&Skeleton::qd12(), Some("paws"));
    let numbers = names.iter().map(|name| (name.clone(), json!({ "type": ["integer", "null"] })));
    Question {
        tag: format!("pose.assign/frame={frame}/camera=cam0/region=paws"),
        view: Some(view_of(frame, "cam0")),
        system: "You label dots.".to_owned(),
        parts: vec![Part::Text("The target:".to_owned()), Part::Picture(Arc::clone(&GRAY))],
        schema_name: "assign",
        schema: json!({ "type": "object", "properties": numbers.collect::<serde_json::Map<_, _>>() }),
        prompt_version: "test".to_owned(),
        basis: serde_json::Value::Null,
        sample: 0,
    }
}

/// Whether an answer to [`question`] names the marks of the paws and nothing else.
fn is_right(answered: &Answered) -> bool {
    let names = keypoints_of(&Skeleton::qd12(), Some("paws"));
    let all = keypoints_of(&Skeleton::qd12(), None);
    let checked = answer::numbers(answered.said.answer_text(), &names, &(1..=12).collect::<Vec<u16>>());
    let number = |name: &String| all.iter().position(|known| known == name).map(|index| index as u16 + 1);
    checked.is_usable() && names.iter().all(|name| checked.value.get(name) == Some(&number(name)))
}

/// Limits so short that a test need not wait, and the waits of a server in which nothing happens.
fn limits() -> Limits {
    Limits {
        first_byte: Duration::from_millis(400),
        between: Duration::from_millis(400),
        total: Duration::from_secs(20),
        tries: 4,
        back_off: Duration::from_millis(2),
        patience: Duration::from_secs(2),
        rest: Duration::from_millis(20),
        most_bytes: 200_000,
        ..Limits::default()
    }
}

/// For tests in which nothing may time out, however busy the machine is.
fn patient() -> Limits {
    Limits { first_byte: Duration::from_secs(120), between: Duration::from_secs(120), ..limits() }
}

fn endpoint(url: &str, concurrency: usize) -> Endpoint {
    Endpoint { concurrency, ..Endpoint::new(MODEL, url).unwrap() }
}

/// A profile that thinks, so that thinking can be left out.
fn profile() -> Profile {
    let mut profile = Profile::preset("Qwen3.5-27B").unwrap();
    profile.thinking = behaviorvlm::vlm::profile::Thinking::On;
    (profile.price_in, profile.price_out) = (Some(2.0), Some(6.0));
    profile
}

fn client(server: &FakeModel, limits: Limits) -> Client {
    Client::new(vec![endpoint(&server.url(), 8)], profile(), limits, &[], Stop::default()).unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn ask(client: &Client, frame: u32) -> Result<Answered, AskError> {
    run(client.ask(&question(frame), &Manner::default()))
}

/// Asks all these frames at once.
async fn ask_all(client: &Client, frames: impl IntoIterator<Item = u32>) -> Vec<Result<Answered, AskError>> {
    let local = tokio::task::LocalSet::new();
    let asks: Vec<_> = frames
        .into_iter()
        .map(|frame| {
            let client = client.clone();
            local.spawn_local(async move { client.ask(&question(frame), &Manner::default()).await })
        })
        .collect();
    local
        .run_until(async {
            let mut answers = Vec::new();
            for ask in asks {
                answers.push(ask.await.unwrap());
            }
            answers
        })
        .await
}

#[test]
fn a_question_is_sent_as_the_design_says_and_answered() {
    let server = FakeModel::start(FakeConfig { keeps_pictures: true, key: Some("sk-right".to_owned()), ..config() });
    let with_key = Endpoint { key: Secret::new("sk-right"), ..endpoint(&server.url(), 8) };
    let client = Client::new(vec![with_key], profile(), patient(), &[], Stop::default()).unwrap();
    let question = question(17);
    let answered = run(client.ask(&question, &Manner::default())).unwrap();
    assert!(is_right(&answered), "{answered:?}");
    assert_eq!(server.complaints(), [""; 0]);
    let [logged] = &server.log()[..] else { panic!("{:?}", server.log()) };
    assert_eq!(logged.tag, question.tag);
    assert_eq!(logged.view, question.view);
    assert_eq!(logged.request_id, answered.request_id);
    assert_eq!(logged.picture_hashes, question.pictures().map(|picture| picture.hash()).collect::<Vec<_>>());
    assert_eq!(logged.pictures, question.pictures().map(|picture| picture.jpeg.clone()).collect::<Vec<_>>());
    assert!(logged.has_schema && !logged.is_reask && !logged.is_thinking_off && !logged.hung_up);
    assert_eq!(logged.said, answered.said.text);
    let tally = client.tally();
    assert_eq!((tally.asked, tally.answered, tally.failed, tally.retried), (1, 1, 0, 0));
    assert_eq!((tally.in_flight, tally.waiting, tally.unmetered), (0, 0, 0));
    let usage = answered.said.usage;
    assert_eq!((tally.tokens_in, tally.tokens_out), (usage.prompt_tokens, usage.answer_tokens));
    assert!(usage.prompt_tokens > 0);
    let cost = (usage.prompt_tokens as f64 * 2.0 + usage.answer_tokens as f64 * 6.0) / 1e6;
    assert!((tally.cost - cost).abs() < 1e-12 && answered.cost == Some(tally.cost));
}

#[test]
fn a_correction_quotes_the_answer_before() {
    let server = FakeModel::start(config());
    let correction = behaviorvlm::vlm::question::Correction { said: "{}".into(), problem: "ear_L is missing.".into() };
    let manner = Manner { correction: Some(correction), ..Manner::default() };
    let answered = run(client(&server, patient()).ask(&question(3), &manner)).unwrap();
    assert!(is_right(&answered));
    assert!(server.log()[0].is_reask);
}

/// N slots with a fixed delay are used whole: the run takes at most 1.1 times what calls, delay and slots make necessary.
#[test]
fn slots_of_a_server_are_used_whole() {
    for (slots, delay_ms, rounds) in [(4_usize, 600_u64, 4_usize), (32, 1000, 3), (64, 1500, 3)] {
        let delay = Duration::from_millis(delay_ms);
        let server = FakeModel::start(FakeConfig { slots, delay, ..config() });
        let endpoint = endpoint(&server.url(), slots);
        let client = Client::new(vec![endpoint], profile(), patient(), &[], Stop::default()).unwrap();
        let calls = slots * rounds;
        let questions: Vec<u32> = (0..calls as u32).collect();
        let began = std::time::Instant::now();
        let answers = run(ask_all(&client, questions));
        let took = began.elapsed().as_secs_f64();
        assert!(answers.iter().all(|answered| answered.as_ref().is_ok_and(is_right)));
        assert_eq!(server.log().len(), calls, "calls made = calls needed");
        assert_eq!(server.most_at_once(), slots);
        let least = calls as f64 * delay.as_secs_f64() / slots as f64;
        println!("{slots} slots: {calls} calls in {took:.3} s, {:.3} of the least", took / least);
        assert!(took <= 1.1 * least, "{slots} slots: {took:.3} s for {calls} calls; {least:.3} s are needed");
    }
}

/// What a call costs this machine beside drawing: writing the request, sending it, reading the answer.
#[test]
fn a_call_with_four_pictures_takes_little_work() {
    let server = FakeModel::start(config());
    // Noise that makes a JPEG of about the size of a crop at 1 Mpx.
    let large = picture(672, |at| (at.wrapping_mul(2_654_435_761) >> 26) as u8);
    let pictures = std::iter::repeat_n(Part::Picture(large), 3);
    let question = Question { parts: pictures.chain(question(1).parts).collect(), ..question(1) };
    let bytes: usize = question.pictures().map(|picture| picture.jpeg.len()).sum();
    assert!((200_000..600_000).contains(&bytes), "{bytes} bytes of pictures");
    let client = client(&server, patient());
    let work = async {
        let began = cpu_time::ThreadTime::now();
        for _ in 0..20 {
            assert!(is_right(&client.ask(&question, &Manner::default()).await.unwrap()));
        }
        began.elapsed().as_secs_f64() * 1e3 / 20.0
    };
    let cpu_ms = run(work);
    println!("{cpu_ms:.2} ms CPU per call with {bytes} bytes of pictures");
    assert!(cpu_ms < 10.0, "{cpu_ms} ms");
}
