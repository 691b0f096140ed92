//! The transport of `bollard`, which counts the bytes that the engine sends ([`Meter`]).
//!
//! One connection per request, as in `bollard`'s own transports, so a count belongs to one answer.
//! Nothing is copied: the HTTP client reads from the socket into its buffer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::endpoint::{Connection, Endpoint};
use super::limits::{AnswerLimits, Meter};

/// The name of an engine behind a socket, which has none.
const SOCKET_HOST: &str = "docker";

/// The connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unconnected {
    #[error(transparent)]
    Unix(io::Error),
    #[error("tcp connect error")]
    Tcp(#[source] io::Error),
}

impl Unconnected {
    /// Whether an error is one of these.
    pub(super) fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

/// A client for the engine. It takes the meter of an answer from the extensions of the request.
/// `within` has whole seconds only; callers enforce deadlines.
///
/// # Errors
/// The socket does not exist.
pub(super) fn client(endpoint: &Endpoint, within: Duration) -> Result<Docker, Error> {
    let address = match endpoint {
        Endpoint::Unix(path) if !path.exists() => {
            return Err(Error::SocketNotFoundError(path.display().to_string()));
        }
        Endpoint::Unix(_) => format!("http://{SOCKET_HOST}"),
        Endpoint::Tcp(authority) => format!("http://{authority}"),
    };
    let endpoint = endpoint.clone();
    let transport = move |request: BollardRequest| send(endpoint.clone(), request);
    let within = within.as_secs();
    Docker::connect_with_custom_transport(transport, Some(address), within, API_DEFAULT_VERSION)
}

async fn send(endpoint: Endpoint, request: BollardRequest) -> Result<Response<Incoming>, Error> {
    let meter = request.extensions().get::<Meter>().cloned();
    let meter = meter.unwrap_or_else(|| Meter::of_answer(AnswerLimits::USUAL));
    let request = addressed(request)?;
    let connected = endpoint.connect().await;
    let socket = connected.map_err(|error| unconnected(&endpoint, error))?;
    let io = TokioIo::new(Metered { socket, meter });
    let (mut sender, connection) = http1::handshake(io).await?;
    let answer = sender.send_request(request);
    // Ends when the answer is read, or when the future or the body of the answer is dropped.
    tokio::spawn(connection.with_upgrades());
    Ok(answer.await?)
}

/// The same request for a server: the host is in a header instead of the address.
fn addressed(mut request: BollardRequest) -> Result<BollardRequest, Error> {
    let uri = request.uri();
    let host = uri.authority().map_or(SOCKET_HOST, |host| host.as_str());
    let host = HeaderValue::from_str(host).map_err(hyper::http::Error::from)?;
    let path = uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    request.headers_mut().insert(HOST, host);
    *request.uri_mut() = Uri::from(path);
    Ok(request)
}

fn unconnected(endpoint: &Endpoint, error: io::Error) -> Error {
    let kind = error.kind();
    let error = match endpoint {
        Endpoint::Unix(_) => Unconnected::Unix(error),
        Endpoint::Tcp(_) => Unconnected::Tcp(error),
    };
    Error::IOError {
        err: io::Error::new(kind, error),
    }
}

/// A connection that counts what arrives.
struct Metered {
    socket: Connection,
    meter: Meter,
}

impl AsyncRead for Metered {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(context, buffer))?;
        Poll::Ready(this.meter.add(buffer.filled().len() - before))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
