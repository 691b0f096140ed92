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

/// The name by which companions reach the app.
pub const APP_ALIAS: &str = "app";

/// Names that the hosts file of a container has for itself and for its network.
const OF_HOSTS_FILES: [&str; 7] = [
    "localhost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
];

/// Characters of a label of a host name (RFC 1035).
const MOST_OF_A_LABEL: usize = 63;

/// Why the app cannot reach a companion by a name; none where it can.
pub fn unreachable(name: &str) -> Option<&'static str> {
    let is_number = match name.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => name.bytes().all(|b| b.is_ascii_digit()),
    };
    match name {
        APP_ALIAS => Some("it is the app's own name in their network"),
        name if OF_HOSTS_FILES.contains(&name) => {
            Some("each container has it in its own hosts file")
        }
        _ if is_number => Some("a number is read as an IP address"),
        name if name.len() > MOST_OF_A_LABEL => Some("a host name has at most 63 characters"),
        _ => None,
    }
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
        let name = raw.name.get_ref();
        if let Some(reason) = unreachable(name) {
            let message = format!("a companion cannot be named `{name}`: {reason}");
            let hint = "choose another name, by which the app connects to it: `db`, `cache`";
            self.report(raw.name.span(), message, "", hint);
        }
        let image = raw.image.get_ref();
        if let Err(error) = image.parse::<ImageReference>() {
            let message = format!("invalid image reference: {error}");
            self.report(raw.image.span(), message, "", "");
        }
        let ready = self.companion_ready(&raw.ready)?;
        let within = self.duration(raw.ready_within.as_ref(), READY_WITHIN_DEFAULT);
        Some(Companion {
            name: name.clone(),
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
                let message = "a companion must keep running, and `exit` waits for its end";
                self.report(raw.span(), message, expected, "");
                None
            }
            Ok(contract) => Some(contract.ready),
            Err(error) => {
                let message = format!("invalid contract `{}`: {}", error.text, error.reason);
                self.report(raw.span(), message, expected, "");
                None
            }
        }
    }
}
