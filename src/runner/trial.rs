//! What an engine cannot be asked is tried with a program of ours.

use super::floor;
use super::program::PROGRAM;
use crate::engine::{
    ContainerId, ContainerSpec, Engine, EngineError, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN,
};

/// Runs `watch` on a container of `spec`, whose image holds `program` alone; both are removed,
/// whatever came of it. The image is imported, not built: that leaves no record in the builder's
/// cache.
///
/// # Errors
/// When container or image cannot be made or removed.
pub(super) async fn with_program<E: Engine, T>(
    engine: &E,
    spec: &ContainerSpec,
    program: &[u8],
    run: &str,
    watch: impl AsyncFnOnce(&ContainerId) -> T,
) -> Result<T, EngineError> {
    let changes = [
        format!("ENTRYPOINT [\"/{PROGRAM}\"]"),
        format!("LABEL {LABEL_OWNER}={LABEL_OWNER_VALUE}"),
        format!("LABEL {LABEL_RUN}={run}"),
    ];
    let tar = floor::packed(&[(PROGRAM, 0o755, program)]);
    engine.import(&spec.image, tar, &changes).await?;
    let watched = match engine.create(spec).await {
        Ok(id) => {
            let watched = watch(&id).await;
            engine.remove_container(&id).await.map(|()| watched)
        }
        Err(error) => Err(error),
    };
    engine.remove_image(&spec.image).await?;
    watched
}
