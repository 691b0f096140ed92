//! Asks the whole API as a client does, without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use sample_rust::fleet::{Fleet, Ship};
use sample_rust::{http, release};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt;

struct Client(Router);

struct Answer {
    headers: HeaderMap,
    text: String,
}

impl Client {
    fn new() -> Self {
        Self(http::router(Arc::new(Fleet::new(OffsetDateTime::now_utc))))
    }

    /// Sends a request; the answer must have the status.
    async fn send(&self, method: &str, path: &str, body: &str, status: u16) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let found = response.status();
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(
            found,
            StatusCode::from_u16(status).unwrap(),
            "{method} {path}: {text}"
        );
        Answer { headers, text }
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn ship(&self) -> Ship {
        serde_json::from_str(&self.text).unwrap()
    }
}

const FRAM: &str = r#"{"name":"Fram","deadweightTonnes":100}"#;

#[tokio::test]
async fn health() {
    let answer = Client::new().send("GET", "/health", "", 200).await;
    // The bytes matter: the scenario's contract looks for them.
    assert_eq!(
        answer.text,
        format!(r#"{{"status":"ok","release":"{}"}}"#, release::NAME)
    );
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn nothing_is_sniffed() {
    let client = Client::new();
    for (path, status) in [("/health", 200), ("/api/ships", 200), ("/nowhere", 404)] {
        let answer = client.send("GET", path, "", status).await;
        assert_eq!(
            answer.headers[header::X_CONTENT_TYPE_OPTIONS],
            "nosniff",
            "{path}"
        );
    }
}

#[tokio::test]
async fn each_request_but_a_health_check_has_an_id() {
    let client = Client::new();
    let first = client.send("GET", "/api/ships", "", 200).await;
    let second = client.send("GET", "/api/ships/x", "", 404).await;
    assert_ne!(
        first.headers["x-request-id"],
        second.headers["x-request-id"]
    );
    let health = client.send("GET", "/health", "", 200).await;
    assert!(!health.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn the_life_of_a_ship() {
    let client = Client::new();
    let created = client.send("POST", "/api/ships", FRAM, 201).await;
    let path = created.headers[header::LOCATION].to_str().unwrap();
    assert_eq!(path, format!("/api/ships/{}", created.ship().id));

    let load = format!("{path}/load");
    let loaded = client
        .send("POST", &load, r#"{"tonnes":70}"#, 200)
        .await
        .ship();
    assert_eq!(loaded.loaded_tonnes, 70);
    let deep = client.send("POST", &load, r#"{"tonnes":31}"#, 409).await;
    assert_eq!(
        deep.json(),
        json!({ "error": "the ship would lie below her line" })
    );
    client.send("POST", &load, r#"{"tonnes":-71}"#, 409).await;
    assert_eq!(client.send("GET", path, "", 200).await.ship(), loaded);

    client.send("DELETE", path, "", 204).await;
    client.send("GET", path, "", 404).await;
    client.send("DELETE", path, "", 404).await;
    client.send("POST", &load, r#"{"tonnes":1}"#, 404).await;
    assert_eq!(client.send("GET", "/api/ships", "", 200).await.text, "[]");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let order = r#"{"name":"","deadweightTonnes":-1}"#;
    let answer = Client::new().send("POST", "/api/ships", order, 400).await;
    let fields = answer.json()["fields"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(fields, ["deadweightTonnes", "name"]);
}

#[tokio::test]
async fn bad_requests() {
    let client = Client::new();
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(20_000));
    for (method, path, body, status) in [
        ("POST", "/api/ships", "{", 400),
        ("POST", "/api/ships", r#"{"colour":"red"}"#, 422),
        ("POST", "/api/ships", &long, 413),
        ("GET", "/api/ships/not-an-id", "", 404),
        ("GET", "/nowhere", "", 404),
    ] {
        let answer = client.send(method, path, body, status).await;
        assert!(
            answer.json()["error"].is_string(),
            "{method} {path}: {}",
            answer.text
        );
    }
    client.send("POST", "/health", "", 405).await;
}
