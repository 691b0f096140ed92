//! Pushes of blobs in every form, mounts, and broken uploads.

use std::time::Duration;

use futures_util::future::join_all;
use plimsoll::oci::{Digest, Hasher};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Desk, content, is};

async fn stored(desk: &Desk, repository: &str, blob: &[u8], answer: &super::client::Answer) {
    let digest = Digest::of(blob).to_string();
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("docker-content-digest"), digest);
    let location = format!("/v2/{repository}/blobs/{digest}");
    assert_eq!(answer.header("location"), location);
    assert!(desk.get(&location).await.body == blob);
}

#[tokio::test]
async fn a_blob_is_pushed_with_the_last_request() {
    let desk = Desk::open();
    let blob = content(1, 3_000_000);
    let location = desk.begin("a/b").await;
    let digest = Digest::of(&blob).to_string().replace(':', "%3A");
    let answer = desk
        .send("PUT", &format!("{location}?digest={digest}"), &[], &blob)
        .await;
    stored(&desk, "a/b", &blob, &answer).await;
    is(&desk.get(&location).await, 404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_pushed_in_chunks_with_and_without_ranges() {
    let desk = Desk::open();
    let blob = content(2, 2_500_000);
    for with_ranges in [false, true] {
        let location = desk.begin("a").await;
        let mut at = 0;
        for chunk in blob[..2_000_000].chunks(700_000) {
            let range = format!("{at}-{}", at + chunk.len() - 1);
            let headers = [("content-range", range.as_str())];
            let headers = if with_ranges { &headers[..] } else { &[] };
            let answer = desk.send("PATCH", &location, headers, chunk).await;
            at += chunk.len();
            assert_eq!(answer.status, 202);
            assert_eq!(answer.header("range"), format!("0-{}", at - 1));
            assert_eq!(answer.header("location"), location);
            let status = desk.get(&location).await;
            assert_eq!((status.status, status.body.len()), (204, 0));
            assert_eq!(status.header("range"), format!("0-{}", at - 1));
        }
        let path = format!("{location}?digest={}", Digest::of(&blob));
        let range = format!("{at}-{}", blob.len() - 1);
        let headers = [("content-range", range.as_str())];
        let answer = desk.send("PUT", &path, &headers, &blob[at..]).await;
        stored(&desk, "a", &blob, &answer).await;
    }
    desk.files_become(1).await;
}

#[tokio::test]
async fn chunks_out_of_order_are_refused_and_the_session_stays() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    let late = desk
        .send("PATCH", &location, &[("content-range", "3-5")], b"def")
        .await;
    is(&late, 416, "BLOB_UPLOAD_INVALID");
    assert_eq!(late.header("location"), location);
    let path = format!("{location}?digest={}", Digest::of(b"abcdef"));
    let first = desk
        .send("PATCH", &location, &[("content-range", "0-2")], b"abc")
        .await;
    assert_eq!((first.status, first.header("range")), (202, "0-2"));
    let again = desk
        .send("PATCH", &location, &[("content-range", "0-2")], b"abc")
        .await;
    is(&again, 416, "BLOB_UPLOAD_INVALID");
    assert_eq!(again.header("range"), "0-2");
    let last = desk
        .send("PUT", &path, &[("content-range", "4-6")], b"def")
        .await;
    is(&last, 416, "BLOB_UPLOAD_INVALID");
    let odd = desk
        .send("PATCH", &location, &[("content-range", "x")], b"def")
        .await;
    is(&odd, 400, "BLOB_UPLOAD_INVALID");
    let answer = desk
        .send("PUT", &path, &[("content-range", "3-5")], b"def")
        .await;
    stored(&desk, "a", b"abcdef", &answer).await;
}

#[tokio::test]
async fn a_chunk_of_the_wrong_length_ends_the_upload() {
    let desk = Desk::open();
    for body in [&b"ab"[..], b"abcd"] {
        let location = desk.begin("a").await;
        let answer = desk
            .send("PATCH", &location, &[("content-range", "0-2")], body)
            .await;
        is(&answer, 400, "SIZE_INVALID");
        is(&desk.get(&location).await, 404, "BLOB_UPLOAD_UNKNOWN");
    }
    desk.files_become(0).await;
}

#[tokio::test]
async fn a_wrong_digest_leaves_no_file() {
    let desk = Desk::open();
    let other = Digest::of(b"other");
    let whole = format!("/v2/a/blobs/uploads/?digest={other}");
    let answer = desk.send("POST", &whole, &[], b"abc").await;
    is(&answer, 400, "DIGEST_INVALID");
    let detail = &answer.json()["errors"][0]["detail"];
    assert_eq!(detail["found"], Digest::of(b"abc").as_str());
    let location = desk.begin("a").await;
    let path = format!("{location}?digest={other}");
    is(
        &desk.send("PUT", &path, &[], b"abc").await,
        400,
        "DIGEST_INVALID",
    );
    is(&desk.get(&location).await, 404, "BLOB_UPLOAD_UNKNOWN");
    desk.files_become(0).await;
    is(&desk.get("/v2/a/tags/list").await, 404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn completion_without_a_valid_digest_is_refused_and_can_be_repeated() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    for query in [
        "",
        "?digest=abc",
        "?digest=md5:00000000000000000000000000000000",
    ] {
        let answer = desk
            .send("PUT", &format!("{location}{query}"), &[], b"")
            .await;
        is(&answer, 400, "DIGEST_INVALID");
    }
    let path = format!("{location}?digest={}", Digest::of(b"abc"));
    let answer = desk.send("PUT", &path, &[], b"abc").await;
    stored(&desk, "a", b"abc", &answer).await;
}

#[tokio::test]
async fn sha512_is_taken_whenever_it_is_announced() {
    let desk = Desk::open();
    let mut hasher = Hasher::of("sha512").unwrap();
    hasher.update(b"abcdef");
    let digest = hasher.finish();
    for (begin, first) in [
        ("/v2/a/blobs/uploads/?digest-algorithm=sha512", &b"abc"[..]),
        ("/v2/b/blobs/uploads/", b"abc"),
        ("/v2/c/blobs/uploads/", b""),
    ] {
        let begun = desk.send("POST", begin, &[], b"").await;
        let location = begun.header("location").to_owned();
        let answer = desk.send("PATCH", &location, &[], first).await;
        assert_eq!(answer.status, 202);
        let path = format!("{location}?digest={digest}");
        let answer = desk
            .send("PUT", &path, &[], &b"abcdef"[first.len()..])
            .await;
        assert_eq!(answer.status, 201, "{begin}: {answer:?}");
    }
    let md5 = "/v2/a/blobs/uploads/?digest-algorithm=md5";
    is(
        &desk.send("POST", md5, &[], b"").await,
        400,
        "DIGEST_INVALID",
    );
}

#[tokio::test]
async fn a_cancelled_upload_leaves_no_file() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    desk.send("PATCH", &location, &[], b"abc").await;
    assert_eq!(desk.files().len(), 1);
    let answer = desk.send("DELETE", &location, &[], b"").await;
    assert_eq!(answer.status, 204);
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        let answer = desk.send(method, &location, &[], b"").await;
        is(&answer, 404, "BLOB_UPLOAD_UNKNOWN");
    }
    let elsewhere = desk.begin("a").await.replace("/v2/a/", "/v2/b/");
    is(&desk.get(&elsewhere).await, 404, "BLOB_UPLOAD_UNKNOWN");
    desk.files_become(0).await;
}

#[tokio::test]
async fn a_blob_is_mounted_or_an_upload_begins() {
    let desk = Desk::open();
    let digest = desk.push("a", b"abc").await;
    let post = async |query: String| {
        let path = format!("/v2/b/blobs/uploads/?{query}");
        desk.send("POST", &path, &[], b"").await
    };
    let escaped = digest.replace(':', "%3A");
    for from in ["c", "..", "A", "a%2f..%2f.."] {
        let answer = post(format!("mount={escaped}&from={from}")).await;
        assert_eq!(answer.status, 202, "{from}");
        assert!(
            answer
                .header("location")
                .starts_with("/v2/b/blobs/uploads/")
        );
    }
    let unknown = Digest::of(b"unknown");
    assert_eq!(post(format!("mount={unknown}&from=a")).await.status, 202);
    is(
        &post("mount=abc&from=a".to_owned()).await,
        400,
        "DIGEST_INVALID",
    );
    let answer = post(format!("mount={escaped}&from=a")).await;
    stored(&desk, "b", b"abc", &answer).await;
    let path = format!("/v2/d/blobs/uploads/?mount={digest}");
    let answer = desk.send("POST", &path, &[], b"").await;
    stored(&desk, "d", b"abc", &answer).await;
    assert_eq!(desk.files().len(), 1);
}

#[tokio::test]
async fn an_upload_of_a_disconnected_client_leaves_no_file() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    for method in ["PATCH", "PUT"] {
        let location = if method == "PUT" {
            format!("{}?digest={}", desk.begin("a").await, Digest::of(b"x"))
        } else {
            location.clone()
        };
        let mut stream = TcpStream::connect(desk.build).await.unwrap();
        let head =
            format!("{method} {location} HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&content(1, 2_000_000)).await.unwrap();
        desk.files_become(1).await;
        drop(stream);
        desk.files_become(0).await;
        let session = location.split('?').next().unwrap();
        is(&desk.get(session).await, 404, "BLOB_UPLOAD_UNKNOWN");
    }
}

#[tokio::test]
async fn an_upload_has_one_request_at_a_time() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    let mut stream = TcpStream::connect(desk.build).await.unwrap();
    let head = format!("PATCH {location} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = desk.send("PATCH", &location, &[], b"x").await;
    is(&answer, 409, "BLOB_UPLOAD_INVALID");
    assert_eq!(desk.get(&location).await.header("range"), "0-0");
    stream.write_all(b"cd").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 202");
    assert_eq!(desk.get(&location).await.header("range"), "0-3");
}

#[tokio::test]
async fn concurrent_pushes_of_a_blob_are_stored_once() {
    let desk = Desk::open();
    let blob = content(4, 2_000_000);
    let desk = &desk;
    join_all((0..8).map(|at| {
        let blob = &blob;
        async move { desk.push(&format!("r{}", at % 3), blob).await }
    }))
    .await;
    desk.files_become(1).await;
    let digest = Digest::of(&blob);
    for repository in ["r0", "r1", "r2"] {
        let path = format!("/v2/{repository}/blobs/{digest}");
        assert!(desk.get(&path).await.body == blob);
    }
    assert!(desk.files()[0].contains(digest.hex()));
}

#[tokio::test]
async fn a_slow_upload_does_not_delay_others() {
    let desk = Desk::open();
    let digest = desk.push("a", b"abc").await;
    let location = desk.begin("a").await;
    let mut stream = TcpStream::connect(desk.build).await.unwrap();
    let head = format!("PATCH {location} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    stream.write_all(head.as_bytes()).await.unwrap();
    let all = async {
        assert_eq!(
            desk.get(&format!("/v2/a/blobs/{digest}")).await.body,
            b"abc"
        );
        desk.push_image("a", "1", &[b"layer"]).await;
        desk.get("/v2/a/tags/list").await;
    };
    tokio::time::timeout(Duration::from_secs(5), all)
        .await
        .unwrap();
}

#[tokio::test]
async fn too_many_uploads_are_refused_with_retry_after() {
    let desk = Desk::open();
    for _ in 0..256 {
        desk.begin("a").await;
    }
    let answer = desk.send("POST", "/v2/a/blobs/uploads/", &[], b"").await;
    is(&answer, 429, "TOOMANYREQUESTS");
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(desk.files().len(), 0);
}
