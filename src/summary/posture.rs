//! A fact of an image: as text, and as a count if it has one.

use super::analysis::Analysis;
use super::figure::{Absence, Figure};
use crate::record::{
    CaseRecord, Disposition, HardenedStart, Posture, ScanOutcome, ScanRecord, SecretPlace,
};
use crate::units::{Count, Quantity, human_count};

/// The most names of a list in a cell.
const NAMED: usize = 3;

/// Severities, the worst first; unknown names come last.
const SEVERITIES: [&str; 6] = ["critical", "high", "medium", "low", "negligible", "unknown"];

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $title:literal;)*) => {
        /// A fact of [`crate::record::FACTS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fact { $($variant,)* }

        impl Fact {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The fact of an id.
            pub(crate) fn of_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)* _ => None }
            }

            /// The stable id.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// A short heading for a column.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

facts! {
    User = "posture.user", "user";
    Shell = "posture.shell", "shell";
    PackageManagers = "posture.package-managers", "package managers";
    Compilers = "posture.compilers", "compilers";
    Setuid = "posture.setuid", "setuid files";
    OsPackages = "posture.os-packages", "OS packages";
    LanguagePackages = "posture.language-packages", "language packages";
    HealthCheck = "posture.health-check", "health check";
    Leaks = "posture.leaks", "leaks";
    Sources = "posture.sources", "sources";
    Secrets = "posture.secrets", "secrets";
    Hardened = "posture.hardened", "hardened start";
    Stop = "posture.stop", "stop";
    Cves = "posture.cves", "CVEs";
}

impl Fact {
    /// The displayed text: `root`, `none`, `3: gcc, make, ld`. Secrets are never shown.
    pub(crate) fn words(self, posture: &Posture) -> String {
        match self {
            Self::User if posture.root => "root".to_owned(),
            Self::User => posture.user.clone(),
            Self::Shell => posture.shell.clone().unwrap_or_else(none),
            Self::PackageManagers => {
                let more = posture.unlisted.package_managers;
                listed(&posture.package_managers, more, file_name)
            }
            Self::Compilers => listed(&posture.compilers, posture.unlisted.compilers, file_name),
            Self::Setuid => match whole(&posture.setuid, posture.unlisted.setuid) {
                Count(0) => none(),
                count => human_count(count),
            },
            Self::OsPackages => match (posture.os_packages, &posture.unread_packages) {
                (Some(count), None) => human_count(count),
                (Some(count), Some(manager)) => {
                    format!("{}; {manager} not counted", human_count(count))
                }
                (None, Some(manager)) => format!("not counted ({manager})"),
                (None, None) => "no database".to_owned(),
            },
            Self::LanguagePackages => by_kind(&posture.language_packages),
            Self::HealthCheck if posture.health_check => "yes".to_owned(),
            Self::HealthCheck => none(),
            Self::Leaks => listed(&posture.leaks, posture.unlisted.leaks, str::to_owned),
            Self::Sources => by_kind(&posture.sources),
            Self::Secrets => secrets(posture),
            Self::Hardened => match &posture.hardened {
                Some(HardenedStart::Ready) => "ready".to_owned(),
                Some(HardenedStart::Failed { .. }) => "failed".to_owned(),
                Some(HardenedStart::NotTried { .. }) | None => "not tried".to_owned(),
            },
            Self::Stop => stop(posture),
            Self::Cves => match posture.scans.as_slice() {
                [] => "no scanner".to_owned(),
                scans => scans.iter().map(scanned).collect::<Vec<_>>().join("; "),
            },
        }
    }

    /// The same with each name that is known, whole.
    pub(crate) fn whole_words(self, posture: &Posture) -> String {
        let more = &posture.unlisted;
        match self {
            Self::PackageManagers => each(&posture.package_managers, more.package_managers),
            Self::Compilers => each(&posture.compilers, more.compilers),
            Self::Setuid => each(&posture.setuid, more.setuid),
            Self::Leaks => each(&posture.leaks, more.leaks),
            _ => self.words(posture),
        }
    }

    /// The note: why something failed.
    pub(crate) fn remark(self, posture: &Posture) -> Option<String> {
        match (self, &posture.hardened) {
            (Self::Hardened, Some(HardenedStart::Failed { reason })) => {
                Some(format!("hardened start failed: {reason}"))
            }
            (Self::Hardened, Some(HardenedStart::NotTried { reason })) => {
                Some(format!("hardened start not tried: {reason}"))
            }
            _ => None,
        }
    }

    /// The count, if the fact has one; a shell and a stop count 0 or 1. Vulnerabilities are those
    /// of the first scanner, with any severity.
    fn count(self, posture: &Posture) -> Result<u64, &'static str> {
        let more = &posture.unlisted;
        let count = match self {
            Self::Shell => Count(u64::from(posture.shell.is_some())),
            Self::PackageManagers => whole(&posture.package_managers, more.package_managers),
            Self::Compilers => whole(&posture.compilers, more.compilers),
            Self::Setuid => whole(&posture.setuid, more.setuid),
            Self::Leaks => whole(&posture.leaks, more.leaks),
            Self::Secrets => whole(&posture.secrets, more.secrets),
            Self::OsPackages => match (posture.os_packages, &posture.unread_packages) {
                (_, Some(_)) => return Err("a package database cannot be read"),
                // Without a package database, there are no system packages.
                (count, None) => count.unwrap_or(Count(0)),
            },
            Self::Stop => {
                let stop = posture.stop.ok_or("it was not stopped")?;
                Count(u64::from(stop.killed))
            }
            Self::Cves => {
                let found = posture.scans.iter().find_map(|scan| match &scan.outcome {
                    ScanOutcome::Found(found) => Some(found),
                    ScanOutcome::Failed(_) => None,
                });
                let found = found.ok_or("no scanner here found out")?;
                return Ok(found.values().map(|count| count.0).sum());
            }
            Self::User
            | Self::LanguagePackages
            | Self::HealthCheck
            | Self::Sources
            | Self::Hardened => return Err("it is no count"),
        };
        Ok(count.0)
    }

    /// Whether its change is a number.
    pub(crate) fn is_count(self) -> bool {
        crate::record::COUNTED_FACTS.contains(&self.id())
    }
}

/// The posture of a case, or the reason for its absence.
pub(crate) fn posture_of(case: &CaseRecord) -> Result<&Posture, Absence> {
    match (&case.disposition, &case.posture) {
        (Disposition::Failed { reason }, _) => Err(Absence {
            word: "DNF",
            status: "dnf",
            reason: Some(reason.clone()),
        }),
        (Disposition::NotApplicable { reason }, _) => Err(Absence {
            word: "n/a",
            status: "not-applicable",
            reason: Some(reason.clone()),
        }),
        (Disposition::NotAvailable { reason }, _) => Err(Absence {
            word: "not here",
            status: "not-available",
            reason: Some(format!("not available here: {reason}")),
        }),
        (Disposition::Pending | Disposition::Qualified, Some(posture)) => Ok(posture),
        (Disposition::Pending | Disposition::Qualified, None) => {
            Err(Absence::not_derived("this image was not looked into"))
        }
    }
}

/// A counted fact of a case.
pub(super) fn counted(_: &Analysis<'_>, case: &CaseRecord, fact: Fact) -> Figure {
    let count = fact
        .count(posture_of(case)?)
        .map_err(Absence::not_derived)?;
    Ok(Quantity::Count(Count(count)))
}

fn none() -> String {
    "none".to_owned()
}

/// The total: listed names and omitted ones.
fn whole<T>(listed: &[T], more: Count) -> Count {
    Count(listed.len() as u64) + more
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// `none`, `apt, dpkg`, `12: gcc, g++, make, …`; a name that several paths share once.
fn listed(items: &[String], more: Count, shown: impl Fn(&str) -> String) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in items.iter().map(|item| shown(item)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() <= NAMED && more == Count(0) {
        return if names.is_empty() {
            none()
        } else {
            names.join(", ")
        };
    }
    names.truncate(NAMED);
    names.push("…".to_owned());
    let count = human_count(whole(items, more));
    format!("{count}: {}", names.join(", "))
}

/// `none`, `/usr/bin/apt, /usr/bin/dpkg`, `12: /usr/bin/cc, …` with all twelve.
fn each(items: &[String], more: Count) -> String {
    let all = whole(items, more);
    let names = items.join(", ");
    match more {
        Count(0) if items.is_empty() => none(),
        Count(0) if items.len() <= NAMED => names,
        Count(0) => format!("{}: {names}", human_count(all)),
        more => {
            let (all, more) = (human_count(all), human_count(more));
            format!("{all}: {names}; {more} more are too many to list")
        }
    }
}

/// `312 npm, 5 python`.
fn by_kind(counts: &std::collections::BTreeMap<String, Count>) -> String {
    let some = counts.iter().filter(|(_, count)| count.0 > 0);
    let parts: Vec<String> = some
        .map(|(kind, count)| format!("{} {kind}", human_count(*count)))
        .collect();
    if parts.is_empty() {
        none()
    } else {
        parts.join(", ")
    }
}

pub(crate) fn place_word(place: SecretPlace) -> &'static str {
    match place {
        SecretPlace::History => "history",
        SecretPlace::Config => "config",
        SecretPlace::Layer => "layer",
    }
}

/// `none`, `2: history, layer`, `1 planted: layer`, `3, 2 planted: history, layer`.
fn secrets(posture: &Posture) -> String {
    let all = whole(&posture.secrets, posture.unlisted.secrets);
    if all == Count(0) {
        return none();
    }
    let planted = posture.secrets.iter().filter(|secret| secret.planted);
    let planted = Count(planted.count() as u64);
    let all_words = human_count(all);
    let mut places: Vec<SecretPlace> = posture.secrets.iter().map(|secret| secret.place).collect();
    places.sort_unstable();
    places.dedup();
    let places: Vec<&str> = places.into_iter().map(place_word).collect();
    let what = match planted {
        Count(0) => all_words,
        planted if planted == all => format!("{all_words} planted"),
        planted => format!("{all_words}, {} planted", human_count(planted)),
    };
    format!("{what}: {}", places.join(", "))
}

fn stop(posture: &Posture) -> String {
    match posture.stop {
        None => "not tried".to_owned(),
        Some(stop) if stop.killed => {
            let seconds = stop.grace_ns.as_secs_f64();
            format!("killed after {seconds} s ({})", stop.exit_code)
        }
        Some(stop) => format!("exit {}", stop.exit_code),
    }
}

/// `trivy: 3 critical, 12 high`, `trivy: none`, `grype failed`.
fn scanned(scan: &ScanRecord) -> String {
    let found = match &scan.outcome {
        ScanOutcome::Found(found) => found,
        ScanOutcome::Failed(_) => return format!("{} failed", scan.scanner),
    };
    let rank = |severity: &str| SEVERITIES.iter().position(|known| *known == severity);
    let mut some: Vec<_> = found.iter().filter(|(_, count)| count.0 > 0).collect();
    some.sort_by_key(|(severity, _)| rank(severity).unwrap_or(SEVERITIES.len()));
    let parts: Vec<String> = some
        .into_iter()
        .map(|(severity, count)| format!("{} {severity}", human_count(*count)))
        .collect();
    let parts = if parts.is_empty() {
        none()
    } else {
        parts.join(", ")
    };
    format!("{}: {parts}", scan.scanner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::FACTS;

    #[test]
    fn every_fact_of_the_record_has_a_text() {
        let ids: Vec<&str> = Fact::ALL.iter().map(|fact| fact.id()).collect();
        assert_eq!(ids, FACTS);
        for fact in Fact::ALL {
            assert_eq!(Fact::of_id(fact.id()), Some(*fact));
            assert!(
                !fact
                    .words(&Posture {
                        user: "1000".to_owned(),
                        ..Posture::default()
                    })
                    .is_empty()
            );
            let depends = [Fact::Stop, Fact::Cves].contains(fact);
            let is_count = fact.count(&Posture::default()).is_ok() || depends;
            assert_eq!(fact.is_count(), is_count, "{}", fact.id());
        }
    }

    #[test]
    fn lists_are_short_and_equal_names_are_merged() {
        let paths = |names: &[&str]| {
            names
                .iter()
                .map(|name| format!("/usr/bin/{name}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(listed(&[], Count(0), file_name), "none");
        let mut twice = paths(&["apt", "dpkg"]);
        twice.push("/bin/apt".to_owned());
        assert_eq!(listed(&twice, Count(0), file_name), "apt, dpkg");
        assert_eq!(
            listed(&paths(&["a", "b", "c", "d"]), Count(0), file_name),
            "4: a, b, c, …"
        );
        assert_eq!(
            listed(&paths(&["a"]), Count(2_000), file_name),
            format!("{}: a, …", human_count(Count(2_001)))
        );
    }

    #[test]
    fn whole_words_have_each_name_and_its_path() {
        let paths = |count: usize| -> Vec<String> {
            (0..count).map(|at| format!("/usr/bin/{at}")).collect()
        };
        let mut posture = Posture {
            package_managers: paths(2),
            compilers: paths(4),
            ..Posture::default()
        };
        posture.leaks = paths(1);
        posture.unlisted.leaks = Count(2);
        let words = |fact: Fact| fact.whole_words(&posture);
        assert_eq!(words(Fact::Setuid), "none");
        assert_eq!(words(Fact::PackageManagers), "/usr/bin/0, /usr/bin/1");
        assert_eq!(
            words(Fact::Compilers),
            "4: /usr/bin/0, /usr/bin/1, /usr/bin/2, /usr/bin/3"
        );
        assert_eq!(
            words(Fact::Leaks),
            "3: /usr/bin/0; 2 more are too many to list"
        );
        assert_eq!(words(Fact::Shell), "none");
    }

    #[test]
    fn a_count_includes_omitted_names_and_is_never_invented() {
        let mut posture = Posture {
            setuid: vec!["/a".to_owned()],
            unread_packages: Some("rpm".to_owned()),
            ..Posture::default()
        };
        posture.unlisted.setuid = Count(7);
        posture.unlisted.secrets = Count(3);
        assert_eq!(Fact::Setuid.count(&posture), Ok(8));
        assert_eq!(Fact::Setuid.words(&posture), "8");
        assert_eq!(Fact::Secrets.count(&posture), Ok(3));
        assert!(Fact::OsPackages.count(&posture).is_err());
        assert_eq!(Fact::OsPackages.words(&posture), "not counted (rpm)");
        posture.unread_packages = None;
        assert_eq!(Fact::OsPackages.count(&posture), Ok(0));
    }
}
