//! Secrets where they cannot be served: nothing is built without them, and nothing
//! exposes them.

use std::collections::BTreeMap;

use plimsoll::docker::DockerEngine;
use plimsoll::engine::{BuildFailure, Engine, ErrorKind, Secret};

use super::daemon::{Daemon, End, source};
use super::streams::request;

const TOKEN: &str = "hunter2hunter2";

async fn build(engine: &DockerEngine) -> BuildFailure {
    let mut request = request();
    let secret = Secret(TOKEN.to_owned());
    request.secrets = BTreeMap::from([("token".to_owned(), secret)]);
    assert!(!format!("{request:?}").contains(TOKEN));
    let built = engine.build(&request, source(), &mut |_| {}).await;
    let failure = built.unwrap_err();
    assert!(!format!("{failure:?}").contains(TOKEN), "it was printed");
    failure
}

#[tokio::test]
async fn an_engine_without_sessions_says_so() {
    let ready = ["{\"aux\":{\"ID\":\"sha256:12\"}}\r\n"];
    let daemon = Daemon::new().stream("POST /build", 200, &ready, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let BuildFailure::Engine(error) = build(&engine).await else {
        panic!("the engine is to blame");
    };
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(
        error.chain(),
        "failed to open the session of the build of `plimsoll/x:1`: \
         the engine answered 404: no such thing"
    );
    // One that stays in HTTP/1.1 has none either.
    let daemon = Daemon::new().on("POST /session", 200, "");
    let (engine, _serving) = daemon.engine().await;
    let BuildFailure::Engine(error) = build(&engine).await else {
        panic!("the engine is to blame");
    };
    assert_eq!(error.kind, ErrorKind::Protocol);
}

#[tokio::test]
async fn a_builder_that_takes_no_secrets_is_given_none() {
    // It knows no build either: nothing is sent.
    let (engine, _serving) = Daemon::podman().engine().await;
    let failure = build(&engine).await.to_string();
    assert_eq!(
        failure,
        "the builder refused: the buildah builder takes neither secrets nor SSH agents"
    );
}
