//! Pulls, existence checks and deletions of blobs.

use http_body_util::BodyExt;
use plimsoll::oci::Digest;

use super::client::{Desk, ask, content, is};

#[tokio::test]
async fn a_blob_is_served_with_the_expected_headers() {
    let desk = Desk::open();
    let blob = content(1, 300_000);
    let digest = desk.push("a/b", &blob).await;
    let path = format!("/v2/a/b/blobs/{digest}");
    for method in ["GET", "HEAD"] {
        let answer = desk.send(method, &path, &[], b"").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-length"), "300000");
        assert_eq!(answer.header("docker-content-digest"), digest);
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("accept-ranges"), "bytes");
        let expected = if method == "GET" { &blob[..] } else { b"" };
        assert!(answer.body == expected);
    }
    let escaped = path.replace(':', "%3A");
    assert_eq!(desk.get(&escaped).await.body, blob);
}

#[tokio::test]
async fn blobs_belong_to_their_repository_only() {
    let desk = Desk::open();
    let digest = desk.push("a", b"x").await;
    assert_eq!(desk.get(&format!("/v2/a/blobs/{digest}")).await.status, 200);
    is(
        &desk.get(&format!("/v2/b/blobs/{digest}")).await,
        404,
        "BLOB_UNKNOWN",
    );
    let missing = Digest::of(b"y");
    let answer = desk.get(&format!("/v2/a/blobs/{missing}")).await;
    is(&answer, 404, "BLOB_UNKNOWN");
    let detail = &answer.json()["errors"][0]["detail"];
    assert_eq!(detail["digest"], missing.as_str());
    is(
        &desk.get("/v2/a/blobs/sha256:abc").await,
        400,
        "DIGEST_INVALID",
    );
    let head = desk
        .send("HEAD", &format!("/v2/a/blobs/{missing}"), &[], b"")
        .await;
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[tokio::test]
async fn ranges_are_parts_of_the_blob() {
    let desk = Desk::open();
    let blob = content(2, 1_000_000);
    let digest = desk.push("a", &blob).await;
    let path = format!("/v2/a/blobs/{digest}");
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=999999-", 999_999, 999_999),
        ("bytes=600000-2000000", 600_000, 999_999),
        ("bytes=-5", 999_995, 999_999),
        ("bytes=-2000000", 0, 999_999),
    ] {
        let answer = desk.send("GET", &path, &[("range", range)], b"").await;
        assert_eq!(answer.status, 206, "{range}");
        let expected = format!("bytes {first}-{last}/1000000");
        assert_eq!(answer.header("content-range"), expected);
        assert!(answer.body == blob[first..=last], "{range}");
    }
    for range in ["bytes=1000000-", "bytes=-0", "bytes=5-2"] {
        let answer = desk.send("GET", &path, &[("range", range)], b"").await;
        is(&answer, 416, "SIZE_INVALID");
        assert_eq!(answer.header("content-range"), "bytes */1000000");
    }
    for range in ["bytes=0-1,5-6", "lines=0-1", "bytes=x-y"] {
        let answer = desk.send("GET", &path, &[("range", range)], b"").await;
        assert_eq!((answer.status, answer.body.len()), (200, blob.len()));
    }
}

#[tokio::test]
async fn a_range_of_other_content_is_not_served() {
    let desk = Desk::open();
    let digest = desk.push("a", b"abcdef").await;
    let path = format!("/v2/a/blobs/{digest}");
    for (held, status) in [
        (format!("\"{digest}\""), 206),
        ("\"other\"".to_owned(), 200),
    ] {
        let headers = [("range", "bytes=0-1"), ("if-range", held.as_str())];
        let answer = desk.send("GET", &path, &headers, b"").await;
        assert_eq!(answer.status, status, "{held}");
    }
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let desk = Desk::open();
    let digest = desk.push("a", b"").await;
    let answer = desk.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), "0");
}

#[tokio::test]
async fn a_deleted_blob_is_removed_and_its_file_with_the_last_repository() {
    let desk = Desk::open();
    let digest = desk.push("a", b"x").await;
    let path = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    assert_eq!(desk.send("POST", &path, &[], b"").await.status, 201);
    assert_eq!(desk.files().len(), 1);
    let path = format!("/v2/a/blobs/{digest}");
    assert_eq!(desk.send("DELETE", &path, &[], b"").await.status, 202);
    is(
        &desk.send("DELETE", &path, &[], b"").await,
        404,
        "BLOB_UNKNOWN",
    );
    is(&desk.get(&path).await, 404, "BLOB_UNKNOWN");
    let other = format!("/v2/b/blobs/{digest}");
    assert_eq!(desk.get(&other).await.body, b"x");
    assert_eq!(desk.send("DELETE", &other, &[], b"").await.status, 202);
    desk.files_become(0).await;
}

#[tokio::test]
async fn a_download_continues_when_its_blob_is_deleted() {
    let desk = Desk::open();
    // Larger than the socket buffers.
    let blob = content(3, 30_000_000);
    let digest = desk.push("a", &blob).await;
    let path = format!("/v2/a/blobs/{digest}");
    let answer = ask(desk.build, "GET", &path, &[], b"").await;
    assert_eq!(desk.send("DELETE", &path, &[], b"").await.status, 202);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(body == blob);
    desk.files_become(0).await;
}
