//! A run in clean rooms that is killed, and `clean` after it.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::home::{Going, Home, tool_runs, until};
use super::luggage::{Before, Seen, base, entries, packed, processes, running, ways};
use crate::cleanroom::machine::lives;
use crate::live_engine::stage::{Stage, live};

const WORDS: [&str; 8] = [
    "run",
    "tiny",
    "--engine",
    "clean-room",
    "--rounds",
    "2",
    "--warmup",
    "0",
];

/// How long the kernel may take to end what was in the rooms.
const DEATH_WITHIN: Duration = Duration::from_secs(3);

/// SIGKILL; then what the run left is listed and removed.
async fn kill_and_clean(stage: &Stage, home: &Home, going: &mut Going, before: &Before) {
    let id = running(home).unwrap();
    let inside = processes(home);
    let held = home.plimsoll(&["clean", "--run", &id, "--dry-run"]);
    assert!(
        held.out.contains("nothing of plimsoll's"),
        "a living run's: {}",
        held.out
    );
    let begun = Instant::now();
    going.signal(Signal::KILL);
    assert_eq!(going.ended().await, None);
    let ended = until(DEATH_WITHIN.saturating_sub(begun.elapsed()), async || {
        !inside.iter().any(|pid| lives(*pid))
    });
    assert!(ended.await, "{inside:?} still live");
    println!(
        "{} processes ended within {:?}",
        inside.len(),
        begun.elapsed()
    );

    let names = entries(home);
    assert_eq!(names.len(), 3, "two rooms and the registry: {names:?}");
    let tags = ways(stage, &id).await;
    let listed = home.plimsoll(&["clean", "--run", &id, "--dry-run"]);
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    println!("{}", listed.out);
    for name in &names {
        assert!(listed.out.contains(name), "{name} in {}", listed.out);
    }
    for tag in &tags {
        assert!(listed.out.contains(tag), "{tag} in {}", listed.out);
    }
    assert_eq!(entries(home), names, "a dry run removes nothing");
    let other = home.plimsoll(&["clean", "--run", "another", "--yes"]);
    assert_eq!(
        (other.code, entries(home)),
        (Some(0), names),
        "{}",
        other.err
    );

    let cleaned = home.plimsoll(&["clean", "--run", &id, "--yes"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.err);
    assert_eq!(ways(stage, &id).await, Vec::<String>::new());
    assert!(
        stage.docker.inspect_image(&base(stage)).await.is_ok(),
        "the user's base stays"
    );
    before.is_as_it_was(stage, home).await;
    let again = home.plimsoll(&["clean", "--run", &id, "--dry-run"]);
    assert!(again.out.contains("nothing of plimsoll's"), "{}", again.out);
}

live!(alone killed_while_a_base_is_brought_into_the_registry, stage => {
    let home = packed(stage, 120_000_000).await;
    let before = Before::now(stage).await;
    let mut going = home.begin(&WORDS);
    let seen = until(Duration::from_secs(60), async || {
        let Some(id) = running(&home) else { return false };
        home.talk().contains("bringing plimsoll/live:") && !ways(stage, &id).await.is_empty()
    });
    assert!(seen.await && !going.is_over(), "{}", home.talk());
    kill_and_clean(stage, &home, &mut going, &before).await;
    assert!(!home.talk().contains("results in"), "it was to be killed before the first visit: {}", home.talk());
});

live!(alone killed_while_a_room_builds, stage => {
    let home = packed(stage, 1_000_000).await;
    let before = Before::now(stage).await;
    let mut going = home.begin(&WORDS);
    let words = format!("sleep 1 {}", stage.nonce);
    let seen = until(Duration::from_secs(120), async || tool_runs(&words)).await;
    assert!(seen && !going.is_over(), "{}", home.talk());
    kill_and_clean(stage, &home, &mut going, &before).await;
    assert!(!tool_runs(&words), "the build's command goes on");
});

live!(alone killed_in_a_pull, stage => {
    let home = packed(stage, 1_000_000).await;
    let before = Before::now(stage).await;
    let mut going = home.begin(&[&WORDS[..], &["--link", "4mbit"]].concat());
    let seen = until(Duration::from_secs(120), async || {
        Seen::room(&home, "pull").is_some_and(|room| room.is_pulling())
    });
    assert!(seen.await && !going.is_over(), "{}", home.talk());
    kill_and_clean(stage, &home, &mut going, &before).await;
    // What had been measured is there, and can be gone on with.
    let (folder, _) = home.run();
    assert!(fs::exists(folder.join("run.json")).unwrap());
});
