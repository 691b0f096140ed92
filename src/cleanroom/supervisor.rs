//! The thread that starts a room's processes and waits until they end.
//!
//! The kernel sends the parent-death signal when the thread that forked ends, so this thread
//! lives as long as the room.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::control::{ProcessControl, ProcessRole};
use super::metadata::Process;

/// The commands that the thread starts.
pub(super) struct RoomCommands {
    /// The first process.
    pub init: Command,
    /// The network process, built from the id of the first process.
    pub network: Option<Box<dyn FnOnce(u32) -> Command + Send>>,
    /// Receives the output of both.
    pub log: File,
}

/// The processes of a started room.
#[derive(Debug)]
pub(super) struct StartedRoom {
    pub init: u32,
    pub processes: Vec<Process>,
}

/// A child process that is killed when it is dropped.
struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        // Fails if it has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a room. The receiver resolves when the first process starts the daemon.
pub(super) fn start(
    commands: RoomCommands,
    control: Arc<ProcessControl>,
) -> io::Result<oneshot::Receiver<io::Result<StartedRoom>>> {
    let (sender, started) = oneshot::channel();
    let supervised = Arc::clone(&control);
    control.set_ended(false);
    let thread = thread::Builder::new().name("room-supervisor".to_owned());
    let thread = thread.spawn(move || {
        supervise(commands, &supervised, sender);
        supervised.set_ended(true);
    });
    match thread {
        Ok(_) => Ok(started),
        Err(error) => {
            control.set_ended(true);
            Err(error)
        }
    }
}

fn supervise(
    mut commands: RoomCommands,
    control: &ProcessControl,
    sender: oneshot::Sender<io::Result<StartedRoom>>,
) {
    let mut network = None;
    let outcome = spawn_init(&mut commands, control).and_then(|(outer, pipe)| {
        let mut outer = KilledOnDrop(outer);
        match bring_up(&mut outer.0, pipe, commands, control, &mut network) {
            Ok(started) => Ok((outer, started)),
            Err(error) => {
                control.kill();
                Err(error)
            }
        }
    });
    match outcome {
        Ok((mut outer, started)) => {
            // Fails if the receiver is dropped; the room is then being killed.
            let _ = sender.send(Ok(started));
            let _ = outer.0.wait();
        }
        Err(error) => {
            let _ = sender.send(Err(error));
        }
    }
    drop(network);
}

/// Both directions of the pipe to the first process.
struct InitPipe {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl InitPipe {
    fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the room's first process exited"));
        }
        Ok(line)
    }

    fn expect(&mut self, word: &str) -> io::Result<String> {
        let line = self.read_line()?;
        let rest = line.trim_end().strip_prefix(word);
        rest.map(|rest| rest.trim().to_owned()).ok_or_else(|| {
            io::Error::other(format!("the room's first process said `{}`", line.trim()))
        })
    }

    fn send_go(&mut self) -> io::Result<()> {
        self.to.write_all(b"go\n")
    }
}

fn spawn_init(
    commands: &mut RoomCommands,
    control: &ProcessControl,
) -> io::Result<(Child, InitPipe)> {
    let mut outer = commands
        .init
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(commands.log.try_clone()?)
        .spawn()?;
    let (Some(to), Some(from)) = (outer.stdin.take(), outer.stdout.take()) else {
        return Err(io::Error::other("no pipe to the room's first process"));
    };
    control.register(ProcessRole::Outer, outer.id())?;
    let from = BufReader::new(from);
    Ok((outer, InitPipe { to, from }))
}

fn bring_up(
    outer: &mut Child,
    mut pipe: InitPipe,
    commands: RoomCommands,
    control: &ProcessControl,
    network: &mut Option<KilledOnDrop>,
) -> io::Result<StartedRoom> {
    let said = pipe.expect("init ")?;
    let init = said
        .parse()
        .map_err(|_| io::Error::other(format!("`{said}` is not a process id")))?;
    control.register(ProcessRole::Init, init)?;
    let mut processes = vec![
        Process::of("unshare", outer.id())?,
        Process::of("init", init)?,
    ];
    check_namespaces(init)?;
    // The namespaces are checked: the first process may now mount file systems.
    pipe.send_go()?;
    if let Some(command) = commands.network {
        let slirp = bring_up_network(command(init), commands.log)?;
        let slirp = network.insert(slirp);
        processes.push(Process::of("slirp4netns", slirp.0.id())?);
    }
    pipe.expect("ready")?;
    pipe.send_go()?;
    Ok(StartedRoom { init, processes })
}

/// Safety check: the daemon must never run in the machine's own namespaces.
fn check_namespaces(pid: u32) -> io::Result<()> {
    for kind in ["net", "mnt", "pid"] {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{kind}"));
        if of("self")? == of(&pid.to_string())? {
            return Err(io::Error::other(format!(
                "the room shares the {kind} namespace of the machine"
            )));
        }
    }
    Ok(())
}

fn bring_up_network(mut command: Command, log: File) -> io::Result<KilledOnDrop> {
    // slirp4netns exits when its stdin is closed; `Child` keeps it open.
    let mut slirp = KilledOnDrop(
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?,
    );
    let ready = slirp.0.stdout.take();
    let mut byte = [0];
    ready
        .ok_or_else(|| io::Error::other("no pipe to slirp4netns"))?
        .read_exact(&mut byte)
        .map_err(|_| io::Error::other("slirp4netns exited before it was ready"))?;
    Ok(slirp)
}
