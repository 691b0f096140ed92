//! A session over the engine's own gRPC: `moby.buildkit.v1.Control/Session` on the socket of
//! the API, in HTTP/2 from the first byte.
//!
//! Docker serves it since 29.2 (pull request 50744 of moby), and means to remove `/session`,
//! which is deprecated since API 1.53. The session is the same in both: HTTP/2 that this side
//! serves. Here its bytes travel in messages of a stream; see `session/grpchijack` of BuildKit.
//!
//! Not tried on a real engine: the newest at hand is 28.5. So whatever goes wrong before the
//! engine has taken the session leads to `/session`.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bollard::moby::buildkit::v1::BytesMessage;
use bollard::moby::buildkit::v1::control_client::ControlClient;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::Service;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::{Status, Streaming};

use super::request::session_id;
use crate::docker::raw::{RawError, Wire};

/// An engine that has it takes a session within milliseconds; one behind a proxy that knows
/// no HTTP/2 may never answer.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// As much of the session in one message, as BuildKit's own client reads at a time.
const MESSAGE_BYTES: usize = 32 << 10;

/// Messages that may wait.
const MESSAGES: usize = 16;

/// Bytes between the session and the stream that may wait.
const BUFFER_BYTES: usize = 256 << 10;

/// A stream that the engine has taken for a session.
pub(super) struct Native {
    from_engine: Streaming<BytesMessage>,
    to_engine: mpsc::Sender<BytesMessage>,
}

/// Whether the engine accepts a session over its own gRPC: one is opened, and closed at once.
/// It names no service, so the builder asks nothing of it.
pub(in crate::docker) async fn serves_sessions(wire: &Wire) -> bool {
    let id = session_id();
    let headers = [
        ("x-docker-expose-session-uuid", id.as_str()),
        ("x-docker-expose-session-name", "plimsoll-probe"),
    ];
    let tried = tokio::time::timeout(TAKEN_WITHIN, call(wire, &headers)).await;
    matches!(tried, Ok(Ok(_)))
}

impl Native {
    /// Opens it on an engine of which [`serves_sessions`] is true.
    pub(super) async fn open(wire: &Wire, headers: &[(&str, &str)]) -> Result<Self, RawError> {
        tokio::time::timeout(wire.patience(), call(wire, headers))
            .await
            .map_err(|_| RawError::Late)?
    }

    /// The session's side of it, and the work that moves the bytes; it ends with either side.
    pub(super) fn split(self) -> (DuplexStream, impl Future<Output = ()>) {
        let (near, far) = tokio::io::duplex(BUFFER_BYTES);
        let (reading, writing) = tokio::io::split(far);
        let moved = async {
            let (to, from) = (self.to_engine, self.from_engine);
            tokio::select! {
                _ = send(reading, to) => {}
                _ = receive(from, writing) => {}
            }
        };
        (near, moved)
    }
}

async fn call(wire: &Wire, headers: &[(&str, &str)]) -> Result<Native, RawError> {
    let refused = |status| RawError::Session(Box::new(status));
    let stream = wire.stream().await?;
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(RawError::Exchange)?;
    // It ends once the stream is dropped, and the sender with it.
    tokio::spawn(connection);
    let mut client = ControlClient::with_origin(Channel(sender), Uri::from_static("http://docker"));
    let (to_engine, messages) = mpsc::channel(MESSAGES);
    let mut request = tonic::Request::new(ReceiverStream::new(messages));
    for (name, value) in headers {
        let name = name.parse::<AsciiMetadataKey>();
        let value = value.parse::<AsciiMetadataValue>();
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(refused(Status::invalid_argument(
                "a header that is no text",
            )));
        };
        request.metadata_mut().append(name, value);
    }
    // The answer begins with the engine's first bytes in the session.
    let answer = client.session(request).await.map_err(refused)?;
    let from_engine = answer.into_inner();
    Ok(Native {
        from_engine,
        to_engine,
    })
}

async fn send(
    mut session: impl tokio::io::AsyncRead + Unpin,
    engine: mpsc::Sender<BytesMessage>,
) -> io::Result<()> {
    let mut buffer = vec![0; MESSAGE_BYTES];
    loop {
        let read = session.read(&mut buffer).await?;
        let data = buffer[..read].to_vec();
        if read == 0 || engine.send(BytesMessage { data }).await.is_err() {
            return Ok(());
        }
    }
}

async fn receive(
    mut engine: Streaming<BytesMessage>,
    mut session: impl tokio::io::AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Ok(Some(message)) = engine.message().await {
        session.write_all(&message.data).await?;
    }
    Ok(())
}

/// One connection as the generated client wants it.
struct Channel(SendRequest<tonic::body::Body>);

type Sending = dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send;

impl Service<Request<tonic::body::Body>> for Channel {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<Sending>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
