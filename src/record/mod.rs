//! What a run leaves behind: the metric catalogue and the run record.
//!
//! Pure data: everything that a table or a chart shows is computed from a
//! [`RunRecord`] alone (METHODOLOGY, rule 11). Additive changes only;
//! [`SCHEMA_VERSION`] rises when a reader of the old form would be misled.

mod case;
mod claimable;
mod conditions;
mod contents;
mod distribution;
mod facts;
mod link;
mod measured_on;
mod metric;
mod older;
mod only;
mod part;
mod posture;
mod read;
mod revision;
mod run;
mod sample;
mod shard;
mod texts;
mod texts_facts;

pub use case::{
    BuildRecord, CaseId, CaseRecord, Disposition, DockerfileRecord, ImageRecord, SentRecord,
    StepRecord, case_id,
};
pub use claimable::{COUNTED_FACTS, Derived, Measurand, claimable};
pub use conditions::{Conditions, VisitConditions};
pub use contents::{LayerContents, Weight};
pub use distribution::{BlobRecord, DeployPlan, DistributionRecord, EngineChoice, ManifestRecord};
pub use facts::{
    ApiRange, BaseRecord, Calibration, EngineFacts, HostFacts, ImageStore, Reach, StandIn,
    ToolFacts,
};
pub use link::{Link, ParseLinkError};
pub use measured_on::Setup;
pub use metric::{Metric, ParseMetricError};
pub use part::PartRecord;
pub use posture::{
    FACTS, HardenedStart, Posture, ScanOutcome, ScanRecord, SecretFinding, SecretPlace, StopFacts,
    Unlisted,
};
pub use read::ReadError;
pub use revision::{AbRecord, AbTerms, Look, Revision, RoundsEnd};
pub use run::{
    ContractRecord, PlanRecord, RunRecord, RunState, SCHEMA_VERSION, ScenarioRecord, SkippedPhase,
    TechniqueRecord,
};
pub use sample::{Outcome, Sample, Status};
pub use shard::{MOST_SHARDS, ParseShardError, Shard, ShardBy, ShardRecord};
pub use texts::{Texts, Visit, mask_texts, secrets_in};

pub use crate::stats::{Direction, Kind};
