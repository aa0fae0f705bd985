//! Failures that pass or leave something to read: what becomes of the question, how many requests it took, what was counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use behaviorvlm::vlm::answer;
use behaviorvlm::vlm::http::{AskError, Limits};
use behaviorvlm::vlm::reply::Finish;

use super::{ask, ask_all, client, config, is_right, limits, patient, run};
use crate::fake_model::{FakeConfig, FakeModel, Fault, keypoints_of};

/// What becomes of a question whose first request meets the fault.
enum Outcome {
    /// Answered rightly by the first request.
    Read,
    /// Answered rightly by the second, after a trouble of this name.
    Again(&'static str),
    /// No answer after one request, for this trouble; others are not affected.
    Failed(&'static str),
    /// Answered with words that cannot be used, for the caller to judge: what is wrong with them, in part.
    Unusable(&'static str),
}

fn outcome(fault: Fault, stream: bool) -> Outcome {
    use Outcome::{Again, Failed, Read, Unusable};
    match fault {
        Fault::BadPicture => Failed("bad picture"),
        Fault::ServerError => Failed("server error"),
        Fault::ErrorInOk | Fault::RequestTimeout | Fault::BadGateway => Again("unavailable"),
        Fault::Unavailable | Fault::GatewayTimeout => Again("unavailable"),
        Fault::RateLimited | Fault::RateLimitedSilently => Again("rate limited"),
        Fault::Loading => Again("loading"),
        Fault::ResetEarly | Fault::ResetLate => Again("connection lost"),
        Fault::SlowStart => Again("too slow"),
        Fault::Stall if stream => Again("too slow"),
        // The fake server goes on and on instead where nothing is streamed.
        Fault::Stall | Fault::Endless => Again("too long"),
        Fault::NoChoice => Again("empty"),
        Fault::CutStream => Again("broken off"),
        Fault::Whitespace => Again("whitespace"),
        Fault::Loop => Again("loop"),
        Fault::NoSchema => Again("unsupported"),
        Fault::ReasoningOnly | Fault::ReasoningContent | Fault::InlineThink => Read,
        Fault::Fences | Fault::TrailingComma | Fault::Prose | Fault::PythonLiterals => Read,
        Fault::SameNumberTwice => Unusable("is given to"),
        Fault::UnknownNumber => Unusable("9999"),
        Fault::CutOff => Unusable("breaks off"),
        Fault::Unauthorised | Fault::UnknownModel | Fault::ContextTooSmall | Fault::TooManyPictures => unreachable!(),
        Fault::DroppedClip | Fault::RepeatedClip | Fault::InventedClip | Fault::ReorderedClips => unreachable!(),
        Fault::ForeignLabel | Fault::UnknownLabel | Fault::EndlessDescription | Fault::Orders => unreachable!(),
        Fault::TextOnly | Fault::CreditsGone | Fault::Moved | Fault::NotHttp | Fault::Page => unreachable!(),
    }
}

#[track_caller]
fn check(fault: Fault, stream: bool) {
    let place = format!("{fault:?}, {}", if stream { "streamed" } else { "whole" });
    let script = vec![Some(fault)];
    let server = FakeModel::start(FakeConfig { script, slow: Duration::from_secs(30), ..config() });
    let is_timed = matches!(fault, Fault::SlowStart | Fault::Stall);
    let client = client(
        &server,
        Limits { stream, ..if is_timed { limits() } else { Limits { most_bytes: 200_000, ..patient() } } },
    );
    let result = ask(&client, 5);
    let (tally, log) = (client.tally(), server.log());
    let counted: Vec<(&str, u64)> = tally.troubles.iter().map(|(name, count)| (*name, *count)).collect();
    assert_eq!(log[0].fault, Some(fault), "{place}: the fake server did it");
    assert_eq!((tally.in_flight, tally.waiting, tally.asked), (0, 0, 1), "{place}");
    match (outcome(fault, stream), result) {
        (Outcome::Read, Ok(answered)) => {
            assert!(is_right(&answered), "{place}: {answered:?}");
            assert_eq!((log.len(), counted.len(), tally.answered), (1, 0, 1), "{place}");
        }
        (Outcome::Again(name), Ok(answered)) => {
            assert!(is_right(&answered), "{place}: {answered:?}");
            assert_eq!(counted, [(name, 1)], "{place}");
            assert_eq!((log.len(), tally.retried, tally.answered, tally.failed), (2, 1, 1, 0), "{place}");
            let [retry] = &answered.retries[..] else { panic!("{place}: {:?}", answered.retries) };
            assert_eq!((&retry.request_id, &answered.request_id), (&log[0].request_id, &log[1].request_id), "{place}");
            assert_ne!(log[0].request_id, log[1].request_id, "{place}: each request has an id of its own");
            assert_eq!(log[0].tag, log[1].tag, "{place}");
            assert!(retry.trouble.to_string().ends_with('.'), "{place}: {}", retry.trouble);
        }
        (Outcome::Failed(name), Err(error @ AskError::Failed { .. })) => {
            assert!(!error.pauses(), "{place}");
            assert_eq!(counted, [(name, 1)], "{place}");
            assert_eq!((log.len(), tally.failed, tally.answered), (1, 1, 0), "{place}");
            assert!(
                ask(&client, 6).is_ok_and(|answered| is_right(&answered)),
                "{place}: the next question is not affected"
            );
        }
        (Outcome::Unusable(words), Ok(answered)) => {
            let names = keypoints_of(&behaviorvlm::model::Skeleton::qd12(), Some("paws"));
            let checked = answer::numbers(answered.said.answer_text(), &names, &(1..=12).collect::<Vec<u16>>());
            let correction = checked.correction().unwrap_or_default();
            assert!(correction.contains(words), "{place}: {correction}");
            assert_eq!(answered.said.finish == Finish::Length, fault == Fault::CutOff, "{place}");
            assert_eq!((log.len(), tally.answered), (1, 1), "{place}");
        }
        (_, result) => panic!("{place}: {result:?}; counted {counted:?}"),
    }
    match fault {
        Fault::Whitespace => assert!(log[0].has_schema && !log[1].has_schema, "asked once more without a schema"),
        Fault::Loop => assert!(!log[0].is_thinking_off && log[1].is_thinking_off, "asked once more without thinking"),
        Fault::Endless => assert!(hangs_up(&server), "nobody listens to the end of it"),
        _ => {}
    }
    assert_eq!(server.complaints(), [""; 0], "{place}");
}

/// Whether the server is left alone with its answer: it learns so with one of its next words, not at once.
fn hangs_up(server: &FakeModel) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if server.log()[0].hung_up {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn each_failure_of_a_streamed_answer_has_its_end() {
    Fault::PASSING.into_iter().chain([Fault::NoSchema]).for_each(|fault| check(fault, true));
}

#[test]
fn each_failure_of_a_whole_answer_has_its_end() {
    Fault::PASSING.into_iter().chain([Fault::NoSchema]).for_each(|fault| check(fault, false));
}

#[test]
fn what_lasts_is_given_up_and_the_run_goes_on() {
    for (fault, requests, name) in [
        (Fault::Unavailable, 4, "unavailable"),
        (Fault::ResetLate, 4, "connection lost"),
        (Fault::Whitespace, 1, ""),
        (Fault::Loop, 1, ""),
        (Fault::SlowStart, 2, "too slow"),
    ] {
        let script = vec![Some(fault); 4];
        let server = FakeModel::start(FakeConfig { script, ..config() });
        let client = client(&server, limits());
        let result = ask(&client, 5);
        // A runaway has its remedy; the others take their tries and are over for this question, since the server is there.
        if name.is_empty() {
            assert!(result.is_ok_and(|answered| is_right(&answered)), "{fault:?}");
            continue;
        }
        let Err(error @ AskError::Failed { tries, .. }) = result else { panic!("{fault:?}: {result:?}") };
        assert_eq!((tries, server.log().len()), (requests, requests as usize), "{fault:?}");
        assert!(error.to_string().ends_with(&format!("after {requests} tries.")), "{error}");
        assert_eq!(client.tally().troubles, BTreeMap::from([(name, u64::from(requests))]));
        assert_eq!(client.tally().failed, 1);
    }
}

#[test]
fn a_form_that_is_refused_is_not_asked_for_again() {
    let server = FakeModel::start(FakeConfig { script: vec![Some(Fault::NoSchema)], ..config() });
    let client = client(&server, patient());
    assert!((0..3).all(|frame| ask(&client, frame).is_ok_and(|answered| is_right(&answered))));
    let asked_for: Vec<bool> = server.log().iter().map(|logged| logged.has_schema).collect();
    assert_eq!(asked_for, [true, false, false, false]);
}

#[test]
fn a_loop_that_goes_on_without_thinking_ends_the_question() {
    // Both runaways one after the other: the one remedy is used up by then.
    let server = FakeModel::start(FakeConfig { script: vec![Some(Fault::Loop), Some(Fault::Whitespace)], ..config() });
    let client = client(&server, patient());
    let Err(AskError::Failed { trouble, tries: 2 }) = ask(&client, 1) else { panic!("two runaways are enough") };
    assert_eq!(trouble.name(), "whitespace");
    assert_eq!(client.tally().troubles, BTreeMap::from([("loop", 1), ("whitespace", 1)]));
}

/// All failures at a tenth each: every question ends, nothing is lost or counted twice.
#[test]
fn all_failures_together_leave_no_question_without_an_end() {
    let faults: Vec<(Fault, f64)> = Fault::PASSING.into_iter().map(|fault| (fault, 0.1)).collect();
    let server = FakeModel::start(FakeConfig { faults, slow: Duration::from_secs(30), ..config() });
    // No breaker here: 95 of 100 requests meet a failure.
    let time = Duration::from_secs(2);
    let patience = Duration::from_secs(60);
    let limits = Limits { failures: u32::MAX, first_byte: time, between: time, patience, ..limits() };
    let client = client(&server, limits);
    let results = run(ask_all(&client, 0..120));
    let (tally, log) = (client.tally(), server.log());
    println!("{tally:?}");
    assert_eq!(tally.asked, 120);
    assert_eq!(tally.answered + tally.failed, 120);
    assert_eq!((tally.in_flight, tally.waiting), (0, 0));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count() as u64, tally.answered);
    assert!(results.iter().flatten().any(is_right) && tally.failed > 0);
    let pausing = results.iter().filter_map(|result| result.as_ref().err()).find(|error| error.pauses());
    assert_eq!(pausing, None);
    // Each request was an answer or a trouble, and has an id of its own.
    assert_eq!(log.len() as u64, tally.answered + tally.troubles.values().sum::<u64>());
    assert_eq!(log.len() as u64, 120 + tally.retried);
    let ids: BTreeSet<&str> = log.iter().map(|logged| logged.request_id.as_str()).collect();
    assert_eq!(ids.len(), log.len());
    assert_eq!(server.complaints(), [""; 0]);
    let met: BTreeSet<Fault> = log.iter().filter_map(|logged| logged.fault).collect();
    assert!(met.len() >= 20, "only {met:?}");
}

#[test]
fn a_tenth_of_failures_hardly_costs_an_answer() {
    for fault in [Fault::Unavailable, Fault::ResetEarly, Fault::RateLimited, Fault::CutStream, Fault::Loop] {
        let server = FakeModel::start(FakeConfig { faults: vec![(fault, 0.1)], ..config() });
        let client = client(&server, patient());
        let results = run(ask_all(&client, 0..100));
        let right = results.iter().flatten().filter(|answered| is_right(answered)).count();
        let met = server.log().iter().filter(|logged| logged.fault.is_some()).count() as u64;
        assert!((3..30).contains(&met), "{fault:?}: {met}");
        assert!(right >= 99, "{fault:?}: {right} of 100");
        assert_eq!(client.tally().troubles.values().sum::<u64>(), met, "{fault:?}");
    }
}
