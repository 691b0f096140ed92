//! The version of the API: the highest that both sides know, in every request.

use plimsoll::docker::DockerEngine;
use plimsoll::engine::{Engine, ErrorKind};
use plimsoll::record::Reach;
use plimsoll::units::Nanos;

use super::daemon::{Daemon, context};
use super::streams::{build, pull};
use super::words::{id, spec};

/// Calls every verb. What becomes of most of them does not matter here.
async fn call_all(engine: &DockerEngine) {
    let _ = engine.ping().await;
    let _ = engine.image("x:1").await;
    let _ = pull(engine).await;
    let _ = engine.push("x:1", &mut |_| {}).await;
    let _ = engine.tag("x:1", "x:2").await;
    let _ = engine.registry_digest("x:1").await;
    let _ = engine.import("x:1", context(), &[]).await;
    let _ = engine.export("x:1").await;
    let _ = build(engine).await;
    let _ = engine.create(&spec()).await;
    let _ = engine.start(&id()).await;
    let _ = engine.address(&id(), 80, Reach::Bridge).await;
    let _ = engine.exited(&id()).await;
    let _ = engine.state(&id()).await;
    let _ = engine.logs(&id(), 1).await;
    let _ = engine.memory(&id()).await;
    let _ = engine.stop(&id(), Nanos::from_secs(1)).await;
    let _ = engine.remove_container(&id()).await;
    let _ = engine.remove_image("x:1").await;
    let _ = engine.owned().await;
    let _ = engine.prune_cache(&["abc".to_owned()]).await;
}

#[tokio::test]
async fn every_request_has_the_highest_version_that_both_know() {
    for (oldest, newest, spoken) in [(24, 41, 41), (40, 56, 51), (44, 53, 51)] {
        let daemon = Daemon::accepting(oldest, newest)
            .on("GET /info", 200, r#"{"Driver":"overlay2"}"#)
            .on("GET /system/df", 200, r#"{"BuildCache":[{"ID":"abc"}]}"#)
            .on("GET /images/x:1/json", 200, r#"{"Id":"sha256:1"}"#)
            .on("GET /containers/json", 200, "[]")
            .on("GET /images/json", 200, "[]")
            .on("GET /volumes", 200, "{}")
            .on("GET /networks", 200, "[]");
        let (engine, serving) = daemon.engine().await;
        let facts = engine.facts().await.unwrap();
        assert_eq!(facts.api_version, format!("1.{spoken}"));
        let range = facts.api_range.unwrap();
        assert_eq!(range.oldest, format!("1.{oldest}"));
        assert_eq!(range.newest, format!("1.{newest}"));
        call_all(&engine).await;
        let asked = serving.asked.lock().unwrap().clone();
        let (first, rest) = asked.split_first().unwrap();
        assert_eq!(first, "/version");
        assert!(rest.len() > 20, "{rest:?}");
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
