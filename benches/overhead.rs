//! What the harness adds to a start: create, start and ready of one tiny app,
//! through plimsoll's own verbs and through a bare HTTP client on the same socket.
//!
//! Both are done in each pair, in a seeded random order, so that whatever the
//! machine does in the meantime falls on both. Stop and removal are outside of what
//! is measured. `cargo bench --bench overhead [-- --pairs N]`; without an engine or
//! a C compiler it says so and measures nothing. `benches/README.md` has results.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the result of a bench is what it prints"
)]

#[path = "overhead/bare_side.rs"]
mod bare_side;
#[path = "overhead/plimsoll_side.rs"]
mod plimsoll_side;
#[path = "overhead/stage.rs"]
mod stage;
#[path = "overhead/verdict.rs"]
mod verdict;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::FutureExt;
use plimsoll::engine::ImageId;
use plimsoll::host;
use plimsoll::probe::DEFAULT_INTERVAL;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use bare_side::Bare;
use stage::{Marks, Obstacle, REACH, Stage};

/// Pairs that count, unless `--pairs` says otherwise.
const PAIRS: usize = 100;
/// Pairs before them that do not.
const WARMUP_PAIRS: usize = 5;
/// Any seed: the same order each time.
const SEED: u64 = 20_261_120;
/// Rest before each start: the engine tidies up behind a removal. The random part keeps
/// the starts from running in step with anything else that is periodic.
const REST_MILLIS: std::ops::RangeInclusive<u64> = 100..=150;

/// One of the two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Plimsoll,
    Bare,
}

/// The starts of the two ways, pair by pair.
#[derive(Debug, Default)]
struct Starts {
    plimsoll: Vec<Marks>,
    bare: Vec<Marks>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let benching = arguments.iter().any(|argument| argument == "--bench");
    if !benching && std::env::var("PLIMSOLL_LIVE").as_deref() != Ok("1") {
        println!("skipped: `cargo bench --bench overhead` runs it, or PLIMSOLL_LIVE=1");
        return ExitCode::SUCCESS;
    }
    let pairs = arguments
        .windows(2)
        .find(|words| words[0] == "--pairs")
        .and_then(|words| words[1].parse().ok())
        .unwrap_or(PAIRS);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime takes two threads and a pipe");
    match runtime.block_on(run(pairs)) {
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

async fn run(pairs: usize) -> Result<(), Obstacle> {
    let stage = Stage::open().await?;
    let load = || host::facts().load.unwrap_or_else(|| "unknown".to_owned());
    let before = load();
    // Interrupts and panics end here too, so that the sweep below is always made.
    let starts = tokio::select! {
        starts = AssertUnwindSafe(measure(&stage, pairs)).catch_unwind() => starts
            .unwrap_or_else(|_| Err(Obstacle::Failed("the bench panicked".to_owned()))),
        _ = tokio::signal::ctrl_c() => Err(Obstacle::Failed("interrupted".to_owned())),
    };
    let kept = stage.sweep().await;
    let starts = starts?;
    println!(
        "{} {}, API {}, reach {REACH:?}, probe interval {DEFAULT_INTERVAL}, seed {SEED}",
        stage.facts.name, stage.facts.version, stage.facts.api_version
    );
    println!(
        "{pairs} pairs counted, {WARMUP_PAIRS} before them not; load average {before} before, {} after\n",
        load()
    );
    print!(
        "{}",
        verdict::of(&starts.plimsoll, &starts.bare).map_err(Obstacle::Failed)?
    );
    if kept.is_empty() {
        Ok(())
    } else {
        Err(Obstacle::Failed(kept.join("; ")))
    }
}

async fn measure(stage: &Stage, pairs: usize) -> Result<Starts, Obstacle> {
    let image = stage.image().await?;
    let mut bare = Bare::connect(&stage.socket, &stage.facts.api_version)
        .await
        .map_err(Obstacle::Failed)?;
    let mut order = ChaCha8Rng::seed_from_u64(SEED);
    let mut starts = Starts::default();
    for pair in 0..WARMUP_PAIRS + pairs {
        let mut sides = [Side::Plimsoll, Side::Bare];
        sides.shuffle(&mut order);
        for side in sides {
            let rest = Duration::from_millis(order.random_range(REST_MILLIS));
            tokio::time::sleep(rest).await;
            let marks = once(stage, &mut bare, &image, side, pair)
                .await
                .map_err(|why| Obstacle::Failed(format!("pair {pair}, {side:?}: {why}")))?;
            if pair >= WARMUP_PAIRS {
                match side {
                    Side::Plimsoll => starts.plimsoll.push(marks),
                    Side::Bare => starts.bare.push(marks),
                }
            }
        }
    }
    Ok(starts)
}

/// One start by one side, and its removal.
async fn once(
    stage: &Stage,
    bare: &mut Bare,
    image: &ImageId,
    side: Side,
    pair: usize,
) -> Result<Marks, String> {
    // Names of one length, and none twice.
    let name = format!(
        "plimsoll-{}-{pair:04}{}",
        stage.run,
        (side == Side::Bare) as u8
    );
    let (id, marks) = match side {
        Side::Plimsoll => plimsoll_side::start(stage, image, &name).await?,
        Side::Bare => bare.start(stage, image, &name).await?,
    };
    stage.remove(&id).await?;
    Ok(marks)
}
