//! What only some runs take: files and waste, health, load, emptied cache mounts.

use insta::assert_snapshot;
use plimsoll::export::summary_csv;
use plimsoll::record::{Metric, Outcome, RunRecord};
use plimsoll::report::report_md;
use plimsoll::tables::{Columns, table, terminal_tables};
use plimsoll::units::{Quantity, Rate, Ratio};

use super::builder::{Build, MB, MS, four_variants};
use super::text;

fn served() -> RunRecord {
    let mut run = four_variants();
    let spread = |base: u64| [0, 2, 1, 4, 3, 6].map(|i| base * (100 + i) / 100);
    for (variant, factor) in [("single-stage", 2), ("multi-stage-alpine-prune", 1)] {
        run.values(variant, Metric::SizeFiles, &[12_345 * factor]);
        run.values(variant, Metric::WasteBytes, &[7 * MB * factor]);
        let value = Quantity::Ratio(Ratio::of(19.0, 20.0).unwrap());
        run.sample(variant, Metric::WasteEfficiency, Outcome::Ok { value });
        run.values(variant, Metric::RebuildDependency, &spread(4_000 * MS));
        run.values(
            variant,
            Metric::RebuildDependencyColdMounts,
            &spread(9_000 * MS),
        );
        for rate in spread(2_400) {
            let value = Quantity::Rate(Rate::per_second(rate as f64).unwrap());
            run.sample(variant, Metric::ServeRps, Outcome::Ok { value });
        }
        run.values(variant, Metric::ServeP50, &spread(3 * MS));
    }
    run.values("single-stage", Metric::StartHealthy, &spread(1_200 * MS));
    let reason = "the image has no health check".to_owned();
    run.sample(
        "multi-stage-alpine-prune",
        Metric::StartHealthy,
        Outcome::NotApplicable { reason },
    );
    let reason = "below 1000 answers".to_owned();
    run.sample(
        "single-stage",
        Metric::ServeP99,
        Outcome::NotMeasured { reason },
    );
    run
}

#[test]
#[expect(clippy::too_many_lines, reason = "one snapshot of four tables")]
fn what_only_some_runs_take_has_tables_of_its_own() {
    let run = served();
    let tables = terminal_tables(&run, "node");
    let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
    assert_snapshot!(titles.join("\n"), @r#"
Node API (node): size and build
Node API (node): start and run
Node API (node): files and waste
Node API (node): rebuilds with warm and with cold cache mounts
Node API (node): under load
"#);
    let drawn: Vec<String> = tables[1..]
        .iter()
        .map(|table| table.terminal(Some(120)))
        .collect();
    assert_snapshot!(drawn.join("\n"), @r#"
Node API (node): start and run

variant                     strategy                   started       ready       healthy  stop        memory
                                                            ms          ms             s     s            MB
─────────────────────────────────────────────────────────────────────────────────────────────────────────────
single-stage                single-stage                   430         430          1.23     –          43.5
                                                    [422, 441]  [422, 441]  [1.21, 1.26]        [41.5, 45.5]
multi-stage-alpine-prune *  multi-stage-alpine             215         215          n/a¹     –          43.5
                                                    [211, 220]  [211, 220]                      [41.5, 45.5]
multi-stage-distroless      multi-stage-distroless        DNF²        DNF²          DNF²  DNF²          DNF²
scratch                     scratch                       n/a³        n/a³          n/a³  n/a³          n/a³
─────────────────────────────────────────────────────────────────────────────────────────────────────────────
Times and memory: median [95 % bootstrap interval of it], n = 6.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ the image has no health check
² GET /health answered 500 | expected 200
³ the stock Node runtime is not static

Node API (node): files and waste

variant                     strategy                 files  waste  efficiency
                                                               MB           %
──────────────────────────────────────────────────────────────────────────────
single-stage                single-stage            24 690   14.0        95.0
multi-stage-alpine-prune *  multi-stage-alpine      12 345   7.00        95.0
multi-stage-distroless      multi-stage-distroless    DNF¹   DNF¹        DNF¹
scratch                     scratch                   n/a²   n/a²        n/a²
──────────────────────────────────────────────────────────────────────────────
Waste: file bytes of one layer that a later one overwrites or deletes. Efficiency: file bytes of the final tree divided
  by those of all layers.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ GET /health answered 500 | expected 200
² the stock Node runtime is not static

Node API (node): rebuilds with warm and with cold cache mounts

variant                     strategy                 rebuild       rebuild       rebuild
                                                      source          dep.          dep.
                                                           s             s          cold
                                                                                  mounts
                                                                                       s
─────────────────────────────────────────────────────────────────────────────────────────
single-stage                single-stage            invalid¹         4.10²          9.22
                                                              [4.02, 4.20]  [9.04, 9.45]
multi-stage-alpine-prune *  multi-stage-alpine             –          4.10          9.22
                                                              [4.02, 4.20]  [9.04, 9.45]
multi-stage-distroless      multi-stage-distroless      DNF³          DNF³          DNF³
scratch                     scratch                     n/a⁴          n/a⁴          n/a⁴
─────────────────────────────────────────────────────────────────────────────────────────
Times: median [95 % bootstrap interval of it], n = 6.
Cold mounts: the cache mounts were emptied before; layers are warm in both.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ no step ran
² 1 of 7 samples DNF: npm ci: exit 137
³ GET /health answered 500 | expected 200
⁴ the stock Node runtime is not static

Node API (node): under load

variant                     strategy                  throughput       latency  latency
                                                              /s           p50      p99
                                                                            ms        s
────────────────────────────────────────────────────────────────────────────────────────
single-stage                single-stage                    2460          3.08       –¹
                                                    [2412, 2520]  [3.02, 3.15]
multi-stage-alpine-prune *  multi-stage-alpine              2460          3.08        –
                                                    [2412, 2520]  [3.02, 3.15]
multi-stage-distroless      multi-stage-distroless          DNF²          DNF²     DNF²
scratch                     scratch                         n/a³          n/a³     n/a³
────────────────────────────────────────────────────────────────────────────────────────
Throughput and times: median [95 % bootstrap interval of it], n = 6.
The scenario's fixed load on the ready app; only answers that kept the contract count.
* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
¹ below 1000 answers
² GET /health answered 500 | expected 200
³ the stock Node runtime is not static
"#);
    for table in &tables {
        let drawn = table.terminal(Some(120));
        assert!(
            drawn.lines().all(|line| line.chars().count() <= 120),
            "{drawn}"
        );
    }
    // One row for files: all of it, and nothing twice.
    let all = text(table(&run, "node", Columns::All).csv());
    assert_snapshot!(all.lines().next().unwrap(), @r#"
variant,strategy,size_unpacked_bytes,size_unpacked_to_largest_ratio,size_own_bytes,size_layers_count,context_bytes_bytes,build_cold_s,build_cached_s,rebuild_source_s,rebuild_dependency_s,start_started_s,start_ready_s,start_healthy_s,stop_time_s,memory_ready_bytes,size_files_count,waste_bytes_bytes,waste_efficiency_ratio,rebuild_dependency_cold_mounts_s,serve_rps_per_second,serve_p50_s,serve_p99_s,stand_in
"#);
    assert!(
        text(summary_csv(&run)).contains(",serve.rps,1/s,6,2460,"),
        "{}",
        text(summary_csv(&run))
    );
    // Without them, not a word.
    let page = report_md(&four_variants());
    assert!(
        !page.contains("under load") && !page.contains("healthy"),
        "{page}"
    );
}
