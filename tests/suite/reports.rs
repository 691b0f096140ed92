//! The reports, from synthetic run records.

mod answer;
pub mod builder;
mod ci;
mod distribution;
mod files;
mod inspection;
pub mod large;
mod links;
mod one_metric;
mod optional;
mod page;
mod pieces;
mod runs;
pub mod technique;
pub mod travel;
mod verdicts;

use insta::assert_snapshot;
use plimsoll::export::{claims_json, samples_csv, summary_csv};
use plimsoll::record::{Disposition, Metric, Outcome, RunRecord, RunState};
use plimsoll::report::report_md;
use plimsoll::summary::{Analysis, EntryStanding, Warning, claim_results, warnings};
use plimsoll::tables::{Columns, claims, table};

use self::builder::{Build, MB, MS, four_variants, quantity, run};

fn rows(csv: &[u8]) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(csv)
        .records()
        .map(Result::unwrap)
        .collect()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_terminal_gets_two_tables_that_fit() {
    let run = four_variants();
    let [size, start] =
        Columns::TERMINAL.map(|columns| table(&run, "node", columns).terminal(Some(120)));
    assert_snapshot!(size, @r#"
Node API (node): size and build

variant             strategy      unpacked       of   own  layers  context          cold      cached   rebuild  rebuild
                                        MB  largest    MB               kB         build       build    source     dep.
                                                                                       s          ms         s        s
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
single-stage        single-stage      1184    1.00x   120       6      213          30.8         820  invalid¹     DNF²
                                            ███████                         [30.1, 31.5]  [804, 840]
multi-stage-        multi-             148    0.12x  15.0       6      213          15.4         410         –        –
alpine-prune *      stage-                  ▉                               [15.1, 15.8]  [402, 420]
                    alpine
multi-stage-        multi-            DNF³      DNF  DNF³    DNF³     DNF³          DNF³        DNF³      DNF³     DNF³
distroless          stage-
                    distroless
scratch             scratch           n/a⁴      n/a  n/a⁴    n/a⁴     n/a⁴          n/a⁴        n/a⁴      n/a⁴     n/a⁴
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Times and memory: median [95 % bootstrap interval of it], n = 6.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ no step ran
² npm ci: exit 137
³ GET /health answered 500 | expected 200
⁴ the stock Node runtime is not static
"#);
    assert_snapshot!(start, @r#"
Node API (node): start and run

variant                     strategy                   started       ready  stop        memory
                                                            ms          ms     s            MB
───────────────────────────────────────────────────────────────────────────────────────────────
single-stage                single-stage                   430         430     –          43.5
                                                    [422, 441]  [422, 441]        [41.5, 45.5]
multi-stage-alpine-prune *  multi-stage-alpine             215         215     –          43.5
                                                    [211, 220]  [211, 220]        [41.5, 45.5]
multi-stage-distroless      multi-stage-distroless        DNF¹        DNF¹  DNF¹          DNF¹
scratch                     scratch                       n/a²        n/a²  n/a²          n/a²
───────────────────────────────────────────────────────────────────────────────────────────────
Times and memory: median [95 % bootstrap interval of it], n = 6.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ GET /health answered 500 | expected 200
² the stock Node runtime is not static
"#);
    for width in [44, 60, 80, 100, 110, 120, 200] {
        for columns in Columns::TERMINAL {
            let drawn = table(&run, "node", columns).terminal(Some(width));
            let widest = drawn.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(usize::from(width)), "{width}:\n{drawn}");
            // Numbers and words are never broken, whatever the width.
            let words: &[&str] = match columns {
                Columns::StartAndRun => &["started", "memory", "[41.5, 45.5]", "distroless"],
                _ => &["1184", "unpacked", "[30.1, 31.5]", "invalid¹", "alpine-"],
            };
            let whole = words.iter().all(|word| drawn.contains(word));
            assert!(whole, "{width}:\n{drawn}");
            // Each block has the names of its rows.
            let blocks = drawn.matches("variant ").count();
            assert!(drawn.matches("scratch").count() >= blocks, "{drawn}");
            assert!(blocks > 1 || width > 60, "{width}:\n{drawn}");
        }
    }
}

#[test]
fn only_a_terminal_gets_bars() {
    let run = four_variants();
    let size = table(&run, "node", Columns::SizeAndBuild);
    assert!(size.terminal(Some(120)).contains("███████"));
    assert!(!size.terminal(None).contains('█'));
    assert!(!size.markdown().contains('█'));
}

#[test]
fn markdown_escapes_and_keeps_one_line_per_row() {
    let run = four_variants();
    assert_snapshot!(table(&run, "node", Columns::StartAndRun).markdown(), @r#"
**Node API (node): start and run**

| variant | strategy | started (ms) | ready (ms) | stop (s) | memory (MB) |
| :--- | :--- | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 430 [422, 441] | 430 [422, 441] | – | 43.5 [41.5, 45.5] |
| multi-stage-alpine-prune \* | multi-stage-alpine | 215 [211, 220] | 215 [211, 220] | – | 43.5 [41.5, 45.5] |
| multi-stage-distroless | multi-stage-distroless | DNF¹ | DNF¹ | DNF¹ | DNF¹ |
| scratch | scratch | n/a² | n/a² | n/a² | n/a² |

- Times and memory: median [95 % bootstrap interval of it], n = 6.
- \* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
- ¹ GET /health answered 500 \| expected 200
- ² the stock Node runtime is not static
"#);
    let size = table(&run, "node", Columns::All).markdown();
    assert!(size.contains("answered 500 \\| expected 200"), "{size}");
}

#[test]
fn claims_name_every_claim() {
    let run = four_variants();
    assert_snapshot!(claims(&run).terminal(Some(100)), @r#"
Claimed against measured (size.unpacked), 2 of 5 claims

variant                     claimed  measured  measured  verdict                 source  note
                                           MB         /
                                                claimed
──────────────────────────────────────────────────────────────────────────────────────────────
single-stage                ~1.2 GB      1184     0.99x  holds                   guide
multi-stage-alpine-prune *   150 MB       148     0.99x  holds *                 guide
multi-stage-distroless       130 MB      DNF¹         –  cannot be tested here¹  guide
single-stage-slim            250 MB   not run         –  cannot be tested here   guide
scratch                         N/A      n/a²         –  cannot be tested here²  guide
──────────────────────────────────────────────────────────────────────────────────────────────
Verdicts on 5 claims: 2 hold, 0 hold in direction, 0 do not hold, 3 cannot be tested here. Each is
  about this app on this engine; the sources measured others.
guide: A multi-stage guide
* rests on a stand-in base, not on the registry's image: node:20-alpine (as
  plimsoll.local/node:20-alpine)
¹ GET /health answered 500 | expected 200
² the stock Node runtime is not static
"#);
    let statuses: Vec<_> = claim_results(&run)
        .iter()
        .map(|result| result.status)
        .collect();
    assert_eq!(
        statuses,
        ["measured", "measured", "dnf", "not-run", "not-applicable"]
    );
    let json = claims_json(&run);
    assert_eq!(json[0]["claimed_bytes"], 1_200 * MB);
    assert_eq!(json[0]["measured_bytes"], 1_184 * MB);
    assert!(
        json[2]["measured_bytes"].is_null(),
        "rule 1: no number for what failed"
    );
    assert_eq!(json[1]["stand_ins"][0], "node:20-alpine");
}

/// One case with one timed metric of n samples.
fn with_n(n: u64) -> RunRecord {
    let mut run = run();
    run.case("single-stage", Disposition::Qualified);
    run.values("single-stage", Metric::SizeUnpacked, &[100 * MB]);
    let values: Vec<u64> = (0..n).map(|i| (100 + i) * MS).collect();
    run.values("single-stage", Metric::StartReady, &values);
    run
}

#[test]
fn little_is_said_with_few_samples() {
    for (n, interval, p95) in [
        (1, false, false),
        (5, false, false),
        (6, true, false),
        (19, true, false),
        (20, true, true),
    ] {
        let run = with_n(n);
        let analysis = Analysis::of(&run);
        let entry = analysis.get(&run.cases[0].id, Metric::StartReady).unwrap();
        let summary = entry.summary.as_ref().unwrap();
        assert_eq!(
            (summary.interval.is_some(), summary.p95.is_some()),
            (interval, p95),
            "n = {n}"
        );
        let drawn = table(&run, "node", Columns::StartAndRun).terminal(None);
        assert!(drawn.contains(&format!("n = {n}")), "{drawn}");
        assert_eq!(
            drawn.lines().any(|line| line.trim_start().starts_with('[')),
            interval,
            "{drawn}"
        );
        let few = warnings(&run)
            .iter()
            .any(|warning| matches!(warning, Warning::FewSamples { .. }));
        assert_eq!(few, n < 6, "n = {n}");
    }
}

#[test]
fn an_interrupted_run_renders_without_a_sample() {
    let mut run = four_variants();
    run.samples.clear();
    run.state = RunState::Interrupted;
    run.plan.visits_done = 0;
    for case in &mut run.cases {
        case.disposition = Disposition::Pending;
    }
    let drawn = table(&run, "node", Columns::SizeAndBuild).terminal(Some(100));
    assert!(
        drawn.contains('–') && drawn.contains("4 variants of the plan not visited"),
        "{drawn}"
    );
    assert!(report_md(&run).contains("was interrupted: 0 of 7 rounds"));
    assert!(rows(&samples_csv(&run)).is_empty());
    for row in rows(&summary_csv(&run)) {
        assert_eq!((&row[8], &row[9], &row[18]), ("0", "", ""));
    }
    // And a run that has not even a case.
    run.cases.clear();
    assert!(table(&run, "node", Columns::All).rows.is_empty());
    assert!(!report_md(&run).is_empty());
}

#[test]
fn where_everything_fails_there_is_no_number() {
    let mut run = run();
    for variant in ["a", "b"] {
        let reason = format!("{variant} did not build");
        run.case(
            variant,
            Disposition::Failed {
                reason: reason.clone(),
            },
        );
        run.sample(variant, Metric::BuildCold, Outcome::Dnf { reason });
    }
    let drawn = table(&run, "node", Columns::All);
    for row in &drawn.rows {
        assert!(
            row[2..]
                .iter()
                .all(|cell| format!("{cell:?}").contains("DNF")),
            "{row:?}"
        );
    }
    let csv = text(drawn.csv());
    assert_eq!(csv.lines().nth(1), Some("a,a,,,,,,,,,,,,,,false"));
    assert!(drawn.terminal(None).contains("¹ a did not build"));
}

#[test]
fn warnings_come_from_the_data() {
    let mut run = with_n(6);
    run.values("single-stage", Metric::SizeUnpacked, &[101 * MB]);
    run.values(
        "single-stage",
        Metric::StopTime,
        &[900, 100, 101, 102, 103, 104].map(|ms| ms * MS),
    );
    run.warnings.push("the load was high".to_owned());
    run.tool.optimised = false;
    let reported: Vec<String> = warnings(&run).iter().map(ToString::to_string).collect();
    assert_snapshot!(reported.join("\n"), @r#"
the harness was a debug build: its own share of each time is larger
the load was high
node/single-stage: size.unpacked should be one value, but ranges from 100000000 to 101000000 bytes
node/single-stage: the first sample of stop.time is an outlier (900 ms against a median of 102 ms): read the median, or add a warm-up round
"#);
    let drawn = table(&run, "node", Columns::StartAndRun).terminal(None);
    assert!(
        drawn.contains("1 of 6 an outlier"),
        "marked, not dropped: {drawn}"
    );
}

#[test]
fn a_value_of_another_unit_is_never_summarised() {
    let mut run = with_n(6);
    let value = quantity(Metric::SizeUnpacked, 7);
    run.sample("single-stage", Metric::StartReady, Outcome::Ok { value });
    let analysis = Analysis::of(&run);
    let entry = analysis.get(&run.cases[0].id, Metric::StartReady).unwrap();
    assert_eq!(entry.standing, EntryStanding::Measured);
    assert_eq!(entry.summary.as_ref().unwrap().n, 6);
    assert!(
        warnings(&run)
            .iter()
            .any(|warning| matches!(warning, Warning::WrongUnit { samples: 1, .. }))
    );
}
