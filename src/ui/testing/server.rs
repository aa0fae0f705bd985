//! A model server for tests of the window: a few lines of HTTP on a loopback port. What it refuses and what it answers is all that
//! matters here.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

/// What the server does.
pub const REFUSES: u8 = 0;
pub const ANSWERS: u8 = 1;
pub const KEEPS_SILENT: u8 = 2;

/// A server that refuses every key, answers everything alike, or says nothing until it does something else.
pub struct Server {
    /// Its address.
    pub address: String,
    mode: Arc<(Mutex<u8>, Condvar)>,
    /// Questions so far.
    pub asked: Arc<AtomicUsize>,
    /// The keys that came with requests.
    pub keys: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one that answers `{}`, where it answers.
    pub fn start(mode: u8) -> Self {
        Self::answering(mode, |_| "{}".to_owned())
    }

    /// Starts one that answers what `says` makes of a question's words.
    pub fn answering(mode: u8, says: fn(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Self {
            address,
            mode: Arc::new((Mutex::new(mode), Condvar::new())),
            asked: Arc::default(),
            keys: Arc::default(),
        };
        let (mode, asked, keys) = (server.mode.clone(), server.asked.clone(), server.keys.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mode, asked, keys) = (mode.clone(), asked.clone(), keys.clone());
                std::thread::spawn(move || serve(stream, &mode, &asked, &keys, says));
            }
        });
        server
    }

    /// From now on it does this.
    pub fn turn(&self, mode: u8) {
        *self.mode.0.lock().unwrap() = mode;
        self.mode.1.notify_all();
    }
}

/// Answers one request, or not; a client that is gone is no matter.
fn serve(
    stream: TcpStream,
    (mode, turned): &(Mutex<u8>, Condvar),
    asked: &AtomicUsize,
    keys: &Mutex<Vec<String>>,
    says: fn(&str) -> String,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let lists = line.starts_with("GET");
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let (name, value) = match line.trim().split_once(':') {
            Some((name, value)) => (name.to_ascii_lowercase(), value.trim()),
            None => break,
        };
        match name.as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => keys.lock().unwrap().push(value.to_owned()),
            _ => {}
        }
    }
    let mut question = vec![0; length];
    reader.read_exact(&mut question).ok()?;
    let question: serde_json::Value = serde_json::from_slice(&question).unwrap_or_default();
    asked.fetch_add(usize::from(!lists), Ordering::SeqCst);
    let silent = |mode: &mut u8| *mode == KEEPS_SILENT && !lists;
    let mode = *turned.wait_while(mode.lock().unwrap(), silent).unwrap();
    let (status, body) = match (mode, lists) {
        (REFUSES, _) => ("401 Unauthorized", r#"{"error": {"message": "Incorrect API key provided"}}"#.to_owned()),
        (_, true) => ("200 OK", r#"{"object": "list", "data": [{"id": "small/vlm"}]}"#.to_owned()),
        (_, false) => {
            let message = json!({"role": "assistant", "content": says(&question["messages"].to_string())});
            let body = json!({
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 1500, "completion_tokens": 2},
            });
            ("200 OK", body.to_string())
        }
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}
