//! One run of the headline matrix, each strategy once, that all tests here look at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use plimsoll::record::{
    CaseRecord, Disposition, Metric, Outcome, RunRecord, RunState, Sample, claimable,
};
use plimsoll::runner::FLOOR_SCENARIO;
use plimsoll::scenario;
use tokio::sync::OnceCell;
use walkdir::WalkDir;

use super::home::{Ended, left, plimsoll};
use crate::live_engine::stage::{Stage, is_live};

/// The headline scenarios. The other apps are in `other_apps`.
pub(crate) const SCENARIOS: [&str; 2] = ["node", "go"];

/// Every strategy of Node and Go; those that both have run in Go, where a visit takes less
/// time.
pub(crate) const ONLY: &str =
    "{go/*,node/{single-stage-slim,debian-distro-node,multi-stage-*,scratch}}";

struct Matrix {
    ended: Ended,
    left: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    /// Those cases once more in which npm tripped over its own cache.
    again: Option<(Ended, BTreeMap<String, Vec<u8>>)>,
    csv: Ended,
    md: Ended,
    claims: Ended,
    schema: Ended,
}

/// What npm 10 says when it fails by itself, now and then, on a temporary file of its cache:
/// seen in two stages that share a cache and with one npm alone on a new one, about once in a
/// thousand installs (npm/cli#3079, npm/cli#7308; npm 11 names these files otherwise).
const NPM_TRIPPED: [&str; 2] = [
    "npm error code EEXIST",
    "npm error path /root/.npm/_cacache/tmp/",
];

pub(super) fn tripped(record: &RunRecord) -> BTreeSet<String> {
    let samples = record
        .samples
        .iter()
        .filter(|sample| match &sample.outcome {
            Outcome::Dnf { reason } => NPM_TRIPPED.iter().all(|said| reason.contains(said)),
            _ => false,
        });
    samples.map(|sample| sample.case.to_string()).collect()
}

fn parsed(ended: &Ended, files: &BTreeMap<String, Vec<u8>>) -> RunRecord {
    let reported = || panic!("no run.json: {}", ended.err);
    serde_json::from_slice(files.get("run.json").unwrap_or_else(reported)).unwrap()
}

impl Matrix {
    /// What was measured; of a case in which npm tripped, what the second run measured.
    fn record(&self) -> RunRecord {
        let mut record = parsed(&self.ended, &self.files);
        if let Some((ended, files)) = &self.again {
            let second = parsed(ended, files);
            let anew: BTreeSet<_> = apps(&second).map(|case| case.id.clone()).collect();
            record.cases.retain(|case| !anew.contains(&case.id));
            record.samples.retain(|sample| !anew.contains(&sample.case));
            record.builds.retain(|build| !anew.contains(&build.case));
            record.cases.extend(apps(&second).cloned());
            let of_apps = second
                .samples
                .into_iter()
                .filter(|sample| anew.contains(&sample.case));
            record.samples.extend(of_apps);
            let of_apps = second
                .builds
                .into_iter()
                .filter(|build| anew.contains(&build.case));
            record.builds.extend(of_apps);
        }
        record
    }

    /// The exit code; 1 for a case in which npm tripped gives way to that of the second run.
    fn code(&self) -> Option<i32> {
        match &self.again {
            Some((second, _)) if self.ended.code == Some(1) => second.code,
            _ => self.ended.code,
        }
    }
}

/// Makes the run at first, whichever test comes first. Judges nothing: a run is
/// made once, be it good or bad.
async fn matrix() -> Option<&'static Matrix> {
    static MATRIX: OnceCell<Matrix> = OnceCell::const_new();
    if !is_live() {
        println!("skipped: set PLIMSOLL_LIVE=1 to test against the real engine");
        return None;
    }
    Some(MATRIX.get_or_init(make).await)
}

async fn make() -> Matrix {
    let stage = Stage::alone().await.unwrap();
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let begun = Instant::now();
    let mut arguments = vec!["run"];
    arguments.extend(SCENARIOS);
    arguments.extend(["--profile", "quick", "--only", ONLY, "--out", out]);
    let ended = plimsoll(home, &arguments);
    println!("the matrix took {} s", begun.elapsed().as_secs());
    let folder = plimsoll::store::run_folders(dir.path()).pop();
    let mut files = BTreeMap::new();
    let mut remains = Vec::new();
    let mut run = String::new();
    if let Some(folder) = folder {
        run = folder.display().to_string();
        remains = left(&stage, folder.file_name().unwrap().to_str().unwrap()).await;
        files = read(&folder);
    }
    let failed = match files
        .get("run.json")
        .map(|text| serde_json::from_slice(text))
    {
        Some(Ok(record)) => tripped(&record),
        _ => BTreeSet::new(),
    };
    let again = (!failed.is_empty()).then(|| once_more(home, &failed));
    Matrix {
        ended,
        left: remains,
        files,
        again,
        csv: plimsoll(home, &["report", &run, "--format", "csv"]),
        md: plimsoll(home, &["report", &run]),
        claims: plimsoll(home, &["claims", &run, "--format", "csv"]),
        schema: plimsoll(home, &["schema", "run"]),
    }
}

/// All files of a run, those of its folders too: charts/sizes.svg.
fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry
                .path()
                .strip_prefix(folder)
                .unwrap()
                .display()
                .to_string();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn once_more(home: &Path, cases: &BTreeSet<String>) -> (Ended, BTreeMap<String, Vec<u8>>) {
    println!("npm tripped over its cache in {cases:?}: these are run once more");
    let dir = tempfile::tempdir().unwrap();
    let only = cases.iter().cloned().collect::<Vec<_>>().join(",");
    let only = format!("{{{only}}}");
    let scenarios: BTreeSet<_> = cases
        .iter()
        .filter_map(|case| case.split('/').next())
        .collect();
    let mut arguments = vec!["run"];
    arguments.extend(scenarios);
    let out = dir.path().to_str().unwrap();
    arguments.extend(["--profile", "quick", "--only", &only, "--out", out]);
    let ended = plimsoll(home, &arguments);
    let folder = plimsoll::store::run_folders(dir.path()).pop();
    (
        ended,
        folder.map(|folder| read(&folder)).unwrap_or_default(),
    )
}

macro_rules! of_the_matrix {
    ($name:ident, $matrix:ident => $body:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let Some($matrix) = matrix().await else {
                return;
            };
            $body
        }
    };
}

/// The floor is a case as well, with metrics of its own. A case whose base is missing fails one
/// test, which names the base.
fn apps(record: &RunRecord) -> impl Iterator<Item = &CaseRecord> {
    record.cases.iter().filter(|case| {
        case.scenario != FLOOR_SCENARIO
            && !matches!(case.disposition, Disposition::NotAvailable { .. })
    })
}

of_the_matrix!(every_strategy_works_and_the_run_leaves_nothing, matrix => {
    let record = matrix.record();
    for case in &record.cases {
        if let Disposition::NotAvailable { reason } = &case.disposition {
            panic!("{} was not measured: {reason}", case.id);
        }
    }
    assert_eq!(matrix.code(), Some(0), "{}\n{}", matrix.ended.err, matrix.ended.out);
    assert_eq!(record.state, RunState::Complete);
    let mut worked = BTreeSet::new();
    for case in apps(&record) {
        match &case.disposition {
            Disposition::Qualified => worked.insert(case.strategy.clone()),
            Disposition::NotApplicable { .. } => continue,
            other => panic!("{}: {other:?}", case.id),
        };
    }
    let files = scenario::list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).unwrap();
    let scenarios = scenario::load_all(&files, &claimable()).unwrap();
    let all: BTreeSet<_> = scenarios
        .iter()
        .filter(|scenario| ["node", "go"].contains(&scenario.name.as_str()))
        .flat_map(|scenario| scenario.variants.iter().map(|variant| variant.strategy.clone()))
        .collect();
    assert!(worked.is_superset(&all), "{all:?}: {worked:?}");
    assert_eq!(matrix.left, Vec::<String>::new());
});

/// Why a stop has no time where the process ended within milliseconds of its signal.
const ENDED_AT_ONCE: &str = "the process ended before the engine had stamped its signal";

/// A stop that has no time for this reason. It may happen to every app that ends fast, in some
/// of its stops.
pub(super) fn ended_at_once(sample: &Sample) -> bool {
    matches!(sample.metric, Metric::StopTime | Metric::FloorStopTime)
        && matches!(&sample.outcome, Outcome::NotMeasured { reason } if reason == ENDED_AT_ONCE)
}

of_the_matrix!(every_metric_has_a_number_for_every_variant, matrix => {
    let record = matrix.record();
    let mut rows = BTreeMap::new();
    let again = matrix.again.iter().map(|(_, files)| files);
    for files in std::iter::once(&matrix.files).chain(again) {
        let mut reader = csv::Reader::from_reader(files["samples.csv"].as_slice());
        for row in reader.deserialize() {
            let row: BTreeMap<String, String> = row.unwrap();
            let key = (row["scenario"].clone(), row["variant"].clone(), row["metric"].clone());
            rows.insert(key, row);
        }
    }
    let mut missing = Vec::new();
    for case in apps(&record) {
        let asked = |metric: &&Metric| record.distribution.is_some() || !metric.is_distribution();
        // What only some ask for: load and health of techniques, emptied mounts.
        let taken = |metric: &&Metric| {
            let inspected = [Metric::SizeFiles, Metric::WasteBytes, Metric::WasteEfficiency];
            !metric.is_optional() || inspected.contains(*metric)
        };
        let metrics = Metric::ALL.iter().filter(|metric| !metric.is_floor());
        for metric in metrics.filter(asked).filter(taken) {
            let expected = match case.disposition {
                Disposition::NotApplicable { .. } => "not-applicable",
                // This run is on the user's engine, which holds the bases.
                _ if metric.is_linked() => "not-measured",
                _ => "ok",
            };
            let key = (case.scenario.clone(), case.variant.clone(), metric.id().to_owned());
            match rows.get(&key) {
                Some(row) if row["status"] == expected && row["value"].is_empty() == (expected != "ok") => {}
                // An app that ends at once: no stamp of the engine's can show how soon.
                Some(row) if *metric == Metric::StopTime && row["reason"] == ENDED_AT_ONCE => {}
                other => missing.push(format!("{key:?}: {other:?}")),
            }
        }
    }
    // Those with cache mounts are rebuilt with emptied ones too, and only those.
    let emptied = record.samples.iter().filter(|sample| sample.metric == Metric::RebuildDependencyColdMounts);
    let with_mounts: BTreeSet<_> = emptied
        .inspect(|sample| assert!(sample.outcome.counted().is_some(), "{sample:?}"))
        .map(|sample| sample.case.as_str())
        .collect();
    assert!(with_mounts.contains("go/scratch") && !with_mounts.contains("go/single-stage"), "{with_mounts:?}");
    for metric in Metric::ALL.iter().filter(|metric| metric.is_floor()) {
        let floor = record.samples.iter().find(|sample| sample.metric == *metric);
        if !floor.is_some_and(|sample| matches!(sample.outcome, Outcome::Ok { .. }) || ended_at_once(sample)) {
            missing.push(format!("{metric}: {floor:?}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
});

of_the_matrix!(a_cached_build_ran_nothing_and_a_cold_one_took_nothing_from_the_cache, matrix => {
    let record = matrix.record();
    let builds = |metric| record.builds.iter().filter(move |build| build.metric == metric);
    let cases = apps(&record).filter(|case| case.disposition == Disposition::Qualified).count();
    assert_eq!(builds(Metric::BuildCached).count(), cases);
    for build in builds(Metric::BuildCached) {
        assert!(build.cached.0 > 0 && build.ran.0 == 0, "{build:#?}");
    }
    for build in builds(Metric::BuildCold) {
        assert!(build.ran.0 > 0, "{build:#?}");
        let of_the_file = build.steps.iter().filter(|step| step.cached && !step.name.contains("] FROM "));
        // The builder takes this one from the cache whatever it is asked.
        let cached: Vec<_> = of_the_file.filter(|step| !step.name.contains("] WORKDIR ")).collect();
        assert!(cached.is_empty(), "{cached:#?}");
    }
});

of_the_matrix!(the_record_keeps_its_schema, matrix => {
    let schema: serde_json::Value = serde_json::from_str(&matrix.schema.out).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&matrix.files["run.json"]).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&record).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
});

of_the_matrix!(the_report_comes_anew_from_run_json_to_the_same_bytes, matrix => {
    assert_eq!((matrix.csv.code, matrix.md.code), (Some(0), Some(0)), "{}", matrix.csv.err);
    assert_eq!(matrix.csv.out.as_bytes(), matrix.files["summary.csv"]);
    assert_eq!(matrix.md.out.as_bytes(), matrix.files["report.md"]);
});

of_the_matrix!(all_claims_are_printed, matrix => {
    let claims: usize = matrix.record().scenarios.iter().map(|scenario| scenario.claims.len()).sum();
    let rows = csv::Reader::from_reader(matrix.claims.out.as_bytes()).into_records().count();
    assert_eq!(rows, claims);
    assert!(claims > 25);
});
