//! Pushes and pulls whose streams go wrong, and what is read off those that do not.

use plimsoll::engine::{Engine, ErrorKind, LayerState};

use super::daemon::{Daemon, End};

const IMAGE: &str = "127.0.0.1:5000/plimsoll-run/r/x:cold";
const PUSH: &str = "POST /images/127.0.0.1:5000/plimsoll-run/r/x/push";

#[tokio::test]
async fn a_push_gives_the_digest_of_its_last_line() {
    let lines = [
        "{\"status\":\"The push refers to repository [127.0.0.1:5000/plimsoll-run/r/x]\"}\r\n",
        "{\"status\":\"Pushing\",\"progressDetail\":{\"current\":5,\"total\":10},\"id\":\"ab\"}\r\n",
        "{\"status\":\"Pushed\",\"progressDetail\":{},\"id\":\"ab\"}\r\n",
        "{\"status\":\"cold: digest: sha256:77 size: 528\"}\r\n",
        "{\"progressDetail\":{},\"aux\":{\"Tag\":\"cold\",\"Digest\":\"sha256:77\",\"Size\":528}}\r\n",
    ];
    let daemon = Daemon::new().stream(PUSH, 200, &lines, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let mut heard = Vec::new();
    let outcome = engine
        .push(IMAGE, &mut |line| heard.push(line.to_owned()))
        .await;
    assert_eq!(outcome.unwrap().digest.as_deref(), Some("sha256:77"));
    assert!(heard.contains(&"Pushed".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn a_push_that_fails_on_the_way_says_why() {
    let lines = [
        "{\"status\":\"Pushing\",\"id\":\"ab\"}\r\n",
        "{\"errorDetail\":{\"message\":\"received unexpected HTTP status: 507\"},\"error\":\"x\"}\r\n",
    ];
    let daemon = Daemon::new().stream(PUSH, 200, &lines, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let error = engine.push(IMAGE, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(
        error.chain().ends_with("unexpected HTTP status: 507"),
        "{}",
        error.chain()
    );
}

#[tokio::test]
async fn an_engine_that_goes_away_in_a_push_or_a_pull_is_unreachable() {
    let lines = ["{\"status\":\"Pushing\",\"id\":\"ab\"}\r\n"];
    let daemon = Daemon::new().stream(PUSH, 200, &lines, End::Cut).stream(
        "POST /images/create",
        200,
        &lines,
        End::Cut,
    );
    let (engine, _serving) = daemon.engine().await;
    let error = engine.push(IMAGE, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.chain());
    let error = engine.pull(IMAGE, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.chain());
}

#[tokio::test]
async fn a_pull_reports_the_state_of_each_layer() {
    let lines = [
        "{\"status\":\"Pulling from plimsoll-run/r/x\",\"id\":\"cold\"}\r\n",
        "{\"status\":\"Already exists\",\"progressDetail\":{},\"id\":\"aa\"}\r\n",
        "{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"bb\"}\r\n",
        "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"bb\"}\r\n",
        "{\"status\":\"Pull complete\",\"progressDetail\":{},\"id\":\"bb\"}\r\n",
        "{\"status\":\"Digest: sha256:77\"}\r\n",
    ];
    let daemon = Daemon::new().stream("POST /images/create", 200, &lines, End::Whole);
    let (engine, _serving) = daemon.engine().await;
    let mut heard = Vec::new();
    let outcome = engine
        .pull(IMAGE, &mut |event| heard.push((event.layer, event.state)))
        .await;
    outcome.unwrap();
    let layer = |id: &str| Some(id.to_owned());
    assert_eq!(
        heard,
        [
            (None, LayerState::Other),
            (layer("aa"), LayerState::AlreadyExists),
            (layer("bb"), LayerState::Announced),
            (layer("bb"), LayerState::Downloaded),
            (layer("bb"), LayerState::Complete),
            (None, LayerState::Other),
        ]
    );
}

#[tokio::test]
async fn a_name_that_cannot_be_given_is_an_error_with_the_name() {
    let daemon = Daemon::new();
    let (engine, _serving) = daemon.engine().await;
    let error = engine.tag("gone:1", IMAGE).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.chain().contains(IMAGE), "{}", error.chain());
}
