//! Plain HTTP to the engine, for calls that `bollard` does not support: its types know only the
//! newest format of `system/df`, which is empty for Docker 20.10, and it does not return upgraded
//! connections.
//!
//! One connection per call, and the response is read completely. Not for streams.

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

use super::endpoint::{Connection, Endpoint};
use super::limits::{AnswerLimits, LimitExceeded};
use super::version::ApiVersion;
use crate::secrets::excerpt;

/// Longest message of an engine in characters.
const MOST_MESSAGE: usize = 2_000;

/// Why a raw call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RawError {
    #[error("could not connect")]
    Connect(#[source] io::Error),
    #[error("the connection broke")]
    Exchange(#[source] hyper::Error),
    #[error(transparent)]
    Long(LimitExceeded),
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
    /// Whether the engine does not support the call.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::NotUpgraded)
    }
}

/// The first API version with gRPC on the socket.
const NATIVE_SINCE: ApiVersion = ApiVersion::new(1, 53);

/// A client for plain HTTP requests to the engine.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    endpoint: Endpoint,
    /// `/v1.41`.
    prefix: String,
    within: Duration,
    limits: AnswerLimits,
    /// Whether sessions use gRPC on the socket.
    native: bool,
}

#[derive(serde::Deserialize)]
struct Complaint {
    message: String,
}

impl Wire {
    /// A client for an engine with the negotiated version `api`.
    pub(super) fn new(endpoint: Endpoint, api: ApiVersion, within: Duration) -> Self {
        Self {
            endpoint,
            prefix: format!("/v{api}"),
            within,
            limits: AnswerLimits::USUAL,
            native: false,
        }
    }

    /// The same with another deadline.
    pub(super) fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// The same with other limits.
    pub(super) fn limited(self, limits: AnswerLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same with or without sessions over gRPC on the socket.
    pub(super) fn natively(self, native: bool) -> Self {
        Self { native, ..self }
    }

    /// Whether sessions use gRPC on the socket.
    pub(super) fn is_native(&self) -> bool {
        self.native
    }

    /// Whether to try gRPC on the socket for an engine whose latest version is `newest`. Engines
    /// before Docker 29.2 are not asked, because they would log an error.
    pub(super) fn may_be_native(&self, newest: ApiVersion) -> bool {
        // Only on the local socket, as in buildx, because a TCP address may be a proxy or use TLS.
        newest >= NATIVE_SINCE && matches!(self.endpoint, Endpoint::Unix(_))
    }

    /// The deadline of a response.
    pub(super) fn patience(&self) -> Duration {
        self.within
    }

    /// A new, unused connection.
    pub(super) async fn stream(&self) -> Result<Connection, RawError> {
        Ok(self.connect().await?.0)
    }

    /// Sends a request and parses the JSON response. `path` includes the query.
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

    /// Requests a protocol upgrade of a connection.
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
            match exchange(connection, request, self.limits).await? {
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
        match exchange(connection, request, self.limits).await? {
            Answer::Whole(status, body) if status.is_success() => Ok(body),
            Answer::Whole(status, body) => Err(complaint(status, &body)),
            Answer::Upgraded(_) => Err(complaint(StatusCode::SWITCHING_PROTOCOLS, &[])),
        }
    }

    /// A new connection, and what the engine is called on it.
    async fn connect(&self) -> Result<(Connection, &str), RawError> {
        let connection = self.endpoint.connect().await.map_err(RawError::Connect)?;
        let host: &str = match &self.endpoint {
            Endpoint::Unix(_) => "docker",
            Endpoint::Tcp(authority) => authority,
        };
        Ok((connection, host))
    }
}

enum Answer {
    Whole(StatusCode, Bytes),
    Upgraded(Upgraded),
}

async fn exchange(
    connection: Connection,
    request: hyper::http::request::Builder,
    limits: AnswerLimits,
) -> Result<Answer, RawError> {
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(RawError::Request)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(connection))
        .await
        .map_err(RawError::Exchange)?;
    // The connection is polled here instead of in a task, so that it ends with this future. It
    // resolves when the sender is dropped or upgraded.
    let answer = async move {
        let response = sender.send_request(request).await;
        let response = response.map_err(RawError::Exchange)?;
        let status = response.status();
        if status == StatusCode::SWITCHING_PROTOCOLS {
            let connection = hyper::upgrade::on(response).await;
            let connection = connection.map_err(RawError::Exchange)?;
            return Ok(Answer::Upgraded(connection));
        }
        let most = usize::try_from(limits.list.0).unwrap_or(usize::MAX);
        let body = Limited::new(response.into_body(), most);
        match body.collect().await {
            Ok(body) => Ok(Answer::Whole(status, body.to_bytes())),
            Err(error) => match error.downcast::<hyper::Error>() {
                Ok(error) => Err(RawError::Exchange(*error)),
                Err(_) => Err(RawError::Long(LimitExceeded::Answer(limits.list))),
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

/// Percent-encodes everything that is not allowed in a query.
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
