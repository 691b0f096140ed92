//! How streams of JSON lines end: with their body, however its bytes were cut up.

use plimsoll::engine::{BuildFailure, ContainerId, Engine, ErrorKind};

use super::daemon::{Daemon, End, context};
use super::streams::{build, pull};

const PUSH: &str = "POST /images/x/push";
const WAIT: &str = "POST /containers/c1/wait";

const BUILD: &[&str] = &[
    "{\"stream\":\"Step 1/1 : FROM scratch\\n\"}\r\n",
    "{\"aux\":{\"ID\":\"sha256:12\"}}",
    "\r\n",
];
const PULLED: &[&str] = &["{\"status\":\"Pull complete\",\"id\":\"bb\"}", "\r\n"];
const PUSHED: &[&str] = &["{\"status\":\"1: digest: sha256:77 size: 528\"}", "\r\n"];
const IMPORTED: &[&str] = &["{\"status\":\"sha256:34\"}", "\r\n"];
const EXITED: &[&str] = &["{\"StatusCode\":3}", "\r\n"];

/// A daemon whose streams all end alike.
fn daemon(end: End) -> Daemon {
    Daemon::new()
        .stream("POST /build", 200, BUILD, end)
        .stream("POST /images/create", 200, PULLED, end)
        .stream(PUSH, 200, PUSHED, end)
        .stream(WAIT, 200, EXITED, end)
}

// On a busy machine a line's end comes later than its object.
#[tokio::test]
async fn a_line_end_that_comes_alone_is_no_failure() {
    let (engine, _serving) = daemon(End::Whole).engine().await;
    assert_eq!(build(&engine).await.unwrap().image.0, "sha256:12");
    let (pulled, heard) = pull(&engine).await;
    pulled.unwrap();
    assert_eq!(heard, ["bb: Pull complete"]);
    let pushed = engine.push("x:1", &mut |_| {}).await.unwrap();
    assert_eq!(pushed.digest.as_deref(), Some("sha256:77"));
    let container = ContainerId("c1".to_owned());
    assert_eq!(engine.exited(&container).await.unwrap(), 3);

    let importing = Daemon::new().stream("POST /images/create", 200, IMPORTED, End::Whole);
    let (engine, _serving) = importing.engine().await;
    let image = engine.import("x:1", context(), &[]).await.unwrap();
    assert_eq!(image.0, "sha256:34");
}

#[tokio::test]
async fn a_body_that_breaks_off_there_is_one() {
    let (engine, _serving) = daemon(End::Cut).engine().await;
    let BuildFailure::Engine(built) = build(&engine).await.unwrap_err() else {
        panic!("the engine is to blame");
    };
    let (pulled, _) = pull(&engine).await;
    let pushed = engine.push("x:1", &mut |_| {}).await;
    for error in [built, pulled.unwrap_err(), pushed.unwrap_err()] {
        assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.chain());
        assert!(
            error.chain().contains("the connection broke"),
            "{}",
            error.chain()
        );
    }
}

#[tokio::test]
async fn an_error_and_a_missing_image_stay_what_they_are() {
    let error = [
        "{\"stream\":\"Step 1/1 : RUN make\\n\"}\r\n",
        "{\"errorDetail\":{\"message\":\"a non-zero code: 2\"},\"error\":\"x\"}",
        "\r\n",
    ];
    let (engine, _serving) = Daemon::new()
        .stream("POST /build", 200, &error, End::Whole)
        .stream("POST /images/create", 200, &error[1..], End::Whole)
        .engine()
        .await;
    match build(&engine).await.unwrap_err() {
        BuildFailure::Step { exit_code, .. } => assert_eq!(exit_code, Some(2)),
        other => panic!("{other:?}"),
    }
    let pulled = pull(&engine).await.0.unwrap_err();
    assert_eq!(pulled.kind, ErrorKind::Refused, "{}", pulled.chain());

    let nothing = ["{\"stream\":\"Step 1/1 : FROM scratch\\n\"}", "\r\n"];
    let daemon = Daemon::new().stream("POST /build", 200, &nothing, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    match build(&engine).await.unwrap_err() {
        BuildFailure::Engine(error) => {
            assert_eq!(error.kind, ErrorKind::Protocol);
            let words = "the build ended without an image";
            assert!(error.chain().contains(words), "{}", error.chain());
        }
        other => panic!("{other:?}"),
    }
}
