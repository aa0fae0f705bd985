//! Failures that would meet every question: the run is told to pause, in a sentence that says what to do, and goes on after it.
//! And the connection test, which finds them before a run does.

use std::net::TcpListener;
use std::time::Duration;

use behaviorvlm::vlm::http::{
    AskError, Client, ClientError, Endpoint, Finding, Limits, Secret, Severity, Standing, Stop,
};

use super::{ask, client, config, endpoint, is_right, limits, patient, profile, run};
use crate::fake_model::{FakeConfig, FakeModel, Fault};

#[track_caller]
fn gone(result: Result<behaviorvlm::vlm::http::Answered, AskError>) -> String {
    match result {
        Err(error @ AskError::Gone(_)) => {
            assert!(error.pauses());
            error.to_string()
        }
        other => panic!("not a pause: {other:?}"),
    }
}

#[test]
fn what_would_meet_every_question_pauses_the_run_in_words() {
    for (fault, words) in [
        (Fault::Unauthorised, "BEHAVIORVLM_API_KEY"),
        (Fault::UnknownModel, "does not have this model"),
        (Fault::ContextTooSmall, "maximum context length is 2048"),
        (Fault::TooManyPictures, "--limit-mm-per-prompt"),
        (Fault::TextOnly, "does not read pictures"),
        (Fault::CreditsGone, "credits are used up"),
        (Fault::Moved, "http://example.org/v1/x"),
        (Fault::NotHttp, "does not speak HTTP"),
        (Fault::Page, "It works!"),
    ] {
        let server = FakeModel::start(FakeConfig { script: vec![Some(fault)], ..config() });
        let client = client(&server, patient());
        let said = gone(ask(&client, 1));
        assert!(said.contains(words), "{fault:?}: {said}");
        assert!(said.contains(&server.url()), "{fault:?}: {said}");
        assert!(!said.contains("sk-secret"), "{fault:?}: {said}");
        assert_eq!((server.log().len(), client.tally().failed), (1, 0), "{fault:?}: no question is lost to it");
        assert!(matches!(&client.endpoints()[0].standing, Standing::Out(why) if why.contains(words)), "{fault:?}");
        // It stays out until someone has seen to it.
        gone(ask(&client, 1));
        assert_eq!(server.log().len(), 1, "{fault:?}");
        client.revive();
        assert!(ask(&client, 1).is_ok_and(|answered| is_right(&answered)), "{fault:?}");
    }
}

#[test]
fn a_server_that_has_answered_is_not_given_up_for_one_refusal() {
    let script =
        vec![None, Some(Fault::CreditsGone), None, Some(Fault::Unauthorised), Some(Fault::Page), Some(Fault::Page)];
    let server = FakeModel::start(FakeConfig { script, ..config() });
    let client = client(&server, patient());
    assert!((0..2).all(|frame| ask(&client, frame).is_ok_and(|answered| is_right(&answered))));
    assert_eq!(client.tally().troubles.get("credits gone"), Some(&1));
    // Three in a row are believed.
    assert!(gone(ask(&client, 3)).contains("It works!"));
}

#[test]
fn a_server_that_is_not_there_pauses_the_run() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let client = Client::new(vec![endpoint(&url, 4)], profile(), limits(), &[], Stop::default()).unwrap();
    let said = gone(ask(&client, 1));
    assert!(said.contains("takes no connection") && said.contains("Check that the server runs"), "{said}");
    assert_eq!(client.tally().troubles.keys().collect::<Vec<_>>(), [&"no server"]);
}

#[test]
fn plain_http_behind_https_is_named() {
    let server = FakeModel::start(config());
    let secure = server.url().replace("http://", "https://");
    match Client::new(vec![endpoint(&secure, 4)], profile(), patient(), &[], Stop::default()) {
        Ok(client) => {
            let said = gone(ask(&client, 1));
            assert!(said.contains("secure connection") && said.contains("http:// instead"), "{said}");
        }
        // A machine without any certificates has no TLS at all; that is said when the client is made.
        Err(error) => assert!(matches!(error, ClientError::Unusable { .. }), "{error}"),
    }
}

#[test]
fn a_loading_model_is_waited_for_and_not_for_ever() {
    let script = vec![Some(Fault::Loading); 3];
    let server = FakeModel::start(FakeConfig { script, ..config() });
    let client_of = |patience: Duration| {
        client(&server, Limits { patience, tries: 2, back_off: Duration::from_millis(30), ..patient() })
    };
    // Two tries are not the limit here, patience is.
    let answered = ask(&client_of(Duration::from_secs(30)), 1).unwrap();
    assert!(is_right(&answered));
    assert_eq!(answered.retries.len(), 3);
    let server = FakeModel::start(FakeConfig { faults: vec![(Fault::Loading, 1.0)], ..config() });
    let client =
        client(&server, Limits { patience: Duration::from_millis(100), rest: Duration::from_secs(60), ..patient() });
    assert!(gone(ask(&client, 1)).contains("loading the model"));
}

#[test]
fn a_key_that_a_server_quotes_is_not_shown() {
    let server = FakeModel::start(FakeConfig { key: Some("other".to_owned()), ..config() });
    let with_key = Endpoint { key: Secret::new("hunter2-hunter2"), ..endpoint(&server.url(), 1) };
    let client = Client::new(vec![with_key], profile(), patient(), &[], Stop::default()).unwrap();
    let said = gone(ask(&client, 1));
    assert!(said.contains("refuses the key"), "{said}");
    let shown = format!("{said} {:?} {:?} {:?}", client.endpoints(), client.tally(), run(client.test()));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn another_machine_needs_leave() {
    let endpoints = || vec![Endpoint::new("m", "http://gpu.example.org:8000").unwrap()];
    let refused = Client::new(endpoints(), profile(), limits(), &["other.org".to_owned()], Stop::default()).err();
    assert_eq!(refused, Some(ClientError::NeedsLeave { host: "gpu.example.org".to_owned() }));
    assert!(refused.unwrap().to_string().contains("--allow-host gpu.example.org"));
    assert!(Client::new(endpoints(), profile(), limits(), &["GPU.example.org".to_owned()], Stop::default()).is_ok());
    assert_eq!(Client::new(Vec::new(), profile(), limits(), &[], Stop::default()).err(), Some(ClientError::NoEndpoint));
}

fn found(config: FakeConfig, change: impl FnOnce(&mut Endpoint)) -> Vec<Finding> {
    let server = FakeModel::start(config);
    let mut endpoint = endpoint(&server.url(), 1);
    change(&mut endpoint);
    let client = Client::new(vec![endpoint], profile(), patient(), &[], Stop::default()).unwrap();
    run(client.test())
}

#[track_caller]
fn check_findings(found: &[Finding], expected: &[(&str, Severity, &str)]) {
    let all: Vec<String> =
        found.iter().map(|one| format!("{} {:?}: {}", one.about, one.severity, one.sentence)).collect();
    assert_eq!(found.len(), expected.len(), "{all:#?}");
    for (finding, (about, severity, words)) in found.iter().zip(expected) {
        assert_eq!((finding.about, finding.severity), (*about, *severity), "{all:#?}");
        assert!(finding.sentence.contains(words), "{words} in {all:#?}");
    }
}

#[test]
fn the_connection_test_says_what_is_wrong() {
    use Severity::{Error, Good, Warning};
    let well = [("server", Good, "answers"), ("model", Good, "is served"), ("context", Good, "32768")];
    let reads = [("answer", Good, "It answered"), ("pictures", Good, "reads pictures")];
    check_findings(&found(config(), |_| {}), &[&well[..], &reads[..]].concat());
    let wants_key = FakeConfig { key: Some("right".to_owned()), ..config() };
    check_findings(&found(wants_key, |_| {}), &[("key", Error, "BEHAVIORVLM_API_KEY")]);
    check_findings(
        &found(config(), |endpoint| endpoint.model = "nope".to_owned()),
        &[
            ("server", Good, ""),
            ("model", Warning, "it lists fake/vlm-1"),
            ("model", Error, "does not have this model"),
        ],
    );
    let small = FakeConfig { context: 4096, ..config() };
    check_findings(&found(small, |_| {})[2..3], &[("context", Error, "4096 tokens")]);
    let text_only = FakeConfig { most_pictures: 0, ..config() };
    check_findings(&found(text_only, |_| {})[3..], &[("pictures", Error, "does not read pictures")]);
    check_findings(
        &found(config(), |endpoint| endpoint.base_url.push_str("/nowhere")),
        &[("server", Warning, "not an OpenAI-compatible"), ("answer", Error, "not an OpenAI-compatible")],
    );
    let closed = found(config(), |endpoint| endpoint.base_url = "http://127.0.0.1:1/v1".to_owned());
    check_findings(&closed, &[("server", Error, "takes no connection")]);
    let looping = FakeConfig { script: vec![Some(Fault::Loop)], ..config() };
    check_findings(&found(looping, |_| {})[3..], &[("answer", Warning, "repeats itself")]);
}

#[test]
fn a_model_that_does_not_see_is_noticed() {
    // A server that always says red is shown something else at times: thirty tests would all have to show red.
    let blind = FakeConfig { sees: false, ..config() };
    let server = FakeModel::start(blind);
    let client = Client::new(vec![endpoint(&server.url(), 1)], profile(), patient(), &[], Stop::default()).unwrap();
    let is_noticed = |found: &[Finding]| found.last().is_some_and(|last| last.severity == Severity::Warning);
    assert!((0..30).any(|_| is_noticed(&run(client.test()))));
}
