//! Conditions on one image: `secrets`, `root`, `waste>5%`, `size>60MB`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Inspection, WasteCause};
use crate::record::{SecretFinding, SecretPlace};
use crate::units::{Bytes, Count, human_count};

/// A condition that fails an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    subject: GateSubject,
    /// What is too much; anything is, where none is stated.
    most: Option<Most>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Most {
    Percent(f64),
    Number(u64),
}

/// Why a condition cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the condition `{text}`: {problem}")]
pub struct BadCondition {
    text: String,
    problem: String,
}

impl BadCondition {
    /// The conditions that there are.
    pub fn hint(&self) -> String {
        let names: Vec<_> = GateSubject::ALL.iter().map(|one| one.example()).collect();
        format!("the conditions are {}", names.join(", "))
    }
}

/// A condition that an image meets, so that it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateFinding {
    /// Where in the image, where it is a path.
    pub path: Option<String>,
    /// One sentence.
    pub message: String,
}

/// A condition and what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The condition.
    pub condition: Condition,
    /// Why the image fails; empty where it does not.
    pub findings: Vec<GateFinding>,
}

macro_rules! subjects {
    ($($variant:ident = $name:literal, $kind:ident, $example:literal, $doc:literal;)*) => {
        /// What a condition is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum GateSubject { $(#[doc = $doc] $variant,)* }

        impl GateSubject {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is written: a stable id.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in one sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            fn example(self) -> &'static str {
                match self { $(Self::$variant => $example,)* }
            }

            fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }
        }
    };
}

/// What a condition may state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Flag,
    /// A number, or nothing.
    Count,
    /// A number.
    Number,
    /// Bytes.
    Size,
    /// Bytes, or a share of the layers' bytes.
    Waste,
}

subjects! {
    Secrets = "secrets", Count, "secrets", "The image contains secrets.";
    Root = "root", Flag, "root", "The image runs as root.";
    NoHealthCheck = "no-health-check", Flag, "no-health-check", "The image has no health check.";
    Shell = "shell", Flag, "shell", "The image has a shell.";
    Leaks = "leaks", Count, "leaks", "The image contains files that came along by accident.";
    Setuid = "setuid", Count, "setuid", "The image contains setuid or setgid files.";
    Compilers = "compilers", Count, "compilers", "The image contains compilers.";
    PackageManagers = "package-managers", Count, "package-managers", "The image contains package managers.";
    Chown = "chown", Flag, "chown", "A layer writes a file again only to change its owner or its permissions.";
    Waste = "waste", Waste, "waste>5%", "Layers hold more bytes than allowed that the final tree does not.";
    Size = "size", Size, "size>60MB", "The layers are larger than allowed, unpacked.";
    Packed = "packed", Size, "packed>25MB", "The layers are larger than allowed, packed.";
    Files = "files", Number, "files>10000", "The image has more files, folders and links than allowed.";
    Layers = "layers", Number, "layers>20", "The image has more layers than allowed.";
    Packages = "packages", Number, "packages>100", "The image has more packages than allowed.";
}

impl Condition {
    /// What it is about.
    pub fn subject(&self) -> GateSubject {
        self.subject
    }

    /// Why the image fails; empty where it does not. A condition that cannot be checked is
    /// one that the image fails.
    pub fn judge(&self, image: &Inspection) -> Vec<GateFinding> {
        let mut findings = self.found(image);
        if findings.is_empty()
            && let Some(missing) = self.missing(image)
        {
            findings.push(finding(missing));
        }
        findings
    }

    /// Why the image may fail and does not show it.
    fn missing(&self, image: &Inspection) -> Option<String> {
        let name = self.subject.name();
        let needs_layers = !matches!(
            self.subject,
            GateSubject::NoHealthCheck | GateSubject::Layers
        );
        match image.missing_layers {
            Count(0) => {}
            Count(1) if needs_layers => {
                return Some(format!(
                    "1 foreign layer is not read, so `{name}` is not known"
                ));
            }
            missing if needs_layers => {
                return Some(format!(
                    "{} foreign layers are not read, so `{name}` is not known",
                    human_count(missing)
                ));
            }
            _ => {}
        }
        let manager = image.posture.unread_packages.as_deref();
        if self.subject != GateSubject::Packages {
            return None;
        }
        if let Some(manager) = manager {
            return Some(format!(
                "The package database of {manager} cannot be read, so `{name}` cannot be checked"
            ));
        }
        match image.packages.open_ended {
            Count(0) => None,
            Count(1) => Some(format!(
                "The packages of 1 file cannot be read, so `{name}` cannot be checked"
            )),
            unread => Some(format!(
                "The packages of {} files cannot be read, so `{name}` cannot be checked",
                human_count(unread)
            )),
        }
    }

    /// What the image has that meets the condition.
    fn found(&self, image: &Inspection) -> Vec<GateFinding> {
        let posture = &image.posture;
        let more = &posture.unlisted;
        let whole = |is_met: bool| match is_met {
            true => vec![finding(self.subject.about())],
            false => Vec::new(),
        };
        match self.subject {
            GateSubject::Secrets => {
                self.counted(posture.secrets.iter().map(secret), more.secrets, "secrets")
            }
            GateSubject::Root => whole(posture.root),
            GateSubject::NoHealthCheck => whole(!posture.health_check),
            GateSubject::Shell => whole(posture.shell.is_some()),
            GateSubject::Leaks => self.paths(&posture.leaks, more.leaks, "belongs to no image"),
            GateSubject::Setuid => self.paths(&posture.setuid, more.setuid, "is setuid or setgid"),
            GateSubject::Compilers => {
                self.paths(&posture.compilers, more.compilers, "is a compiler")
            }
            GateSubject::PackageManagers => {
                let (paths, more) = (&posture.package_managers, more.package_managers);
                self.paths(paths, more, "is a package manager")
            }
            GateSubject::Chown => { image.waste.groups.iter() }
                .filter(|group| {
                    matches!(
                        group.cause,
                        WasteCause::OwnerChanged | WasteCause::ModeChanged
                    )
                })
                .map(|group| GateFinding {
                    path: Some(group.path.clone()),
                    message: format!(
                        "Layer {} writes {} again ({}) only to change owners or permissions",
                        group.hidden_by, group.path, group.bytes
                    ),
                })
                .collect(),
            GateSubject::Waste => self.wasted(image),
            GateSubject::Size => self.sized("unpacked", image.unpacked_bytes),
            GateSubject::Packed => match image.packed_bytes {
                Some(packed) => self.sized("packed", packed),
                None if image.missing_layers > Count(0) => Vec::new(),
                None => vec![finding(
                    "Its layers are not packed here, so `packed` is not known",
                )],
            },
            GateSubject::Files => self.numbered("files, folders and links", image.files),
            GateSubject::Layers => {
                let layers = Count(image.layers.len() as u64);
                self.numbered("layers", layers + image.missing_layers)
            }
            GateSubject::Packages => self.numbered("packages", image.packages.installed()),
        }
    }

    /// Findings of a list; `more` is how many the list does not hold.
    fn counted(
        &self,
        found: impl Iterator<Item = GateFinding>,
        more: Count,
        what: &str,
    ) -> Vec<GateFinding> {
        let mut found: Vec<_> = found.collect();
        let all = more.0.saturating_add(found.len() as u64);
        if let Some(Most::Number(most)) = self.most
            && all <= most
        {
            return Vec::new();
        }
        if more > Count(0) {
            let more = human_count(more);
            found.push(finding(format!("{more} more {what} are not listed")));
        }
        found
    }

    fn paths(&self, paths: &[String], more: Count, is: &str) -> Vec<GateFinding> {
        let found = paths.iter().map(|path| GateFinding {
            path: Some(path.clone()),
            message: format!("{path} {is}"),
        });
        self.counted(found, more, "such paths")
    }

    fn numbered(&self, what: &str, count: Count) -> Vec<GateFinding> {
        match self.most {
            Some(Most::Number(most)) if count.0 > most => vec![finding(format!(
                "The image has {} {what}, and {} are allowed",
                human_count(count),
                human_count(Count(most))
            ))],
            _ => Vec::new(),
        }
    }

    fn sized(&self, what: &str, bytes: Bytes) -> Vec<GateFinding> {
        match self.most {
            Some(Most::Number(most)) if bytes.0 > most => vec![finding(format!(
                "The layers have {bytes} {what}, and {} are allowed",
                Bytes(most)
            ))],
            _ => Vec::new(),
        }
    }

    fn wasted(&self, image: &Inspection) -> Vec<GateFinding> {
        let wasted = image.waste_bytes;
        match self.most {
            Some(Most::Percent(most)) => {
                let all = image.unpacked_bytes.0.max(1) as f64;
                let share = wasted.0 as f64 / all * 100.0;
                let message = format!(
                    "{wasted} ({share:.1} %) of the layers are wasted, and {most} % are allowed"
                );
                if share > most {
                    vec![finding(message)]
                } else {
                    Vec::new()
                }
            }
            Some(Most::Number(most)) if wasted.0 > most => vec![finding(format!(
                "{wasted} of the layers are wasted, and {} are allowed",
                Bytes(most)
            ))],
            _ => Vec::new(),
        }
    }
}

/// A secret by its kind and its place.
fn secret(secret: &SecretFinding) -> GateFinding {
    let file = secret.at.rsplit_once(" in layer ");
    let file = file.filter(|(path, _)| path.starts_with('/'));
    let (kind, at) = (&secret.kind, &secret.at);
    let message = match secret.place {
        SecretPlace::History => format!("The history contains a secret: {kind} ({at})"),
        SecretPlace::Config => format!("The config contains a secret: {kind} ({at})"),
        SecretPlace::Layer => format!("A layer contains a secret: {kind} ({at})"),
    };
    GateFinding {
        path: file.map(|(path, _)| path.to_owned()),
        message,
    }
}

fn finding(message: impl Into<String>) -> GateFinding {
    GateFinding {
        path: None,
        message: message.into(),
    }
}

impl FromStr for Condition {
    type Err = BadCondition;

    fn from_str(text: &str) -> Result<Self, BadCondition> {
        let bad = |problem: &str| BadCondition {
            text: text.to_owned(),
            problem: problem.to_owned(),
        };
        let (name, most) = match text.split_once('>') {
            Some((name, most)) => (name.trim(), Some(most.trim())),
            None => (text.trim(), None),
        };
        let subject = GateSubject::ALL.iter().find(|one| one.name() == name);
        let subject = *subject.ok_or_else(|| bad("there is no such condition"))?;
        let number = |text: &str| text.parse().ok().map(Most::Number);
        let size = |text: &str| bytes(text).map(Most::Number);
        let most = match (subject.kind(), most) {
            (Kind::Flag | Kind::Count, None) => None,
            (Kind::Flag, Some(_)) => return Err(bad("it is met or not, and takes no number")),
            (Kind::Number, None) => return Err(bad("it needs a number, as in `files>10000`")),
            (Kind::Size | Kind::Waste, None) => {
                return Err(bad("it needs a size, as in `size>60MB`"));
            }
            (Kind::Count | Kind::Number, Some(text)) => {
                Some(number(text).ok_or_else(|| bad("it needs a whole number"))?)
            }
            (Kind::Size, Some(text)) => {
                Some(size(text).ok_or_else(|| bad("it needs a size: `60MB`, `1.5GB`, `64MiB`"))?)
            }
            (Kind::Waste, Some(text)) => {
                let most = match text.strip_suffix('%') {
                    Some(share) => {
                        let share = share.trim().parse().ok();
                        let share = share.filter(|share| (0.0..=100.0).contains(share));
                        Some(share.ok_or_else(|| bad("it needs a share from 0% to 100%"))?)
                    }
                    None => None,
                };
                let most = most.map(Most::Percent).or_else(|| size(text));
                Some(most.ok_or_else(|| bad("it needs a share or a size: `5%`, `10MB`"))?)
            }
        };
        Ok(Self { subject, most })
    }
}

/// Bytes as people write them.
fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    let bytes = number * unit;
    (0.0..9e18).contains(&bytes).then_some(bytes as u64)
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.subject.name())?;
        match (self.most, self.subject.kind()) {
            (None, _) => Ok(()),
            (Some(Most::Percent(most)), _) => write!(f, ">{most}%"),
            (Some(Most::Number(most)), Kind::Size | Kind::Waste) => write!(f, ">{}", Bytes(most)),
            (Some(Most::Number(most)), _) => write!(f, ">{most}"),
        }
    }
}

/// Judges an image by conditions, in their order.
pub fn judge(image: &Inspection, conditions: &[Condition]) -> Vec<Judged> {
    let judged = conditions.iter().map(|condition| Judged {
        condition: *condition,
        findings: condition.judge(image),
    });
    judged.collect()
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
