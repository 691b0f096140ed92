//! Making stand-ins: several side by side, each after those that it needs.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use insta::assert_snapshot;
use plimsoll::bases::{Built, Catalogue, NotBuilt, Progress, build_all};
use tempfile::TempDir;

use crate::fake::FakeEngine;

/// What it hears, a line each.
#[derive(Default)]
struct Heard(Vec<String>);

impl Progress for Heard {
    fn begin(&mut self, name: &str, index: usize, total: usize) {
        self.0.push(format!("[{index}/{total}] {name}"));
    }

    fn step(&mut self, _: &str, _: &str) {}

    fn end(&mut self, name: &str, built: Built) {
        let end = match built {
            Built::Failed(NotBuilt::Needs(need)) => format!("not begun, needs {need}"),
            Built::Failed(NotBuilt::Recipe(error)) => format!("failed: {error}"),
            built => format!("{built:?}"),
        };
        self.0.push(format!("{name}: {end}"));
    }
}

fn recipe(folder: &Path, entries: &mut String, name: &str, needs: &[&str], dockerfile: &str) {
    let recipe = name.replace(':', "-");
    fs::create_dir(folder.join(&recipe)).unwrap();
    fs::write(folder.join(&recipe).join("Dockerfile"), dockerfile).unwrap();
    entries.push_str(&format!(
        "[[base]]\nname = \"{name}\"\nrecipe = \"{recipe}\"\nkind = \"dockerfile\"\n\
         official-bytes = 1\nneeds = {needs:?}\n\n"
    ));
}

/// `node` needs `debian`, which takes 4 s; `static` needs `alpine`, which takes 2 s.
fn catalogue(alpine: &str) -> (TempDir, Catalogue) {
    let dir = tempfile::tempdir().unwrap();
    let mut entries = String::new();
    let mut add = |name: &str, needs: &[&str], text: &str| {
        recipe(dir.path(), &mut entries, name, needs, text);
    };
    add("debian:1", &[], "FROM scratch\nRUN one\nRUN two\n");
    add("node:1", &["debian:1"], "FROM debian:1\nRUN one\n");
    add("alpine:1", &[], &format!("FROM scratch\nRUN {alpine}\n"));
    add(
        "static:1",
        &["alpine:1"],
        "FROM alpine:1\nRUN one\nRUN two\n",
    );
    fs::write(dir.path().join("bases.toml"), entries).unwrap();
    let catalogue = Catalogue::load(dir.path()).unwrap();
    (dir, catalogue)
}

async fn built(engine: &FakeEngine, catalogue: &Catalogue, at_once: usize) -> String {
    let at_once = NonZeroUsize::new(at_once).unwrap();
    let mut heard = Heard::default();
    let made = build_all(engine, catalogue, &[], false, at_once, &mut heard).await;
    heard.0.push(match made {
        Ok(summary) => format!("{} made, not built: {:?}", summary.made, summary.failed),
        Err(error) => error.to_string(),
    });
    heard.0.join("\n")
}

#[tokio::test(start_paused = true)]
async fn bases_without_missing_dependencies_are_built_in_parallel() {
    let (_dir, catalogue) = catalogue("one");
    let engine = FakeEngine::default();
    assert_snapshot!(built(&engine, &catalogue, 2).await, @r"
    [1/4] debian:1
    [3/4] alpine:1
    alpine:1: Made
    [4/4] static:1
    debian:1: Made
    [2/4] node:1
    static:1: Made
    node:1: Made
    4 made, not built: []
    ");
    assert_snapshot!(built(&engine, &catalogue, 2).await, @r"
    debian:1: Current
    node:1: Current
    alpine:1: Current
    static:1: Current
    0 made, not built: []
    ");
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_keeps_the_order_of_the_catalogue() {
    let (_dir, catalogue) = catalogue("one");
    assert_snapshot!(built(&FakeEngine::default(), &catalogue, 1).await, @r"
    [1/4] debian:1
    debian:1: Made
    [2/4] node:1
    node:1: Made
    [3/4] alpine:1
    alpine:1: Made
    [4/4] static:1
    static:1: Made
    4 made, not built: []
    ");
}

#[tokio::test(start_paused = true)]
async fn a_recipe_that_fails_stops_only_those_that_need_it() {
    let (_dir, catalogue) = catalogue("fail");
    let engine = FakeEngine::default();
    assert_snapshot!(built(&engine, &catalogue, 2).await, @r#"
    [1/4] debian:1
    [3/4] alpine:1
    alpine:1: failed: the stand-in for `alpine:1` did not build: make: *** no rule
    static:1: not begun, needs alpine:1
    debian:1: Made
    [2/4] node:1
    node:1: Made
    2 made, not built: ["alpine:1", "static:1"]
    "#);
}

/// Ends the engine when a stand-in is begun.
struct Ending<'e>(&'e FakeEngine);

impl Progress for Ending<'_> {
    fn begin(&mut self, _: &str, _: usize, _: usize) {
        self.0.state(|state| state.gone = true);
    }

    fn step(&mut self, _: &str, _: &str) {}

    fn end(&mut self, name: &str, built: Built) {
        panic!("{name} ended: {built:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_away_in_a_build_ends_all() {
    let (_dir, catalogue) = catalogue("one");
    let engine = FakeEngine::default();
    let at_once = NonZeroUsize::MIN;
    let mut ending = Ending(&engine);
    let built = build_all(&engine, &catalogue, &[], false, at_once, &mut ending).await;
    let error = built.unwrap_err();
    assert!(error.to_string().contains("debian:1"), "{error}");
}

#[test]
fn every_recipe_gets_the_shared_scripts_and_changes_with_them() {
    let (dir, catalogue) = catalogue("one");
    let hashes = || -> Vec<_> {
        let entries = catalogue.entries().iter();
        entries
            .map(|entry| catalogue.recipe_hash(entry).unwrap())
            .collect()
    };
    let before = hashes();
    fs::create_dir(dir.path().join("lib")).unwrap();
    fs::write(dir.path().join("lib/retry"), "#!/bin/sh\n").unwrap();
    let after = hashes();
    assert!(before.iter().zip(&after).all(|(old, new)| old != new));
    assert_eq!(after, hashes());
}

/// A script may print as much as it likes: the root file system goes through a file.
#[tokio::test]
async fn the_output_of_a_script_is_not_kept_and_its_end_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("loud");
    fs::create_dir(&folder).unwrap();
    let entry =
        "[[base]]\nname = \"loud:1\"\nrecipe = \"loud\"\nkind = \"rootfs\"\nofficial-bytes = 1\n";
    fs::write(dir.path().join("bases.toml"), entry).unwrap();
    let catalogue = || Catalogue::load(dir.path()).unwrap();
    let loud = "head -c 70000000 /dev/zero\n";
    let packs = format!("{loud}tar -cf \"$1\" -C \"$(dirname \"$0\")\" rootfs.sh\n");
    fs::write(folder.join("rootfs.sh"), packs).unwrap();
    assert_snapshot!(built(&FakeEngine::default(), &catalogue(), 1).await, @r"
    [1/1] loud:1
    loud:1: Made
    1 made, not built: []
    ");
    let fails = format!("{loud}echo\necho the last words\nexit 3\n");
    fs::write(folder.join("rootfs.sh"), fails).unwrap();
    let said = built(&FakeEngine::default(), &catalogue(), 1).await;
    assert!(
        said.contains("exit status: 3") && said.contains("the last words"),
        "{said}"
    );
}
