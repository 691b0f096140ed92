//! From scenario files to cases: what `list` shows and `run` visits.

use std::collections::{BTreeMap, BTreeSet};

use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::args::Place;
use super::config;
use super::failure::Failure;
use crate::bases::BasesError;
use crate::context::{self, Context, Overlay};
use crate::oci;
use crate::record::{
    CaseId, CaseRecord, ContractRecord, DeployPlan, Disposition, DockerfileRecord, Metric,
    ScenarioRecord, ShardRecord, TechniqueRecord, case_id, claimable,
};
use crate::runner::{FLOOR_SCENARIO, NetworkKind, PlannedCase};
use crate::scenario::{
    self, BuildSpec, Contract, Scenario, ScenarioError, Technique, VariantBuild,
};
use crate::store;

/// Loads scenarios by name or path; all under scenarios/ where none is named. What their
/// `[deploy]` leaves open is taken from the configuration.
///
/// # Errors
/// Every fault of every file, together; or the configuration's.
pub(super) fn load(place: &Place, named: &[String]) -> Result<Vec<Scenario>, Failure> {
    let dir = place.scenarios()?;
    let failure = |error: ScenarioError| {
        let hint = error.hint().map(str::to_owned);
        Failure::usage(error).with_hint(hint)
    };
    let files = if named.is_empty() {
        scenario::list(&dir).map_err(failure)?
    } else {
        let found: Result<Vec<_>, _> = named
            .iter()
            .map(|name| scenario::find(name, &dir))
            .collect();
        found.map_err(failure)?
    };
    let mut scenarios = scenario::load_all(&files, &claimable()).map_err(failure)?;
    let elsewhere = config::load(place)?.deploy;
    for scenario in &mut scenarios {
        scenario.deploy = scenario.deploy.or(elsewhere);
    }
    if let Some(taken) = scenarios
        .iter()
        .find(|scenario| scenario.name == FLOOR_SCENARIO)
    {
        return Err(Failure::usage(format!(
            "{}: the name `{FLOOR_SCENARIO}` is taken by the floor measurements",
            taken.file.display()
        )));
    }
    Ok(scenarios)
}

/// `--only`.
pub(super) struct CaseFilter(Option<GlobMatcher>);

impl CaseFilter {
    /// # Errors
    /// When the glob does not parse.
    pub(super) fn new(glob: Option<&str>) -> Result<Self, Failure> {
        let matcher = glob
            .map(|glob| Glob::new(glob).map(|glob| glob.compile_matcher()))
            .transpose()
            .map_err(|error| Failure::usage(format!("--only: {error}")))?;
        Ok(Self(matcher))
    }

    /// Whether a variant is wanted.
    pub(super) fn admits(&self, scenario: &str, variant: &str) -> bool {
        self.0.as_ref().is_none_or(|glob| {
            glob.is_match(variant) || glob.is_match(format!("{scenario}/{variant}"))
        })
    }
}

/// A part of a selection.
#[derive(Debug)]
pub(super) struct Part {
    /// As the record keeps it.
    pub(super) record: ShardRecord,
    /// The seed of all parts, where the user gives none: what is selected, hashed, so that
    /// every machine finds the same.
    pub(super) seed: u64,
}

/// What a command works on.
#[derive(Debug)]
pub(super) struct Selection {
    /// Every selected variant, those that are not applicable too.
    pub(super) records: Vec<CaseRecord>,
    /// Those that can be built.
    pub(super) planned: Vec<PlannedCase>,
    /// The scenarios, as the record keeps them.
    pub(super) scenarios: Vec<ScenarioRecord>,
    /// Which part of a whole this is, where it is one.
    pub(super) part: Option<Part>,
}

impl Selection {
    /// Names of the scenarios.
    pub(super) fn names(&self) -> Vec<&str> {
        let scenarios = self.scenarios.iter();
        scenarios.map(|scenario| scenario.name.as_str()).collect()
    }

    /// Bases that the planned cases need, and images of their companions.
    pub(super) fn bases(&self) -> BTreeSet<String> {
        self.records
            .iter()
            .flat_map(|record| record.bases.iter().chain(&record.companions).cloned())
            .collect()
    }

    /// Those of them that are ready images, and neither bases nor companions of any case.
    pub(super) fn only_ready(&self) -> BTreeSet<String> {
        let ready = |record: &CaseRecord| record.ready_image.is_some();
        let others = |record: &CaseRecord| {
            let bases = record.bases.iter().filter(|_| !ready(record));
            bases.chain(&record.companions).cloned().collect::<Vec<_>>()
        };
        let others: BTreeSet<_> = self.records.iter().flat_map(others).collect();
        let images = self
            .records
            .iter()
            .filter_map(|one| one.ready_image.clone());
        images.filter(|image| !others.contains(image)).collect()
    }

    /// The networks that its containers are in.
    pub(super) fn networks(&self) -> Vec<NetworkKind> {
        let of = |kind| {
            self.planned
                .iter()
                .any(|case| case.companions.is_empty() == (kind == NetworkKind::Default))
        };
        let mut kinds = vec![NetworkKind::Default, NetworkKind::Private];
        kinds.retain(|kind| of(*kind));
        kinds
    }

    /// Leaves only these cases, and their scenarios.
    pub(super) fn keep(&mut self, cases: &BTreeSet<CaseId>) {
        self.records.retain(|case| cases.contains(&case.id));
        self.planned.retain(|case| cases.contains(&case.id));
        let records = &self.records;
        self.scenarios
            .retain(|scenario| records.iter().any(|case| case.scenario == scenario.name));
    }

    /// Leaves out what cannot be built or run here. `missing` says why of bases, `foreign`
    /// of platforms.
    ///
    /// # Errors
    /// When nothing is left: then the reason of the first is the whole run's. A part may be
    /// left with nothing, since others have the rest.
    pub(super) fn leave_out(
        &mut self,
        missing: &BTreeMap<String, String>,
        foreign: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let mut first = None;
        for case in std::mem::take(&mut self.planned) {
            let Some(record) = self.records.iter_mut().find(|record| record.id == case.id) else {
                continue;
            };
            let of_platform = case
                .spec
                .platform
                .as_ref()
                .and_then(|name| foreign.get(name));
            let of_bases = record
                .bases
                .iter()
                .chain(&record.companions)
                .find_map(|base| Some((base, missing.get(base)?)));
            let (reason, failure) = match (of_bases, of_platform) {
                (Some((reference, reason)), _) => {
                    let error = BasesError::Unavailable {
                        reference: reference.clone(),
                        reason: reason.clone(),
                    };
                    (error.to_string(), Failure::from(error))
                }
                (None, Some(reason)) => (reason.clone(), Failure::failed(reason.clone())),
                (None, None) => {
                    self.planned.push(case);
                    continue;
                }
            };
            record.disposition = Disposition::NotAvailable { reason };
            first.get_or_insert(failure);
        }
        match first {
            Some(error) if self.planned.is_empty() && self.part.is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// Ids of what can be built, in a total order.
    pub(super) fn ids(&self) -> Vec<CaseId> {
        let mut ids: Vec<_> = self.planned.iter().map(|case| case.id.clone()).collect();
        ids.sort();
        ids
    }
}

/// None where nothing is built.
fn built_from(spec: &BuildSpec) -> Option<DockerfileRecord> {
    spec.ready_image.is_none().then(|| DockerfileRecord {
        path: spec.path.clone(),
        text: spec.dockerfile.text().into_owned(),
        target: spec.target.clone(),
        build_args: spec.build_args.clone(),
    })
}

/// Scans the contexts of all selected variants. Runs that lie in `out` are in none.
///
/// # Errors
/// When nothing is selected, a context cannot be read, or an edit changes a file that is not sent.
pub(super) fn select(
    scenarios: &[Scenario],
    filter: &CaseFilter,
    out: &Path,
) -> Result<Selection, Failure> {
    let selection = gather(scenarios, filter, out)?;
    match selection.records.is_empty() {
        true => Err(nothing_selected()),
        false => Ok(selection),
    }
}

/// The failure of a command for which no variant is left.
pub(super) fn nothing_selected() -> Failure {
    let hint = "`plimsoll list` shows the names that --only can match";
    Failure::usage("no variant is selected").with_hint(Some(hint.to_owned()))
}

/// As [`select`], and nothing may be selected.
///
/// # Errors
/// When a context cannot be read, or an edit changes a file that is not sent.
pub(super) fn gather(
    scenarios: &[Scenario],
    filter: &CaseFilter,
    out: &Path,
) -> Result<Selection, Failure> {
    let mut selection = Selection {
        records: Vec::new(),
        planned: Vec::new(),
        scenarios: Vec::new(),
        part: None,
    };
    for scenario in scenarios {
        let mut digests = String::new();
        let made = context::make(&scenario.extras);
        for variant in &scenario.variants {
            if !filter.admits(&scenario.name, &variant.name) {
                continue;
            }
            let id = case_id(&scenario.name, &variant.name);
            let (dockerfile, bases, disposition) = match &variant.build {
                VariantBuild::NotApplicable { reason } => (
                    None,
                    Vec::new(),
                    Disposition::NotApplicable {
                        reason: reason.clone(),
                    },
                ),
                VariantBuild::Dockerfile(spec) => {
                    let case = plan(scenario, id.clone(), spec, (&made, out))?;
                    digests.push_str(&case.context.digest().map_err(context_failure)?);
                    selection.planned.push(case);
                    let bases = spec
                        .dockerfile
                        .external_bases(spec.target.as_deref(), &spec.build_args)
                        .map_err(Failure::usage)?;
                    (built_from(spec), bases, Disposition::Pending)
                }
            };
            selection.records.push(CaseRecord {
                id,
                scenario: scenario.name.clone(),
                app: scenario.app.name.clone(),
                variant: variant.name.clone(),
                title: variant.title.clone(),
                strategy: variant.strategy.clone(),
                platform: String::new(),
                disposition: disposition.clone(),
                dockerfile,
                ready_image: match &variant.build {
                    VariantBuild::Dockerfile(spec) => spec.ready_image.clone(),
                    VariantBuild::NotApplicable { .. } => None,
                },
                companions: match disposition {
                    Disposition::Pending => images(scenario),
                    _ => Vec::new(),
                },
                bases,
                stand_ins: Vec::new(),
                expected_failure: variant.expected_failure.clone(),
                image: None,
                posture: None,
                layers: Vec::new(),
            });
        }
        selection.scenarios.push(ScenarioRecord {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            path: relative(scenario),
            text: scenario.text.clone(),
            sha256: oci::sha256_hex(scenario.text.as_bytes()),
            app_sha256: oci::sha256_hex(digests.as_bytes()),
            claims: scenario.claims.clone(),
            sources: scenario.sources.clone(),
            budgets: scenario.budgets.clone(),
            contract: Some(ContractRecord::of(&scenario.contract)),
            deploy: DeployPlan::of(scenario.deploy),
            technique: scenario.technique.as_ref().map(technique),
        });
    }
    Ok(selection)
}

/// References of the images of its companions, each once.
fn images(scenario: &Scenario) -> Vec<String> {
    let images = scenario.companions.iter();
    let images: BTreeSet<_> = images.map(|companion| companion.image.clone()).collect();
    images.into_iter().collect()
}

/// The contract with all that its containers get as environment: the variant's word counts
/// before the contract's, and that before the app's.
fn contract(scenario: &Scenario, spec: &BuildSpec) -> Contract {
    let mut contract = scenario.contract.clone();
    let mut env = scenario.app.env.clone();
    env.append(&mut contract.env);
    env.extend(spec.env.clone());
    Contract { env, ..contract }
}

fn technique(technique: &Technique) -> TechniqueRecord {
    TechniqueRecord {
        id: technique.id.clone(),
        question: technique.question.clone(),
        baseline: technique.baseline.clone(),
        shows: technique.shows.clone(),
    }
}

/// The scenario's file relative to its tree: a record carries no path of one machine.
fn relative(scenario: &Scenario) -> String {
    let file = std::fs::canonicalize(&scenario.file).unwrap_or_else(|_| scenario.file.clone());
    let root = std::fs::canonicalize(&scenario.root).unwrap_or_else(|_| scenario.root.clone());
    file.strip_prefix(&root)
        .unwrap_or(&scenario.file)
        .display()
        .to_string()
}

fn plan(
    scenario: &Scenario,
    id: CaseId,
    spec: &BuildSpec,
    (made, out): (&Overlay, &Path),
) -> Result<PlannedCase, Failure> {
    let context = match spec.ready_image {
        Some(_) => Context::empty(&scenario.app.dir),
        None => context(scenario, &id, spec, (made, out))?,
    };
    Ok(PlannedCase {
        id,
        app_dir: scenario.app.dir.clone(),
        context,
        spec: spec.clone(),
        contract: contract(scenario, spec),
        companions: scenario.companions.clone(),
        edits: scenario.edits.clone(),
        healthy: scenario.technique.iter().any(|technique| {
            let id = Metric::StartHealthy.id();
            technique.shows.iter().any(|shown| shown == id)
        }),
        load: scenario.load.clone(),
        secret: scenario.secret.clone(),
    })
}

/// What of the app's folder is sent to the builder.
fn context(
    scenario: &Scenario,
    id: &CaseId,
    spec: &BuildSpec,
    (made, out): (&Overlay, &Path),
) -> Result<Context, Failure> {
    let mut context =
        Context::scan_with(&scenario.app.dir, &spec.path, made).map_err(context_failure)?;
    // Else each run would be in the context of the next, and of its own rounds.
    // Projects within the context have folders of runs, too.
    let own: BTreeSet<_> = context
        .paths()
        .filter_map(|path| {
            let mut folders = Path::new(path).ancestors().skip(1);
            folders.find(|folder| folder.ends_with(store::OWN_FOLDER))
        })
        .map(|folder| scenario.app.dir.join(folder))
        .collect();
    for runs in own.iter().map(PathBuf::as_path).chain([out]) {
        context.leave_out(runs, store::is_of_runs);
    }
    for edit in &scenario.edits {
        for change in &edit.changes {
            if !context.contains(&change.file) {
                return Err(Failure::usage(format!(
                    "{}: the edit of `{}` would change nothing in {id}: .dockerignore leaves it out",
                    scenario.file.display(),
                    change.file
                )));
            }
        }
    }
    Ok(context)
}

fn context_failure(error: crate::context::ContextError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::usage(error).with_hint(hint)
}
