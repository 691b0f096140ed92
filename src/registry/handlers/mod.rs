//! Request handlers, one file per kind of content.

mod blobs;
mod lists;
mod manifests;
mod request_context;
mod responses;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, EXPECT, HeaderName};
use axum::http::{HeaderValue, Method, Request};
use axum::response::{IntoResponse, Response};
use tokio::time::{sleep, timeout};

use super::endpoint::EndpointState;
use super::response_error::{Code, ErrorResponse};
use super::route::{Parameters, Route, route};
use super::state::ServerState;
use super::upload_body;
use crate::units::Nanos;
use request_context::RequestContext;
use responses::json;

/// Docker's header, which clients older than the specification expect.
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// How long the body of a rejected request is still read, in total and without new data. Clients
/// read the response only after they have sent the body; an engine that is disconnected earlier
/// reports a broken pipe instead of the reason.
const DISCARD_TOTAL: Duration = Duration::from_secs(10);
const DISCARD_IDLE: Duration = Duration::from_secs(1);

/// Handles a request to an endpoint.
pub(super) async fn answer(
    state: &Arc<ServerState>,
    endpoint: &Arc<EndpointState>,
    request: Request<Body>,
) -> Response {
    endpoint.traffic.request();
    let (head, mut body) = request.into_parts();
    let parameters = Parameters::of(&head.uri);
    let context = RequestContext {
        state,
        endpoint,
        head: &head,
        parameters,
    };
    let mut answer = match dispatch(&context, &mut body).await {
        Ok(answer) => answer,
        Err(fault) => {
            // A client that waits for `100 Continue` has not sent its body.
            if !head.headers.contains_key(EXPECT) {
                discard_body(&mut body).await;
            }
            fault.into_response()
        }
    };
    let version = HeaderValue::from_static("registry/2.0");
    answer.headers_mut().insert(API_VERSION, version);
    let latency = endpoint.latency();
    if latency > Nanos(0) {
        sleep(latency.into()).await;
    }
    answer
}

async fn dispatch(
    context: &RequestContext<'_>,
    body: &mut Body,
) -> Result<Response, ErrorResponse> {
    const READS: [Method; 2] = [Method::GET, Method::HEAD];
    let method = &context.head.method;
    let reads = READS.contains(method);
    match route(context.head.uri.path())? {
        Route::Base if reads => Ok(json("{}".to_owned())),
        Route::Base => Err(not_allowed("GET, HEAD")),
        Route::Blob(name, digest) => match *method {
            Method::DELETE => blobs::delete(context, &name, &digest),
            _ if reads => blobs::get(context, &name, &digest).await,
            _ => Err(not_allowed("GET, HEAD, DELETE")),
        },
        Route::Uploads(name) => match *method {
            Method::POST => uploads::begin(context, &name, body).await,
            _ => Err(not_allowed("POST")),
        },
        Route::Upload(name, id) => match *method {
            Method::GET => uploads::status(context, &name, &id),
            Method::PATCH => uploads::chunk(context, &name, &id, body).await,
            Method::PUT => uploads::end(context, &name, &id, body).await,
            Method::DELETE => uploads::cancel(context, &name, &id),
            _ => Err(not_allowed("GET, PATCH, PUT, DELETE")),
        },
        Route::Manifest(name, reference) => match *method {
            Method::PUT => manifests::put(context, &name, &reference, body).await,
            Method::DELETE => manifests::delete(context, &name, &reference),
            _ if reads => manifests::get(context, &name, &reference).await,
            _ => Err(not_allowed("GET, HEAD, PUT, DELETE")),
        },
        Route::Catalog if reads => lists::catalog(context),
        Route::Catalog => Err(not_allowed("GET, HEAD")),
        Route::Tags(name) if reads => lists::tags(context, &name),
        Route::Referrers(name, digest) if reads => lists::referrers(context, &name, &digest),
        Route::Tags(_) | Route::Referrers(..) => Err(not_allowed("GET, HEAD")),
    }
}

fn not_allowed(methods: &str) -> ErrorResponse {
    ErrorResponse::new(
        Code::Unsupported,
        "the endpoint does not support this method",
    )
    .header(ALLOW, methods)
}

async fn discard_body(body: &mut Body) {
    let _ = timeout(DISCARD_TOTAL, async {
        while let Ok(Ok(Some(_))) = timeout(DISCARD_IDLE, upload_body::next(body)).await {}
    })
    .await;
}
