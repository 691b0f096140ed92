//! A daemon that answers by script.

use std::convert::Infallible;
use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{BuildContext, BuildSource};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What follows the chunks of an answer.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Whole,
    /// Nothing, with the connection open.
    Stall,
    /// The connection breaks.
    Cut,
}

struct Answer {
    /// `GET /images/x/json`: method and path without the API's version.
    to: &'static str,
    status: u16,
    chunks: Vec<&'static str>,
    end: End,
}

pub(crate) struct Daemon {
    answers: Vec<Answer>,
    /// The minor versions of the API that are accepted; none accepts requests without one too.
    accepts: Option<RangeInclusive<u32>>,
}

/// A daemon at work; it ends with this.
pub(crate) struct Serving {
    pub(crate) host: String,
    /// Paths that came, as they were asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
    /// Told when a client left a stalled answer.
    left: Arc<Notify>,
}

impl Daemon {
    /// One that knows its version and nothing else: 404 to all the rest.
    pub(crate) fn new() -> Self {
        Self::of_version(
            r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#,
        )
    }

    /// One that turns away each request, but for the first, whose version it does not accept.
    pub(crate) fn accepting(oldest: u32, newest: u32) -> Self {
        let version = format!(
            r#"{{"Version":"x","ApiVersion":"1.{newest}","MinAPIVersion":"1.{oldest}","Os":"linux"}}"#
        );
        Self {
            accepts: Some(oldest..=newest),
            ..Self::of_version(version.leak())
        }
    }

    /// The same as Podman's socket.
    pub(crate) fn podman() -> Self {
        Self::of_version(
            r#"{"Version":"4.3.1","ApiVersion":"1.41","Os":"linux","Arch":"amd64",
                "Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}"#,
        )
    }

    fn of_version(version: &'static str) -> Self {
        let (answers, accepts) = (Vec::new(), None);
        Self { answers, accepts }.on("GET /version", 200, version)
    }

    pub(crate) fn on(self, to: &'static str, status: u16, body: &'static str) -> Self {
        self.stream(to, status, &[body], End::Whole)
    }

    pub(crate) fn stream(
        mut self,
        to: &'static str,
        status: u16,
        chunks: &[&'static str],
        end: End,
    ) -> Self {
        self.answers.push(Answer {
            to,
            status,
            chunks: chunks.to_vec(),
            end,
        });
        self
    }

    pub(crate) async fn serve(self) -> Serving {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(Notify::new());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, told) = (Arc::new(self.answers), Arc::clone(&left));
        let (accepts, paths) = (self.accepts, Arc::clone(&asked));
        let app = Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_owned();
            let response = match accepts.as_ref().and_then(|range| turned_away(range, &path)) {
                Some(response) => response,
                None => respond(&answers, &told, &request),
            };
            paths.lock().unwrap().push(path);
            async move {
                // The body is read first, as the engine does with a context.
                let mut body = request.into_body().into_data_stream();
                while let Some(Ok(_)) = body.next().await {}
                Ok::<_, Infallible>(response)
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Serving {
            host,
            asked,
            task,
            left,
        }
    }

    pub(crate) async fn engine(self) -> (DockerEngine, Serving) {
        let serving = self.serve().await;
        let engine = DockerEngine::connect(Some(&serving.host)).await.unwrap();
        (engine, serving)
    }
}

impl Serving {
    /// Ends the daemon; its port is closed afterwards.
    pub(crate) async fn end(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Whether a client has left a stalled answer.
    pub(crate) async fn was_left(&self) -> bool {
        tokio::time::timeout(Duration::from_secs(10), self.left.notified())
            .await
            .is_ok()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a daemon says to a request whose version it does not accept.
fn turned_away(accepts: &RangeInclusive<u32>, path: &str) -> Option<Response<Body>> {
    let minor = path
        .strip_prefix("/v1.")
        .and_then(|rest| rest.split('/').next())
        .and_then(|minor| minor.parse().ok());
    let fits = match minor {
        Some(minor) => accepts.contains(&minor),
        None => path == "/version",
    };
    if fits {
        return None;
    }
    let words = r#"{"message":"client version is not accepted"}"#;
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Some(response)
}

fn respond(answers: &[Answer], left: &Arc<Notify>, request: &Request) -> Response<Body> {
    let path = request.uri().path();
    // `/v1.41/x` and `/x` are the same.
    let path = match path.strip_prefix("/v1.") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => path,
    };
    let to = format!("{} {path}", request.method());
    let Some(answer) = answers.iter().find(|answer| answer.to == to) else {
        let mut response = Response::new(Body::from(r#"{"message":"no such thing"}"#));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(match answer.end {
        // A whole body has its length; the others are chunked.
        End::Whole if answer.chunks.len() == 1 => Body::from(answer.chunks[0]),
        end => Body::from_stream(body(&answer.chunks, end, left)),
    });
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    response
}

struct Leaving(Arc<Notify>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn body(
    chunks: &[&'static str],
    end: End,
    left: &Arc<Notify>,
) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| Ok(Bytes::from_static(chunk.as_bytes())))
        .collect();
    let leaving = Leaving(Arc::clone(left));
    let rest = stream::once(async move {
        match end {
            End::Whole => None,
            End::Cut => {
                // The chunks before are on their way by then.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some(Err(io::Error::other("cut")))
            }
            End::Stall => {
                let _leaving = leaving;
                std::future::pending().await
            }
        }
    });
    stream::iter(chunks).chain(rest.filter_map(std::future::ready))
}

/// A tree with one file.
pub(crate) fn source() -> BuildSource {
    let file = ("a".to_owned(), 0o644, Bytes::from_static(b"a"));
    plimsoll::context::in_memory([file], "FROM scratch\n", "key")
}

/// A tar of a few bytes.
pub(crate) fn context() -> BuildContext {
    Box::pin(stream::iter([Ok(Bytes::from_static(b"tar"))]))
}
