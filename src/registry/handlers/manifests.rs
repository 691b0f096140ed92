//! Manifests: pulled, pushed, deleted.
//!
//! Source: distribution specification, sections "Pulling manifests", "Pushing
//! Manifests", "Pushing Manifests with Subject" and "Content Management".

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::super::fault::{Code, Fault};
use super::super::intake;
use super::super::manifest::Manifest;
use super::super::route::Reference;
use super::{CONTENT_DIGEST, Call, bare, created, set, unchanged};
use crate::oci::is_tag;

/// Largest manifest. The specification asks for four megabytes at least.
const MOST_BYTES: usize = 4 << 20;
/// Most tags of one push; the specification asks for ten at least.
const MOST_TAGS: usize = 100;

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// `GET` and `HEAD`: the raw bytes with the type that they came with.
pub(super) async fn get(call: &Call<'_>, name: &str, by: &Reference) -> Result<Response, Fault> {
    let found = call.hall.index.manifest(name, by);
    let manifest = found.ok_or_else(unknown)?;
    let tag = format!("\"{}\"", manifest.digest);
    if call.holds(&tag) {
        return Ok(unchanged(&manifest.digest, &tag));
    }
    let length = manifest.bytes.len();
    let body = if call.is_head() {
        Body::empty()
    } else {
        call.gate.down.flow().carry(length).await;
        Body::from(manifest.bytes.clone())
    };
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    set(&mut answer, CONTENT_TYPE, &manifest.media_type);
    set(&mut answer, CONTENT_DIGEST, manifest.digest.as_str());
    set(&mut answer, ETAG, &tag);
    Ok(answer)
}

/// `PUT`, by a tag, or by the digest with any tags as parameters.
pub(super) async fn put(
    call: &Call<'_>,
    name: &str,
    by: &Reference,
    body: &mut Body,
) -> Result<Response, Fault> {
    let (digest, tags) = match by {
        Reference::Tag(tag) => (None, vec![tag.clone()]),
        Reference::Digest(digest) => (Some(digest), call.parameters.all("tag")),
        Reference::Malformed(tag) => return Err(no_tag(tag)),
    };
    if let Some(tag) = tags.iter().find(|tag| !is_tag(tag)) {
        return Err(no_tag(tag));
    }
    if tags.len() > MOST_TAGS {
        let why = format!("a push has {MOST_TAGS} tags at most");
        return Err(Fault::new(Code::Unsupported, why).status(StatusCode::URI_TOO_LONG));
    }
    let announced = call
        .header(CONTENT_LENGTH)
        .and_then(|text| text.parse().ok());
    if announced.is_some_and(|length: u64| length > MOST_BYTES as u64) {
        return Err(intake::too_large(MOST_BYTES));
    }
    let bytes = intake::collect(body, call.gate, MOST_BYTES).await?;
    let manifest = Manifest::of(call.header(CONTENT_TYPE), bytes, digest)?;
    let stored = manifest.digest.clone();
    let subject = manifest.subject().map(str::to_owned);
    call.hall.index.put(name, manifest, &tags)?;
    let mut answer = created(&format!("/v2/{name}/manifests/{stored}"), &stored);
    if let Some(subject) = subject {
        set(&mut answer, SUBJECT, &subject);
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

/// `DELETE`: a tag; or by the digest the manifest with its tags.
pub(super) fn delete(call: &Call<'_>, name: &str, by: &Reference) -> Result<Response, Fault> {
    if call.hall.index.remove_manifest(name, by) {
        Ok(bare(StatusCode::ACCEPTED))
    } else {
        Err(unknown())
    }
}

fn unknown() -> Fault {
    Fault::new(Code::ManifestUnknown, "the repository has no such manifest")
}

fn no_tag(text: &str) -> Fault {
    let why = format!("`{}` is no tag", text.escape_default());
    Fault::new(Code::ManifestInvalid, why)
}
