//! Bases that come from a registry which several machines share: `plimsoll registry`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use plimsoll::engine::Engine;
use rustix::process::{Pid, Signal, kill_process};

use super::luggage::{base, packed};
use crate::live_engine::stage::live;

live!(alone a_shard_pulls_its_bases_from_the_registry_that_is_named, stage => {
    let home = packed(stage, 1_000_000).await;
    let mut registry = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["registry", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(registry.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    let shared = format!("{address}/{}", base(stage));
    let id = stage.engine.image(&base(stage)).await.unwrap().unwrap().id;
    stage.engine.tag(&base(stage), &shared).await.unwrap();
    stage.engine.push(&shared, &mut |_| {}).await.unwrap();
    // A machine that has neither.
    stage.engine.remove_image(&shared).await.unwrap();
    stage.engine.remove_image(&base(stage)).await.unwrap();
    let shard = ["--shard", "1/1", "--bases-from", &address];
    let ended = home.plimsoll(&[&["run", "tiny", "--profile", "quick", "--no-push"], &shard[..]].concat());
    let record = home.record();
    stage.engine.remove_image(&shared).await.unwrap();
    kill_process(Pid::from_child(&registry), Signal::TERM).unwrap();
    registry.wait().unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains(&format!("pulling {shared}")), "{}", ended.err);
    assert_eq!((&record.bases[0].resolved, &record.bases[0].image_id), (&shared, &id.0));
});
