//! Services next to the app, on a real engine.

use plimsoll::engine::Engine;
use plimsoll::record::{Disposition, Metric, RunRecord};
use rustix::process::Signal;

use super::home::{Home, left, until};
use crate::live_engine::stage::{Stage, live};

const NEEDS: &str =
    "FROM scratch\nCOPY tool main.src /\nCMD [\"/tool\", \"needs\", \"db\", \"8080\"]\n";

/// The image of a service that exits at once, unless its command is another.
async fn service(stage: &Stage) -> String {
    let tag = stage.tag("db");
    let dockerfile = "FROM scratch AS db\nCOPY tool nonce /\nCMD [\"/tool\", \"exit\", \"1\"]\n";
    stage.build(&stage.request(&tag), dockerfile).await.unwrap();
    tag
}

/// A home whose app needs `db`, which may listen late; `ready` is when it counts as up.
async fn home(stage: &Stage, ready: &str, command: &str) -> Home {
    let tag = service(stage).await;
    let home = Home::new(stage, &[("good", NEEDS)]);
    let file = home.dir.path().join("scenarios/tiny.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let companion = format!(
        "[[companion]]\nname = \"db\"\nimage = \"{tag}\"\ncommand = [{command}]\nready = \"{ready}\"\nready-within = \"8s\"\n"
    );
    std::fs::write(&file, text + &companion).unwrap();
    home
}

const QUICK: [&str; 5] = ["run", "tiny", "--profile", "quick", "--no-push"];

fn reason(record: &RunRecord) -> String {
    let case = record
        .cases
        .iter()
        .find(|case| case.variant == "good")
        .unwrap();
    match &case.disposition {
        Disposition::Failed { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

live!(alone an_app_finds_its_companion_up_by_its_name, stage => {
    let home = home(stage, "tcp://:8080", r#""/tool", "late", "3""#).await;
    let ended = home.plimsoll(&QUICK);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    let record = home.record();
    let ready = record.samples.iter().find(|sample| sample.metric == Metric::StartReady).unwrap();
    let ready = ready.outcome.counted().unwrap().base_value();
    println!("ready after {ready} s");
    assert!(ready < 3.0, "the companion's seconds are not in it: {ready}");
    assert_eq!(record.cases.iter().find(|case| case.variant == "good").unwrap().companions.len(), 1);
});

live!(alone one_that_fails_is_named_with_its_last_lines, stage => {
    let home = home(stage, "tcp://:8080", "").await;
    let ended = home.plimsoll(&QUICK);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    let reason = reason(&home.record());
    assert!(reason.contains("the companion `db` is not ready: exited with code 1"), "{reason}");
    assert!(reason.contains("line 29 | line 30"), "{reason}");
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
});

live!(alone clean_removes_the_companion_and_the_network_of_a_killed_run, stage => {
    let home = home(stage, "log:never", r#""/tool", "serve""#).await;
    let mut going = home.begin(&QUICK);
    let run = || {
        let folder = home.runs().pop()?;
        Some(folder.file_name()?.to_str()?.to_owned())
    };
    let kinds = async || {
        let owned = stage.engine.owned().await.unwrap();
        let run = run();
        let of_run = owned.into_iter().filter(|one| run.is_some() && one.run == run);
        of_run.map(|one| format!("{:?}", one.kind)).collect::<Vec<_>>()
    };
    let up = until(std::time::Duration::from_secs(60), async || {
        let owned = kinds().await;
        owned.contains(&"Network".to_owned()) && owned.contains(&"Container".to_owned())
    });
    assert!(up.await, "{}", home.talk());
    let id = run().unwrap();
    going.signal(Signal::KILL);
    going.ended().await;
    let listed = home.plimsoll(&["clean", "--run", &id, "--dry-run"]);
    assert!(listed.out.contains("network "), "{}", listed.out);
    let cleaned = home.plimsoll(&["clean", "--run", &id, "--yes"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.err);
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
});

live!(alone a_clean_room_has_companions_too, stage => {
    let home = home(stage, "tcp://:8080", r#""/tool", "late", "1""#).await;
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick", "--engine", "clean-room"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
});

live!(alone a_compose_project_has_what_it_depends_on, stage => {
    let tag = service(stage).await;
    let home = Home::new(stage, &[("good", NEEDS)]);
    let compose = home.dir.path().join("compose.yaml");
    let text = format!(
        "services:\n  web:\n    build: {{context: app, dockerfile: Dockerfile.good}}\n    depends_on: [db]\n  \
         db:\n    image: {tag}\n    command: /tool late 2\n    expose: [8080]\n"
    );
    std::fs::write(&compose, text).unwrap();
    let compose = compose.display().to_string();
    let ended = home.plimsoll(&[
        "bench", "--compose", &compose, "--ready", "http://:8080/", "--profile", "quick", "--no-push",
    ]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("service: db from"), "{}", ended.err);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    let record = home.record();
    let ready = record.samples.iter().find(|sample| sample.metric == Metric::StartReady).unwrap();
    let ready = ready.outcome.counted().unwrap().base_value();
    assert!(ready < 2.0, "the service's seconds are not in it: {ready}");
});
