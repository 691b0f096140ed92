//! Finds the objects on the engine that belong to plimsoll.
//!
//! A label alone is no proof: an image inherits the labels of its base, and a container those of
//! its image. A user's image `FROM` a stand-in has the stand-in's labels, and a user's container
//! of a plimsoll image has the owner label. So an object needs the label and a property that
//! cannot be inherited:
//!
//! * an image is ours by a tag under `plimsoll.local/` or `plimsoll/`. Without
//!   any tag it is ours if it has the label of a run: stand-ins have none, so
//!   nothing that a user builds on those has one. (Podman keeps an image of each step; those
//!   of a stand-in's steps have the label of a run called `stand-ins`.)
//! * a tag that leads to the registry of a run (`127.0.0.1:PORT/plimsoll-run/<run>/`)
//!   is ours, whatever it names: bases get one on their way. It is an image's only
//!   tag where somebody took the others away meanwhile; then it stays.
//! * a container is ours if [`LABEL_CONTAINER`] names it. Images never have that
//!   label, so no container has it but by [`DockerEngine`]'s hand.
//! * volumes and networks inherit nothing.
//!
//! Images are removed by tag, so an image with a user's tag is kept under that tag.

use std::collections::HashMap;

use super::DockerEngine;
use super::error::raw_failed;
use super::lists::{ListedContainer, ListedImage, ListedNetwork, ListedVolume, bytes};
use crate::engine::{
    LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN, LABEL_STANDS_IN_FOR, Owned, OwnedKind, Result,
    run_of_tag,
};

/// The label of a container with its original name.
pub const LABEL_CONTAINER: &str = "dev.plimsoll.container";

const STAND_INS: &str = "plimsoll.local/";
const RUNS: &str = "plimsoll/";

type Labels = HashMap<String, String>;

impl DockerEngine {
    pub(super) async fn list_owned(&self) -> Result<Vec<Owned>> {
        let mut owned = self.owned_containers().await?;
        let images = self
            .images(None)
            .await
            .map_err(raw_failed("list images of", LABEL_OWNER_VALUE))?;
        owned.extend(images.iter().flat_map(image));
        owned.extend(self.owned_volumes().await?);
        owned.extend(self.owned_networks().await?);
        owned.sort();
        Ok(owned)
    }

    async fn owned_containers(&self) -> Result<Vec<Owned>> {
        let containers = self
            .containers(&label())
            .await
            .map_err(raw_failed("list containers of", LABEL_OWNER_VALUE))?;
        Ok(containers.into_iter().filter_map(container).collect())
    }

    async fn owned_volumes(&self) -> Result<Vec<Owned>> {
        let volumes = self
            .volumes(&label())
            .await
            .map_err(raw_failed("list volumes of", LABEL_OWNER_VALUE))?;
        let of = |volume: ListedVolume| Owned {
            kind: OwnedKind::Volume,
            run: volume.labels.and_then(|labels| run(&labels)),
            id: volume.name.clone(),
            name: volume.name,
            size: None,
        };
        Ok(volumes.into_iter().map(of).collect())
    }

    async fn owned_networks(&self) -> Result<Vec<Owned>> {
        let networks = self
            .networks(&label())
            .await
            .map_err(raw_failed("list networks of", LABEL_OWNER_VALUE))?;
        let named = networks.into_iter().filter(|one| !one.id.is_empty());
        let of = |network: ListedNetwork| Owned {
            kind: OwnedKind::Network,
            run: network.labels.and_then(|labels| run(&labels)),
            id: network.id,
            name: network.name,
            size: None,
        };
        Ok(named.map(of).collect())
    }
}

/// Whether a tag is in a namespace of plimsoll.
pub(super) fn is_our_tag(tag: &str) -> bool {
    let tag = short(tag);
    tag.starts_with(STAND_INS) || tag.starts_with(RUNS) || run_of_tag(tag).is_some()
}

/// A tag without the prefix that Podman adds to a name without a registry.
fn short(tag: &str) -> &str {
    ["docker.io/", "localhost/"]
        .iter()
        .find_map(|prefix| tag.strip_prefix(prefix))
        .unwrap_or(tag)
}

fn label() -> String {
    format!("{LABEL_OWNER}={LABEL_OWNER_VALUE}")
}

fn run(labels: &Labels) -> Option<String> {
    labels.get(LABEL_RUN).cloned()
}

fn container(container: ListedContainer) -> Option<Owned> {
    let labels = container.labels?;
    let given = labels.get(LABEL_CONTAINER)?;
    // The API prefixes names with a slash.
    let name = container
        .names
        .into_iter()
        .flatten()
        .map(|name| name.trim_start_matches('/').to_owned())
        .find(|name| name == given)?;
    Some(Owned {
        kind: OwnedKind::Container,
        id: Some(container.id).filter(|id| !id.is_empty())?,
        name,
        run: run(&labels),
        size: None,
    })
}

/// One entry per tag of plimsoll, or one for a dangling image.
fn image(image: &ListedImage) -> Vec<Owned> {
    let none = Labels::new();
    let labels = image.labels.as_ref().unwrap_or(&none);
    let ours = labels.get(LABEL_OWNER).map(String::as_str) == Some(LABEL_OWNER_VALUE);
    let stands_in = labels.contains_key(LABEL_STANDS_IN_FOR);
    let entry = |kind, id: &str, size| Owned {
        kind,
        id: id.to_owned(),
        name: id.to_owned(),
        run: run_of_tag(id).or_else(|| run(labels)),
        size,
    };
    let size = bytes(image.size);
    let tags: Vec<&str> = image
        .repo_tags
        .iter()
        .flatten()
        .map(String::as_str)
        // Docker before 25 lists a dangling image with this tag.
        .filter(|tag| *tag != "<none>:<none>")
        .collect();
    if tags.is_empty() {
        let of_a_run = ours && labels.contains_key(LABEL_RUN);
        return of_a_run
            .then(|| entry(OwnedKind::Image, &image.id, Some(size)))
            .into_iter()
            .collect();
    }
    // The bytes of an image are listed once, so that sums are correct.
    let mut size = Some(size);
    let named_otherwise = tags.iter().any(|tag| run_of_tag(tag).is_none());
    tags.into_iter()
        .filter_map(|tag| {
            // An image of a run inherits the label of the stand-in, so the name decides.
            let kind = if stands_in && short(tag).starts_with(STAND_INS) {
                OwnedKind::StandIn
            } else if run_of_tag(tag).is_some() {
                let of_a_run = ours && labels.contains_key(LABEL_RUN);
                if !(named_otherwise || of_a_run) {
                    return None;
                }
                OwnedKind::Image
            } else if ours && is_our_tag(tag) {
                OwnedKind::Image
            } else {
                return None;
            };
            Some(entry(kind, tag, size.take()))
        })
        .collect()
}

#[cfg(test)]
#[path = "owned_tests.rs"]
mod tests;
