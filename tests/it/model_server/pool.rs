//! Several endpoints and the run as a whole: least busy first, one that dies, the circuit breaker, cancelling.

use std::time::{Duration, Instant};

use behaviorvlm::vlm::http::{AskError, Client, Limits, Standing, Stop};

use super::{ask, ask_all, client, config, endpoint, is_right, limits, patient, profile, run};
use crate::fake_model::{FakeConfig, FakeModel, Fault};

#[test]
fn several_servers_share_the_work() {
    let servers: Vec<FakeModel> = [4, 4, 8]
        .into_iter()
        .map(|slots| FakeModel::start(FakeConfig { slots, delay: Duration::from_millis(40), ..config() }))
        .collect();
    let endpoints = servers.iter().zip([4, 4, 8]).map(|(server, slots)| endpoint(&server.url(), slots)).collect();
    let client = Client::new(endpoints, profile(), patient(), &[], Stop::default()).unwrap();
    let answers = run(ask_all(&client, 0..160));
    assert!(answers.iter().all(|answered| answered.as_ref().is_ok_and(is_right)));
    for (server, slots) in servers.iter().zip([4, 4, 8]) {
        let share = server.log().len();
        assert_eq!(server.most_at_once(), slots);
        assert!((slots * 7..=slots * 13).contains(&share), "{slots} slots got {share} of 160 questions");
    }
    assert_eq!(client.endpoints().iter().map(|state| state.sent).sum::<u64>(), 160);
}

#[test]
fn when_one_server_dies_the_others_take_its_questions() {
    let mut dying = Some(FakeModel::start(FakeConfig { delay: Duration::from_millis(30), ..config() }));
    let well = FakeModel::start(FakeConfig { delay: Duration::from_millis(30), ..config() });
    let urls = [dying.as_ref().unwrap().url(), well.url()];
    let endpoints = urls.iter().map(|url| endpoint(url, 4)).collect();
    let limits = Limits { failing: Duration::ZERO, rest: Duration::from_secs(600), ..patient() };
    let client = Client::new(endpoints, profile(), limits, &[], Stop::default()).unwrap();
    assert!(run(ask_all(&client, 0..16)).iter().all(Result::is_ok));
    assert!(!dying.as_ref().unwrap().log().is_empty());
    dying.take();
    assert!(run(ask_all(&client, 16..96)).iter().all(|answered| answered.as_ref().is_ok_and(is_right)));
    let states = client.endpoints();
    assert!(matches!(&states[0].standing, Standing::Out(why) if why.contains("connection")), "{states:?}");
    assert_eq!(states[1].standing, Standing::Up);
    assert_eq!(client.tally().failed, 0);
}

#[test]
fn a_server_that_fails_again_and_again_pauses_the_run_and_may_come_back() {
    let script = vec![Some(Fault::Unavailable); 5];
    let server = FakeModel::start(FakeConfig { script, ..config() });
    let limits = Limits { failures: 5, failing: Duration::ZERO, tries: 100, ..patient() };
    let long = Limits { rest: Duration::from_secs(600), ..limits.clone() };
    let client = client(&server, long);
    let Err(AskError::Gone(outs)) = ask(&client, 1) else { panic!("five failures in a row open the breaker") };
    assert!(outs[0].why.contains("no healthy upstream"), "{outs:?}");
    assert_eq!((server.log().len(), client.tally().failed), (5, 0));
    let Err(AskError::Gone(_)) = ask(&client, 2) else { panic!("it stays open") };
    assert_eq!(server.log().len(), 5, "and keeps requests away");
    client.revive();
    assert!(ask(&client, 1).is_ok_and(|answered| is_right(&answered)));
    // Or it is tried by itself after a rest.
    let server = FakeModel::start(FakeConfig { script: vec![Some(Fault::Unavailable); 5], ..config() });
    let client = super::client(&server, Limits { rest: Duration::from_millis(1), ..limits });
    let until = Instant::now() + Duration::from_secs(60);
    while ask(&client, 1).is_err() {
        assert!(Instant::now() < until, "it never came back");
    }
    assert_eq!(client.endpoints()[0].standing, Standing::Up);
}

#[test]
fn cancelling_drops_requests_at_once() {
    let server = FakeModel::start(FakeConfig { delay: Duration::from_secs(120), ..config() });
    let stop = Stop::default();
    let client = Client::new(vec![endpoint(&server.url(), 8)], profile(), patient(), &[], stop.clone()).unwrap();
    let watched = client.clone();
    let stopper = std::thread::spawn(move || {
        // Eight are on their way, four wait for their turn.
        while watched.tally().in_flight < 8 || watched.tally().waiting < 4 {
            std::thread::yield_now();
        }
        stop.stop();
    });
    let began = Instant::now();
    let results = run(ask_all(&client, 0..12));
    stopper.join().unwrap();
    assert!(results.iter().all(|result| result == &Err(AskError::Stopped)), "{results:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "the answers were not waited for");
    let tally = client.tally();
    assert_eq!((tally.asked, tally.answered, tally.failed, tally.in_flight, tally.waiting), (12, 0, 0, 0, 0));
    // The server sees its clients go, and can stop generating.
    let until = Instant::now() + Duration::from_secs(60);
    while server.log().iter().any(|logged| !logged.hung_up) {
        assert!(Instant::now() < until, "connections were left open");
        std::thread::yield_now();
    }
    // A busy machine may lose a connection; that request is sent again, and no other.
    let lost: u64 = tally.troubles.values().sum();
    let sent = server.log().len() as u64;
    assert!(sent <= 8 + lost, "{sent} requests were sent; {:?}", tally.troubles);
    assert_eq!(ask(&client, 99), Err(AskError::Stopped), "a stopped client stays stopped");
}

#[test]
fn a_server_that_asks_to_be_left_alone_is() {
    let server = FakeModel::start(FakeConfig { script: vec![Some(Fault::RateLimited)], ..config() });
    let client = client(&server, limits());
    let began = Instant::now();
    assert!(ask(&client, 1).is_ok_and(|answered| is_right(&answered)));
    assert!(began.elapsed() >= Duration::from_millis(50), "Retry-After: 0.05");
    // Longer than anybody would wait: a pause that says so.
    let client = super::client(
        &server,
        Limits { patience: Duration::from_millis(20), rest: Duration::from_secs(600), ..limits() },
    );
    assert!(ask(&client, 2).is_ok());
    let server = FakeModel::start(FakeConfig { script: vec![Some(Fault::RateLimited)], ..config() });
    let client = super::client(
        &server,
        Limits { patience: Duration::from_millis(20), rest: Duration::from_secs(600), ..limits() },
    );
    let Err(AskError::Gone(outs)) = ask(&client, 2) else { panic!("not a pause") };
    assert!(outs[0].why.contains("asks for fewer requests"), "{outs:?}");
}
