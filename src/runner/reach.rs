//! Which way leads to the ports of an engine's containers: tried, since it cannot be asked.
//! Docker Desktop and rootless engines keep their bridge to themselves, and a container on the
//! default network, as plimsoll itself may be, does not reach those of a private network.

use super::naming::{labels, short_id};
use super::program::{ANSWERING_PORT, answering_program};
use super::{starts, trial};
use crate::engine::{
    Attachment, ContainerId, ContainerSpec, Engine, EngineError, Probe, ProbeCheck, ProbeSpec,
};
use crate::record::Reach;
use crate::scenario::{APP_ALIAS, HttpCheck};
use crate::units::Nanos;

/// An address that leads nowhere does not answer at all.
const WITHIN: Nanos = Nanos::from_secs(3);

const INTERVAL: Nanos = Nanos::from_millis(5);

/// A network that containers of a run are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// The engine's own.
    Default,
    /// One that a run makes for an app and its companions.
    Private,
}

/// Tries a container's own address first and a published port next, in each of the networks
/// where containers of the run are; gives the first that leads to all. An answer counts only if
/// it is the container's: another engine's bridge may have the same addresses. `Err` inside says
/// why neither works.
///
/// # Errors
/// When the engine is gone, or container, image or network cannot be made or removed.
pub async fn find_reach<E: Engine, P: Probe>(
    engine: &E,
    probe: &P,
    platform: &str,
    run: &str,
    networks: &[NetworkKind],
) -> Result<Result<Reach, String>, EngineError> {
    let token = format!("plimsoll-{}", short_id(run));
    let Some(program) = answering_program(platform, &token) else {
        return Ok(Err(format!("no program for {platform} to try it with")));
    };
    let mut trial = Trial {
        engine,
        probe,
        run,
        token,
        program,
        candidates: vec![Reach::Bridge, Reach::Published],
        reasons: Vec::new(),
    };
    let default = [NetworkKind::Default];
    let networks = if networks.is_empty() {
        &default
    } else {
        networks
    };
    for (tried, network) in (1..).zip(networks) {
        trial.in_network(*network, tried == networks.len()).await?;
    }
    let first = trial.candidates.first().copied();
    Ok(first.ok_or_else(|| trial.reasons.join("; ")))
}

struct Trial<'a, E, P> {
    engine: &'a E,
    probe: &'a P,
    run: &'a str,
    token: String,
    program: Vec<u8>,
    /// What led to all containers so far.
    candidates: Vec<Reach>,
    /// Why the others did not.
    reasons: Vec<String>,
}

impl<E: Engine, P: Probe> Trial<'_, E, P> {
    /// Leaves what leads to a container in this network. In the last of them the first that
    /// does is enough.
    async fn in_network(&mut self, kind: NetworkKind, is_last: bool) -> Result<(), EngineError> {
        let run = self.run;
        let name = format!("plimsoll-{}-reach", short_id(run));
        let image = format!("plimsoll/reach:{}", short_id(run));
        let network = format!("{name}-net");
        let mut spec = starts::bare(name, image, run);
        spec.port = Some((ANSWERING_PORT, Reach::Published));
        if kind == NetworkKind::Default {
            return self.with_container(&spec, kind, is_last).await;
        }
        self.engine.create_network(&network, &labels(run)).await?;
        spec.network = Some(Attachment {
            network: network.clone(),
            alias: APP_ALIAS.to_owned(),
        });
        let tried = self.with_container(&spec, kind, is_last).await;
        let removed = self.engine.remove_network(&network).await;
        tried.and(removed.map(|_| ()))
    }

    async fn with_container(
        &mut self,
        spec: &ContainerSpec,
        kind: NetworkKind,
        is_last: bool,
    ) -> Result<(), EngineError> {
        let (engine, run, program) = (self.engine, self.run, self.program.clone());
        trial::with_program(engine, spec, &program, run, async |id| {
            self.attempts(id, kind, is_last).await
        })
        .await?
    }

    async fn attempts(
        &mut self,
        id: &ContainerId,
        kind: NetworkKind,
        is_last: bool,
    ) -> Result<(), EngineError> {
        self.engine.start(id).await?;
        let mut answering = Vec::new();
        for reach in std::mem::take(&mut self.candidates) {
            match self.answers(id, reach).await {
                Ok(()) => answering.push(reach),
                Err(reason) => {
                    let place = match kind {
                        NetworkKind::Default => "",
                        NetworkKind::Private => "in a private network ",
                    };
                    let way = match reach {
                        Reach::Bridge => "its address",
                        Reach::Published => "a published port",
                    };
                    self.reasons.push(format!("{place}by {way}: {reason}"));
                }
            }
            if is_last && !answering.is_empty() {
                break;
            }
        }
        self.candidates = answering;
        Ok(())
    }

    async fn answers(&self, id: &ContainerId, reach: Reach) -> Result<(), String> {
        let address = self.engine.address(id, ANSWERING_PORT, reach).await;
        let spec = ProbeSpec {
            address: address.map_err(|error| error.chain())?,
            check: ProbeCheck::Http(HttpCheck {
                body_contains: self.token.clone(),
                ..HttpCheck::get(ANSWERING_PORT, "/")
            }),
            within: WITHIN,
            interval: INTERVAL,
        };
        let answered = self.probe.wait_ready(&spec).await;
        answered.map(|_| ()).map_err(|failure| failure.to_string())
    }
}
