//! Error responses of the protocol.
//!
//! Source: distribution specification, section "Error Codes".

use std::io;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The identifier of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unsupported,
    TooManyRequests,
    /// Docker's code for a server error; the specification has none.
    Unknown,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Unsupported => "UNSUPPORTED",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The default status of the code.
    fn status(self) -> StatusCode {
        match self {
            Self::BlobUnknown
            | Self::BlobUploadUnknown
            | Self::ManifestBlobUnknown
            | Self::ManifestUnknown
            | Self::NameUnknown => StatusCode::NOT_FOUND,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// An error response.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    status: StatusCode,
    code: Code,
    message: String,
    details: Vec<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ErrorResponse {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            status: code.status(),
            code,
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds one error to the response for each detail.
    pub(super) fn details(mut self, details: Vec<Value>) -> Self {
        self.details = details;
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// A failed read or write of a file.
    pub(super) fn disk(what: &str, error: &io::Error) -> Self {
        let full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        let fault = Self::new(Code::Unknown, format!("failed to {what}: {error}"));
        if full {
            fault.status(StatusCode::INSUFFICIENT_STORAGE)
        } else {
            fault
        }
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(mut self) -> Response {
        if self.details.is_empty() {
            self.details.push(Value::Null);
        }
        let errors: Vec<_> = self
            .details
            .into_iter()
            .map(|detail| {
                let mut error = json!({"code": self.code.name(), "message": self.message});
                if !detail.is_null() {
                    error["detail"] = detail;
                }
                error
            })
            .collect();
        let text = json!({ "errors": errors }).to_string();
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.extend(self.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
        *answer.body_mut() = Body::from(text);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_body_has_the_form_of_the_specification() {
        let fault =
            ErrorResponse::new(Code::BlobUnknown, "no blob").details(vec![json!({"digest": "d"})]);
        let answer = fault.into_response();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let body = axum::body::to_bytes(answer.into_body(), 1000)
            .await
            .unwrap();
        let value: Value = serde_json::from_slice(&body).unwrap();
        let expected = json!({"errors": [
            {"code": "BLOB_UNKNOWN", "message": "no blob", "detail": {"digest": "d"}}
        ]});
        assert_eq!(value, expected);
    }

    #[test]
    fn a_full_disk_is_a_server_error() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let answer = ErrorResponse::disk("store the blob", &full).into_response();
        assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    }
}
