//! What ten thousand runs cost to read: through the index, and from their trends to the
//! table. See benches/README.md. `cargo bench --bench history [-- --quick]`; the runs take
//! 0.4 GB in the folder for temporary files, and making them some ten seconds.

#![expect(
    clippy::print_stdout,
    reason = "the result of a bench is what it prints"
)]

use std::fs;
use std::path::Path;
use std::time::Instant;

use criterion::Criterion;
use plimsoll::history::{HEADLINES, InOrder, RunDigest, TrendTerms, in_order, trends};
use plimsoll::record::{Disposition, Metric, RunRecord};
use plimsoll::store::{Gathered, gather_folder};
use plimsoll::summary::HistoryPage;
use plimsoll::tables::history_table;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use synthetic::{Build, MS};

#[expect(dead_code, reason = "the tests of the reports use the rest")]
#[path = "../tests/suite/reports/builder.rs"]
mod synthetic;

const RUNS: usize = 10_000;
const CASES: usize = 8;

/// A run of every metric that goes over no link, one sample each: its digest is as large as
/// that of a run of many rounds, which is not read where the index knows it.
fn record(at: usize, rng: &mut ChaCha8Rng) -> RunRecord {
    let mut run = synthetic::run();
    let (day, hour) = (at / 24, at % 24);
    run.started_at = format!(
        "{}-{:02}-{:02}T{hour:02}:00:00Z",
        2025 + day / 336,
        1 + day / 28 % 12,
        1 + day % 28
    );
    run.id = format!("run-{at:05}");
    for case in 0..CASES {
        let variant = format!("variant-{case}");
        run.case(&variant, Disposition::Qualified);
        let metrics = Metric::ALL.iter().copied();
        for metric in metrics.filter(|metric| !metric.is_floor() && !metric.is_linked()) {
            // 3 % of noise, and a tenth more from the half on.
            let noise: f64 = (0..6).map(|_| rng.random::<f64>() - 0.5).sum::<f64>() * 0.042;
            let level = if at < RUNS / 2 { 1.0 } else { 1.1 };
            let value = 1_000.0 * MS as f64 * level * (1.0 + noise);
            run.values(&variant, metric, &[value as u64]);
        }
    }
    run.plan.order = vec![run.cases.iter().map(|case| case.id.clone()).collect(); 7];
    run
}

fn made(folder: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for at in 0..RUNS {
        let run = record(at, &mut rng);
        let folder = folder.join(&run.id);
        fs::create_dir(&folder).expect("a new folder");
        let json = serde_json::to_vec(&run).expect("plain data");
        fs::write(folder.join("run.json"), json).expect("room for the runs");
    }
}

fn gathered(folder: &Path) -> Gathered {
    gather_folder(folder, None, &|_| ()).expect("the folder is there")
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let home = tempfile::tempdir().expect("a folder for temporary files");
    made(home.path());
    let begun = Instant::now();
    let cold = gathered(home.path());
    let (read, took) = (cold.read, begun.elapsed());
    let index = fs::metadata(home.path().join(".plimsoll-history")).map_or(0, |facts| facts.len());
    println!("history/cold: {read} runs in {took:.2?}; the index has {index} bytes");
    assert_eq!(gathered(home.path()).read, 0, "the index knows them all");
    criterion.bench_function("history/load 10000 runs by a warm index", |bencher| {
        bencher.iter(|| gathered(home.path()));
    });
    let runs: Vec<RunDigest> = {
        let InOrder { runs, .. } = in_order(cold.runs);
        runs.into_iter().map(|(_, run)| run).collect()
    };
    let terms = TrendTerms::default();
    criterion.bench_function(
        "history/trends and table of 8 cases in 10000 runs",
        |bencher| {
            bencher.iter(|| {
                let found = trends(&runs, &terms, |_, metric| HEADLINES.contains(&metric));
                let page = HistoryPage {
                    source: "bench",
                    runs: runs.len(),
                    left_out: &[],
                    terms: &terms,
                    trends: &found,
                };
                history_table(&page).terminal(None)
            });
        },
    );
    criterion.final_summary();
}
