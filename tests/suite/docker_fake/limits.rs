//! Engines that send without end: each call fails at a limit, and memory stays bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use plimsoll::docker::{AnswerLimits, DockerEngine};
use plimsoll::engine::{BuildFailure, Engine, EngineError, ErrorKind};
use plimsoll::units::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::daemon::{Daemon, End};
use super::streams::{build, pull};
use super::words::id;

const VERSION: &str = r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#;
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const FAILED: &str = "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n";
const UPGRADED: &str = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
const HINT: &str =
    "a working engine sends much less; look at its log, and at any proxy in front of it";

/// The header of a frame that says it has 4 GiB.
const HUGE_FRAME: &[u8] = &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];

/// What the sockets and the HTTP client may buffer beyond a limit.
const BUFFERS: u64 = 16_000_000;

/// Small limits, because `bollard` parses an incomplete line again with each chunk.
const SMALL: AnswerLimits = AnswerLimits {
    message: Bytes(1_000_000),
    list: Bytes(2_000_000),
    kept: Bytes(3_000_000),
};

/// An answer that has no end.
#[derive(Clone, Copy)]
struct Flood {
    /// Method and path without the API's version.
    to: &'static str,
    head: &'static str,
    start: &'static [u8],
    /// What is repeated.
    rest: &'static [u8],
}

struct Flooding {
    engine: DockerEngine,
    sent: Arc<AtomicU64>,
    left: Arc<Notify>,
}

impl Flood {
    /// Text without the end of a line.
    fn of_text(to: &'static str, head: &'static str, start: &'static [u8]) -> Self {
        let rest = vec![b'x'; 1 << 16].leak();
        Self {
            to,
            head,
            start,
            rest,
        }
    }

    /// The same short lines again and again.
    fn of_lines(to: &'static str, line: &str) -> Self {
        Self {
            to,
            head: CHUNKED,
            start: line.to_owned().leak().as_bytes(),
            rest: line.repeat(1_000).leak().as_bytes(),
        }
    }

    async fn serve(self, limits: AnswerLimits) -> Flooding {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let (sent, left) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
        let (counter, leaving) = (Arc::clone(&sent), Arc::clone(&left));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (counter, leaving) = (Arc::clone(&counter), Arc::clone(&leaving));
                tokio::spawn(async move {
                    if self.answer(stream, &counter).await {
                        leaving.notify_one();
                    }
                });
            }
        });
        let engine = DockerEngine::connect(Some(&host)).await.unwrap();
        Flooding {
            engine: engine.with_limits(limits),
            sent,
            left,
        }
    }

    /// Whether this was the flood, which ends when the client leaves.
    async fn answer(self, mut stream: TcpStream, sent: &AtomicU64) -> bool {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return false,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut words = head.split([' ', '?']);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let to = format!("{method} {}", path.trim_start_matches("/v1.41"));
        if to != self.to {
            let (status, body) = match to.as_str() {
                "GET /version" => (200, VERSION),
                "GET /_ping" => (200, "OK"),
                _ => (404, r#"{"message":"no such thing"}"#),
            };
            let length = body.len();
            let whole = format!(
                "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            let _ = stream.write_all(whole.as_bytes()).await;
            return false;
        }
        let chunk = |bytes: &[u8]| match self.head {
            UPGRADED => bytes.to_vec(),
            _ => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
        };
        let begin = [self.head.as_bytes(), &chunk(self.start)].concat();
        let rest = chunk(self.rest);
        let mut result = stream.write_all(&begin).await;
        while result.is_ok() {
            result = stream.write_all(&rest).await;
            sent.fetch_add(rest.len() as u64, Ordering::Relaxed);
        }
        true
    }
}

impl Flooding {
    /// Checks the error, that the connection is closed after a limit, and that the engine is still
    /// usable.
    async fn ends(&self, error: EngineError, words: &str, limit: Bytes) {
        assert_eq!(error.chain(), words);
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert_eq!(error.hint.as_deref(), Some(HINT));
        let left = tokio::time::timeout(Duration::from_secs(10), self.left.notified());
        left.await.expect("the connection is still open");
        let sent = self.sent.load(Ordering::Relaxed);
        assert!(sent <= limit.0 + BUFFERS, "{sent} bytes were sent");
        self.engine.ping().await.unwrap();
    }
}

#[tokio::test]
async fn an_inspection_without_end_fails_at_the_default_limit() {
    let flood = Flood::of_text("GET /images/x:1/json", CHUNKED, b"{\"Id\":\"");
    let engine = flood.serve(AnswerLimits::USUAL).await;
    let error = engine.engine.image("x:1").await.unwrap_err();
    let words = "failed to inspect image `x:1`: the engine's answer is larger than 16.0 MB";
    engine.ends(error, words, AnswerLimits::USUAL.message).await;
}

#[tokio::test]
async fn an_error_message_without_end_fails_at_the_limit() {
    let flood = Flood::of_text("GET /containers/c1/json", FAILED, b"{\"message\":\"");
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.state(&id()).await.unwrap_err();
    let words = "failed to inspect container `c1`: the engine's answer is larger than 1.00 MB";
    engine.ends(error, words, SMALL.message).await;
}

#[tokio::test]
async fn lists_without_end_fail_at_the_limit() {
    let entry = "{\"Id\":\"sha256:1\",\"Names\":[\"/x\"]},";
    let flood = Flood {
        start: b"[",
        ..Flood::of_lines("GET /images/json", entry)
    };
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.images_below(&[]).await.unwrap_err();
    let words = "failed to list images `of the engine`: the engine's answer is larger than 2.00 MB";
    engine.ends(error, words, SMALL.list).await;

    let flood = Flood {
        to: "GET /containers/json",
        ..flood
    };
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.owned().await.unwrap_err();
    let words =
        "failed to list containers of `plimsoll`: the engine's answer is larger than 2.00 MB";
    engine.ends(error, words, SMALL.list).await;
}

#[tokio::test]
async fn a_list_of_too_many_empty_entries_is_refused() {
    let list: &'static str = format!("[{}{{}}]", "{},".repeat(200_000)).leak();
    let (engine, _serving) = Daemon::new()
        .on("GET /images/json", 200, list)
        .engine()
        .await;
    let error = engine.images_below(&[]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    let words = "a list with more than 200000 entries";
    assert!(error.chain().contains(words), "{}", error.chain());
}

/// What a call says about a message that is too large.
fn large(call: &str) -> String {
    format!("failed to {call}: a message in the engine's answer is larger than 1.00 MB")
}

#[tokio::test]
async fn a_message_without_end_fails_at_the_limit() {
    let status = b"{\"status\":\"";
    let flood = Flood::of_text("POST /images/x/push", CHUNKED, status);
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.push("x:1", &mut |_| {}).await.unwrap_err();
    engine
        .ends(error, &large("push image `x:1`"), SMALL.message)
        .await;

    let flood = Flood::of_text("POST /images/create", CHUNKED, status);
    let engine = flood.serve(SMALL).await;
    let error = pull(&engine.engine).await.0.unwrap_err();
    let words = large("pull image `127.0.0.1:5000/x:1`");
    engine.ends(error, &words, SMALL.message).await;

    let flood = Flood::of_text("POST /build", CHUNKED, b"{\"stream\":\"");
    let engine = flood.serve(SMALL).await;
    let BuildFailure::Engine(error) = build(&engine.engine).await.unwrap_err() else {
        panic!("the engine is to blame");
    };
    let words = large("build image `plimsoll/x:1`");
    engine.ends(error, &words, SMALL.message).await;
}

#[tokio::test]
async fn other_answers_of_lines_have_the_same_limit() {
    let flood = Flood::of_text("POST /containers/c1/wait", CHUNKED, b"{\"x\":\"");
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.exited(&id()).await.unwrap_err();
    let words = large("wait for container `c1`");
    engine.ends(error, &words, SMALL.message).await;

    let flood = Flood::of_text("GET /containers/c1/stats", CHUNKED, b"{\"x\":\"");
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.memory(&id()).await.unwrap_err();
    let words = large("measure memory of container `c1`");
    engine.ends(error, &words, SMALL.message).await;
}

#[tokio::test]
async fn messages_without_end_are_kept_up_to_the_limit() {
    let total = |call: &str| {
        format!(
            "failed to {call}: the messages in the engine's answer are larger than 3.00 MB in total"
        )
    };
    let line = "{\"status\":\"Downloading\",\"id\":\"1\"}\r\n";
    let flood = Flood::of_lines("POST /images/create", line);
    let engine = flood.serve(SMALL).await;
    let error = pull(&engine.engine).await.0.unwrap_err();
    let words = total("pull image `127.0.0.1:5000/x:1`");
    engine.ends(error, &words, SMALL.kept).await;

    let flood = Flood::of_lines("POST /images/x/push", line);
    let engine = flood.serve(SMALL).await;
    let error = engine.engine.push("x:1", &mut |_| {}).await.unwrap_err();
    engine
        .ends(error, &total("push image `x:1`"), SMALL.kept)
        .await;

    let flood = Flood::of_lines("POST /build", "{\"stream\":\"Step 1/1 : RUN x\\n\"}\r\n");
    let engine = flood.serve(SMALL).await;
    let BuildFailure::Engine(error) = build(&engine.engine).await.unwrap_err() else {
        panic!("the engine is to blame");
    };
    let words = total("build image `plimsoll/x:1`");
    engine.ends(error, &words, SMALL.kept).await;
}

#[tokio::test]
async fn a_log_line_without_end_fails_at_the_limit() {
    // A line of a terminal has no header; a frame may say that it is as long as it likes.
    for start in [&b"line"[..], HUGE_FRAME] {
        let flood = Flood::of_text("GET /containers/c1/logs", CHUNKED, start);
        let engine = flood.serve(SMALL).await;
        let error = engine.engine.logs(&id(), 12).await.unwrap_err();
        let words = large("read logs of container `c1`");
        engine.ends(error, &words, SMALL.message).await;
    }
}

#[tokio::test]
async fn a_frame_of_the_output_without_end_fails_at_the_limit() {
    let flood = Flood::of_text("POST /containers/c1/attach", UPGRADED, HUGE_FRAME);
    let engine = flood.serve(SMALL).await;
    let mut output = engine.engine.output(&id()).await.unwrap();
    let error = output.next().await.unwrap().map(|_| ()).unwrap_err();
    drop(output);
    let words = large("read the output of container `c1`");
    engine.ends(error, &words, SMALL.message).await;
}

#[tokio::test]
async fn large_answers_below_the_limits_are_read() {
    let name = "x".repeat(900_000);
    let state: &'static str =
        format!("{{\"Id\":\"{name}\",\"State\":{{\"Running\":true}}}}").leak();
    let text = "x".repeat(100_000);
    let line: &'static str = format!("{{\"status\":\"{text}\"}}\r\n").leak();
    let frame: &'static str = format!("\u{1}\0\0\0\0\u{1}\0\0{}", "x".repeat(1 << 16)).leak();
    let chunk: &'static str = "x".repeat(1 << 16).leak();
    let daemon = Daemon::new()
        .on("GET /containers/c1/json", 200, state)
        .on("GET /images/x:1/json", 200, "{\"Id\":\"sha256:1\"}")
        .stream("GET /images/x:1/get", 200, &[chunk; 160], End::Whole)
        .stream("GET /containers/c1/logs", 200, &[frame; 160], End::Whole)
        .stream("POST /images/create", 200, &[line; 20], End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let engine = engine.with_limits(SMALL);
    assert!(engine.state(&id()).await.unwrap().running);
    let (pulled, heard) = pull(&engine).await;
    pulled.unwrap();
    let lengths: Vec<_> = heard.iter().map(String::len).collect();
    // Twice the limit of a message, and ten times for the logs and the export.
    assert_eq!(lengths, [text.len(); 20]);
    assert_eq!(engine.logs(&id(), 12).await.unwrap().len(), 1);
    let export = engine.export("x:1").await.unwrap();
    let lengths: Vec<_> = export.map(|chunk| chunk.unwrap().len()).collect().await;
    assert_eq!(lengths.iter().sum::<usize>(), 160 << 16);
}

#[test]
fn the_documentation_states_the_limits_of_the_code() {
    let text = include_str!("../../../docs/METHODOLOGY.md");
    let AnswerLimits {
        message,
        list,
        kept,
    } = AnswerLimits::USUAL;
    for (what, limit) in [
        ("an answer about one object", message),
        ("a message of a push, a pull, an import or a build", message),
        ("a frame of a container's output", message),
        ("a list", list),
        (
            "what is kept of all messages of one push, pull, import or build",
            kept,
        ),
    ] {
        let line = format!("| {what} | {} MB |", limit.0 / 1_000_000);
        assert!(text.contains(&line), "{line}");
    }
}
