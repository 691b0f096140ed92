//! Requests to answers, one file per kind of content.

mod blobs;
mod lists;
mod manifests;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{
    ALLOW, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPECT, HeaderName, IF_NONE_MATCH, LOCATION,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::{sleep, timeout};

use super::fault::{Code, Fault};
use super::gate::Gate;
use super::intake;
use super::route::{Parameters, Route, route};
use super::server::Hall;
use crate::units::Nanos;

/// Docker's, which clients of before the specification look for.
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// How long a body is read that nobody wants, all in all and while nothing comes:
/// clients look for an answer only when they have sent theirs. An engine that is cut
/// off before tells its user of a broken pipe, and not why.
const UNWANTED_TIME: Duration = Duration::from_secs(10);
const UNWANTED_PAUSE: Duration = Duration::from_secs(1);

/// A request without its body.
struct Call<'a> {
    hall: &'a Arc<Hall>,
    gate: &'a Arc<Gate>,
    head: &'a Parts,
    parameters: Parameters,
}

impl Call<'_> {
    /// A header that is text.
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Whether the client has the content of this tag already.
    /// Source: RFC 9110, section 13.1.2.
    fn holds(&self, tag: &str) -> bool {
        let lists = self.head.headers.get_all(IF_NONE_MATCH).iter();
        let mut tags = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','));
        tags.any(|held| {
            let held = held.trim();
            held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag
        })
    }

    fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }
}

/// Answers a request that came in by a door.
pub(super) async fn answer(hall: &Arc<Hall>, gate: &Arc<Gate>, request: Request<Body>) -> Response {
    gate.ledger.request();
    let (head, mut body) = request.into_parts();
    let parameters = Parameters::of(&head.uri);
    let call = Call {
        hall,
        gate,
        head: &head,
        parameters,
    };
    let mut answer = match dispatch(&call, &mut body).await {
        Ok(answer) => answer,
        Err(fault) => {
            // Who waits to be told to go on has sent nothing yet.
            if !head.headers.contains_key(EXPECT) {
                drain(&mut body).await;
            }
            fault.into_response()
        }
    };
    let version = HeaderValue::from_static("registry/2.0");
    answer.headers_mut().insert(API_VERSION, version);
    let latency = gate.latency();
    if latency > Nanos(0) {
        sleep(latency.into()).await;
    }
    answer
}

async fn dispatch(call: &Call<'_>, body: &mut Body) -> Result<Response, Fault> {
    const READS: [Method; 2] = [Method::GET, Method::HEAD];
    let method = &call.head.method;
    let reads = READS.contains(method);
    match route(call.head.uri.path())? {
        Route::Base if reads => Ok(json("{}".to_owned())),
        Route::Base => Err(not_allowed("GET, HEAD")),
        Route::Blob(name, digest) => match *method {
            Method::DELETE => blobs::delete(call, &name, &digest),
            _ if reads => blobs::get(call, &name, &digest).await,
            _ => Err(not_allowed("GET, HEAD, DELETE")),
        },
        Route::Uploads(name) => match *method {
            Method::POST => uploads::begin(call, &name, body).await,
            _ => Err(not_allowed("POST")),
        },
        Route::Upload(name, id) => match *method {
            Method::GET => uploads::status(call, &name, &id),
            Method::PATCH => uploads::chunk(call, &name, &id, body).await,
            Method::PUT => uploads::end(call, &name, &id, body).await,
            Method::DELETE => uploads::cancel(call, &name, &id),
            _ => Err(not_allowed("GET, PATCH, PUT, DELETE")),
        },
        Route::Manifest(name, reference) => match *method {
            Method::PUT => manifests::put(call, &name, &reference, body).await,
            Method::DELETE => manifests::delete(call, &name, &reference),
            _ if reads => manifests::get(call, &name, &reference).await,
            _ => Err(not_allowed("GET, HEAD, PUT, DELETE")),
        },
        Route::Catalog if reads => lists::catalog(call),
        Route::Catalog => Err(not_allowed("GET, HEAD")),
        Route::Tags(name) if reads => lists::tags(call, &name),
        Route::Referrers(name, digest) if reads => lists::referrers(call, &name, &digest),
        Route::Tags(_) | Route::Referrers(..) => Err(not_allowed("GET, HEAD")),
    }
}

fn not_allowed(methods: &str) -> Fault {
    Fault::new(Code::Unsupported, "the endpoint has no such method").header(ALLOW, methods)
}

/// An answer without a body.
fn bare(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    // By RFC 9110, section 8.6, such an answer has no length.
    if status != StatusCode::NO_CONTENT {
        answer.headers_mut().insert(CONTENT_LENGTH, 0.into());
    }
    answer
}

fn json(text: String) -> Response {
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, text.len().into());
    *answer.body_mut() = Body::from(text);
    answer
}

/// The client has it.
fn unchanged(digest: &crate::oci::Digest, tag: &str) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    set(&mut answer, CONTENT_DIGEST, digest.as_str());
    set(&mut answer, ETAG, tag);
    answer
}

/// Sets a header; all values here are of checked parts.
fn set(answer: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Content was taken in, and is there.
fn created(path: &str, digest: &crate::oci::Digest) -> Response {
    let mut answer = bare(StatusCode::CREATED);
    set(&mut answer, LOCATION, path);
    set(&mut answer, CONTENT_DIGEST, digest.as_str());
    answer
}

async fn drain(body: &mut Body) {
    let _ = timeout(UNWANTED_TIME, async {
        while let Ok(Ok(Some(_))) = timeout(UNWANTED_PAUSE, intake::next(body)).await {}
    })
    .await;
}
