//! Manifests: pushed, pulled, deleted, read for the record.

use plimsoll::engine::Registry;
use plimsoll::oci::{Digest, Hasher};
use plimsoll::registry::RegistryError;
use plimsoll::units::Bytes;
use serde_json::{Value, json};

use super::client::{Desk, IMAGE, INDEX, is, part};

#[tokio::test]
async fn a_manifest_comes_back_as_it_was() {
    let desk = Desk::open();
    desk.push("a", b"{}").await;
    // Bytes that no JSON serializer would reproduce, and a media type with parameters.
    let text = format!(
        "{{ \"schemaVersion\" : 2,\n\t\"x\": 1e0, \"config\": {} , \"layers\": null }}\n\n",
        part("c", b"{}")
    );
    let digest = Digest::of(text.as_bytes()).to_string();
    let headers = [(
        "content-type",
        "application/vnd.docker.distribution.manifest.v2+json; x=y",
    )];
    let answer = desk
        .send("PUT", "/v2/a/manifests/v1", &headers, text.as_bytes())
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("docker-content-digest"), digest);
    assert_eq!(
        answer.header("location"),
        format!("/v2/a/manifests/{digest}")
    );
    for by in ["v1", &digest] {
        for method in ["GET", "HEAD"] {
            let path = format!("/v2/a/manifests/{by}");
            let answer = desk.send(method, &path, &[], b"").await;
            assert_eq!(answer.status, 200);
            let expected = "application/vnd.docker.distribution.manifest.v2+json";
            assert_eq!(answer.header("content-type"), expected);
            assert_eq!(answer.header("docker-content-digest"), digest);
            assert_eq!(answer.header("content-length"), text.len().to_string());
            let body = if method == "GET" { text.as_str() } else { "" };
            assert_eq!(answer.body, body.as_bytes());
        }
    }
}

#[tokio::test]
async fn referenced_content_must_exist_and_have_the_stated_size() {
    let desk = Desk::open();
    let mut manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": part("c", b"{}"), "layers": [part("l", b"one"), part("l", b"two")]});
    desk.push("a", b"one").await;
    let answer = desk.put("a", "v1", &manifest).await;
    is(&answer, 404, "MANIFEST_BLOB_UNKNOWN");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let missing: Vec<_> = errors
        .iter()
        .map(|error| error["detail"]["digest"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        Digest::of(b"{}").to_string(),
        Digest::of(b"two").to_string(),
    ];
    assert_eq!(missing, expected);
    desk.push("a", b"{}").await;
    // In another repository only.
    desk.push("b", b"two").await;
    is(
        &desk.put("a", "v1", &manifest).await,
        404,
        "MANIFEST_BLOB_UNKNOWN",
    );
    desk.push("a", b"two").await;
    manifest["layers"][1]["size"] = json!(4);
    is(&desk.put("a", "v1", &manifest).await, 400, "SIZE_INVALID");
    is(
        &desk.get("/v2/a/manifests/v1").await,
        404,
        "MANIFEST_UNKNOWN",
    );
    manifest["layers"][1]["size"] = json!(3);
    assert_eq!(desk.put("a", "v1", &manifest).await.status, 201);
    // Foreign layers need not exist here.
    manifest["layers"][1] = json!({"mediaType": "l", "digest": Digest::of(b"far").as_str(),
        "size": 1, "urls": ["https://example.com/far"]});
    assert_eq!(desk.put("a", "v2", &manifest).await.status, 201);
}

#[tokio::test]
async fn an_invalid_manifest_is_rejected() {
    let desk = Desk::open();
    let put = async |by: &str, media_type: &str, bytes: &[u8]| {
        let path = format!("/v2/a/manifests/{by}");
        let headers = [("content-type", media_type)];
        desk.send("PUT", &path, &headers, bytes).await
    };
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let index = index.as_bytes();
    is(&put("v", IMAGE, b"no json").await, 400, "MANIFEST_INVALID");
    is(&put("v", IMAGE, index).await, 400, "MANIFEST_INVALID");
    is(
        &put("v", "text/plain", b"{}").await,
        400,
        "MANIFEST_INVALID",
    );
    is(&put(".v", INDEX, index).await, 400, "MANIFEST_INVALID");
    is(&put("%00", INDEX, index).await, 400, "MANIFEST_INVALID");
    let wrong = Digest::of(b"x");
    is(
        &put(wrong.as_str(), INDEX, index).await,
        400,
        "DIGEST_INVALID",
    );
    is(&put("sha256:x", INDEX, index).await, 400, "DIGEST_INVALID");
    let path = format!("/v2/a/manifests/{}?tag=..", Digest::of(index));
    let answer = desk
        .send("PUT", &path, &[("content-type", INDEX)], index)
        .await;
    is(&answer, 400, "MANIFEST_INVALID");
    is(&desk.get("/v2/a/tags/list").await, 404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn a_manifest_has_four_mebibytes_at_most() {
    let desk = Desk::open();
    let sized = |bytes: usize| {
        let mut index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [],
            "annotations": {"fill": ""}});
        let fill = bytes - index.to_string().len();
        index["annotations"]["fill"] = "x".repeat(fill).into();
        index
    };
    assert_eq!(desk.put("a", "most", &sized(4 << 20)).await.status, 201);
    let over = sized((4 << 20) + 1);
    is(&desk.put("a", "over", &over).await, 413, "MANIFEST_INVALID");
    is(
        &desk.get("/v2/a/manifests/over").await,
        404,
        "MANIFEST_UNKNOWN",
    );
}

#[tokio::test]
async fn a_push_by_digest_may_bring_tags() {
    let desk = Desk::open();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    let mut hasher = Hasher::of("sha512").unwrap();
    hasher.update(index.to_string().as_bytes());
    let digest = hasher.finish();
    let answer = desk
        .put("a", &format!("{digest}?tag=1&tag=2"), &index)
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("docker-content-digest"), digest.as_str());
    let tags: Vec<_> = answer.headers.get_all("oci-tag").iter().collect();
    assert_eq!(tags, ["1", "2"]);
    let found = desk.get("/v2/a/manifests/2").await;
    assert_eq!(found.header("docker-content-digest"), digest.as_str());
    let many: String = (0..101).map(|n| format!("&tag={n}")).collect();
    let answer = desk.put("a", &format!("{digest}?{many}"), &index).await;
    is(&answer, 414, "UNSUPPORTED");
}

#[tokio::test]
async fn an_index_needs_its_manifests() {
    let desk = Desk::open();
    let image = desk.push_image("a", "v1", &[b"l"]).await;
    let text = image.to_string();
    let known = part(IMAGE, text.as_bytes());
    let index =
        |child: &Value| json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]});
    assert_eq!(desk.put("a", "all", &index(&known)).await.status, 201);
    let unknown = part(IMAGE, b"unknown");
    let answer = desk.put("a", "none", &index(&unknown)).await;
    is(&answer, 404, "MANIFEST_BLOB_UNKNOWN");
}

#[tokio::test]
async fn a_deleted_tag_keeps_the_manifest_and_a_deleted_manifest_removes_its_tags() {
    let desk = Desk::open();
    let image = desk.push_image("a", "v1", &[b"l"]).await;
    assert_eq!(desk.put("a", "v2", &image).await.status, 201);
    let digest = Digest::of(image.to_string().as_bytes());
    let path = |by: &str| format!("/v2/a/manifests/{by}");
    let by_digest = path(digest.as_str());
    let delete = async |path: &str| desk.send("DELETE", path, &[], b"").await;
    assert_eq!(delete(&path("v1")).await.status, 202);
    is(&desk.get(&path("v1")).await, 404, "MANIFEST_UNKNOWN");
    is(&delete(&path("v1")).await, 404, "MANIFEST_UNKNOWN");
    assert_eq!(desk.get(&path("v2")).await.status, 200);
    assert_eq!(desk.get(&by_digest).await.status, 200);
    assert_eq!(delete(&by_digest).await.status, 202);
    for path in [&by_digest, &path("v2")] {
        is(&desk.get(path).await, 404, "MANIFEST_UNKNOWN");
    }
    is(&delete(&by_digest).await, 404, "MANIFEST_UNKNOWN");
    let elsewhere = format!("/v2/b/manifests/{digest}");
    is(&delete(&elsewhere).await, 404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn the_record_of_an_image_is_what_its_manifest_states() {
    let desk = Desk::open();
    let image = desk
        .push_image("a/b", "v1", &[b"layer", b"layer", b"2"])
        .await;
    let record = desk.server.manifest("a/b", "v1", "linux/amd64").unwrap();
    let config = image["config"]["size"].as_u64().unwrap();
    assert_eq!(record.sum(), Bytes(config + 5 + 5 + 1));
    assert_eq!(record.blobs().len(), 3);
    assert_eq!(record.bytes, Bytes(image.to_string().len() as u64));
    assert_eq!(
        desk.server
            .manifest("a/b", &record.digest, "linux/amd64")
            .unwrap(),
        record
    );
    let error = |repository: &str, reference: &str| {
        let error = desk
            .server
            .manifest(repository, reference, "linux/amd64")
            .unwrap_err();
        *error.downcast::<RegistryError>().unwrap()
    };
    for (repository, reference) in [("a/b", "v2"), ("a", "v1"), ("..", "v1"), ("a/b", "../x")] {
        let error = error(repository, reference);
        assert!(matches!(error, RegistryError::NoManifest { .. }), "{error}");
        assert!(error.hint().is_some());
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    desk.put("a/b", "index", &index).await;
    let error = error("a/b", "index");
    assert!(
        error.to_string().contains("is not an image manifest"),
        "{error}"
    );
}

#[tokio::test]
async fn a_forgotten_repository_is_removed_with_its_unshared_blobs() {
    let desk = Desk::open();
    desk.push_image("a", "v1", &[b"own", b"shared"]).await;
    desk.push("b", b"shared").await;
    desk.files_become(3).await;
    desk.server.forget("a").unwrap();
    // Immediately, not after the response.
    assert_eq!(desk.files().len(), 1);
    for path in ["/v2/a/tags/list", "/v2/a/manifests/v1"] {
        assert_eq!(desk.get(path).await.status, 404);
    }
    let path = format!("/v2/b/blobs/{}", Digest::of(b"shared"));
    assert_eq!(desk.get(&path).await.status, 200);
    desk.server.forget("a").unwrap();
    desk.server.forget("b").unwrap();
    assert_eq!(desk.files().len(), 0);
    desk.push_image("a", "v1", &[b"own"]).await;
    desk.server.clear().unwrap();
    assert_eq!(desk.files().len(), 0);
}
