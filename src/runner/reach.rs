//! Which way leads to the ports of an engine's containers: tried, since it cannot be asked.
//! Docker Desktop and rootless engines keep their bridge to themselves.

use super::program::{ANSWERING_PORT, answering_program};
use super::visit::short_id;
use super::{starts, trial};
use crate::engine::{ContainerId, Engine, EngineError, Probe, ProbeCheck, ProbeSpec};
use crate::record::Reach;
use crate::scenario::HttpCheck;
use crate::units::Nanos;

/// An address that leads nowhere does not answer at all.
const WITHIN: Nanos = Nanos::from_secs(3);

const INTERVAL: Nanos = Nanos::from_millis(5);

/// Tries a container's own address first and a published port next. An answer counts only if it is
/// the container's: another engine's bridge may have the same addresses. `Err` inside says why
/// neither works.
///
/// # Errors
/// When the engine is gone, or container or image cannot be made or removed.
pub async fn find_reach<E: Engine, P: Probe>(
    engine: &E,
    probe: &P,
    platform: &str,
    run: &str,
) -> Result<Result<Reach, String>, EngineError> {
    let token = format!("plimsoll-{}", short_id(run));
    let Some(program) = answering_program(platform, &token) else {
        return Ok(Err(format!("no program for {platform} to try it with")));
    };
    let image = format!("plimsoll/reach:{}", short_id(run));
    let name = format!("plimsoll-{}-reach", short_id(run));
    let mut spec = starts::bare(name, image, run);
    spec.port = Some((ANSWERING_PORT, Reach::Published));
    trial::with_program(engine, &spec, &program, run, async |id| {
        attempt(engine, probe, id, &token).await
    })
    .await?
}

async fn attempt<E: Engine, P: Probe>(
    engine: &E,
    probe: &P,
    id: &ContainerId,
    token: &str,
) -> Result<Result<Reach, String>, EngineError> {
    engine.start(id).await?;
    let mut reasons = Vec::new();
    for (reach, words) in [
        (Reach::Bridge, "its address"),
        (Reach::Published, "a published port"),
    ] {
        let reason = match engine.address(id, ANSWERING_PORT, reach).await {
            Ok(address) => {
                let spec = ProbeSpec {
                    address,
                    check: ProbeCheck::Http(HttpCheck {
                        body_contains: token.to_owned(),
                        ..HttpCheck::get(ANSWERING_PORT, "/")
                    }),
                    within: WITHIN,
                    interval: INTERVAL,
                };
                match probe.wait_ready(&spec).await {
                    Ok(_) => return Ok(Ok(reach)),
                    Err(failure) => failure.to_string(),
                }
            }
            Err(error) => error.chain(),
        };
        reasons.push(format!("by {words}: {reason}"));
    }
    Ok(Err(reasons.join("; ")))
}
