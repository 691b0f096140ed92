//! A Slurm cluster on this machine: munge, a controller, and two nodes of names of their own.
//! All of it lives in one folder and on ports of its own, and ends with the test.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::super::home::{Home, until};

pub(super) const NODES: [&str; 2] = ["plim1", "plim2"];

/// What takes no right that this test may lack: processes are tracked by their parents, and
/// tasks are bound to nothing.
const CONFIG: &str = "ClusterName=plimsoll
SlurmctldHost=localhost
SlurmctldPort=PORT0
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=DIR/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=DIR/state
SlurmdSpoolDir=DIR/spool-%n
SlurmctldPidFile=DIR/slurmctld.pid
SlurmdPidFile=DIR/slurmd-%n.pid
SlurmctldLogFile=DIR/slurmctld.log
SlurmdLogFile=DIR/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SlurmdTimeout=5
ReturnToService=2
KillWait=5
NodeName=plim1 NodeHostname=HOST NodeAddr=127.0.0.1 Port=PORT1 CPUs=1 RealMemory=1000
NodeName=plim2 NodeHostname=HOST NodeAddr=127.0.0.1 Port=PORT2 CPUs=1 RealMemory=1000
PartitionName=main Nodes=plim1,plim2 Default=YES State=UP MaxTime=60
";

/// Whether Slurm is asked for.
pub(super) fn asked() -> bool {
    let asked = std::env::var("PLIMSOLL_SLURM").as_deref() == Ok("1");
    if !asked {
        println!("skipped: set PLIMSOLL_SLURM=1, with slurm-wlm and munge installed and as root");
    }
    asked
}

pub(super) struct Cluster {
    dir: tempfile::TempDir,
    daemons: Vec<Child>,
    nodes: Vec<Option<Child>>,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("plimsoll-slurm-")
            .tempdir_in("/var/tmp")
            .unwrap();
        // Jobs and munge look for their files below.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["munge", "state"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let key = dir.path().join("munge/key");
        let mut random = fs::File::open("/dev/urandom").unwrap();
        let mut bytes = [0; 256];
        std::io::Read::read_exact(&mut random, &mut bytes).unwrap();
        fs::write(&key, bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
        let held: Vec<TcpListener> = (0..3)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let mut config = CONFIG
            .replace("DIR", dir.path().to_str().unwrap())
            .replace("HOST", host.trim().split('.').next().unwrap());
        for (at, listener) in held.iter().enumerate() {
            let port = listener.local_addr().unwrap().port();
            config = config.replace(&format!("PORT{at}"), &port.to_string());
        }
        drop(held);
        fs::write(dir.path().join("slurm.conf"), config).unwrap();
        let mut cluster = Self {
            dir,
            daemons: Vec::new(),
            nodes: vec![None, None],
        };
        let below = |name: &str| cluster.dir.path().join("munge").join(name);
        let mut munged = Command::new("munged");
        munged.args(["--foreground", "--force"]);
        for (option, name) in [
            ("--key-file", "key"),
            ("--socket", "socket"),
            ("--pid-file", "pid"),
            ("--log-file", "log"),
            ("--seed-file", "seed"),
        ] {
            munged.arg(option).arg(below(name));
        }
        let socket = below("socket");
        cluster.daemon(munged);
        let there = until(Duration::from_secs(10), async || socket.exists()).await;
        assert!(there, "munged does not answer");
        cluster.daemon(cluster.command("slurmctld", &["-D"]));
        for node in 0..NODES.len() {
            cluster.start_node(node);
        }
        let idle = until(Duration::from_secs(30), async || {
            let reported = cluster.ask("sinfo", &["-h", "-N", "-o", "%t"]);
            reported.lines().filter(|state| *state == "idle").count() == NODES.len()
        });
        assert!(idle.await, "{}", cluster.ask("sinfo", &["-N", "-l"]));
        cluster
    }

    fn daemon(&mut self, mut command: Command) {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null());
        self.daemons
            .push(child.stderr(Stdio::null()).spawn().unwrap());
    }

    pub(super) fn start_node(&mut self, node: usize) {
        let mut slurmd = self.command("slurmd", &["-D", "-N", NODES[node]]);
        slurmd.stdin(Stdio::null());
        let child = slurmd.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.nodes[node] = Some(child.unwrap());
    }

    /// A program of this cluster.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("SLURM_CONF", self.dir.path().join("slurm.conf"));
        command
    }

    /// What one of Slurm's commands prints.
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let Output { stdout, stderr, .. } = self.command(program, arguments).output().unwrap();
        [stdout, stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat()
    }

    /// A shell script in a home, as its user types it.
    pub(super) fn shell(&self, home: &Home, script: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let output = self
            .command("sh", &["-eu", "-c", script])
            .current_dir(home.dir.path())
            .env("PATH", format!("{}:{path}", program.display()))
            .env("PLIMSOLL_ROOMS", home.rooms.path())
            .env_remove("PLIMSOLL_HOME")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// One field of a job, as `scontrol show job` has it.
    pub(super) fn field(&self, job: &str, field: &str) -> String {
        let reported = self.ask("scontrol", &["-o", "show", "job", job]);
        let mut words = reported.split_whitespace();
        let start = format!("{field}=");
        let value = words.find_map(|word| word.strip_prefix(&start));
        value
            .unwrap_or_else(|| panic!("{field} of {job}: {reported}"))
            .to_owned()
    }

    /// Waits until a job has ended.
    pub(super) async fn ended(&self, job: &str, within: Duration) {
        let over = until(within, async || {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.ask("squeue", &["-h", "-j", job]).trim().is_empty()
        });
        assert!(over.await, "{}", self.state());
    }

    pub(super) fn state(&self) -> String {
        let tail = |name: &str| {
            let text = fs::read_to_string(self.dir.path().join(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(20)..].join("\n")
        };
        [
            self.ask("squeue", &["-l"]),
            self.ask("sinfo", &["-N", "-l"]),
            tail("slurmctld.log"),
            tail("slurmd-plim1.log"),
            tail("slurmd-plim2.log"),
        ]
        .join("\n")
    }

    /// Kills a node as a power failure does: its daemon and all that it started.
    pub(super) fn kill_node(&mut self, node: usize) {
        let mut slurmd = self.nodes[node].take().unwrap();
        slurmd.kill().unwrap();
        slurmd.wait().unwrap();
        let words = [format!("SLURMD_NODENAME={}", NODES[node])];
        kill_with(&self.config(), &words);
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("slurm.conf")
    }
}

/// Kills the processes of this cluster that have these in their environment, their job steps
/// first: a step that lives reports the end of its job, as a dead node does not.
fn kill_with(config: &Path, words: &[String]) {
    let of_cluster = format!("SLURM_CONF={}", config.display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(environment) = fs::read(entry.path().join("environ")) else {
            continue;
        };
        let has = |word: &String| {
            let mut lines = environment.split(|byte| *byte == 0);
            lines.any(|one| one == word.as_bytes())
        };
        if has(&of_cluster) && words.iter().all(has) {
            found.extend(
                entry
                    .file_name()
                    .to_str()
                    .and_then(|pid| pid.parse::<i32>().ok()),
            );
        }
    }
    let steps: Vec<i32> = found.iter().filter_map(|pid| step_of(*pid)).collect();
    for pid in steps.into_iter().chain(found) {
        // It may have ended meanwhile.
        let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
    }
}

/// The job step that started a process. Its own environment cannot be read: it writes its
/// title over it.
fn step_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?;
    let name = fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    (name.trim() == "slurmstepd").then(|| parent.parse().ok())?
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.state());
        }
        let nodes = self.nodes.iter_mut().flatten();
        for daemon in nodes.chain(self.daemons.iter_mut().rev()) {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        kill_with(&self.config(), &[]);
    }
}
