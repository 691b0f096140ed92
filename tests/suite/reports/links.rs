//! Links as a dimension of every form, and records that know none.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use plimsoll::export::{report_json, samples_csv, summary_csv};
use plimsoll::record::{Disposition, Metric, Outcome, RunRecord, case_id};
use plimsoll::report::report_md;
use plimsoll::scenario::Claim;
use plimsoll::summary::{Analysis, EntryStanding, claim_results, warnings};
use plimsoll::tables::{claims, distribution_tables, terminal_tables};
use plimsoll::units::{Nanos, Quantity};

use super::builder::{Build, MB, MS, quantity};
use super::travel::{fast, pushed_only, slow, two_links};
use super::{rows, text};

#[test]
fn links_are_never_mixed() {
    let run = two_links();
    let analysis = Analysis::of(&run);
    assert_eq!(analysis.links(), [fast(), slow()]);
    let case = case_id("node", "single-stage");
    assert!(
        analysis.get(&case, Metric::PullCold).is_none(),
        "a pull without its link is no series"
    );
    // 8 s and 40 s, plus 0 to 5 %: the medians are 2.5 % above.
    for (link, median) in [(fast(), 8_200 * MS), (slow(), 41_000 * MS)] {
        let entry = analysis.get_over(&case, Metric::PullCold, link).unwrap();
        let summary = entry.summary.as_ref().unwrap();
        assert_eq!((summary.n, summary.median), (6, median as f64));
        assert_eq!(entry.link, Some(link));
        let ratio = analysis.ratio_to_largest(entry).unwrap();
        assert_eq!(ratio.ratio.get(), 1.0, "the largest over its own link");
    }
    let entries = analysis.entries();
    let without = |metric: Metric| entries.iter().filter(move |entry| entry.metric == metric);
    assert!(without(Metric::PullCold).all(|entry| entry.link.is_some()));
    assert!(without(Metric::PushTime).all(|entry| entry.link.is_none()));
}

#[test]
fn files_name_the_link_in_their_last_column() {
    let run = two_links();
    let samples = rows(&samples_csv(&run));
    for (sample, row) in run.samples.iter().zip(&samples) {
        let link = sample.link.map(|link| link.to_string());
        assert_eq!(&row[13], link.unwrap_or_default());
    }
    let csv = text(summary_csv(&run));
    let picked: Vec<&str> = csv
        .lines()
        .filter(|line| line.contains("multi-stage,") && line.contains(",pull.update,"))
        .collect();
    assert_snapshot!(picked.join("\n"), @r#"
20261120T200000Z-node,node,node-api,multi-stage,multi-stage,linux/amd64,pull.update,s,6,0.46125,0.45225,0.47025,0.95,0.45,0.4725,0.00675,0,0,0.9,,100mbit
20261120T200000Z-node,node,node-api,multi-stage,multi-stage,linux/amd64,pull.update,s,0,,,,,,,,0,1,,,"20mbit,10ms"
"#);
    let json = report_json(&run);
    let summaries = json["summaries"].as_array().unwrap();
    let cold: Vec<_> = summaries
        .iter()
        .filter(|summary| summary["metric"] == "pull.cold" && summary["variant"] == "static")
        .map(|summary| (summary["link"].as_str(), summary["median_ns"].as_u64()))
        .collect();
    assert_eq!(
        cold,
        [
            (Some("100mbit"), Some(410 * MS)),
            (Some("20mbit,10ms"), Some(2_050 * MS))
        ]
    );
}

#[test]
fn a_failure_over_a_link_is_listed_once_for_its_metrics() {
    let page = report_md(&two_links());
    let list = page.split("## Without a number").nth(1).unwrap();
    let list = list.split("<details>").next().unwrap();
    assert_snapshot!(list.trim(), @r#"
- node/multi-stage, pull.cold over 100mbit, invalid in round 7: layer b3 was there before
- node/multi-stage, pull.update, pull.update.bytes over 20mbit,10ms, dnf in round 1: the registry was cut off \| EOF
"#);
    let host = report_md(&pushed_only());
    assert!(!host.contains("## Without a number"), "{host}");
    assert_eq!(host.matches("the host's engine is left alone").count(), 1);
}

#[test]
fn a_reason_for_all_links_stands_for_each() {
    let mut run = pushed_only();
    run.plan.links = vec![fast()];
    let analysis = Analysis::of(&run);
    let case = case_id("node", "static");
    let entry = analysis.get_over(&case, Metric::PullCold, fast()).unwrap();
    assert_eq!(
        (entry.standing, entry.link),
        (EntryStanding::NotMeasured, None)
    );
}

#[test]
fn packed_bytes_that_differ_are_one_warning() {
    let mut run = two_links();
    run.values("static", Metric::SizeTransfer, &[4_001_007]);
    run.values("multi-stage", Metric::SizeTransfer, &[35_006_001]);
    let reported: Vec<String> = warnings(&run).iter().map(ToString::to_string).collect();
    assert_snapshot!(reported.join("\n"), @r#"
size.transfer should be one value per variant and link, but differs between rounds in 2 of them, by 7 bytes at the most
"#);
    let drawn = terminal_tables(&run, "node")[2].terminal(None);
    assert!(
        drawn.contains("Packed bytes differ between rounds, by 7 bytes at the most"),
        "{drawn}"
    );
}

#[test]
fn a_claim_on_a_pull_is_compared_with_the_pull_over_its_link() {
    let mut run = two_links();
    let claim = |variant: &str, link: &str| Claim {
        source: "guide".to_owned(),
        variant: variant.to_owned(),
        metric: "pull.cold".to_owned(),
        link: Some(link.to_owned()),
        claimed: "30 s".to_owned(),
        claimed_bytes: None,
        claimed_ns: Some(Nanos::from_secs(30)),
        from: None,
        claimed_change: None,
        approximate: false,
        note: None,
    };
    run.scenarios[0].claims = vec![
        claim("single-stage", "100mbit"),
        claim("single-stage", "20mbit,10ms"),
        claim("single-stage", "1gbit"),
        claim("distroless", "1gbit"),
    ];
    let reported: Vec<_> = claim_results(&run)
        .iter()
        .map(|result| (result.status, result.measured))
        .collect();
    let time = |millis| Some(Quantity::Time(Nanos::from_millis(millis)));
    assert_eq!(
        reported,
        [
            ("measured", time(8_200)),
            ("measured", time(41_000)),
            ("not-run", None),
            ("not-run", None)
        ]
    );
    assert_snapshot!(claims(&run).terminal(Some(100)), @r#"
Claimed against measured (pull.cold over 100mbit, pull.cold over 1gbit, pull.cold over 20mbit,10ms),
  2 of 4 claims

variant       metric                  claimed  measured  measured  verdict             source  note
                                                      s         /
                                                          claimed
────────────────────────────────────────────────────────────────────────────────────────────────────
single-stage  pull.cold over 100mbit     30 s      8.20     0.27x  does not hold       guide
single-stage  pull.cold over             30 s      41.0     1.37x  does not hold       guide
              20mbit,10ms
single-stage  pull.cold over 1gbit       30 s  not run¹         –  cannot be tested    guide
                                                                   here¹
distroless    pull.cold over 1gbit       30 s   not run         –  cannot be tested    guide
                                                                   here
────────────────────────────────────────────────────────────────────────────────────────────────────
Verdicts on 4 claims: 0 hold, 0 hold in direction, 2 do not hold, 2 cannot be tested here. Each is
  about this app on this engine; the sources measured others.
guide: A multi-stage guide
¹ nothing went over 1gbit in this run
"#);
}

/// A record of a time that knew no distribution: not a word, not a row, not a column more.
#[test]
fn the_reference_run_reads_as_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference-2026-11-20-2cpu-vm");
    let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference-2026-11-20");
    let then = |name: &str| fs::read(fixtures.join(name)).unwrap();
    let run: RunRecord = serde_json::from_str(&file("run.json")).unwrap();
    assert!(run.distribution.is_none() && run.plan.links.is_empty());
    assert_eq!(report_md(&run), file("report.md"));
    for (now, then) in [
        (summary_csv(&run), then("summary.csv")),
        (samples_csv(&run), then("samples.csv")),
    ] {
        let then = rows(&then);
        let now = rows(&now);
        assert_eq!(now.len(), then.len());
        for (now, then) in now.iter().zip(&then) {
            assert!(now.iter().take(then.len()).eq(then), "{now:?}");
            assert_eq!((now.len() - then.len(), &now[then.len()]), (1, ""));
        }
    }
    assert!(distribution_tables(&run, "node").is_empty());
}

#[test]
fn what_failed_as_a_whole_has_no_figure_anywhere() {
    let mut run = two_links();
    let reason = "it never answered".to_owned();
    run.cases[0].disposition = Disposition::Failed { reason };
    let all: String = terminal_tables(&run, "node")
        .iter()
        .map(|table| table.terminal(None))
        .collect();
    for line in all.lines().filter(|line| line.starts_with("single-stage")) {
        assert!(!line.contains(|c: char| c.is_ascii_digit()), "{line}");
    }
    let json = report_json(&run);
    let stored = &json["distribution"]["stored"];
    assert_eq!(stored["images_count"], 2);
    assert_eq!(stored["whole_bytes"], 39_007_000);
    // A pull of 1 byte too many is accepted by whoever measured it, and proves nothing here.
    let value = quantity(Metric::PullColdBytes, 4 * MB + 1_001);
    let served = run.samples.iter_mut().find(|sample| {
        sample.case == case_id("node", "static") && sample.metric == Metric::PullColdBytes
    });
    served.unwrap().outcome = Outcome::Ok { value };
    let json = report_json(&run);
    let cold = &json["distribution"]["scenarios"][0]["links"][0]["cold_pulls"];
    assert_eq!(
        (&cold["accepted"], &cold["proven"]),
        (&12.into(), &11.into())
    );
}
