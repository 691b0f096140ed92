//! One attempt: a new connection, a request, a whole answer.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::engine::{Clock, Mark, ProbeFailure, ProbeSpec, Sockets};

/// A lost SYN is sent again after a second only: better to ask anew.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);
/// A connection that is silent for as long as this is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The contract's text must come within this much of a body.
const BODY_LIMIT_BYTES: usize = 64 << 10;
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
    Body(Box<dyn Error + Send + Sync>),
    TooLong { status: u16 },
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
    let answer = match timeout(ANSWER_TIMEOUT, exchange(sockets, spec.address, ask)).await {
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

async fn exchange(
    sockets: Option<&dyn Sockets>,
    address: SocketAddr,
    ask: Ask,
) -> Result<(u16, Bytes), Miss> {
    let stream = timeout(CONNECT_TIMEOUT, connect(sockets, address))
        .await
        .map_err(|_| Miss::ConnectTimeout)?
        .map_err(Miss::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Miss::Http)?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async move {
        let response = sender.send_request(ask).await.map_err(Miss::Http)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), BODY_LIMIT_BYTES).collect();
        match body.await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(Miss::TooLong { status }),
            Err(error) => Err(Miss::Body(error)),
        }
    });
    let mut open = true;
    loop {
        // The connection does the reading and writing, and may end before the
        // last of what it read has been taken.
        tokio::select! {
            biased;
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
            Self::TooLong { status } => {
                wrong(*status, format!("(more than {BODY_LIMIT_BYTES} bytes)"))
            }
            Self::Connect(error) => none(format!("connect: {error}")),
            Self::ConnectTimeout => none(format!(
                "no connection within {} ms",
                CONNECT_TIMEOUT.as_millis()
            )),
            Self::Silent => none("connected, and no whole answer came".to_owned()),
            Self::Http(error) => none(chain(error)),
            Self::Body(error) => none(chain(error.as_ref())),
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
