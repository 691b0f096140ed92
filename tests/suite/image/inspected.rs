//! `plimsoll inspect`: secrets and hostile texts of an image, in every form of its output.

use std::process::{Command, Stdio};

use serde_json::json;

use super::maker::{Image, Layer, digest};
use crate::docker_fake::daemon::{Daemon, Serving};
use crate::plants::{HOSTILE, assert_inert, assert_secretless, secrets};

const ID: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const LARGE: usize = 20_000;

fn leaked(text: String) -> &'static str {
    text.leak()
}

const BASE_ID: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

/// A daemon that has the image, with this as its history and label, and one that has the
/// same lowest layer.
fn daemon(image: &Image) -> Daemon {
    let lowest = image.layers.first().map(|layer| digest(layer));
    let base = json!({ "Id": BASE_ID, "Os": "linux", "Architecture": "amd64", "Config": {},
        "RootFS": { "Type": "layers", "Layers": [lowest] } });
    let history: Vec<_> = image
        .history
        .iter()
        .map(|step| json!({ "CreatedBy": step, "Size": 1 }))
        .collect();
    let labels = image.config.get("Labels").cloned().unwrap_or(json!({}));
    let facts = json!({ "Id": ID, "Os": "linux", "Architecture": "amd64",
        "Config": { "Labels": labels, "User": image.config["User"] },
        "RootFS": { "Type": "layers", "Layers": [] } });
    let list = json!([{ "Id": ID, "RepoTags": ["x:1"], "Size": 1 },
        { "Id": BASE_ID, "RepoTags": ["base:1"], "Size": 1 }]);
    // Every byte of these archives is ASCII or UTF-8.
    let archive = String::from_utf8(image.saved()).unwrap();
    Daemon::new()
        .on("GET /_ping", 200, "OK")
        .on("GET /images/x:1/json", 200, leaked(facts.to_string()))
        .on(
            leaked(format!("GET /images/{ID}/json")),
            200,
            leaked(facts.to_string()),
        )
        .on(
            leaked(format!("GET /images/{BASE_ID}/json")),
            200,
            leaked(base.to_string()),
        )
        .on(
            leaked(format!("GET /images/{ID}/history")),
            200,
            leaked(json!(history).to_string()),
        )
        .on("GET /images/json", 200, leaked(list.to_string()))
        .on(
            leaked(format!("GET /images/{ID}/get")),
            200,
            leaked(archive),
        )
}

/// Every form of an inspection.
const FORMS: [&[&str]; 10] = [
    &["--format", "table"],
    &["--format", "md"],
    &["--format", "json"],
    &["--all"],
    &["--layer", "2"],
    &["--layer", "1", "--format", "json"],
    &["--path", "/app/**"],
    &["--fail-on", GATE, "--format", "junit"],
    &["--fail-on", GATE, "--format", "sarif"],
    &["--fail-on", GATE, "--format", "annotations"],
];
const GATE: &str = "secrets,root,size>1B";

async fn inspect(serving: &Serving, format: &'static str) -> (String, String) {
    let form: &[&str] = Box::leak(Box::new(["--format", format]));
    inspect_in(serving, form).await
}

async fn inspect_in(serving: &Serving, form: &'static [&'static str]) -> (String, String) {
    let host = serving.host.replace("http://", "tcp://");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["--home", env!("CARGO_MANIFEST_DIR"), "--host", &host])
            .args(["inspect", "x:1"])
            .args(form)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    // The image does not pass the gate.
    let code = if form[0] == "--fail-on" { 3 } else { 0 };
    assert_eq!(output.status.code(), Some(code), "{form:?}: {err}");
    (out, err)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_an_inspection_holds_a_secret() {
    let (mut lower, mut upper) = (Layer::new(), Layer::new());
    let (mut history, mut env, mut labels) = (Vec::new(), Vec::new(), json!({}));
    let plants = secrets();
    for (number, plant) in plants.iter().enumerate() {
        let (text, secret) = (&plant.text, &plant.secret);
        history.push(format!(
            "RUN |1 ARG{number}={text} /bin/sh -c echo {secret} > /x"
        ));
        history.push(format!("LABEL note={text}"));
        history.push(format!("COPY {secret} /app/ # buildkit"));
        env.push(format!("V{number}={text}"));
        labels[format!("l{number}")] = json!(text);
        lower = lower.file(&format!("app/{number}.yml"), text);
        lower = lower.file(&format!("app/{number}.env"), text);
        // A name with a slash is another name.
        let posix = number % 2 == 0;
        upper = upper.long(&format!("app/{secret}/{number}.bin"), posix, &[b'x'; LARGE]);
        upper = upper.long(&format!("app/.env.{secret}"), posix, b"A=1");
        if secret.len() < 80 {
            upper = upper.program(&format!("usr/bin/{secret}"), 0o4755);
            upper = upper.link(&format!("app/l{number}"), secret);
        }
    }
    let mut image = Image::of([lower, upper]);
    image.history = history;
    image.config = json!({ "Env": env, "Labels": labels, "User": plants[2].secret });
    let serving = daemon(&image).serve().await;
    for form in FORMS {
        let (out, err) = inspect_in(&serving, form).await;
        assert_secretless(&form.join(" "), &out);
        assert_secretless("stderr", &err);
        let ["--format", format] = form else {
            continue;
        };
        assert!(out.contains("ghp_…") || out.contains("ghp\\_…"), "{out}");
        for kind in [
            "private key",
            "value of DB\u{5f}PASSWORD",
            "registry credential",
        ] {
            let kind = if *format == "md" {
                kind.replace('_', "\\_")
            } else {
                kind.to_owned()
            };
            assert!(out.contains(&kind), "{format}: {kind}: {out}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_an_inspection_is_hostile() {
    // A name ends at a zero.
    let hostile = HOSTILE.trim_end_matches('\0');
    let layer = Layer::new()
        .file(&format!("app/{hostile}/x"), vec![b'x'; LARGE])
        .file(&format!("app/.env.{hostile}"), "A=1")
        .program(&format!("usr/bin/{hostile}"), 0o4755);
    let mut image = Image::of([layer]);
    image.history = vec![format!("RUN x {HOSTILE} y")];
    image.config = json!({ "User": HOSTILE, "Labels": { "dev.plimsoll.stands-in-for": HOSTILE } });
    let serving = daemon(&image).serve().await;
    for form in FORMS {
        // It has one layer.
        if form == ["--layer", "2"] {
            continue;
        }
        let (out, err) = inspect_in(&serving, form).await;
        assert_inert(&form.join(" "), &out);
        assert_inert("stderr", &err);
        let ["--format", format] = form else {
            continue;
        };
        assert!(out.contains("HOSTILE"), "{format}: {out}");
        if *format == "json" {
            let data: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!(data["posture"]["user"], HOSTILE, "JSON keeps the data");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_base_is_found_on_the_engine_by_its_layers() {
    let image = Image::of([
        Layer::new().file("low", "12345"),
        Layer::new().file("high", "1"),
    ]);
    let serving = daemon(&image).serve().await;
    let (out, _) = inspect(&serving, "json").await;
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let base = json!({ "reference": "base:1", "layers": 1, "bytes": 5, "evidence": "engine" });
    assert_eq!(found["base"], base);
    assert_eq!(found["layers"][0]["of_base"], true);
    let (out, _) = inspect(&serving, "table").await;
    assert!(out.contains("base base:1"), "{out}");
    // Its only layer is no base of itself.
    let alone = daemon(&Image::of([Layer::new().file("low", "12345")]))
        .serve()
        .await;
    let (out, _) = inspect(&alone, "json").await;
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["base"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_on_a_stand_in_is_none_although_it_has_its_label() {
    let mut image = Image::of([Layer::new().file("app/x", "x")]);
    image.config = json!({ "User": "", "Labels": { "dev.plimsoll.stands-in-for": "debian:12" } });
    let other = ID.replace('1', "2");
    for (id, is_one) in [(ID, true), (other.as_str(), false)] {
        let facts = json!({ "Id": id, "Os": "linux", "Architecture": "amd64" });
        let history = leaked(format!("GET /images/{id}/history"));
        let list = json!([{ "Id": id, "RepoTags": ["x:1"], "Size": 1 }, { "Id": ID, "Size": 1 }]);
        let serving = Daemon::new()
            .on("GET /images/json", 200, leaked(list.to_string()))
            .on(
                "GET /images/plimsoll.local/debian:12/json",
                200,
                leaked(facts.to_string()),
            )
            .on(history, 200, "[]")
            .and(daemon(&image))
            .serve()
            .await;
        let (out, _) = inspect(&serving, "json").await;
        let data: serde_json::Value = serde_json::from_str(&out).unwrap();
        let expected = if is_one {
            json!("debian:12")
        } else {
            json!(null)
        };
        assert_eq!(data["stands_in_for"], expected, "{out}");
    }
}
