//! Starts the real program, talks to it over a socket, and stops it with a signal.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command
        .env_remove("LOG_LEVEL")
        .env_remove("SHUTDOWN_GRACE_MS");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server; killed if a test fails before it is told to stop.
struct Running {
    child: Child,
    log: BufReader<ChildStdout>,
    port: u16,
}

impl Running {
    fn start(grace_ms: &str) -> Self {
        let mut child = server()
            .env("PORT", "0")
            .env("SHUTDOWN_GRACE_MS", grace_ms)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let line = next_line(&mut log);
        assert_eq!(line["message"], "listening", "{line}");
        let address = line["address"].as_str().unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, log, port }
    }

    /// Sends `head` on a connection that stays open, as a probe's or a proxy's would.
    fn connect(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// Sends the signal and waits; says how long the end took.
    fn stop(&mut self, signal: &str) -> Duration {
        let begun = Instant::now();
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
        begun.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_line(log: &mut impl BufRead) -> Value {
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut part = [0; 1024];
    while !String::from_utf8_lossy(&text).contains(end) {
        let length = stream.read(&mut part).unwrap();
        assert!(
            length > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&text)
        );
        text.extend_from_slice(&part[..length]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn serves_and_stops_at_once_on_either_signal() {
    for signal in ["TERM", "INT"] {
        let mut running = Running::start("5000");
        let mut probe = running.connect("GET /health HTTP/1.1\r\nHost: test\r\n\r\n");
        let answer = read_until(&mut probe, "}");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(r#""status":"ok""#), "{answer}");

        let took = running.stop(signal);
        assert!(took < Duration::from_secs(2), "{signal}: {took:?}");
        assert_eq!(next_line(&mut running.log)["message"], "stopping");
    }
}

#[test]
fn a_request_in_flight_is_cut_off_after_the_grace_period() {
    let mut running = Running::start("300");
    let head = "POST /api/ships HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n\
                Content-Type: application/json\r\nContent-Length: 40\r\n\r\n";
    let mut slow = running.connect(head);
    // The server asks for the body: by now it has the request in hand.
    read_until(&mut slow, "100 Continue");
    let took = running.stop("TERM");
    assert!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert_eq!(next_line(&mut running.log)["message"], "stopping");
    assert_eq!(
        next_line(&mut running.log)["message"],
        "requests were cut off"
    );
}

#[test]
fn a_request_is_a_line_of_the_log_and_a_health_check_is_none() {
    let mut running = Running::start("2000");
    for path in ["/health", "/api/ships/x"] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
        read_until(&mut running.connect(&head), "}");
    }
    let line = next_line(&mut running.log);
    assert_eq!(
        (&line["path"], &line["status"]),
        (&"/api/ships/x".into(), &404.into()),
        "{line}"
    );
    running.stop("TERM");
}

fn fails(port: &str) -> String {
    let Output { status, stderr, .. } = server().env("PORT", port).output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_bad_setting_is_an_error() {
    assert_eq!(
        fails("much"),
        "server: bad environment: PORT is `much`, expected a port\n"
    );
}

#[test]
fn a_taken_port_is_an_error() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let message = fails(&port.to_string());
    assert!(
        message.starts_with(&format!("server: cannot listen on 0.0.0.0:{port}: ")),
        "{message}"
    );
}
