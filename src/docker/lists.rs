//! Lists as the engine gives them, read with care: what an answer leaves out is empty.
//!
//! `bollard`'s types ask for fields that engines may omit (Docker does since API 1.52,
//! Podman for others), and one image without labels would spoil the list of all.

use std::collections::HashMap;

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::DockerEngine;
use super::raw::{RawError, escaped};

/// An image of `GET /images/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedImage {
    pub(super) id: String,
    pub(super) repo_tags: Option<Vec<String>>,
    pub(super) labels: Option<HashMap<String, String>>,
    pub(super) size: i64,
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
    volumes: Option<Vec<ListedVolume>>,
}

/// An entry of `GET /images/ID/history`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HistoryEntry {
    pub(super) created_by: String,
    pub(super) size: i64,
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

    /// Volumes with a label.
    pub(super) async fn volumes(&self, label: &str) -> Result<Vec<ListedVolume>> {
        let filters = escaped(&serde_json::json!({ "label": [label] }).to_string());
        let answer: Option<Volumes> = self
            .wire
            .json(Method::GET, &format!("/volumes?filters={filters}"))
            .await?;
        Ok(answer.and_then(|all| all.volumes).unwrap_or_default())
    }

    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let answer: Option<Vec<T>> = self.wire.json(Method::GET, path).await?;
        Ok(answer.unwrap_or_default())
    }
}
