//! Plain HTTP to the engine, for the calls that `bollard` cannot make: its types
//! know only the newest form of `system/df` and give nothing for Docker 20.10, and it
//! hands no upgraded connection out.
//!
//! One connection per call, one answer read whole. Not for anything that streams.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

use super::endpoint::Endpoint;
use super::version::ApiVersion;
use crate::secrets::excerpt;

/// Most bytes of an answer. The lists of an engine with ten thousand images have a tenth.
const MOST_BODY_BYTES: usize = 64 << 20;
/// Characters of an engine's message that are kept.
const MOST_MESSAGE: usize = 2_000;

/// Why a raw call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RawError {
    #[error("could not connect")]
    Connect(#[source] io::Error),
    #[error("the connection broke")]
    Exchange(#[source] hyper::Error),
    #[error("the answer has more than {MOST_BODY_BYTES} bytes")]
    Long,
    #[error("no whole answer in time")]
    Late,
    #[error("the engine answered {code}: {message}")]
    Status { code: u16, message: String },
    #[error("the engine kept the connection in HTTP/1.1")]
    NotUpgraded,
    #[error("the engine did not accept a session over its gRPC")]
    Session(#[source] Box<tonic::Status>),
    #[error("the request could not be made")]
    Request(#[source] hyper::http::Error),
    #[error("the answer is not what the API promises")]
    Json(#[source] serde_json::Error),
}

impl RawError {
    /// Whether the engine answered, and has no such call.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::NotUpgraded)
    }
}

/// The first version of the API whose socket speaks gRPC by itself.
const NATIVE_SINCE: ApiVersion = ApiVersion::new(1, 53);

/// A way to the engine.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    endpoint: Endpoint,
    /// `/v1.41`.
    prefix: String,
    within: Duration,
    /// Whether sessions go over its socket's own gRPC.
    native: bool,
}

#[derive(serde::Deserialize)]
struct Complaint {
    message: String,
}

impl Wire {
    /// A way to an engine that speaks `api` with us.
    pub(super) fn new(endpoint: Endpoint, api: ApiVersion, within: Duration) -> Self {
        Self {
            endpoint,
            prefix: format!("/v{api}"),
            within,
            native: false,
        }
    }

    /// The same with another deadline of an answer.
    pub(super) fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// The same, whose sessions go over the socket's own gRPC or do not.
    pub(super) fn natively(self, native: bool) -> Self {
        Self { native, ..self }
    }

    /// Whether sessions go over the socket's own gRPC.
    pub(super) fn is_native(&self) -> bool {
        self.native
    }

    /// Whether gRPC on the socket is worth a try for an engine that speaks `newest` at most.
    /// One of before Docker 29.2 is never asked, so nothing of it gets into its log.
    pub(super) fn may_be_native(&self, newest: ApiVersion) -> bool {
        // Only the local socket, as buildx does it: behind an address may be a proxy or TLS.
        newest >= NATIVE_SINCE && matches!(self.endpoint, Endpoint::Unix(_))
    }

    /// How long an answer may take.
    pub(super) fn patience(&self) -> Duration {
        self.within
    }

    /// A new connection that nothing was said on.
    pub(super) async fn stream(&self) -> Result<Connection, RawError> {
        Ok(self.connect().await?.0)
    }

    /// Calls and reads the JSON of the answer. `path` has its query with it.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<T, RawError> {
        let body = tokio::time::timeout(self.within, self.call(method, path))
            .await
            .map_err(|_| RawError::Late)??;
        serde_json::from_slice(&body).map_err(RawError::Json)
    }

    /// Asks for a connection to go on in another protocol.
    pub(super) async fn upgrade(
        &self,
        path: &str,
        protocol: &str,
        headers: &[(&str, &str)],
    ) -> Result<Upgraded, RawError> {
        let ask = async {
            let (connection, host) = self.connect().await?;
            let mut request = Request::post(format!("{}{path}", self.prefix))
                .header(HOST, host)
                .header(CONTENT_LENGTH, 0)
                .header(CONNECTION, "Upgrade")
                .header(UPGRADE, protocol);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            match exchange(connection, request).await? {
                Answer::Upgraded(connection) => Ok(connection),
                Answer::Whole(status, _) if status.is_success() => Err(RawError::NotUpgraded),
                Answer::Whole(status, body) => Err(complaint(status, &body)),
            }
        };
        tokio::time::timeout(self.within, ask)
            .await
            .map_err(|_| RawError::Late)?
    }

    async fn call(&self, method: Method, path: &str) -> Result<Bytes, RawError> {
        let (connection, host) = self.connect().await?;
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header(HOST, host)
            .header(CONTENT_LENGTH, 0);
        match exchange(connection, request).await? {
            Answer::Whole(status, body) if status.is_success() => Ok(body),
            Answer::Whole(status, body) => Err(complaint(status, &body)),
            Answer::Upgraded(_) => Err(complaint(StatusCode::SWITCHING_PROTOCOLS, &[])),
        }
    }

    /// A new connection, and what the engine is called on it.
    async fn connect(&self) -> Result<(Connection, &str), RawError> {
        Ok(match &self.endpoint {
            Endpoint::Unix(socket) => {
                let stream = UnixStream::connect(socket).await;
                (Either::Left(stream.map_err(RawError::Connect)?), "docker")
            }
            Endpoint::Tcp(authority) => {
                let stream = TcpStream::connect(authority).await;
                (Either::Right(stream.map_err(RawError::Connect)?), authority)
            }
        })
    }
}

pub(super) type Connection = Either<UnixStream, TcpStream>;

enum Answer {
    Whole(StatusCode, Bytes),
    Upgraded(Upgraded),
}

async fn exchange(
    connection: Connection,
    request: hyper::http::request::Builder,
) -> Result<Answer, RawError> {
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(RawError::Request)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(connection))
        .await
        .map_err(RawError::Exchange)?;
    // The connection is driven here and not by a task, so that it ends with this
    // future. It resolves once the sender is gone, or was upgraded.
    let answer = async move {
        let response = sender.send_request(request).await;
        let response = response.map_err(RawError::Exchange)?;
        let status = response.status();
        if status == StatusCode::SWITCHING_PROTOCOLS {
            let connection = hyper::upgrade::on(response).await;
            let connection = connection.map_err(RawError::Exchange)?;
            return Ok(Answer::Upgraded(connection));
        }
        let body = Limited::new(response.into_body(), MOST_BODY_BYTES);
        match body.collect().await {
            Ok(body) => Ok(Answer::Whole(status, body.to_bytes())),
            Err(error) => match error.downcast::<hyper::Error>() {
                Ok(error) => Err(RawError::Exchange(*error)),
                Err(_) => Err(RawError::Long),
            },
        }
    };
    let (answer, _) = tokio::join!(answer, connection.with_upgrades());
    answer
}

fn complaint(status: StatusCode, body: &[u8]) -> RawError {
    let message = serde_json::from_slice::<Complaint>(body).map_or_else(
        |_| String::from_utf8_lossy(body).trim().to_owned(),
        |complaint| complaint.message,
    );
    RawError::Status {
        code: status.as_u16(),
        message: excerpt(&message, MOST_MESSAGE),
    }
}

/// Percent-encodes all that is not plainly allowed in a query.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_the_query() {
        assert_eq!(
            escaped(r#"{"id":["^a$"]}"#),
            "%7B%22id%22%3A%5B%22%5Ea%24%22%5D%7D"
        );
    }
}
