//! What each verb says when it fails: operation, subject, cause, hint.

use std::collections::BTreeMap;

use plimsoll::docker::DockerEngine;
use plimsoll::engine::{
    ContainerId, ContainerSpec, Engine, EngineError, ErrorKind, RemovalOutcome,
};
use plimsoll::record::Reach;
use plimsoll::units::Nanos;

use super::daemon::{Daemon, context};

const OUCH: &str = r#"{"message":"ouch"}"#;
const STRANGE: &str =
    "the engine may be of a kind or version that is not supported; see `plimsoll doctor`";

/// The words of an error, without the port of this test's daemon.
fn words(error: &EngineError, host: &str) -> String {
    let address = host.replace("http://", "tcp://");
    let hint = error.hint.as_deref().unwrap_or("none");
    format!("{} (hint: {hint})", error.chain()).replace(&address, "tcp://ENGINE")
}

/// One test per verb: the daemon's answers, the call, the words.
macro_rules! says {
    ($name:ident: $($to:literal $status:literal $body:expr),+; |$engine:ident| $call:expr; $words:expr) => {
        #[tokio::test]
        async fn $name() {
            let daemon = Daemon::new()$(.on($to, $status, $body))+;
            let ($engine, serving) = daemon.engine().await;
            let error = $call.await.unwrap_err();
            assert_eq!(words(&error, &serving.host), $words);
        }
    };
}

pub(super) fn id() -> ContainerId {
    ContainerId("c1".to_owned())
}

pub(super) fn spec() -> ContainerSpec {
    ContainerSpec {
        name: "plimsoll-1".to_owned(),
        image: "plimsoll/x:1".to_owned(),
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        port: None,
        ..ContainerSpec::default()
    }
}

says!(facts: "GET /info" 500 OUCH; |engine| engine.facts();
    "failed to describe engine `tcp://ENGINE`: the engine answered 500: ouch (hint: none)");

says!(facts_in_nonsense: "GET /info" 200 r#"{"Driver":1}"#; |engine| engine.facts();
    format!("failed to describe engine `tcp://ENGINE`: the answer is not what the API promises: \
     invalid type: integer `1`, expected a string at line 1 column 11 (hint: {STRANGE})"));

says!(ping: "GET /_ping" 503 OUCH; |engine| engine.ping();
    "failed to ping engine `tcp://ENGINE`: the engine answered 503: ouch (hint: none)");

says!(image: "GET /images/x:1/json" 500 OUCH; |engine| engine.image("x:1");
    "failed to inspect image `x:1`: the engine answered 500: ouch (hint: none)");

says!(image_in_nonsense: "GET /images/x:1/json" 200 "<html>"; |engine| engine.image("x:1");
    format!("failed to inspect image `x:1`: the answer is not what the API promises: \
     expected value at line 1 column 1 (hint: {STRANGE})"));

says!(pull: "POST /images/create" 404 r#"{"message":"manifest unknown"}"#;
    |engine| engine.pull("nope:1", &mut |_| {});
    "failed to pull image `nope:1`: the engine answered 404: manifest unknown (hint: check the \
     name and the network; behind a mirror, name it under [bases] in the configuration)");

says!(pull_that_fails_on_the_way:
    "POST /images/create" 200 "{\"status\":\"a\"}\r\n{\"errorDetail\":{\"message\":\"no space left\"}}\r\n";
    |engine| engine.pull("x:1", &mut |_| {});
    "failed to pull image `x:1`: no space left (hint: check the \
     name and the network; behind a mirror, name it under [bases] in the configuration)");

says!(import: "POST /images/create" 500 OUCH; |engine| engine.import("x:1", context(), &[]);
    "failed to import image `x:1`: the engine answered 500: ouch (hint: none)");

says!(create_without_image: "POST /containers/create" 404 r#"{"message":"No such image: x"}"#;
    |engine| engine.create(&spec());
    "failed to create container `plimsoll-1`: the engine answered 404: No such image: x \
     (hint: build or pull `plimsoll/x:1` first)");

says!(create_twice: "POST /containers/create" 409 r#"{"message":"name in use"}"#;
    |engine| engine.create(&spec());
    "failed to create container `plimsoll-1`: the engine answered 409: name in use \
     (hint: another container has this name; `plimsoll clean` lists what a run left)");

says!(start: "POST /containers/c1/start" 500 r#"{"message":"exec: no such file"}"#;
    |engine| engine.start(&id());
    "failed to start container `c1`: the engine answered 500: exec: no such file (hint: none)");

says!(address: "GET /containers/c1/json" 200 r#"{"State":{"Running":false,"ExitCode":3}}"#;
    |engine| engine.address(&id(), 80, Reach::Bridge);
    "failed to find address of container `c1`: it is not running; its exit code is 3 (hint: none)");

says!(address_unpublished:
    "GET /containers/c1/json" 200 r#"{"State":{"Running":true},"NetworkSettings":{"Ports":{}}}"#;
    |engine| engine.address(&id(), 80, Reach::Published);
    format!("failed to find address of container `c1`: port 80 is not published on loopback \
     (hint: {STRANGE})"));

says!(exited: "POST /containers/c1/wait" 404 OUCH; |engine| engine.exited(&id());
    "failed to wait for container `c1`: the engine answered 404: ouch (hint: none)");

says!(state: "GET /containers/c1/json" 404 OUCH; |engine| engine.state(&id());
    "failed to inspect container `c1`: the engine answered 404: ouch (hint: none)");

says!(output: "POST /containers/c1/attach" 409 OUCH;
    |engine| async { engine.output(&id()).await.map(|_| ()) };
    "failed to read the output of container `c1`: the engine answered 409: ouch (hint: none)");

says!(listening_of_a_process_that_is_not_visible:
    "GET /containers/c1/json" 200 r#"{"State":{"Running":true,"Pid":2147483647}}"#;
    |engine| engine.listening(&id(), 80, Nanos::from_millis(2));
    "failed to see the sockets of container `c1`: its process 2147483647 is not visible here, so \
     that the kernel's table cannot be read; and a published port is accepted by the engine's \
     proxy before the app listens (hint: use a contract of the kind `http` or `log`, or run \
     plimsoll on the engine's machine, outside of containers)");

says!(listening_of_another_machines_process:
    "GET /containers/c1/json" 200 r#"{"State":{"Running":true,"Pid":1}}"#;
    |engine| async { engine.listening(&id(), 80, Nanos::from_millis(2)).await.map_err(short) };
    "failed to see the sockets of container `c1`: its process 1 is not visible here (hint: none)");

says!(listening_of_what_has_ended:
    "GET /containers/c1/json" 200 r#"{"State":{"Running":false,"Pid":0}}"#;
    |engine| async { engine.listening(&id(), 80, Nanos::from_millis(2)).await.map_err(short) };
    "failed to see the sockets of container `c1`: it does not run (hint: none)");

/// The error up to the first comma of its cause, and without its hint.
fn short(mut error: EngineError) -> EngineError {
    let cause = error.source.take().map(|cause| cause.to_string());
    let cause = cause.unwrap_or_default();
    let first = cause.split(',').next().unwrap_or_default().to_owned();
    EngineError::new(error.operation, error.subject, error.kind, first)
}

says!(logs: "GET /containers/c1/logs" 500 OUCH; |engine| engine.logs(&id(), 5);
    "failed to read logs of container `c1`: the engine answered 500: ouch (hint: none)");

says!(memory: "GET /containers/c1/stats" 200 r#"{"memory_stats":{}}"#;
    |engine| engine.memory(&id());
    format!("failed to measure memory of container `c1`: the engine gives no memory statistics \
     (not running, or no memory controller) (hint: {STRANGE})"));

const RUNNING: &str = r#"{"State":{"Running":true}}"#;

says!(stop: "GET /containers/c1/json" 200 RUNNING, "GET /events" 200 "",
    "POST /containers/c1/stop" 500 OUCH;
    |engine| engine.stop(&id(), Nanos::from_secs(1));
    "failed to stop container `c1`: the engine answered 500: ouch (hint: none)");

says!(stop_without_events: "GET /containers/c1/json" 200 RUNNING, "GET /events" 200 "",
    "POST /containers/c1/stop" 204 "";
    |engine| engine.stop(&id(), Nanos::from_secs(1));
    format!("failed to stop container `c1`: the engine reported no end (hint: {STRANGE})"));

says!(stop_of_what_has_ended:
    "GET /containers/c1/json" 200 r#"{"State":{"Running":false,"ExitCode":1}}"#;
    |engine| engine.stop(&id(), Nanos::from_secs(1));
    "failed to stop container `c1`: it is not running; its exit code is 1 \
     (hint: its logs say why it ended before it was asked to)");

says!(remove_container: "DELETE /containers/c1" 500 OUCH;
    |engine| engine.remove_container(&id());
    "failed to remove container `c1`: the engine answered 500: ouch (hint: none)");

says!(remove_image: "DELETE /images/x:1" 500 OUCH; |engine| engine.remove_image("x:1");
    "failed to remove image `x:1`: the engine answered 500: ouch (hint: none)");

says!(owned: "GET /containers/json" 200 "[]", "GET /images/json" 500 OUCH;
    |engine| engine.owned();
    "failed to list images of `plimsoll`: the engine answered 500: ouch (hint: none)");

says!(build_cache: "GET /system/df" 500 OUCH; |engine| engine.build_cache();
    "failed to list build cache of `tcp://ENGINE`: the engine answered 500: ouch (hint: none)");

says!(build_cache_in_nonsense: "GET /system/df" 200 "[]x"; |engine| engine.build_cache();
    format!("failed to list build cache of `tcp://ENGINE`: the answer is not what the API \
     promises: trailing characters at line 1 column 3 (hint: {STRANGE})"));

says!(prune_cache: "GET /system/df" 200 r#"{"BuildCache":[{"ID":"abc"}]}"#,
    "POST /build/prune" 500 OUCH;
    |engine| engine.prune_cache(&["abc".to_owned()]);
    "failed to prune build cache record `abc`: the engine answered 500: ouch (hint: none)");

says!(prune_cache_by_a_pattern: "GET /system/df" 200 "{}";
    |engine| engine.prune_cache(&[".*".to_owned()]);
    format!("failed to prune build cache record `.*`: this is not the id of a cache record \
     (hint: {STRANGE})"));

#[tokio::test]
async fn what_is_gone_already_is_no_error() {
    let (engine, _serving) = Daemon::new().engine().await;
    assert_eq!(engine.image("x:1").await.unwrap(), None);
    assert_eq!(
        engine.remove_image("x:1").await.unwrap(),
        RemovalOutcome::Absent
    );
    engine.remove_container(&id()).await.unwrap();
}

#[tokio::test]
async fn what_is_in_use_is_kept() {
    let busy = r#"{"message":"removal of container c1 is already in progress"}"#;
    let daemon =
        Daemon::new()
            .on("DELETE /images/x:1", 409, OUCH)
            .on("DELETE /containers/c1", 409, busy);
    let (engine, _serving) = daemon.engine().await;
    assert_eq!(
        engine.remove_image("x:1").await.unwrap(),
        RemovalOutcome::InUse
    );
    engine.remove_container(&id()).await.unwrap();
}

#[tokio::test]
async fn no_ids_prune_nothing() {
    // The daemon knows no call of either, so any would fail.
    let (engine, _serving) = Daemon::new().engine().await;
    assert_eq!(engine.prune_cache(&[]).await.unwrap(), Vec::<String>::new());
}

async fn unreached(host: &str) -> EngineError {
    DockerEngine::connect(Some(host)).await.unwrap_err()
}

#[tokio::test]
async fn an_engine_that_is_not_there_says_how_to_have_one() {
    let error = unreached("unix:///nowhere/docker.sock").await;
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(
        words(&error, "http://none"),
        "failed to reach engine `unix:///nowhere/docker.sock`: no socket at \
         /nowhere/docker.sock (hint: start Docker, or set DOCKER_HOST / --host)"
    );
    let mut serving = Daemon::new().serve().await;
    serving.end().await;
    let error = unreached(&serving.host).await;
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(
        words(&error, &serving.host),
        "failed to reach engine `tcp://ENGINE`: tcp connect error: Connection refused \
         (os error 111) (hint: start Docker, or set DOCKER_HOST / --host)"
    );
}

#[tokio::test]
async fn an_address_that_is_not_spoken_shows_no_password() {
    let error = unreached("ssh://me:secret@host").await;
    assert_eq!(
        error.chain(),
        "failed to reach engine `ssh://host`: `ssh://` is not supported"
    );
}
