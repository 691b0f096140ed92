//! Lists of tags and of referrers.

use plimsoll::oci::Digest;
use serde_json::{Value, json};

use super::client::{Desk, IMAGE, INDEX, is, part};

fn tags(value: &Value) -> Vec<&str> {
    let tags = value["tags"].as_array().unwrap();
    tags.iter().map(|tag| tag.as_str().unwrap()).collect()
}

#[tokio::test]
async fn tags_are_sorted_and_paged() {
    let desk = Desk::open();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    for tag in ["b", "a", "B", "_", "1", "a1"] {
        assert_eq!(desk.put("x/y", tag, &index).await.status, 201);
    }
    let all = desk.get("/v2/x/y/tags/list").await;
    assert_eq!(all.status, 200);
    assert_eq!(all.json()["name"], "x/y");
    assert_eq!(tags(&all.json()), ["1", "B", "_", "a", "a1", "b"]);
    assert_eq!(all.header("link"), "");

    let mut path = "/v2/x/y/tags/list?n=4".to_owned();
    let page = desk.get(&path).await;
    assert_eq!(tags(&page.json()), ["1", "B", "_", "a"]);
    let link = page.header("link");
    assert_eq!(link, "</v2/x/y/tags/list?n=4&last=a>; rel=\"next\"");
    path = link[1..].split('>').next().unwrap().to_owned();
    let page = desk.get(&path).await;
    assert_eq!(tags(&page.json()), ["a1", "b"]);
    assert_eq!(page.header("link"), "");

    let exact = desk.get("/v2/x/y/tags/list?n=6").await;
    assert_eq!((tags(&exact.json()).len(), exact.header("link")), (6, ""));
    let none = desk.get("/v2/x/y/tags/list?n=0").await;
    assert_eq!((tags(&none.json()).len(), none.header("link")), (0, ""));
    let behind = desk.get("/v2/x/y/tags/list?last=a0").await;
    assert_eq!(tags(&behind.json()), ["a1", "b"]);
    let end = desk.get("/v2/x/y/tags/list?last=zzz").await;
    assert!(tags(&end.json()).is_empty());
    for n in ["-1", "x", ""] {
        let answer = desk.get(&format!("/v2/x/y/tags/list?n={n}")).await;
        is(&answer, 400, "UNSUPPORTED");
    }
}

#[tokio::test]
async fn a_repository_without_tags_has_an_empty_list() {
    let desk = Desk::open();
    is(&desk.get("/v2/a/tags/list").await, 404, "NAME_UNKNOWN");
    desk.push("a", b"x").await;
    let answer = desk.get("/v2/a/tags/list").await;
    assert_eq!(answer.json(), json!({"name": "a", "tags": []}));
}

#[tokio::test]
async fn referrers_are_listed_and_filtered() {
    let desk = Desk::open();
    let image = desk.push_image("a", "v1", &[b"l"]).await.to_string();
    let subject = part(IMAGE, image.as_bytes());
    let digest = Digest::of(image.as_bytes());
    let path = format!("/v2/a/referrers/{digest}");
    let empty = desk.get(&path).await;
    assert_eq!((empty.status, empty.header("content-type")), (200, INDEX));
    let expected = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []});
    assert_eq!(empty.json(), expected);
    let nowhere = desk.get(&format!("/v2/none/referrers/{digest}")).await;
    assert_eq!(nowhere.json(), expected);
    is(&desk.get("/v2/a/referrers/x").await, 400, "DIGEST_INVALID");

    desk.push("a", b"{}").await;
    let with_type = json!({"schemaVersion": 2, "mediaType": IMAGE, "artifactType": "sbom",
        "config": part("empty", b"{}"), "layers": [], "subject": subject,
        "annotations": {"k": "v"}});
    let by_config = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": part("signature", b"{}"), "layers": [], "subject": subject});
    let an_index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [],
        "subject": subject});
    let artifact = json!({"mediaType": "application/vnd.oci.artifact.manifest.v1+json",
        "artifactType": "sbom", "blobs": [part("b", b"{}")], "subject": subject});
    for manifest in [&with_type, &by_config, &an_index, &artifact] {
        let by = Digest::of(manifest.to_string().as_bytes()).to_string();
        let answer = desk.put("a", &by, manifest).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.header("oci-subject"), digest.as_str());
    }
    let found = desk.get(&path).await.json();
    let found = found["manifests"].as_array().unwrap();
    assert_eq!(found.len(), 4);
    let of = |manifest: &Value| {
        let text = manifest.to_string();
        let own = Digest::of(text.as_bytes()).to_string();
        let descriptor = found.iter().find(|one| one["digest"] == own.as_str());
        let descriptor = descriptor.unwrap().clone();
        assert_eq!(descriptor["size"], text.len());
        assert_eq!(descriptor["mediaType"], manifest["mediaType"]);
        descriptor
    };
    assert_eq!(of(&with_type)["artifactType"], "sbom");
    assert_eq!(of(&with_type)["annotations"], json!({"k": "v"}));
    assert_eq!(of(&by_config)["artifactType"], "signature");
    assert!(of(&an_index).get("artifactType").is_none());

    let filtered = desk.get(&format!("{path}?artifactType=sbom")).await;
    assert_eq!(filtered.header("oci-filters-applied"), "artifactType");
    assert_eq!(filtered.json()["manifests"].as_array().unwrap().len(), 2);
    let own = Digest::of(with_type.to_string().as_bytes());
    let gone = format!("/v2/a/manifests/{own}");
    desk.send("DELETE", &gone, &[], b"").await;
    let left = desk.get(&path).await.json();
    assert_eq!(left["manifests"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_subject_may_come_later() {
    let desk = Desk::open();
    desk.push("a", b"{}").await;
    let subject = part(IMAGE, b"not yet");
    let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": part("c", b"{}"), "layers": [], "subject": subject});
    let answer = desk.put("a", "v1", &manifest).await;
    assert_eq!(answer.status, 201);
    let digest = Digest::of(b"not yet");
    assert_eq!(answer.header("oci-subject"), digest.as_str());
    let found = desk.get(&format!("/v2/a/referrers/{digest}")).await.json();
    assert_eq!(found["manifests"].as_array().unwrap().len(), 1);
}
