//! The builds of a visit: what is the same for all of them, and the image that one gives.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::bench::{Bench, World};
use super::frontend;
use super::naming::short_id;
use super::planned_case::PlannedCase;
use super::secret_canary::SecretCanary;
use crate::context::Overlay;
use crate::dockerfile::Step;
use crate::engine::Secret;
use crate::record::Metric;

/// What is the same for all builds of a visit.
pub(super) struct VisitJob {
    /// Repository of the tags; the phase is the tag.
    repository: String,
    /// Name of the visit's container.
    pub(super) container: String,
    /// The Dockerfile as it is built: with resolved bases and mount ids of this visit.
    pub(super) dockerfile: Vec<u8>,
    /// What is sent in one build of the visit need not be sent in the next. A visit begins
    /// with nothing sent.
    pub(super) sync_key: String,
    /// Whether records of the visit's cache mounts were removed.
    pub(super) removed: AtomicBool,
    /// The planted secret.
    pub(super) canary: Option<SecretCanary>,
    /// The build arguments besides it.
    arguments: BTreeMap<String, String>,
    /// Steps that the Dockerfile plans.
    pub(super) planned: Vec<Step>,
    /// How many of them are no FROM.
    pub(super) steps: usize,
}

impl VisitJob {
    /// Cache mounts get ids of this visit: a build without cache empties the
    /// mounts of the steps that it runs again, by their id, and the default id
    /// is the path, which the user's own builds share (METHODOLOGY, rule 3).
    pub(super) fn new<W: World>(
        bench: &Bench<W>,
        case: &PlannedCase,
        round: u32,
    ) -> Result<Self, String> {
        let run = short_id(&bench.record.id);
        let name = case.id.as_str().replace('/', "_");
        let mounts = format!("{run}-{name}-r{round}");
        let spec = &case.spec;
        let target = spec.target.as_deref();
        let args = &spec.build_args;
        let file = &spec.dockerfile;
        let dockerfile = file
            .rewrite(args, &bench.bases, Some(&mounts))
            .map_err(|error| error.to_string())?;
        let planned = file
            .steps(target, args)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            repository: format!("plimsoll/{name}"),
            container: format!("plimsoll-{run}-{name}-r{round}"),
            sync_key: format!("plimsoll-{mounts}-{}", bench.nonce),
            dockerfile,
            removed: AtomicBool::new(false),
            canary: SecretCanary::of(bench, case, round),
            arguments: frontend::build_args(&bench.record.engine, case),
            steps: planned
                .iter()
                .filter(|step| step.instruction != "FROM")
                .count(),
            planned,
        })
    }

    /// The text without the planted token.
    pub(super) fn masked(&self, text: String) -> String {
        match &self.canary {
            Some(canary) => canary.masked(&text),
            None => text,
        }
    }

    /// The tag of what empties the cache mounts.
    pub(super) fn emptied_tag(&self, run: &str) -> String {
        format!("{}:{}-emptied", self.repository, short_id(run))
    }

    /// The build arguments, with the planted secret where it is one.
    pub(super) fn build_args(&self) -> BTreeMap<String, String> {
        let mut arguments = self.arguments.clone();
        arguments.extend(self.canary.as_ref().and_then(SecretCanary::build_arg));
        arguments
    }

    /// The secrets that a step can mount: the user's, and the planted one.
    pub(super) fn secrets(&self, users: &BTreeMap<String, Secret>) -> BTreeMap<String, Secret> {
        let planted = self
            .canary
            .as_ref()
            .map(SecretCanary::mounted)
            .unwrap_or_default();
        users.clone().into_iter().chain(planted).collect()
    }

    /// An edit and the file of a planted secret, laid over the context.
    pub(super) fn overlaid(&self, mut edit: Overlay) -> Overlay {
        if let Some((path, text)) = self.canary.as_ref().and_then(SecretCanary::file) {
            edit.insert(path, text);
        }
        edit
    }

    /// The tag of the image of a phase.
    pub(super) fn tag(&self, run: &str, metric: Metric) -> String {
        format!(
            "{}:{}-{}",
            self.repository,
            short_id(run),
            metric.id().replace('.', "-")
        )
    }
}

/// An image that was built; of a ready image, its id in place of a tag.
pub(super) struct BuiltImage {
    pub(super) tag: String,
    pub(super) image: String,
}
