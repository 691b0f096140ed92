//! The supported scanners and their command lines.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::ScanError;
use super::tally::Report;
use super::{grype, process, scout, trivy};
use crate::record::{ScanOutcome, ScanRecord};
use crate::units::Nanos;

/// How long a scan may take; the first one downloads the scanner's database.
const SCAN_WITHIN: Nanos = Nanos::from_secs(900);
/// How long a version query may take.
const ANSWER_WITHIN: Nanos = Nanos::from_secs(30);

/// The text for an unknown version.
const UNKNOWN: &str = "unknown";

/// An installed scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `trivy`, `grype` or `docker scout`.
    pub scanner: &'static str,
    /// Its version, or "unknown".
    pub version: String,
    /// The date of its database, if it reports it without a scan.
    pub database: Option<String>,
    /// Why it cannot be used, if it does not report its version.
    pub problem: Option<String>,
}

/// The search path of scanners and their deadline.
#[derive(Debug, Clone)]
pub struct Scanners {
    /// The folders, as in PATH.
    pub path: OsString,
    /// How long each may take.
    pub within: Nanos,
}

impl Default for Scanners {
    /// The scanners in this process's PATH, with 15 minutes each.
    fn default() -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            within: SCAN_WITHIN,
        }
    }
}

/// The scanners of this machine: see [`Scanners::installed`].
pub async fn installed() -> Vec<Installed> {
    Scanners::default().installed().await
}

/// Scans with those of this machine: see [`Scanners::scan`].
pub async fn scan(archive: &Path) -> Vec<ScanRecord> {
    Scanners::default().scan(archive).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trivy,
    Grype,
    Scout,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Trivy, Self::Grype, Self::Scout];

    fn name(self) -> &'static str {
        match self {
            Self::Trivy => "trivy",
            Self::Grype => "grype",
            Self::Scout => "docker scout",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Trivy => "trivy",
            Self::Grype => "grype",
            Self::Scout => "docker",
        }
    }

    fn ask_version(self) -> &'static [&'static str] {
        match self {
            Self::Trivy => &["version", "--format", "json"],
            Self::Grype => &["version", "-o", "json"],
            Self::Scout => &["scout", "version"],
        }
    }

    fn version(self, answer: &[u8]) -> Result<(String, Option<String>), ScanError> {
        match self {
            Self::Trivy => trivy::parse_trivy_version(answer),
            Self::Grype => Ok((grype::parse_version(answer)?, None)),
            Self::Scout => Ok((scout::parse_version(answer)?, None)),
        }
    }

    fn ask_report(self, archive: &Path, within: Nanos) -> Vec<OsString> {
        let prefixed = |prefix: &str| {
            let mut source = OsString::from(prefix);
            source.push(archive);
            source
        };
        let words: &[&str] = match self {
            Self::Trivy => &["image", "--quiet", "--format", "json", "--scanners", "vuln"],
            Self::Grype => &["--quiet", "-o", "json"],
            Self::Scout => &["scout", "cves", "--format", "sarif"],
        };
        let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        match self {
            Self::Trivy => {
                // Its default deadline of five minutes is shorter.
                let seconds = within.0.div_ceil(1_000_000_000);
                arguments.extend(["--timeout".into(), format!("{seconds}s").into()]);
                arguments.extend(["--input".into(), archive.into()]);
            }
            Self::Grype => arguments.push(prefixed("docker-archive:")),
            Self::Scout => arguments.push(prefixed("archive://")),
        }
        arguments
    }

    fn report(self, printed: &[u8]) -> Result<Report, ScanError> {
        match self {
            Self::Trivy => trivy::parse_trivy(printed),
            Self::Grype => grype::parse_grype(printed),
            Self::Scout => scout::parse_scout(printed),
        }
    }
}

impl Scanners {
    /// The installed scanners. Docker Scout is installed if the Docker client has the plugin.
    pub async fn installed(&self) -> Vec<Installed> {
        let mut found = Vec::new();
        for (kind, program) in self.programs() {
            found.extend(self.look(kind, &program).await);
        }
        found
    }

    /// Scans an archive of `docker save` with one scanner after the other. A scanner that fails,
    /// exceeds its deadline or prints no report is in the result with the reason; its processes
    /// are ended. Scanners that are not installed are not in the result.
    pub async fn scan(&self, archive: &Path) -> Vec<ScanRecord> {
        let mut records = Vec::new();
        for (kind, program) in self.programs() {
            let Some(found) = self.look(kind, &program).await else {
                continue;
            };
            records.push(match found.problem {
                None => self.scan_with(kind, &program, found, archive).await,
                Some(problem) => ScanRecord {
                    scanner: kind.name().to_owned(),
                    version: found.version,
                    database: None,
                    outcome: ScanOutcome::Failed(problem),
                },
            });
        }
        records
    }

    async fn scan_with(
        &self,
        kind: Kind,
        program: &Path,
        mut found: Installed,
        archive: &Path,
    ) -> ScanRecord {
        let arguments = kind.ask_report(archive, self.within);
        let printed = process::run(program, &arguments, self.within).await;
        let report = printed.and_then(|printed| kind.report(&printed));
        if kind == Kind::Trivy
            && let Some(after) = self.look(kind, program).await
            && after.problem.is_none()
        {
            // The scan may have downloaded a newer database.
            found = after;
        }
        let (reported, outcome) = match report {
            Ok(report) => (
                (report.version, report.database),
                ScanOutcome::Found(report.found),
            ),
            Err(error) => ((None, None), ScanOutcome::Failed(error.chain())),
        };
        ScanRecord {
            scanner: kind.name().to_owned(),
            version: reported.0.unwrap_or(found.version),
            database: reported.1.or(found.database),
            outcome,
        }
    }

    fn programs(&self) -> impl Iterator<Item = (Kind, PathBuf)> {
        Kind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, process::find(kind.program(), &self.path)?)))
    }

    async fn look(&self, kind: Kind, program: &Path) -> Option<Installed> {
        let words = kind.ask_version().iter();
        let arguments: Vec<OsString> = words.map(OsString::from).collect();
        let within = self.within.min(ANSWER_WITHIN);
        let answer = process::run(program, &arguments, within).await;
        let (version, database, problem) = match answer.and_then(|answer| kind.version(&answer)) {
            Ok((version, database)) => (version, database, None),
            // A Docker client without the plugin does not know this command.
            Err(ScanError::Failed { .. }) if kind == Kind::Scout => return None,
            Err(error) => (UNKNOWN.to_owned(), None, Some(error.chain())),
        };
        Some(Installed {
            scanner: kind.name(),
            version,
            database,
            problem,
        })
    }
}
