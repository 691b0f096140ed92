//! Services that the app needs, and what can be wrong with them.

use std::collections::BTreeMap;

use super::check::Checker;
use super::contract::{Contract, READY_WITHIN_DEFAULT, ReadyCheck};
use super::raw::{RawCompanion, Text};
use super::ready_form::parse_ready;
use crate::oci::ImageReference;

/// A service that is started and ready before the app, in a private network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The name by which the app reaches it.
    pub name: String,
    /// The reference of its image.
    pub image: String,
    /// What its container runs, in place of the image's own command; empty for that.
    pub command: Vec<String>,
    /// When it is ready, and its environment.
    pub contract: Contract,
}

impl Checker<'_> {
    pub fn companions(&mut self, raw: &[RawCompanion]) -> Vec<Companion> {
        self.unique(raw.iter().map(|companion| &companion.name), "companion");
        raw.iter()
            .filter_map(|companion| self.companion(companion))
            .collect()
    }

    fn companion(&mut self, raw: &RawCompanion) -> Option<Companion> {
        self.kebab(&raw.name, "name of a companion");
        let image = raw.image.get_ref();
        if let Err(error) = image.parse::<ImageReference>() {
            let message = format!("`{image}` is no image reference: {error}");
            self.report(raw.image.span(), message, "", "");
        }
        let ready = self.companion_ready(&raw.ready)?;
        let within = self.duration(raw.ready_within.as_ref(), READY_WITHIN_DEFAULT);
        Some(Companion {
            name: raw.name.get_ref().clone(),
            image: image.clone(),
            command: raw.command.clone(),
            contract: Contract {
                ready_within: within,
                env: BTreeMap::clone(&raw.env),
                ..Contract::of(ready)
            },
        })
    }

    fn companion_ready(&mut self, raw: &Text) -> Option<ReadyCheck> {
        let expected = "`tcp://:5432`, `http://:8080/health`, `log:REGEX` or `healthy`";
        match parse_ready(raw.get_ref()) {
            Ok(Contract {
                ready: ReadyCheck::Exit { .. },
                ..
            }) => {
                let message = "a companion that has finished is no service";
                self.report(raw.span(), message, expected, "");
                None
            }
            Ok(contract) => Some(contract.ready),
            Err(error) => {
                let message = format!("`{}` is no contract: {}", error.text, error.reason);
                self.report(raw.span(), message, expected, "");
                None
            }
        }
    }
}
