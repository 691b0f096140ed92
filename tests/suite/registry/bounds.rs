//! Requests for missing content, forbidden methods, and paths outside the store.

use plimsoll::oci::Digest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Desk, is};

#[tokio::test]
async fn the_base_answers() {
    let desk = Desk::open();
    for path in ["/v2/", "/v2"] {
        let answer = desk.get(path).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused() {
    let desk = Desk::open();
    for path in [
        "/",
        "/v1/",
        "/v2/_catalogue",
        "/v2/a",
        "/v2/a/b/c",
        "/v2/tags/list",
    ] {
        is(&desk.get(path).await, 404, "UNSUPPORTED");
    }
    let digest = Digest::of(b"x");
    let blob = format!("/v2/a/blobs/{digest}");
    for (method, path, allowed) in [
        ("POST", "/v2/", "GET, HEAD"),
        ("PUT", blob.as_str(), "GET, HEAD, DELETE"),
        ("GET", "/v2/a/blobs/uploads/", "POST"),
        ("POST", "/v2/a/blobs/uploads/x", "GET, PATCH, PUT, DELETE"),
        ("PATCH", "/v2/a/manifests/x", "GET, HEAD, PUT, DELETE"),
        ("DELETE", "/v2/a/tags/list", "GET, HEAD"),
        ("OPTIONS", "/v2/a/tags/list", "GET, HEAD"),
    ] {
        let answer = desk.send(method, path, &[], b"").await;
        is(&answer, 405, "UNSUPPORTED");
        assert_eq!(answer.header("allow"), allowed);
    }
}

#[tokio::test]
async fn nothing_outside_of_the_store_is_read_or_written() {
    let desk = Desk::open();
    let digest = Digest::of(b"x").to_string();
    let long = "a/".repeat(3_000);
    let names = [
        "..",
        "../..",
        "%2e%2e",
        "%2e%2e%2f%2e%2e",
        "a/../b",
        "a%2f..%2fb",
        "/etc",
        "%2fetc",
        "a%00",
        "a//b",
        ".",
        "A",
        "a%ff",
        "a%5c..%5cb",
        long.as_str(),
    ];
    for name in names {
        for (method, path) in [
            ("GET", format!("/v2/{name}/blobs/{digest}")),
            ("POST", format!("/v2/{name}/blobs/uploads/?digest={digest}")),
            ("GET", format!("/v2/{name}/manifests/x")),
            ("PUT", format!("/v2/{name}/manifests/x")),
            ("GET", format!("/v2/{name}/tags/list")),
        ] {
            let answer = desk.send(method, &path, &[], b"x").await;
            assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
            answer.fault();
        }
    }
    for bad in [
        "sha256:..",
        "sha256:%2e%2e%2f",
        "..",
        "%00",
        "sha256%3a..%2f..%2fx",
    ] {
        for (method, path) in [
            ("GET", format!("/v2/a/blobs/{bad}")),
            ("DELETE", format!("/v2/a/blobs/{bad}")),
            ("GET", format!("/v2/a/manifests/{bad}")),
            ("PUT", format!("/v2/a/manifests/{bad}")),
            ("POST", format!("/v2/a/blobs/uploads/?digest={bad}")),
            ("PATCH", format!("/v2/a/blobs/uploads/{bad}")),
            ("PUT", format!("/v2/a/blobs/uploads/{bad}?digest={digest}")),
        ] {
            let answer = desk.send(method, &path, &[], b"x").await;
            assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
        }
    }
    assert_eq!(desk.files().len(), 0);
}

#[tokio::test]
async fn an_invalid_request_ends_only_its_connection() {
    let desk = Desk::open();
    for nonsense in [
        &b"\x16\x03\x01\x00\x05hello\r\n\r\n"[..],
        b"GET /v2/\0 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(desk.build).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"));
    }
    let mut stream = TcpStream::connect(desk.build).await.unwrap();
    let head = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(desk.get("/v2/").await.status, 200);
}
