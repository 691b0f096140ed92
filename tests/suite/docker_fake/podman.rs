//! Podman's socket, where it differs from Docker's.

use plimsoll::engine::{Engine, ErrorKind, OwnedKind, RemovalOutcome};

use super::daemon::{Daemon, End, Serving, context};
use super::streams::{build, pull};
use super::words::id;

const STEPS: &[&str] = &[
    "{\"stream\":\"STEP 1/2: FROM scratch\\n\"}\r\n",
    "{\"stream\":\"STEP 2/2: COPY . /\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:12\"}}\r\n",
];

/// The requests to a path, with their queries.
fn requests(serving: &Serving, part: &str) -> Vec<String> {
    let all = serving.requests.lock().unwrap();
    let found = all.iter().filter(|line| line.contains(part));
    found.cloned().collect()
}

#[tokio::test]
async fn a_push_to_the_runs_registry_is_asked_for_without_tls() {
    const PUSH: &str = "POST /images/127.0.0.1:5000/x/push";
    let pushed = ["{\"status\":\"1: digest: sha256:77 size: 528\"}\r\n"];
    for (daemon, expected) in [(Daemon::podman(), true), (Daemon::new(), false)] {
        let daemon = daemon.stream(PUSH, 200, &pushed, End::Whole);
        let (engine, serving) = daemon.engine().await;
        let outcome = engine.push("127.0.0.1:5000/x:1", &mut |_| {}).await;
        assert_eq!(outcome.unwrap().digest.as_deref(), Some("sha256:77"));
        let asked = requests(&serving, "/push");
        assert_eq!(asked.len(), 1);
        let without = asked[0].contains("tag=1&tlsVerify=false");
        assert_eq!(without, expected, "{asked:?}");
    }
}

#[tokio::test]
async fn an_image_name_is_matched_as_a_whole_and_not_by_its_suffix() {
    const IMAGE: &str = "GET /images/alpine:3.20/json";
    let stand_in = r#"{"Id":"sha256:1","RepoTags":["plimsoll.local/alpine:3.20"]}"#;
    let listed = r#"[{"Id":"sha256:1","Size":5}]"#;
    let named = |tags: &str| -> &'static str {
        format!(r#"{{"Id":"sha256:1","RepoTags":[{tags}]}}"#).leak()
    };
    for (answer, found) in [
        (stand_in, false),
        (
            named(r#""plimsoll.local/alpine:3.20","docker.io/library/alpine:3.20""#),
            true,
        ),
        (named(r#""localhost/alpine:3.20""#), true),
        (named(""), false),
    ] {
        let daemon = Daemon::podman()
            .on(IMAGE, 200, answer)
            .on("GET /images/sha256:1/history", 200, "[]")
            .on("GET /images/json", 200, listed);
        let (engine, _serving) = daemon.engine().await;
        let image = engine.image("alpine:3.20").await.unwrap();
        assert_eq!(image.is_some(), found, "{answer}");
    }
}

#[tokio::test]
async fn images_of_steps_are_labelled_and_listed_as_ours() {
    let images = r#"[
        {"Id":"sha256:a","RepoTags":[],"Size":7,
         "Labels":{"dev.plimsoll.owner":"plimsoll","dev.plimsoll.run":"stand-ins"}},
        {"Id":"sha256:b","RepoTags":null,"Size":7,"Labels":null},
        {"Id":"sha256:c","RepoTags":["docker.io/plimsoll/x:1"],"Size":9,
         "Labels":{"dev.plimsoll.owner":"plimsoll","dev.plimsoll.run":"r"}}]"#;
    let daemon = Daemon::podman()
        .stream("POST /build", 200, STEPS, End::Whole)
        .on("GET /containers/json", 200, "[]")
        .on("GET /images/json", 200, images)
        .on("GET /volumes", 200, "{}")
        .on("GET /networks", 200, "[]");
    let (engine, serving) = daemon.engine().await;
    let outcome = build(&engine).await.unwrap();
    assert_eq!(outcome.builder, "buildah");
    assert!(!outcome.sent.synced && outcome.sent.files.0 == 1);
    assert!(outcome.steps.iter().all(|step| !step.cached));
    let asked = requests(&serving, "/build?");
    let label = "layerLabel=dev%2Eplimsoll%2Erun%3Dstand%2Dins";
    assert!(asked[0].contains(label), "{asked:?}");
    assert!(requests(&serving, "/session").is_empty());
    let owned = engine.owned().await.unwrap();
    let owned: Vec<_> = owned.iter().map(|it| (it.kind, it.id.as_str())).collect();
    let ours = [
        (OwnedKind::Image, "docker.io/plimsoll/x:1"),
        (OwnedKind::Image, "sha256:a"),
    ];
    assert_eq!(owned, ours);
    // Intermediate ones are listed only if all are asked for.
    assert!(requests(&serving, "/images/json")[0].ends_with("?all=true"));
}

#[tokio::test]
async fn memory_without_a_breakdown_is_not_measured_on_podman() {
    let stats = r#"{"memory_stats":{"usage":9000000,"limit":90000000}}"#;
    let daemon = Daemon::podman().on("GET /containers/c1/stats", 200, stats);
    let (engine, _serving) = daemon.engine().await;
    let error = engine.memory(&id()).await.unwrap_err();
    // Which the runner notes as not measured.
    assert_eq!(error.kind, ErrorKind::Protocol);
}

#[tokio::test]
async fn an_import_has_each_change_by_itself() {
    let imported = ["{\"status\":\"sha256:34\"}\r\n"];
    let daemon = Daemon::podman().stream("POST /images/create", 200, &imported, End::Whole);
    let (engine, serving) = daemon.engine().await;
    let changes = ["CMD [\"/x\"]".to_owned(), "LABEL a=b".to_owned()];
    engine.import("x:1", context(), &changes).await.unwrap();
    let asked = requests(&serving, "/images/create");
    assert_eq!(asked[0].matches("changes=").count(), 2, "{asked:?}");
    assert!(pull(&engine).await.0.is_ok());
}

#[tokio::test]
async fn a_network_that_holds_containers_stays() {
    const NETWORK: &str = "DELETE /networks/n1";
    let in_use = r#"{"cause":"network is being used","message":"\"n1\" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used","response":500}"#;
    let daemon = Daemon::podman().on(NETWORK, 500, in_use);
    let (engine, _serving) = daemon.engine().await;
    let outcome = engine.remove_network("n1").await.unwrap();
    assert_eq!(outcome, RemovalOutcome::InUse);
    let other = r#"{"cause":"no","message":"no","response":500}"#;
    let (engine, _serving) = Daemon::podman().on(NETWORK, 500, other).engine().await;
    assert!(engine.remove_network("n1").await.is_err());
}

#[tokio::test]
async fn an_attach_prepares_the_container_on_podman_only() {
    for (daemon, prepares) in [(Daemon::podman(), true), (Daemon::new(), false)] {
        let (engine, _serving) = daemon.engine().await;
        assert_eq!(engine.prepares_on_output(), prepares);
    }
}
