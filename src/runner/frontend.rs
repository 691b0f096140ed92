//! Which frontend reads a case's Dockerfile.

use std::collections::BTreeMap;

use super::planned_case::PlannedCase;
use crate::record::EngineFacts;

/// The build argument that names a frontend in place of the Dockerfile's `# syntax=` line.
const SYNTAX: &str = "BUILDKIT_SYNTAX";

/// Its value for the builder's own frontend.
const OWN_FRONTEND: &str = "dockerfile.v0";

/// Whether the builds of a case are asked to use the builder's own frontend, so that none asks
/// a registry for it while it is timed. What a scenario says of it counts.
pub fn uses_own_frontend(engine: &EngineFacts, case: &PlannedCase) -> bool {
    engine.own_frontend
        && case.spec.dockerfile.asks_for_known_frontend()
        && !case.spec.build_args.contains_key(SYNTAX)
}

/// The build arguments of a case, with its frontend.
pub(super) fn build_args(engine: &EngineFacts, case: &PlannedCase) -> BTreeMap<String, String> {
    let mut arguments = case.spec.build_args.clone();
    if uses_own_frontend(engine, case) {
        arguments.insert(SYNTAX.to_owned(), OWN_FRONTEND.to_owned());
    }
    arguments
}
