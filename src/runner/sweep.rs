//! What a run leaves on the engine is removed at its end.

use crate::engine::{ContainerId, Engine, EngineError, Owned, OwnedKind, RemovalOutcome};

/// Removes what carries plimsoll's label and is `ours`. Stand-ins stay.
/// Returns what is gone, and what could not be removed and why.
pub async fn sweep<E: Engine>(
    engine: &E,
    ours: impl Fn(&Owned) -> bool,
) -> (Vec<Owned>, Vec<String>) {
    let mut owned = match engine.owned().await {
        Ok(owned) => owned,
        Err(error) => {
            return (
                Vec::new(),
                vec![format!("nothing was cleaned: {}", error.chain())],
            );
        }
    };
    owned.retain(|item| item.kind != OwnedKind::StandIn);
    owned.retain(ours);
    // Containers first: an image in use cannot go.
    owned.sort();
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    // An image that another one was made from goes once that is gone: Podman keeps one for
    // each step of a build. So passes are made until one removes nothing.
    loop {
        let (before, mut used) = (gone.len(), Vec::new());
        for item in owned {
            match remove_owned(engine, &item).await {
                Ok(RemovalOutcome::Removed) => gone.push(item),
                Ok(RemovalOutcome::Absent) => {}
                Ok(RemovalOutcome::InUse) => used.push(item),
                Err(error) => kept.push(error.chain()),
            }
        }
        if used.is_empty() || gone.len() == before {
            let words = |item: &Owned| format!("`{}` is in use and stays", item.name);
            kept.extend(used.iter().map(words));
            break;
        }
        owned = used;
    }
    (gone, kept)
}

async fn remove_owned<E: Engine>(engine: &E, item: &Owned) -> Result<RemovalOutcome, EngineError> {
    match item.kind {
        OwnedKind::Container => {
            let id = ContainerId(item.id.clone());
            let removed = engine.remove_container(&id).await;
            removed.map(|()| RemovalOutcome::Removed)
        }
        OwnedKind::Image => engine.remove_image(&item.id).await,
        // A network inherits no label, so one that has it is ours.
        OwnedKind::Network => engine.remove_network(&item.id).await,
        // Runs create no volumes yet; a label alone is not enough to remove data.
        OwnedKind::StandIn | OwnedKind::Volume => Ok(RemovalOutcome::Absent),
    }
}
