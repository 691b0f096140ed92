//! `plimsoll inspect --platform` of images of the engine.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::maker::{Image, Layer};
use super::selection::{named_layout, platforms};
use super::sources;
use crate::docker_fake::daemon::{Daemon, Serving};

const ID: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// A daemon that exports these platforms of one image; it runs on the first.
async fn serve(images: &[(&str, &Image)]) -> Serving {
    let facts = json!({ "Id": ID, "Os": "linux", "Architecture": "amd64", "Config": {},
        "RootFS": { "Type": "layers", "Layers": [] } });
    let facts: &'static str = facts.to_string().leak();
    let list = json!([{ "Id": ID, "RepoTags": ["x:1"], "Size": 7 }]);
    // Every byte of the archive is ASCII.
    let archive = String::from_utf8(platforms(images)).unwrap();
    let of_id = |end: &str| -> &'static str { format!("GET /images/{ID}/{end}").leak() };
    let daemon = Daemon::new()
        .on("GET /_ping", 200, "OK")
        .on("GET /images/x:1/json", 200, facts)
        .on(of_id("json"), 200, facts)
        .on(of_id("history"), 200, "[]")
        .on("GET /images/json", 200, list.to_string().leak())
        .on(of_id("get"), 200, archive.leak());
    daemon.serve().await
}

async fn inspect(serving: &Serving, arguments: &'static [&'static str]) -> Output {
    let host = serving.host.replace("http://", "tcp://");
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["--home", env!("CARGO_MANIFEST_DIR"), "--host", &host])
            .args(["inspect", "x:1"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn of_bytes(bytes: usize) -> Image {
    Image::of([Layer::new().file("file", vec![b'x'; bytes])])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_of_the_export_is_selected() {
    let (one, two) = (of_bytes(1), of_bytes(2));
    let serving = serve(&[("linux/amd64", &one), ("linux/arm64", &two)]).await;
    let own: &[&str] = &["--format", "json"];
    let other: &[&str] = &["--platform", "linux/arm64", "--format", "json"];
    for (arguments, platform, bytes, listed) in [
        (own, "linux/amd64", 1, json!(7)),
        (other, "linux/arm64", 2, Value::Null),
    ] {
        let output = inspect(&serving, arguments).await;
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{err}");
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["platform"], platform);
        assert_eq!(json["unpacked_bytes"], bytes);
        assert_eq!(json["listed_bytes"], listed, "{platform}");
        assert_eq!(json["id"], ID);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_the_engine_does_not_have_is_answered_by_those_that_it_has() {
    let one = of_bytes(1);
    let serving = serve(&[("linux/amd64", &one)]).await;
    let output = inspect(&serving, &["--platform", "linux/arm64"]).await;
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    for part in [
        "failed to analyze `x:1`",
        "failed to find one image of linux/arm64 in the archive: it holds none",
        "hint: it has linux/amd64; pull it first: docker pull --platform linux/arm64 x:1",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_the_engine_is_in_no_archive() {
    let one = of_bytes(1);
    let serving = serve(&[("linux/amd64", &one)]).await;
    let output = inspect(&serving, &["--image", "x:1"]).await;
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("leave out --image"), "{err}");
}

/// Runs the program in a folder that has layouts of images with these platforms; the files of
/// the first have a byte, those of the second two.
fn of_layout(of: &[&str], arguments: &[&str]) -> sources::Ended {
    let dir = tempfile::tempdir().unwrap();
    let images = [of_bytes(1), of_bytes(2)];
    let images: Vec<_> = { of.iter().zip(&images) }
        .map(|(platform, image)| ("x:1", *platform, image))
        .collect();
    std::fs::write(dir.path().join("a.tar"), named_layout(&images)).unwrap();
    sources::inspect(dir.path(), &[&["a.tar"], arguments].concat(), None)
}

#[test]
fn the_platform_itself_goes_before_its_variants() {
    let both: &[&str] = &["linux/arm64", "linux/arm64/v8"];
    for (platforms, wanted, bytes) in [
        (both, "linux/arm64", 1),
        (both, "linux/arm64/v8", 2),
        (&["linux/arm64"], "linux/arm64/v8", 1),
        (&["linux/arm64/v8"], "linux/arm64", 1),
        (&["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7", 2),
        (&["linux/arm", "linux/arm/v7"], "linux/arm", 1),
    ] {
        let ended = of_layout(platforms, &["--platform", wanted, "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{wanted}: {}", ended.err);
        let json: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(json["unpacked_bytes"], bytes, "{platforms:?} {wanted}");
    }
}

#[test]
fn variants_of_a_platform_are_named() {
    let arms = &["linux/arm/v7", "linux/arm/v6"];
    let ended = of_layout(arms, &["--platform", "linux/arm"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    for part in [
        "failed to find one image of linux/arm in the archive: it holds 2",
        "hint: name one with --platform: linux/arm/v6, linux/arm/v7",
    ] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
}

#[test]
fn a_text_that_is_no_platform_is_refused() {
    for platform in ["", "linux", "linux/", "linux/arm64/"] {
        let argument = format!("--platform={platform}");
        let ended = of_layout(&["linux/arm64"], &[&argument]);
        assert_eq!(ended.code, Some(2), "{platform}: {}", ended.err);
        if !platform.is_empty() {
            let said = format!("failed to read --platform: `{platform}` is not a platform");
            assert!(ended.err.contains(&said), "{}", ended.err);
            assert!(ended.err.contains("hint: write `os/arch"), "{}", ended.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_images_of_the_engine_are_in_no_archive() {
    let one = of_bytes(1);
    let serving = serve(&[("linux/amd64", &one)]).await;
    let output = inspect(&serving, &["--against", "x:1", "--image", "x:1"]).await;
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    let said = "neither `x:1` nor `x:1` is in an archive with several images";
    assert!(err.contains(said), "{err}");
}
