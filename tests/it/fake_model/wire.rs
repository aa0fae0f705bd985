//! Just enough HTTP/1.1 for a server: requests with a length, answers with a length or in chunks, connections that stay.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// A request.
#[derive(Debug, Default)]
pub struct Request {
    /// As `POST`.
    pub method: String,
    /// As `/v1/models`.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A connection of one client.
pub struct Connection {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Connection {
    /// Takes over a stream.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::with_capacity(1 << 16, stream.try_clone()?), stream })
    }

    /// The next request; `None` at the end.
    pub fn request(&mut self) -> io::Result<Option<Request>> {
        self.stream.set_read_timeout(None)?;
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut request = Request {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            ..Request::default()
        };
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = request.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        self.reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// Waits; an error as soon as the client has hung up.
    pub fn wait(&mut self, time: Duration) -> io::Result<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.peek(&mut [0]) {
                Ok(0) => return Err(io::ErrorKind::ConnectionAborted.into()),
                Ok(_) => std::thread::sleep(left),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A whole answer. `further` are header lines, each with its end.
    pub fn answer(&mut self, status: u16, further: &str, kind: &str, body: &str) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\n{further}content-length: {}\r\n\r\n",
            body.len()
        );
        self.raw(&[head.as_bytes(), body.as_bytes()].concat())
    }

    /// Begins an answer in chunks.
    pub fn begin_chunks(&mut self, kind: &str) -> io::Result<()> {
        self.raw(format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes())
    }

    /// One chunk.
    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.raw(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
    }

    /// Ends an answer in chunks.
    pub fn end_chunks(&mut self) -> io::Result<()> {
        self.raw(b"0\r\n\r\n")
    }

    /// Hangs up, also towards other handles of the same connection.
    pub fn close(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}
