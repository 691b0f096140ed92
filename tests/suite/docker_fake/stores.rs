//! What an engine says of the store of its images.

use plimsoll::engine::Engine;
use plimsoll::record::ImageStore;

use super::daemon::Daemon;

const GRAPH: &str = r#"{"Driver":"overlay2","DriverStatus":[["Backing Filesystem","extfs"]]}"#;
const CONTAINERD: &str = r#"{"Driver":"overlayfs","DriverStatus":
    [["driver-type","io.containerd.snapshotter.v1"]]}"#;

#[tokio::test]
async fn the_file_system_is_the_engines_word_or_else_the_rooms() {
    for (info, store, alone, in_a_room) in [
        (GRAPH, ImageStore::GraphDriver, Some("extfs"), "extfs"),
        (CONTAINERD, ImageStore::Containerd, None, "tmpfs"),
    ] {
        let daemon = Daemon::new().on("GET /info", 200, info);
        let (engine, _serving) = daemon.engine().await;
        let facts = engine.facts().await.unwrap();
        assert_eq!(facts.store, store);
        assert_eq!(facts.backing.as_deref(), alone);
        let engine = engine.over(Some("tmpfs".to_owned()));
        let facts = engine.facts().await.unwrap();
        assert_eq!(facts.backing.as_deref(), Some(in_a_room));
    }
}

const IMAGE: &str = r#"{"Id":"sha256:1","Os":"linux","Architecture":"amd64","Size":3700000,
    "RootFS":{"Type":"layers","Layers":["sha256:d1"]}}"#;
const MANIFESTS: &str = r#"{"Id":"sha256:1","Manifests":[
      {"ID":"sha256:a","Kind":"attestation","Available":true},
      {"ID":"sha256:m","Kind":"image","Available":true,
       "ImageData":{"Platform":{"os":"linux","architecture":"amd64"}}},
      {"ID":"sha256:n","Kind":"image","Available":false,
       "ImageData":{"Platform":{"os":"linux","architecture":"arm64"}}}]}"#;

// The list has DISK USAGE, the inspection CONTENT SIZE or, since 29.8, both: the list's counts.
#[tokio::test]
async fn the_size_of_an_image_is_that_of_the_list_and_ids_are_no_diff_ids() {
    let daemon = Daemon::accepting(24, 51)
        .on("GET /images/x:1/json", 200, IMAGE)
        .on("GET /images/sha256:1/json", 200, MANIFESTS)
        .on(
            "GET /images/sha256:1/history",
            200,
            r#"[{"Size":14610432}]"#,
        )
        .on(
            "GET /images/json",
            200,
            r#"[{"Id":"sha256:1","Size":18310432}]"#,
        );
    let (engine, serving) = daemon.engine().await;
    let image = engine.image("x:1").await.unwrap().unwrap();
    assert_eq!(image.listed.0, 18_310_432);
    assert_eq!(image.diff_ids, ["sha256:d1"]);
    assert_eq!(image.manifest_digest.as_deref(), Some("sha256:m"));
    let requests = serving.requests.lock().unwrap().join("\n");
    assert!(requests.contains("manifests=1"), "{requests}");
}
