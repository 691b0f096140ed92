//! Nothing remains of a room, however it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use plimsoll::cleanroom::{Room, stale_rooms};

use super::machine::{Machine, group, inhabitants, lives, memory_kb};
use super::owner::Owner;
use super::rooms::{build, close, open, pull, serve_once};
use crate::live_engine::stage::live;

/// How long the kernel may take to end a room whose owner is killed.
const DEATH_WITHIN: Duration = Duration::from_secs(2);

live!(alone the_machine_is_unchanged_after_two_rooms_at_once, stage => {
    let folder = tempfile::tempdir().unwrap();
    let rooms = folder.path().join("rooms");
    let machine = Machine::at_rest(&stage.docker).await;
    let (one, other) = (build(&rooms, "a"), pull(&rooms, "a"));
    let (one, other) = tokio::join!(open(&one), open(&other));
    assert!(stale_rooms(&rooms).is_empty(), "both have an owner");
    for room in [&one, &other] {
        let inside = inhabitants(room.pid());
        println!("{}: {} processes, {} kB", room.id(), inside.len(), memory_kb(&inside));
        // Ctrl-C goes to the terminal's foreground group, which is this process's.
        let ours = group(std::process::id());
        assert!(inside.iter().all(|pid| group(*pid) != ours));
    }
    serve_once(stage, &one).await;
    assert!(!cgroups_of(one.id()).is_empty(), "its containers have cgroups of its own");
    // While the rooms are open, only these aspects of the machine change.
    let changed = ["cgroups", "daemons", "networks"];
    machine.assert_changed_in(&changed, &stage.docker).await;
    let pids: Vec<_> = [&one, &other].iter().flat_map(|room| inhabitants(room.pid())).collect();
    tokio::join!(close(one), close(other));
    assert!(!pids.iter().any(|pid| lives(*pid)));
    assert_eq!(fs::read_dir(&rooms).unwrap().count(), 0);
    machine.assert_changed_in(&[], &stage.docker).await;
});

live!(alone nothing_remains_of_a_dropped_room, stage => {
    let folder = tempfile::tempdir().unwrap();
    let rooms = folder.path().join("rooms");
    let machine = Machine::at_rest(&stage.docker).await;
    let room = open(&build(&rooms, "a")).await;
    serve_once(stage, &room).await;
    let begun = Instant::now();
    drop(room);
    println!("dropped in {:?}", begun.elapsed());
    // Also if it is dropped while it opens.
    for millis in [0, 5, 20, 50, 100, 150] {
        let spec = build(&rooms, "a");
        let early = tokio::time::timeout(Duration::from_millis(millis), Room::open(&spec)).await;
        println!("after {millis} ms it was open: {}", early.is_ok());
    }
    assert_eq!(fs::read_dir(&rooms).unwrap().count(), 0);
    machine.assert_changed_in(&[], &stage.docker).await;
});

live!(alone the_rooms_of_a_killed_owner_end_and_clean_removes_the_rest, stage => {
    let folder = tempfile::tempdir().unwrap();
    let rooms = folder.path().join("rooms");
    let machine = Machine::at_rest(&stage.docker).await;
    let mut owner = Owner::begin(&rooms, &stage.nonce);
    let pids: Vec<_> = owner.inits.iter().flat_map(|init| inhabitants(*init)).collect();
    let names = pids.iter().map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")));
    let names: Vec<_> = names.map(|name| name.unwrap().trim().to_owned()).collect();
    println!("{names:?}");
    for name in ["dockerd", "containerd", "containerd-shim", "tool", "slirp4netns"] {
        assert!(names.iter().any(|one| one == name), "{name}");
    }
    let held = plimsoll(&rooms, &["clean", "--run", &stage.nonce, "--dry-run"]);
    assert!(out(&held).contains("nothing of plimsoll's"), "{}", out(&held));

    let begun = Instant::now();
    owner.kill();
    while pids.iter().any(|pid| lives(*pid)) {
        assert!(begun.elapsed() < DEATH_WITHIN, "{pids:?} still live");
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("all ended {:?} after SIGKILL", begun.elapsed());

    let listed = plimsoll(&rooms, &["clean", "--run", &stage.nonce, "--dry-run"]);
    assert_eq!(out(&listed).matches("room ").count(), 2, "{}", out(&listed));
    assert_eq!(fs::read_dir(&rooms).unwrap().count(), 2, "a dry run removes nothing");
    let doctor = plimsoll(&rooms, &["doctor"]);
    assert!(out(&doctor).contains("clean rooms of runs that were killed: build-"), "{}", out(&doctor));
    let other = plimsoll(&rooms, &["clean", "--run", "another", "--yes"]);
    assert_eq!((other.status.code(), fs::read_dir(&rooms).unwrap().count()), (Some(0), 2));
    let cleaned = plimsoll(&rooms, &["clean", "--run", &stage.nonce, "--yes"]);
    assert_eq!(cleaned.status.code(), Some(0), "{}", String::from_utf8_lossy(&cleaned.stderr));
    assert_eq!(fs::read_dir(&rooms).unwrap().count(), 0);
    machine.assert_changed_in(&[], &stage.docker).await;
});

fn plimsoll(rooms: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["--home", env!("CARGO_MANIFEST_DIR"), "--rooms"])
        .arg(rooms)
        .args(words)
        .env_remove("PLIMSOLL_HOME")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn cgroups_of(id: &str) -> Vec<std::path::PathBuf> {
    let name = format!("plimsoll-{id}");
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    std::iter::once(root.to_owned())
        .chain(hierarchies)
        .map(|hierarchy| hierarchy.join(&name))
        .filter(|path| path.is_dir())
        .collect()
}

#[test]
fn rooms_are_cleaned_where_no_engine_answers() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = folder.path().join("rooms");
    let room = rooms.join("build-0123abcd");
    fs::create_dir_all(room.join("data/deep")).unwrap();
    fs::create_dir(rooms.join("other")).unwrap();
    fs::write(room.join("lock"), "").unwrap();
    let clean = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.args([
            "--host",
            "unix:///nowhere/plimsoll.sock",
            "clean",
            "--rooms",
        ]);
        let output = command
            .arg(&rooms)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (
            output.status.code(),
            out(&output),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, listed, err) = clean(&["--dry-run", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["rooms"][0]["id"], "build-0123abcd");
    assert!(
        code == Some(1) && err.contains("failed to reach engine"),
        "{err}"
    );
    assert_eq!(clean(&[]).0, Some(2), "stdin is not a terminal");
    let (code, _, err) = clean(&["--run", "another", "--yes"]);
    assert!(code == Some(1) && room.exists(), "{err}");
    let (code, _, err) = clean(&["--yes"]);
    assert!(
        code == Some(1) && err.contains("removed 1 of 1 rooms, registries and checkouts"),
        "{err}"
    );
    assert!(!room.exists() && rooms.join("other").exists());
}
