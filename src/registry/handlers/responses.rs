//! Responses that several handlers give.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::oci::Digest;

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A response without a body.
pub(super) fn empty_response(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    // RFC 9110, section 8.6: this status has no Content-Length.
    if status != StatusCode::NO_CONTENT {
        answer.headers_mut().insert(CONTENT_LENGTH, 0.into());
    }
    answer
}

pub(super) fn json(text: String) -> Response {
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, text.len().into());
    *answer.body_mut() = Body::from(text);
    answer
}

/// A 304 response.
pub(super) fn not_modified(digest: &Digest, tag: &str) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    set_header(&mut answer, CONTENT_DIGEST, digest.as_str());
    set_header(&mut answer, ETAG, tag);
    answer
}

/// Sets a header; all values consist of validated parts.
pub(super) fn set_header(answer: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// A 201 response for stored content.
pub(super) fn created(path: &str, digest: &Digest) -> Response {
    let mut answer = empty_response(StatusCode::CREATED);
    set_header(&mut answer, LOCATION, path);
    set_header(&mut answer, CONTENT_DIGEST, digest.as_str());
    answer
}
