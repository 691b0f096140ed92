//! Failures that a scenario expects: reported as such, and no error of the run.

use super::*;

const CRASH: &str = "FROM base:1\nCOPY main.src ./\nCMD [\"crashes\"]\n";
const DEAF: &str = "FROM base:1\nCOPY main.src ./\nRUN make\nCMD [\"ignores-sigterm\"]\n";

/// A home with a variant that works, and one that is expected to fail.
fn home(dockerfile: &str, point: &str, says: &str) -> Home {
    let home = Home::new(&[("good", GOOD)]);
    std::fs::write(home.path().join("app/Dockerfile.odd"), dockerfile).unwrap();
    home.with(&format!(
        "[[variant]]\nname = \"odd\"\nstrategy = \"odd\"\ntitle = \"odd\"\ndockerfile = \"Dockerfile.odd\"\n\
         expected-failure = {{ in = \"{point}\", says = \"{says}\", why = \"to show it\" }}\n"
    ))
}

async fn outcome(home: &Home) -> (Exit, String) {
    let (outcome, table) = home.run(&["run", "app", "--profile", "quick"]).await;
    (outcome.unwrap(), table)
}

fn report(home: &Home) -> String {
    std::fs::read_to_string(home.folders().pop().unwrap().join("report.md")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_expected_crash_is_dnf_and_no_error() {
    let home = home(CRASH, "start", "cannot find module");
    let (exit, table) = outcome(&home).await;
    assert_eq!(exit, Exit::Fine, "{}", home.talk());
    let record = home.record();
    assert!(
        statuses(&record, "odd")
            .iter()
            .all(|(_, status)| *status == Status::Dnf)
    );
    assert!(values(&record, "odd", Metric::SizeUnpacked).is_empty());
    assert!(
        home.talk()
            .contains("app/odd: failed as expected: exited with code 3"),
        "{}",
        home.talk()
    );
    assert!(
        table.contains("DNF") && table.contains("As expected, odd has no figures."),
        "{table}"
    );
    let report = report(&home);
    let line = "- app/odd: failed as a whole, none of its numbers counts, as expected (to show it): exited with code 3";
    assert!(report.contains(line), "{report}");
    assert!(!report.contains("though the scenario expects"), "{report}");
    let json = plimsoll::export::report_json(&record);
    let summaries = json["summaries"].as_array().unwrap();
    let odd = summaries
        .iter()
        .find(|summary| summary["variant"] == "odd")
        .unwrap();
    assert_eq!(odd["reasons"][0]["expected"], "to show it");
}

#[tokio::test(start_paused = true)]
async fn an_expected_kill_leaves_the_other_numbers_and_no_error() {
    let home = home(DEAF, "stop", "was killed");
    let (exit, _) = outcome(&home).await;
    assert_eq!(exit, Exit::Fine, "{}", home.talk());
    let record = home.record();
    assert!(values(&record, "odd", Metric::StopTime).is_empty());
    assert_eq!(values(&record, "odd", Metric::StartReady).len(), 1);
    assert!(
        home.talk()
            .contains("stop dnf as expected (did not exit within"),
        "{}",
        home.talk()
    );
    assert!(report(&home).contains("dnf in round 1, as expected (to show it): did not exit"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_for_another_reason_or_elsewhere_is_an_error() {
    for (dockerfile, point, says) in [
        (CRASH, "start", "another message"),
        (CRASH, "stop", "cannot find module"),
        (DEAF, "start", "no such text"),
        (
            "FROM base:1\nCOPY main.src ./\nRUN fail\n",
            "start",
            "cannot find module",
        ),
    ] {
        let home = home(dockerfile, point, says);
        assert_eq!(outcome(&home).await.0, Exit::Failed, "{dockerfile} {point}");
        assert!(!home.talk().contains("as expected"), "{}", home.talk());
        assert!(!report(&home).contains("as expected"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_variant_that_works_against_expectation_causes_a_warning() {
    for (point, words) in [("start", "keeps its contract"), ("stop", "stops in time")] {
        let home = home(GOOD, point, "x");
        assert_eq!(outcome(&home).await.0, Exit::Fine);
        let warning =
            format!("app/odd {words}, though the scenario expects it to fail (to show it)");
        assert!(home.talk().contains(&warning), "{}", home.talk());
        assert!(report(&home).contains(&warning));
    }
}
