//! Ctrl-C, SIGTERM and hang-up of the terminal.

use std::io;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Exit code of an interrupted run.
pub const EXIT_INTERRUPTED: i32 = 130;

/// Reports whether the user asked to stop. Cheap to clone; all clones share the state.
#[derive(Debug, Clone)]
pub struct Interrupts {
    asked: watch::Receiver<bool>,
}

impl Interrupts {
    /// Resolves at the first SIGINT, SIGTERM or SIGHUP; immediately if there was one.
    pub async fn asked(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            // The listener ended with its runtime, so no signal can arrive.
            std::future::pending::<()>().await;
        }
    }

    /// Whether a signal has arrived.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }
}

/// Listens for signals until the runtime ends. The first SIGINT, SIGTERM or SIGHUP requests an
/// orderly stop; the second ends the process immediately with [`EXIT_INTERRUPTED`]. `plimsoll
/// clean` finds what remains.
///
/// # Errors
/// The system refuses the handlers.
///
/// # Panics
/// Outside a tokio runtime.
pub fn interrupts() -> io::Result<Interrupts> {
    listen(|| process::exit(EXIT_INTERRUPTED))
}

fn listen(second: impl FnOnce() + Send + 'static) -> io::Result<Interrupts> {
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    // Under nohup, a hang-up must not stop the run.
    let mut hangup = match ignores_hangup() {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    let (sender, asked) = watch::channel(false);
    tokio::spawn(async move {
        for last in [false, true] {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
                _ = hung_up(&mut hangup) => {}
            }
            if last {
                return second();
            }
            sender.send_replace(true);
        }
    });
    Ok(Interrupts { asked })
}

async fn hung_up(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => {
            hangup.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this process was started with SIGHUP ignored, according to the kernel.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status).is_some_and(|mask| mask & 1 != 0)
}

/// The mask of ignored signals; the lowest bit is SIGHUP's.
fn ignored(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn the_first_signal_asks_and_the_second_ends() {
        let (sender, ended) = oneshot::channel();
        let interrupts = listen(move || sender.send(()).unwrap()).unwrap();
        let late = interrupts.clone();
        assert!(!interrupts.is_asked());
        kill_process(getpid(), Signal::TERM).unwrap();
        let long = Duration::from_secs(5);
        timeout(long, interrupts.asked()).await.unwrap();
        timeout(long, late.asked()).await.unwrap();
        assert!(late.is_asked());
        kill_process(getpid(), Signal::INT).unwrap();
        timeout(long, ended).await.unwrap().unwrap();
    }
}
