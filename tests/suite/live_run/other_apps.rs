//! Each sample app that the matrix leaves out is built and keeps its contract in one way at
//! least.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use plimsoll::record::{Metric, claimable};
use plimsoll::scenario;

use super::home::{left, plimsoll, record_of};
use super::matrix::{self, tripped};
use super::projects::assert_measured;
use crate::live_engine::stage::{Stage, live};

/// A variant of each, without cache mounts where it may be: with them there are two builds more.
pub(crate) const VARIANTS: [&str; 5] = [
    "java/single-stage",
    "python/multi-stage-wheels",
    "rust/multi-stage-slim",
    "technique-native-module/slim",
    "technique-nestjs/single-stage",
];

/// What its FROM lines say, and the name that the stage gives to each.
async fn bases(stage: &Stage, home: &Path, variant: &str) -> BTreeMap<String, String> {
    let (scenario, name) = variant.split_once('/').unwrap();
    let listed = plimsoll(
        home,
        &["list", scenario, "--only", name, "--format", "json"],
    );
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let mut names = BTreeMap::new();
    for base in crate::scripts::bases_in(&listed) {
        let stand_in = format!("plimsoll.local/{base}");
        names.insert(base, stage.own_base(&stand_in).await);
    }
    names
}

async fn works(stage: &Stage, variant: &str) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (scenario, name) = variant.split_once('/').unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("plimsoll.toml");
    let own = BTreeMap::from([("bases", bases(stage, home, variant).await)]);
    fs::write(&config, toml::to_string(&own).unwrap()).unwrap();
    let results = dir.path().join("results");
    let run = || {
        let place = ["--config", config.to_str().unwrap()];
        // Only what another language may change.
        let less = ["--skip", "dependency", "--skip", "cold-mounts", "--no-push"];
        let what = ["run", scenario, "--only", name, "--profile", "quick"];
        let out = ["--out", results.to_str().unwrap()];
        let ended = plimsoll(home, &[&place[..], &what, &less, &out].concat());
        let folder = plimsoll::store::run_folders(&results).pop();
        (ended, folder.unwrap())
    };
    let (mut ended, mut folder) = run();
    if !tripped(&record_of(&folder)).is_empty() {
        println!("npm tripped over its cache: {variant} is run once more");
        (ended, folder) = run();
    }
    let record = record_of(&folder);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    for base in &record.bases {
        assert!(base.resolved.starts_with("foreign/live:"), "{base:?}");
    }
    let case = record.cases.iter().find(|case| case.id.as_str() == variant);
    assert_measured(&record, case.unwrap());
    let of_case = record
        .samples
        .iter()
        .filter(|one| one.case.as_str() == variant);
    let mut memory = of_case.filter(|one| one.metric == Metric::MemoryReady);
    assert!(memory.any(|one| one.outcome.counted().is_some()));
    let id = folder.file_name().unwrap().to_str().unwrap();
    assert_eq!(left(stage, id).await, Vec::<String>::new());
}

live!(alone java_is_measured, stage => works(stage, VARIANTS[0]).await);

live!(alone python_is_measured, stage => works(stage, VARIANTS[1]).await);

live!(alone rust_is_measured, stage => works(stage, VARIANTS[2]).await);

live!(alone a_native_module_is_measured, stage => works(stage, VARIANTS[3]).await);

live!(alone nestjs_is_measured, stage => works(stage, VARIANTS[4]).await);

#[test]
fn every_sample_app_is_built_here_or_in_the_matrix() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = scenario::list(&home.join("scenarios")).unwrap();
    let scenarios = scenario::load_all(&files, &claimable()).unwrap();
    let here = VARIANTS
        .iter()
        .filter_map(|variant| variant.split('/').next());
    let built: BTreeSet<&str> = here.chain(matrix::SCENARIOS).collect();
    let apps = |named: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let scenarios = scenarios.iter().filter(|one| named(&one.name));
        scenarios.map(|one| one.app.name.clone()).collect()
    };
    assert_eq!(apps(&|name| built.contains(name)), apps(&|_| true));
}
