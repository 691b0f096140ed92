//! Blobs: pulled, looked for, deleted.
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
use super::super::fault::{Code, Fault};
use super::super::outflow;
use super::super::range::{Wanted, wanted};
use super::{CONTENT_DIGEST, Call, bare, set, unchanged};
use crate::oci::Digest;

/// `GET` and `HEAD`, with ranges.
pub(super) async fn get(call: &Call<'_>, name: &str, digest: &Digest) -> Result<Response, Fault> {
    let blob = call.hall.index.blob(name, digest);
    let blob = blob.ok_or_else(|| unknown(digest))?;
    let size = blob.size();
    let tag = format!("\"{digest}\"");
    if call.holds(&tag) {
        return Ok(unchanged(digest, &tag));
    }
    // A part is wanted only of the content that the client has the rest of.
    let same = call.header(IF_RANGE).is_none_or(|held| held == tag);
    let asked = call.header(RANGE).filter(|_| same && !call.is_head());
    let (status, first, length) = match wanted(asked, size) {
        Wanted::All => (StatusCode::OK, 0, size),
        Wanted::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Nothing => {
            let fault = Fault::new(Code::SizeInvalid, "the blob is shorter")
                .status(StatusCode::RANGE_NOT_SATISFIABLE);
            return Err(fault.header(CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let body = if call.is_head() || length == 0 {
        Body::empty()
    } else {
        let file = opened(blob.clone(), first).await?;
        outflow::stream(blob, file, length, call.gate.clone())
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    set(&mut answer, CONTENT_TYPE, "application/octet-stream");
    set(&mut answer, ACCEPT_RANGES, "bytes");
    set(&mut answer, CONTENT_DIGEST, digest.as_str());
    set(&mut answer, ETAG, &tag);
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        let range = format!("bytes {first}-{last}/{size}");
        set(&mut answer, CONTENT_RANGE, &range);
    }
    Ok(answer)
}

/// `DELETE`: from this repository. A download that is under way goes on.
pub(super) fn delete(call: &Call<'_>, name: &str, digest: &Digest) -> Result<Response, Fault> {
    if call.hall.index.remove_blob(name, digest) {
        Ok(bare(StatusCode::ACCEPTED))
    } else {
        Err(unknown(digest))
    }
}

async fn opened(blob: Arc<Blob>, first: u64) -> Result<std::fs::File, Fault> {
    spawn_blocking(move || {
        let mut file = blob.open()?;
        file.seek(SeekFrom::Start(first))?;
        Ok(file)
    })
    .await
    .map_err(std::io::Error::other)
    .flatten()
    .map_err(|error| Fault::disk("read the blob", &error))
}

fn unknown(digest: &Digest) -> Fault {
    Fault::new(Code::BlobUnknown, "the repository has no such blob")
        .details(vec![json!({"digest": digest.as_str()})])
}
