//! Blobs: pushed and mounted.
//!
//! Source: distribution specification, sections "Pushing blobs", "Cancel a blob
//! upload" and "Mounting a blob from another repository".

use axum::body::Body;
use axum::http::header::{CONTENT_RANGE, HeaderName, LOCATION, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::super::blob::{Draft, Refusal};
use super::super::fault::{Code, Fault};
use super::super::intake;
use super::super::range::chunk as read_chunk;
use super::super::route::{algorithm, digest as read_digest};
use super::super::sessions::Taken;
use super::{Call, bare, created, set};
use crate::oci::{Digest, is_repository};

/// Docker's name of a session.
const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// `POST`: a mount, a whole blob, or a session.
pub(super) async fn begin(call: &Call<'_>, name: &str, body: &mut Body) -> Result<Response, Fault> {
    let parameters = &call.parameters;
    if let Some(text) = parameters.get("mount") {
        let digest = read_digest(text)?;
        let from = parameters.get("from").filter(|from| !from.is_empty());
        let may_be = from.is_none_or(is_repository);
        if may_be && call.hall.index.mount(from, name, &digest) {
            return Ok(created(&path_of(name, &digest), &digest));
        }
    } else if let Some(text) = parameters.get("digest") {
        let digest = read_digest(text)?;
        let draft = draft(call, digest.algorithm())?;
        let draft = intake::absorb(body, draft, call.gate, None).await?;
        return settle(call, name, draft, digest).await;
    }
    let by = parameters.get("digest-algorithm").unwrap_or("sha256");
    let offered = parameters.get("mount").is_some();
    let id = call.hall.sessions.begin(name, draft(call, by)?, offered)?;
    Ok(going_on(StatusCode::ACCEPTED, name, &id, 0))
}

/// `GET`: how far it has come.
pub(super) fn status(call: &Call<'_>, name: &str, id: &str) -> Result<Response, Fault> {
    let size = call.hall.sessions.size(name, id)?;
    Ok(going_on(StatusCode::NO_CONTENT, name, id, size))
}

/// `PATCH`: the next chunk.
pub(super) async fn chunk(
    call: &Call<'_>,
    name: &str,
    id: &str,
    body: &mut Body,
) -> Result<Response, Fault> {
    let mut taken = call.hall.sessions.take(name, id)?;
    let length = match in_order(&call.head.headers, taken.size()) {
        Ok(length) => length,
        Err(fault) => return Err(kept(taken, name, id, fault)),
    };
    let draft = intake::absorb(body, taken.draft()?, call.gate, length).await?;
    let size = draft.size();
    taken.give_back(draft)?;
    Ok(going_on(StatusCode::ACCEPTED, name, id, size))
}

/// `PUT`: the end, with the last chunk, the whole blob, or nothing.
pub(super) async fn end(
    call: &Call<'_>,
    name: &str,
    id: &str,
    body: &mut Body,
) -> Result<Response, Fault> {
    let mut taken = call.hall.sessions.take(name, id)?;
    let announced = call.parameters.get("digest").ok_or_else(|| {
        Fault::new(
            Code::DigestInvalid,
            "the last request of an upload names its digest",
        )
    });
    let checked = announced
        .and_then(read_digest)
        .and_then(|digest| Ok((digest, in_order(&call.head.headers, taken.size())?)));
    let (digest, length) = match checked {
        Ok(checked) => checked,
        Err(fault) => return Err(kept(taken, name, id, fault)),
    };
    let mut draft = taken.draft()?;
    draft.hash_by(algorithm(digest.algorithm())?);
    let draft = intake::absorb(body, draft, call.gate, length).await?;
    settle(call, name, draft, digest).await
}

/// `DELETE`: nothing of it stays.
pub(super) fn cancel(call: &Call<'_>, name: &str, id: &str) -> Result<Response, Fault> {
    call.hall.sessions.cancel(name, id)?;
    Ok(bare(StatusCode::NO_CONTENT))
}

fn draft(call: &Call<'_>, by: &str) -> Result<Draft, Fault> {
    Ok(Draft::new(call.hall.store.clone(), algorithm(by)?))
}

async fn settle(
    call: &Call<'_>,
    name: &str,
    draft: Draft,
    digest: Digest,
) -> Result<Response, Fault> {
    let size = draft.size();
    let expected = digest.clone();
    let settled = spawn_blocking(move || draft.settle(&expected))
        .await
        .map_err(|error| Refusal::Disk(std::io::Error::other(error)))
        .flatten();
    let blob = settled.map_err(|refusal| match refusal {
        Refusal::Mismatch(found) => {
            Fault::new(Code::DigestInvalid, "the content has another digest").details(vec![
                json!({"announced": digest.as_str(), "found": found.as_str()}),
            ])
        }
        Refusal::Disk(error) => Fault::disk("store the blob", &error),
    })?;
    call.hall.index.add(name, blob);
    call.gate.ledger.received(&digest, size);
    Ok(created(&path_of(name, &digest), &digest))
}

/// Checks that the chunk follows what is there, and gives its length where that is said.
fn in_order(headers: &HeaderMap, size: u64) -> Result<Option<u64>, Fault> {
    let Some(header) = headers.get(CONTENT_RANGE) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default();
    let (first, last) = read_chunk(text).ok_or_else(|| {
        let why = "a chunk's Content-Range is `first-last`";
        Fault::new(Code::BlobUploadInvalid, why)
    })?;
    if first != size {
        let why = format!("the upload has {size} bytes, the chunk begins at {first}");
        return Err(
            Fault::new(Code::BlobUploadInvalid, why).status(StatusCode::RANGE_NOT_SATISFIABLE)
        );
    }
    Ok(Some(last - first + 1))
}

/// A request that was refused before its body was read changes nothing.
fn kept(mut taken: Taken, name: &str, id: &str, fault: Fault) -> Fault {
    let size = taken.size();
    let back = taken.draft().and_then(|draft| taken.give_back(draft));
    back.err().unwrap_or_else(|| {
        fault
            .header(LOCATION, &session_path(name, id))
            .header(RANGE, &so_far(size))
    })
}

fn going_on(status: StatusCode, name: &str, id: &str, size: u64) -> Response {
    let mut answer = bare(status);
    set(&mut answer, LOCATION, &session_path(name, id));
    set(&mut answer, RANGE, &so_far(size));
    set(&mut answer, UPLOAD_ID, id);
    answer
}

/// The last byte is included, so nothing and one byte look alike.
fn so_far(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

fn session_path(name: &str, id: &str) -> String {
    format!("/v2/{name}/blobs/uploads/{id}")
}

fn path_of(name: &str, digest: &Digest) -> String {
    format!("/v2/{name}/blobs/{digest}")
}
