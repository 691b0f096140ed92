//! The metric catalogue. Ids are stable: they are the identity in every file format.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::{Direction, Kind};
use crate::units::Unit;

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $unit:ident, $kind:ident, $title:literal, $definition:literal;)*) => {
        /// A named quantity with a unit, a direction and a kind.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Metric {
            $(#[doc = $definition] #[serde(rename = $id)] $variant,)*
        }

        impl Metric {
            /// Every metric, in the order of the catalogue.
            pub const ALL: &'static [Metric] = &[$(Metric::$variant,)*];

            /// The stable id.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The base unit.
            pub fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)* }
            }

            /// Exact or timed.
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// A short heading for a column.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What exactly is measured.
            pub fn definition(self) -> &'static str {
                match self { $(Self::$variant => $definition,)* }
            }
        }
    };
}

catalogue! {
    SizeUnpacked = "size.unpacked", Bytes, Exact, "unpacked", "sum of the uncompressed layers";
    SizeEngine = "size.engine", Bytes, Exact, "engine", "what this engine's image list prints, under the store that defines it";
    SizeOwn = "size.own", Bytes, Exact, "own", "unpacked bytes above the base image of the final stage";
    SizeLayers = "size.layers", Count, Exact, "layers", "layers that hold anything";
    SizeFiles = "size.files", Count, Exact, "files", "files, links and folders of the final tree";
    WasteBytes = "waste.bytes", Bytes, Exact, "waste", "file bytes of one layer that a later layer overwrites or deletes";
    WasteEfficiency = "waste.efficiency", Ratio, Exact, "efficiency", "file bytes of the final tree divided by those of all layers";
    SizeTransfer = "size.transfer", Bytes, Exact, "transfer", "config and layers of the manifest that was pushed, as the registry stores them";
    ContextBytes = "context.bytes", Bytes, Exact, "context", "file bytes of the build context that is sent, after .dockerignore";
    ContextFiles = "context.files", Count, Exact, "context files", "files of the build context that is sent, after .dockerignore";
    ContextSentBytes = "context.sent.bytes", Bytes, Exact, "context sent", "file bytes of the build context that the builder asked for in the cold build";
    ContextSentFiles = "context.sent.files", Count, Exact, "files sent", "files of the build context that the builder asked for in the cold build";
    BuildCold = "build.cold", Seconds, Timed, "cold build", "no layer cache and cold cache mounts; bases present; result exported to the image store";
    BuildCached = "build.cached", Seconds, Timed, "cached build", "nothing changed and every step was cached";
    RebuildSource = "rebuild.source", Seconds, Timed, "rebuild, source", "after the scenario's source edit; cache mounts warm";
    RebuildDependency = "rebuild.dependency", Seconds, Timed, "rebuild, dep.", "after the scenario's dependency edit; cache mounts warm";
    RebuildSourceColdMounts = "rebuild.source.cold-mounts", Seconds, Timed, "rebuild, source, cold mounts", "as rebuild.source, with the cache mounts emptied before";
    RebuildDependencyColdMounts = "rebuild.dependency.cold-mounts", Seconds, Timed, "rebuild, dep., cold mounts", "as rebuild.dependency, with the cache mounts emptied before";
    PushTime = "push.time", Seconds, Timed, "push", "the push to the registry of the run, which holds the bases and nothing else of the image";
    PushBytes = "push.bytes", Bytes, Exact, "push, bytes", "bytes of blobs that the registry took in for it";
    PullCold = "pull.cold", Seconds, Timed, "pull, cold", "the pull into a store that holds no layer of the image";
    PullColdBytes = "pull.cold.bytes", Bytes, Exact, "cold, bytes", "bytes of blobs that the registry served for it";
    PullColdDownload = "pull.cold.download", Seconds, Timed, "cold, download", "from the first layer's announcement until the last layer was there";
    PullColdUnpack = "pull.cold.unpack", Seconds, Timed, "cold, unpack", "time within which any layer was being unpacked";
    PullBase = "pull.base", Seconds, Timed, "pull, base there", "the pull into a store that holds the base's layers and no other of the image";
    PullBaseBytes = "pull.base.bytes", Bytes, Exact, "base there, bytes", "bytes of blobs that the registry served for it";
    PullBaseDownload = "pull.base.download", Seconds, Timed, "base there, download", "from the first layer's announcement until the last layer was there";
    PullBaseUnpack = "pull.base.unpack", Seconds, Timed, "base there, unpack", "time within which any layer was being unpacked";
    PullUpdate = "pull.update", Seconds, Timed, "pull, update", "the pull of the image after the source edit into a store that holds the image before it";
    PullUpdateBytes = "pull.update.bytes", Bytes, Exact, "update, bytes", "bytes of blobs that the registry served for it";
    PullUpdateDownload = "pull.update.download", Seconds, Timed, "update, download", "from the first layer's announcement until the last layer was there";
    PullUpdateUnpack = "pull.update.unpack", Seconds, Timed, "update, unpack", "time within which any layer was being unpacked";
    StartCreate = "start.create", Seconds, Timed, "create", "the create call";
    StartStarted = "start.started", Seconds, Timed, "started", "the start call until it returns";
    StartReady = "start.ready", Seconds, Timed, "ready", "the start call until the contract's first success";
    StartHealthy = "start.healthy", Seconds, Timed, "healthy", "the start call until the engine reports that the image's health check passed";
    ServeRps = "serve.rps", PerSecond, Timed, "throughput", "answers a second that kept the contract under the scenario's fixed load";
    ServeP50 = "serve.p50", Seconds, Timed, "latency, p50", "median time of an answer under that load";
    ServeP99 = "serve.p99", Seconds, Timed, "latency, p99", "99th percentile of the time of an answer under that load, from 1000 answers on";
    StopTime = "stop.time", Seconds, Timed, "stop", "the stop signal until the process has exited";
    MemoryReady = "memory.ready", Bytes, Timed, "memory", "anonymous resident memory of the container once ready";
    FloorBuildCold = "floor.build.cold", Seconds, Timed, "floor: cold build", "build.cold of a scratch image with one file of some hundred bytes";
    FloorBuildCached = "floor.build.cached", Seconds, Timed, "floor: cached build", "build.cached of the same";
    FloorStartCreate = "floor.start.create", Seconds, Timed, "floor: create", "start.create of the same";
    FloorStartStarted = "floor.start.started", Seconds, Timed, "floor: started", "start.started of the same";
    FloorStopTime = "floor.stop.time", Seconds, Timed, "floor: stop", "stop.time of the same";
}

impl Metric {
    /// Nearly all metrics are costs: less is better.
    pub fn direction(self) -> Direction {
        match self {
            Self::ServeRps | Self::WasteEfficiency => Direction::Higher,
            _ => Direction::Lower,
        }
    }

    /// Whether this metric measures the engine's floor and not an app.
    pub fn is_floor(self) -> bool {
        self.id().starts_with("floor.")
    }

    /// Whether it is taken once per link: a series each, never mixed.
    pub fn is_linked(self) -> bool {
        self.id().starts_with("pull.")
    }

    /// Whether only some runs take it: what an image holds, health, load, emptied mounts.
    /// Records of a time before these, and runs without them, have no word of them.
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Self::SizeFiles
                | Self::ContextSentBytes
                | Self::ContextSentFiles
                | Self::WasteBytes
                | Self::WasteEfficiency
                | Self::RebuildSourceColdMounts
                | Self::RebuildDependencyColdMounts
                | Self::StartHealthy
                | Self::ServeRps
                | Self::ServeP50
                | Self::ServeP99
        )
    }

    /// Whether it is of a build, or of what is sent to the builder.
    pub fn is_of_builds(self) -> bool {
        let groups = ["context.", "build.", "rebuild."];
        groups.iter().any(|group| self.id().starts_with(group))
    }

    /// Whether it has no meaning for a ready image: besides builds, what needs a known base or a
    /// second image.
    pub fn needs_build(self) -> bool {
        let of_pulls = ["pull.base", "pull.update"];
        self.is_of_builds()
            || self == Self::SizeOwn
            || of_pulls.iter().any(|group| self.id().starts_with(group))
    }

    /// Whether it is about an image's transfer through a registry.
    pub fn is_distribution(self) -> bool {
        self == Self::SizeTransfer || self.id().starts_with("push.") || self.is_linked()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// A metric id that the catalogue does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown metric `{0}`")]
pub struct ParseMetricError(pub String);

impl FromStr for Metric {
    type Err = ParseMetricError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|metric| metric.id() == text)
            .ok_or_else(|| ParseMetricError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_parse_back() {
        let ids: BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.id()).collect();
        assert_eq!(ids.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            assert_eq!(metric.id().parse::<Metric>().as_ref(), Ok(metric));
            let json = serde_json::to_string(metric).unwrap();
            assert_eq!(json, format!("\"{}\"", metric.id()));
        }
        let linked = Metric::ALL.iter().filter(|metric| metric.is_linked());
        assert_eq!(linked.count(), 12);
        let distribution = Metric::ALL.iter().filter(|metric| metric.is_distribution());
        assert_eq!(distribution.count(), 15);
        assert!("size.unpackd".parse::<Metric>().is_err());
    }
}
