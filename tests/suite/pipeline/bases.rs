//! Which image a base is.

use plimsoll::cli::Exit;
use plimsoll::engine::{Engine, LABEL_STANDS_IN_FOR, RegistryEndpoint};
use plimsoll::record::Metric;

use super::home::Home;
use super::{GOOD, values};
use crate::fake::FakeEngine;

#[tokio::test(start_paused = true)]
async fn a_mirror_takes_the_place_of_what_the_dockerfile_names() {
    let home = Home::new(&[("good", GOOD)]);
    let mirror = "mirror.example.com/base:1";
    let engine = FakeEngine::with_bases(&[mirror]).at(&home.registry, RegistryEndpoint::Build);
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
async fn a_base_that_is_not_available_is_reported_with_its_fix() {
    let home = Home::new(&[("good", GOOD)]);
    let home = Home {
        engine: FakeEngine::default(),
        ..home
    };
    let failure = home.run(&["run", "app"]).await.0.unwrap_err();
    let text = failure.to_string();
    assert!(
        text.contains("the image `base:1` is not available"),
        "{text}"
    );
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
    let engine =
        FakeEngine::with_bases(&["base:1", shared]).at(&home.registry, RegistryEndpoint::Build);
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

const SHARED: &str = "reg.example.com:5000/base:1";

/// What a run with `--bases-from` has for its base, and what it says.
async fn from_the_registry(home: &Home) -> (String, String) {
    let words = "run app --profile quick --bases-from reg.example.com:5000";
    let words: Vec<&str> = words.split(' ').collect();
    let outcome = home.run(&words).await.0.unwrap();
    assert_eq!(outcome, Exit::Fine, "{}", home.talk());
    let record = home.record();
    // What is said is in the record, too.
    let said: Vec<&String> = record.warnings.iter().collect();
    let said: Vec<_> = said.iter().filter(|said| said.contains(SHARED)).collect();
    for warning in &said {
        let line = format!("warning: {warning}");
        assert!(home.talk().contains(&line), "{}", home.talk());
    }
    let base = record.bases[0].clone();
    let image = format!("{} {}", base.resolved, base.image_id);
    (image, said.iter().map(|said| said.as_str()).collect())
}

fn with_a_registry(digest: Option<&str>) -> Home {
    let home = Home::new(&[("good", GOOD)]);
    let engine = FakeEngine::with_bases(&["base:1"]).at(&home.registry, RegistryEndpoint::Build);
    if let Some(digest) = digest {
        let remote = (SHARED.to_owned(), digest.to_owned());
        engine.state(|state| state.remote.extend([remote]));
    }
    Home { engine, ..home }
}

#[tokio::test(start_paused = true)]
async fn a_local_copy_that_is_not_what_the_registry_has_does_not_win() {
    let home = with_a_registry(Some("sha256:new"));
    home.engine.add_pulled(SHARED, "sha256:old");
    let new = (format!("{SHARED} sha256:new"), String::new());
    assert_eq!(from_the_registry(&home).await, new);
    assert!(home.talk().contains(&format!("pulling {SHARED}")));
    // The same image is not pulled again.
    let home = with_a_registry(Some("sha256:new"));
    home.engine.add_pulled(SHARED, "sha256:new");
    assert_eq!(from_the_registry(&home).await, new);
    assert!(!home.talk().contains("pulling"), "{}", home.talk());
    // Nor is one that nobody can compare left unsaid.
    let home = with_a_registry(None);
    home.engine.add_pulled(SHARED, "sha256:old");
    let (image, said) = from_the_registry(&home).await;
    assert_eq!(image, format!("{SHARED} sha256:old"));
    assert!(
        said.contains("was not compared with the shared registry"),
        "{said}"
    );
    assert!(said.contains("dial tcp: no such host"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_base_that_is_not_that_of_the_shared_registry_is_reported() {
    for (stale, breaks, words) in [
        (false, true, "unexpected EOF"),
        (true, true, "the local copy is not the image sha256:new"),
        (false, false, "dial tcp: no such host"),
    ] {
        let home = with_a_registry(breaks.then_some("sha256:new"));
        home.engine.state(|state| state.breaks_pulls = breaks);
        if stale {
            home.engine.add_pulled(SHARED, "sha256:old");
        }
        let (image, said) = from_the_registry(&home).await;
        assert!(image.starts_with("base:1 "), "{image}");
        let begin = "the base `base:1` is `base:1` and not that of the shared registry: ";
        assert!(said.starts_with(begin) && said.contains(words), "{said}");
    }
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
