//! One attempt: a new connection; for HTTP also a request and a complete response.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::ext::on_informational;
use hyper::http::request;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::engine::{Clock, Mark, ProbeCheck, ProbeFailure, ProbeSpec, Sockets};
use crate::scenario::{HttpCheck, Statuses};
use crate::secrets::excerpt;
use crate::text::chain;
use crate::units::Nanos;

/// A lost SYN is retransmitted only after a second, so a new connection is faster.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
/// A connection without data for this long is closed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The text of the contract must be in this much of the body; the rest is not read.
const BODY_LIMIT_BYTES: usize = 64 << 10;
/// The most header lines of a response; as in curl, many lines are accepted.
const MOST_HEADERS: usize = 4096;
/// How much of a wrong body is reported.
const BODY_SHOWN_CHARS: usize = 200;

/// The request of each attempt.
pub(super) type Ask = Request<Empty<Bytes>>;

/// The result of a failed attempt. It has causes instead of texts, which are formatted once, at
/// the end.
#[derive(Debug)]
pub(super) enum Miss {
    Connect(io::Error),
    ConnectTimeout,
    Http(hyper::Error),
    Silent,
    Body(hyper::Error),
    Wrong { status: u16, body: Bytes },
}

/// The request of an attempt.
#[derive(Debug, Clone)]
pub(super) enum Question {
    Http(Arc<HttpCheck>, Box<Ask>),
    Tcp,
}

/// The request of a contract.
pub(super) fn question(spec: &ProbeSpec) -> Result<Question, ProbeFailure> {
    let ProbeCheck::Http(http) = &spec.check else {
        return Ok(Question::Tcp);
    };
    let ask = request(&http.method, &http.path, &http.headers, spec.address);
    let ask = ask.header(header::CONNECTION, "close").body(Empty::new());
    ask.map(|ask| Question::Http(Arc::new(http.clone()), Box::new(ask)))
        .map_err(|error| timed_out(http, spec.within, format!("nothing was asked: {error}")))
}

/// A request with default headers, which the scenario can replace.
pub(super) fn request(
    method: &str,
    path: &str,
    headers: &BTreeMap<String, String>,
    address: SocketAddr,
) -> request::Builder {
    let mut request = Request::builder().method(method).uri(path);
    let usual = [
        ("host", address.to_string()),
        ("user-agent", "plimsoll".to_owned()),
        ("accept", "*/*".to_owned()),
    ];
    for (name, value) in usual {
        if !headers.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            request = request.header(name, value);
        }
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

/// Makes one attempt. The mark is the time of the complete response, of the connection, or of the
/// failure.
pub(super) async fn attempt<C: Clock>(
    clock: &C,
    sockets: Option<&dyn Sockets>,
    address: SocketAddr,
    question: Question,
) -> (Mark, Result<(), Miss>) {
    let (http, ask) = match question {
        Question::Tcp => {
            let opened = open(sockets, address).await;
            return (clock.mark(), opened.map(drop));
        }
        Question::Http(http, ask) => (http, *ask),
    };
    let answer = exchange(sockets, address, &http, ask);
    let answer = match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(Miss::Silent),
    };
    // The mark is taken before the contract is checked, because the check is not work of the app.
    let at = clock.mark();
    let judged = answer.and_then(|(status, body)| {
        if http.status.contains(status) && contains(&body, http.body_contains.as_bytes()) {
            Ok(())
        } else {
            Err(Miss::Wrong { status, body })
        }
    });
    (at, judged)
}

async fn open(sockets: Option<&dyn Sockets>, address: SocketAddr) -> Result<TcpStream, Miss> {
    timeout(CONNECT_TIMEOUT, connect(sockets, address))
        .await
        .map_err(|_| Miss::ConnectTimeout)?
        .map_err(Miss::Connect)
}

pub(super) async fn connect(
    sockets: Option<&dyn Sockets>,
    address: SocketAddr,
) -> io::Result<TcpStream> {
    match sockets {
        None => TcpStream::connect(address).await,
        Some(sockets) => {
            let socket = TcpSocket::from_std_stream(sockets.tcp(address)?);
            socket.connect(address).await
        }
    }
}

/// Parses responses as leniently as curl and the probes of orchestrators. Folded lines, spaces
/// before a colon, invalid header lines and many lines are accepted.
pub(super) fn lenient() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(MOST_HEADERS);
    builder
}

/// Resolves when an interim response with an expected status arrives; never for other contracts.
pub(super) fn interim(ask: &mut Ask, expected: &Statuses) -> oneshot::Receiver<u16> {
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    // 101 ends the exchange, so it is a final response.
    if expected.holds_interim() {
        let (sender, expected) = (Arc::new(sender), expected.clone());
        on_informational(ask, move |answer| {
            let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            let status = answer.status().as_u16();
            if expected.contains(status)
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(status);
            }
        });
    }
    receiver
}

async fn exchange(
    sockets: Option<&dyn Sockets>,
    address: SocketAddr,
    http: &HttpCheck,
    mut ask: Ask,
) -> Result<(u16, Bytes), Miss> {
    let early = interim(&mut ask, &http.status);
    let stream = open(sockets, address).await?;
    talk(stream, ask, early).await
}

/// Sends the request and reads the response on an open connection.
pub(super) async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    ask: Ask,
    early: oneshot::Receiver<u16>,
) -> Result<(u16, Bytes), Miss> {
    let (mut sender, connection) = lenient()
        .handshake(TokioIo::new(stream))
        .await
        .map_err(Miss::Http)?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async move {
        let response = sender.send_request(ask).await.map_err(Miss::Http)?;
        let status = response.status().as_u16();
        let mut frames = response.into_body();
        let mut body = BytesMut::new();
        while body.len() < BODY_LIMIT_BYTES
            && let Some(frame) = frames.frame().await
        {
            if let Ok(data) = frame.map_err(Miss::Body)?.into_data() {
                let room = BODY_LIMIT_BYTES - body.len();
                body.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        Ok((status, body.freeze()))
    });
    let mut open = true;
    let mut early = pin!(async {
        match early.await {
            Ok(status) => status,
            Err(_) => std::future::pending().await,
        }
    });
    loop {
        // The connection future does the I/O and may end before the last data is consumed.
        tokio::select! {
            biased;
            status = &mut early => return Ok((status, Bytes::new())),
            answer = &mut answer => return answer,
            _ = &mut connection, if open => open = false,
        }
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

impl Miss {
    /// The failure at the deadline as text.
    pub fn describe(&self, spec: &ProbeSpec) -> ProbeFailure {
        match (self, &spec.check) {
            (Self::Wrong { status, body }, ProbeCheck::Http(http)) => {
                let text = String::from_utf8_lossy(body);
                ProbeFailure::WrongAnswer {
                    path: http.path.clone(),
                    status: *status,
                    expected: http.expected(),
                    body: excerpt(&text, BODY_SHOWN_CHARS),
                }
            }
            (miss, ProbeCheck::Http(http)) => timed_out(http, spec.within, miss.words()),
            (miss, ProbeCheck::Tcp) => {
                ProbeFailure::closed(spec.address.port(), spec.within, miss.words())
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Connect(error) => format!("connect: {error}"),
            Self::ConnectTimeout => {
                format!("no connection within {} ms", CONNECT_TIMEOUT.as_millis())
            }
            Self::Silent => "connected, and no whole answer came".to_owned(),
            Self::Http(error) | Self::Body(error) => chain(error),
            Self::Wrong { status, .. } => format!("answered {status}"),
        }
    }
}

/// The deadline passed before any attempt had a result.
pub(super) fn nothing_yet(spec: &ProbeSpec) -> ProbeFailure {
    let last = "it had no outcome yet".to_owned();
    match &spec.check {
        ProbeCheck::Http(http) => timed_out(http, spec.within, last),
        ProbeCheck::Tcp => ProbeFailure::closed(spec.address.port(), spec.within, last),
    }
}

/// No response before the deadline.
fn timed_out(http: &HttpCheck, within: Nanos, last: String) -> ProbeFailure {
    ProbeFailure::TimedOut {
        path: http.path.clone(),
        within,
        last,
    }
}
