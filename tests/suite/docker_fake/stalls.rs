//! An engine that begins an answer and never ends it: each call ends all the same, with a
//! reason, and leaves the connection.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use plimsoll::docker::{Deadlines, DockerEngine};
use plimsoll::engine::{ContainerId, ContainerSpec, Engine, EngineError, ErrorKind};
use plimsoll::image::analyse_export;
use plimsoll::record::Reach;
use plimsoll::units::Nanos;

use super::daemon::{Daemon, End, Serving, context};
use super::streams::pull;

/// Long enough for what is answered, on a busy machine too.
const SHORT: Duration = Duration::from_secs(2);

/// Paths whose answers stall in their bodies, with how they begin.
const STALLING: &[(&str, &str)] = &[
    ("GET /info", "{"),
    ("GET /_ping", "O"),
    ("GET /images/x/json", "{\"Id\":"),
    ("GET /images/sha256:1/history", "["),
    ("GET /images/json", "["),
    ("GET /images/sha256:9/json", "{"),
    ("GET /images/stalls/get", "tar"),
    ("GET /distribution/x/json", "{"),
    ("GET /containers/c/json", "{"),
    ("GET /containers/c/logs", ""),
    ("GET /containers/c/stats", "{"),
    ("GET /containers/json", "["),
    ("GET /system/df", "{"),
    ("POST /build/prune", "{"),
    ("POST /containers/create", "{"),
    (
        "POST /images/create",
        "{\"status\":\"Downloading\",\"id\":\"1\"}\r\n",
    ),
    (
        "POST /images/x/push",
        "{\"status\":\"Pushing\",\"id\":\"1\"}\r\n",
    ),
];

async fn stalled(but: &[&str]) -> (DockerEngine, Serving) {
    let mut daemon = Daemon::new();
    for (path, begin) in STALLING.iter().filter(|(path, _)| !but.contains(path)) {
        daemon = daemon.stream(path, 200, &[begin], End::Stall);
    }
    let daemon = daemon
        .on("GET /images/stalls/json", 200, "{\"Id\":\"sha256:1\"}")
        .on("GET /images/x/json", 200, "{\"Id\":\"sha256:1\"}")
        .on(
            "GET /images/json",
            200,
            "[{\"Id\":\"sha256:9\",\"RepoTags\":[\"a:1\"]}]",
        )
        .on("GET /images/sha256:1/history", 200, "[]")
        .on("GET /system/df", 200, "{\"BuildCache\":[{\"ID\":\"a\"}]}")
        .on("GET /containers/json", 200, "[]");
    let (engine, serving) = daemon.engine().await;
    let deadlines = Deadlines {
        answer: SHORT,
        prune: SHORT,
        silence: SHORT,
        export: Duration::from_secs(60),
    };
    (engine.with_deadlines(deadlines), serving)
}

fn ended<T>(what: &str, answer: Result<T, EngineError>) {
    let Err(error) = answer else {
        panic!("{what}: an answer without an end is none");
    };
    assert_eq!(error.kind, ErrorKind::Timeout, "{what}: {}", error.chain());
    assert!(error.hint.is_some(), "{what}");
}

#[tokio::test]
async fn calls_whose_answers_stall_end_with_a_reason() {
    let (engine, _serving) = stalled(&[]).await;
    let id = ContainerId("c".to_owned());
    let spec = ContainerSpec {
        name: "c".to_owned(),
        image: "x".to_owned(),
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        port: None,
        ..ContainerSpec::default()
    };
    let engine = &engine;
    let calls: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = vec![
        Box::pin(async { ended("facts", engine.facts().await) }),
        Box::pin(async { ended("image", engine.image("x").await) }),
        Box::pin(async { ended("registry", engine.registry_digest("x").await) }),
        Box::pin(async { ended("state", engine.state(&id).await) }),
        Box::pin(async { ended("address", engine.address(&id, 80, Reach::Bridge).await) }),
        Box::pin(async { ended("logs", engine.logs(&id, 3).await) }),
        Box::pin(async { ended("memory", engine.memory(&id).await) }),
        Box::pin(async { ended("stop", engine.stop(&id, Nanos::from_millis(1)).await) }),
        Box::pin(async { ended("create", engine.create(&spec).await) }),
        Box::pin(async { ended("owned", engine.owned().await) }),
        Box::pin(async { ended("cache", engine.build_cache().await) }),
        Box::pin(async { ended("pull", pull(engine).await.0) }),
        Box::pin(async { ended("push", engine.push("x:1", &mut |_| {}).await) }),
        Box::pin(async { ended("import", engine.import("x:1", context(), &[]).await) }),
        Box::pin(async { ended("export", engine.export("x").await.map(|_| ())) }),
        Box::pin(async { ended("below", engine.images_below(&[]).await) }),
    ];
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn each_part_of_a_call_may_stall() {
    let json = "GET /images/x/json";
    let history = "GET /images/sha256:1/history";
    for but in [&[json][..], &[json, history]] {
        let (engine, _serving) = stalled(but).await;
        ended("image", engine.image("x").await);
    }
    let (engine, _serving) = stalled(&["GET /containers/json"]).await;
    ended("owned", engine.owned().await);
    // The list is whole, and what is said of each image in it is not.
    let (engine, _serving) = stalled(&["GET /images/json"]).await;
    ended("below", engine.images_below(&["sha256:1".to_owned()]).await);
    let (engine, _serving) = stalled(&["GET /system/df"]).await;
    ended("prune", engine.prune_cache(&["a".to_owned()]).await);
}

#[tokio::test]
async fn an_export_that_stalls_ends_for_everybody_who_reads_it() {
    let (engine, serving) = stalled(&[]).await;
    let export = engine.export("stalls").await.unwrap();
    let chunks: Vec<_> = export.collect().await;
    let last = chunks.last().unwrap().as_ref().unwrap_err();
    assert_eq!(last.kind(), std::io::ErrorKind::TimedOut);
    assert!(serving.was_left().await, "the connection is still open");

    let export = engine.export("stalls").await.unwrap();
    let error = analyse_export(export, Vec::new()).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("nothing came from the engine"), "{cause}");
}

#[test]
fn the_documentation_states_the_deadlines_of_the_code() {
    let text = include_str!("../../../docs/METHODOLOGY.md");
    let Deadlines {
        answer,
        prune,
        silence,
        export,
    } = Deadlines::USUAL;
    for (what, limit) in [
        ("a call that is answered at once", answer),
        ("removing records of the build cache", prune),
        ("silence of a pull, a push, an import or an export", silence),
        ("an export as a whole", export),
    ] {
        let line = format!("| {what} | {} s |", limit.as_secs());
        assert!(text.contains(&line), "{line}");
    }
}
