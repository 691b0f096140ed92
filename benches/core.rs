//! What the harness itself costs, without any engine: contexts, Dockerfiles,
//! statistics, the report and the record. `cargo bench --bench core [-- --quick]`.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use futures_util::StreamExt;
use plimsoll::context::{Context, Overlay};
use plimsoll::dockerfile::Dockerfile;
use plimsoll::record::{Disposition, Metric, RunRecord};
use plimsoll::report::report_md;
use plimsoll::stats::{SampleSet, Summary};
use plimsoll::store::RunFolder;
use tempfile::TempDir;

use synthetic::{Build, MS};

#[expect(dead_code, reason = "the tests of the reports use the rest")]
#[path = "../tests/suite/reports/builder.rs"]
mod synthetic;

const FILES: usize = 1_000;
const FILE_BYTES: usize = 2_048;
const PATHS: usize = 10_000;
const CASES: u64 = 14;
const ROUNDS: u64 = 7;

const DOCKERFILE: &str = include_str!("../sample-apps/node/Dockerfile.multi-stage-prune");

/// As a Node app's: folders, wildcards and an exception.
const IGNORED: &str = "node_modules\n**/*.log\n.git\ndist\ncoverage/**\n**/.env*\ndocs\n\
                       !docs/README.md\n*.md\n**/__tests__\n";

fn tree() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let write = |path: &Path, text: &[u8]| fs::write(path, text).expect("room for a few MB");
    write(&folder.path().join("Dockerfile"), DOCKERFILE.as_bytes());
    write(&folder.path().join(".dockerignore"), IGNORED.as_bytes());
    for file in 0..FILES {
        let parent = folder.path().join(format!("src/module-{}", file % 50));
        fs::create_dir_all(&parent).expect("room for a few folders");
        write(&parent.join(format!("file-{file}.ts")), &[b'x'; FILE_BYTES]);
    }
    folder
}

fn contexts(criterion: &mut Criterion) {
    let folder = tree();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime takes a few threads");
    criterion.bench_function("context/scan and pack 1000 files of 2 KiB", |bencher| {
        bencher.iter(|| {
            let context = Context::scan(folder.path(), "Dockerfile").expect("the tree is readable");
            runtime.block_on(async {
                let source = context.source(&Overlay::new(), "FROM scratch\n", "bench");
                let source = source.expect("the overlay is empty");
                let mut stream = source.files.tar("Dockerfile", &source.dockerfile);
                let mut bytes = 0;
                while let Some(chunk) = stream.next().await {
                    bytes += chunk.expect("no file changes").len();
                }
                bytes
            })
        });
    });
    let context = Context::scan(folder.path(), "Dockerfile").expect("the tree is readable");
    let parents = [
        "src/api",
        "node_modules/a/lib",
        "docs/guide",
        "src/__tests__",
    ];
    let paths: Vec<_> = (0..PATHS)
        .map(|path| format!("{}/file-{path}.ts", parents[path % parents.len()]))
        .collect();
    criterion.bench_function("context/match 10000 paths against 10 patterns", |bencher| {
        bencher.iter(|| paths.iter().filter(|path| context.admits(path)).count());
    });
}

fn dockerfiles(criterion: &mut Criterion) {
    let changed = ["src/server.ts".to_owned()];
    criterion.bench_function("dockerfile/parse and effect of an edit", |bencher| {
        bencher.iter(|| {
            let file = Dockerfile::parse(black_box(DOCKERFILE)).expect("a sample app's");
            let effect = file.edit_effect(None, &BTreeMap::new(), &changed, &BTreeMap::new());
            effect.expect("its stages are all there")
        });
    });
}

fn statistics(criterion: &mut Criterion) {
    let values = (0..20).map(|i| 200.0 + f64::from(i * 7 % 20)).collect();
    let set = SampleSet::new(values).expect("20 finite values");
    criterion.bench_function("stats/summary and bootstrap of 20 samples", |bencher| {
        bencher.iter(|| Summary::of_timed(black_box(&set)));
    });
}

/// A complete run of every metric, with the steps of each cold build.
fn record() -> RunRecord {
    let mut run = synthetic::run();
    for case in 0..CASES {
        let variant = format!("variant-{case}");
        run.case(&variant, Disposition::Qualified);
        for metric in Metric::ALL
            .iter()
            .copied()
            .filter(|metric| !metric.is_floor())
        {
            let base = (case + 1) * 10 * MS;
            let values: Vec<_> = (0..ROUNDS).map(|i| base + i * 3 % 5 * MS).collect();
            run.values(&variant, metric, &values);
        }
        for round in 1..=ROUNDS as u32 {
            let steps: Vec<_> = (0..15)
                .map(|_| ("[builder 4/9] RUN npm run build", 900, false))
                .collect();
            run.cold_build(&variant, round, &steps);
        }
    }
    run
}

fn records(criterion: &mut Criterion) {
    let run = record();
    criterion.bench_function("report/markdown of 14 cases and 7 rounds", |bencher| {
        bencher.iter(|| report_md(black_box(&run)));
    });
    criterion.bench_function("record/serialise 14 cases and 7 rounds", |bencher| {
        bencher.iter(|| serde_json::to_vec_pretty(black_box(&run)).expect("plain data"));
    });
    let results = tempfile::tempdir().expect("a folder for temporary files");
    let folder = RunFolder::create(results.path(), &run.started_at, "bench")
        .expect("a new folder of a plain name");
    criterion.bench_function("record/save, brought to disk", |bencher| {
        bencher.iter(|| folder.save_record(&run).expect("room for a record"));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    contexts(&mut criterion);
    dockerfiles(&mut criterion);
    statistics(&mut criterion);
    records(&mut criterion);
    criterion.final_summary();
}
