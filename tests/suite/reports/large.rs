//! A run of 100 variants in 20 rounds, with all that a real one carries.

use std::collections::BTreeMap;

use plimsoll::record::{
    CaseRecord, Disposition, DockerfileRecord, ImageRecord, LayerContents, Metric, Outcome,
    Posture, Reach, RunRecord, StopFacts, Weight, case_id,
};
use plimsoll::units::{Bytes, Count, Nanos};

use super::builder::{Build, MB, MS, quantity, run};

pub const VARIANTS: u64 = 100;
pub const ROUNDS: u64 = 20;

/// Timed metrics of a visit with their typical value in base units.
const TIMED: [(Metric, u64); 11] = [
    (Metric::BuildCold, 15_000 * MS),
    (Metric::BuildCached, 400 * MS),
    (Metric::RebuildSource, 3_000 * MS),
    (Metric::RebuildDependency, 9_000 * MS),
    (Metric::PushTime, 2_000 * MS),
    (Metric::StartCreate, 30 * MS),
    (Metric::StartStarted, 200 * MS),
    (Metric::StartReady, 420 * MS),
    (Metric::StopTime, 50 * MS),
    (Metric::ServeP50, 2 * MS),
    (Metric::MemoryReady, 42 * MB),
];

const EXACT: [(Metric, u64); 9] = [
    (Metric::SizeUnpacked, 1_000 * MB),
    (Metric::SizeEngine, 1_000 * MB),
    (Metric::SizeOwn, 200 * MB),
    (Metric::SizeLayers, 9),
    (Metric::SizeFiles, 15_000),
    (Metric::WasteBytes, 3 * MB),
    (Metric::SizeTransfer, 350 * MB),
    (Metric::ContextBytes, MB),
    (Metric::PushBytes, 300 * MB),
];

const STEPS: [&str; 10] = [
    "[internal] load build definition from Dockerfile",
    "[internal] load .dockerignore",
    "[build 1/6] FROM docker.io/library/node:20",
    "[internal] load build context",
    "[build 2/6] WORKDIR /app",
    "[build 3/6] COPY package.json package-lock.json ./",
    "[build 4/6] RUN npm ci --ignore-scripts",
    "[build 5/6] COPY . .",
    "[build 6/6] RUN npm run build",
    "exporting to image",
];

/// The same numbers each time, and hard to pack (Knuth's MMIX constants).
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    fn around(&mut self, typical: u64) -> u64 {
        typical + self.below(typical / 10) - typical / 20
    }

    fn hex(&mut self) -> String {
        (0..8)
            .map(|_| format!("{:08x}", self.below(1 << 31)))
            .collect()
    }
}

pub fn large() -> RunRecord {
    let mut noise = Noise(7);
    let mut run = run();
    run.plan.warmup_rounds = 0;
    run.plan.rounds = ROUNDS as u32;
    let names: Vec<String> = (0..VARIANTS)
        .map(|number| format!("multi-stage-variant-{number:03}"))
        .collect();
    run.plan.order = vec![names.iter().map(|name| case_id("node", name)).collect(); 20];
    run.plan.visits_done = (VARIANTS * ROUNDS) as u32;
    for (number, name) in (1..).zip(&names) {
        run.case(name, Disposition::Qualified);
        fill(
            run.cases.last_mut().expect("just added"),
            number,
            &mut noise,
        );
        if number % 3 == 0 {
            run.claim(name, "150 MB", 150 * MB);
        }
        for (metric, typical) in EXACT {
            run.values(
                name,
                metric,
                &vec![typical * number / VARIANTS; ROUNDS as usize],
            );
        }
        for (metric, typical) in TIMED {
            let typical = typical * (VARIANTS + number) / VARIANTS;
            let values: Vec<u64> = (0..ROUNDS).map(|_| noise.around(typical)).collect();
            run.values(name, metric, &values);
        }
        for round in 1..=ROUNDS {
            for _ in 0..4 {
                let steps = STEPS.map(|step| (step, noise.around(1_500), noise.below(4) == 0));
                run.cold_build(name, round as u32, &steps);
            }
            for step in run
                .builds
                .iter_mut()
                .rev()
                .take(4)
                .flat_map(|build| &mut build.steps)
            {
                step.started_ns = Some(Nanos(noise.around(5_000 * MS)));
                step.duration_ns = Some(Nanos(noise.around(900 * MS)));
            }
        }
        let killed = Outcome::Dnf {
            reason: format!("npm ci: exit 137; last lines: {} | killed", noise.hex()),
        };
        run.sample(name, Metric::ServeP99, killed);
        let odd = Outcome::Invalid {
            value: Some(quantity(Metric::StartHealthy, 5 * MS)),
            reason: "no step ran".to_owned(),
        };
        run.sample(name, Metric::StartHealthy, odd);
    }
    run
}

/// Image, layers, facts and Dockerfile.
fn fill(case: &mut CaseRecord, number: u64, noise: &mut Noise) {
    let lines = (0..30).map(|line| {
        format!(
            "RUN apt-get install --yes package-{number}-{line} && rm -rf /var/lib/apt/lists/*\n"
        )
    });
    case.dockerfile = Some(DockerfileRecord {
        path: format!("Dockerfile.{}", case.variant),
        text: lines.collect(),
        target: None,
        build_args: BTreeMap::new(),
    });
    case.bases = vec!["node:20".to_owned()];
    let digests: Vec<String> = (0..9).map(|_| format!("sha256:{}", noise.hex())).collect();
    let layer = |digest: &String| {
        let path = |at: usize| {
            format!(
                "/app/node_modules/package-{}-{at}/dist/index.js",
                &digest[7..11]
            )
        };
        let weights = (0..10).map(|at| Weight {
            path: path(at),
            bytes: Bytes(MB * number),
        });
        LayerContents {
            bytes: Bytes(10 * MB * number),
            files: Count(1_000),
            heaviest_files: weights.clone().collect(),
            heaviest_folders: weights.collect(),
        }
    };
    case.layers = digests.iter().map(layer).collect();
    case.image = Some(ImageRecord {
        id: format!("sha256:{}", noise.hex()),
        history: STEPS
            .iter()
            .map(|step| (Bytes(number * MB), (*step).to_owned()))
            .collect(),
        diff_ids: digests,
        user: "node".to_owned(),
        layer_bytes: None,
        reach: Some(Reach::Bridge),
        manifest: None,
    });
    case.posture = Some(Posture {
        user: "node".to_owned(),
        shell: Some("/bin/sh".to_owned()),
        setuid: (0..12).map(|at| format!("/usr/bin/setuid-{at}")).collect(),
        stop: Some(StopFacts {
            exit_code: 0,
            killed: false,
            grace_ns: Nanos::from_secs(10),
        }),
        ..Posture::default()
    });
}

/// Gives every case of a record what only real runs carry: images, layers, facts, a log.
pub fn furnished(run: &mut RunRecord) {
    let mut noise = Noise(11);
    for (number, case) in (1..).zip(&mut run.cases) {
        fill(case, number, &mut noise);
        if let Some(posture) = &mut case.posture {
            posture.leaks = vec!["/app/.env".to_owned()];
            posture.compilers = vec!["/usr/bin/cc".to_owned()];
        }
    }
    for scenario in &mut run.scenarios {
        scenario.text = "name = \"node\"".to_owned();
    }
    let killed = Outcome::Dnf {
        reason: "npm ci: exit 1; last lines: npm ERR! | killed".to_owned(),
    };
    run.sample("single-stage", Metric::ServeP99, killed);
    run.cold_build("single-stage", 2, &[("[2/3] RUN npm ci", 20_000, false)]);
}
