//! Contracts of every kind: kept, broken, late, and ended before they were.

use plimsoll::record::{HardenedStart, Sample};
use plimsoll::scenario::ContractKind;

use super::*;

const HEALTH: &str = "FROM base:1\nCOPY main.src ./\nHEALTHCHECK CMD true\n";

fn dockerfile(word: &str) -> String {
    format!("FROM base:1\nCOPY main.src ./\nCMD [\"{word}\"]\n")
}

async fn run(home: &Home, more: &[&str]) -> RunRecord {
    let mut arguments = vec!["run", "app", "--profile", "quick"];
    arguments.extend_from_slice(more);
    let (outcome, _) = home.run(&arguments).await;
    outcome.unwrap();
    assert!(home.engine.leftovers().is_empty());
    home.record()
}

fn sample(record: &RunRecord, variant: &str, metric: Metric) -> Sample {
    let id = format!("app/{variant}");
    let of = |sample: &&Sample| sample.case.as_str() == id && sample.metric == metric;
    record.samples.iter().find(of).unwrap().clone()
}

fn why_failed(record: &RunRecord, variant: &str) -> String {
    let case = record.cases.iter().find(|case| case.variant == variant);
    match &case.unwrap().disposition {
        Disposition::Failed { reason } => reason.clone(),
        other => panic!("{variant}: {other:?}"),
    }
}

fn hardened(record: &RunRecord, variant: &str) -> Option<HardenedStart> {
    let case = record.cases.iter().find(|case| case.variant == variant);
    case.unwrap().posture.as_ref().unwrap().hardened.clone()
}

fn called(home: &Home, verb: &str) -> usize {
    let starts = |call: &&String| call.starts_with(verb);
    home.engine
        .state(|state| state.calls.iter().filter(starts).count())
}

#[tokio::test(start_paused = true)]
async fn a_line_of_the_output_is_waited_for() {
    let files = ["crashes", "never-ready", "floods"].map(dockerfile);
    let home = Home::new(&[
        ("good", GOOD),
        ("crash", &files[0]),
        ("mute", &files[1]),
        ("flood", &files[2]),
    ])
    .with_contract("kind = \"log\"\nline = '^ready on \\d+$'\nready-within = \"10s\"");
    let record = run(&home, &[]).await;
    let contract = record.scenarios[0].contract.as_ref().unwrap();
    assert_eq!(contract.kind, ContractKind::Log);
    assert_eq!(
        contract.asks,
        r"a line of the output matches `^ready on \d+$`"
    );
    let page = home.folders().pop().unwrap().join("report.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains("the line that matches arrived at plimsoll"),
        "{page}"
    );
    // The line comes 300 ms after the start call of 200 ms.
    assert!(close(&values(&record, "good", Metric::StartStarted), 0.2));
    assert!(close(&values(&record, "good", Metric::StartReady), 0.5));
    let ready = sample(&record, "good", Metric::StartReady);
    assert_eq!(
        ready.detail.as_deref(),
        Some("line 1 of standard error, by plimsoll's clock when it arrived")
    );
    assert_eq!(values(&record, "good", Metric::MemoryReady), [2e7]);
    assert!(close(&values(&record, "good", Metric::StopTime), 0.012));
    assert_eq!(hardened(&record, "good"), Some(HardenedStart::Ready));
    let tried = called(&home, "address");
    assert_eq!(
        tried, 1,
        "only the way to containers is tried; nothing connects to the app"
    );
    let reason = why_failed(&record, "crash");
    assert!(
        reason.starts_with("exited with code 3 before it was ready; last lines: Error"),
        "{reason}"
    );
    for (variant, seen) in [("mute", 1), ("flood", 1)] {
        let reason = why_failed(&record, variant);
        let words = format!(
            r"the contract was not kept: no line matched `^ready on \d+$` within 10.0 s, of {seen} that came; last lines: Error"
        );
        assert!(reason.starts_with(&words), "{variant}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_printed_last_counts_although_the_process_has_gone() {
    let files = ["prints-late", "finishes"].map(dockerfile);
    let home = Home::new(&[("late", &files[0]), ("usual", &files[1])])
        .with_contract("kind = \"log\"\nline = \"^done$\"");
    let record = run(&home, &[]).await;
    // The engine reports the exit 160 ms before the line arrives.
    assert!(close(&values(&record, "late", Metric::StartReady), 1.1));
    assert!(close(&values(&record, "usual", Metric::StartReady), 0.9));
}

#[tokio::test(start_paused = true)]
async fn a_job_is_ready_once_it_has_finished() {
    let files = ["finishes", "crashes", "never-ready"].map(dockerfile);
    let home = Home::new(&[
        ("job", &files[0]),
        ("crash", &files[1]),
        ("stuck", &files[2]),
    ])
    .with_contract("kind = \"exit\"\nready-within = \"10s\"");
    let record = run(&home, &[]).await;
    // The engine says so 40 ms after the exit; its stamp is what counts.
    assert!(close(&values(&record, "job", Metric::StartReady), 0.9));
    let ready = sample(&record, "job", Metric::StartReady);
    assert_eq!(
        ready.detail.as_deref(),
        Some("exit code 0; by the engine's own stamps the process ran 700 ms")
    );
    for metric in [Metric::MemoryReady, Metric::StopTime] {
        let outcome = sample(&record, "job", metric).outcome;
        let Outcome::NotApplicable { reason } = outcome else {
            panic!("{metric}: {outcome:?}");
        };
        assert!(reason.contains("the contract is `exit`"), "{reason}");
    }
    assert_eq!(called(&home, "stop"), 1, "the floor alone is stopped");
    assert_eq!(hardened(&record, "job"), Some(HardenedStart::Ready));
    let reason = why_failed(&record, "crash");
    assert!(
        reason
            .starts_with("the contract was not kept: exited with code 3, and 0 is expected; last"),
        "{reason}"
    );
    let reason = why_failed(&record, "stuck");
    assert!(
        reason.starts_with("the contract was not kept: it did not exit within 10.0 s; last"),
        "{reason}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_code_may_be_expected() {
    let home =
        Home::new(&[("usage", &dockerfile("crashes"))]).with_contract("kind = \"exit\"\ncode = 3");
    let record = run(&home, &[]).await;
    let case = record.cases.iter().find(|case| case.variant == "usage");
    assert_eq!(case.unwrap().disposition, Disposition::Qualified);
    // The fake gives this one no stamps: there is no time then, and no zero.
    let outcome = sample(&record, "usage", Metric::StartReady).outcome;
    assert!(
        matches!(outcome, Outcome::NotMeasured { .. }),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_images_own_check_is_waited_for() {
    let word = |word: &str| format!("{HEALTH}CMD [\"{word}\"]\n");
    let files = ["unhealthy", "never-ready", "crashes"].map(word);
    let home = Home::new(&[
        ("good", HEALTH),
        ("bare", GOOD),
        ("sick", &files[0]),
        ("late", &files[1]),
        ("crash", &files[2]),
    ])
    .with_contract("kind = \"healthy\"\nready-within = \"10s\"");
    let record = run(&home, &[]).await;
    assert!(close(&values(&record, "good", Metric::StartReady), 0.5));
    let ready = sample(&record, "good", Metric::StartReady);
    assert_eq!(
        ready.detail.as_deref(),
        Some(
            "resolution: the image's check, which runs every 3.00 s; the engine was asked every 5.00 ms"
        )
    );
    for (variant, words) in [
        (
            "bare",
            "the contract was not kept: the image has no health check",
        ),
        (
            "sick",
            "the contract was not kept: the engine reports it unhealthy; last lines",
        ),
        (
            "late",
            "the contract was not kept: not healthy within 10.0 s; its check runs every 3.00 s; last",
        ),
        (
            "crash",
            "exited with code 3 before it was ready; last lines",
        ),
    ] {
        let reason = why_failed(&record, variant);
        assert!(reason.starts_with(words), "{variant}: {reason}");
    }
}

const TCP: &str = "kind = \"tcp\"\nport = 8080\nready-within = \"10s\"";

#[tokio::test(start_paused = true)]
async fn a_port_is_connected_to_at_the_containers_own_address() {
    let files = ["never-ready", "crashes"].map(dockerfile);
    let home =
        Home::new(&[("good", GOOD), ("mute", &files[0]), ("crash", &files[1])]).with_contract(TCP);
    let record = run(&home, &["--reach", "bridge"]).await;
    assert!(close(&values(&record, "good", Metric::StartReady), 0.5));
    assert_eq!(called(&home, "listening"), 0);
    let reason = why_failed(&record, "mute");
    let words = "the contract was not kept: port 8080 accepted no connection within 10.0 s; last attempt: connection refused; last lines";
    assert!(reason.starts_with(words), "{reason}");
    let reason = why_failed(&record, "crash");
    assert!(reason.starts_with("exited with code 3 before"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_published_port_proves_nothing_so_the_kernel_is_asked() {
    let file = dockerfile("never-ready");
    let home = Home::new(&[("good", GOOD), ("mute", &file)]).with_contract(TCP);
    let record = run(&home, &["--reach", "published"]).await;
    assert!(close(&values(&record, "good", Metric::StartReady), 0.5));
    let ready = sample(&record, "good", Metric::StartReady);
    assert_eq!(
        ready.detail.as_deref(),
        Some("the kernel's table of sockets was read every 2.00 ms")
    );
    assert_eq!(called(&home, "address"), 0);
    let reason = why_failed(&record, "mute");
    assert!(reason.contains("no socket of it listens"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_exit_is_the_reason_although_its_effects_show_before_the_engine_reports_it() {
    let file = dockerfile("crashes");
    for (reach, refused) in [("published", None), ("bridge", Some("address"))] {
        let home = Home::new(&[("crash", &file)]).with_contract(TCP);
        home.engine.state(|state| state.refuses.extend(refused));
        let (outcome, _) = home
            .run(&["run", "app", "--profile", "quick", "--reach", reach])
            .await;
        assert_eq!(outcome.unwrap(), Exit::Failed);
        let reason = why_failed(&home.record(), "crash");
        let words = "exited with code 3 before it was ready; last lines";
        assert!(reason.starts_with(words), "{reach}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_kernel_cannot_be_asked_the_reason_and_a_remedy_are_given() {
    let home = Home::new(&[("good", GOOD)]).with_contract(TCP);
    home.engine.state(|state| state.hidden = true);
    let (outcome, _) = home
        .run(&["run", "app", "--profile", "quick", "--reach", "published"])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let reason = why_failed(&home.record(), "good");
    assert_eq!(
        reason.split_once("`: ").unwrap().1,
        "its process 7 is not visible here (hint: use a contract of the kind `http` or `log`)"
    );
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_waited_for_on_podman() {
    let (job, http) = (
        dockerfile("finishes"),
        "port = 8080\npath = \"/\"\nstatus = ",
    );
    let log = "kind = \"log\"\nline = \"^ready on\"";
    let healthy = "kind = \"healthy\"\nready-within = \"10s\"";
    let listened = "the kernel's table of sockets was read every 2.00 ms";
    let printed = "line 1 of standard error, by plimsoll's clock when it arrived; from the attach on, at which this engine prepares the container";
    let exited = "exit code 0; by the engine's own stamps the process ran 700 ms";
    let checked = "resolution: the image's check, which runs at an interval that this engine does not report; the engine was asked every 5.00 ms";
    for (contract, file, ready, detail) in [
        (
            &*format!("{http}\"200-299\""),
            GOOD,
            0.5,
            "the first attempt",
        ),
        (TCP, GOOD, 0.5, listened),
        (log, GOOD, 0.5, printed),
        ("kind = \"exit\"", &job, 0.9, exited),
        (healthy, HEALTH, 0.5, checked),
    ] {
        let home = Home::new(&[("good", file)]).with_contract(contract);
        home.engine.state(|state| state.podman = true);
        let record = run(&home, &["--reach", "published"]).await;
        assert!(
            close(&values(&record, "good", Metric::StartStarted), 0.2),
            "{contract}"
        );
        assert!(
            close(&values(&record, "good", Metric::StartReady), ready),
            "{contract}"
        );
        let sample = sample(&record, "good", Metric::StartReady);
        assert_eq!(sample.detail.as_deref(), Some(detail));
    }
    // An exit is the reason, although Podman reports it up to 250 ms later.
    let crash = dockerfile("crashes");
    for contract in [TCP, log, healthy] {
        let home = Home::new(&[("bad", &crash)]).with_contract(contract);
        home.engine.state(|state| state.podman = true);
        let quick = ["run", "app", "--profile", "quick", "--reach", "published"];
        assert_eq!(home.run(&quick).await.0.unwrap(), Exit::Failed);
        let reason = why_failed(&home.record(), "bad");
        assert!(
            reason.starts_with("exited with code 3 before it"),
            "{contract}: {reason}"
        );
    }
    let home = Home::new(&[("bare", GOOD)]).with_contract(healthy);
    home.engine.state(|state| state.podman = true);
    let _ = home.run(&["run", "app", "--profile", "quick"]).await;
    let reason = why_failed(&home.record(), "bare");
    assert_eq!(
        reason,
        "the contract was not kept: the image has no health check"
    );
}
