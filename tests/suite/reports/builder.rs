//! Synthetic run records that read as what was observed.

use plimsoll::record::{
    BaseRecord, BuildRecord, Calibration, CaseRecord, Disposition, EngineFacts, HostFacts,
    ImageStore, Link, Metric, Outcome, PlanRecord, RunRecord, RunState, SCHEMA_VERSION, Sample,
    ScenarioRecord, StandIn, StepRecord, ToolFacts, case_id,
};
use plimsoll::scenario::{Claim, Source};
use plimsoll::units::{Bytes, Count, Nanos, Quantity, Rate, Ratio, Unit};

pub const MB: u64 = 1_000_000;
pub const MS: u64 = 1_000_000;

/// A run of no cases, complete, 1 warm-up and 6 counted rounds.
pub fn run() -> RunRecord {
    RunRecord {
        schema_version: SCHEMA_VERSION,
        id: "20261120T200000Z-node".to_owned(),
        commands: vec![["plimsoll", "run", "node"].map(str::to_owned).to_vec()],
        state: RunState::Complete,
        started_at: "2026-11-20T20:00:00Z".to_owned(),
        finished_at: Some("2026-11-20T20:10:00Z".to_owned()),
        revision: None,
        ab: None,
        tool: ToolFacts {
            version: "0.1.0".to_owned(),
            optimised: true,
        },
        plan: PlanRecord {
            profile: "standard".to_owned(),
            seed: 42,
            warmup_rounds: 1,
            rounds: 6,
            visits_done: 7,
            only: None,
            shard: None,
            bases: "auto".to_owned(),
            reach: plimsoll::record::Reach::Bridge,
            engine: Default::default(),
            skipped: Vec::new(),
            links: Vec::new(),
            build_deadline_ns: Nanos::from_secs(600),
            call_deadline_ns: Nanos::from_secs(60),
            order: vec![vec![case_id("node", "single-stage")]; 7],
        },
        engine: engine(),
        distribution: None,
        host: HostFacts {
            os: "Debian 12".to_owned(),
            kernel: "6.1.0".to_owned(),
            cpu: "Model X".to_owned(),
            cpus: Count(2),
            memory_bytes: Bytes(8_000 * MB),
            load: Some("0.10".to_owned()),
            virtualisation: None,
        },
        calibration: Calibration {
            ping_ns: Nanos(200_000),
            clock_resolution_ns: Nanos(30),
            probe_interval_ns: Nanos::from_millis(2),
        },
        scenarios: vec![ScenarioRecord {
            name: "node".to_owned(),
            title: "Node API".to_owned(),
            path: "scenarios/node.toml".to_owned(),
            text: String::new(),
            sha256: String::new(),
            app_sha256: String::new(),
            claims: Vec::new(),
            budgets: Vec::new(),
            contract: None,
            deploy: Default::default(),
            technique: None,
            sources: vec![Source {
                id: "guide".to_owned(),
                title: "A multi-stage guide".to_owned(),
            }],
        }],
        parts: Vec::new(),
        bases: Vec::new(),
        cases: Vec::new(),
        samples: Vec::new(),
        builds: Vec::new(),
        conditions: Vec::new(),
        warnings: Vec::new(),
    }
}

fn engine() -> EngineFacts {
    EngineFacts {
        name: "Docker Engine".to_owned(),
        version: "20.10.24".to_owned(),
        api_version: "1.41".to_owned(),
        api_range: None,
        store: ImageStore::GraphDriver,
        driver: "overlay2".to_owned(),
        backing: Some("extfs".to_owned()),
        builder: "buildkit".to_owned(),
        own_frontend: false,
        platform: "linux/amd64".to_owned(),
        cgroup_version: "2".to_owned(),
        runtime: "runc".to_owned(),
        data_root: None,
        kernel: "6.1.0".to_owned(),
        endpoint: "unix:///var/run/docker.sock".to_owned(),
    }
}

/// Verbs on a record, each of which adds one thing.
pub trait Build {
    fn case(&mut self, variant: &str, disposition: Disposition);
    fn sample(&mut self, variant: &str, metric: Metric, outcome: Outcome);
    /// A sample that went over a link.
    fn over(&mut self, link: Option<Link>, variant: &str, metric: Metric, outcome: Outcome);
    /// Counting samples, in rounds from 2 on (1 is the warm-up).
    fn values(&mut self, variant: &str, metric: Metric, values: &[u64]);
    fn stand_in(&mut self, variant: &str, base: &str);
    fn claim(&mut self, variant: &str, claimed: &str, bytes: u64);
    fn cold_build(&mut self, variant: &str, round: u32, steps: &[(&str, u64, bool)]);
}

impl Build for RunRecord {
    fn case(&mut self, variant: &str, disposition: Disposition) {
        self.cases.push(CaseRecord {
            id: case_id("node", variant),
            scenario: "node".to_owned(),
            app: "node-api".to_owned(),
            variant: variant.to_owned(),
            title: String::new(),
            strategy: variant.replace("-prune", ""),
            platform: "linux/amd64".to_owned(),
            disposition,
            dockerfile: None,
            ready_image: None,
            companions: Vec::new(),
            bases: Vec::new(),
            stand_ins: Vec::new(),
            expected_failure: None,
            image: None,
            posture: None,
            layers: Vec::new(),
        });
    }

    fn sample(&mut self, variant: &str, metric: Metric, outcome: Outcome) {
        self.over(None, variant, metric, outcome);
    }

    fn over(&mut self, link: Option<Link>, variant: &str, metric: Metric, outcome: Outcome) {
        let case = case_id("node", variant);
        // From the end, where the one before it nearly always is: large runs are built here.
        let alike =
            |sample: &&Sample| (sample.metric, sample.link, &sample.case) == (metric, link, &case);
        let round = self.samples.iter().rfind(alike).map_or(0, |one| one.round);
        self.samples.push(Sample {
            case,
            metric,
            round: round + 1,
            order: 1,
            link,
            detail: None,
            outcome,
        });
    }

    fn values(&mut self, variant: &str, metric: Metric, values: &[u64]) {
        for value in values {
            let value = quantity(metric, *value);
            self.sample(variant, metric, Outcome::Ok { value });
        }
    }

    fn stand_in(&mut self, variant: &str, base: &str) {
        let case = self.cases.iter_mut().find(|case| case.variant == variant);
        case.expect("a known variant")
            .stand_ins
            .push(base.to_owned());
        if self.bases.iter().all(|known| known.reference != base) {
            self.bases.push(BaseRecord {
                manifest_digest: None,
                reference: base.to_owned(),
                resolved: format!("plimsoll.local/{base}"),
                image_id: "sha256:00".to_owned(),
                repo_digests: Vec::new(),
                diff_ids: Vec::new(),
                unpacked_bytes: Bytes(133 * MB),
                stand_in: Some(StandIn {
                    stands_in_for: base.to_owned(),
                    recipe_sha256: "0123456789abcdef".to_owned(),
                }),
            });
        }
    }

    fn claim(&mut self, variant: &str, claimed: &str, bytes: u64) {
        self.scenarios[0].claims.push(Claim {
            source: "guide".to_owned(),
            variant: variant.to_owned(),
            metric: "size.unpacked".to_owned(),
            link: None,
            claimed: claimed.to_owned(),
            claimed_bytes: Some(Bytes(bytes)),
            claimed_ns: None,
            from: None,
            claimed_change: None,
            approximate: true,
            note: None,
        });
    }

    fn cold_build(&mut self, variant: &str, round: u32, steps: &[(&str, u64, bool)]) {
        let step = |(name, millis, cached): &(&str, u64, bool)| StepRecord {
            name: (*name).to_owned(),
            started_ns: Some(Nanos(0)),
            duration_ns: Some(Nanos::from_millis(*millis)),
            cached: *cached,
        };
        self.builds.push(BuildRecord {
            case: case_id("node", variant),
            metric: Metric::BuildCold,
            round,
            steps: steps.iter().map(step).collect(),
            cached: Count(0),
            ran: Count(steps.len() as u64),
            sent: None,
        });
    }
}

/// A whole number in the metric's base unit.
pub fn quantity(metric: Metric, whole: u64) -> Quantity {
    match metric.unit() {
        Unit::Bytes => Quantity::Bytes(Bytes(whole)),
        Unit::Seconds => Quantity::Time(Nanos(whole)),
        Unit::Count => Quantity::Count(Count(whole)),
        Unit::Ratio => Quantity::Ratio(Ratio::of(whole as f64, 1.0).expect("finite")),
        Unit::PerSecond => Quantity::Rate(Rate::per_second(whole as f64).expect("finite")),
    }
}

/// Four variants: the largest, one on stand-ins, one that fails, one that cannot exist.
pub fn four_variants() -> RunRecord {
    let mut run = run();
    let failed = Disposition::Failed {
        reason: "GET /health answered 500 | expected 200".to_owned(),
    };
    let impossible = Disposition::NotApplicable {
        reason: "the stock Node runtime is not static".to_owned(),
    };
    run.case("scratch", impossible);
    run.case("multi-stage-alpine-prune", Disposition::Qualified);
    run.case("multi-stage-distroless", failed);
    run.case("single-stage", Disposition::Qualified);
    run.stand_in("multi-stage-alpine-prune", "node:20-alpine");
    for (variant, factor) in [("single-stage", 8), ("multi-stage-alpine-prune", 1)] {
        run.values(variant, Metric::SizeUnpacked, &[148 * MB * factor; 2]);
        run.values(variant, Metric::SizeOwn, &[15 * MB * factor; 2]);
        run.values(variant, Metric::SizeLayers, &[6]);
        run.values(variant, Metric::ContextBytes, &[213_000]);
        for metric in [
            Metric::BuildCold,
            Metric::BuildCached,
            Metric::StartReady,
            Metric::StartStarted,
        ] {
            let base = match metric {
                Metric::BuildCold => 15_000 * MS,
                Metric::BuildCached => 400 * MS,
                _ => 210 * MS,
            };
            let warm = quantity(metric, 3 * base);
            run.sample(variant, metric, Outcome::Warmup { value: warm });
            let spread = |i: u64| base * (100 + i) / 100 * factor.min(2);
            run.values(variant, metric, &[0, 2, 1, 4, 3, 6].map(spread));
        }
        run.values(
            variant,
            Metric::MemoryReady,
            &[41 * MB, 42 * MB, 43 * MB, 44 * MB, 45 * MB, 46 * MB],
        );
    }
    let killed = Outcome::Dnf {
        reason: "npm ci: exit 137".to_owned(),
    };
    run.sample("single-stage", Metric::RebuildDependency, killed);
    let wrong = Outcome::Invalid {
        value: Some(quantity(Metric::RebuildSource, 5_000 * MS)),
        reason: "no step ran".to_owned(),
    };
    run.sample("single-stage", Metric::RebuildSource, wrong);
    // Built, but its contract never held: rule 1 says that this size does not count.
    run.values(
        "multi-stage-distroless",
        Metric::SizeUnpacked,
        &[9_000 * MB],
    );
    run.claim("single-stage", "~1.2 GB", 1_200 * MB);
    run.claim("multi-stage-alpine-prune", "150 MB", 150 * MB);
    run.claim("multi-stage-distroless", "130 MB", 130 * MB);
    run.claim("single-stage-slim", "250 MB", 250 * MB);
    run.claim("scratch", "N/A", 1);
    run
}
