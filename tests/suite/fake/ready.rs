//! What the fake's containers do once they run: print, listen, get healthy, exit.

use futures_util::FutureExt;

use super::*;

/// When an app that works is ready, after its start.
const READY: Duration = Duration::from_millis(300);
/// When a job has finished, and when the engine says so.
const FINISHED: Duration = Duration::from_millis(700);
const SAID: Duration = Duration::from_millis(740);
/// When the output of what prints late arrives.
const PRINTED_LATE: Duration = Duration::from_millis(900);
/// When the sockets of an app that crashes are gone, which is before the engine says so.
const CRASHED: Duration = Duration::from_millis(20);
/// How often Podman looks for an exit.
const PODMANS_INTERVAL: Duration = Duration::from_millis(250);
/// Chunks of a flood, each of a millisecond, after which its reader is late for any deadline of
/// these tests.
const MOST_OF_A_FLOOD: usize = 60_000;

impl FakeEngine {
    fn container(&self, id: &ContainerId) -> Option<Container> {
        self.state(|state| state.containers.get(&id.0).cloned())
    }

    pub(super) async fn until_exit(&self, id: &ContainerId) -> Result<i64> {
        let code = self.exit(id).await?;
        if self.state(|state| state.podman) {
            sleep(PODMANS_INTERVAL).await;
        }
        Ok(code)
    }

    async fn exit(&self, id: &ContainerId) -> Result<i64> {
        match self.manner(id, "wait for container")? {
            Manner::Finishes | Manner::PrintsLate => {
                self.since(id, SAID).await;
                Ok(0)
            }
            Manner::Crashes => {
                sleep(Duration::from_millis(50)).await;
                Ok(3)
            }
            Manner::Ends => {
                sleep(Duration::from_millis(50)).await;
                Ok(0)
            }
            _ => std::future::pending().await,
        }
    }

    /// Waits until a container has run for so long.
    async fn since(&self, id: &ContainerId, ran: Duration) {
        loop {
            match self.container(id).and_then(|container| container.since) {
                Some(since) => return tokio::time::sleep_until(since + ran).await,
                None => sleep(Duration::from_millis(1)).await,
            }
        }
    }

    pub(super) fn container_state(&self, id: &ContainerId) -> ContainerState {
        let container = self.container(id);
        let ran = container
            .as_ref()
            .and_then(|container| Some(container.since?.elapsed()));
        let ran = ran.unwrap_or_default();
        let has_check = container.as_ref().is_some_and(|one| one.has_check);
        let manner = container.map(|container| container.manner);
        let is_job = matches!(manner, Some(Manner::Finishes | Manner::PrintsLate));
        let finished = is_job && ran >= FINISHED;
        let crashed = self.ends_early(id);
        ContainerState {
            running: !finished && !crashed,
            exit_code: match crashed {
                true => Some(3),
                false => finished.then_some(0),
            },
            oom_killed: self.state(|state| state.oom),
            health: has_check.then_some(match manner {
                Some(Manner::NeverReady) => Health::Starting,
                // As Docker: its monitor stops before the exit is reported.
                Some(Manner::Crashes) if ran >= CRASHED => Health::Unhealthy,
                _ if ran < READY => Health::Starting,
                Some(Manner::Unhealthy) => Health::Unhealthy,
                _ => Health::Healthy,
            }),
            exited_ago: finished.then(|| (ran - FINISHED).into()),
            ran: finished.then(|| FINISHED.into()),
        }
    }

    pub(super) async fn until_listening(&self, id: &ContainerId) -> Result<()> {
        if self.state(|state| state.hidden) {
            let cause = "its process 7 is not visible here";
            let error = EngineError::new(
                "see the sockets of container",
                &id.0,
                ErrorKind::Refused,
                cause,
            );
            return Err(error.with_hint("use a contract of the kind `http` or `log`"));
        }
        match self.manner(id, "see the sockets of container")? {
            Manner::Well | Manner::IgnoresSigterm => {
                self.since(id, READY).await;
                Ok(())
            }
            Manner::Crashes => {
                self.since(id, CRASHED).await;
                let (kind, cause) = (ErrorKind::Refused, "its table cannot be read");
                let operation = "see the sockets of container";
                Err(EngineError::new(operation, &id.0, kind, cause))
            }
            _ => std::future::pending().await,
        }
    }

    /// A network that holds containers stays.
    pub(super) fn network_removed(&self, name: &str) -> RemovalOutcome {
        self.state(|state| {
            let mut containers = state.containers.values();
            if containers.any(|container| container.network.as_deref() == Some(name)) {
                return RemovalOutcome::InUse;
            }
            match state.networks.remove(name) {
                Some(_) => RemovalOutcome::Removed,
                None => RemovalOutcome::Absent,
            }
        })
    }

    /// "booting" on standard output, then "ready on 8080" on standard error once it is; a job
    /// prints "done" as it finishes.
    pub(super) fn printed(&self, id: &ContainerId) -> Result<OutputStream> {
        let manner = self.manner(id, "read the output of container")?;
        let chunk = |pipe, text: &str| {
            Ok(OutputChunk {
                pipe,
                bytes: text.to_owned().into(),
            })
        };
        let (out, err) = (OutputPipe::Stdout, OutputPipe::Stderr);
        let mut lines = vec![(Duration::from_millis(10), chunk(out, "booting\n"))];
        match manner {
            Manner::Well | Manner::IgnoresSigterm => {
                lines.push((READY, chunk(err, "ready on ")));
                lines.push((READY, chunk(err, "8080\n")));
            }
            Manner::Finishes => lines.push((FINISHED, chunk(out, "done\n"))),
            Manner::PrintsLate => lines.push((PRINTED_LATE, chunk(out, "done"))),
            _ => {}
        }
        let ends = matches!(
            manner,
            Manner::Finishes | Manner::PrintsLate | Manner::Crashes | Manner::Ends
        );
        let floods = manner == Manner::Floods;
        let (engine, id) = (self.clone(), id.clone());
        let timed = futures_util::stream::iter(lines).then(move |(at, line)| {
            let (engine, id) = (engine.clone(), id.clone());
            async move {
                engine.since(&id, at).await;
                line
            }
        });
        let rest = futures_util::stream::unfold(0, move |chunks| async move {
            if ends {
                return None;
            }
            if !floods {
                std::future::pending::<()>().await;
            }
            assert!(chunks < MOST_OF_A_FLOOD, "the flood starves the deadline");
            // Time goes on, and the chunk is there at once.
            let _ = tokio::time::advance(Duration::from_millis(1)).now_or_never();
            let bytes = vec![b'x'; 1 << 10].into();
            Some((Ok(OutputChunk { pipe: out, bytes }), chunks + 1))
        });
        Ok(Box::pin(timed.chain(rest)))
    }
}
