//! The services that an app needs: up and ready before it, in a private network.

use super::bases::locked;
use super::builds::labels;
use super::ready;
use super::session::{PlannedCase, Runner};
use super::starts::{bounded, crash};
use super::wait::{NotReady, Wanted};
use crate::engine::{
    Attachment, Clock, ContainerId, ContainerSpec, Engine, EngineError, ErrorKind, Probe,
};
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
    pub(super) async fn gone<E: Engine, C: Clock, P: Probe>(
        &self,
        runner: &Runner<E, C, P>,
    ) -> Option<String> {
        let mut reasons = Vec::new();
        for (name, id) in &self.running {
            let state = bounded(runner, "inspect container", id, runner.engine.state(id)).await;
            let how = match state {
                Ok(state) if state.running => continue,
                Ok(_) => crash(runner, id, "while the app needed it").await,
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
    pub(super) async fn explain<E: Engine, C: Clock, P: Probe>(
        &self,
        runner: &Runner<E, C, P>,
        reason: String,
    ) -> String {
        match self.gone(runner).await {
            Some(gone) => format!("{gone}; the app: {reason}"),
            None => reason,
        }
    }

    /// Removes them. What stays is the final sweep's to remove and to report.
    pub(super) async fn down<E: Engine, C: Clock, P: Probe>(self, runner: &Runner<E, C, P>) {
        for (_, id) in &self.running {
            let removed = runner.engine.remove_container(id);
            let _ = bounded(runner, "remove container", id, removed).await;
        }
        if let Some(network) = &self.network {
            let removed = runner.engine.remove_network(network);
            let _ = bounded(runner, "remove network", network, removed).await;
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
pub(super) async fn up<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    case: &PlannedCase,
    app: &str,
) -> Result<Surroundings, NotUp> {
    let mut surroundings = Surroundings::default();
    if case.companions.is_empty() {
        return Ok(surroundings);
    }
    let network = format!("{app}-net");
    let all = labels(&runner.record.id);
    let made = runner.engine.create_network(&network, &all);
    bounded(runner, "create network", &network, made)
        .await
        .map_err(|error| not_up("the network of the companions was not made", &error))?;
    surroundings.network = Some(network.clone());
    for companion in &case.companions {
        let started = one(runner, companion, app, &network, &mut surroundings).await;
        if let Err(fault) = started {
            surroundings.down(runner).await;
            return Err(fault);
        }
    }
    Ok(surroundings)
}

async fn one<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    companion: &Companion,
    app: &str,
    network: &str,
    surroundings: &mut Surroundings,
) -> Result<(), NotUp> {
    let Companion { name, contract, .. } = companion;
    let failed =
        |error: &EngineError| not_up(&format!("the companion `{name}` was not started"), error);
    let image = runner
        .bases
        .get(&companion.image)
        .unwrap_or(&companion.image);
    let facts = bounded(runner, "inspect image", image, runner.engine.image(image)).await;
    let facts = facts.map_err(|error| failed(&error))?;
    let spec = ContainerSpec {
        name: format!("{app}-{name}"),
        image: locked(runner, &companion.image).unwrap_or_else(|| image.clone()),
        env: contract.env.clone(),
        labels: labels(&runner.record.id),
        port: ready::port_of(contract, runner.settings.reach),
        confinement: Confinement::default(),
        command: companion.command.clone(),
        network: attach(network, name),
    };
    let created = runner.engine.create(&spec);
    let id = bounded(runner, "create container", &spec.name, created).await;
    let id = id.map_err(|error| failed(&error))?;
    surroundings.running.push((name.clone(), id.clone()));
    let wanted = Wanted {
        id: &id,
        contract,
        health: facts.and_then(|facts| facts.health_check),
    };
    match ready::start(runner, &wanted).await {
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
