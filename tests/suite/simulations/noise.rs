//! Noise as the committed reference runs have it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::record::{Metric, Sample};
use plimsoll::units::native;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// The timed metrics that every case has; a change is made in the first.
pub const METRICS: [Metric; 6] = [
    Metric::BuildCold,
    Metric::RebuildSource,
    Metric::StartReady,
    Metric::BuildCached,
    Metric::StartCreate,
    Metric::StopTime,
];

/// The `run.json` files of the reference runs under results/.
pub fn committed() -> Vec<PathBuf> {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap();
        let folders = entries.map(|entry| entry.unwrap().path());
        folders.filter(|path| path.is_dir()).collect()
    };
    // Others are a user's own.
    let is_reference = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| name.starts_with("reference-"))
    };
    let top: Vec<_> = folders(&results).into_iter().filter(is_reference).collect();
    let inner: Vec<_> = top.iter().flat_map(|path| folders(path)).collect();
    let files = top.iter().chain(&inner).map(|path| path.join("run.json"));
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Residuals of visits and the spreads of cases, on logarithms. Metrics of one visit stay
/// together, so what they have in common does.
pub struct Noise {
    /// Residuals of a visit, each divided by its case's standard deviation.
    visits: Vec<[f64; 6]>,
    /// Standard deviations of a case.
    cases: Vec<[f64; 6]>,
    /// The median of those of `build.cold`.
    pub median: f64,
}

#[derive(Deserialize)]
struct Samples {
    samples: Vec<Sample>,
}

/// Logarithms by round.
type Series = BTreeMap<u32, f64>;

impl Noise {
    /// Of all committed runs: cases with at least five rounds of all metrics.
    pub fn of_committed_runs() -> Self {
        let mut noise = Self {
            visits: Vec::new(),
            cases: Vec::new(),
            median: 0.0,
        };
        for file in committed() {
            let run: Samples = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
            noise.add(&run.samples);
        }
        let mut cold: Vec<f64> = noise.cases.iter().map(|case| case[0]).collect();
        cold.sort_by(f64::total_cmp);
        noise.median = cold[cold.len() / 2];
        noise
    }

    fn add(&mut self, samples: &[Sample]) {
        let mut cases: BTreeMap<&str, [Series; 6]> = BTreeMap::new();
        for sample in samples {
            let at = METRICS.iter().position(|metric| *metric == sample.metric);
            let value = sample.outcome.counted().map(native);
            if let (Some(at), Some(value)) = (at, value.filter(|value| *value > 0.0)) {
                let series = &mut cases.entry(sample.case.as_str()).or_default()[at];
                series.insert(sample.round, value.ln());
            }
        }
        for series in cases.values() {
            if series.iter().any(|one| one.len() < 5) {
                continue;
            }
            let moments = series.each_ref().map(moments);
            let residual = |at: usize, round: u32| {
                let (n, mean, deviation) = moments[at];
                let value = series[at].get(&round)?;
                // Residuals of n values are too small by this much.
                Some((value - mean) / deviation * (n / (n - 1.0)).sqrt())
            };
            for round in series[0].keys() {
                let mut visit = [0.0; 6];
                let whole = visit.iter_mut().enumerate().all(|(at, place)| {
                    let found = residual(at, *round);
                    *place = found.unwrap_or_default();
                    found.is_some()
                });
                self.visits.extend(whole.then_some(visit));
            }
            self.cases.push(moments.map(|(_, _, deviation)| deviation));
        }
    }

    /// The samples of a family without any change: metrics of as many cases as it takes, over
    /// so many rounds. The first metric is a `build.cold` of median spread.
    pub fn family(&self, size: usize, rounds: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let mut family: Vec<Vec<f64>> = Vec::new();
        while family.len() < size {
            let mut spreads = self.cases[rng.random_range(0..self.cases.len())];
            if family.is_empty() {
                spreads[0] = self.median;
            }
            let visits: Vec<_> = (0..rounds)
                .map(|_| self.visits[rng.random_range(0..self.visits.len())])
                .collect();
            family.extend((0..6).map(|at| {
                let value = |visit: &[f64; 6]| (visit[at] * spreads[at]).exp();
                visits.iter().map(value).collect()
            }));
        }
        family.truncate(size);
        family
    }
}

/// How many, their mean and their standard deviation.
fn moments(series: &Series) -> (f64, f64, f64) {
    let n = series.len() as f64;
    let mean = series.values().sum::<f64>() / n;
    let squares = series.values().map(|value| (value - mean).powi(2));
    (n, mean, (squares.sum::<f64>() / (n - 1.0)).sqrt())
}
