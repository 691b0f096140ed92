//! The thread that begins a room's processes and waits for their end.
//!
//! The kernel sends the signal of a parent's death when the thread that forked
//! ends. So the thread that begins the room lives as long as the room does.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::card::Process;
use super::life::{Life, Which};

/// What the thread is to begin.
pub(super) struct Orders {
    /// The first process.
    pub init: Command,
    /// The network, given the first process's id.
    pub network: Option<Box<dyn FnOnce(u32) -> Command + Send>>,
    /// For what both say.
    pub log: File,
}

/// The processes of a room that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub init: u32,
    pub processes: Vec<Process>,
}

/// A child that does not outlive its scope.
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Begins a room. The answer comes when its daemon is being started.
pub(super) fn begin(
    orders: Orders,
    life: Arc<Life>,
) -> io::Result<oneshot::Receiver<io::Result<Begun>>> {
    let (sender, begun) = oneshot::channel();
    let kept = Arc::clone(&life);
    life.set_over(false);
    let thread = thread::Builder::new().name("room-keeper".to_owned());
    let thread = thread.spawn(move || {
        keep(orders, &kept, sender);
        kept.set_over(true);
    });
    match thread {
        Ok(_) => Ok(begun),
        Err(error) => {
            life.set_over(true);
            Err(error)
        }
    }
}

fn keep(mut orders: Orders, life: &Life, sender: oneshot::Sender<io::Result<Begun>>) {
    let mut network = None;
    let outcome = start(&mut orders, life).and_then(|(outer, talk)| {
        let mut outer = Held(outer);
        match bring_up(&mut outer.0, talk, orders, life, &mut network) {
            Ok(begun) => Ok((outer, begun)),
            Err(error) => {
                life.kill();
                Err(error)
            }
        }
    });
    match outcome {
        Ok((mut outer, begun)) => {
            // Where nobody waits any more, the room is being killed.
            let _ = sender.send(Ok(begun));
            let _ = outer.0.wait();
        }
        Err(error) => {
            let _ = sender.send(Err(error));
        }
    }
    drop(network);
}

/// Both ends of the talk with the first process.
struct Talk {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Talk {
    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the room's first process gave up"));
        }
        Ok(line)
    }

    fn expect(&mut self, word: &str) -> io::Result<String> {
        let line = self.hear()?;
        let rest = line.trim_end().strip_prefix(word);
        rest.map(|rest| rest.trim().to_owned()).ok_or_else(|| {
            io::Error::other(format!("the room's first process said `{}`", line.trim()))
        })
    }

    fn go(&mut self) -> io::Result<()> {
        self.to.write_all(b"go\n")
    }
}

fn start(orders: &mut Orders, life: &Life) -> io::Result<(Child, Talk)> {
    let mut outer = orders
        .init
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(orders.log.try_clone()?)
        .spawn()?;
    let (Some(to), Some(from)) = (outer.stdin.take(), outer.stdout.take()) else {
        return Err(io::Error::other("no pipe to the room's first process"));
    };
    life.admit(Which::Outer, outer.id())?;
    let from = BufReader::new(from);
    Ok((outer, Talk { to, from }))
}

fn bring_up(
    outer: &mut Child,
    mut talk: Talk,
    orders: Orders,
    life: &Life,
    network: &mut Option<Held>,
) -> io::Result<Begun> {
    let said = talk.expect("init ")?;
    let init = said
        .parse()
        .map_err(|_| io::Error::other(format!("`{said}` is no process id")))?;
    life.admit(Which::Init, init)?;
    let mut processes = vec![
        Process::of("unshare", outer.id())?,
        Process::of("init", init)?,
    ];
    is_elsewhere(init)?;
    // From here on it may mount and set up as it likes.
    talk.go()?;
    if let Some(command) = orders.network {
        let slirp = bring_up_network(command(init), orders.log)?;
        let slirp = network.insert(slirp);
        processes.push(Process::of("slirp4netns", slirp.0.id())?);
    }
    talk.expect("ready")?;
    talk.go()?;
    Ok(Begun { init, processes })
}

/// The one thing that must never go wrong: the daemon in the machine's own namespaces.
fn is_elsewhere(pid: u32) -> io::Result<()> {
    for kind in ["net", "mnt", "pid"] {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{kind}"));
        if of("self")? == of(&pid.to_string())? {
            return Err(io::Error::other(format!(
                "the room has no {kind} namespace of its own"
            )));
        }
    }
    Ok(())
}

fn bring_up_network(mut command: Command, log: File) -> io::Result<Held> {
    // Its stdin is what it waits on for its end; the child keeps it.
    let mut slirp = Held(
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
        .map_err(|_| io::Error::other("slirp4netns gave up"))?;
    Ok(slirp)
}
