//! Contracts of every kind on a real engine.

use plimsoll::record::{Disposition, Metric, Outcome, RunRecord, Sample};

use super::home::{Home, left};
use crate::live_engine::stage::{Stage, live};

const SERVES: &str = "FROM scratch\nCOPY tool main.src /\nCMD [\"/tool\", \"serve\"]\n";
const HEALTH: &str =
    "HEALTHCHECK --interval=1s CMD [\"/tool\", \"same\", \"/main.src\", \"unreleased\\n\"]\n";

fn runs(words: &str) -> String {
    format!("FROM scratch\nCOPY tool main.src /\nCMD [\"/tool\", {words}]\n")
}

/// Runs variants under a contract, and sees that nothing is left of it.
async fn run(stage: &Stage, contract: &str, variants: &[(&str, &str)], more: &[&str]) -> RunRecord {
    let home = Home::new(stage, variants);
    let file = home.dir.path().join("scenarios/tiny.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("[contract]\n").unwrap();
    let (_, after) = rest.split_once("[[edit]]").unwrap();
    let text = format!("{before}[contract]\n{contract}\nready-within = \"4s\"\n[[edit]]{after}");
    std::fs::write(&file, text).unwrap();
    let mut arguments = vec!["run", "tiny", "--profile", "quick", "--no-push"];
    arguments.extend_from_slice(more);
    let ended = home.plimsoll(&arguments);
    assert_eq!(
        ended.code,
        Some(1),
        "one of the variants fails: {}",
        ended.err
    );
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    home.record()
}

fn sample(record: &RunRecord, metric: Metric) -> Sample {
    let of = |sample: &&Sample| sample.case.as_str() == "tiny/good" && sample.metric == metric;
    record.samples.iter().find(of).unwrap().clone()
}

/// Seconds until ready, and how that is known.
fn ready(record: &RunRecord) -> (f64, String) {
    let sample = sample(record, Metric::StartReady);
    let value = sample
        .outcome
        .counted()
        .unwrap_or_else(|| panic!("{sample:?}"));
    let seconds = value.base_value();
    println!("ready after {seconds} s: {:?}", sample.detail);
    (seconds, sample.detail.unwrap())
}

fn why(record: &RunRecord, variant: &str) -> String {
    let case = record.cases.iter().find(|case| case.variant == variant);
    match &case.unwrap().disposition {
        Disposition::Failed { reason } => reason.clone(),
        other => panic!("{variant}: {other:?}"),
    }
}

live!(alone a_port_that_accepts_is_ready_by_its_address_and_by_the_kernels_table, stage => {
    let sleeps = runs("\"sleep\", \"60\"");
    let variants = [("good", SERVES), ("mute", sleeps.as_str())];
    let contract = "kind = \"tcp\"\nport = 8080";
    let record = run(stage, contract, &variants, &["--reach", "bridge"]).await;
    assert!(ready(&record).0 < 4.0);
    assert!(sample(&record, Metric::MemoryReady).outcome.counted().is_some());
    let reason = why(&record, "mute");
    assert!(reason.contains("port 8080 accepted no connection within 4.00 s"), "{reason}");
    assert!(reason.contains("connect: Connection refused"), "{reason}");
    // By a published port the proxy would accept for the mute one too.
    let record = run(stage, contract, &variants, &["--reach", "published"]).await;
    assert!(ready(&record).1.starts_with("the kernel's table of sockets was read"));
    let reason = why(&record, "mute");
    assert!(reason.contains("no socket of it listens"), "{reason}");
});

live!(alone a_line_that_is_printed_makes_ready, stage => {
    let ends = runs("\"exit\", \"0\"");
    let variants = [("good", SERVES), ("other", ends.as_str())];
    let record = run(stage, "kind = \"log\"\nline = '^listening$'", &variants, &[]).await;
    let (seconds, how) = ready(&record);
    assert!(seconds < 4.0);
    assert_eq!(how, "line 2 of standard error, by plimsoll's clock when it arrived");
    let reason = why(&record, "other");
    assert!(reason.contains("exited with code 0 before it was ready"), "{reason}");
    assert!(reason.contains("line 29 | line 30"), "{reason}");
    // What is printed right before the end is heard.
    let record = run(stage, "kind = \"log\"\nline = '^line 30$'", &[
        ("good", ends.as_str()),
        ("other", SERVES),
    ], &[]).await;
    assert!(ready(&record).1.starts_with("line 30 of standard output"));
    assert!(why(&record, "other").contains("no line matched `^line 30$` within 4.00 s, of 2 that came"));
});

live!(alone a_job_is_ready_once_it_has_finished, stage => {
    let (sleeps, fails) = (runs("\"sleep\", \"1\""), runs("\"exit\", \"3\""));
    let variants = [("good", sleeps.as_str()), ("fails", fails.as_str()), ("stays", SERVES)];
    let record = run(stage, "kind = \"exit\"", &variants, &[]).await;
    let (seconds, how) = ready(&record);
    assert!((1.0..3.0).contains(&seconds), "{seconds}");
    assert!(how.starts_with("exit code 0; by the engine's own stamps the process ran"), "{how}");
    for metric in [Metric::MemoryReady, Metric::StopTime] {
        let outcome = sample(&record, metric).outcome;
        assert!(matches!(outcome, Outcome::NotApplicable { .. }), "{outcome:?}");
    }
    let reason = why(&record, "fails");
    assert!(reason.contains("exited with code 3, and 0 is expected; last lines: "), "{reason}");
    let reason = why(&record, "stays");
    assert!(reason.contains("it did not exit within 4.00 s"), "{reason}");
});

live!(alone the_images_own_check_makes_ready, stage => {
    let (good, none) = (format!("{SERVES}{HEALTH}"), SERVES);
    let sick = format!("{SERVES}HEALTHCHECK --interval=1s --retries=1 CMD [\"/tool\", \"exit\", \"1\"]\n");
    let variants = [("good", good.as_str()), ("none", none), ("sick", sick.as_str())];
    let record = run(stage, "kind = \"healthy\"", &variants, &[]).await;
    let (seconds, how) = ready(&record);
    assert!((1.0..4.0).contains(&seconds), "the first check comes after a second: {seconds}");
    assert!(how.contains("which runs every 1.00 s"), "{how}");
    assert!(why(&record, "none").contains("the image has no health check"));
    assert!(why(&record, "sick").contains("the engine reports it unhealthy"));
});
