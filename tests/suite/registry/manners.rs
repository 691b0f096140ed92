//! Unusual clients: half-closed connections, slow headers, mounts of missing blobs, conditional
//! requests, and lists of repositories.

use std::time::Duration;

use plimsoll::oci::Digest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Desk, content};

/// Sends a text, closes the sending half, and reads to the end.
async fn spoken(desk: &Desk, text: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(desk.build).await.unwrap();
    stream.write_all(text).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

async fn push(desk: &Desk, name: &str, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
    let answer = spoken(desk, &request("POST", &path, "", bytes)).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 201"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    digest
}

#[tokio::test]
async fn a_client_that_closes_its_sending_half_gets_the_whole_body() {
    let desk = Desk::open();
    let bytes = content(1, 3_000_000);
    let digest = push(&desk, "a", &bytes).await;
    let path = format!("/v2/a/blobs/{digest}");
    let answer = spoken(&desk, &request("GET", &path, "", b"")).await;
    assert!(answer.ends_with(&bytes), "{} bytes", answer.len());
}

#[tokio::test]
async fn failed_mounts_do_not_block_uploads() {
    let desk = Desk::open();
    for number in 0..600_u32 {
        let digest = Digest::of(&number.to_le_bytes());
        let path = format!("/v2/a/blobs/uploads/?mount={digest}&from=b");
        let answer = spoken(&desk, &request("POST", &path, "", b"")).await;
        assert!(
            answer.starts_with(b"HTTP/1.1 202"),
            "{number}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
    let answer = spoken(&desk, &request("POST", "/v2/a/blobs/uploads/", "", b"")).await;
    assert!(answer.starts_with(b"HTTP/1.1 202"));
    push(&desk, "a", b"whole").await;
}

#[tokio::test]
async fn content_that_a_client_has_is_not_sent_again() {
    let desk = Desk::open();
    let digest = push(&desk, "a", b"held").await;
    let path = format!("/v2/a/blobs/{digest}");
    for held in [
        format!("\"{digest}\""),
        format!("\"x\", W/\"{digest}\""),
        "*".to_owned(),
    ] {
        let header = format!("if-none-match: {held}\r\n");
        let answer = spoken(&desk, &request("GET", &path, &header, b"")).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 304") && !answer.ends_with("held"),
            "{answer}"
        );
        assert!(answer.contains("etag: "), "{answer}");
    }
    let answer = spoken(
        &desk,
        &request("GET", &path, "if-none-match: \"x\"\r\n", b""),
    )
    .await;
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"held"));
}

#[tokio::test]
async fn repositories_are_listed_in_pages() {
    let desk = Desk::open();
    assert_eq!(
        desk.get("/v2/_catalog").await.json()["repositories"],
        serde_json::json!([])
    );
    for name in ["b/c", "a", "d"] {
        push(&desk, name, b"x").await;
    }
    let all = desk.get("/v2/_catalog").await;
    assert_eq!(
        all.json()["repositories"],
        serde_json::json!(["a", "b/c", "d"])
    );
    let page = desk.get("/v2/_catalog?n=1&last=a").await;
    assert_eq!(page.json()["repositories"], serde_json::json!(["b/c"]));
    assert_eq!(
        page.header("link"),
        "</v2/_catalog?n=1&last=b/c>; rel=\"next\""
    );
}

#[tokio::test(start_paused = true)]
async fn incomplete_headers_time_out() {
    let desk = Desk::open();
    let mut stream = TcpStream::connect(desk.build).await.unwrap();
    stream
        .write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n")
        .await
        .unwrap();
    let begun = tokio::time::Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert!(
        begun.elapsed() >= Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}
