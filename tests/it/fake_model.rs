//! A model server for tests: real HTTP on a loopback port, a model that knows the truth and errs as it is told to, and every
//! failure that real servers are known for.
//!
//! It answers from the headers `x-behaviorvlm-tag` and `x-behaviorvlm-view` and judges the requests as strict servers do; what
//! no server would take, or what contradicts itself, is a complaint. Chance comes from a seed and from what is asked: a run that
//! is repeated meets the same answers, and the same failures for the first, second, … request of a tag.

mod fault;

mod judge;

mod player;

mod speech;

mod truth;

mod watcher;

mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use behaviorvlm::model::Skeleton;
use behaviorvlm::vlm::convention::Convention;
use rand::RngExt;
use serde_json::{Value, json};

pub use fault::Fault;
pub use player::{Confusion, Player, Tag};
pub use truth::{Truth, View, keypoints_of};
pub use watcher::{BehaviorTag, Doing, Watcher};

use judge::Asked;
use player::dice;
use speech::Speech;
use wire::{Connection, Request};

/// The model that it serves.
pub const MODEL: &str = "fake/vlm-1";

/// What it is to be.
#[derive(Clone, Debug)]
pub struct FakeConfig {
    /// The model.
    pub player: Player,
    /// The same model, asked about behavior.
    pub watcher: Watcher,
    /// Requests that are answered at once; others wait.
    pub slots: usize,
    /// How long a slot is taken.
    pub delay: Duration,
    /// How long a slow start or a stall lasts.
    pub slow: Duration,
    /// The key that it wants.
    pub key: Option<String>,
    /// Pictures that it takes; 0 for a model that reads text only.
    pub most_pictures: usize,
    /// Whether it looks at the pictures; else it guesses.
    pub sees: bool,
    /// Tokens, as it tells.
    pub context: u64,
    /// What happens to the first requests, in the order in which they come.
    pub script: Vec<Option<Fault>>,
    /// What happens to the later ones, each with its share.
    pub faults: Vec<(Fault, f64)>,
    /// Whether the log keeps the pictures.
    pub keeps_pictures: bool,
}

impl FakeConfig {
    /// A server that is always well.
    pub fn new(player: Player) -> Self {
        Self {
            player,
            watcher: Watcher::default(),
            slots: 64,
            delay: Duration::ZERO,
            slow: Duration::from_secs(60),
            key: None,
            most_pictures: 8,
            sees: true,
            context: 32_768,
            script: Vec::new(),
            faults: Vec::new(),
            keeps_pictures: false,
        }
    }

    /// One that is asked about behavior.
    pub fn watching(watcher: Watcher) -> Self {
        let player = Player {
            skeleton: Skeleton::qd12(),
            truth: Truth::default(),
            convention: Convention::Thousand,
            widths: BTreeMap::new(),
            confusion: Confusion::default(),
            plain: None,
            seed: watcher.seed,
        };
        Self { watcher, most_pictures: 64, ..Self::new(player) }
    }
}

/// A request to the model, as it came and as it was answered.
#[derive(Clone, Debug, Default)]
pub struct Logged {
    /// `x-behaviorvlm-tag`.
    pub tag: String,
    /// `x-behaviorvlm-view`.
    pub view: Option<String>,
    /// `x-request-id`.
    pub request_id: String,
    /// Hashes of the pictures, hexadecimal.
    pub picture_hashes: Vec<String>,
    /// The pictures, where they are kept.
    pub pictures: Vec<Vec<u8>>,
    /// Whether an earlier answer was quoted.
    pub is_reask: bool,
    /// Whether a form of answer was asked for.
    pub has_schema: bool,
    /// Whether it was asked not to think.
    pub is_thinking_off: bool,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// The words of the user's turn.
    pub words: String,
    /// The words that were to be said.
    pub said: String,
    /// Whether the client hung up before the end.
    pub hung_up: bool,
}

/// A running server. It stops, and closes its connections, when it is dropped.
pub struct FakeModel {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    config: FakeConfig,
    is_stopped: AtomicBool,
    log: Mutex<Vec<Logged>>,
    complaints: Mutex<Vec<String>>,
    /// Requests of each tag so far.
    times: Mutex<BTreeMap<String, u32>>,
    slots: Mutex<Slots>,
    slot_freed: Condvar,
    streams: Mutex<Vec<TcpStream>>,
}

#[derive(Default)]
struct Slots {
    taken: usize,
    most: usize,
}

impl FakeModel {
    /// Starts on a free port.
    pub fn start(config: FakeConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            config,
            is_stopped: AtomicBool::new(false),
            log: Mutex::default(),
            complaints: Mutex::default(),
            times: Mutex::default(),
            slots: Mutex::default(),
            slot_freed: Condvar::new(),
            streams: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accept(&listener, &accepting));
        Self { address, shared, thread: Some(thread) }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in the order in which they came.
    pub fn log(&self) -> Vec<Logged> {
        self.shared.log.lock().unwrap().clone()
    }

    /// The tag of the request that came last.
    pub fn last_tag(&self) -> Option<String> {
        self.shared.log.lock().unwrap().last().map(|last| last.tag.clone())
    }

    /// What was wrong with requests, apart from failures on purpose.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.complaints.lock().unwrap().clone()
    }

    /// Most slots that were taken at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.slots.lock().unwrap().most
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_stopped.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let (Ok(kept), Ok(mut connection)) = (stream.try_clone(), Connection::new(stream)) else { continue };
        shared.streams.lock().unwrap().push(kept);
        let shared = Arc::clone(shared);
        // It ends with its connection.
        std::thread::spawn(move || {
            while let Ok(Some(request)) = connection.request() {
                if shared.serve(&mut connection, &request).is_err() {
                    break;
                }
            }
            connection.close();
        });
    }
}

impl Shared {
    /// Answers; an error ends the connection.
    fn serve(&self, connection: &mut Connection, request: &Request) -> io::Result<()> {
        let config = &self.config;
        let wanted = config.key.as_ref().map(|key| format!("Bearer {key}"));
        if wanted.is_some() && request.headers.get("authorization") != wanted.as_ref() {
            return connection.answer(401, "", JSON, r#"{"error":"Unauthorized"}"#);
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v1/models") => {
                let model = json!({ "id": MODEL, "object": "model", "max_model_len": config.context });
                connection.answer(200, "", JSON, &json!({ "object": "list", "data": [model] }).to_string())
            }
            ("POST", "/v1/chat/completions") => self.complete(connection, request),
            ("POST", "/v1/embeddings") => self.embed(connection, request),
            _ => connection.answer(404, "", JSON, r#"{"detail":"Not Found"}"#),
        }
    }

    /// Vectors by the labels that a text names, so that what is of a kind is near; the last come first.
    fn embed(&self, connection: &mut Connection, request: &Request) -> io::Result<()> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let texts = body["input"].as_array().cloned().unwrap_or_default();
        let asked = Asked::read(request, &self.config);
        self.enter(request, &asked);
        let vector = |text: &str| {
            let mut vector = [0.01_f32; 16];
            for word in text.split(|it: char| !it.is_alphanumeric()).filter(|word| word.len() > 3) {
                vector[usize::from(blake3::hash(word.as_bytes()).as_bytes()[0] % 16)] += 1.0;
            }
            vector
        };
        let data = texts.iter().enumerate().rev().map(|(index, text)| {
            json!({ "object": "embedding", "index": index, "embedding": vector(text.as_str().unwrap_or_default()) })
        });
        let answer = json!({ "object": "list", "data": data.collect::<Vec<_>>(), "model": MODEL });
        connection.answer(200, "", JSON, &answer.to_string())
    }

    fn complete(&self, connection: &mut Connection, request: &Request) -> io::Result<()> {
        let asked = Asked::read(request, &self.config);
        let (index, fault) = self.enter(request, &asked);
        let slot = self.take_slot();
        let slow = if fault == Some(Fault::SlowStart) { self.config.slow } else { Duration::ZERO };
        let result =
            connection.wait(self.config.delay + slow).and_then(|()| self.say(connection, &asked, index, fault));
        drop(slot);
        if result.is_err() && !matches!(fault, Some(Fault::ResetEarly | Fault::ResetLate | Fault::NotHttp)) {
            self.log.lock().unwrap()[index].hung_up = true;
        }
        result
    }

    /// Logs a request and draws what is to happen to it.
    fn enter(&self, request: &Request, asked: &Asked) -> (usize, Option<Fault>) {
        let header = |name: &str| request.headers.get(name).cloned();
        let tag = header("x-behaviorvlm-tag").unwrap_or_default();
        let time = {
            let mut times = self.times.lock().unwrap();
            let time = times.entry(tag.clone()).or_default();
            *time += 1;
            *time
        };
        let mut log = self.log.lock().unwrap();
        let index = log.len();
        let scripted = self.config.script.get(index).copied().flatten();
        let drawn = || {
            let mut dice = dice(self.config.player.seed, &["fault", &tag, &time.to_string()]);
            let mut hits = self.config.faults.iter().filter(|(_, rate)| dice.random_bool(*rate));
            hits.next().map(|(fault, _)| *fault)
        };
        let fault = if index < self.config.script.len() { scripted } else { drawn() };
        let fault = fault.filter(|fault| match fault {
            Fault::Whitespace | Fault::NoSchema => asked.has_schema,
            Fault::Loop => !asked.is_thinking_off,
            _ => true,
        });
        log.push(Logged {
            tag,
            view: header("x-behaviorvlm-view"),
            request_id: header("x-request-id").unwrap_or_default(),
            picture_hashes: asked.pictures.iter().map(|jpeg| blake3::hash(jpeg).to_hex().to_string()).collect(),
            pictures: if self.config.keeps_pictures { asked.pictures.clone() } else { Vec::new() },
            is_reask: asked.is_reask,
            has_schema: asked.has_schema,
            is_thinking_off: asked.is_thinking_off,
            words: asked.words.clone(),
            fault,
            ..Logged::default()
        });
        (index, fault)
    }

    fn say(&self, connection: &mut Connection, asked: &Asked, index: usize, fault: Option<Fault>) -> io::Result<()> {
        if let Some((status, further, body)) = fault.and_then(Fault::refusal) {
            let kind = if body.starts_with('<') { "text/html" } else { JSON };
            return connection.answer(status, &further, kind, &body);
        }
        match fault {
            Some(Fault::ResetEarly) => return Err(io::ErrorKind::ConnectionReset.into()),
            Some(Fault::NotHttp) => {
                connection.raw(b"SSH-2.0-OpenSSH_9.6\r\n")?;
                return Err(io::ErrorKind::InvalidData.into());
            }
            _ => {}
        }
        let answer = match &asked.answer {
            Ok(answer) => answer.clone(),
            Err(refusal) => {
                self.complaints.lock().unwrap().extend(refusal.complaint.clone());
                return connection.answer(refusal.status, "", JSON, &refusal.body);
            }
        };
        let speech = speech::speech(answer, fault);
        self.log.lock().unwrap()[index].said = speech.content.clone().unwrap_or_default();
        if asked.stream {
            self.stream(connection, asked, &speech, fault)
        } else {
            whole(connection, asked, &speech, fault)
        }
    }

    fn stream(
        &self,
        connection: &mut Connection,
        asked: &Asked,
        speech: &Speech,
        fault: Option<Fault>,
    ) -> io::Result<()> {
        connection.begin_chunks("text/event-stream; charset=utf-8")?;
        let chunks = speech::chunks(speech, MODEL, asked.prompt_tokens());
        let half = chunks.len() / 2;
        for (at, chunk) in chunks.iter().enumerate() {
            match fault {
                Some(Fault::ResetLate) if at == half => return Err(io::ErrorKind::ConnectionReset.into()),
                Some(Fault::Stall) if at == half => connection.wait(self.config.slow)?,
                Some(Fault::CutStream) if at == half => break,
                Some(Fault::Endless) if at == half => endless_words(connection)?,
                _ => {}
            }
            // Pieces end anywhere: half an event now, the other half in the next chunk.
            let middle = chunk.len() / 2;
            match at % 5 {
                0 if chunk.is_char_boundary(middle) => {
                    connection.chunk(&chunk.as_bytes()[..middle])?;
                    connection.chunk(&chunk.as_bytes()[middle..])?;
                }
                1 => connection.chunk(chunk.replace('\n', "\r\n").as_bytes())?,
                _ => connection.chunk(chunk.as_bytes())?,
            }
        }
        if let Some(piece) = speech.endless {
            let field = speech.reasoning.as_ref().map_or("content", |(field, _)| *field);
            for _ in 0..20_000 {
                connection.chunk(speech::chunk(MODEL, json!({ field: piece }), None).as_bytes())?;
            }
        }
        connection.end_chunks()
    }

    fn take_slot(&self) -> Slot<'_> {
        let mut slots = self.slots.lock().unwrap();
        while slots.taken >= self.config.slots {
            slots = self.slot_freed.wait(slots).unwrap();
        }
        slots.taken += 1;
        slots.most = slots.most.max(slots.taken);
        Slot(self)
    }
}

struct Slot<'a>(&'a Shared);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.slots.lock().unwrap().taken -= 1;
        self.0.slot_freed.notify_one();
    }
}

const JSON: &str = "application/json";

fn whole(connection: &mut Connection, asked: &Asked, speech: &Speech, fault: Option<Fault>) -> io::Result<()> {
    let body = speech::completion(speech, MODEL, asked.prompt_tokens()).to_string();
    let half = &body[..(0..=body.len() / 2).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0)];
    match fault {
        Some(Fault::CutStream) => connection.answer(200, "", JSON, half),
        Some(Fault::ResetLate) => {
            connection.begin_chunks(JSON)?;
            connection.chunk(half.as_bytes())?;
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Some(Fault::Stall | Fault::Endless) => {
            connection.begin_chunks(JSON)?;
            connection.chunk(half.as_bytes())?;
            endless_words(connection)
        }
        _ => connection.answer(200, "", JSON, &body),
    }
}

/// Some 100 MB of words that do not repeat themselves.
fn endless_words(connection: &mut Connection) -> io::Result<()> {
    let mut state = 1_u64;
    for _ in 0..25_000 {
        let mut piece = String::new();
        while piece.len() < 4000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            piece.push_str(&format!("{:x} ", state >> 20));
        }
        let value: Value = json!({ "content": piece });
        connection.chunk(speech::chunk(MODEL, value, None).as_bytes())?;
    }
    Ok(())
}
