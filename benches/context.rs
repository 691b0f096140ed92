//! Builds with a large context: `docker build` of the engine's own CLI, and the same build
//! through plimsoll.
//!
//! Each pair has a cached build and a rebuild after a one-line edit by both sides, in a seeded
//! random order. `cargo bench --bench context [-- --pairs N --docker PROGRAM]`; without an
//! engine or a CLI with BuildKit it says so and measures nothing. `benches/README.md` has
//! results.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the result of a bench is what it prints"
)]

#[path = "context/sides.rs"]
mod sides;
#[path = "context/tree.rs"]
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use plimsoll::host;
use plimsoll::stats::{SampleSet, Summary, ratio_of_medians};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use sides::{Cli, Plimsoll};
use tree::{BYTES, FILES, Tree};

/// Pairs that count, unless `--pairs` says otherwise.
const PAIRS: usize = 12;
/// Any seed: the same files and the same order each time.
const SEED: u64 = 20_261_129;
/// What plimsoll may take of the time of the engine's own CLI.
const AIM: f64 = 1.1;

/// Why there is no measurement.
#[derive(Debug)]
pub enum Obstacle {
    /// This machine cannot make one.
    Skipped(String),
    /// It should have, and failed.
    Failed(String),
}

impl From<String> for Obstacle {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Plimsoll,
    Cli,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Build {
    Cached,
    Rebuild,
}

/// Seconds.
#[derive(Debug, Default)]
struct Times {
    cached: Vec<f64>,
    rebuild: Vec<f64>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("skipped: `cargo bench --bench context` runs it");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str| {
        let mut words = arguments.windows(2);
        words.find(|words| words[0] == name).map(|words| &words[1])
    };
    let pairs = option("--pairs").and_then(|text| text.parse().ok());
    let docker = option("--docker").map_or_else(|| PathBuf::from("docker"), PathBuf::from);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime takes two threads and a pipe");
    match runtime.block_on(run(pairs.unwrap_or(PAIRS), docker)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Obstacle::Skipped(why)) => {
            println!("skipped: {why}");
            ExitCode::SUCCESS
        }
        Err(Obstacle::Failed(why)) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(pairs: usize, docker: PathBuf) -> Result<(), Obstacle> {
    let load = || host::facts().load.unwrap_or_else(|| "unknown".to_owned());
    let before = load();
    let mut tree = Tree::make(SEED)?;
    let cli = Cli::new(docker, tree.id())?;
    let plimsoll = Plimsoll::open(tree.path(), tree.id()).await?;
    println!(
        "{}, {}; {FILES} files of {BYTES} bytes in all, seed {SEED}",
        plimsoll.engine_version().await?,
        cli.version()?
    );
    let measured = tokio::select! {
        measured = measure(&mut tree, &cli, &plimsoll, pairs) => measured,
        _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
    };
    plimsoll.remove().await;
    let (ours, theirs) = measured?;
    println!(
        "{pairs} pairs; load average {before} before, {} after\n",
        load()
    );
    println!(
        "| build | n | plimsoll, s | docker build, s | plimsoll / docker build | 95 % interval |"
    );
    println!("|---|---|---|---|---|---|");
    let cached = row("cached", ours.cached, theirs.cached)?;
    let rebuild = row(
        "rebuild after a one-line edit",
        ours.rebuild,
        theirs.rebuild,
    )?;
    let word = if cached.max(rebuild) <= AIM {
        "met"
    } else {
        "missed"
    };
    println!("\nThe aim of {AIM} or less is {word}.");
    Ok(())
}

async fn measure(
    tree: &mut Tree,
    cli: &Cli,
    plimsoll: &Plimsoll,
    pairs: usize,
) -> Result<(Times, Times), String> {
    // Each side's first build sends everything.
    cli.build(tree)?;
    plimsoll.build(tree).await?;
    let mut order = ChaCha8Rng::seed_from_u64(SEED);
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for pair in 0..pairs {
        for build in [Build::Cached, Build::Rebuild] {
            let mut sides = [Side::Plimsoll, Side::Cli];
            sides.shuffle(&mut order);
            if build == Build::Rebuild {
                tree.edit(pair)?;
            }
            for side in sides {
                let (took, times) = match side {
                    Side::Cli => (cli.build(tree)?, &mut theirs),
                    Side::Plimsoll => (plimsoll.build(tree).await?, &mut ours),
                };
                match build {
                    Build::Cached => times.cached.push(took),
                    Build::Rebuild => times.rebuild.push(took),
                }
            }
        }
    }
    Ok((ours, theirs))
}

/// Prints a row; returns its ratio.
fn row(name: &str, ours: Vec<f64>, theirs: Vec<f64>) -> Result<f64, String> {
    let set = |values| SampleSet::new(values).map_err(|error| error.to_string());
    let (ours, theirs) = (set(ours)?, set(theirs)?);
    let ratio = ratio_of_medians(&ours, &theirs).ok_or("a side took no time")?;
    let interval = ratio.interval.map_or("too few".to_owned(), |ends| {
        format!("{:.3} to {:.3}", ends.lower, ends.upper)
    });
    let (a, b) = (Summary::of_timed(&ours), Summary::of_timed(&theirs));
    println!(
        "| {name} | {} | {:.3} | {:.3} | {:.3} | {interval} |",
        a.n,
        a.median,
        b.median,
        ratio.ratio.get(),
    );
    Ok(ratio.ratio.get())
}
