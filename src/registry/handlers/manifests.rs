//! Handlers for manifests: pull, push, delete.
//!
//! Source: distribution specification, sections "Pulling manifests", "Pushing
//! Manifests", "Pushing Manifests with Subject" and "Content Management".

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::super::manifest::Manifest;
use super::super::response_error::{Code, ErrorResponse};
use super::super::route::Reference;
use super::super::upload_body;
use super::request_context::RequestContext;
use super::responses::{CONTENT_DIGEST, created, empty_response, not_modified, set_header};
use crate::oci::is_tag;

/// Largest manifest. The specification requires at least four megabytes.
const MOST_BYTES: usize = 4 << 20;
/// Most tags of one push; the specification requires at least ten.
const MOST_TAGS: usize = 100;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// `GET` and `HEAD`: the raw bytes with the media type of the push.
pub(super) async fn get(
    context: &RequestContext<'_>,
    name: &str,
    by: &Reference,
) -> Result<Response, ErrorResponse> {
    let found = context.state.index.manifest(name, by);
    let manifest = found.ok_or_else(unknown)?;
    let tag = format!("\"{}\"", manifest.digest);
    if context.holds(&tag) {
        return Ok(not_modified(&manifest.digest, &tag));
    }
    let length = manifest.bytes.len();
    let body = if context.is_head() {
        Body::empty()
    } else {
        context.endpoint.down.flow().transmit(length).await;
        Body::from(manifest.bytes.clone())
    };
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    set_header(&mut answer, CONTENT_TYPE, &manifest.media_type);
    set_header(&mut answer, CONTENT_DIGEST, manifest.digest.as_str());
    set_header(&mut answer, ETAG, &tag);
    Ok(answer)
}

/// `PUT`, by a tag, or by the digest with tags as parameters.
pub(super) async fn put(
    context: &RequestContext<'_>,
    name: &str,
    by: &Reference,
    body: &mut Body,
) -> Result<Response, ErrorResponse> {
    let (digest, tags) = match by {
        Reference::Tag(tag) => (None, vec![tag.clone()]),
        Reference::Digest(digest) => (Some(digest), context.parameters.all("tag")),
        Reference::Malformed(tag) => return Err(invalid_tag(tag)),
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        return Err(invalid_tag(tag));
    }
    if tags.len() > MOST_TAGS {
        let why = format!("a push may have at most {MOST_TAGS} tags");
        return Err(ErrorResponse::new(Code::Unsupported, why).status(StatusCode::URI_TOO_LONG));
    }
    let announced = context
        .header(CONTENT_LENGTH)
        .and_then(|text| text.parse().ok());
    if announced.is_some_and(|length: u64| length > MOST_BYTES as u64) {
        return Err(upload_body::too_large(MOST_BYTES));
    }
    let bytes = upload_body::receive_all(body, context.endpoint, MOST_BYTES).await?;
    let manifest = Manifest::of(context.header(CONTENT_TYPE), bytes, digest)?;
    let stored = manifest.digest.clone();
    let subject = manifest.subject().map(str::to_owned);
    context.state.index.put(name, manifest, &tags)?;
    let mut answer = created(&format!("/v2/{name}/manifests/{stored}"), &stored);
    if let Some(subject) = subject {
        set_header(&mut answer, SUBJECT, &subject);
    }
    if digest.is_some() {
        for tag in tags {
            if let Ok(value) = HeaderValue::from_str(&tag) {
                answer.headers_mut().append(TAG, value);
            }
        }
    }
    Ok(answer)
}

/// `DELETE`: removes a tag, or by digest the manifest with its tags.
pub(super) fn delete(
    context: &RequestContext<'_>,
    name: &str,
    by: &Reference,
) -> Result<Response, ErrorResponse> {
    if context.state.index.remove_manifest(name, by) {
        Ok(empty_response(StatusCode::ACCEPTED))
    } else {
        Err(unknown())
    }
}

fn unknown() -> ErrorResponse {
    ErrorResponse::new(Code::ManifestUnknown, "the repository has no such manifest")
}

fn invalid_tag(text: &str) -> ErrorResponse {
    let why = format!("`{}` is not a valid tag", text.escape_default());
    ErrorResponse::new(Code::ManifestInvalid, why)
}
