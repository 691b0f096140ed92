//! Shards as a job array of Slurm: on a cluster of two nodes on this machine.

mod cluster;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use plimsoll::record::{RunRecord, RunState};

use self::cluster::{Cluster, NODES, asked};
use super::home::{Home, record_of, until};
use super::luggage::{entries, packed_with};
use crate::live_engine::stage::{Stage, live};

/// What each variant does while it is built.
const STEPS: &str = "COPY tool load deps.lock /\nRUN [\"/tool\", \"put\", \"/installed\", \"NONCE\"]\n\
    COPY main.src /\nRUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

/// The commands of docs/SCALE.md, for the scenario of these tests.
fn commands(shards: u32, options: &str) -> String {
    let page = include_str!("../../../docs/SCALE.md");
    let block = page.split("## Slurm").nth(1).unwrap();
    let block = block.split("```sh\n").nth(1).unwrap();
    let block = block.split("```").next().unwrap();
    let wanted = "plan node go --shards 4 --format slurm -- --engine clean-room";
    assert!(block.contains(wanted), "{block}");
    let ours =
        format!("plan tiny --shards {shards} --format slurm -- --engine clean-room {options}");
    format!("{}\necho $array $merge", block.replace(wanted, &ours))
}

/// Four variants, two of them on a base.
async fn home(stage: &Stage) -> Home {
    let on = |base: &str| format!("FROM {base}\n{STEPS}");
    let (bare, based) = (on("scratch"), on("plimsoll/live:NONCE-base"));
    let variants = [("a", &bare), ("b", &based), ("c", &bare), ("d", &based)];
    let variants = variants.map(|(name, text)| (name, text.as_str()));
    packed_with(stage, 1_000_000, &variants).await
}

fn submit(cluster: &Cluster, home: &Home, commands: &str) -> (String, String) {
    let reported = cluster.shell(home, commands);
    let (array, merge) = reported.split_once(' ').unwrap();
    (array.to_owned(), merge.to_owned())
}

fn parts(home: &Home) -> Vec<PathBuf> {
    plimsoll::store::run_folders(&home.dir.path().join("parts"))
}

fn log(home: &Home, name: &str) -> String {
    fs::read_to_string(home.dir.path().join(name))
        .unwrap_or_else(|error| format!("{name}: {error}"))
}

/// No case, round and metric of it is there twice.
fn measured_once(record: &RunRecord) {
    let mut seen = BTreeSet::new();
    for sample in &record.samples {
        let key = format!(
            "{:?}",
            (&sample.case, sample.round, sample.metric, sample.link)
        );
        assert!(seen.insert(key.clone()), "twice: {key}");
    }
}

live!(alone slurm_measures_four_shards_and_joins_them, stage => {
    if !asked() { return }
    let home = home(stage).await;
    let cluster = Cluster::start().await;
    let (array, merge) = submit(&cluster, &home, &commands(4, "--profile quick"));
    cluster.ended(&merge, Duration::from_secs(180)).await;
    for task in 1..=4 {
        let job = format!("{array}_{task}");
        let talk = log(&home, &format!("plimsoll-{job}.log"));
        assert_eq!(cluster.field(&job, "ExitCode"), "0:0", "{talk}");
        assert_eq!(cluster.field(&job, "JobState"), "COMPLETED");
        assert!(talk.contains("clean room: Docker"), "{talk}");
    }
    let talk = log(&home, &format!("plimsoll-merge-{merge}.log"));
    assert_eq!(cluster.field(&merge, "ExitCode"), "0:0", "{talk}");
    assert_eq!(parts(&home).len(), 4);
    let record = home.record();
    assert_eq!((record.state, record.parts.len()), (RunState::Complete, 4), "{talk}");
    let cases: Vec<&str> = record.cases.iter().map(|case| case.variant.as_str()).collect();
    assert_eq!(cases[..4], ["a", "b", "c", "d"]);
    assert_eq!(cases.len(), 8, "a floor for each part: {cases:?}");
    measured_once(&record);
    for command in ["report", "check"] {
        let ended = home.plimsoll(&[command, "latest"]);
        assert_eq!(ended.code, Some(0), "{command}: {}", ended.err);
    }
    assert_eq!(entries(&home), Vec::<String>::new());
});

/// The shard that a node measures, once a visit of it is done and another goes on.
fn shard_on(cluster: &Cluster, home: &Home, node: &str) -> Option<(String, PathBuf)> {
    let reported = cluster.ask("squeue", &["-h", "-t", "R", "-o", "%K %N"]);
    let task = reported
        .lines()
        .find_map(|line| line.strip_suffix(node))?
        .trim()
        .to_owned();
    let name = format!("-shard{task}of2");
    let mut folders = parts(home).into_iter();
    let folder = folders.find(|folder| folder.to_str().unwrap().ends_with(&name))?;
    let record = record_of(&folder);
    (record.plan.visits_done > 0 && record.state == RunState::Running).then_some((task, folder))
}

live!(alone slurm_starts_the_shard_of_a_dead_node_again_where_it_stopped, stage => {
    if !asked() { return }
    let home = home(stage).await;
    let mut cluster = Cluster::start().await;
    let (array, merge) = submit(&cluster, &home, &commands(2, "--rounds 2 --warmup 0"));
    let mut found = None;
    let seen = until(Duration::from_secs(120), async || {
        found = shard_on(&cluster, &home, NODES[0]);
        found.is_some()
    });
    assert!(seen.await, "{}", cluster.state());
    let (task, folder) = found.unwrap();
    let job = format!("{array}_{task}");
    let other = format!("{array}_{}", 3 - task.parse::<u32>().unwrap());
    cluster.kill_node(0);
    let before = record_of(&folder);
    let id = before.id.as_str();
    let rooms = || -> Vec<String> {
        let names = entries(&home).into_iter();
        let card = |name: &String| fs::read_to_string(home.rooms.path().join(name).join("room.json"));
        names.filter(|name| card(name).is_ok_and(|card| card.contains(id))).collect()
    };
    let left = rooms();
    assert_eq!(left.len(), 2, "the dead node leaves two rooms: {:?}", entries(&home));
    cluster.ended(&merge, Duration::from_secs(200)).await;

    let talk = log(&home, &format!("plimsoll-{job}.log"));
    assert_eq!(cluster.field(&job, "Restarts"), "1", "{talk}");
    assert_eq!(cluster.field(&job, "ExitCode"), "0:0", "{talk}");
    assert!(talk.contains(&format!("resuming parts/{id}")), "{talk}");
    // Whichever task came first onto a node.
    let all = format!("{talk}{}", log(&home, &format!("plimsoll-{other}.log")));
    for room in &left {
        assert!(all.contains(&format!("removed the clean room {room} of the run `{id}`")), "{all}");
    }
    assert_eq!(entries(&home), Vec::<String>::new());
    assert_eq!(parts(&home).len(), 2, "no shard was begun twice");
    let after = record_of(&folder);
    assert_eq!((after.state, after.commands.len()), (RunState::Complete, 2));
    measured_once(&after);
    // What was measured before it died is what it was.
    let first = before.plan.order[0][0].clone();
    let of_first = |record: &RunRecord| -> Vec<_> {
        let samples = record.samples.iter();
        samples.filter(|sample| sample.round == 1 && sample.case == first).cloned().collect()
    };
    assert_eq!(of_first(&before), of_first(&after));
    assert_eq!(cluster.field(&merge, "ExitCode"), "0:0", "{}", log(&home, &format!("plimsoll-merge-{merge}.log")));
    assert_eq!(home.record().parts.len(), 2);

    // The same task once more: nothing is measured.
    let again = cluster.shell(&home, &format!("sbatch --parsable --array={task} shards.sbatch"));
    cluster.ended(&again, Duration::from_secs(60)).await;
    let talk = log(&home, &format!("plimsoll-{again}_{task}.log"));
    assert!(talk.contains("this shard is complete"), "{talk}");
    assert_eq!((parts(&home).len(), record_of(&folder)), (2, after));
    // A copy of it is no other part.
    let copy = home.dir.path().join("parts/20990101T000000Z-copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(folder.join("run.json"), copy.join("run.json")).unwrap();
    let merged = home.plimsoll(&["merge", home.dir.path().join("parts").to_str().unwrap()]);
    assert_eq!(merged.code, Some(2), "{}", merged.err);
    assert!(merged.err.contains(&format!("are both shard {task}/2")), "{}", merged.err);
});

live!(alone slurm_joins_nothing_silently_where_a_shard_failed_for_good, stage => {
    if !asked() { return }
    let home = home(stage).await;
    let cluster = Cluster::start().await;
    // A node on which the second task cannot begin.
    let broken = "sed -i 's/^exec/[ \"$SLURM_ARRAY_TASK_ID\" != 2 ] || exit 7\\nexec/' shards.sbatch\narray=";
    let commands = commands(2, "--profile quick").replacen("array=", broken, 1);
    let (array, merge) = submit(&cluster, &home, &commands);
    cluster.ended(&merge, Duration::from_secs(120)).await;
    assert_eq!(cluster.field(&format!("{array}_1"), "ExitCode"), "0:0");
    assert_eq!(cluster.field(&format!("{array}_2"), "ExitCode"), "7:0");
    assert_eq!(cluster.field(&merge, "ExitCode"), "2:0");
    let talk = log(&home, &format!("plimsoll-merge-{merge}.log"));
    let record = record_of(&parts(&home)[0]);
    let all = &record.plan.shard.as_ref().unwrap().all;
    let missing: Vec<&str> = all.iter()
        .filter(|id| record.cases.iter().all(|case| case.id != **id))
        .map(|id| id.as_str())
        .collect();
    assert_eq!(missing.len(), 2);
    let words = format!("shard 2/2 is missing, and with it {} (--allow missing)", missing.join(", "));
    assert!(talk.contains(&words), "{words}: {talk}");
    assert_eq!(home.runs(), Vec::<PathBuf>::new());
});
