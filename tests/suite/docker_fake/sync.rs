//! The context over the session: what a builder asks for is what it gets, and nothing goes
//! as a tar.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;

use plimsoll::context::{Context, Overlay};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{BuildFailure, BuildOutcome, BuildSource, Engine, Sent};
use plimsoll::units::{Bytes, Count};
use tonic::Code;

use super::builder::{Ask, BuildKit, Got};
use super::daemon::{Daemon, Serving};
use super::streams::request;

const REWRITTEN: &str = "FROM scratch\nCOPY . /\n";

/// More than one packet, with a rest.
const LARGE: usize = 100_001;

/// A user's tree: folders, a link within them and one that leads out, an excluded file.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &[u8]| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("Dockerfile", b"the user's own\n");
    write(".dockerignore", b"secret\n");
    write("secret", b"hunter2");
    write("large", &vec![b'x'; LARGE]);
    write("src/a.txt", b"aaaa");
    write("src/empty", b"");
    write("src-b", b"bb");
    write("other/c", b"c");
    symlink("../other/c", dir.path().join("src/link")).unwrap();
    dir
}

const ALL: &[&str] = &[
    ".dockerignore",
    "Dockerfile",
    "large",
    "other",
    "other/c",
    "src",
    "src/a.txt",
    "src/empty",
    "src/link",
    "src-b",
];

fn source(dir: &tempfile::TempDir) -> BuildSource {
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let overlay = Overlay::new();
    context.source(&overlay, REWRITTEN, "a-sync-key").unwrap()
}

async fn build_from(
    builder: &BuildKit,
    source: BuildSource,
) -> (Result<BuildOutcome, BuildFailure>, Serving) {
    let daemon = Daemon::new().building(builder);
    let named = r#"{"Id":"sha256:7"}"#;
    let daemon = daemon.on("GET /images/plimsoll/x:1/json", 200, named);
    let (engine, serving) = daemon.engine().await;
    (engine_build(&engine, source).await, serving)
}

async fn engine_build(
    engine: &DockerEngine,
    source: BuildSource,
) -> Result<BuildOutcome, BuildFailure> {
    engine.build(&request(), source, &mut |_| {}).await
}

/// What one stream got.
async fn asked(ask: Ask) -> Got {
    let builder = BuildKit::asking(&[ask]);
    let dir = tree();
    build_from(&builder, source(&dir)).await.0.unwrap();
    builder.seen(|seen| seen.got.pop()).unwrap()
}

fn sent(bytes: usize, files: u64, synced: bool) -> Sent {
    Sent {
        bytes: Bytes(bytes as u64),
        files: Count(files),
        synced,
    }
}

#[tokio::test]
async fn a_build_has_its_context_in_the_session_and_no_tar() {
    let builder = BuildKit::asking(&[Ask::of("dockerfile"), Ask::of("context")]);
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    let outcome = built.unwrap();
    assert_eq!(outcome.builder, "buildkit");
    assert_eq!(outcome.image.0, "sha256:7");
    assert_eq!(outcome.steps[0].name, "[1/1] COPY . /");
    builder.seen(|seen| {
        assert_eq!(seen.body, 0, "nothing is uploaded");
        assert_eq!(seen.query["remote"], "client-session");
        assert_eq!(seen.query["version"], "2");
        let header = |name: &str| &seen.session[&format!("x-docker-expose-session-{name}")];
        assert_eq!(header("uuid"), &[seen.query["session"].clone()]);
        assert_eq!(header("sharedkey"), &["a-sync-key".to_owned()]);
        let synced = "/moby.filesync.v1.FileSync/DiffCopy".to_owned();
        assert!(header("grpc-method").contains(&synced));
        let [dockerfile, context] = &seen.got[..] else {
            panic!("{:?}", seen.got)
        };
        // What is built is not what the user wrote, and both arrive.
        assert_eq!(dockerfile.text("Dockerfile"), REWRITTEN);
        assert_eq!(context.text("Dockerfile"), "the user's own\n");
        assert_eq!(context.paths(), ALL);
        assert_eq!(context.contents["large"], vec![b'x'; LARGE]);
        assert_eq!(context.text("src/empty"), "");
        assert!(context.finished && dockerfile.finished);
        let of = |path: &str| {
            context
                .entries
                .iter()
                .find(|entry| entry.0 == path)
                .unwrap()
        };
        assert_eq!(of("src").1, 1 << 31 | 0o755);
        assert_eq!(of("src/a.txt").1, 0o644);
        let link = of("src/link");
        assert_eq!((link.1, link.2.as_str()), (1 << 27 | 0o777, "../other/c"));
    });
    // The Dockerfile and what is listed without its content do not count.
    let all = LARGE + 15 + 7 + 4 + 2 + 1;
    assert_eq!(outcome.sent, sent(all, 7, true));
}

#[tokio::test]
async fn only_what_is_wanted_is_sent() {
    let ask = Ask::of("context").wanting(&["src-b", "src/a.txt"]);
    let builder = BuildKit::asking(&[ask]);
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    assert_eq!(built.unwrap().sent, sent(6, 2, true));
    let got = builder.seen(|seen| seen.got.pop()).unwrap();
    assert_eq!(got.paths(), ALL);
    assert_eq!(got.contents.len(), 2);
    assert_eq!(got.text("src/a.txt"), "aaaa");
}

#[tokio::test]
async fn paths_are_asked_for_with_the_links_on_the_way_and_patterns_without() {
    let got = asked(Ask::of("context").with("followpaths", "src/link")).await;
    assert_eq!(got.paths(), ["other", "other/c", "src", "src/link"]);
    let got = asked(Ask::of("context").with("include-patterns", "src/*.txt")).await;
    assert_eq!(got.paths(), ["src", "src/a.txt"]);
    // Both add up.
    let both = Ask::of("context")
        .with("followpaths", "src-b")
        .with("include-patterns", "other");
    assert_eq!(asked(both).await.paths(), ["other", "other/c", "src-b"]);
    // Encoded, as newer builders send them.
    let encoded = Ask::of("context")
        .with("followpaths", "src%2Fa.txt")
        .with("followpaths-encoded", "1");
    assert_eq!(asked(encoded).await.paths(), ["src", "src/a.txt"]);
    let got = asked(Ask::of("context").with("followpaths", "absent")).await;
    assert!(got.paths().is_empty() && got.finished);
}

#[tokio::test]
async fn a_look_for_the_ignore_file_is_no_part_of_the_context() {
    let look = Ask::of("context")
        .with("followpaths", ".dockerignore")
        .with("followpaths", "Dockerfile.dockerignore");
    let builder = BuildKit::asking(&[look]);
    let dir = tree();
    let mut whole = source(&dir);
    whole.whole = true;
    let (built, _serving) = build_from(&builder, whole).await;
    assert_eq!(built.unwrap().sent, sent(0, 0, true));
    let got = builder.seen(|seen| seen.got.pop()).unwrap();
    assert_eq!(got.paths(), [".dockerignore"]);
}

#[tokio::test]
async fn a_whole_context_is_sent_whatever_is_asked_for() {
    let builder = BuildKit::asking(&[Ask::of("context").with("followpaths", "src-b")]);
    let dir = tree();
    let mut whole = source(&dir);
    whole.whole = true;
    build_from(&builder, whole).await.0.unwrap();
    assert_eq!(builder.seen(|seen| seen.got.pop()).unwrap().paths(), ALL);
}

#[tokio::test]
async fn a_directory_that_no_build_was_given_is_none() {
    let builder = BuildKit::asking(&[Ask::of("/etc")]);
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    let failure = built.unwrap_err().to_string();
    assert!(failure.contains("no directory `/etc`"), "{failure}");
    let got = builder.seen(|seen| seen.got.pop()).unwrap();
    assert_eq!(got.failure.unwrap().0, Code::NotFound);
}

#[tokio::test]
async fn an_entry_that_was_not_listed_is_refused_and_named() {
    let stray = Ask {
        id: Some(99),
        ..Ask::of("context").wanting(&[])
    };
    let builder = BuildKit::asking(&[stray]);
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    let BuildFailure::Context(error) = built.unwrap_err() else {
        panic!("the context is to blame");
    };
    assert!(error.to_string().contains("entry 99"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_gone_or_has_grown_is_named() {
    for grows in [false, true] {
        let dir = tree();
        let source = source(&dir);
        let file = dir.path().join("src/a.txt");
        match grows {
            true => fs::write(&file, "longer than before").unwrap(),
            false => fs::remove_file(&file).unwrap(),
        }
        let builder = BuildKit::asking(&[Ask::of("context")]);
        let (built, _serving) = build_from(&builder, source).await;
        let BuildFailure::Context(error) = built.unwrap_err() else {
            panic!("the context is to blame");
        };
        assert_eq!(error.to_string(), "failed to send `src/a.txt`");
        let is_absent = error.kind() == ErrorKind::NotFound;
        assert_eq!(is_absent, !grows);
        // The builder hears of it instead of waiting.
        let got = builder.seen(|seen| seen.got.pop()).unwrap();
        assert_eq!(got.failure.unwrap().0, Code::Aborted);
    }
}

#[tokio::test]
async fn a_builder_that_leaves_a_stream_is_no_failure_of_the_context() {
    let leaving = Ask {
        leaves: true,
        ..Ask::of("context")
    };
    let builder = BuildKit::asking(&[leaving, Ask::of("context")]);
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    built.unwrap();
    let got = builder.seen(|seen| seen.got.pop()).unwrap();
    assert_eq!(got.paths(), ALL);
}

#[tokio::test]
async fn only_a_builder_without_sessions_gets_a_tar() {
    let builder = BuildKit::without_sessions();
    let dir = tree();
    let (built, _serving) = build_from(&builder, source(&dir)).await;
    let all = LARGE + 15 + 7 + 4 + 2 + 1;
    assert_eq!(built.unwrap().sent, sent(all, 7, false));
    builder.seen(|seen| {
        assert!(!seen.query.contains_key("remote"), "{:?}", seen.query);
        assert!(seen.body > LARGE, "{}", seen.body);
    });
}
