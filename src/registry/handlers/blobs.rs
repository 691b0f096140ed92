//! Handlers for blobs: pull, existence check, delete.
//!
//! Source: distribution specification, sections "Pulling blobs", "Checking if
//! content exists in the registry" and "Deleting Blobs".

use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::response::Response;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::super::blob::Blob;
use super::super::download_body;
use super::super::range::{RequestedRange, parse_range};
use super::super::response_error::{Code, ErrorResponse};
use super::request_context::RequestContext;
use super::responses::{CONTENT_DIGEST, empty_response, not_modified, set_header};
use crate::oci::Digest;

/// `GET` and `HEAD`, with ranges.
pub(super) async fn get(
    context: &RequestContext<'_>,
    name: &str,
    digest: &Digest,
) -> Result<Response, ErrorResponse> {
    let blob = context.state.index.blob(name, digest);
    let blob = blob.ok_or_else(|| unknown(digest))?;
    let size = blob.size();
    let tag = format!("\"{digest}\"");
    if context.holds(&tag) {
        return Ok(not_modified(digest, &tag));
    }
    // A range applies only if the client has the rest of the same content.
    let same = context.header(IF_RANGE).is_none_or(|held| held == tag);
    let asked = context.header(RANGE).filter(|_| same && !context.is_head());
    let (status, first, length) = match parse_range(asked, size) {
        RequestedRange::All => (StatusCode::OK, 0, size),
        RequestedRange::Part { first, last } => {
            (StatusCode::PARTIAL_CONTENT, first, last - first + 1)
        }
        RequestedRange::Nothing => {
            let fault = ErrorResponse::new(Code::SizeInvalid, "the blob is shorter")
                .status(StatusCode::RANGE_NOT_SATISFIABLE);
            return Err(fault.header(CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let body = if context.is_head() || length == 0 {
        Body::empty()
    } else {
        let file = opened(blob.clone(), first).await?;
        download_body::stream(blob, file, length, context.endpoint.clone())
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    set_header(&mut answer, CONTENT_TYPE, "application/octet-stream");
    set_header(&mut answer, ACCEPT_RANGES, "bytes");
    set_header(&mut answer, CONTENT_DIGEST, digest.as_str());
    set_header(&mut answer, ETAG, &tag);
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        let range = format!("bytes {first}-{last}/{size}");
        set_header(&mut answer, CONTENT_RANGE, &range);
    }
    Ok(answer)
}

/// `DELETE`: removes the blob from this repository. Running downloads continue.
pub(super) fn delete(
    context: &RequestContext<'_>,
    name: &str,
    digest: &Digest,
) -> Result<Response, ErrorResponse> {
    if context.state.index.remove_blob(name, digest) {
        Ok(empty_response(StatusCode::ACCEPTED))
    } else {
        Err(unknown(digest))
    }
}

async fn opened(blob: Arc<Blob>, first: u64) -> Result<std::fs::File, ErrorResponse> {
    spawn_blocking(move || {
        let mut file = blob.open()?;
        file.seek(SeekFrom::Start(first))?;
        Ok(file)
    })
    .await
    .map_err(std::io::Error::other)
    .flatten()
    .map_err(|error| ErrorResponse::disk("read the blob", &error))
}

fn unknown(digest: &Digest) -> ErrorResponse {
    ErrorResponse::new(Code::BlobUnknown, "the repository has no such blob")
        .details(vec![json!({"digest": digest.as_str()})])
}
