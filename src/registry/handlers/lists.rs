//! Handlers for the lists of repositories, tags and referrers.
//!
//! Source: distribution specification, section "Content Discovery".

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, LINK};
use axum::response::Response;
use serde_json::json;

use super::super::manifest::INDEX;
use super::super::response_error::{Code, ErrorResponse};
use super::request_context::RequestContext;
use super::responses::{json as json_answer, set_header};
use crate::oci::Digest;

const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

/// The parameters `n` (page size) and `last` (the last name of the previous page).
fn page_parameters<'a>(
    context: &'a RequestContext<'_>,
) -> Result<(usize, Option<&'a str>), ErrorResponse> {
    let most = match context.parameters.get("n") {
        None => usize::MAX,
        Some(text) => text.parse().map_err(|_| {
            ErrorResponse::new(Code::Unsupported, "`n` is not a number")
                .status(StatusCode::BAD_REQUEST)
        })?,
    };
    let last = context
        .parameters
        .get("last")
        .filter(|last| !last.is_empty());
    Ok((most, last))
}

/// All repositories, or one page of them. Source: Docker Registry HTTP API V2, "Catalog"; the
/// distribution specification does not define it.
pub(super) fn catalog(context: &RequestContext<'_>) -> Result<Response, ErrorResponse> {
    let (most, last) = page_parameters(context)?;
    let (page, more) = context.state.index.repositories(last, most);
    let mut answer = json_answer(json!({"repositories": page}).to_string());
    if let (true, Some(last)) = (more, page.last()) {
        let next = format!("</v2/_catalog?n={most}&last={last}>; rel=\"next\"");
        set_header(&mut answer, LINK, &next);
    }
    Ok(answer)
}

/// All tags in byte order, or one page of them.
pub(super) fn tags(context: &RequestContext<'_>, name: &str) -> Result<Response, ErrorResponse> {
    let (most, last) = page_parameters(context)?;
    let (page, more) =
        context.state.index.tags(name, last, most).ok_or_else(|| {
            ErrorResponse::new(Code::NameUnknown, "the repository does not exist")
        })?;
    let mut answer = json_answer(json!({"name": name, "tags": page}).to_string());
    // An empty page has no last tag and no next page.
    if let (true, Some(last)) = (more, page.last()) {
        let next = format!("</v2/{name}/tags/list?n={most}&last={last}>; rel=\"next\"");
        set_header(&mut answer, LINK, &next);
    }
    Ok(answer)
}

/// An index of the manifests with this subject; never a 404.
pub(super) fn referrers(
    context: &RequestContext<'_>,
    name: &str,
    subject: &Digest,
) -> Result<Response, ErrorResponse> {
    let filter = context
        .parameters
        .get("artifactType")
        .filter(|of| !of.is_empty());
    let manifests = context.state.index.referrers(name, subject, filter);
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let mut answer = json_answer(index.to_string());
    set_header(&mut answer, CONTENT_TYPE, INDEX);
    if filter.is_some() {
        set_header(&mut answer, FILTERS, "artifactType");
    }
    Ok(answer)
}
