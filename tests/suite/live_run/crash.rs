//! A killed run, and `clean` after it.

use std::collections::BTreeSet;
use std::time::Duration;

use plimsoll::engine::Engine;
use rustix::process::Signal;

use super::home::{Home, left, until};
use crate::live_engine::stage::{Stage, live};

const GOOD: &str = "FROM scratch\nCOPY tool deps.lock /\n\
    RUN [\"/tool\", \"put\", \"/installed\", \"NONCE\"]\nCOPY main.src /\n\
    RUN [\"/tool\", \"sleep\", \"1\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

live!(alone clean_removes_what_a_killed_run_left, stage => {
    let home = Home::new(stage, &[("good", GOOD)]);
    let mut going = home.begin(&["run", "tiny", "--rounds", "3", "--warmup", "0"]);
    // The image of the app, which stays through the rest of its visit.
    let seen = until(Duration::from_secs(120), async || {
        let Some(folder) = home.runs().pop() else { return false };
        let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
        left(stage, &id).await.iter().any(|item| item.contains("plimsoll/tiny_good:"))
    });
    assert!(seen.await && !going.is_over(), "no image was seen");
    let (folder, id) = home.run();
    let id = id.as_str();
    let held = home.plimsoll(&["clean", "--run", id, "--yes"]);
    assert!(held.out.contains("nothing of plimsoll's"), "what a living run uses is not listed: {}", held.out);
    going.signal(Signal::KILL);
    assert_eq!(going.ended().await, None);
    let leftovers = left(stage, id).await;
    assert!(!leftovers.is_empty(), "it died with nothing to clean");

    // As a run notes them before it removes them.
    let records = noted(stage).await;
    let journal = folder.join("cache-records.json");
    std::fs::write(&journal, serde_json::to_vec(&records).unwrap()).unwrap();

    let listed = home.plimsoll(&["clean", "--run", id, "--dry-run"]);
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    assert!(listed.out.contains(&format!("({id})")), "{}", listed.out);
    for record in &records {
        assert!(listed.out.contains(record), "{record} in {}", listed.out);
    }
    assert_eq!(left(stage, id).await, leftovers, "a dry run removes nothing");
    // Without --yes and without a terminal nothing goes either.
    assert_eq!(home.plimsoll(&["clean", "--run", id]).code, Some(2));
    assert_eq!(left(stage, id).await, leftovers);

    let cleaned = home.plimsoll(&["clean", "--run", id, "--yes"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.err);
    assert_eq!(left(stage, id).await, Vec::<String>::new());
    let still: Vec<_> = all(stage).await.intersection(&records).cloned().collect();
    assert_eq!(still, Vec::<String>::new());
    assert!(!journal.exists());
    let again = home.plimsoll(&["clean", "--run", id, "--dry-run"]);
    assert!(again.out.contains("nothing of plimsoll's"), "{}", again.out);
});

/// Cache records of a build of this test.
async fn noted(stage: &Stage) -> BTreeSet<String> {
    let before = stage.own_records();
    let tag = stage.tag("noted");
    let dockerfile = format!(
        "FROM scratch\nCOPY tool nonce /\nRUN [\"/tool\", \"put\", \"/noted\", \"noted-{}\"]\n",
        stage.nonce
    );
    stage
        .build(&stage.request(&tag), &dockerfile)
        .await
        .unwrap();
    let after = stage.own_records();
    let records: BTreeSet<_> = after.difference(&before).cloned().collect();
    assert!(!records.is_empty());
    records
}

async fn all(stage: &Stage) -> BTreeSet<String> {
    let records = stage.engine.build_cache().await.unwrap();
    records.into_iter().map(|record| record.id).collect()
}
