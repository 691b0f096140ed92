//! Ready images: nothing is built, and nothing of the user's is removed.

use plimsoll::compare::{self, Terms, compare};

use super::*;
use crate::fake::faults::{Fault, Strike};

const NGINX: &str = "nginx:1.27";
const ALPINE: &str = "nginx:1.27-alpine";
const BOTH: [&str; 3] = ["bench", "--image", "nginx:1.27,nginx:1.27-alpine"];

/// An empty folder, and an engine with two images of a layer each.
fn home() -> Home {
    let home = Home::empty(&[NGINX, ALPINE]);
    home.engine
        .relayer(NGINX, &[("debian", 80_000_000), ("nginx", 40_000_000)]);
    home.engine.relayer(ALPINE, &[("alpine", 20_000_000)]);
    home
}

fn quick<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--profile", "quick"]].concat()
}

/// Samples of a metric of a variant, without those over several links.
fn outcomes<'r>(record: &'r RunRecord, variant: &str, metric: Metric) -> Vec<&'r Outcome> {
    let samples = record.samples.iter();
    let of_case = samples.filter(|sample| {
        sample.case.as_str().ends_with(&format!("/{variant}")) && sample.metric == metric
    });
    of_case.map(|sample| &sample.outcome).collect()
}

fn value(record: &RunRecord, variant: &str, metric: Metric) -> f64 {
    match outcomes(record, variant, metric).as_slice() {
        [outcome] => outcome
            .counted()
            .unwrap_or_else(|| panic!("{metric}: {outcome:?}"))
            .base_value(),
        other => panic!("{metric}: {other:?}"),
    }
}

/// What the user's engine holds in the end.
fn names(home: &Home) -> Vec<String> {
    home.engine.state(|state| state.names())
}

/// Runs, and does something at the first call of a verb.
async fn during(
    home: &Home,
    arguments: &[&str],
    verb: &'static str,
    about: &'static str,
    deed: impl Fn(),
) {
    let strike = Strike {
        verb,
        about,
        nth: 1,
        fault: Fault::None,
    };
    let meeting = home.engine.arm(strike);
    let arguments = quick(arguments);
    let deed = async {
        meeting.reached().await;
        deed();
        meeting.go_on();
    };
    let (_, ()) = tokio::join!(home.run(&arguments), deed);
}

#[tokio::test(start_paused = true)]
async fn two_images_are_measured_in_an_empty_folder() {
    let home = home();
    let (outcome, table) = home.run(&quick(&BOTH)).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let variants: Vec<_> = record
        .cases
        .iter()
        .map(|case| case.variant.as_str())
        .collect();
    assert_eq!(variants, ["nginx-1-27", "nginx-1-27-alpine", "floor"]);
    let case = &record.cases[0];
    assert_eq!(case.ready_image.as_deref(), Some(NGINX));
    assert_eq!(
        (case.bases.as_slice(), &case.dockerfile),
        (&[NGINX.to_owned()][..], &None)
    );
    let locked: Vec<_> = record
        .bases
        .iter()
        .map(|base| base.reference.as_str())
        .collect();
    assert_eq!(locked, [NGINX, ALPINE]);
    let seen = |metric| value(&record, "nginx-1-27", metric);
    assert_eq!(seen(Metric::SizeUnpacked), 120e6);
    assert_eq!(seen(Metric::SizeLayers), 2.0);
    assert_eq!(seen(Metric::SizeTransfer), 30e6 + 1e3 + 200.0 * 4.0 - 800.0);
    assert!(close(&[seen(Metric::StartReady)], 0.5));
    assert!(close(&[seen(Metric::StartCreate)], 0.008));
    assert!(close(&[seen(Metric::StopTime)], 0.012));
    assert_eq!(seen(Metric::MemoryReady), 2e7);
    for metric in Metric::ALL.iter().filter(|metric| metric.is_of_builds()) {
        for variant in ["nginx-1-27", "nginx-1-27-alpine"] {
            for outcome in outcomes(&record, variant, *metric) {
                let reason = Some("a ready image: nothing is built");
                assert_eq!(outcome.status(), Status::NotApplicable, "{metric}");
                assert_eq!(outcome.reason(), reason, "{metric}");
            }
        }
    }
    assert_eq!(outcomes(&record, "nginx-1-27", Metric::BuildCold).len(), 1);
    let own = outcomes(&record, "nginx-1-27", Metric::SizeOwn);
    assert_eq!(own[0].status(), Status::NotApplicable);
    insta::assert_snapshot!(table);
}

#[tokio::test(start_paused = true)]
async fn only_the_floor_is_built_and_the_images_keep_their_names() {
    let home = home();
    let before = names(&home);
    assert_eq!(home.run(&quick(&BOTH)).await.0.unwrap(), Exit::Fine);
    assert_eq!(names(&home), before);
    let calls = home.engine.state(|state| state.calls.clone());
    let of_images: Vec<_> = calls
        .iter()
        .filter(|call| call.starts_with("build ") || call.starts_with("remove-image "))
        .filter(|call| call.contains("nginx"))
        .collect();
    // The names of the pushes, and no other.
    assert_eq!(of_images.len(), 2, "{of_images:?}");
    for call in of_images {
        assert!(
            call.starts_with("remove-image 127.0.0.1:2/plimsoll-run/"),
            "{call}"
        );
    }
    let (outcome, _) = home.run(&["clean", "--yes"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    assert_eq!(names(&home), before);
}

/// Were the name of the push the last one, the image would go with it.
#[tokio::test(start_paused = true)]
async fn an_image_whose_name_the_user_takes_away_during_the_push_stays() {
    let home = home();
    let id = home.engine.state(|state| state.id_of(NGINX));
    home.engine.state(|state| state.calls.clear());
    during(&home, &["bench", "--image", NGINX], "push", "", || {
        home.engine.lose(NGINX)
    })
    .await;
    let left = home.engine.state(|state| state.ids());
    assert!(left.contains(&id), "{}", home.talk());
}

#[tokio::test(start_paused = true)]
async fn in_a_clean_room_the_whole_image_is_pushed_and_pulled() {
    let home = home();
    let arguments = quick(&[&BOTH[..], &["--engine", "clean-room"]].concat());
    assert_eq!(
        home.run(&arguments).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    let seen = |metric| value(&record, "nginx-1-27", metric);
    // Nothing of it was in the registry before, although it came by there.
    assert_eq!(seen(Metric::PushBytes), seen(Metric::SizeTransfer));
    assert_eq!(seen(Metric::PullColdBytes), seen(Metric::SizeTransfer));
    for (metric, reason) in [
        (Metric::PullUpdate, "a ready image: nothing is rebuilt"),
        (Metric::PullBase, "a ready image: its base is not known"),
    ] {
        let found = outcomes(&record, "nginx-1-27", metric);
        assert_eq!(found[0].status(), Status::NotApplicable, "{metric}");
        assert_eq!(found[0].reason(), Some(reason), "{metric}");
    }
    assert_eq!(names(&home), [NGINX, ALPINE]);
    assert!(
        home.registry.names().is_empty(),
        "{:?}",
        home.registry.names()
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_missing_is_pulled_and_locked_and_stays() {
    let home = Home::empty(&[]);
    let digest = format!("sha256:{}", "a".repeat(64));
    home.engine
        .state(|state| state.remote.insert(NGINX.to_owned(), digest.clone()));
    let arguments = quick(&["bench", "--image", NGINX, "--ready", "tcp://:80"]);
    assert_eq!(
        home.run(&arguments).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    assert_eq!(record.bases[0].repo_digests, [format!("nginx@{digest}")]);
    assert!(home.talk().contains("pulling nginx:1.27"));
    assert_eq!(names(&home), [NGINX]);
}

/// It is what is compared, and not what the variant rests on.
#[tokio::test(start_paused = true)]
async fn an_image_that_has_moved_can_be_compared_with_what_it_was() {
    let home = home();
    assert_eq!(home.run(&quick(&BOTH)).await.0.unwrap(), Exit::Fine);
    let before = home.record();
    home.engine
        .relayer(NGINX, &[("debian", 80_000_000), ("nginx", 60_000_000)]);
    assert_eq!(home.run(&quick(&BOTH)).await.0.unwrap(), Exit::Fine);
    let after = home.record();
    let comparison = compare(&before, &after, Terms::default());
    let of_size = |line: &&compare::Line<'_>| {
        line.case.as_str().ends_with("/nginx-1-27") && line.metric == Metric::SizeUnpacked
    };
    let line = comparison.lines.iter().find(of_size).unwrap();
    assert!(
        matches!(line.outcome, compare::LineOutcome::Judged(_)),
        "{line:?}"
    );
    let sizes = [line.base, line.head].map(|size| size.unwrap().base_value());
    assert_eq!(sizes, [120e6, 140e6]);
}

#[tokio::test(start_paused = true)]
async fn port_and_health_check_are_those_of_the_config() {
    let home = Home::empty(&["own/api:1", "own/api:2"]);
    home.engine.configure(
        "own/api:1",
        &[9000],
        Some("curl -f http://localhost:9000/live || exit 1"),
    );
    let named = quick(&["bench", "--image", "own/api:1,own/api:2"]);
    assert_eq!(
        home.run(&named).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let said = "GET /live on port 9000 is answered with status 200-399 (port from HEALTHCHECK, path from HEALTHCHECK)";
    assert!(home.talk().contains(said), "{}", home.talk());
    let mute = Home::empty(&["own/api:1"]);
    let error = mute
        .run(&quick(&["bench", "--image", "own/api:1"]))
        .await
        .0
        .unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r"
    error: it is not known when the images are ready: the config of none has an exposed port, a health check or a variable PORT
      hint: say how it shows that: --ready http://:8080/, tcp://:5432, log:REGEX or exit:0
    ");
    let gone = mute
        .run(&quick(&["bench", "--image", "own/gone:1"]))
        .await
        .0
        .unwrap_err();
    insta::assert_snapshot!(gone.to_string(), @r"
    error: the image `own/gone:1` is not available: failed to ask the registry of `own/gone:1`: dial tcp: no such host; there is no stand-in recipe for it
      hint: run `plimsoll bases build` for stand-ins, pull the image by hand, or map it to a mirror: `[bases]` in plimsoll.toml
    ");
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_runs_and_can_stand_next_to_a_dockerfile() {
    let home = home();
    let file = home.path().join("images.toml").display().to_string();
    let arguments = quick(&[&BOTH[..], &["--save", &file]].concat());
    assert_eq!(
        home.run(&arguments).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let measured = home.record();
    let saved = std::fs::read_to_string(&file).unwrap();
    assert_eq!(measured.scenarios[0].text, saved);
    insta::assert_snapshot!(saved);
    assert_eq!(
        home.run(&quick(&["run", &file])).await.0.unwrap(),
        Exit::Fine
    );
    let again = home.record();
    assert_ne!(again.id, measured.id);
    assert_eq!(again.cases[0].ready_image, measured.cases[0].ready_image);
    // In one scenario with a variant that is built: its columns stay.
    let mixed = Home::new(&[("good", GOOD)]).with(
        "[[variant]]\nname = \"ready\"\nstrategy = \"ready\"\ntitle = \"ready\"\nimage = \"own:1\"\n",
    );
    mixed.engine.add_base("own:1", &[]);
    let (outcome, table) = mixed.run(&quick(&["run", "app"])).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", mixed.talk());
    let record = mixed.record();
    assert_eq!(values(&record, "ready", Metric::SizeUnpacked), [1e7]);
    assert!(values(&record, "ready", Metric::RebuildSource).is_empty());
    assert_eq!(values(&record, "good", Metric::RebuildSource).len(), 1);
    assert!(
        table.contains("rebuild") && table.contains("n/a"),
        "{table}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_that_does_not_keep_its_contract_is_dnf_and_stays() {
    let home = home();
    home.engine.misbehaves(ALPINE, "crashes");
    let (outcome, table) = home.run(&quick(&BOTH)).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    assert!(
        table.contains("nginx-1-27-alpine has no figures: exited with code 3"),
        "{table}"
    );
    assert_eq!(names(&home), [NGINX, ALPINE]);
    assert!(home.engine.leftovers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_gone_or_replaced_in_the_run_is_dnf_and_never_another_one() {
    let reason = async |meddle: &dyn Fn(&FakeEngine)| {
        let home = home();
        let arguments = ["bench", "--image", NGINX];
        // What a visit asks first is the image, by its id.
        during(&home, &arguments, "image", "sha256:", || {
            meddle(&home.engine)
        })
        .await;
        let record = home.record();
        match &record.cases[0].disposition {
            Disposition::Failed { reason } => reason.clone(),
            other => panic!("{other:?}: {}", home.talk()),
        }
    };
    let gone = reason(&|engine| engine.lose(NGINX)).await;
    assert_eq!(gone, "the image `nginx:1.27` is not on the engine any more");
    // Under the same id: a store that gives one id to a rebuilt index.
    let other = reason(&|engine| engine.relayer(NGINX, &[("other", 1)])).await;
    assert_eq!(
        other,
        "the image `nginx:1.27` is not the one that the run began with"
    );
}

#[tokio::test(start_paused = true)]
async fn a_build_of_somebody_else_during_the_visit_keeps_its_cache() {
    let home = home();
    let somebody = || {
        let record = ("theirs".to_owned(), "fileop target".to_owned());
        home.engine.state(|state| state.cache.extend([record]));
    };
    during(
        &home,
        &["bench", "--image", NGINX],
        "create",
        "nginx",
        somebody,
    )
    .await;
    let left = home.engine.state(|state| state.cache.clone());
    assert!(left.contains_key("theirs"), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn flags_of_builds_are_refused_by_name() {
    let home = home();
    for flag in [
        &["--skip", "dependency"][..],
        &["--keep-cache"],
        &["--prefer", "rebuild"],
    ] {
        let arguments = [&BOTH[..], flag].concat();
        let error = home.run(&arguments).await.0.unwrap_err().to_string();
        let said = format!(
            "{} cannot be used with --image: nothing is built",
            flag.join(" ").replace(" dependency", "")
        );
        assert!(error.contains(&said), "{error}");
    }
    for flag in [
        ["-f", "Dockerfile"],
        ["--context", "."],
        ["--target", "prod"],
        ["--build-arg", "A=1"],
        ["--base", "node:20"],
        ["--swap", "a=b"],
        ["--platform", "linux/arm64"],
        ["--compose", "compose.yaml"],
    ] {
        let arguments = [&["plimsoll"][..], &BOTH, &flag].concat();
        let error = Cli::try_parse_from(arguments).unwrap_err().to_string();
        assert!(error.contains("'--image <IMAGE>'"), "{error}");
        assert!(error.contains("cannot be used with"), "{error}");
    }
}
