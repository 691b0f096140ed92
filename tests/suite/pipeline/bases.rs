//! Which image a base is.

use plimsoll::cli::Exit;
use plimsoll::engine::{Door, Engine, LABEL_STANDS_IN_FOR};
use plimsoll::record::Metric;

use super::home::Home;
use super::{GOOD, values};
use crate::fake::FakeEngine;

#[tokio::test(start_paused = true)]
async fn a_mirror_takes_the_place_of_what_the_dockerfile_names() {
    let home = Home::new(&[("good", GOOD)]);
    let mirror = "mirror.example.com/base:1";
    let engine = FakeEngine::with_bases(&[mirror]).at(&home.registry, Door::Build);
    // What lies there was made of a stand-in.
    engine.add_label(mirror, LABEL_STANDS_IN_FOR, "base:1");
    let config = format!("[bases]\n\"base:1\" = \"{mirror}\"\n");
    std::fs::write(home.path().join("plimsoll.toml"), config).unwrap();
    let home = Home { engine, ..home };
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let base = home.record().bases.remove(0);
    assert_eq!(base.resolved, mirror);
    assert_eq!(base.stand_in.unwrap().stands_in_for, "base:1");
    // A user's image that was built on another stand-in has its label, and is none.
    for (label, is_one) in [("docker.io/library/base:1", true), ("debian:12", false)] {
        home.engine.add_label(mirror, LABEL_STANDS_IN_FOR, label);
        let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
        outcome.unwrap();
        assert_eq!(home.record().bases[0].stand_in.is_some(), is_one, "{label}");
    }
    let sent = home.engine.state(|state| state.dockerfiles.clone());
    assert!(
        sent.iter()
            .any(|text| text.starts_with(&format!("FROM {mirror}\n"))),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_base_that_cannot_be_had_is_told_with_its_mend() {
    let home = Home::new(&[("good", GOOD)]);
    let home = Home {
        engine: FakeEngine::default(),
        ..home
    };
    let failure = home.run(&["run", "app"]).await.0.unwrap_err();
    let text = failure.to_string();
    assert!(text.contains("the base `base:1` cannot be had"), "{text}");
    assert!(text.contains("hint: run `plimsoll bases build`"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_base_that_lacks_platforms_of_its_index_is_passed_on_for_one() {
    let home = Home::new(&[("good", GOOD)]);
    let id = home.engine.image("base:1").await.unwrap().unwrap().id;
    home.engine.state(|state| state.partial.insert(id.0));
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    assert_eq!(values(&record, "good", Metric::PushTime).len(), 1);
    assert_eq!(
        home.engine.state(|state| state.dockerfiles[0].clone()),
        "FROM base:1\n"
    );
    assert!(home.engine.leftovers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn bases_of_a_shared_registry_come_first_and_are_there_when_a_run_goes_on() {
    let home = Home::new(&[("good", GOOD)]);
    let shared = "reg.example.com:5000/base:1";
    // The base itself is there, too.
    let engine = FakeEngine::with_bases(&["base:1", shared]).at(&home.registry, Door::Build);
    engine.add_label(shared, LABEL_STANDS_IN_FOR, "base:1");
    let home = Home { engine, ..home };
    let words = [
        "run",
        "app",
        "--profile",
        "quick",
        "--bases-from",
        "reg.example.com:5000/",
    ];
    assert_eq!(
        home.run(&words).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let base = home.record().bases.remove(0);
    assert_eq!(base.resolved, shared);
    assert_eq!(base.stand_in.unwrap().stands_in_for, "base:1");
    // Real images only: the stand-in there is none.
    let real = [&words[..], &["--bases", "real"]].concat();
    assert_eq!(
        home.run(&real).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    assert_eq!(home.record().bases[0].resolved, "base:1");
    // Its image is asked for where it came from.
    let folder = home.folders().remove(0);
    let file = folder.join("run.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let open = text.replace("\"state\": \"complete\"", "\"state\": \"interrupted\"");
    assert_ne!(open, text);
    std::fs::write(&file, open).unwrap();
    let (outcome, _) = home
        .run(&["run", "--resume", folder.to_str().unwrap()])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
}

#[test]
fn a_shared_registry_has_bases_under_their_names() {
    let name = |reference| plimsoll::bases::shared_name("localhost:5000/bases", reference);
    assert_eq!(name("node:20"), "localhost:5000/bases/node:20");
    assert_eq!(
        name("docker.io/library/node:20"),
        "localhost:5000/bases/node:20"
    );
    let distroless = "gcr.io/distroless/static-debian12:nonroot";
    assert_eq!(
        name(distroless),
        format!("localhost:5000/bases/{distroless}")
    );
}
