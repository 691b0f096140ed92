//! The planted secret: a token that is new in each visit, to see where it can be found.

use std::collections::BTreeMap;

use super::bench::{Bench, World};
use super::planned_case::PlannedCase;
use crate::context;
use crate::engine::Secret;
use crate::scenario::SecretUse;

/// How every token begins, so that a reader knows it for what it is.
const PREFIX: &str = "plimsoll-planted-";

/// How many characters of a token are shown.
const SHOWN: usize = PREFIX.len() + 2;

/// A token and the way that it takes into the build.
pub(super) struct SecretCanary {
    id: String,
    pub(super) token: Secret,
    way: SecretUse,
}

impl SecretCanary {
    /// The canary of a visit, if its variant asks for one.
    pub(super) fn of<W: World>(bench: &Bench<W>, case: &PlannedCase, round: u32) -> Option<Self> {
        let (id, way) = (case.secret.clone()?, case.spec.secret.clone()?);
        let what = format!("{}/{}", bench.record.id, case.id);
        let nonce = context::nonce(bench.record.plan.seed, &what, "secret", round);
        let token = Secret(format!("{PREFIX}{nonce}"));
        Some(Self { id, token, way })
    }

    /// The file of the context that holds it and nothing else.
    pub(super) fn file(&self) -> Option<(String, String)> {
        match &self.way {
            SecretUse::File(path) => Some((path.clone(), format!("{}\n", self.token.0))),
            SecretUse::Mount | SecretUse::BuildArg => None,
        }
    }

    /// The build argument that holds it.
    pub(super) fn build_arg(&self) -> Option<(String, String)> {
        (self.way == SecretUse::BuildArg).then(|| (self.id.clone(), self.token.0.clone()))
    }

    /// The secrets that a `RUN` can mount.
    pub(super) fn mounted(&self) -> BTreeMap<String, Secret> {
        let pair = (self.way == SecretUse::Mount).then(|| (self.id.clone(), self.token.clone()));
        pair.into_iter().collect()
    }

    /// A text without the token: it is never printed in full.
    pub(super) fn masked(&self, text: &str) -> String {
        let shown: String = self.token.0.chars().take(SHOWN).collect();
        text.replace(&self.token.0, &format!("{shown}…"))
    }
}
