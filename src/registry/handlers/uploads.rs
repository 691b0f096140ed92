//! Handlers for uploads and mounts of blobs.
//!
//! Source: distribution specification, sections "Pushing blobs", "Cancel a blob
//! upload" and "Mounting a blob from another repository".

use axum::body::Body;
use axum::http::header::{CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::super::blob::{FinishError, PartialBlob};
use super::super::range::chunk as read_chunk;
use super::super::response_error::{Code, ErrorResponse};
use super::super::route::{algorithm, digest as read_digest};
use super::super::sessions::SessionGuard;
use super::super::upload_body;
use super::request_context::RequestContext;
use super::responses::{created, empty_response, set_header};
use crate::oci::{Digest, is_repository};

/// Docker's header for the session id.
const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// `POST`: mounts a blob, uploads a whole blob, or starts a session.
pub(super) async fn begin(
    context: &RequestContext<'_>,
    name: &str,
    body: &mut Body,
) -> Result<Response, ErrorResponse> {
    let parameters = &context.parameters;
    if let Some(text) = parameters.get("mount") {
        let digest = read_digest(text)?;
        let from = parameters.get("from").filter(|from| !from.is_empty());
        let is_valid = from.is_none_or(is_repository);
        if is_valid && context.state.index.mount(from, name, &digest) {
            return Ok(created(&path_of(name, &digest), &digest));
        }
    } else if let Some(text) = parameters.get("digest") {
        let digest = read_digest(text)?;
        let partial = new_partial(context, digest.algorithm())?;
        let partial = upload_body::receive_blob(body, partial, context.endpoint, None).await?;
        return finish(context, name, partial, digest).await;
    }
    let by = parameters.get("digest-algorithm").unwrap_or("sha256");
    let unclaimed = parameters.get("mount").is_some();
    let id = context
        .state
        .sessions
        .begin(name, new_partial(context, by)?, unclaimed)?;
    Ok(upload_status(StatusCode::ACCEPTED, name, &id, 0))
}

/// `GET`: the number of bytes received.
pub(super) fn status(
    context: &RequestContext<'_>,
    name: &str,
    id: &str,
) -> Result<Response, ErrorResponse> {
    let size = context.state.sessions.size(name, id)?;
    Ok(upload_status(StatusCode::NO_CONTENT, name, id, size))
}

/// `PATCH`: appends the next chunk.
pub(super) async fn chunk(
    context: &RequestContext<'_>,
    name: &str,
    id: &str,
    body: &mut Body,
) -> Result<Response, ErrorResponse> {
    let mut session = context.state.sessions.take(name, id)?;
    let length = match check_order(&context.head.headers, session.size()) {
        Ok(length) => length,
        Err(fault) => return Err(reject_unread(session, name, id, fault)),
    };
    let partial =
        upload_body::receive_blob(body, session.partial()?, context.endpoint, length).await?;
    let size = partial.size();
    session.put_back(partial)?;
    Ok(upload_status(StatusCode::ACCEPTED, name, id, size))
}

/// `PUT`: completes the upload, with the last chunk, the whole blob, or no body.
pub(super) async fn end(
    context: &RequestContext<'_>,
    name: &str,
    id: &str,
    body: &mut Body,
) -> Result<Response, ErrorResponse> {
    let mut session = context.state.sessions.take(name, id)?;
    let announced = context.parameters.get("digest").ok_or_else(|| {
        ErrorResponse::new(
            Code::DigestInvalid,
            "the last request of an upload must name the digest",
        )
    });
    let checked = announced
        .and_then(read_digest)
        .and_then(|digest| Ok((digest, check_order(&context.head.headers, session.size())?)));
    let (digest, length) = match checked {
        Ok(checked) => checked,
        Err(fault) => return Err(reject_unread(session, name, id, fault)),
    };
    let mut partial = session.partial()?;
    partial.hash_by(algorithm(digest.algorithm())?);
    let partial = upload_body::receive_blob(body, partial, context.endpoint, length).await?;
    finish(context, name, partial, digest).await
}

/// `DELETE`: cancels the upload and removes its data.
pub(super) fn cancel(
    context: &RequestContext<'_>,
    name: &str,
    id: &str,
) -> Result<Response, ErrorResponse> {
    context.state.sessions.cancel(name, id)?;
    Ok(empty_response(StatusCode::NO_CONTENT))
}

fn new_partial(context: &RequestContext<'_>, by: &str) -> Result<PartialBlob, ErrorResponse> {
    Ok(PartialBlob::new(
        context.state.store.clone(),
        algorithm(by)?,
    ))
}

async fn finish(
    context: &RequestContext<'_>,
    name: &str,
    partial: PartialBlob,
    digest: Digest,
) -> Result<Response, ErrorResponse> {
    let size = partial.size();
    let expected = digest.clone();
    let settled = spawn_blocking(move || partial.finish(&expected))
        .await
        .map_err(|error| FinishError::Disk(std::io::Error::other(error)))
        .flatten();
    let blob = settled.map_err(|refusal| match refusal {
        FinishError::Mismatch(found) => {
            ErrorResponse::new(Code::DigestInvalid, "the content has a different digest").details(
                vec![json!({"announced": digest.as_str(), "found": found.as_str()})],
            )
        }
        FinishError::Disk(error) => ErrorResponse::disk("store the blob", &error),
    })?;
    context.state.index.add(name, blob);
    context.endpoint.traffic.received(&digest, size);
    Ok(created(&path_of(name, &digest), &digest))
}

/// Checks that the chunk follows the received bytes, and returns its length if the request states
/// it.
fn check_order(headers: &HeaderMap, size: u64) -> Result<Option<u64>, ErrorResponse> {
    let Some(header) = headers.get(CONTENT_RANGE) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default();
    let (first, last) = read_chunk(text).ok_or_else(|| {
        let why = "the Content-Range of a chunk must be `first-last`";
        ErrorResponse::new(Code::BlobUploadInvalid, why)
    })?;
    if first != size {
        let why = format!("the upload has {size} bytes, but the chunk begins at {first}");
        return Err(ErrorResponse::new(Code::BlobUploadInvalid, why)
            .status(StatusCode::RANGE_NOT_SATISFIABLE));
    }
    Ok(Some(last - first + 1))
}

/// Rejects a request before its body is read, and leaves the session unchanged.
fn reject_unread(
    mut session: SessionGuard,
    name: &str,
    id: &str,
    fault: ErrorResponse,
) -> ErrorResponse {
    let size = session.size();
    let back = session
        .partial()
        .and_then(|partial| session.put_back(partial));
    back.err().unwrap_or_else(|| {
        fault
            .header(LOCATION, &session_path(name, id))
            .header(RANGE, &received_range(size))
    })
}

fn upload_status(status: StatusCode, name: &str, id: &str, size: u64) -> Response {
    let mut answer = empty_response(status);
    set_header(&mut answer, LOCATION, &session_path(name, id));
    set_header(&mut answer, RANGE, &received_range(size));
    set_header(&mut answer, UPLOAD_ID, id);
    answer
}

/// The range is inclusive, so 0 and 1 received bytes look the same.
fn received_range(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

fn session_path(name: &str, id: &str) -> String {
    format!("/v2/{name}/blobs/uploads/{id}")
}

fn path_of(name: &str, digest: &Digest) -> String {
    format!("/v2/{name}/blobs/{digest}")
}
