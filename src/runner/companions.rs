//! The services that an app needs: up and ready before it, in a private network.

use super::bases::locked;
use super::bench::{Bench, World, bounded};
use super::last_words::crash;
use super::naming::labels;
use super::planned_case::PlannedCase;
use super::ready;
use super::wait::{AwaitedContainer, NotReady};
use crate::engine::{Attachment, ContainerId, ContainerSpec, Engine, EngineError, ErrorKind};
use crate::scenario::{APP_ALIAS, Companion, Confinement};

/// What surrounds an app while it runs.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    network: Option<String>,
    running: Vec<(String, ContainerId)>,
}

/// Why a companion is not ready.
#[derive(Debug)]
pub(super) struct NotUp {
    pub(super) reason: String,
    pub(super) engine_lost: bool,
}

impl Surroundings {
    /// The app's place among them.
    pub(super) fn place(&self) -> Option<Attachment> {
        attach(self.network.as_ref()?, APP_ALIAS)
    }

    /// The companions that no longer run, as the reason why nothing counts that was seen of the
    /// app; none where all run.
    pub(super) async fn gone<W: World>(&self, bench: &Bench<W>) -> Option<String> {
        let mut reasons = Vec::new();
        for (name, id) in &self.running {
            let state = bounded(bench, "inspect container", id, bench.engine.state(id)).await;
            let how = match state {
                Ok(state) if state.running => continue,
                Ok(_) => crash(bench, id, "while the app needed it").await,
                Err(error) if error.kind == ErrorKind::NotFound => {
                    Some("was removed while the app needed it".to_owned())
                }
                // What an engine does not answer is no fault of the companion.
                Err(_) => continue,
            };
            let how = how.unwrap_or_else(|| "does not run".to_owned());
            reasons.push(format!("the companion `{name}` {how}"));
        }
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Puts the companions that no longer run before another reason, which they explain.
    pub(super) async fn explain<W: World>(&self, bench: &Bench<W>, reason: String) -> String {
        match self.gone(bench).await {
            Some(gone) => format!("{gone}; the app: {reason}"),
            None => reason,
        }
    }

    /// Removes them. What stays is the final sweep's to remove and to report.
    pub(super) async fn down<W: World>(self, bench: &Bench<W>) {
        for (_, id) in &self.running {
            let removed = bench.engine.remove_container(id);
            let _ = bounded(bench, "remove container", id, removed).await;
        }
        if let Some(network) = &self.network {
            let removed = bench.engine.remove_network(network);
            let _ = bounded(bench, "remove network", network, removed).await;
        }
    }
}

fn attach(network: &str, alias: &str) -> Option<Attachment> {
    Some(Attachment {
        network: network.to_owned(),
        alias: alias.to_owned(),
    })
}

/// Starts the companions of a case one after the other, in the order of the scenario, and waits
/// until each is ready. `app` is the name of the app's container. Nothing of it is timed.
///
/// # Errors
/// One of them is not ready; then all are removed again.
pub(super) async fn up<W: World>(
    bench: &Bench<W>,
    case: &PlannedCase,
    app: &str,
) -> Result<Surroundings, NotUp> {
    let mut surroundings = Surroundings::default();
    if case.companions.is_empty() {
        return Ok(surroundings);
    }
    let network = format!("{app}-net");
    let all = labels(&bench.record.id);
    let made = bench.engine.create_network(&network, &all);
    bounded(bench, "create network", &network, made)
        .await
        .map_err(|error| not_up("the network of the companions was not made", &error))?;
    surroundings.network = Some(network.clone());
    for companion in &case.companions {
        let started = one(bench, companion, app, &network, &mut surroundings).await;
        if let Err(fault) = started {
            surroundings.down(bench).await;
            return Err(fault);
        }
    }
    Ok(surroundings)
}

async fn one<W: World>(
    bench: &Bench<W>,
    companion: &Companion,
    app: &str,
    network: &str,
    surroundings: &mut Surroundings,
) -> Result<(), NotUp> {
    let Companion { name, contract, .. } = companion;
    let failed =
        |error: &EngineError| not_up(&format!("the companion `{name}` was not started"), error);
    let image = bench
        .bases
        .get(&companion.image)
        .unwrap_or(&companion.image);
    let facts = bounded(bench, "inspect image", image, bench.engine.image(image)).await;
    let facts = facts.map_err(|error| failed(&error))?;
    let spec = ContainerSpec {
        name: format!("{app}-{name}"),
        image: locked(bench, &companion.image).unwrap_or_else(|| image.clone()),
        env: contract.env.clone(),
        labels: labels(&bench.record.id),
        port: ready::port_of(contract, bench.settings.reach),
        confinement: Confinement::default(),
        command: companion.command.clone(),
        network: attach(network, name),
    };
    let created = bench.engine.create(&spec);
    let id = bounded(bench, "create container", &spec.name, created).await;
    let id = id.map_err(|error| failed(&error))?;
    surroundings.running.push((name.clone(), id.clone()));
    let wanted = AwaitedContainer {
        id: &id,
        contract,
        health: facts.and_then(|facts| facts.health_check),
    };
    match ready::start(bench, &wanted).await {
        Ok(_) => Ok(()),
        Err(NotReady::Failed(reason)) => Err(NotUp {
            reason: format!("the companion `{name}` is not ready: {reason}"),
            engine_lost: false,
        }),
        Err(NotReady::Start(error) | NotReady::Lost(error)) => Err(failed(&error)),
    }
}

fn not_up(what: &str, error: &EngineError) -> NotUp {
    NotUp {
        reason: format!("{what}: {}", error.chain()),
        engine_lost: error.kind == ErrorKind::Unreachable,
    }
}
