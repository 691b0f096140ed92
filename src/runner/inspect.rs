//! A look into the image, once per case, after all that is timed: what it holds, and
//! whether it starts with next to no rights.

use super::builds::{Built, Job, labels};
use super::ledger::Ledger;
use super::session::{PlannedCase, Runner};
use super::starts::{asked, bounded, quoted};
use crate::engine::{Clock, ContainerSpec, Engine, Probe};
use crate::record::{HardenedStart, Posture};
use crate::scenario::Confinement;

/// Where a process with a read-only root may write.
const TMP: &str = "/tmp";

/// Looks into the image of this visit, if the case is not known yet.
pub(super) async fn inspect<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    built: &Built,
    ledger: &mut Ledger,
) {
    let known =
        |record: &crate::record::CaseRecord| record.id == case.id && record.posture.is_some();
    if ledger.warmup || runner.record.cases.iter().any(known) {
        return;
    }
    ledger.posture = Some(Posture {
        hardened: Some(hardened(runner, case, job, built).await),
        stop: ledger.stop,
        ..Posture::default()
    });
}

/// Starts it with a read-only root, a /tmp in memory, no capability and no way to more.
async fn hardened<E: Engine, C: Clock, P: Probe>(
    runner: &Runner<E, C, P>,
    case: &PlannedCase,
    job: &Job,
    built: &Built,
) -> HardenedStart {
    let (contract, own) = (&case.contract, &case.spec.confinement);
    let mut tmpfs = own.tmpfs.clone();
    if !tmpfs.iter().any(|folder| folder == TMP) {
        tmpfs.push(TMP.to_owned());
    }
    let spec = ContainerSpec {
        name: format!("{}-hardened", job.container),
        image: built.tag.clone(),
        env: contract.env.clone(),
        labels: labels(&runner.record.id),
        port: Some((contract.port, runner.settings.reach)),
        confinement: Confinement {
            init: own.init,
            read_only: true,
            tmpfs,
            no_new_privileges: true,
            drop_capabilities: true,
        },
    };
    let engine = &runner.engine;
    let not_tried = |reason| HardenedStart::NotTried { reason };
    let id = match bounded(runner, "create container", &spec.name, engine.create(&spec)).await {
        Ok(id) => id,
        Err(error) => return not_tried(error.chain()),
    };
    let outcome = async {
        let failed = |reason| HardenedStart::Failed { reason };
        if let Err(error) = bounded(runner, "start container", &id, engine.start(&id)).await {
            return failed(error.chain());
        }
        let address = engine.address(&id, contract.port, runner.settings.reach);
        let address = match bounded(runner, "find the address of", &id, address).await {
            Ok(address) => address,
            Err(error) => return failed(format!("{}{}", error.chain(), quoted(runner, &id).await)),
        };
        let probe = asked(runner, contract, address);
        tokio::select! {
            biased;
            ready = runner.probe.wait_ready(&probe) => match ready {
                Ok(_) => HardenedStart::Ready,
                Err(failure) => failed(format!("{failure}{}", quoted(runner, &id).await)),
            },
            exit = engine.exited(&id) => match exit {
                Ok(code) => failed(format!("exited with code {code}{}", quoted(runner, &id).await)),
                Err(error) => not_tried(error.chain()),
            },
        }
    }
    .await;
    // What it cannot remove, the sweep at the end does.
    let _ = bounded(
        runner,
        "remove container",
        &id,
        engine.remove_container(&id),
    )
    .await;
    outcome
}
