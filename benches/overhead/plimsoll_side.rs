//! A start through plimsoll's own verbs, in the order of `runner::starts`.

use std::time::Duration;

use plimsoll::engine::{
    Clock, ContainerId, ContainerSpec, Engine, EngineError, ImageId, Probe, ProbeCheck, ProbeSpec,
};
use plimsoll::probe::{DEFAULT_INTERVAL, HttpProbe};
use plimsoll::scenario::HttpCheck;
use plimsoll::units::Nanos;

use super::stage::{BODY, Marks, PORT, REACH, Stage};

/// A run's deadline for calls.
const DEADLINE: Duration = Duration::from_secs(60);

/// Starts the app once; returns the container too.
pub async fn start(stage: &Stage, image: &ImageId, name: &str) -> Result<(String, Marks), String> {
    let clock = stage.clock.as_ref();
    let engine = &stage.engine;
    let probe = HttpProbe::new(stage.clock.clone());
    let spec = ContainerSpec {
        name: name.to_owned(),
        image: image.0.clone(),
        labels: stage.labels(),
        port: Some((PORT, REACH)),
        ..ContainerSpec::default()
    };
    let begin = clock.mark();
    let id: ContainerId = bounded(engine.create(&spec)).await?;
    let created = clock.mark();
    bounded(engine.start(&id)).await?;
    let started = clock.mark();
    let address = bounded(engine.address(&id, PORT, REACH)).await?;
    let spec = ProbeSpec {
        address,
        check: ProbeCheck::Http(HttpCheck {
            body_contains: BODY.to_owned(),
            ..HttpCheck::get(PORT, "/")
        }),
        within: Nanos::from_secs(30),
        interval: DEFAULT_INTERVAL,
    };
    let ready = tokio::select! {
        biased;
        ready = probe.wait_ready(&spec) => ready.map_err(|failure| failure.to_string())?.at,
        exit = engine.exited(&id) => return Err(format!("exited before it was ready: {exit:?}")),
    };
    let marks = Marks {
        begin,
        created,
        started,
        ready,
    };
    Ok((id.0, marks))
}

async fn bounded<T>(call: impl Future<Output = Result<T, EngineError>>) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(result) => result.map_err(|error| error.chain()),
        Err(_) => Err("the engine did not answer before the deadline".to_owned()),
    }
}
