//! The command lines of a room.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use super::folder::{DATA_FOLDER, SOCKET_FILE};
use super::mounts;
use super::requirements::RoomPrograms;
use super::spec::{DataPlace, RoomSpec};

/// The script of the room's first process.
const INIT: &str = include_str!("init.sh");

/// The resolver of slirp4netns, which forwards to the machine's resolver.
const RESOLVER: &str = "10.0.2.3";
/// For the tap device and the bridge: equal values avoid fragmentation.
const MTU: &str = "1400";

/// The daemon's configuration file, used instead of the user's.
pub(super) const CONFIG_FILE: &str = "daemon.json";
/// Mounted over the machine's `/etc/resolv.conf`.
pub(super) const RESOLV_FILE: &str = "resolv.conf";

/// Variables that are meant for the user's daemon or for this process.
const NOT_INHERITED: &[&str] = &[
    "DOCKER_HOST",
    "DOCKER_TMPDIR",
    "DOCKER_DRIVER",
    "DOCKER_RAMDISK",
    "DOCKER_OPTS",
    "NOTIFY_SOCKET",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
];

/// The text of `resolv.conf` in a room with a network.
pub(super) fn resolv_conf() -> String {
    format!("nameserver {RESOLVER}\n")
}

/// The command of the room's first process, which starts the daemon.
pub(super) fn init(
    programs: &RoomPrograms,
    spec: &RoomSpec,
    folder: &Path,
    cgroup: &str,
) -> Command {
    let limit = match spec.data {
        DataPlace::Disk => String::new(),
        DataPlace::Memory { limit } => limit.0.to_string(),
    };
    let foreign: Vec<_> = mounts::foreign(&mounts::all(), folder)
        .iter()
        .map(|point| point.display().to_string())
        .collect();
    let mut command = killed_with_thread(programs, &programs.unshare);
    command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["--propagation", "private"])
        .args(["sh", "-c", INIT, "plimsoll-room"])
        .arg(folder)
        .arg(limit)
        .arg(if spec.network { "yes" } else { "" })
        .arg(foreign.join("\n"))
        .arg(&programs.dockerd)
        .args(daemon(spec.network, folder, cgroup));
    command
}

fn daemon(network: bool, folder: &Path, cgroup: &str) -> Vec<OsString> {
    let joined = |before: &str, file: &str| {
        let mut word = OsString::from(before);
        word.push(folder.join(file));
        word
    };
    let mut words = vec![
        joined("--config-file=", CONFIG_FILE),
        joined("--data-root=", DATA_FOLDER),
        joined("--host=unix://", SOCKET_FILE),
        "--exec-root=/run/docker".into(),
        "--pidfile=/run/docker.pid".into(),
        // Not `systemd`: the room covers its socket together with /run.
        "--exec-opt=native.cgroupdriver=cgroupfs".into(),
        format!("--cgroup-parent=/{cgroup}").into(),
        "--shutdown-timeout=2".into(),
    ];
    let more: &[&str] = if network {
        &["--dns", RESOLVER, "--mtu", MTU]
    } else {
        // Outside its own namespace, `--bridge=none` would delete the user's bridge.
        &[
            "--bridge=none",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
        ]
    };
    words.extend(more.iter().map(OsString::from));
    words
}

/// The network process for the room whose first process is `init`. It exits when its stdin
/// closes, and writes a byte to stdout when it is ready.
pub(super) fn slirp(programs: &RoomPrograms, init: u32) -> Command {
    let mut command = killed_with_thread(programs, &programs.slirp);
    command
        .args(["--configure", "--disable-host-loopback"])
        .args(["--exit-fd=0", "--ready-fd=1"])
        .arg(format!("--mtu={MTU}"))
        .args([init.to_string().as_str(), "tap0"]);
    command
}

/// A command that the kernel kills when the calling thread ends.
fn killed_with_thread(programs: &RoomPrograms, program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(&programs.setpriv);
    command
        .args([OsStr::new("--pdeathsig"), OsStr::new("KILL")])
        .arg(program)
        .env("PATH", &programs.path)
        // Ctrl-C reaches only plimsoll, which then closes the room.
        .process_group(0);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_room_without_a_network_has_no_bridge() {
        let words = |network| {
            daemon(network, Path::new("/r/pull-1"), "plimsoll-pull-1")
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(words(true).contains("--dns 10.0.2.3") && !words(true).contains("--bridge"));
        assert!(words(false).contains("--bridge=none") && !words(false).contains("--dns"));
        for network in [true, false] {
            let words = words(network);
            assert!(words.contains("--host=unix:///r/pull-1/sock"), "{words}");
            assert!(
                words.contains("--cgroup-parent=/plimsoll-pull-1"),
                "{words}"
            );
        }
    }
}
