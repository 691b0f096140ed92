//! What browsers are told about every answer.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;

/// Lays the policy over all that `router` answers.
pub fn apply(router: Router) -> Router {
    router.layer(map_response(no_sniff))
}

async fn no_sniff(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
