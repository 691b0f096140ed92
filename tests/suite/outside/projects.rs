//! Commands that read scenarios and projects, before anything runs; and arguments that are wrong.

use super::readers::output_of;
use super::running::dockerfile;
use crate::pipeline::home::Home;
use crate::plants::{HOSTILE, assert_inert, assert_secretless, secrets};

/// A home whose variants have these titles, as TOML strings.
fn titled(titles: &[String]) -> Home {
    let file = dockerfile("RUN make");
    let names: Vec<_> = (0..titles.len()).map(|at| format!("v{at}")).collect();
    let variants: Vec<_> = names.iter().map(|name| (name.as_str(), &*file)).collect();
    let home = Home::new(&variants);
    let path = home.dir.path().join("scenarios/app.toml");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (name, title) in names.iter().zip(titles) {
        let own = format!("title = \"{name}\"");
        assert!(text.contains(&own), "{text}");
        text = text.replace(&own, &format!("title = {title}"));
    }
    std::fs::write(path, text).unwrap();
    home
}

const FILE: &str = "app/Dockerfile.v0";
const READY: &str = "http://:8080/";

/// All that these commands print, each with its arguments.
fn printed(home: &Home) -> Vec<(String, String)> {
    let commands: &[&[&str]] = &[
        &["list", "app"],
        &["list", "app", "--format", "json"],
        &["plan", "app", "--shards", "2"],
        &["plan", "app", "--shards", "2", "--format", "json"],
        &["plan", "app", "--shards", "2", "--format", "github-matrix"],
        &["plan", "app", "--shards", "2", "--format", "gitlab"],
        &["plan", "app", "--shards", "2", "--format", "slurm"],
        &["bench", "app", "-f", FILE, "--ready", READY, "--dry-run"],
        &["init", "app", "-f", FILE, "--ready", READY],
    ];
    let mut all = Vec::new();
    for arguments in commands {
        let output = output_of(home.dir.path(), arguments);
        let [out, err] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "{arguments:?}: {err}");
        assert!(!out.is_empty() || !err.is_empty(), "{arguments:?}");
        all.push((format!("stdout of {arguments:?}"), out));
        all.push((format!("stderr of {arguments:?}"), err));
    }
    all
}

fn quoted(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    // TOML takes these escaped only.
    ['\u{7f}', '\u{85}', '\u{9b}'].iter().fold(text, |text, c| {
        text.replace(*c, &format!("\\u{:04x}", *c as u32))
    })
}

#[test]
fn no_list_and_no_plan_holds_a_secret() {
    let titles: Vec<_> = secrets().iter().map(|plant| quoted(&plant.text)).collect();
    let all = printed(&titled(&titles));
    for (place, text) in &all {
        assert_secretless(place, text);
    }
    // They are masked, not lost.
    let of_lists = all.iter().filter(|(_, text)| text.contains("ghp_…"));
    assert!(of_lists.count() >= 2, "{all:#?}");
}

#[test]
fn no_list_and_no_plan_is_hostile() {
    let all = printed(&titled(&[quoted(HOSTILE)]));
    for (place, text) in &all {
        assert_inert(place, text);
    }
    let of_lists = all.iter().filter(|(_, text)| text.contains("HOSTILE"));
    assert!(of_lists.count() >= 2, "{all:#?}");
}

#[test]
fn a_wrong_argument_is_named_without_the_secret_in_it() {
    let home = tempfile::tempdir().unwrap();
    for plant in secrets() {
        for argument in [plant.text.clone(), format!("--no-such={}", plant.text)] {
            let output = output_of(home.path(), &["schema", &argument]);
            assert_eq!(output.status.code(), Some(2), "{argument}");
            let [out, err] =
                [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
            assert!(err.contains("error:"), "{argument}: {err}");
            assert_secretless("stdout", &out);
            assert_secretless("stderr", &err);
        }
    }
}
