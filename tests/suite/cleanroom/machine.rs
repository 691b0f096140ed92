//! The state of the machine, which a room must not change, and the processes of a room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters as query;

/// How long a machine must stay unchanged to count as idle.
const REST: Duration = Duration::from_secs(2);

/// How long a test waits for an idle machine.
const REST_WITHIN: Duration = Duration::from_secs(30);

/// How long a machine may take to return to its earlier state.
const RETURN_WITHIN: Duration = Duration::from_secs(10);

/// Aspects of the machine, each as sorted lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine(BTreeMap<&'static str, Vec<String>>);

impl Machine {
    /// The state once the machine is idle: what earlier tests used (a shim, the carrier of the
    /// user's bridge) ends shortly after its container.
    pub(crate) async fn at_rest(docker: &Docker) -> Self {
        let end = Instant::now() + REST_WITHIN;
        let mut last = Self::now(docker).await;
        loop {
            tokio::time::sleep(REST).await;
            let now = Self::now(docker).await;
            if now == last || Instant::now() > end {
                return now;
            }
            last = now;
        }
    }

    async fn now(docker: &Docker) -> Self {
        let mut aspects = BTreeMap::from([
            ("links", said("ip", &["-o", "link"])),
            ("addresses", said("ip", &["-o", "addr"])),
            ("routes", said("ip", &["route", "show", "table", "all"])),
            (
                "routes 6",
                said("ip", &["-6", "route", "show", "table", "all"]),
            ),
            ("rules", said("ip", &["rule"])),
            ("iptables", said("iptables-save", &[])),
            ("ip6tables", said("ip6tables-save", &[])),
            (
                "mounts",
                lines(&fs::read_to_string("/proc/self/mountinfo").unwrap()),
            ),
            ("settings", settings()),
            ("cgroups", cgroups()),
            ("networks", networks()),
            ("daemons", daemons()),
        ]);
        let options = query::ListContainersOptionsBuilder::default()
            .all(true)
            .build();
        let containers = docker.list_containers(Some(options)).await.unwrap();
        aspects.insert(
            "engine's containers",
            shown(containers.iter().map(|one| (&one.id, &one.names))),
        );
        let options = query::ListImagesOptionsBuilder::default().all(true).build();
        let images = docker.list_images(Some(options)).await.unwrap();
        aspects.insert(
            "engine's images",
            shown(images.iter().map(|one| (&one.id, &one.repo_tags))),
        );
        let options = None::<query::ListNetworksOptions>;
        let networks = docker.list_networks(options).await.unwrap();
        aspects.insert(
            "engine's networks",
            shown(networks.iter().map(|one| (&one.id, &one.name))),
        );
        let options = None::<query::ListVolumesOptions>;
        let volumes = docker
            .list_volumes(options)
            .await
            .unwrap()
            .volumes
            .unwrap_or_default();
        aspects.insert(
            "engine's volumes",
            shown(volumes.iter().map(|one| &one.name)),
        );
        Self(aspects)
    }

    /// Fails if other aspects than these stay changed.
    pub(crate) async fn assert_changed_in(&self, aspects: &[&str], docker: &Docker) {
        self.assert_changes(|changed| changed == aspects, aspects, docker)
            .await;
    }

    /// The same on a machine where other processes may change these aspects.
    pub(crate) async fn assert_changed_at_most_in(&self, aspects: &[&str], docker: &Docker) {
        let within = |changed: &[&str]| changed.iter().all(|one| aspects.contains(one));
        self.assert_changes(within, aspects, docker).await;
    }

    async fn assert_changes(
        &self,
        fits: impl Fn(&[&'static str]) -> bool,
        aspects: &[&str],
        docker: &Docker,
    ) {
        let end = Instant::now() + RETURN_WITHIN;
        loop {
            let now = Self::now(docker).await;
            let differs = |aspect: &&&str| self.0[**aspect] != now.0[**aspect];
            let changed: Vec<_> = self.0.keys().filter(differs).copied().collect();
            if fits(&changed) {
                return;
            }
            // Changes by other processes are temporary; the remains of a room are not.
            if Instant::now() > end {
                for aspect in &changed {
                    println!(
                        "{aspect}\n  was {:#?}\n  is {:#?}",
                        self.0[aspect], now.0[aspect]
                    );
                }
                panic!("changed in {changed:?} and not in {aspects:?}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Programs and containers on this machine that do not belong to this test.
pub(crate) fn others() -> Vec<String> {
    let ours = std::process::id();
    let of_a_run = |pid: &u32| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        ["plimsoll", "suite-", "docker\n", "containerd-shim", "runc"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    pids()
        .into_iter()
        .filter(|pid| *pid != ours && lives(*pid) && of_a_run(pid))
        .map(|pid| format!("{pid} {}", command_line(pid)))
        .collect()
}

/// The command line, with spaces between its arguments.
pub(crate) fn command_line(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ")
}

/// Processes whose command line contains this text.
pub(crate) fn with_words(text: &str) -> Vec<String> {
    let lines = pids().into_iter().map(command_line);
    lines.filter(|line| line.contains(text)).collect()
}

fn shown<T: std::fmt::Debug>(items: impl Iterator<Item = T>) -> Vec<String> {
    let mut lines: Vec<_> = items.map(|item| format!("{item:?}")).collect();
    lines.sort();
    lines
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The output of a program, without counters, dates and remaining seconds.
fn said(program: &str, words: &[&str]) -> Vec<String> {
    let output = Command::new(program)
        .args(words)
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let kept: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            line.split_whitespace()
                .filter(|word| !word.starts_with('[') && !word.ends_with("sec"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    lines(&kept.join("\n"))
}

/// Kernel settings that a daemon may raise.
fn settings() -> Vec<String> {
    [
        "kernel/keys/root_maxkeys",
        "kernel/keys/root_maxbytes",
        "net/ipv4/ip_forward",
        "net/ipv4/conf/all/forwarding",
        "net/bridge/bridge-nf-call-iptables",
        "vm/overcommit_memory",
    ]
    .iter()
    .map(|name| {
        let value = fs::read_to_string(Path::new("/proc/sys").join(name));
        format!("{name} {:?}", value.ok())
    })
    .collect()
}

/// The topmost directories of each hierarchy.
fn cgroups() -> Vec<String> {
    let within = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = |folder: PathBuf| {
        within(folder)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
    };
    let mut all: Vec<_> = folders("/sys/fs/cgroup".into())
        .flat_map(|one| std::iter::once(one.clone()).chain(folders(one)))
        .map(|path| path.display().to_string())
        .collect();
    all.sort();
    all
}

/// The network namespaces of all processes and threads.
fn networks() -> Vec<String> {
    let threads = pids().into_iter().flat_map(|pid| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        tasks
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    });
    let names: BTreeSet<_> = threads
        .filter_map(|task| fs::read_link(task.join("ns/net")).ok())
        .map(|link| link.display().to_string())
        .collect();
    names.into_iter().collect()
}

fn daemons() -> Vec<String> {
    let mut all: Vec<_> = pids()
        .into_iter()
        .filter_map(|pid| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
            let of_an_engine = ["dockerd", "containerd", "slirp4netns", "unshare", "docker-"];
            of_an_engine
                .iter()
                .any(|start| name.starts_with(start))
                .then(|| format!("{pid} {}", name.trim()))
        })
        .collect();
    all.sort();
    all
}

fn pids() -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// A room's first process, its descendants, and its network process.
pub(crate) fn inhabitants(init: u32) -> Vec<u32> {
    let namespace = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    assert!(namespace(init).is_some() && namespace(init) != namespace(std::process::id()));
    let all = pids();
    let mut inside = vec![init];
    // The list grows during the loop.
    let mut next = 0;
    while let Some(parent) = inside.get(next).map(u32::to_string) {
        let is_child = |pid: &&u32| field(**pid, 1).as_ref() == Some(&parent);
        inside.extend(all.iter().filter(is_child));
        next += 1;
    }
    let word = init.to_string();
    inside.extend(all.iter().filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words
            .next()
            .is_some_and(|name| name.ends_with(b"slirp4netns"))
            && words.any(|one| one == word.as_bytes())
    }));
    inside
}

/// Whether a process is alive; a zombie is not.
pub(crate) fn lives(pid: u32) -> bool {
    field(pid, 0).is_some_and(|state| !matches!(state.as_str(), "Z" | "X"))
}

/// The process group.
pub(crate) fn group(pid: u32) -> Option<String> {
    field(pid, 2)
}

fn field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number).map(str::to_owned)
}

/// The memory of processes in kB; shared memory counts once.
pub(crate) fn memory_kb(pids: &[u32]) -> u64 {
    pids.iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        })
        .sum()
}
