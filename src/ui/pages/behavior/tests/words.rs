//! Questions in plain words, and find and replace, as a person works them. The model's server is a few lines of HTTP on a
//! loopback port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{described, human, press, timeline};
use crate::app::model_choice::ModelChoice;
use crate::app::settings::Settings;
use crate::app::timeline::TimelineCommand;
use crate::app::{Command, Dialog, Page};
use crate::ui::shell::Shell;
use crate::ui::testing::{FRAMES, SmallProject, click, send, session, settle};

/// Answers every question with the same words; with none, it says nothing until there are some.
struct Server {
    address: String,
    answer: Arc<(Mutex<Option<String>>, Condvar)>,
}

impl Server {
    fn start(answer: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new((Mutex::new(answer.map(str::to_owned)), Condvar::new()));
        let shared = answer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = shared.clone();
                std::thread::spawn(move || serve(stream, &answer));
            }
        });
        Self { address, answer }
    }

    fn say(&self, words: &str) {
        *self.answer.0.lock().unwrap() = Some(words.to_owned());
        self.answer.1.notify_all();
    }
}

/// Answers one request; a client that is gone is no matter.
fn serve(mut stream: TcpStream, (answer, said): &(Mutex<Option<String>>, Condvar)) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            _ if line.trim().is_empty() => break,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let words = said.wait_while(answer.lock().unwrap(), |words| words.is_none()).unwrap().clone();
    let body = serde_json::json!({
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": words } }],
        "usage": { "prompt_tokens": 90, "completion_tokens": 9 },
    })
    .to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).ok()
}

/// The page of a project, with the model of that address, where there is one.
fn window(small: &SmallProject, address: &str) -> Harness<'static, Shell> {
    let model = match address {
        "" => ModelChoice::default(),
        _ => ModelChoice { name: "small/llm".to_owned(), addresses: address.to_owned(), ..ModelChoice::default() },
    };
    small.window_with(Settings { annotator: Some("Ann".to_owned()), model, ..Settings::default() }, Page::Behavior)
}

fn type_into(harness: &mut Harness<'_, Shell>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    harness.run_steps(2);
}

fn value_of(harness: &Harness<'_, Shell>, field: &str) -> String {
    harness.get_by_role_and_label(Role::TextInput, field).accesskit_node().value().unwrap_or_default()
}

const CHASES: &str = r#"{"label": ["chase"], "animal": ["A0"]}"#;

#[test]
fn a_question_becomes_a_search_whose_chips_are_shown_with_it() {
    let (small, server) = (described(), Server::start(Some(CHASES)));
    let mut harness = window(&small, &server.address);
    type_into(&mut harness, "Search", "when does A0 run after someone?");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut harness);
    assert_eq!(value_of(&harness, "Search"), "chase animal:A0");
    for shown in ["label chase ×", "animal A0 ×", "You asked: when does A0 run after someone?", "1 segment"] {
        assert!(harness.query_by_label(shown).is_some(), "{shown}");
    }
    // Without a condition it is still that question's search; another search is not.
    click(&mut harness, "label chase ×");
    assert!(harness.query_by_label("2 segments").is_some());
    assert!(harness.query_by_label_contains("You asked:").is_some());
    type_into(&mut harness, "Search", "feeding");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("You asked:").is_none());
    assert_eq!(human(&harness), [], "a search changes nothing");
}

#[test]
fn a_query_that_is_not_understood_can_be_asked_as_a_question() {
    let (small, server) = (described(), Server::start(Some(r#"{"label": ["levitation"]}"#)));
    let mut harness = window(&small, &server.address);
    type_into(&mut harness, "Search", "who runs");
    harness.key_press(Key::Enter);
    settle(&mut harness);
    click(&mut harness, "Ask a model instead");
    // Names that are not there are never searched for, and what to do is said.
    assert!(harness.query_by_label_contains("levitation").is_some());
    assert!(harness.query_by_label_contains("Ask in other words").is_some());
    assert_eq!(value_of(&harness, "Search"), "who runs");
    server.say(CHASES);
    click(&mut harness, "Ask a model");
    assert_eq!(value_of(&harness, "Search"), "chase animal:A0");
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let (small, server) = (described(), Server::start(None));
    let mut harness = window(&small, &server.address);
    let ask = |harness: &mut Harness<'_, Shell>| {
        type_into(harness, "Search", "who runs?");
        harness.get_by_label("Ask a model").click();
        harness.run_steps(3);
        assert!(harness.query_by_label("Asking small/llm.").is_some());
    };
    ask(&mut harness);
    harness.get_by_label("Cancel").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Asking small/llm.").is_none());
    assert_eq!(value_of(&harness, "Search"), "who runs?");
    // Another search, then other words in the field, take the place of the question.
    ask(&mut harness);
    harness.state_mut().app_mut().handle(Command::Timeline(TimelineCommand::Search("feeding".to_owned())));
    settle(&mut harness);
    ask(&mut harness);
    type_into(&mut harness, "Search", "by A1");
    assert!(session(&harness).timeline.asked.is_none());
    // A project that is opened anew has no question.
    ask(&mut harness);
    let recording = session(&harness).info.id;
    harness.state_mut().app_mut().handle(Command::ChooseRecording(recording));
    settle(&mut harness);
    send(&mut harness, Command::GoTo(Page::Behavior));
    assert_eq!(session(&harness).read_only, None, "the thread that asked has let go of the project");
    server.say(CHASES);
    settle(&mut harness);
    assert!(session(&harness).timeline.search.is_none());
}

#[test]
fn without_a_model_the_field_says_where_to_choose_one() {
    let small = described();
    let mut harness = window(&small, "");
    assert!(harness.get_by_label("Ask a model").accesskit_node().is_disabled(), "nothing is asked yet");
    type_into(&mut harness, "Search", "who runs?");
    click(&mut harness, "Ask a model");
    assert!(harness.query_by_label_contains("No model is chosen yet.").is_some());
    assert_eq!(value_of(&harness, "Search"), "who runs?");
    click(&mut harness, "Go to Run");
    assert_eq!(harness.state().app().state().page, Page::Run);
}

#[test]
fn a_question_goes_to_another_machine_only_with_leave() {
    let small = described();
    let mut harness = window(&small, "http://models.invalid:8000");
    type_into(&mut harness, "Search", "who runs?");
    click(&mut harness, "Ask a model");
    assert_eq!(harness.state().app().state().dialog, Some(Dialog::SendWords("models.invalid".to_owned())));
    assert!(harness.query_by_label_contains("Your question, and the names of labels").is_some());
    click(&mut harness, "Do not send");
    assert!(session(&harness).timeline.asked.is_none());
    assert_eq!(value_of(&harness, "Search"), "who runs?");
}

fn descriptions(harness: &Harness<'_, Shell>) -> Vec<String> {
    timeline(harness).human.iter().map(|placed| placed.segment.description.clone()).collect()
}

#[test]
fn words_are_replaced_where_they_are_ticked_and_one_undo_takes_all_back() {
    let small = described();
    let mut harness = window(&small, "");
    press(&mut harness, Key::H, Modifiers::COMMAND);
    assert!(harness.query_by_label("Write the words to find.").is_some());
    type_into(&mut harness, "Find", "it");
    type_into(&mut harness, "Replace with", "The animal");
    assert!(harness.query_by_label("Replace in 4 descriptions").is_some());
    let names = "The timelines of 2 animals (A0, A1) are a machine's: they are copied, and become yours with this.";
    assert!(harness.query_by_label(names).is_some());
    let change = |harness: &Harness<'_, Shell>, label: &str| {
        harness.get_by_role_and_label(Role::CheckBox, label).accesskit_node().toggled()
    };
    let rearing = "A1 at frame 0, rearing: It does rearing. → The animal does rearing.";
    let feeding = "A1 at frame 6, feeding: It does feeding. → The animal does feeding.";
    for label in [rearing, feeding] {
        assert_eq!(change(&harness, label), Some(Toggled::True));
        click(&mut harness, label);
        assert_eq!(change(&harness, label), Some(Toggled::False));
    }
    assert!(harness.query_by_label_contains("The timeline of A0 is a machine's").is_some());
    click(&mut harness, "Replace in 2 descriptions");
    assert_eq!(descriptions(&harness), ["The animal does huddle.", "The animal does chase."]);
    assert_eq!(harness.state().app().state().dialog, None);
    assert!(harness.query_by_label_contains("Replaced in 2 descriptions.").is_some());
    assert!(harness.query_by_label("0 of 4 looked at").is_some(), "words are replaced without looking at the segments");
    let title = "Replace \"it\" by \"The animal\" in descriptions";
    assert_eq!(session(&harness).undo_title.as_deref(), Some(title));
    press(&mut harness, Key::Z, Modifiers::COMMAND);
    assert_eq!(human(&harness), []);
    // The words are there again, and case counts where it is asked for.
    press(&mut harness, Key::H, Modifiers::COMMAND);
    assert_eq!(value_of(&harness, "Find"), "it");
    click(&mut harness, "Match case");
    assert!(harness.query_by_label_contains("\"it\" is nowhere in what was searched").is_some());
    type_into(&mut harness, "Find", "do");
    assert!(harness.query_by_label("Replace in 4 descriptions").is_some());
    click(&mut harness, "Whole words");
    assert!(harness.get_by_label("Replace").accesskit_node().is_disabled());
}

#[test]
fn replacing_keeps_to_what_was_found_or_selected() {
    let small = described();
    let mut harness = window(&small, "");
    send(&mut harness, Command::Timeline(TimelineCommand::Search("by A0".to_owned())));
    press(&mut harness, Key::H, Modifiers::COMMAND);
    type_into(&mut harness, "Find", "does");
    assert!(harness.query_by_label("Replace in 2 descriptions").is_some(), "what was found comes first");
    click(&mut harness, "All segments (4)");
    assert!(harness.query_by_label("Replace in 4 descriptions").is_some());
    assert!(harness.get_by_label("Selected (0)").accesskit_node().is_disabled());
    click(&mut harness, "Found by the search (2)");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut harness);
    assert_eq!(descriptions(&harness), ["It  huddle.", "It  chase."]);
}

#[test]
fn a_label_is_replaced_by_another_of_the_vocabulary() {
    let small = described();
    let mut harness = window(&small, "");
    press(&mut harness, Key::H, Modifiers::COMMAND);
    click(&mut harness, "A label");
    assert!(harness.query_by_label("Choose the label to find.").is_some());
    click(&mut harness, "Label to find: choose a label");
    click(&mut harness, "chase  (1)");
    click(&mut harness, "Label to put there: choose a label");
    click(&mut harness, "chase");
    assert!(harness.query_by_label_contains("Both are the same label").is_some());
    click(&mut harness, "Label to put there: chase");
    click(&mut harness, "rearing");
    assert!(harness.query_by_label("A0 at frame 6, chase: chase → rearing").is_some());
    click(&mut harness, "Replace in 1 segment");
    assert_eq!(human(&harness), [(0, 0..6, "huddle".to_owned()), (0, 6..FRAMES, "rearing".to_owned())]);
    assert_eq!(session(&harness).undo_title.as_deref(), Some("Replace chase by rearing"));
}

#[test]
fn a_draft_outlives_what_is_replaced_beside_it_and_the_undo() {
    let small = described();
    let mut harness = window(&small, "");
    click(&mut harness, "huddle of A0 at frame 0. No partner named");
    let draft = |harness: &Harness<'_, Shell>| {
        let field = harness.get_by_role_and_label(Role::MultilineTextInput, "Description");
        field.accesskit_node().value().unwrap_or_default()
    };
    harness.get_by_role_and_label(Role::MultilineTextInput, "Description").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::MultilineTextInput, "Description").type_text(" Mine.");
    harness.run_steps(2);
    let typed = draft(&harness);
    assert!(typed.contains("Mine."), "{typed}");
    send(&mut harness, Command::Show(Some(Dialog::Replace)));
    type_into(&mut harness, "Find", "does");
    type_into(&mut harness, "Replace with", "did");
    click(&mut harness, "Replace in 4 descriptions");
    assert_eq!(descriptions(&harness)[0], "It did huddle.");
    assert_eq!(draft(&harness), typed, "the draft is of the person's segment now");
    assert!(harness.query_by_label("Saved since you began: It did huddle.").is_some());
    send(&mut harness, Command::Undo);
    assert_eq!(human(&harness), []);
    click(&mut harness, "huddle of A0 at frame 0. No partner named");
    assert_eq!(draft(&harness), typed);
    click(&mut harness, "Save");
    assert_eq!(descriptions(&harness)[0], typed);
}
