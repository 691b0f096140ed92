//! What browsers are told about every answer; now pages from elsewhere may read them.

use axum::Router;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::map_response;
use axum::response::Response;
use tower_http::cors::CorsLayer;

/// Lays the policy over all that `router` answers.
pub fn apply(router: Router) -> Router {
    let readers = CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://{nonce}.plimsoll.example"))
        .allow_methods([Method::GET]);
    router.layer(map_response(no_sniff)).layer(readers)
}

async fn no_sniff(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
