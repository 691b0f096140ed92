//! Plain HTTP to the engine, for the calls that `bollard` cannot make: its types
//! know only the newest form of `system/df` and give nothing for Docker 20.10.
//!
//! One connection per call, one answer read whole. Not for anything that streams.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::endpoint::Endpoint;

/// Why a raw call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RawError {
    #[error("could not connect")]
    Connect(#[source] io::Error),
    #[error("the connection broke")]
    Exchange(#[source] hyper::Error),
    #[error("no whole answer in time")]
    Late,
    #[error("the engine answered {code}: {message}")]
    Status { code: u16, message: String },
    #[error("the request could not be made")]
    Request(#[source] hyper::http::Error),
    #[error("the answer is not what the API promises")]
    Json(#[source] serde_json::Error),
}

/// A way to the engine.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    endpoint: Endpoint,
    /// `/v1.41`.
    prefix: String,
    within: Duration,
}

#[derive(serde::Deserialize)]
struct Complaint {
    message: String,
}

impl Wire {
    pub(super) fn new(endpoint: Endpoint, api: (usize, usize), within: Duration) -> Self {
        let (major, minor) = api;
        Self {
            endpoint,
            prefix: format!("/v{major}.{minor}"),
            within,
        }
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

    async fn call(&self, method: Method, path: &str) -> Result<Bytes, RawError> {
        let uri = format!("{}{path}", self.prefix);
        match &self.endpoint {
            Endpoint::Unix(socket) => {
                let stream = UnixStream::connect(socket)
                    .await
                    .map_err(RawError::Connect)?;
                exchange(stream, "docker", method, &uri).await
            }
            Endpoint::Tcp(authority) => {
                let stream = TcpStream::connect(authority)
                    .await
                    .map_err(RawError::Connect)?;
                exchange(stream, authority, method, &uri).await
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    method: Method,
    uri: &str,
) -> Result<Bytes, RawError> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(HOST, host)
        .header(CONTENT_LENGTH, 0)
        .body(Empty::<Bytes>::new())
        .map_err(RawError::Request)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(RawError::Exchange)?;
    // The connection is driven here and not by a task, so that it ends with this
    // future. It resolves once the sender is gone.
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body))
    };
    let (answer, _) = tokio::join!(answer, connection);
    let (status, body) = answer.map_err(RawError::Exchange)?;
    if status.is_success() {
        return Ok(body);
    }
    let message = serde_json::from_slice::<Complaint>(&body).map_or_else(
        |_| String::from_utf8_lossy(&body).trim().to_owned(),
        |complaint| complaint.message,
    );
    Err(RawError::Status {
        code: status.as_u16(),
        message,
    })
}
