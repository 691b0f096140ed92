//! Defines which metrics each chart of samples contains.

use super::context::ChartContext;
use super::options::Chart;
use super::panels::{SampleChart, draw};
use crate::record::Metric;

const BUILDS: SampleChart<'_> = SampleChart {
    what: "builds",
    title: "Building and rebuilding",
    words: "From the request until the image is in the store",
    metrics: &[
        (Metric::BuildCold, Some(Metric::FloorBuildCold)),
        (Metric::BuildCached, Some(Metric::FloorBuildCached)),
        (Metric::RebuildSource, None),
        (Metric::RebuildDependency, None),
    ],
};

const MOUNTS: SampleChart<'_> = SampleChart {
    what: "mounts",
    title: "Rebuilding with warm and with cold cache mounts",
    words: "Layers are warm in all",
    metrics: &[
        (Metric::RebuildSource, None),
        (Metric::RebuildSourceColdMounts, None),
        (Metric::RebuildDependency, None),
        (Metric::RebuildDependencyColdMounts, None),
    ],
};

const STARTS: SampleChart<'_> = SampleChart {
    what: "starts",
    title: "From create to ready",
    words: "Create: its call; started and ready: from the start call on",
    metrics: &[
        (Metric::StartCreate, Some(Metric::FloorStartCreate)),
        (Metric::StartStarted, Some(Metric::FloorStartStarted)),
        (Metric::StartReady, None),
        (Metric::StartHealthy, None),
    ],
};

const RUNNING: SampleChart<'_> = SampleChart {
    what: "running",
    title: "Memory when ready, and the stop",
    words: "Anonymous resident memory; from the stop signal until the exit",
    metrics: &[
        (Metric::MemoryReady, None),
        (Metric::StopTime, Some(Metric::FloorStopTime)),
    ],
};

const LOAD: SampleChart<'_> = SampleChart {
    what: "load",
    title: "Under load",
    words: "The scenario's fixed load on the ready app",
    metrics: &[
        (Metric::ServeRps, None),
        (Metric::ServeP50, None),
        (Metric::ServeP99, None),
    ],
};

const PULLS: SampleChart<'_> = SampleChart {
    what: "pulls",
    title: "Pulling, by link",
    words: "Cold: nothing there; base there: only the base's layers; update: the image before an edit",
    metrics: &[
        (Metric::PullCold, None),
        (Metric::PullBase, None),
        (Metric::PullUpdate, None),
    ],
};

/// Cold, cached, after a source edit, after a dependency edit.
pub(super) fn builds(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(context, &BUILDS)
}

/// Rebuilds with emptied cache mounts, if any were measured.
pub(super) fn mounts(context: &ChartContext<'_, '_>) -> Option<Chart> {
    let cold = [
        Metric::RebuildSourceColdMounts,
        Metric::RebuildDependencyColdMounts,
    ];
    let any = cold.into_iter().any(|metric| context.was_attempted(metric));
    any.then(|| draw(context, &MOUNTS)).flatten()
}

/// Create, started, ready, and healthy if it was measured.
pub(super) fn starts(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(context, &STARTS)
}

/// Memory and stop.
pub(super) fn running(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(context, &RUNNING)
}

/// Throughput and latencies, if there was a load.
pub(super) fn load(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(context, &LOAD)
}

/// Pulls over each link, if any were measured.
pub(super) fn pulls(context: &ChartContext<'_, '_>) -> Option<Chart> {
    draw(context, &PULLS)
}

/// A single metric.
pub(super) fn single_metric(context: &ChartContext<'_, '_>, metric: Metric) -> Option<Chart> {
    let floor = format!("floor.{metric}").parse().ok();
    let chart = SampleChart {
        what: &metric.id().replace('.', "-"),
        title: metric.id(),
        words: &capitalize(metric.definition()),
        metrics: &[(metric, floor)],
    };
    draw(context, &chart)
}

/// The text with an upper-case first letter.
pub(super) fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
