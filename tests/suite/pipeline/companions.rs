//! Services next to the app: up and ready before it, and gone with it.

use plimsoll::record::HardenedStart;

use super::*;
use crate::fake::faults::{Fault, Strike};

const DB: &str = "[[companion]]\nname = \"db\"\nimage = \"db:1\"\nready = \"tcp://:5432\"\nready-within = \"5s\"\nenv = { A = \"1\" }\n";
const CACHE: &str =
    "[[companion]]\nname = \"cache\"\nimage = \"cache:1\"\nready = \"log:ready on\"\n";

fn home(companions: &str, images: &[&str]) -> Home {
    let home = Home::new(&[("good", GOOD)]).with(companions);
    for image in images {
        home.engine.add_base(image, &[]);
    }
    home
}

/// The calls about containers and networks, without what is new in each run.
fn calls(home: &Home) -> Vec<String> {
    let verbs = [
        "create ",
        "start ",
        "stop ",
        "remove-container ",
        "create-network ",
        "remove-network ",
    ];
    home.engine.state(|state| {
        let known = state
            .calls
            .iter()
            .filter(|call| verbs.iter().any(|verb| call.starts_with(verb)));
        let short = known.filter_map(|call| {
            let (verb, name) = call.split_once(' ')?;
            let (_, role) = name.split_once("good-r1")?;
            Some(format!(
                "{verb} {}",
                if role.is_empty() { "app" } else { role }
            ))
        });
        short.collect()
    })
}

fn reason(record: &RunRecord) -> String {
    match &record
        .cases
        .iter()
        .find(|case| case.variant == "good")
        .unwrap()
        .disposition
    {
        Disposition::Failed { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn they_are_up_before_the_app_and_go_with_it_and_are_never_timed() {
    let home = home(&format!("{DB}{CACHE}"), &["db:1", "cache:1"]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    assert_eq!(
        calls(&home),
        [
            "create-network -net",
            "create -db",
            "start -db",
            "create -cache",
            "start -cache",
            "create app",
            "start app",
            "stop app",
            "remove-container app",
            "remove-container -db",
            "remove-container -cache",
            "remove-network -net",
            "create-network -hardened-net",
            "create -hardened-db",
            "start -hardened-db",
            "create -hardened-cache",
            "start -hardened-cache",
            "create -hardened",
            "start -hardened",
            "remove-container -hardened",
            "remove-container -hardened-db",
            "remove-container -hardened-cache",
            "remove-network -hardened-net",
        ]
    );
    let record = home.record();
    assert!(close(&values(&record, "good", Metric::StartCreate), 0.008));
    assert!(close(&values(&record, "good", Metric::StartReady), 0.5));
    assert!(home.engine.leftovers().is_empty());
    // Its images are locked as bases are.
    let case = record
        .cases
        .iter()
        .find(|case| case.variant == "good")
        .unwrap();
    assert_eq!(case.companions, ["cache:1", "db:1"]);
    assert_eq!(case.bases, ["base:1"]);
    let locked: Vec<_> = record
        .bases
        .iter()
        .map(|base| base.reference.as_str())
        .collect();
    assert_eq!(locked, ["base:1", "cache:1", "db:1"]);
}

/// The record has its reference without the secret.
#[tokio::test(start_paused = true)]
async fn one_with_a_secret_in_its_reference_starts_from_the_image_that_was_resolved() {
    let image = "db:ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d";
    let home = home(&DB.replace("db:1", image), &[image]);
    home.engine
        .state(|state| state.refuses.push("remove-container"));
    let _ = home.run(&["run", "app", "--profile", "quick"]).await;
    let held = home.engine.holds();
    let mut held = held.iter().filter(|one| one.starts_with("container "));
    let db = held.find(|one| one.contains("-db ")).unwrap();
    assert!(db.contains("image: \"sha256:"), "{db}");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_work_is_named_and_all_is_removed() {
    for (word, words) in [
        (
            "never-ready",
            "the companion `db` is not ready: the contract was not kept: port 5432 accepted no connection within 5.00 s; last attempt: connection refused; last lines: Error",
        ),
        (
            "crashes",
            "the companion `db` is not ready: exited with code 3 before it was ready; last lines: Error",
        ),
    ] {
        let home = home(&format!("{CACHE}{DB}"), &["db:1", "cache:1"]);
        home.engine.misbehaves("db:1", word);
        let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
        assert_eq!(outcome.unwrap(), Exit::Failed);
        let reason = reason(&home.record());
        assert!(reason.starts_with(words), "{reason}");
        assert!(home.engine.leftovers().is_empty());
        assert!(!calls(&home).contains(&"create app".to_owned()));
        assert!(calls(&home).contains(&"remove-network -net".to_owned()));
    }
}

/// Runs, and lets somebody remove the companion at the nth call of a verb about a container.
async fn run_and_lose(home: &Home, verb: &'static str, about: &'static str) -> RunRecord {
    let strike = Strike {
        verb,
        about,
        // The first one is about the companion.
        nth: 2,
        fault: Fault::None,
    };
    let meeting = home.engine.arm(strike);
    let arguments = ["run", "app", "--profile", "quick"];
    let (_, ()) = tokio::join!(home.run(&arguments), async {
        meeting.reached().await;
        home.engine.lose("-db");
        meeting.go_on();
    });
    assert!(home.engine.leftovers().is_empty());
    home.record()
}

#[tokio::test(start_paused = true)]
async fn nothing_counts_of_an_app_whose_companion_is_gone() {
    let removed = "the companion `db` was removed while the app needed it";
    for verb in ["create", "start"] {
        let home = home(DB, &["db:1"]);
        let record = run_and_lose(&home, verb, "good-r1").await;
        assert_eq!(reason(&record), removed, "{verb}");
        assert!(values(&record, "good", Metric::StartReady).is_empty());
    }
    let home = home(DB, &["db:1"]);
    home.engine.misbehaves("db:1", "ends-after-ready");
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let record = home.record();
    let exited = "the companion `db` exited with code 3 while the app needed it; last lines";
    assert!(reason(&record).starts_with(exited), "{}", reason(&record));
    assert!(values(&record, "good", Metric::StartReady).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_companion_that_is_gone_explains_why_the_app_does_not_work() {
    let crashes = "FROM base:1\nCOPY main.src ./\nCMD [\"crashes\"]\n";
    let home = Home::new(&[("good", crashes)]).with(DB);
    home.engine.add_base("db:1", &[]);
    let record = run_and_lose(&home, "start", "good-r1").await;
    let words = "the companion `db` was removed while the app needed it; the app: exited with code 3 before it was ready; last lines";
    assert!(reason(&record).starts_with(words), "{}", reason(&record));
}

#[tokio::test(start_paused = true)]
async fn a_hardened_start_without_its_companion_says_nothing_of_the_app() {
    let home = home(DB, &["db:1"]);
    let record = run_and_lose(&home, "start", "good-r1-hardened").await;
    let case = record.cases.iter().find(|case| case.variant == "good");
    let posture = case.unwrap().posture.as_ref().unwrap();
    let reason = "the companion `db` was removed while the app needed it".to_owned();
    assert_eq!(posture.hardened, Some(HardenedStart::NotTried { reason }));
    assert_eq!(values(&record, "good", Metric::StartReady).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_whose_image_is_not_available_leaves_the_variant_out() {
    let home = home(DB, &[]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    let failure = outcome.unwrap_err().to_string();
    assert!(failure.contains("db:1"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_network_that_a_run_left_is_cleaned() {
    let home = home("", &[]);
    let run = Some("20261120T204000Z-gone".to_owned());
    home.engine.state(|state| {
        state.networks.insert("plimsoll-1-net".to_owned(), run);
        state.networks.insert(
            "other".to_owned(),
            Some("20261120T204000Z-other".to_owned()),
        );
    });
    let arguments = ["clean", "--run", "20261120T204000Z-gone"];
    let (outcome, listed) = home.run(&[&arguments[..], &["--dry-run"]].concat()).await;
    outcome.unwrap();
    assert!(listed.contains("network    plimsoll-1-net"), "{listed}");
    let (outcome, _) = home.run(&[&arguments[..], &["--yes"]].concat()).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let left = home
        .engine
        .state(|state| state.networks.keys().cloned().collect::<Vec<_>>());
    assert_eq!(left, ["other"]);
}
