//! `plimsoll doctor`: what is available, what is missing, and how to fix it.

use std::path::Path;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::args::{DoctorArgs, Place, TableFormat};
use super::cases::{self, CaseFilter};
use super::config;
use super::connection;
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::planning::calibrate;
use crate::bases::{self, Catalogue};
use crate::cleanroom;
use crate::docker::{DockerEngine, Endpoint};
use crate::engine::{Engine, EngineError, LABEL_RECIPE, OwnedKind};
use crate::host::{self, SystemClock};
use crate::record::ImageStore;
use crate::scan::{self, Installed};
use crate::secrets::mask_found;
use crate::units::Bytes;

/// Room below which a run of the whole matrix may fail.
const LOW_DISK: Bytes = Bytes(15_000_000_000);

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Fine,
    Note,
    Missing,
}

struct Finding {
    subject: &'static str,
    grade: Grade,
    text: String,
    fix: Option<String>,
}

impl Finding {
    fn fine(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            subject,
            grade: Grade::Fine,
            text: text.into(),
            fix: None,
        }
    }

    fn note(subject: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            subject,
            grade: Grade::Note,
            text: text.into(),
            fix: Some(fix.into()),
        }
    }

    fn missing(subject: &'static str, text: impl Into<String>, fix: Option<String>) -> Self {
        Self {
            subject,
            grade: Grade::Missing,
            text: text.into(),
            fix,
        }
    }
}

/// Looks at everything, even where something is missing.
///
/// # Errors
/// When stdout is closed. What is missing ends in exit code 1.
pub(super) async fn doctor(
    place: &Place,
    args: &DoctorArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let mut findings = vec![machine(), room(place)];
    findings.extend(scenarios(place));
    let found = connection::find(place.host.as_deref());
    if let Ok(found) = &found
        // Its text has no password in it; what is no address, the connection says.
        && let Ok(endpoint) = Endpoint::parse(&found.host)
    {
        let text = format!("{endpoint}: {}", found.why);
        findings.push(Finding::fine("address", text));
    }
    let connected = async {
        let engine = DockerEngine::connect(Some(&found?.host)).await?;
        engine.ping().await.map(|()| engine)
    };
    let connected: Result<_, EngineError> = connected.await;
    match connected {
        Ok(engine) => findings.extend(engine_findings(&engine, place).await),
        Err(error) => {
            let fix = error.hint.clone();
            findings.push(Finding::missing("engine", error.chain(), fix));
        }
    }
    findings.extend(left_rooms(place));
    findings.push(scanners(scan::installed().await));
    print(&findings, args.format, printer)?;
    let sick = findings
        .iter()
        .any(|finding| finding.grade == Grade::Missing);
    Ok(if sick { Exit::Failed } else { Exit::Fine })
}

/// Vulnerability scanners: a run asks those that there are.
fn scanners(found: Vec<Installed>) -> Finding {
    const SUBJECT: &str = "scanners";
    if found.is_empty() {
        return Finding::note(
            SUBJECT,
            "none is installed, so vulnerabilities are not counted",
            "install Trivy, Grype or Docker Scout, if you want them counted",
        );
    }
    let broken = found.iter().find_map(|one| one.problem.clone());
    let named = found.into_iter().map(|one| {
        let database = one.database.map(|date| format!(", database of {date}"));
        format!(
            "{} {}{}",
            one.scanner,
            one.version,
            database.unwrap_or_default()
        )
    });
    let named = named.collect::<Vec<_>>().join("; ");
    match broken {
        Some(problem) => Finding::note(SUBJECT, named, problem),
        None => Finding::fine(SUBJECT, named),
    }
}

fn print(findings: &[Finding], format: TableFormat, printer: &mut Printer) -> Result<(), Failure> {
    let word = |grade| match grade {
        Grade::Fine => "ok",
        Grade::Note => "note",
        Grade::Missing => "MISSING",
    };
    if format == TableFormat::Json {
        let list: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({ "subject": finding.subject, "state": word(finding.grade).to_lowercase(),
                        "text": mask_found(&finding.text),
                        "fix": finding.fix.as_deref().map(mask_found) })
            })
            .collect();
        return Ok(printer.line(&format!("{:#}", json!({ "findings": list })))?);
    }
    for finding in findings {
        printer.row(&format!(
            "{:<8} {:<10} {}",
            word(finding.grade),
            finding.subject,
            finding.text
        ))?;
        if let Some(fix) = &finding.fix {
            printer.row(&format!("{:<19} -> {fix}", ""))?;
        }
    }
    Ok(())
}

fn machine() -> Finding {
    let facts = host::facts();
    Finding::fine(
        "host",
        format!(
            "{}, kernel {}, {} CPUs ({}), {} memory",
            facts.os, facts.kernel, facts.cpus.0, facts.cpu, facts.memory_bytes
        ),
    )
}

/// Whether a private engine is available. It is one of this machine, whatever engine is chosen.
fn room(place: &Place) -> Finding {
    match cleanroom::check_requirements() {
        Ok(means) => {
            let folder = place.rooms.display();
            let free = host::free_bytes(&place.rooms)
                .map(|free| format!(", {free} free"))
                .unwrap_or_default();
            Finding::fine(
                "clean room",
                format!(
                    "available (dockerd {}, data in {folder}{free})",
                    means.version
                ),
            )
        }
        Err(lacks) => Finding::note("clean room", format!("not available: {lacks}"), lacks.fix()),
    }
}

fn left_rooms(place: &Place) -> Option<Finding> {
    let rooms = cleanroom::stale_rooms(&place.rooms);
    let names: Vec<_> = rooms.iter().map(|room| room.id.as_str()).collect();
    (!names.is_empty()).then(|| {
        let text = format!("clean rooms of runs that were killed: {}", names.join(", "));
        Finding::note("leftovers", text, "plimsoll clean")
    })
}

fn scenarios(place: &Place) -> Vec<Finding> {
    let selection = cases::load(place, &[])
        .and_then(|scenarios| cases::select(&scenarios, &CaseFilter::new(None)?, &place.results()));
    match selection {
        Ok(selection) => {
            let names: Vec<_> = selection
                .scenarios
                .iter()
                .map(|scenario| scenario.name.as_str())
                .collect();
            vec![Finding::fine(
                "scenarios",
                format!(
                    "{} with {} variants",
                    names.join(", "),
                    selection.records.len()
                ),
            )]
        }
        Err(failure) => vec![Finding::missing("scenarios", failure.to_string(), None)],
    }
}

async fn engine_findings(engine: &DockerEngine, place: &Place) -> Vec<Finding> {
    let mut findings = Vec::new();
    match engine.facts().await {
        Ok(facts) => {
            findings.push(Finding::fine(
                "engine",
                format!(
                    "{} {} at {} (API {}, {}, cgroup v{}, {})",
                    facts.name,
                    facts.version,
                    facts.endpoint,
                    facts.api_version,
                    facts.platform,
                    facts.cgroup_version,
                    facts.runtime
                ),
            ));
            findings.push(match facts.store {
                ImageStore::Unknown => Finding::note(
                    "store",
                    format!("{}: what its sizes mean is not known", facts.driver),
                    "read size.engine with care; size.unpacked does not depend on it",
                ),
                ref store => Finding::fine("store", format!("{} ({store:?})", facts.driver)),
            });
            findings.push(if facts.builder == "buildkit" {
                Finding::fine("builder", "BuildKit")
            } else {
                Finding::note(
                    "builder",
                    format!("{}: it reports no cached steps", facts.builder),
                    "use an engine with BuildKit: without steps no build can be shown to be cold or cached",
                )
            });
            let root = facts.data_root.clone().unwrap_or_default();
            // A root that does not exist here is on the other side of the socket.
            let here = Path::new(&root).is_dir().then_some(Path::new(&root));
            findings.extend(here.and_then(host::free_bytes).map(|free| {
                let text = format!("{free} free where the engine keeps its data ({root})");
                if free < LOW_DISK {
                    Finding::note("disk", text, format!("a whole matrix may need {LOW_DISK}"))
                } else {
                    Finding::fine("disk", text)
                }
            }));
        }
        Err(error) => findings.push(Finding::missing(
            "engine",
            error.chain(),
            error.hint.clone(),
        )),
    }
    if let Ok(calibration) = calibrate(engine, &SystemClock::new()).await {
        findings.push(Finding::fine(
            "clock",
            format!(
                "round trip to the engine {}, clock resolution {} ns",
                calibration.ping_ns, calibration.clock_resolution_ns.0
            ),
        ));
    }
    findings.extend(base_findings(engine, place).await);
    findings.extend(leftovers(engine).await);
    findings
}

fn catalogue(place: &Place) -> Result<Catalogue, Failure> {
    Ok(Catalogue::load(&place.bases()?)?)
}

async fn base_findings(engine: &DockerEngine, place: &Place) -> Vec<Finding> {
    let selected = cases::load(place, &[])
        .and_then(|scenarios| cases::select(&scenarios, &CaseFilter::new(None)?, &place.results()));
    let (Ok(selection), Ok(catalogue), Ok(config)) =
        (selected, catalogue(place), config::load(place))
    else {
        return Vec::new();
    };
    let references = selection.bases();
    let Ok(available) = bases::available(engine, &references, &config.bases).await else {
        return Vec::new();
    };
    let mut findings = registries(&available);
    let (mut real, mut stand_in) = (Vec::new(), Vec::new());
    for (reference, reason) in available {
        if reason.is_none() {
            real.push(reference);
            continue;
        }
        let Some(entry) = catalogue.find(&reference) else {
            findings.push(Finding::note(
                "bases",
                format!(
                    "{reference}: not available, and there is no stand-in recipe; what rests on it is not available here"
                ),
                "pull it by hand, or map it to a mirror in plimsoll.toml",
            ));
            continue;
        };
        match engine.image(&entry.stand_in()).await.ok().flatten() {
            Some(image)
                if image.labels.get(LABEL_RECIPE) == catalogue.recipe_hash(entry).ok().as_ref() =>
            {
                stand_in.push(reference);
            }
            Some(_) => findings.push(Finding::note(
                "bases",
                format!("the stand-in for {reference} was made by another recipe"),
                "plimsoll bases build",
            )),
            None => findings.push(Finding::missing(
                "bases",
                format!("{reference}: not available, and its stand-in is not built"),
                Some("plimsoll bases build, or map it to a mirror in plimsoll.toml".to_owned()),
            )),
        }
    }
    if !real.is_empty() {
        findings.push(Finding::fine(
            "bases",
            format!("the real images of {}", real.join(", ")),
        ));
    }
    if !stand_in.is_empty() {
        findings.push(Finding::fine(
            "bases",
            format!("stand-ins for {}", stand_in.join(", ")),
        ));
    }
    findings
}

/// Whether a registry answered for what is not on the engine.
fn registries(available: &BTreeMap<String, Option<String>>) -> Vec<Finding> {
    let silent: BTreeSet<_> = available.values().flatten().collect();
    if silent.is_empty() {
        return vec![Finding::fine(
            "registry",
            "every base is on the engine or can be pulled",
        )];
    }
    silent
        .into_iter()
        .map(|reason| {
            Finding::note(
                "registry",
                reason.as_str(),
                "stand-ins take the place of what cannot be pulled; every number says so",
            )
        })
        .collect()
}

async fn leftovers(engine: &DockerEngine) -> Vec<Finding> {
    let Ok(owned) = engine.owned().await else {
        return Vec::new();
    };
    let left = owned
        .iter()
        .filter(|item| item.kind != OwnedKind::StandIn)
        .count();
    if left == 0 {
        return vec![Finding::fine("leftovers", "none")];
    }
    vec![Finding::note(
        "leftovers",
        format!("{left} things of a run that is going on, or that was killed"),
        "plimsoll clean",
    )]
}
