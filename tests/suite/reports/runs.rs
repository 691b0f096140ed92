//! Several runs side by side.

use std::process::Command;

use insta::assert_snapshot;
use plimsoll::export::{reports_json, runs_json, several_claims_json, summaries_csv, summary_csv};
use plimsoll::record::RunRecord;
use plimsoll::report::{report_md, reports_md};
use plimsoll::tables::{claims_of_all, claims_of_several, runs_overview};

use super::builder::four_variants;
use super::travel::two_links;
use super::{rows, text};

/// Two runs that carry a scenario of the same name, on two engines.
fn two_runs() -> Vec<RunRecord> {
    let mut other = two_links();
    other.id = "20261121T090000Z-node".to_owned();
    other.started_at = "2026-11-21T09:00:00Z".to_owned();
    other.engine.version = "27.1.0".to_owned();
    other.scenarios[0].claims = four_variants().scenarios[0].claims.clone();
    vec![four_variants(), other]
}

#[test]
fn what_makes_runs_differ_is_said() {
    let runs = two_runs();
    assert_snapshot!(runs_overview(&runs).terminal(Some(150)), @r#"
2 runs

run                 scenarios  variants  rounds  state     begun             engine                      host               links            plimsoll
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
20261120T200000Z-   node       4         6       complete  2026-11-          Docker Engine 20.10.24      Debian 12, 2 x                      0.1.0
node                                                       20T20:00:00Z      (overlay2)                  Model X
20261121T090000Z-   node       3         6       complete  2026-11-          Docker Engine 27.1.0        Debian 12, 2 x     100mbit          0.1.0
node                                                       21T09:00:00Z      (overlay2)                  Model X            20mbit,10ms
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
They differ in: begun, engine, links. Each is read for itself; nothing is compared between them.
"#);
    let alike = [four_variants(), four_variants()];
    assert!(
        runs_overview(&alike)
            .terminal(None)
            .contains("They agree in date, engine, host")
    );
    assert_eq!(runs_json(&runs)[1]["engine"]["version"], "27.1.0");
}

#[test]
fn each_run_judges_its_own_claims_and_is_named() {
    let runs = two_runs();
    let titles: Vec<String> = claims_of_several(&runs)
        .into_iter()
        .map(|table| table.title)
        .collect();
    assert_snapshot!(titles.join("\n"), @r#"
2 runs
20261120T200000Z-node: Claimed against measured (size.unpacked), 2 of 5 claims
20261121T090000Z-node: Claimed against measured (size.unpacked), 1 of 5 claims
"#);
    let rows = rows(&claims_of_all(&runs).csv());
    let of = |run: usize, variant: &str| {
        let mut found = rows
            .iter()
            .filter(|row| &row[0] == runs[run].id.as_str() && &row[2] == variant);
        let row = found.next().unwrap();
        (row[7].to_owned(), row[10].to_owned())
    };
    // 1184 MB and 285 MB against "~1.2 GB": 3 x 95 008 064 bytes.
    assert_eq!(
        of(0, "single-stage"),
        ("1184000000".to_owned(), "holds".to_owned())
    );
    assert_eq!(
        of(1, "single-stage"),
        ("285024192".to_owned(), "does not hold".to_owned())
    );
    let json = several_claims_json(&runs);
    assert_eq!(json["runs"][0]["verdicts"]["holds"], 2);
    assert_eq!(json["runs"][1]["run"], runs[1].id.as_str());
    assert_eq!(json["runs"][1]["claims"][0]["verdict"], "does-not-hold");
}

#[test]
fn a_run_without_claims_has_no_table_of_them_and_the_verdicts_of_all_are_counted() {
    let mut runs = two_runs();
    let mut silent = four_variants();
    silent.id = "20261122T100000Z-silent".to_owned();
    for scenario in &mut silent.scenarios {
        scenario.claims.clear();
    }
    runs.push(silent);
    let tables = claims_of_several(&runs);
    assert_eq!(tables.len(), 3);
    let overview = tables[0].markdown();
    let reported: Vec<_> = overview
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    assert_snapshot!(reported.join("\n"), @r"
    - They differ in: begun, engine, links. Each is read for itself; nothing is compared between them.
    - All runs together. Verdicts on 10 claims: 2 hold, 0 hold in direction, 1 does not hold, 7 cannot be tested here. Each is about this app on this engine; the sources measured others.
    - No source claims anything of: 20261122T100000Z-silent.
    ");
    let alone = plimsoll::tables::claims(&runs[2]).markdown();
    assert!(alone.contains("no source claims anything"), "{alone}");
}

#[test]
fn a_page_of_several_runs_holds_the_page_of_each() {
    let runs = two_runs();
    let page = reports_md(&runs);
    assert!(page.starts_with("# 2 runs\n"));
    assert_eq!(page.matches("\n# ").count(), 0, "one title");
    for run in &runs {
        assert!(page.contains(&format!("\n## {}\n", run.id)), "{page}");
        for line in report_md(run).lines().filter(|line| line.starts_with('#')) {
            assert!(page.contains(&format!("\n#{line}\n")), "{line}");
        }
    }
    let json = reports_json(&runs);
    assert_eq!(json["reports"][1]["run"], runs[1].id.as_str());
    // One head, and every row of both.
    let both = text(summaries_csv(&runs));
    let each: usize = runs.iter().map(|run| rows(&summary_csv(run)).len()).sum();
    assert_eq!(
        (
            rows(both.as_bytes()).len(),
            both.matches("run,scenario,").count()
        ),
        (each, 1)
    );
    let first = &runs[..1];
    assert_eq!(
        summaries_csv(first),
        summary_csv(&first[0]),
        "one run as before"
    );
}

#[test]
fn the_program_takes_names_and_folders_of_runs() {
    let reported = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        let home = ["--home", env!("CARGO_MANIFEST_DIR")];
        let output = command
            .args(home)
            .args(arguments)
            .env_remove("PLIMSOLL_HOME")
            .output()
            .unwrap();
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        (output.status.code(), out, err)
    };
    let [first, second] = [
        "reference-2026-11-20-2cpu-vm",
        "reference-2026-11-21-clean-room-2cpu-vm",
    ];
    let (code, out, err) = reported(&["list", "--runs", first, second, "--format", "json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let folders: Vec<_> = json["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["folder"].as_str().unwrap())
        .collect();
    assert!(
        folders[0].ends_with(first) && folders[1].ends_with(second),
        "{folders:?}"
    );
    // The same run twice is one run, and one run is reported as ever.
    let once = reported(&["claims", first]);
    assert_eq!(reported(&["claims", first, first]), once);
    assert!(
        once.1
            .starts_with("Claimed against measured (size.unpacked), 31 of 31 claims\n"),
        "{}",
        once.1
    );
    let (code, out, _) = reported(&["claims", first, second]);
    assert_eq!(
        (code, out.matches("Verdicts on 31 claims:").count()),
        (Some(0), 2)
    );
    let (code, _, err) = reported(&["list", "--runs", "nope"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("failed to find the run `nope`"), "{err}");
    assert_eq!(reported(&["list", "node", "--runs"]).0, Some(2));
}
