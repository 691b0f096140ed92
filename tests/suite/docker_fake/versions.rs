//! The version of the API: the highest that both sides know, in every request.

use futures_util::StreamExt;
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{
    Engine, ErrorKind, LayerState, OwnedKind, PullEvent, RemovalOutcome, StopTime,
};
use plimsoll::record::Reach;
use plimsoll::units::{Bytes, Nanos};

use super::builder::{Ask, BuildKit};
use super::daemon::{Daemon, End, context};
use super::streams::build;
use super::words::{id, spec};

const RUNNING: &str = r#"{"State":{"Running":true},
    "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.9"}}}}"#;
const ENDED: &str = r#"{"State":{"Running":false,"ExitCode":0,
    "FinishedAt":"2023-11-14T22:13:20.012Z"}}"#;
const EVENTS: &str = "{\"Action\":\"kill\",\"timeNano\":1700000000000000000}\n\
    {\"Action\":\"die\",\"timeNano\":1700000000013000000}\n";

/// Labels, volumes, config and history as API 1.52 leaves them out where they are empty.
const IMAGES: &str = r#"[{"Id":"sha256:7","RepoTags":["plimsoll/x:1"],"Size":5000,
    "Labels":{"dev.plimsoll.owner":"plimsoll","dev.plimsoll.run":"r"}},{"Id":"sha256:8"}]"#;
const CONTAINERS: &str = r#"[{"Id":"c1","Names":["/plimsoll-1"],
    "Labels":{"dev.plimsoll.owner":"plimsoll","dev.plimsoll.container":"plimsoll-1"}},{"Id":"c2"}]"#;

/// A daemon that answers each verb, in the least words that the API allows.
fn daemon(oldest: u32, newest: u32, builder: &BuildKit) -> Daemon {
    let pulled = ["{\"status\":\"Pull complete\",\"id\":\"bb\"}\r\n"];
    let pushed = ["{\"status\":\"1: digest: sha256:77 size: 528\"}\r\n"];
    let pruned = r#"{"CachesDeleted":["abc"]}"#;
    Daemon::accepting(oldest, newest)
        .building(builder)
        .on("GET /info", 200, r#"{"Driver":"overlay2"}"#)
        .on("GET /_ping", 200, "OK")
        .on("GET /images/plimsoll/x:1/json", 200, r#"{"Id":"sha256:7"}"#)
        .on("GET /images/sha256:7/json", 200, r#"{"Id":"sha256:7"}"#)
        .on("GET /images/sha256:7/history", 200, r#"[{"Size":4000}]"#)
        .on("GET /images/json", 200, IMAGES)
        .on("GET /images/plimsoll/x:1/get", 200, "tar")
        .stream("POST /images/create", 200, &pulled, End::Whole)
        .stream("POST /images/plimsoll/x/push", 200, &pushed, End::Whole)
        .on("POST /images/plimsoll/x:1/tag", 201, "")
        .on(
            "GET /distribution/x:1/json",
            200,
            r#"{"Descriptor":{"digest":"sha256:d"},"Platforms":[]}"#,
        )
        .on("DELETE /images/plimsoll/x:1", 200, "[]")
        .on(
            "POST /containers/create",
            201,
            r#"{"Id":"c1","Warnings":[]}"#,
        )
        .on("POST /containers/c1/start", 204, "")
        .on("GET /containers/c1/json", 200, RUNNING)
        .then("GET /containers/c1/json", 200, RUNNING)
        .then("GET /containers/c1/json", 200, RUNNING)
        .then("GET /containers/c1/json", 200, ENDED)
        .on("GET /containers/c1/logs", 200, "")
        .on(
            "GET /containers/c1/stats",
            200,
            r#"{"memory_stats":{"stats":{"anon":42}}}"#,
        )
        .stream("GET /events", 200, &[EVENTS], End::Stall)
        .on("POST /containers/c1/stop", 204, "")
        .stream(
            "POST /containers/c1/wait",
            200,
            &["{\"StatusCode\":0}\r\n"],
            End::Whole,
        )
        .on("DELETE /containers/c1", 204, "")
        .on("GET /containers/json", 200, CONTAINERS)
        .on("GET /volumes", 200, "{}")
        .on("GET /networks", 200, "[]")
        .on(
            "GET /system/df",
            200,
            r#"{"BuildCache":[{"ID":"abc","Size":3}]}"#,
        )
        .then(
            "GET /system/df",
            200,
            r#"{"BuildCache":[{"ID":"abc","Size":3}]}"#,
        )
        .then("GET /system/df", 200, "{}")
        .on("POST /build/prune", 200, pruned)
}

/// Builds, weighs, starts, stops, pushes, pulls and cleans; each gives what the daemon said.
async fn use_all(engine: &DockerEngine) {
    engine.ping().await.unwrap();
    let built = build(engine).await.unwrap();
    assert_eq!(
        (built.image.0.as_str(), built.builder.as_str()),
        ("sha256:7", "buildkit")
    );
    assert_eq!((built.sent.bytes, built.sent.synced), (Bytes(1), true));
    let image = engine.image("plimsoll/x:1").await.unwrap().unwrap();
    assert_eq!(
        (image.listed, image.history[0].0),
        (Bytes(5000), Bytes(4000))
    );
    // What is left out is empty.
    assert!(image.labels.is_empty() && image.diff_ids.is_empty() && image.user.is_empty());
    assert_eq!(image.manifest_digest, None);
    let exported: Vec<_> = engine.export("plimsoll/x:1").await.unwrap().collect().await;
    assert_eq!(exported[0].as_ref().unwrap().as_ref(), b"tar");
    engine.tag("plimsoll/x:1", "plimsoll/x:2").await.unwrap();
    let pushed = engine.push("plimsoll/x:1", &mut |_| {}).await.unwrap();
    assert_eq!(pushed.digest.as_deref(), Some("sha256:77"));
    let mut states = Vec::new();
    let mut sink = |event: PullEvent| states.push(event.state);
    engine.pull("x:1", &mut sink).await.unwrap();
    assert_eq!(states, [LayerState::Complete]);
    assert_eq!(engine.registry_digest("x:1").await.unwrap(), "sha256:d");
    assert!(
        engine.import("x:1", context(), &[]).await.is_err(),
        "it gives no id"
    );

    let container = engine.create(&spec()).await.unwrap();
    assert_eq!(container, id());
    engine.start(&container).await.unwrap();
    let address = engine.address(&container, 80, Reach::Bridge).await.unwrap();
    assert_eq!(address.to_string(), "172.17.0.9:80");
    assert!(engine.state(&container).await.unwrap().running);
    assert_eq!(engine.memory(&container).await.unwrap(), Bytes(42));
    assert!(engine.logs(&container, 1).await.unwrap().is_empty());
    let stopped = engine.stop(&container, Nanos::from_secs(1)).await.unwrap();
    assert_eq!(stopped.taken, StopTime::Stamps(Nanos::from_millis(12)));
    assert_eq!(engine.exited(&container).await.unwrap(), 0);

    let owned = engine.owned().await.unwrap();
    let owned: Vec<_> = owned.iter().map(|it| (it.kind, it.id.as_str())).collect();
    let ours = [
        (OwnedKind::Container, "c1"),
        (OwnedKind::Image, "plimsoll/x:1"),
    ];
    assert_eq!(owned, ours);
    engine.remove_container(&container).await.unwrap();
    let removed = engine.remove_image("plimsoll/x:1").await.unwrap();
    assert_eq!(removed, RemovalOutcome::Removed);
    let records = engine.build_cache().await.unwrap();
    assert_eq!((records[0].id.as_str(), records[0].size), ("abc", Bytes(3)));
    let pruned = engine.prune_cache(&["abc".to_owned()]).await.unwrap();
    assert_eq!(pruned, ["abc"]);
}

#[tokio::test]
async fn every_verb_works_in_the_highest_version_that_both_know() {
    for (oldest, newest, spoken) in [(24, 41, 41), (40, 56, 51), (44, 53, 51)] {
        let builder = BuildKit::asking(&[Ask::of("dockerfile"), Ask::of("context")]);
        let (engine, serving) = daemon(oldest, newest, &builder).engine().await;
        let facts = engine.facts().await.unwrap();
        assert_eq!(facts.api_version, format!("1.{spoken}"));
        let range = facts.api_range.unwrap();
        assert_eq!(range.oldest, format!("1.{oldest}"));
        assert_eq!(range.newest, format!("1.{newest}"));
        use_all(&engine).await;
        builder.seen(|seen| {
            assert_eq!(seen.got[0].text("Dockerfile"), "FROM scratch\n");
            assert_eq!(seen.got[1].text("a"), "a");
        });
        let asked = serving.asked.lock().unwrap().clone();
        let (first, rest) = asked.split_first().unwrap();
        assert_eq!(first, "/version");
        assert!(rest.len() > 30, "{rest:?}");
        for path in rest {
            assert!(path.starts_with(&format!("/v1.{spoken}/")), "{path}");
        }
    }
}

#[tokio::test]
async fn an_engine_out_of_our_range_is_refused_with_a_remedy() {
    for (oldest, newest, remedy) in [
        (12, 40, "use Docker 20.10 or newer, or Podman 4 or newer"),
        (52, 60, "use a newer release of plimsoll"),
    ] {
        let serving = Daemon::accepting(oldest, newest).serve().await;
        let error = DockerEngine::connect(Some(&serving.host))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!(error.hint.as_deref(), Some(remedy));
        let words = format!("accepts API versions 1.{oldest} to 1.{newest}, plimsoll speaks");
        assert!(error.chain().contains(&words), "{}", error.chain());
    }
}
