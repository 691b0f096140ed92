//! How long 10,000 visits take on 1 to 500 machines: the split of `run --shard`, visit times of
//! the committed runs, and machines that fail or are slow. Fixed seeds. The table of
//! docs/SCALE.md is written by `PLIMSOLL_BLESS=1 cargo test --test suite simulations::scale`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll::record::{CaseId, RunRecord, case_id};
use plimsoll::runner::{Portion, split, visit_times};
use plimsoll::units::Nanos;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::region;

const CASES: usize = 1_000;
const ROUNDS: usize = 10;
const MACHINES: [u32; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const SEEDS: u64 = 21;

/// A machine fails so often on average.
const HOURS_BETWEEN_FAILURES: f64 = 200.0;
/// Slurm's default `SlurmdTimeout` of 300 s, and 30 s until the task starts again.
const SECONDS_TO_START_AGAIN: f64 = 330.0;
/// Of the machines, one in twenty takes a third longer.
const SLOW: (f64, f64) = (0.05, 4.0 / 3.0);

/// Where a shard has its bases from, and the seconds that this takes on each machine.
const SET_UPS: [(&str, f64); 3] = [
    ("stand-ins built on each machine", 805.0),
    ("`--bases-from` a shared registry", 180.0),
    ("bases already on the machine", 0.0),
];

/// Times of visits that were measured.
struct Measured {
    /// The mean of each case.
    means: Vec<f64>,
    /// Each round of a case over the case's mean.
    noise: Vec<f64>,
}

impl Measured {
    fn of_committed_runs() -> Self {
        let (mut means, mut noise) = (Vec::new(), Vec::new());
        for run in [
            "reference-2026-11-20-2cpu-vm",
            "reference-2026-11-21-clean-room-2cpu-vm",
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("results")
                .join(run);
            let text = fs::read(path.join("run.json")).unwrap();
            let mut run: RunRecord = serde_json::from_slice(&text).unwrap();
            let all = visit_times(&run);
            let samples = std::mem::take(&mut run.samples);
            let mut rounds: BTreeMap<u32, Vec<_>> = BTreeMap::new();
            for sample in samples {
                rounds.entry(sample.round).or_default().push(sample);
            }
            for samples in rounds.into_values() {
                run.samples = samples;
                let of_round = visit_times(&run).into_iter();
                noise.extend(of_round.map(|(case, time)| time.0 as f64 / all[&case].0 as f64));
            }
            means.extend(all.into_values().map(|time| time.0 as f64 / 1e9));
        }
        Self { means, noise }
    }
}

/// Cases with the times that `--timings` would know.
fn units(measured: &Measured, rng: &mut ChaCha8Rng) -> Vec<Portion> {
    let unit = |at: usize| Portion {
        cases: vec![case_id("s", &format!("v{at:04}"))],
        expected: Nanos((measured.means.choose(rng).unwrap() * 1e9) as u64),
    };
    (0..CASES).map(unit).collect()
}

/// What became of all shards.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outcome {
    /// Hours until the last shard ended.
    makespan: f64,
    /// Hours of all visits that count, over the machines.
    ideal: f64,
    visits: usize,
    failures: usize,
}

fn speed(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<f64>() < SLOW.0 {
        SLOW.1
    } else {
        1.0
    }
}

/// Seconds until a machine fails.
fn life(rng: &mut ChaCha8Rng) -> f64 {
    -rng.random::<f64>().ln() * HOURS_BETWEEN_FAILURES * 3_600.0
}

fn simulate(measured: &Measured, machines: u32, set_up: f64, seed: u64) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let units = units(measured, &mut rng);
    let expected: BTreeMap<&CaseId, f64> = units
        .iter()
        .map(|unit| (&unit.cases[0], unit.expected.0 as f64 / 1e9))
        .collect();
    let (mut makespan, mut work, mut visits, mut failures) = (0.0_f64, 0.0, 0, 0);
    for shard in split(&units, machines) {
        let (mut now, mut fails_at, mut factor) = (set_up, life(&mut rng), speed(&mut rng));
        for _ in 0..ROUNDS {
            for case in &shard.cases {
                let time = expected[case] * measured.noise.choose(&mut rng).unwrap();
                while now + time * factor > fails_at {
                    // Another machine resumes the shard with the visit that was cut short.
                    failures += 1;
                    now = fails_at + SECONDS_TO_START_AGAIN + set_up;
                    (fails_at, factor) = (now + life(&mut rng), speed(&mut rng));
                }
                now += time * factor;
                work += time;
                visits += 1;
            }
        }
        makespan = makespan.max(now);
    }
    Outcome {
        makespan: makespan / 3_600.0,
        ideal: work / 3_600.0 / f64::from(machines),
        visits,
        failures,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const MARKS: [&str; 2] = [
    "<!-- simulation: written by PLIMSOLL_BLESS=1 cargo test --test suite simulations::scale -->\n",
    "<!-- end of the simulation -->",
];

#[test]
fn ten_thousand_visits_on_1_to_500_machines() {
    let measured = Measured::of_committed_runs();
    let mut table = "| machines | ideal |".to_owned();
    for (name, seconds) in SET_UPS {
        table += &format!(" {name} ({:.1} min) |", seconds / 60.0);
    }
    table += " failures |\n|---|---|---|---|---|---|\n";
    // The share of the machines' time that goes into visits.
    let mut shares: Vec<Vec<f64>> = vec![Vec::new(); SET_UPS.len()];
    for machines in MACHINES {
        let mut row = String::new();
        let (mut ideals, mut failures) = (Vec::new(), Vec::new());
        for ((_, set_up), shares) in SET_UPS.iter().zip(&mut shares) {
            let runs: Vec<Outcome> = (0..SEEDS)
                .map(|seed| simulate(&measured, machines, *set_up, seed))
                .collect();
            for run in &runs {
                assert_eq!(run.visits, CASES * ROUNDS, "each visit counts once");
                // Except for rounding: the two sums are added in a different order.
                assert!(run.makespan > run.ideal * (1.0 - 1e-9), "{run:?}");
            }
            let makespan = median(runs.iter().map(|run| run.makespan).collect());
            let ideal = median(runs.iter().map(|run| run.ideal).collect());
            failures.push(median(runs.iter().map(|run| run.failures as f64).collect()));
            row += &format!(" {makespan:.2} h ({:.2} x) |", makespan / ideal);
            shares.push(ideal / makespan);
            ideals.push(ideal);
        }
        table += &format!(
            "| {machines} | {:.2} h |{row} {:.0} |\n",
            ideals[0], failures[0]
        );
    }
    let pays = |shares: &[f64]| {
        let mut from_large = MACHINES.iter().zip(shares).rev();
        from_large
            .find(|(_, share)| **share >= 0.5)
            .map(|(machines, _)| *machines)
    };
    let [built, pulled, there]: [Option<u32>; 3] = std::array::from_fn(|at| pays(&shares[at]));
    assert!(
        built <= pulled && pulled <= there,
        "{built:?} {pulled:?} {there:?}"
    );
    table += "\nAt least half of the machines' time goes into visits up to:";
    for ((name, _), most) in SET_UPS.iter().zip([built, pulled, there]) {
        table += &format!(" {} machines ({name}),", most.unwrap_or_default());
    }
    table.pop();
    table += ".\n";
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SCALE.md");
    region::hold(&page, MARKS, &table);
    println!("{table}");
}
