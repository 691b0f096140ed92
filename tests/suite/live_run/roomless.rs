//! A requested clean room that is not available.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use super::home::Home;
use super::luggage::{Before, packed};
use crate::live_engine::stage::live;

/// Root without the capability: what a container without `--privileged` is.
const POWERLESS: &[&str] = &[
    "setpriv",
    "--bounding-set=-sys_admin",
    "--inh-caps=-sys_admin",
];

const RUN: &[&str] = &[
    "run",
    "tiny",
    "--engine",
    "clean-room",
    "--profile",
    "quick",
];

/// `run` and `doctor` say the same, and nothing is begun.
fn refused(home: &Home, under: &[&str], why: &str, fix: &str) {
    let ended = home.plimsoll_under(under, RUN);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(
        ended
            .err
            .contains(&format!("error: no clean room is available: {why}")),
        "{}",
        ended.err
    );
    assert!(ended.err.contains(&format!("hint: {fix}")), "{}", ended.err);
    assert!(
        ended
            .err
            .contains("or run with --engine host: pulls are not measured then"),
        "{}",
        ended.err
    );
    assert_eq!(ended.out, "");
    assert_eq!(
        home.runs().len(),
        0,
        "nothing was measured, so there is no folder of it"
    );
    let doctor = home.plimsoll_under(under, &["doctor"]);
    assert!(
        doctor.out.contains(&format!("not available: {why}")),
        "{}",
        doctor.out
    );
    assert!(doctor.out.contains(fix), "{}", doctor.out);
}

live!(alone without_a_clean_room_run_and_doctor_report_the_reason, stage => {
    let home = packed(stage, 100_000).await;
    let before = Before::now(stage).await;
    let temporary = home.dir.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o1777)).unwrap();
    refused(&home, POWERLESS, "new namespaces are refused (", "grant CAP_SYS_ADMIN and CAP_NET_ADMIN");
    before.is_as_it_was(stage, &home).await;

    // A user who may speak with the engine.
    let group = fs::metadata("/var/run/docker.sock").unwrap().gid();
    let nobody = 65_534;
    let results = home.dir.path().join("results");
    for folder in [home.dir.path(), &results, home.rooms.path()] {
        chown(folder, Some(nobody), Some(group)).unwrap();
    }
    let group = format!("--regid={group}");
    let user = ["setpriv", "--reuid=65534", &group, "--clear-groups"];
    refused(&home, &user, "creating namespaces and starting a daemon require root", "run plimsoll as root");
    before.is_as_it_was(stage, &home).await;
});
