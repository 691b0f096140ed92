//! Which links pulls went over.

use super::super::analysis::Analysis;
use crate::record::Link;

/// The links that pulls of this run went over. If no engine could pull, an earlier failure of a
/// case is not an attempted pull.
pub(crate) fn pulled_links(analysis: &Analysis<'_>) -> Vec<Link> {
    let distribution = analysis.record.distribution.as_ref();
    let nobody = distribution.is_some_and(|known| known.why_no_puller.is_some());
    let tried = analysis.entries().iter().any(|entry| {
        let counts = entry.counts;
        let pulled = counts.ok + counts.warmup + counts.invalid;
        let failed = if nobody { 0 } else { counts.dnf };
        entry.metric.is_linked() && pulled + failed > 0
    });
    if tried {
        analysis.links().to_vec()
    } else {
        Vec::new()
    }
}
