//! What `plimsoll doctor` says of an engine.

use std::process::{Command, Stdio};

use super::daemon::Daemon;

/// The findings about a subject of an engine that says this of itself.
async fn findings(info: &'static str, subject: &str) -> Vec<String> {
    let daemon = Daemon::new()
        .on("GET /info", 200, info)
        .on("GET /_ping", 200, "OK");
    let serving = daemon.serve().await;
    let host = serving.host.replace("http://", "tcp://");
    let output = tokio::task::spawn_blocking(move || {
        // Without scenarios there is little else to look at.
        let home = tempfile::tempdir().unwrap();
        Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .arg("--home")
            .arg(home.path())
            .args(["--host", &host])
            .args(["doctor", "--format", "json"])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&words);
    let all = data["findings"].as_array().unwrap();
    let of = all.iter().filter(|finding| finding["subject"] == subject);
    of.map(|finding| finding["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn free_space_is_reported_of_a_data_root_that_exists_on_this_side() {
    let here = findings(r#"{"DockerRootDir":"/tmp"}"#, "disk").await;
    assert_eq!(here.len(), 1, "{here:?}");
    assert!(here[0].contains("(/tmp)"), "{here:?}");
    let elsewhere = r#"{"DockerRootDir":"/in/a/virtual/machine/docker"}"#;
    assert!(findings(elsewhere, "disk").await.is_empty());
    let builder = findings(elsewhere, "builder").await;
    assert_eq!(builder, ["BuildKit"]);
}
