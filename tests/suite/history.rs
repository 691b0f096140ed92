//! Many runs over time: from synthetic records to trends, by way of folders, the index, a
//! branch and the program.

mod branch;
mod index;
mod program;
mod trends;

use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::history::{RunDigest, Trend, TrendTerms};
use plimsoll::record::{Disposition, Metric, RunRecord};

use crate::reports::builder::{Build, MB, MS, run};

const VARIANT: &str = "slim";

/// What runs vary by, in thousandths: no two alike, without any order.
const NOISE: [i64; 20] = [
    1, -8, 14, -13, 6, -1, 3, 11, -11, -5, 8, -9, 2, 13, -3, -12, 5, 0, -6, 10,
];

/// The run of a day: a cold build around so many milliseconds, and a size.
pub fn day(day: u32, millis: u64, size_mb: u64) -> RunRecord {
    let mut run = run();
    run.started_at = format!(
        "2026-{:02}-{:02}T20:00:00Z",
        1 + (day - 1) / 28,
        1 + (day - 1) % 28
    );
    run.id = format!("run-{day:03}");
    run.case(VARIANT, Disposition::Qualified);
    run.plan.order = vec![vec![run.cases[0].id.clone()]; 7];
    let noise = NOISE[day as usize % 20] + 20 * i64::from(day) / 1_000;
    let middle = millis as i64 * MS as i64 / 1_000 * (1_000 + noise) + i64::from(day);
    let around = [-30, -10, -2, 2, 10, 30].map(|off: i64| (middle + off * MS as i64 / 10) as u64);
    run.values(VARIANT, Metric::BuildCold, &around);
    run.values(VARIANT, Metric::SizeUnpacked, &[size_mb * MB; 6]);
    run
}

/// Runs of days from 1 on, a level each: so many days, milliseconds and megabytes.
pub fn days(levels: &[(u32, u64, u64)]) -> Vec<RunRecord> {
    let each = levels.iter();
    let each = each.flat_map(|(days, millis, mb)| (0..*days).map(move |_| (*millis, *mb)));
    (1..)
        .zip(each)
        .map(|(at, (millis, mb))| day(at, millis, mb))
        .collect()
}

pub fn digests(runs: &[RunRecord]) -> Vec<RunDigest> {
    runs.iter().map(|run| RunDigest::of(run).unwrap()).collect()
}

pub fn all<'a>(runs: &'a [RunDigest], terms: &TrendTerms) -> Vec<Trend<'a>> {
    plimsoll::history::trends(runs, terms, |_, _| true)
}

pub fn of<'t, 'a>(trends: &'t [Trend<'a>], metric: Metric) -> &'t Trend<'a> {
    trends.iter().find(|trend| trend.metric == metric).unwrap()
}

/// Writes each run into a folder of its name, and gives the files back.
pub fn write(folder: &Path, runs: &[RunRecord]) -> Vec<PathBuf> {
    let each = runs.iter().map(|run| {
        let file = folder.join(&run.id).join("run.json");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, serde_json::to_vec(run).unwrap()).unwrap();
        file
    });
    each.collect()
}
