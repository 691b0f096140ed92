//! Streams that go wrong, and builders that say little.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use plimsoll::context::{Context, Overlay};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, ContainerId, Engine, EngineError,
    ErrorKind,
};

use super::daemon::{Daemon, End, source};

const STEPS: &[&str] = &[
    "{\"stream\":\"Step 1/2 : FROM scratch\\n\"}\r\n",
    "{\"stream\":\"Step 2/2 : RUN make\\n\"}\r\n{\"stream\":\"cc: no\\n\"}\r\n",
];

pub(super) async fn build(engine: &DockerEngine) -> Result<BuildOutcome, BuildFailure> {
    engine.build(&request(), source(), &mut |_| {}).await
}

pub(super) fn request() -> BuildRequest {
    BuildRequest {
        tag: "plimsoll/x:1".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: BTreeMap::new(),
        labels: BTreeMap::new(),
        no_cache: false,
        secrets: BTreeMap::new(),
        ssh: BTreeMap::new(),
        platform: None,
    }
}

pub(super) async fn pull(engine: &DockerEngine) -> (Result<(), EngineError>, Vec<String>) {
    let mut heard = Vec::new();
    let outcome = engine
        .pull("127.0.0.1:5000/x:1", &mut |event| heard.push(event.text))
        .await;
    (outcome, heard)
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_build_is_a_failed_step() {
    let error = "{\"errorDetail\":{\"message\":\"The command 'make' returned a non-zero code: 2\"},\
                 \"error\":\"x\"}\r\n";
    let mut chunks = STEPS.to_vec();
    chunks.push(error);
    let daemon = Daemon::new().stream("POST /build", 200, &chunks, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    match build(&engine).await.unwrap_err() {
        BuildFailure::Step {
            step,
            message,
            exit_code,
            log,
        } => {
            assert_eq!(step, "Step 2/2 : RUN make");
            assert_eq!(message, "The command 'make' returned a non-zero code: 2");
            assert_eq!(exit_code, Some(2));
            assert_eq!(log, ["cc: no"]);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_error_without_words_is_an_error() {
    let chunks = ["{\"errorDetail\":{\"code\":1}}\r\n"];
    let daemon = Daemon::new()
        .stream("POST /build", 200, &chunks, End::Whole)
        .stream("POST /images/create", 200, &chunks, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let failure = build(&engine).await.unwrap_err().to_string();
    assert_eq!(failure, "the builder refused: the builder gave no reason");
    let error = pull(&engine).await.0.unwrap_err().chain();
    assert!(error.ends_with("the engine gave no reason"), "{error}");
}

#[tokio::test]
async fn a_builder_without_a_trace_is_named_so() {
    let mut chunks = STEPS.to_vec();
    chunks.push("{\"stream\":\" ---> Using cache\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:12\"}}\r\n");
    let daemon = Daemon::new().stream("POST /build", 200, &chunks, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let outcome = build(&engine).await.unwrap();
    assert_eq!(outcome.builder, "buildah");
    assert_eq!(outcome.image.0, "sha256:12");
    let cached: Vec<_> = outcome.steps.iter().map(|step| step.cached).collect();
    assert_eq!(cached, [false, true]);
}

#[tokio::test]
async fn a_build_that_ends_without_an_image_is_no_success() {
    let daemon = Daemon::new().stream("POST /build", 200, STEPS, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    match build(&engine).await.unwrap_err() {
        BuildFailure::Engine(error) => assert_eq!(error.kind, ErrorKind::Protocol),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_build_carries_the_engines_words() {
    let words = r#"{"message":"dockerfile parse error line 2"}"#;
    let (engine, _serving) = Daemon::new().on("POST /build", 400, words).engine().await;
    let failure = build(&engine).await.unwrap_err().to_string();
    assert_eq!(
        failure,
        "the builder refused: dockerfile parse error line 2"
    );
}

#[tokio::test]
async fn a_context_that_cannot_be_read_keeps_its_error() {
    let daemon = Daemon::new().stream("POST /build", 200, STEPS, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let broken = || -> BuildContext {
        let error = io::Error::new(io::ErrorKind::NotFound, "src/main.rs is gone");
        Box::pin(stream::iter([Ok(Bytes::from_static(b"tar")), Err(error)]))
    };
    let dir = tempfile::tempdir().unwrap();
    for name in ["Dockerfile", "main.rs"] {
        std::fs::write(dir.path().join(name), "FROM scratch\n").unwrap();
    }
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    std::fs::remove_file(dir.path().join("main.rs")).unwrap();
    let source = context
        .source(&Overlay::new(), "FROM scratch\n", "key")
        .unwrap();
    match engine
        .build(&request(), source, &mut |_| {})
        .await
        .unwrap_err()
    {
        BuildFailure::Context(error) => {
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert_eq!(error.to_string(), "failed to send `main.rs`");
        }
        other => panic!("{other:?}"),
    }
    let error = engine.import("x:1", broken(), &[]).await.unwrap_err();
    assert_eq!(
        error.chain(),
        "failed to import image `x:1`: the tar could not be read: src/main.rs is gone"
    );
}

#[tokio::test]
async fn a_build_that_stalls_is_left_when_the_caller_leaves() {
    let daemon = Daemon::new().stream("POST /build", 200, STEPS, End::Stall);
    let (engine, serving) = daemon.engine().await;
    let deadline = Duration::from_millis(300);
    assert!(
        tokio::time::timeout(deadline, build(&engine))
            .await
            .is_err()
    );
    assert!(serving.was_left().await, "the connection is still open");
}

#[tokio::test]
async fn a_pull_that_stalls_is_left_when_the_caller_leaves() {
    let chunks = ["{\"status\":\"Pulling from x\",\"id\":\"1\"}\r\n"];
    let daemon = Daemon::new().stream("POST /images/create", 200, &chunks, End::Stall);
    let (engine, serving) = daemon.engine().await;
    let deadline = Duration::from_millis(300);
    assert!(tokio::time::timeout(deadline, pull(&engine)).await.is_err());
    assert!(serving.was_left().await, "the connection is still open");
}

#[tokio::test]
async fn an_answer_that_stalls_is_left_when_the_caller_leaves() {
    let daemon = Daemon::new()
        .stream("GET /images/x/json", 200, &["{\"Id\":"], End::Stall)
        .stream("GET /system/df", 200, &["{"], End::Stall);
    let (engine, serving) = daemon.engine().await;
    let deadline = Duration::from_millis(300);
    assert!(
        tokio::time::timeout(deadline, engine.image("x"))
            .await
            .is_err()
    );
    assert!(serving.was_left().await, "the connection is still open");
    assert!(
        tokio::time::timeout(deadline, engine.build_cache())
            .await
            .is_err()
    );
    assert!(serving.was_left().await, "the raw connection is still open");
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_no_end() {
    let pulling = ["{\"status\":\"Downloading\",\"id\":\"1\"}\r\n"];
    let daemon = Daemon::new()
        .stream("POST /build", 200, STEPS, End::Cut)
        .stream("POST /images/create", 200, &pulling, End::Cut)
        .stream("GET /system/df", 200, &["{"], End::Cut);
    let (engine, _serving) = daemon.engine().await;
    let BuildFailure::Engine(built) = build(&engine).await.unwrap_err() else {
        panic!("a step is not to blame");
    };
    let (pulled, heard) = pull(&engine).await;
    assert_eq!(heard, ["1: Downloading"]);
    let listed = engine.build_cache().await.unwrap_err();
    for error in [built, pulled.unwrap_err(), listed] {
        assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.chain());
        assert!(
            error.chain().contains("the connection broke"),
            "{}",
            error.chain()
        );
        assert!(error.hint.unwrap().contains("went away"));
    }
}

#[tokio::test]
async fn an_engine_that_is_gone_is_unreachable() {
    let (engine, mut serving) = Daemon::new().engine().await;
    serving.end().await;
    let hint = Some("start Docker, or set DOCKER_HOST / --host");
    let BuildFailure::Engine(built) = build(&engine).await.unwrap_err() else {
        panic!("the engine is to blame");
    };
    let errors = [
        built,
        pull(&engine).await.0.unwrap_err(),
        engine.ping().await.unwrap_err(),
        engine.build_cache().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.chain());
        assert!(
            error.chain().contains("Connection refused"),
            "{}",
            error.chain()
        );
        assert_eq!(error.hint.as_deref(), hint);
    }
}

#[tokio::test]
async fn a_log_that_floods_is_cut() {
    // Frames of the stream of a container without a terminal: 40 MB without an end of a line.
    let frame = format!("\u{1}\0\0\0\0\u{1}\0\0{}", "x".repeat(1 << 16));
    let frame: &'static str = frame.leak();
    let daemon = Daemon::new().stream("GET /containers/c/logs", 200, &[frame; 640], End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let lines = engine.logs(&ContainerId("c".to_owned()), 12).await.unwrap();
    assert_eq!(lines.len(), 1, "{} lines", lines.len());
    assert!((1..=4_096).contains(&lines[0].len()), "{}", lines[0].len());
}
