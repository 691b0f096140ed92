//! A request as the handlers see it.

use std::sync::Arc;

use axum::http::Method;
use axum::http::header::{HeaderName, IF_NONE_MATCH};
use axum::http::request::Parts;

use super::super::endpoint::EndpointState;
use super::super::route::Parameters;
use super::super::state::ServerState;

/// A request without its body, and the state that handlers need.
pub(super) struct RequestContext<'a> {
    pub(super) state: &'a Arc<ServerState>,
    pub(super) endpoint: &'a Arc<EndpointState>,
    pub(super) head: &'a Parts,
    pub(super) parameters: Parameters,
}

impl RequestContext<'_> {
    /// The text of a header.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Whether the client already has the content with this ETag.
    /// Source: RFC 9110, section 13.1.2.
    pub(super) fn holds(&self, tag: &str) -> bool {
        let lists = self.head.headers.get_all(IF_NONE_MATCH).iter();
        let mut tags = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','));
        tags.any(|held| {
            let held = held.trim();
            held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag
        })
    }

    pub(super) fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }
}
