//! The build cache: lists records and removes them by id.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::DockerEngine;
use super::bounded_list::BoundedList;
use super::error::{raw_failed, strange};
use super::lists::bytes;
use super::raw::{RawError, escaped};
use crate::engine::{CacheRecord, Result};

const LIST: &str = "list build cache of";
const PRUNE: &str = "prune build cache record";

/// The engine lists and prunes for one client at a time and rejects others.
const TURNS: u32 = 100;
const TURN: Duration = Duration::from_millis(100);

/// Ids per pattern, so that the request line stays far below the limits of engines.
const BATCH: usize = 64;

/// The used part of `system/df`. API 1.52 has another format.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DiskUsage {
    #[serde(default)]
    build_cache: Option<BoundedList<Record>>,
}

#[derive(Debug, Deserialize)]
struct Record {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Type", default)]
    kind: String,
    #[serde(rename = "Description", default)]
    description: String,
    #[serde(rename = "InUse", default)]
    in_use: bool,
    #[serde(rename = "Size", default)]
    size: i64,
    #[serde(rename = "CreatedAt", default)]
    created_at: Option<String>,
}

impl Record {
    fn created(&self) -> Option<SystemTime> {
        let at = DateTime::parse_from_rfc3339(self.created_at.as_deref()?).ok()?;
        // Engines without this value report the year 1.
        (at.timestamp() > 0).then(|| at.into())
    }
}

#[derive(Debug, Deserialize)]
struct Pruned {
    #[serde(rename = "CachesDeleted", default)]
    deleted: Option<BoundedList<String>>,
}

impl DockerEngine {
    pub(super) async fn cache_records(&self) -> Result<Vec<CacheRecord>> {
        let usage: DiskUsage = self
            .in_turn(Method::GET, "/system/df?type=build-cache")
            .await
            .map_err(raw_failed(LIST, self.endpoint.to_string()))?;
        let records = usage.build_cache.map(|list| list.0);
        Ok(records
            .into_iter()
            .flatten()
            .map(|record| CacheRecord {
                created: record.created(),
                id: record.id,
                description: record.description,
                kind: record.kind,
                size: bytes(record.size),
                in_use: record.in_use,
            })
            .collect())
    }

    /// Removes records by id. A record with dependents cannot be removed before them, and the
    /// order is unknown, so it repeats until a round removes nothing.
    pub(super) async fn prune_records(&self, ids: &[String]) -> Result<Vec<String>> {
        for id in ids {
            // The engine treats the id as a pattern, and a pattern that matches everything would
            // remove everything.
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(strange(PRUNE, id, "this is not the id of a cache record"));
            }
        }
        let mut left: BTreeSet<&String> = ids.iter().collect();
        while !left.is_empty() {
            let there: BTreeSet<String> = self
                .cache_records()
                .await?
                .into_iter()
                .map(|record| record.id)
                .collect();
            left.retain(|id| there.contains(*id));
            let mut progress = false;
            let batch: Vec<_> = left.iter().copied().collect();
            for ids in batch.chunks(BATCH) {
                progress |= self.prune_batch(ids).await?;
            }
            if !progress {
                break;
            }
        }
        Ok(ids
            .iter()
            .filter(|id| !left.contains(id))
            .cloned()
            .collect())
    }

    /// Whether anything was removed.
    async fn prune_batch(&self, ids: &[&String]) -> Result<bool> {
        // Docker matches the id as a regular expression, so it is anchored; more
        // than one value is an error to Docker 20.10, one pattern for many is not.
        // A call takes half a second where there are many records, so ids go in
        // batches. `all` is needed for records whose layers an image holds as
        // well; those layers stay with the image.
        let list: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let filters = format!(r#"{{"id":["^({})$"]}}"#, list.join("|"));
        let path = format!("/build/prune?all=true&filters={}", escaped(&filters));
        let pruned: Pruned = self
            .in_turn(Method::POST, &path)
            .await
            .map_err(raw_failed(PRUNE, list.join(" ")))?;
        Ok(pruned.deleted.is_some_and(|ids| !ids.0.is_empty()))
    }

    async fn in_turn<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> std::result::Result<T, RawError> {
        for _ in 0..TURNS {
            match self.wire.json(method.clone(), path).await {
                Err(error) if is_busy(&error) => tokio::time::sleep(TURN).await,
                answer => return answer,
            }
        }
        self.wire.json(method, path).await
    }
}

/// Docker 20.10 answers 500 to a list and 409 to a prune, with these words.
fn is_busy(error: &RawError) -> bool {
    matches!(error, RawError::Status { message, .. }
        if message.contains("operation is already running"))
}
