//! Records of any size, with everything in them that a chart can show.

use plimsoll::record::{
    BuildRecord, Disposition, DistributionRecord, ImageRecord, Link, Metric, Outcome, RunRecord,
    Sample, StepRecord, case_id,
};
use plimsoll::units::{Bytes, Count, Nanos};

use crate::reports::builder::{Build, MB, MS, quantity, run};

/// What a record is made of.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub variants: usize,
    pub samples: u64,
    /// Over how many powers of ten the values span.
    pub magnitudes: f64,
    pub long_names: bool,
}

pub const SMALL: Made = Made {
    variants: 3,
    samples: 6,
    magnitudes: 0.5,
    long_names: false,
};

const STRATEGIES: [&str; 5] = [
    "single-stage",
    "multi-stage",
    "distroless",
    "scratch",
    "slim",
];

pub fn name(made: Made, at: usize) -> String {
    let strategy = STRATEGIES[at % STRATEGIES.len()];
    if made.long_names {
        let middle = "and-then-some-more-of-a-name-".repeat(4);
        format!("{strategy}-{middle}{at}")
    } else {
        format!("{strategy}-{at}")
    }
}

impl Made {
    /// The record: the variants, of which the last stands on a stand-in.
    pub fn record(self) -> RunRecord {
        let mut run = run();
        run.plan.links = ["loopback", "100mbit"]
            .map(|link| link.parse().unwrap())
            .to_vec();
        run.distribution = Some(DistributionRecord {
            puller: None,
            why_no_puller: None,
        });
        for at in 0..self.variants {
            let name = name(self, at);
            run.case(&name, Disposition::Qualified);
            let last = run.cases.last_mut().unwrap();
            last.strategy = STRATEGIES[at % STRATEGIES.len()].to_owned();
            last.title = format!("variant number {at}");
            self.measure(&mut run, &name, at);
            self.build(&mut run, &name, at);
        }
        let last = name(self, self.variants - 1);
        run.stand_in(&last, "node:20-alpine");
        let floor = case_id("floor", "floor");
        let mut of_floor = run.cases[0].clone();
        (of_floor.id, of_floor.scenario) = (floor, "floor".to_owned());
        (of_floor.strategy, of_floor.variant) = ("floor".to_owned(), "floor".to_owned());
        (of_floor.image, of_floor.stand_ins) = (None, Vec::new());
        for metric in [
            Metric::FloorBuildCold,
            Metric::FloorStartCreate,
            Metric::FloorStopTime,
        ] {
            let value = quantity(metric, 9 * MS);
            let first = name(self, 0);
            run.sample(&first, metric, Outcome::Ok { value });
            run.samples.last_mut().unwrap().case = of_floor.id.clone();
        }
        run.cases.push(of_floor);
        run
    }

    /// A factor from 1 up to the span, the largest first.
    fn factor(self, at: usize) -> f64 {
        let steps = (self.variants - 1).max(1) as f64;
        10f64.powf(self.magnitudes * (1.0 - at as f64 / steps))
    }

    fn measure(self, run: &mut RunRecord, name: &str, at: usize) {
        let base = |metric: Metric| match metric {
            Metric::SizeUnpacked => Some(120 * MB),
            Metric::SizeOwn => Some(20 * MB),
            Metric::SizeTransfer => Some(40 * MB),
            Metric::MemoryReady => Some(30 * MB),
            Metric::ServeRps => Some(900),
            Metric::BuildCold => Some(9_000 * MS),
            Metric::RebuildDependency | Metric::RebuildDependencyColdMounts => Some(5_000 * MS),
            Metric::RebuildSource | Metric::RebuildSourceColdMounts => Some(1_500 * MS),
            Metric::PullCold => Some(4_000 * MS),
            Metric::PullBase | Metric::PullUpdate => Some(400 * MS),
            Metric::BuildCached
            | Metric::StartCreate
            | Metric::StartStarted
            | Metric::StartReady
            | Metric::StartHealthy
            | Metric::ServeP50
            | Metric::ServeP99
            | Metric::StopTime => Some(80 * MS),
            _ => None,
        };
        for metric in Metric::ALL.iter().copied() {
            let Some(base) = base(metric) else { continue };
            let links: Vec<Option<Link>> = match metric.is_linked() {
                true => run.plan.links.iter().copied().map(Some).collect(),
                false => vec![None],
            };
            for link in links {
                for round in 0..self.samples {
                    let timed = metric.kind() == plimsoll::stats::Kind::Timed;
                    let noise = if timed {
                        (round * 7 + at as u64 * 3) % 11
                    } else {
                        0
                    };
                    let value = base as f64 * self.factor(at) * (1.0 + noise as f64 / 100.0);
                    let value = quantity(metric, value as u64);
                    // Not by the builder's verb, which counts what exists: thousands come here.
                    run.samples.push(Sample {
                        case: case_id("node", name),
                        metric,
                        round: u32::try_from(round).unwrap() + 1,
                        order: 1,
                        link,
                        detail: None,
                        outcome: Outcome::Ok { value },
                    });
                }
            }
        }
    }

    fn build(self, run: &mut RunRecord, name: &str, at: usize) {
        let whole = 120.0 * MB as f64 * self.factor(at);
        let own = 20.0 * MB as f64 * self.factor(at);
        let entry = |bytes: f64, words: &str| (Bytes(bytes as u64), words.to_owned());
        run.cases.last_mut().unwrap().image = Some(ImageRecord {
            id: "sha256:1".to_owned(),
            diff_ids: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            history: vec![
                entry(whole - own, "/bin/sh -c #(nop) ADD file:1 in /"),
                entry(0.0, "ENV A=b"),
                entry(
                    own * 0.8,
                    "RUN /bin/sh -c npm ci --omit=dev && npm cache clean --force # buildkit",
                ),
                entry(own * 0.15, "COPY . . # buildkit"),
                entry(own * 0.05, "COPY /app/dist ./dist # buildkit"),
            ],
            user: String::new(),
            layer_bytes: None,
            reach: None,
            manifest: None,
        });
        let scale = self.factor(at);
        let step = |name: &str, from: u64, length: u64, cached: bool| StepRecord {
            name: name.to_owned(),
            started_ns: Some(Nanos((from as f64 * scale) as u64 * MS)),
            duration_ns: Some(Nanos((length as f64 * scale) as u64 * MS)),
            cached,
        };
        for metric in [
            Metric::BuildCold,
            Metric::RebuildSource,
            Metric::RebuildDependency,
        ] {
            let cached = metric != Metric::BuildCold;
            for round in 1..=u32::try_from(self.samples).unwrap() {
                run.builds.push(BuildRecord {
                    case: case_id("node", name),
                    metric,
                    round,
                    steps: vec![
                        step("[internal] load metadata for node:20", 0, 900, false),
                        step("[internal] load metadata for node:20-slim", 10, 950, false),
                        step(
                            "[deps 1/2] RUN --mount=type=cache,target=/x npm ci --omit=dev",
                            1_000,
                            4_000,
                            cached,
                        ),
                        step("[build 1/2] RUN npm ci", 1_000, 5_000, cached),
                        step("[build 2/2] RUN npm run build", 6_000, 2_000, false),
                        step("[stage-2 2/3] COPY --from=deps /app ./", 8_000, 200, false),
                        step("exporting to image", 8_200, 700, false),
                    ],
                    cached: Count(if cached { 2 } else { 0 }),
                    ran: Count(if cached { 2 } else { 4 }),
                    sent: None,
                });
            }
        }
    }
}

/// The same with nothing that ever worked.
pub fn all_dnf(made: Made) -> RunRecord {
    let mut run = made.record();
    let reason = "GET /health answered 500 | expected 200".to_owned();
    for case in run.cases.iter_mut().filter(|case| case.scenario == "node") {
        case.disposition = Disposition::Failed {
            reason: reason.clone(),
        };
    }
    for sample in &mut run.samples {
        sample.outcome = Outcome::Dnf {
            reason: reason.clone(),
        };
    }
    run
}
