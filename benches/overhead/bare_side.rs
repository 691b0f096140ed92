//! The same start by as little as does it: one connection to the engine's socket
//! that stays open, JSON written by hand, and a readiness loop on plain sockets.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use plimsoll::docker::LABEL_CONTAINER;
use plimsoll::engine::{Clock, ImageId};
use plimsoll::probe::DEFAULT_INTERVAL;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::stage::{BODY, Marks, PORT, Stage};

/// As the probe's: a lost SYN is sent again after a second only.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A connection to the engine.
pub struct Bare {
    sender: SendRequest<Full<Bytes>>,
    prefix: String,
}

impl Bare {
    /// Connects, once for all starts.
    pub async fn connect(socket: &Path, api_version: &str) -> Result<Self, String> {
        let stream = UnixStream::connect(socket).await.map_err(failure)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(failure)?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            prefix: format!("/v{api_version}"),
        })
    }

    /// Starts the app once; returns the container too.
    pub async fn start(
        &mut self,
        stage: &Stage,
        image: &ImageId,
        name: &str,
    ) -> Result<(String, Marks), String> {
        let clock = stage.clock.as_ref();
        let mut labels = stage.labels();
        labels.insert(LABEL_CONTAINER.to_owned(), name.to_owned());
        let body = json!({"Image": image.0, "Env": [], "Labels": labels}).to_string();
        let begin = clock.mark();
        let path = format!("/containers/create?name={name}");
        let created = self.call(Method::POST, &path, Some(body)).await?;
        let id = text(&created, "/Id")?;
        let made = clock.mark();
        let path = format!("/containers/{id}/start");
        self.call(Method::POST, &path, None).await?;
        let started = clock.mark();
        let path = format!("/containers/{id}/json");
        let seen = self.call(Method::GET, &path, None).await?;
        let ip = text(&seen, "/NetworkSettings/IPAddress")?;
        let address = SocketAddr::new(ip.parse().map_err(failure)?, PORT);
        timeout(READY_WITHIN, until_ready(address))
            .await
            .map_err(|_| "the app was not ready in time".to_owned())?;
        let marks = Marks {
            begin,
            created: made,
            started,
            ready: clock.mark(),
        };
        Ok((id, marks))
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Value, String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header(header::HOST, "docker")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.unwrap_or_default()))
            .map_err(failure)?;
        self.sender.ready().await.map_err(failure)?;
        let answer = self.sender.send_request(request).await.map_err(failure)?;
        let status = answer.status();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(failure)?
            .to_bytes();
        if !status.is_success() {
            let words = String::from_utf8_lossy(&body);
            return Err(format!("{path}: {status}: {}", words.trim()));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(failure)
    }
}

/// Asks at once and then every interval, until a whole answer keeps the contract.
async fn until_ready(address: SocketAddr) {
    while !ask(address).await.is_ok_and(|answer| keeps(&answer)) {
        tokio::time::sleep(DEFAULT_INTERVAL.into()).await;
    }
}

async fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await??;
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The status, the whole body by its length, and the text in it.
fn keeps(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    head.starts_with("HTTP/1.1 200 ")
        && length.is_some_and(|length| length == body.len().to_string())
        && body.contains(BODY)
}

fn text(answer: &Value, pointer: &str) -> Result<String, String> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("the engine gave no {pointer}"))
}

fn failure(error: impl ToString) -> String {
    error.to_string()
}
