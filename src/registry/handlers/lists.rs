//! Lists of tags and of referrers.
//!
//! Source: distribution specification, section "Content Discovery".

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, LINK};
use axum::response::Response;
use serde_json::json;

use super::super::fault::{Code, Fault};
use super::super::manifest::INDEX;
use super::{Call, json as json_answer, set};
use crate::oci::Digest;

const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

/// `n` and `last`: how many names, and those after which.
fn asked_page<'a>(call: &'a Call<'_>) -> Result<(usize, Option<&'a str>), Fault> {
    let most = match call.parameters.get("n") {
        None => usize::MAX,
        Some(text) => text.parse().map_err(|_| {
            Fault::new(Code::Unsupported, "`n` is no number").status(StatusCode::BAD_REQUEST)
        })?,
    };
    let last = call.parameters.get("last").filter(|last| !last.is_empty());
    Ok((most, last))
}

/// Repositories, all or by pages.
/// Source: Docker Registry HTTP API V2, "Catalog"; the distribution specification has none.
pub(super) fn catalog(call: &Call<'_>) -> Result<Response, Fault> {
    let (most, last) = asked_page(call)?;
    let (page, more) = call.hall.index.repositories(last, most);
    let mut answer = json_answer(json!({"repositories": page}).to_string());
    if let (true, Some(last)) = (more, page.last()) {
        let next = format!("</v2/_catalog?n={most}&last={last}>; rel=\"next\"");
        set(&mut answer, LINK, &next);
    }
    Ok(answer)
}

/// Tags in the order of their bytes, all or by pages.
pub(super) fn tags(call: &Call<'_>, name: &str) -> Result<Response, Fault> {
    let (most, last) = asked_page(call)?;
    let (page, more) = call
        .hall
        .index
        .tags(name, last, most)
        .ok_or_else(|| Fault::new(Code::NameUnknown, "there is no such repository"))?;
    let mut answer = json_answer(json!({"name": name, "tags": page}).to_string());
    // A page of nothing has no last tag, and no next page.
    if let (true, Some(last)) = (more, page.last()) {
        let next = format!("</v2/{name}/tags/list?n={most}&last={last}>; rel=\"next\"");
        set(&mut answer, LINK, &next);
    }
    Ok(answer)
}

/// An index of the manifests that have this subject; never a 404.
pub(super) fn referrers(call: &Call<'_>, name: &str, subject: &Digest) -> Result<Response, Fault> {
    let filter = call
        .parameters
        .get("artifactType")
        .filter(|of| !of.is_empty());
    let manifests = call.hall.index.referrers(name, subject, filter);
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let mut answer = json_answer(index.to_string());
    set(&mut answer, CONTENT_TYPE, INDEX);
    if filter.is_some() {
        set(&mut answer, FILTERS, "artifactType");
    }
    Ok(answer)
}
