//! Runs other programs with limits on time and output, and ends them with all their children.
//!
//! The program gets its own process group. The group is killed at the deadline, when the program
//! has ended (including its remaining children), and when the future of [`run`] is dropped.
//! Deadlines use the system clock: a test that pauses tokio's clock does not end a real program,
//! and tokio does not advance its clock while one runs.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::units::{Bytes, Nanos};

/// How long the last output may take to arrive after the program has ended.
const REST_WITHIN: Duration = Duration::from_secs(5);

/// The limits of a program.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Its deadline.
    pub within: Nanos,
    /// The most bytes on stdout; more is an error.
    pub stdout: Bytes,
    /// How many of the last bytes of stderr are kept.
    pub stderr: Bytes,
}

/// A program that has ended, successfully or not.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its complete stdout.
    pub stdout: Vec<u8>,
    /// The end of its stderr.
    pub stderr: Vec<u8>,
}

/// Why a program did not finish.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It cannot be started, or its output cannot be read.
    #[error("failed to run it")]
    Run(#[source] io::Error),
    /// It took too long and was killed.
    #[error("it was not done within {0}")]
    Late(Nanos),
    /// It printed too much and was killed.
    #[error("it printed more than {0}")]
    Endless(Bytes),
    /// It has ended, but a child outside its group holds its output open, so the output may be
    /// incomplete.
    #[error(
        "it ended and left something running that keeps its output open ({} came until then)",
        Bytes(.printed.len() as u64)
    )]
    Held {
        /// The received output.
        printed: Vec<u8>,
    },
}

/// Runs a program until it ends. Stdin is empty.
///
/// # Errors
/// It cannot be started, takes too long or prints too much. A failing exit status is not an error.
pub fn run(command: Command, limits: Limits) -> Result<Ended, ProcessError> {
    run_until(command, limits, &Group::default())
}

/// The async form: when the future is dropped, the program is killed.
///
/// # Errors
/// As [`run`].
pub async fn run_async(command: Command, limits: Limits) -> Result<Ended, ProcessError> {
    let group = Group::default();
    let _guard = KilledOnDrop(group.clone());
    let work = tokio::task::spawn_blocking(move || run_until(command, limits, &group));
    match work.await {
        Ok(outcome) => outcome,
        Err(error) => Err(ProcessError::Run(io::Error::other(error))),
    }
}

/// A program with which the caller communicates. It is killed with its group at the deadline and
/// on drop.
#[derive(Debug)]
pub struct Conversation {
    /// The program with its pipes.
    pub child: Child,
    group: Group,
    /// Closed when this is dropped.
    _over: Sender<()>,
}

impl Conversation {
    /// Starts a program. The caller sets stdin and the outputs.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command, within: Nanos) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let group = Group::default();
        group.begin(&child);
        let (over, ended) = channel::<()>();
        let watched = group.clone();
        thread::spawn(move || {
            if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(within.into()) {
                watched.kill();
            }
        });
        Ok(Self {
            child,
            group,
            _over: over,
        })
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // Nobody asks any more how it ended.
        let _ = self.group.end(&mut self.child);
    }
}

/// The reports of the threads that watch a program.
enum Report {
    Exited,
    Stdout(Result<(), ProcessError>),
    Stderr,
}

/// The output received so far; readable before the output has ended.
type Came = Arc<Mutex<Vec<u8>>>;

fn taken(came: &Came) -> Vec<u8> {
    std::mem::take(&mut *came.lock().unwrap_or_else(PoisonError::into_inner))
}

fn run_until(mut command: Command, limits: Limits, group: &Group) -> Result<Ended, ProcessError> {
    let deadline = Instant::now() + Duration::from(limits.within);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(ProcessError::Run)?;
    group.begin(&child);
    let listened = listen(&mut child, limits, deadline, group);
    // Whatever came of it, nothing of the group stays; then its leader is waited for, and not
    // before: as long as it was not, its id is its own.
    let status = group.end(&mut child);
    let (stdout, stderr) = listened?;
    Ok(Ended {
        status: status.map_err(ProcessError::Run)?,
        stdout,
        stderr,
    })
}

fn listen(
    child: &mut Child,
    limits: Limits,
    deadline: Instant,
    group: &Group,
) -> Result<(Vec<u8>, Vec<u8>), ProcessError> {
    let (reports, reported) = channel();
    let (stdout, stderr) = (Came::default(), Came::default());
    if let Some(pipe) = child.stdout.take() {
        let (reports, came) = (reports.clone(), stdout.clone());
        thread::spawn(move || reports.send(Report::Stdout(all_of(pipe, limits.stdout, &came))));
    }
    if let Some(pipe) = child.stderr.take() {
        let (reports, came) = (reports.clone(), stderr.clone());
        thread::spawn(move || {
            last_of(pipe, limits.stderr, &came);
            reports.send(Report::Stderr)
        });
    }
    let pid = pid_of(child);
    thread::spawn(move || {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        if let Some(pid) = pid {
            while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), ended) {}
        }
        reports.send(Report::Exited)
    });
    let mut deadline = deadline;
    let (mut has_exited, mut is_all, mut is_last) = (false, false, false);
    while !has_exited || !is_all || !is_last {
        let left = deadline.saturating_duration_since(Instant::now());
        match reported.recv_timeout(left) {
            Ok(Report::Stdout(read)) => {
                read?;
                is_all = true;
            }
            Ok(Report::Stderr) => is_last = true,
            Ok(Report::Exited) => {
                has_exited = true;
                // What it left running would keep the pipes open.
                group.kill();
                // It ended in time; the transfer of its output does not count.
                deadline = Instant::now() + REST_WITHIN;
            }
            // What left the group keeps stderr open: what came until now does.
            Err(_) if has_exited && is_all => break,
            Err(_) if has_exited => {
                let printed = taken(&stdout);
                return Err(ProcessError::Held { printed });
            }
            Err(_) => return Err(ProcessError::Late(limits.within)),
        }
    }
    Ok((taken(&stdout), taken(&stderr)))
}

fn all_of(mut pipe: impl Read, most: Bytes, came: &Came) -> Result<(), ProcessError> {
    let mut piece = vec![0; 16 << 10];
    loop {
        let read = match pipe.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ProcessError::Run(error)),
        };
        let mut all = came.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(&piece[..read]);
        if all.len() as u64 > most.0 {
            return Err(ProcessError::Endless(most));
        }
    }
}

/// Keeps the end of the output; read errors end it.
fn last_of(mut pipe: impl Read, most: Bytes, came: &Came) {
    let most = usize::try_from(most.0).unwrap_or(usize::MAX);
    let mut piece = vec![0; 16 << 10];
    while let Ok(read @ 1..) = pipe.read(&mut piece) {
        let mut last = came.lock().unwrap_or_else(PoisonError::into_inner);
        last.extend_from_slice(&piece[..read]);
        let early = last.len().saturating_sub(most);
        last.drain(..early);
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// A process group whose leader has not been waited for.
#[derive(Debug, Clone, Default)]
struct Group(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    leader: Option<Pid>,
    /// It must be killed as soon as it exists.
    is_over: bool,
}

impl Group {
    fn begin(&self, child: &Child) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.leader = pid_of(child);
        if state.is_over {
            kill(state.leader);
        }
    }

    fn kill(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_over = true;
        kill(state.leader);
    }

    /// Kills it and waits for its leader, whose id may be another's afterwards.
    fn end(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kill(state.leader.take());
        child.wait()
    }
}

fn kill(group: Option<Pid>) {
    if let Some(group) = group {
        // Fails if it has already ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

struct KilledOnDrop(Group);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn limits(within: Duration) -> Limits {
        Limits {
            within: within.into(),
            stdout: Bytes(1_000),
            stderr: Bytes(10),
        }
    }

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(50);

    /// Whether a program with these words runs, be it one that nobody waited for.
    fn runs(words: &str) -> bool {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let mut lines = all.filter_map(|one| std::fs::read(one.path().join("cmdline")).ok());
        lines.any(|line| {
            String::from_utf8_lossy(&line)
                .replace('\0', " ")
                .contains(words)
        })
    }

    /// What was killed may take a moment to end.
    fn wait_until_gone(words: &str) {
        let begun = Instant::now();
        while runs(words) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{words} goes on");
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_program_gives_its_output_and_its_status() {
        let ended = run(
            shell("read x || echo one; echo 1234567890abcdef >&2; exit 3"),
            limits(LONG),
        );
        let ended = ended.unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.stdout, b"one\n");
        assert_eq!(
            ended.stderr,
            b"890abcdef\n"[..].to_vec(),
            "the last ten bytes"
        );
        let none = run(Command::new("/no/such/program"), limits(LONG));
        assert!(matches!(none, Err(ProcessError::Run(_))));
    }

    #[test]
    fn what_takes_or_prints_too_much_is_ended_with_its_children() {
        let late = run(shell("sleep 98761 & sleep 98761; true"), limits(SHORT));
        assert!(matches!(late, Err(ProcessError::Late(_))), "{late:?}");
        wait_until_gone("sleep 98761");
        let endless = run(shell("sleep 98762 & yes"), limits(LONG));
        assert!(
            matches!(endless, Err(ProcessError::Endless(_))),
            "{endless:?}"
        );
        wait_until_gone("sleep 98762");
    }

    #[test]
    fn what_a_program_leaves_running_ends_with_it() {
        let ended = run(shell("sleep 98763 & echo done"), limits(LONG)).unwrap();
        assert!(ended.status.success());
        assert_eq!(ended.stdout, b"done\n");
        wait_until_gone("sleep 98763");
    }

    /// Prints and ends once something has left its group, which then runs `script`.
    fn leaves(script: &str, prints: &str) -> Command {
        let place = tempfile::tempdir().unwrap().keep();
        let place = place.display();
        shell(&format!(
            "setsid sh -c 'touch {place}/left; {script}' & \
             until [ -e {place}/left ]; do sleep 0.01; done; rm -r {place}; {prints}"
        ))
    }

    #[test]
    fn an_output_that_is_held_open_is_no_empty_success() {
        let held = run(leaves("exec sleep 30 2>&-", "echo x"), limits(LONG));
        match held {
            Err(ProcessError::Held { printed }) => assert_eq!(printed, b"x\n"),
            other => panic!("{other:?}"),
        }
        // What it said to stderr until then is kept.
        let says = leaves("exec sleep 30 >&-", "echo x; echo y >&2");
        let ended = run(says, limits(LONG)).unwrap();
        assert_eq!(ended.stdout, b"x\n");
        assert_eq!(ended.stderr, b"y\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_ends_no_program() {
        let begun = tokio::time::Instant::now();
        let ended = run_async(shell("sleep 0.2; echo done"), limits(LONG)).await;
        assert_eq!(ended.unwrap().stdout, b"done\n");
        // Nor does a program let the clock run to the next deadline of somebody else.
        let work = run_async(shell("sleep 0.2"), limits(LONG));
        let work = tokio::time::timeout(Duration::from_secs(5), work);
        assert!(work.await.is_ok(), "it ran {:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_future_that_is_dropped_ends_its_program() {
        let work = run_async(shell("sleep 98764; true"), limits(LONG));
        let seen = async {
            while !runs("sleep 98764") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            _ = work => panic!("it ended"),
            () = seen => {}
        }
        wait_until_gone("sleep 98764");
    }

    #[test]
    fn a_conversation_ends_at_its_deadline() {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut talk = Conversation::start(cat, SHORT.into()).unwrap();
        let mut said = String::new();
        // It would wait for its input for ever.
        let out = talk.child.stdout.as_mut().unwrap();
        assert_eq!(out.read_to_string(&mut said).unwrap(), 0);
    }
}
