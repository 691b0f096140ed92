//! Tolerant parsing of the engine's lists: missing fields are empty.
//!
//! `bollard`'s types require fields that engines may omit (Docker since API 1.52, Podman others),
//! and one image without labels would fail the whole list.

use std::collections::HashMap;

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::DockerEngine;
use super::bounded_list::BoundedList;
use super::raw::{RawError, escaped};
use super::version::ApiVersion;
use crate::units::Bytes;

/// A size in the API; a negative value means "not computed".
pub(super) fn bytes(size: i64) -> Bytes {
    Bytes(u64::try_from(size).unwrap_or(0))
}

/// An image of `GET /images/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedImage {
    pub(super) id: String,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) labels: Option<HashMap<String, String>>,
    pub(super) size: i64,
}

/// A container of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedContainer {
    pub(super) id: String,
    pub(super) names: Option<Vec<String>>,
    pub(super) labels: Option<HashMap<String, String>>,
}

/// A network of `GET /networks`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedNetwork {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) labels: Option<HashMap<String, String>>,
}

/// A volume of `GET /volumes`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedVolume {
    pub(super) name: String,
    pub(super) labels: Option<HashMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Volumes {
    volumes: Option<BoundedList<ListedVolume>>,
}

/// An entry of `GET /images/ID/history`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HistoryEntry {
    pub(super) created_by: String,
    pub(super) size: i64,
}

/// `GET /images/ID/json?manifests=1`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Manifests {
    manifests: Option<BoundedList<ListedManifest>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedManifest {
    #[serde(rename = "ID")]
    id: String,
    kind: String,
    available: bool,
    image_data: Option<ImageData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImageData {
    platform: ListedPlatform,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListedPlatform {
    os: String,
    architecture: String,
}

type Result<T> = std::result::Result<T, RawError>;

impl DockerEngine {
    /// Images: all of them, intermediate ones included, or those of one reference.
    pub(super) async fn images(&self, reference: Option<&str>) -> Result<Vec<ListedImage>> {
        match reference {
            Some(reference) => {
                let filters = serde_json::json!({ "reference": [reference] });
                let filters = escaped(&filters.to_string());
                self.list(&format!("/images/json?filters={filters}")).await
            }
            None => self.list("/images/json?all=true").await,
        }
    }

    /// The history of an image, the newest entry first.
    pub(super) async fn history(&self, id: &str) -> Result<Vec<HistoryEntry>> {
        self.list(&format!("/images/{id}/history")).await
    }

    /// The digest of an image's manifest for `platform` (`linux/amd64`), without attestations.
    /// `None` before API 1.48 and with graph drivers, which store no manifests.
    pub(super) async fn manifest_of_platform(
        &self,
        id: &str,
        platform: &str,
    ) -> Result<Option<String>> {
        if self.api < ApiVersion::new(1, 48) {
            return Ok(None);
        }
        let path = format!("/images/{id}/json?manifests=1");
        let answer: Option<Manifests> = match self.wire.json(Method::GET, &path).await {
            Err(RawError::Status { code: 404, .. }) => None,
            answer => answer?,
        };
        let all = entries(answer.and_then(|image| image.manifests));
        let (os, architecture) = platform.split_once('/').unwrap_or((platform, ""));
        let fits = |one: &ListedManifest| {
            let of = one.image_data.as_ref().map(|image| &image.platform);
            let of_platform = of.is_some_and(|it| it.os == os && it.architecture == architecture);
            one.available && one.kind == "image" && of_platform
        };
        Ok(all.into_iter().find(fits).map(|one| one.id))
    }

    /// Lists containers with a label, running or not.
    pub(super) async fn containers(&self, label: &str) -> Result<Vec<ListedContainer>> {
        let filters = by_label(label);
        self.list(&format!("/containers/json?all=true&filters={filters}"))
            .await
    }

    /// Lists networks with a label.
    pub(super) async fn networks(&self, label: &str) -> Result<Vec<ListedNetwork>> {
        self.list(&format!("/networks?filters={}", by_label(label)))
            .await
    }

    /// Lists volumes with a label.
    pub(super) async fn volumes(&self, label: &str) -> Result<Vec<ListedVolume>> {
        let path = format!("/volumes?filters={}", by_label(label));
        let answer: Option<Volumes> = self.wire.json(Method::GET, &path).await?;
        Ok(entries(answer.and_then(|all| all.volumes)))
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        Ok(entries(self.wire.json(Method::GET, path).await?))
    }
}

fn entries<T>(list: Option<BoundedList<T>>) -> Vec<T> {
    list.map(|list| list.0).unwrap_or_default()
}

/// The filter of a list, as it is in a query.
fn by_label(label: &str) -> String {
    escaped(&serde_json::json!({ "label": [label] }).to_string())
}
