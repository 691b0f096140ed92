//! Transfers bases to the registry of a run, and from there into a clean room.
//!
//! An engine pushes an image by a tag with the registry's address, so the user's engine has one
//! more tag during a push. The tag contains the run, so `clean` finds it if the process dies.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::error::BasesError;
use crate::context;
use crate::engine::{
    BuildRequest, Engine, EngineError, ErrorKind, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN,
    Registry, RegistryEndpoint, TAG_BASE, run_repository,
};
use crate::record::BaseRecord;

/// How long the transfer of one base may take. Compressing a large one takes a minute.
const DEADLINE: Duration = Duration::from_secs(1800);

/// The bases of a run by their reference in Dockerfiles.
#[derive(Debug, Default)]
pub struct Entered {
    /// The repository in the registry.
    pub repositories: BTreeMap<String, String>,
    /// The name on the building engine.
    pub names: BTreeMap<String, String>,
}

/// Pushes bases to the registry and pulls them into `room`, if there is one.
///
/// `ready` are references of images that are run as they are, and are no bases of others. They
/// go into a room, and none stays in the registry: a push sends only what it does not have.
///
/// # Errors
/// An engine fails, or the received image differs from the sent one.
pub async fn enter<E: Engine>(
    host: &E,
    room: Option<&E>,
    registry: &dyn Registry,
    run: &str,
    (bases, ready): (&[BaseRecord], &BTreeSet<String>),
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Entered, BasesError> {
    let mut entered = Entered::default();
    let mut passing = BTreeSet::new();
    let mut by_image: BTreeMap<&str, (String, String)> = BTreeMap::new();
    let endpoint = room.map_or(RegistryEndpoint::Build, |_| RegistryEndpoint::Supply);
    for (number, base) in bases.iter().enumerate() {
        let is_ready = ready.contains(&base.reference);
        if is_ready && room.is_none() {
            continue;
        }
        let (repository, name) = match by_image.get(base.image_id.as_str()) {
            Some((repository, _)) if room.is_none() => (repository.clone(), base.resolved.clone()),
            Some((repository, first)) => {
                let name = local_name(base, number, run);
                if let Some(room) = room {
                    room.tag(first, &name).await?;
                }
                (repository.clone(), name)
            }
            None => {
                report(&format!(
                    "bringing {} into the registry of the run ({} unpacked)",
                    base.resolved, base.unpacked_bytes
                ));
                let repository = run_repository(run, &format!("base-{number}"));
                let way = format!("{}/{repository}:{TAG_BASE}", registry.authority(endpoint));
                supply(host, &way, run, base).await?;
                let name = match room {
                    Some(room) => {
                        let name = local_name(base, number, run);
                        receive(room, registry, &repository, base, &name).await?;
                        name
                    }
                    None => base.resolved.clone(),
                };
                by_image.insert(&base.image_id, (repository.clone(), name.clone()));
                (repository, name)
            }
        };
        let reference = base.reference.clone();
        entered.names.insert(reference.clone(), name);
        match is_ready {
            true => _ = passing.insert(repository),
            false => _ = entered.repositories.insert(reference, repository),
        }
    }
    let kept: BTreeSet<&String> = entered.repositories.values().collect();
    for repository in passing.iter().filter(|passing| !kept.contains(passing)) {
        registry.forget(repository).map_err(BasesError::Forget)?;
    }
    Ok(entered)
}

/// A digest cannot be used as a tag, so a base with a digest gets a name of plimsoll.
fn local_name(base: &BaseRecord, number: usize, run: &str) -> String {
    if base.resolved.contains('@') {
        format!("plimsoll/base-{number}:{}", run.to_lowercase())
    } else {
        base.resolved.clone()
    }
}

async fn supply<E: Engine>(
    host: &E,
    way: &str,
    run: &str,
    base: &BaseRecord,
) -> Result<(), BasesError> {
    host.tag(&base.image_id, way).await?;
    let pushed = push(host, way, base).await;
    // If this were the last tag, its removal would remove the image.
    let other = host.image(&base.resolved).await?;
    if other.is_some_and(|image| image.id.0 == base.image_id) {
        host.remove_image(way).await?;
    }
    match pushed {
        Err(error) if lacks_platforms(&error) => {
            single_platform(host, way, run, base).await?;
            let pushed = push(host, way, base).await;
            host.remove_image(way).await?;
            Ok(pushed?)
        }
        pushed => Ok(pushed?),
    }
}

async fn push<E: Engine>(host: &E, way: &str, base: &BaseRecord) -> Result<(), EngineError> {
    let pushed = tokio::time::timeout(DEADLINE, host.push(way, &mut |_| {})).await;
    let pushed = pushed.map_err(|_| late("push base", &base.resolved))?;
    pushed.map(|_| ())
}

/// Docker 25 to 27 with the containerd store push everything in an index or nothing, and an image
/// from a registry lacks the other platforms (docker/cli#4959).
fn lacks_platforms(error: &EngineError) -> bool {
    error.chain().contains("missing content")
}

/// Creates an image with the same layers for this platform only, by a build without steps.
async fn single_platform<E: Engine>(
    host: &E,
    way: &str,
    run: &str,
    base: &BaseRecord,
) -> Result<(), BasesError> {
    let labels = [(LABEL_OWNER, LABEL_OWNER_VALUE), (LABEL_RUN, run)];
    let request = BuildRequest {
        tag: way.to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: BTreeMap::new(),
        labels: labels
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        no_cache: false,
        secrets: BTreeMap::new(),
        ssh: BTreeMap::new(),
        platform: None,
    };
    let dockerfile = format!("FROM {}\n", base.resolved);
    let source = context::in_memory([], dockerfile, &format!("plimsoll-base-{run}"));
    let built = tokio::time::timeout(DEADLINE, host.build(&request, source, &mut |_| {})).await;
    let built = built.map_err(|_| late("build base", &base.resolved))?;
    built.map_err(|source| BasesError::SinglePlatform {
        reference: base.resolved.clone(),
        source: Box::new(source),
    })?;
    Ok(())
}

async fn receive<E: Engine>(
    room: &E,
    registry: &dyn Registry,
    repository: &str,
    base: &BaseRecord,
    name: &str,
) -> Result<(), BasesError> {
    let way = format!(
        "{}/{repository}:{TAG_BASE}",
        registry.authority(RegistryEndpoint::Build)
    );
    tokio::time::timeout(DEADLINE, room.pull(&way, &mut |_| {}))
        .await
        .map_err(|_| late("pull base", &base.resolved))??;
    room.tag(&way, name).await?;
    room.remove_image(&way).await?;
    let arrived = room.image(name).await?.map(|image| image.diff_ids);
    // Ids differ between image stores; the contents of layers do not.
    if arrived.as_ref() == Some(&base.diff_ids) {
        Ok(())
    } else {
        Err(BasesError::Changed {
            reference: base.resolved.clone(),
        })
    }
}

fn late(operation: &'static str, subject: &str) -> EngineError {
    EngineError::new(
        operation,
        subject,
        ErrorKind::Timeout,
        "it ran into its deadline of 30 minutes",
    )
}
