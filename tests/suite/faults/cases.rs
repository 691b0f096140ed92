//! The faults that strike a run on the fakes.

use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use plimsoll::cli::Exit;
use plimsoll::store::JOURNAL_FILE;

use super::stage::{Case, Of, Stage, Then, at, faulty};
use super::table;
use crate::fake::faults::Fault;
use crate::pipeline::GOOD;

/// Apps that misbehave once their image is built again: words of the fake.
const DEAF: &str = "FROM base:1\nCOPY deps.lock ./\nRUN --mount=type=cache,target=/c install\nCOPY main.src ./\nRUN make\nCMD [\"ignores-sigterm\"]\n";
const DIES: &str = "FROM base:1\nCOPY deps.lock ./\nCOPY main.src ./\nCMD [\"crashes\"]\n";
const MUTE: &str = "FROM base:1\nCOPY deps.lock ./\nCOPY main.src ./\nCMD [\"never-ready\"]\n";
const HANGS: &str = "FROM base:1\nCOPY deps.lock ./\nRUN hang\nCOPY main.src ./\n";

macro_rules! cases {
    ($($test:ident, $fault:literal, $of:expr, $strike:expr, $then:expr $(, $dockerfile:expr $(, $scenario:expr)?)?;)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $test() {
                let test = concat!("cases::", stringify!($test));
                table::compare(&all().into_iter().find(|case| case.test == test).unwrap()).await;
            }
        )*

        /// In the order of the table.
        pub(super) fn all() -> Vec<Case> {
            vec![$(Case {
                test: concat!("cases::", stringify!($test)),
                fault: $fault,
                dockerfile: [GOOD $(, $dockerfile)?].last().unwrap(),
                scenario: ["" $($(, $scenario)?)?].last().unwrap(),
                of: $of,
                strike: $strike,
                then: $then,
            }),*]
        }
    };
}

/// A record that holds this is so large that visits are appended to a journal.
pub(super) static LONG: LazyLock<String> =
    LazyLock::new(|| GOOD.to_owned() + &"# one of many lines\n".repeat(40_000));

/// A service that the app needs.
const DB: &str = "[[companion]]\nname = \"db\"\nimage = \"db:1\"\nready = \"tcp://:5432\"\n";

/// The container of the second visit.
const SECOND: &str = "app_good-r2";

cases! {
    gone_cold_build, "engine killed in the cold build", Of::Host, faulty(Fault::Gone, "build", "build-cold", 2), Then::GoOn;
    gone_image, "engine killed while it describes the image", Of::Host, faulty(Fault::Gone, "image", "build-cold", 2), Then::GoOn;
    gone_create, "engine killed in the creation of a container", Of::Host, faulty(Fault::Gone, "create", SECOND, 1), Then::GoOn;
    gone_start, "engine killed in the start", Of::Host, faulty(Fault::Gone, "start", SECOND, 1), Then::GoOn;
    gone_ready, "engine killed before the app is ready", Of::Host, faulty(Fault::Gone, "exited", SECOND, 1), Then::GoOn;
    gone_memory, "engine killed while it measures memory", Of::Host, faulty(Fault::Gone, "memory", SECOND, 1), Then::GoOn;
    gone_stop, "engine killed in the stop", Of::Host, faulty(Fault::Gone, "stop", SECOND, 1), Then::GoOn;
    gone_push, "engine killed in the push", Of::Host, faulty(Fault::Gone, "push", "app_good", 2), Then::GoOn;
    gone_cached, "engine killed in the cached build", Of::Host, faulty(Fault::Gone, "build", "build-cached", 2), Then::GoOn;
    gone_source, "engine killed in the rebuild after the source edit", Of::Host, faulty(Fault::Gone, "build", "rebuild-source", 3), Then::GoOn;
    gone_dependency, "engine killed in the rebuild after the dependency edit", Of::Host, faulty(Fault::Gone, "build", "rebuild-dependency", 3), Then::GoOn;
    gone_export, "engine killed in the export", Of::Host, faulty(Fault::Gone, "export", "", 1), Then::GoOn;
    gone_hardened, "engine killed in the start with few rights", Of::Host, faulty(Fault::Gone, "start", "hardened", 1), Then::GoOn;
    gone_removal, "engine killed in the removal of an image", Of::Host, faulty(Fault::Gone, "remove-image", "build-cold", 2), Then::GoOn;
    gone_listing, "engine killed while it lists the build cache", Of::Host, faulty(Fault::Gone, "build-cache", "", 5), Then::GoOn;
    gone_prune, "engine killed while it prunes", Of::Host, faulty(Fault::Gone, "prune-cache", "", 2), Then::GoOn;
    gone_floor, "engine killed in the visit of the floor", Of::Host, faulty(Fault::Gone, "start", "floor-r2", 1), Then::GoOn;
    gone_network, "engine killed in the creation of a network", Of::Host, faulty(Fault::Gone, "create-network", SECOND, 1), Then::GoOn, GOOD, DB;
    gone_companion, "engine killed in the start of a companion", Of::Host, faulty(Fault::Gone, "start", "good-r2-db", 1), Then::GoOn, GOOD, DB;
    gone_pull, "pulling engine killed in a pull", Of::Puller, faulty(Fault::Gone, "pull-layer", "", 8), Then::GoOn;
    gone_room, "engine of the building room killed in a build", Of::Room, faulty(Fault::Gone, "build", "rebuild-source", 3), Then::GoOn;
    reset_build, "one connection to the engine breaks in a build", Of::Host, faulty(Fault::Reset, "build", "build-cold", 2), Then::GoOn;

    stall_cold_build, "engine stalls in the cold build", Of::Host, faulty(Fault::Stall, "build", "build-cold", 2), Then::GoOn;
    stall_rebuild, "engine stalls in a rebuild", Of::Host, faulty(Fault::Stall, "build", "rebuild-source", 3), Then::GoOn;
    stall_image, "engine stalls in image and history", Of::Host, faulty(Fault::Stall, "image", "build-cold", 2), Then::GoOn;
    stall_create, "engine stalls in the creation of a container", Of::Host, faulty(Fault::Stall, "create", SECOND, 1), Then::GoOn;
    stall_start, "engine stalls in the start", Of::Host, faulty(Fault::Stall, "start", SECOND, 1), Then::GoOn;
    stall_memory, "engine stalls in the statistics", Of::Host, faulty(Fault::Stall, "memory", SECOND, 1), Then::GoOn;
    stall_stop, "engine stalls in the stop and its events", Of::Host, faulty(Fault::Stall, "stop", SECOND, 1), Then::GoOn;
    stall_logs, "engine stalls in the logs of an app that crashed", Of::Host, faulty(Fault::Stall, "logs", "app_good", 1), Then::GoOn, DIES;
    stall_push, "engine stalls in the push", Of::Host, faulty(Fault::Stall, "push", "app_good", 2), Then::GoOn;
    stall_pull, "pulling engine stalls in a pull", Of::Puller, faulty(Fault::Stall, "pull-layer", "", 8), Then::GoOn;
    stall_clear, "pulling engine stalls in the removal of an image", Of::Puller, faulty(Fault::Stall, "remove-image", "", 8), Then::GoOn;
    stall_export, "engine stalls in the export", Of::Host, faulty(Fault::Stall, "export", "", 1), Then::GoOn;
    stall_removal, "engine stalls in the removal of an image", Of::Host, faulty(Fault::Stall, "remove-image", "build-cold", 2), Then::GoOn;
    stall_container, "engine stalls in the removal of a container", Of::Host, faulty(Fault::Stall, "remove-container", SECOND, 1), Then::GoOn;
    stall_network, "engine stalls in the removal of a network", Of::Host, faulty(Fault::Stall, "remove-network", SECOND, 1), Then::GoOn, GOOD, DB;
    stall_listing, "engine stalls in the list of the build cache", Of::Host, faulty(Fault::Stall, "build-cache", "", 4), Then::GoOn;
    stall_prune, "engine stalls in the prune", Of::Host, faulty(Fault::Stall, "prune-cache", "", 2), Then::GoOn;
    stall_owned, "engine stalls in the list of its objects", Of::Host, faulty(Fault::Stall, "owned", "", 1), Then::GoOn;

    killed_first, "plimsoll killed in its first build", Of::Host, at("build", "", 1), Then::Kill;
    killed_cold_build, "plimsoll killed in the cold build", Of::Host, at("build", "build-cold", 2), Then::Kill;
    killed_create, "plimsoll killed in the creation of a container", Of::Host, at("create", SECOND, 1), Then::Kill;
    killed_start, "plimsoll killed in the start", Of::Host, at("start", SECOND, 1), Then::Kill;
    killed_ready, "plimsoll killed before the app is ready", Of::Host, at("exited", SECOND, 1), Then::Kill;
    killed_stop, "plimsoll killed in the stop", Of::Host, at("stop", SECOND, 1), Then::Kill;
    killed_push, "plimsoll killed in the push", Of::Host, at("push-blob", "app_good", 3), Then::Kill;
    killed_cached, "plimsoll killed in the cached build", Of::Host, at("build", "build-cached", 2), Then::Kill;
    killed_source, "plimsoll killed in a rebuild", Of::Host, at("build", "rebuild-source", 3), Then::Kill;
    killed_export, "plimsoll killed in the export", Of::Host, at("export", "", 1), Then::Kill;
    killed_removal, "plimsoll killed in the removal of an image", Of::Host, at("remove-image", "rebuild-dependency", 3), Then::Kill;
    killed_prune, "plimsoll killed while it prunes", Of::Host, at("prune-cache", "", 2), Then::Kill;
    killed_floor, "plimsoll killed in the visit of the floor", Of::Host, at("start", "floor-r2", 1), Then::Kill;
    killed_companion, "plimsoll killed in the start of a companion", Of::Host, at("start", "good-r2-db", 1), Then::Kill, GOOD, DB;
    killed_journal, "plimsoll killed in a run that keeps a journal", Of::Host, at("build", "rebuild-source", 3), Then::Kill, &LONG;
    killed_append, "plimsoll killed while it appends to the journal", Of::Host, at("build", "rebuild-source", 3), Then::KillAfter(|it| Box::pin(async {
        let mut journal = std::fs::OpenOptions::new().append(true).open(it.folder().unwrap().join(JOURNAL_FILE)).unwrap();
        journal.write_all(b"{\"visits_done\":3,\"samp").unwrap();
    })), &LONG;
    killed_pull, "plimsoll killed in a pull", Of::Puller, at("pull-layer", "", 8), Then::Kill;
    killed_at_end, "plimsoll killed in the sweep at the end", Of::Host, at("owned", "", 1), Then::Kill;

    stopped_build, "Ctrl-C in a build", Of::Host, at("build", "rebuild-source", 3), Then::Interrupt;
    stopped_ready, "Ctrl-C before the app is ready", Of::Host, at("exited", SECOND, 1), Then::Interrupt;
    stopped_pull, "Ctrl-C in a pull", Of::Puller, at("pull-layer", "", 8), Then::Interrupt;
    stopped_prune, "Ctrl-C while records are pruned", Of::Host, at("prune-cache", "", 2), Then::Interrupt;

    refused_push, "engine refuses the push", Of::Host, faulty(Fault::Refuse, "push", "app_good", 2), Then::GoOn;
    refused_removal, "engine refuses the removal of an image", Of::Host, faulty(Fault::Refuse, "remove-image", "build-cold", 2), Then::GoOn;
    refused_network, "engine refuses the removal of a network", Of::Host, faulty(Fault::Refuse, "remove-network", SECOND, 1), Then::GoOn, GOOD, DB;
    refused_sweep, "engine refuses the list of its objects at the end", Of::Host, faulty(Fault::Refuse, "owned", "", 1), Then::GoOn;
    refused_prune, "engine refuses to prune", Of::Host, faulty(Fault::Refuse, "prune-cache", "", 2), Then::GoOn;
    cut_pull, "link cut in the middle of a pull", Of::Puller, faulty(Fault::Refuse, "pull-layer", "", 8), Then::GoOn;
    cut_push, "link cut in the middle of a push", Of::Host, faulty(Fault::Refuse, "push-blob", "app_good", 3), Then::GoOn;

    hung_build, "a build that hangs in a step", Of::Host, at("build", "app_good", 1), Then::GoOn, HANGS;
    app_crashes, "an app that crashes", Of::Host, at("start", "app_good", 1), Then::GoOn, DIES;
    app_is_mute, "an app that never answers", Of::Host, at("start", "app_good", 1), Then::GoOn, MUTE;
    app_never_stops, "an app that never stops", Of::Host, at("stop", SECOND, 1), Then::GoOn, DEAF;
    container_taken, "somebody removes the container before the app is ready", Of::Host, at("exited", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("app_good-r2") }));
    container_taken_later, "somebody removes the container before its memory is read", Of::Host, at("memory", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("app_good-r2") }));
    container_taken_last, "somebody removes the container before the stop", Of::Host, at("stop", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("app_good-r2") }));
    companion_taken, "somebody removes a companion before the app is created", Of::Host, at("create", SECOND, 2), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("good-r2-db") })), GOOD, DB;
    image_taken, "somebody removes the image before it is described", Of::Host, at("image", "build-cold", 2), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("build-cold") }));
    image_taken_later, "somebody removes the image before the container is created", Of::Host, at("create", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("build-cold") }));
    image_taken_push, "somebody removes the image before it is pushed", Of::Host, at("tag", "app_good", 2), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("build-cold") }));
    image_taken_export, "somebody removes the image before it is exported", Of::Host, at("export", "", 1), Then::Meanwhile(|it| Box::pin(async { it.engine().lose("build-cold") }));
    cache_taken, "somebody empties the build cache in the middle of a visit", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async {
        it.engine().state(|state| state.cache.retain(|id, _| id == "theirs"));
    }));
    foreign_build, "somebody builds in the middle of a visit", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async {
        let theirs = "mount / from exec /bin/sh -c theirs too".to_owned();
        it.engine().state(|state| state.cache.insert("record-theirs".to_owned(), theirs));
    }));

    clock_set_back, "clock set back by a year in the middle of a visit", Of::Host, at("start", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.home.date.set("2025-11-20T20:40:00Z") }));
    clock_set_forward, "clock set forward by a year in the middle of a visit", Of::Host, at("start", SECOND, 1), Then::Meanwhile(|it| Box::pin(async { it.home.date.set("2027-11-20T20:40:00Z") }));
    clean_meanwhile, "`clean` during a run", Of::Host, at("memory", SECOND, 1), Then::Meanwhile(|it| Box::pin(clean_all(it)));
    resumed_meanwhile, "two processes on one folder: `run --resume` of a run that goes on", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(resume(it)));
    another_meanwhile, "another run on the same engine and the same results", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(another(it)));
    notes_corrupt, "cache-records.json is corrupt after a kill", Of::Host, at("prune-cache", "", 2), Then::KillAfter(|it| Box::pin(async {
        std::fs::write(journal(it), "[\"record-").unwrap();
    }));
    notes_folder, "cache-records.json cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async {
        std::fs::create_dir(journal(it)).unwrap();
    }));
    record_folder, "run.json cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async {
        it.hide_record();
    }));
    steps_folder, "steps.csv cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async { in_the_way(it, "steps.csv") }));
    report_folder, "report.md cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async { in_the_way(it, "report.md") }));
    page_folder, "the page cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async { in_the_way(it, "report.html") }));
    charts_folder, "the charts cannot be written", Of::Host, at("build", "rebuild-source", 3), Then::Meanwhile(|it| Box::pin(async {
        std::fs::write(it.folder().unwrap().join("charts"), "in the way").unwrap();
    }));
}

fn journal(stage: &Stage) -> PathBuf {
    stage.folder().unwrap().join("cache-records.json")
}

/// Puts a folder where a file is to be written.
fn in_the_way(stage: &Stage, name: &str) {
    let path = stage.folder().unwrap().join(name);
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir(path).unwrap();
}

async fn clean_all(stage: &Stage) {
    let before = stage.engine().holds();
    assert_eq!(stage.clean().await, Ok(Exit::Fine));
    assert_eq!(stage.engine().holds(), before, "the run goes on");
}

async fn resume(stage: &Stage) {
    let folder = stage.folder().unwrap().display().to_string();
    let (outcome, _) = stage.home.run(&["run", "--resume", &folder]).await;
    let words = outcome.unwrap_err().to_string();
    assert!(words.contains("writes this run"), "{words}");
}

async fn another(stage: &Stage) {
    let (outcome, _) = stage
        .home
        .run(&["run", "app", "--rounds", "1", "--warmup", "0"])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
}

/// Without a `clean`: what the killed visit left has the names of the visit that is made again.
#[tokio::test(start_paused = true)]
async fn a_killed_run_goes_on_next_to_the_containers_that_it_left() {
    for (strike, scenario) in [("app_good-r1", ""), ("good-r1-db", DB)] {
        let mut stage = Stage::new(GOOD, scenario, Of::Host);
        let meeting = stage.engine().arm(at("start", strike, 1));
        let words = stage.words();
        {
            let mut run = Box::pin(stage.home.run(&words));
            tokio::select! {
                biased;
                ended = &mut run => panic!("{strike} was not reached: {:?}", ended.0),
                () = meeting.reached() => {}
            }
        }
        let left = stage.left();
        assert!(left.iter().any(|one| one.contains(strike)), "{left:?}");
        assert_eq!(
            stage.resume().await,
            Ok(Exit::Fine),
            "{}",
            stage.home.talk()
        );
    }
}
