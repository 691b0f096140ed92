//! One attempt: a new connection, a request, a whole answer.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::ext::on_informational;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::engine::{Clock, Mark, ProbeFailure, ProbeSpec, Sockets};

/// A lost SYN is sent again after a second only: better to ask anew.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
/// A connection that is silent for as long as this is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The contract's text must come within this much of a body; what follows is not read.
const BODY_LIMIT_BYTES: usize = 64 << 10;
/// Lines of an answer's head; as with curl, many are no reason to refuse it.
const MOST_HEADERS: usize = 4096;
/// How much of a wrong body is told.
const BODY_SHOWN_CHARS: usize = 200;

/// A request that is sent at each attempt.
pub(super) type Ask = Request<Empty<Bytes>>;

/// What became of an attempt. Holds causes, not texts: those are made once, at the end.
#[derive(Debug)]
pub(super) enum Miss {
    Connect(io::Error),
    ConnectTimeout,
    Http(hyper::Error),
    Silent,
    Body(hyper::Error),
    Wrong { status: u16, body: Bytes },
}

/// The request of a contract.
pub(super) fn ask(spec: &ProbeSpec) -> Result<Ask, ProbeFailure> {
    Request::get(&spec.path)
        .header(header::HOST, spec.address.to_string())
        .header(header::USER_AGENT, "plimsoll")
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| ProbeFailure::TimedOut {
            path: spec.path.clone(),
            within: spec.within,
            last: format!("nothing was asked: {error}"),
        })
}

/// Asks once. The mark is that of the whole answer or of the failure.
pub(super) async fn attempt<C: Clock>(
    clock: &C,
    sockets: Option<&dyn Sockets>,
    spec: &ProbeSpec,
    ask: Ask,
) -> (Mark, Result<(), Miss>) {
    let answer = match timeout(ANSWER_TIMEOUT, exchange(sockets, spec, ask)).await {
        Ok(answer) => answer,
        Err(_) => Err(Miss::Silent),
    };
    // The mark before the contract is looked at: that is our work, not the app's.
    let at = clock.mark();
    let judged = answer.and_then(|(status, body)| {
        if status == spec.status && contains(&body, spec.body_contains.as_bytes()) {
            Ok(())
        } else {
            Err(Miss::Wrong { status, body })
        }
    });
    (at, judged)
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

/// How answers are read: as leniently as curl and the probes of orchestrators read them.
/// Folded lines, blanks before a colon, lines that are no header and many of them pass.
pub(super) fn lenient() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(MOST_HEADERS);
    builder
}

/// Resolves once an interim answer of this status has come; never for another contract.
pub(super) fn interim(ask: &mut Ask, expected: u16) -> oneshot::Receiver<u16> {
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    // Switching protocols ends the exchange: it is a final answer.
    if (100..200).contains(&expected) && expected != 101 {
        let sender = Arc::new(sender);
        on_informational(ask, move |answer| {
            let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            if answer.status().as_u16() == expected
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(expected);
            }
        });
    }
    receiver
}

async fn exchange(
    sockets: Option<&dyn Sockets>,
    spec: &ProbeSpec,
    mut ask: Ask,
) -> Result<(u16, Bytes), Miss> {
    let early = interim(&mut ask, spec.status);
    let stream = timeout(CONNECT_TIMEOUT, connect(sockets, spec.address))
        .await
        .map_err(|_| Miss::ConnectTimeout)?
        .map_err(Miss::Connect)?;
    talk(stream, ask, early).await
}

/// Sends the request and takes the answer, over a connection that is open.
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
        // The connection does the reading and writing, and may end before the
        // last of what it read has been taken.
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
    /// The failure at the deadline, in words.
    pub fn describe(&self, spec: &ProbeSpec) -> ProbeFailure {
        let wrong = |status, body| ProbeFailure::WrongAnswer {
            path: spec.path.clone(),
            status,
            expected: expected(spec),
            body,
        };
        let none = |last| timed_out(spec, last);
        match self {
            Self::Wrong { status, body } => {
                let text = String::from_utf8_lossy(body);
                wrong(*status, text.chars().take(BODY_SHOWN_CHARS).collect())
            }
            Self::Connect(error) => none(format!("connect: {error}")),
            Self::ConnectTimeout => none(format!(
                "no connection within {} ms",
                CONNECT_TIMEOUT.as_millis()
            )),
            Self::Silent => none("connected, and no whole answer came".to_owned()),
            Self::Http(error) => none(chain(error)),
            Self::Body(error) => none(chain(error)),
        }
    }
}

/// No answer before the deadline.
pub(super) fn timed_out(spec: &ProbeSpec, last: String) -> ProbeFailure {
    ProbeFailure::TimedOut {
        path: spec.path.clone(),
        within: spec.within,
        last,
    }
}

fn expected(spec: &ProbeSpec) -> String {
    if spec.body_contains.is_empty() {
        format!("status {}", spec.status)
    } else {
        format!("status {} and `{}`", spec.status, spec.body_contains)
    }
}

/// An error with its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
