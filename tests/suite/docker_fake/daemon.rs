//! A daemon that answers by script.

use std::collections::HashMap;
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

use super::builder::BuildKit;

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
    /// How long it takes.
    after: Duration,
    /// Whether it comes after the one before.
    is_next: bool,
}

pub(crate) struct Daemon {
    answers: Vec<Answer>,
    /// The minor versions of the API that are accepted; none accepts requests without one too.
    accepts: Option<RangeInclusive<u32>>,
    /// What answers builds and their sessions, where the script does not.
    builder: Option<BuildKit>,
}

/// A daemon at work; it ends with this.
pub(crate) struct Serving {
    pub(crate) host: String,
    /// Paths that came, as they were asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    /// The same with their methods and queries.
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
    /// Notified when a client has closed a stalled answer.
    left: Arc<Notify>,
}

impl Daemon {
    /// One that knows its version and nothing else: 404 to all the rest.
    pub(crate) fn new() -> Self {
        Self::of_version(
            r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#,
        )
    }

    /// One that turns away each request, except for the first, whose version it does not accept.
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
        let daemon = Self {
            answers: Vec::new(),
            accepts: None,
            builder: None,
        };
        daemon.on("GET /version", 200, version)
    }

    /// The same with a builder.
    pub(crate) fn building(self, builder: &BuildKit) -> Self {
        let builder = Some(builder.clone());
        Self { builder, ..self }
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
            after: Duration::ZERO,
            is_next: false,
        });
        self
    }

    /// The answer to the next request of the same kind, and to those behind it.
    pub(crate) fn then(self, to: &'static str, status: u16, body: &'static str) -> Self {
        let mut daemon = self.on(to, status, body);
        daemon.answers.last_mut().unwrap().is_next = true;
        daemon
    }

    /// The last answer, after this time.
    pub(crate) fn after(mut self, time: Duration) -> Self {
        self.answers.last_mut().unwrap().after = time;
        self
    }

    /// With the answers of another, where it has none itself.
    pub(crate) fn and(mut self, other: Self) -> Self {
        for answer in other.answers {
            if !self.answers.iter().any(|own| own.to == answer.to) {
                self.answers.push(answer);
            }
        }
        self
    }

    pub(crate) async fn serve(self) -> Serving {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let (app, parts) = self.app();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        parts.served(host, task)
    }

    /// What it answers by, and where what was asked of it is kept.
    pub(crate) fn app(self) -> (Router, Parts) {
        let left = Arc::new(Notify::new());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, reported) = (Arc::new(self.answers), Arc::clone(&left));
        let (accepts, paths) = (self.accepts, Arc::clone(&asked));
        let builder = self.builder;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (whole, counts) = (Arc::clone(&requests), Arc::new(Mutex::default()));
        let app = Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_owned();
            let refusal = accepts.as_ref().and_then(|range| turned_away(range, &path));
            let of_build = path.ends_with("/session") || path.ends_with("/build");
            let builder = builder.clone().filter(|_| of_build && refusal.is_none());
            let (response, after) = match refusal {
                Some(refusal) => (refusal, Duration::ZERO),
                None => respond(&answers, &counts, &reported, &request),
            };
            paths.lock().unwrap().push(path);
            let line = format!("{} {}", request.method(), request.uri());
            whole.lock().unwrap().push(line);
            async move {
                if let Some(builder) = builder {
                    return Ok(builder.answer(request).await);
                }
                // The body is read first, as the engine does with a context.
                let mut body = request.into_body().into_data_stream();
                while let Some(Ok(_)) = body.next().await {}
                tokio::time::sleep(after).await;
                Ok::<_, Infallible>(response)
            }
        });
        let parts = Parts {
            asked,
            requests,
            left,
        };
        (app, parts)
    }

    pub(crate) async fn engine(self) -> (DockerEngine, Serving) {
        let serving = self.serve().await;
        let engine = DockerEngine::connect(Some(&serving.host)).await.unwrap();
        (engine, serving)
    }
}

/// What a daemon keeps of the requests that came.
pub(crate) struct Parts {
    asked: Arc<Mutex<Vec<String>>>,
    requests: Arc<Mutex<Vec<String>>>,
    left: Arc<Notify>,
}

impl Parts {
    /// The daemon at work, by a task that serves it.
    pub(crate) fn served(self, host: String, task: JoinHandle<()>) -> Serving {
        Serving {
            host,
            asked: self.asked,
            requests: self.requests,
            task,
            left: self.left,
        }
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

/// How often each request was answered.
type Counts = Mutex<HashMap<String, usize>>;

/// The answer to a request: the first of the script, and those that come next.
fn respond(
    answers: &[Answer],
    counts: &Counts,
    left: &Arc<Notify>,
    request: &Request,
) -> (Response<Body>, Duration) {
    let path = request.uri().path();
    // `/v1.41/x` and `/x` are the same.
    let path = match path.strip_prefix("/v1.") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => path,
    };
    let to = format!("{} {path}", request.method());
    let mut counts = counts.lock().unwrap();
    let count = counts.entry(to.clone()).or_default();
    let mut of = answers.iter().filter(|answer| answer.to == to);
    let first = of.next().into_iter();
    let of: Vec<_> = first.chain(of.filter(|answer| answer.is_next)).collect();
    let answer = of.get(*count).or(of.last()).copied();
    *count += 1;
    let Some(answer) = answer else {
        let mut response = Response::new(Body::from(r#"{"message":"no such thing"}"#));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return (response, Duration::ZERO);
    };
    let mut response = Response::new(match answer.end {
        // A whole body has its length; the others are chunked.
        End::Whole if answer.chunks.len() == 1 => Body::from(answer.chunks[0]),
        end => Body::from_stream(body(&answer.chunks, end, left)),
    });
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
    (response, answer.after)
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
