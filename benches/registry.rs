//! The embedded registry next to Debian's `docker-registry`: pushing and pulling one
//! image of a gigabyte with the same client, and what each server's memory peaks at.
//!
//! Both are done in each pair, in a seeded random order, each with a fresh server and
//! an empty store. `cargo bench --bench registry [-- --pairs N]`; without skopeo, curl
//! or docker-registry it says so and measures nothing. `benches/README.md` has results.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the result of a bench is what it prints"
)]

#[path = "registry/image.rs"]
mod image;
#[path = "registry/server.rs"]
mod server;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use plimsoll::host;
use plimsoll::stats::{SampleSet, Summary, ratio_of_medians};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use server::{Kind, Server};

/// Pairs, unless `--pairs` says otherwise.
const PAIRS: usize = 8;
/// Any seed: the same order and the same bytes each time.
const SEED: u64 = 20_261_120;

/// What one server took for one image.
#[derive(Debug, Clone, Copy)]
struct Taken {
    push: f64,
    pull: f64,
    /// The layer alone, by a client that throws it away.
    fetch: f64,
    peak_mb: f64,
}

type Part = (&'static str, fn(&Taken) -> f64);

const PARTS: [Part; 4] = [
    ("push, s", |taken| taken.push),
    ("pull, s", |taken| taken.pull),
    ("layer to nowhere, s", |taken| taken.fetch),
    ("peak memory, MB", |taken| taken.peak_mb),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("skipped: `cargo bench --bench registry` runs it");
        return ExitCode::SUCCESS;
    }
    for tool in ["skopeo", "curl", "docker-registry"] {
        if !found(tool) {
            println!("skipped: {tool} is not here; apt-get install {tool}");
            return ExitCode::SUCCESS;
        }
    }
    let pairs = arguments
        .windows(2)
        .find(|words| words[0] == "--pairs")
        .and_then(|words| words[1].parse().ok())
        .unwrap_or(PAIRS);
    match run(pairs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn found(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

fn run(pairs: usize) -> Result<(), String> {
    let load = || host::facts().load.unwrap_or_else(|| "unknown".to_owned());
    let before = load();
    let stage = tempfile::tempdir_in("/var/tmp").map_err(|error| error.to_string())?;
    let image = image::make(&stage.path().join("image"), SEED)?;
    println!(
        "{pairs} pairs, one layer of {} bytes, seed {SEED}; load average {before} before",
        image.layer_bytes
    );
    let mut order = ChaCha8Rng::seed_from_u64(SEED);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        let mut kinds = [Kind::Embedded, Kind::Debian];
        kinds.shuffle(&mut order);
        for kind in kinds {
            let taken = once(kind, stage.path(), &image)
                .map_err(|why| format!("pair {pair}, {kind:?}: {why}"))?;
            println!("pair {pair} {kind:?} {taken:?}");
            match kind {
                Kind::Embedded => ours.push(taken),
                Kind::Debian => theirs.push(taken),
            }
        }
    }
    println!("load average {} after\n", load());
    println!(
        "| part | n | embedded | docker-registry | embedded / docker-registry | 95 % interval |"
    );
    println!("|---|---|---|---|---|---|");
    for (part, value) in PARTS {
        let set = |side: &[Taken]| {
            SampleSet::new(side.iter().map(value).collect()).map_err(|error| error.to_string())
        };
        let (ours, theirs) = (set(&ours)?, set(&theirs)?);
        let ratio = ratio_of_medians(&ours, &theirs).ok_or("a side took nothing")?;
        let interval = ratio.interval.map_or("too few".to_owned(), |ends| {
            format!("{:.3} to {:.3}", ends.lower, ends.upper)
        });
        println!(
            "| {part} | {} | {:.2} | {:.2} | {:.3} | {interval} |",
            pairs,
            Summary::of_timed(&ours).median,
            Summary::of_timed(&theirs).median,
            ratio.ratio.get(),
        );
    }
    Ok(())
}

/// A fresh server, one push, one pull, one download.
fn once(kind: Kind, stage: &Path, image: &image::Image) -> Result<Taken, String> {
    let store = stage.join("store");
    let out = stage.join("out");
    let server = Server::start(kind, &store)?;
    settle();
    let name = format!("docker://{}/bench/image:1", server.address);
    let push = timed(
        Command::new("skopeo")
            .args(["copy", "-q", "--dest-tls-verify=false"])
            .arg(&image.source)
            .arg(&name),
    )?;
    settle();
    let target = format!("dir:{}", out.display());
    let pull = timed(
        Command::new("skopeo")
            .args(["copy", "-q", "--src-tls-verify=false"])
            .arg(&name)
            .arg(&target),
    )?;
    let blob = format!(
        "http://{}/v2/bench/image/blobs/{}",
        server.address, image.layer
    );
    let fetch = timed(
        Command::new("curl")
            .args(["-sSf", "-o", "/dev/null"])
            .arg(&blob),
    )?;
    let peak_mb = server.peak_memory()?;
    drop(server);
    for folder in [store, out] {
        std::fs::remove_dir_all(folder).map_err(|error| error.to_string())?;
    }
    Ok(Taken {
        push,
        pull,
        fetch,
        peak_mb,
    })
}

/// What was written before is not to be paid for by what is timed.
fn settle() {
    rustix::fs::sync();
}

fn timed(command: &mut Command) -> Result<f64, String> {
    let begin = Instant::now();
    let output = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| error.to_string())?;
    let took = begin.elapsed().as_secs_f64();
    if output.status.success() {
        Ok(took)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
