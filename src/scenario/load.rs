//! From a file to a scenario, and from a name to a file.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::budget::Budget;
use super::check::{Checker, position};
use super::claimable::Claimable;
use super::error::{Problem, ScenarioError};
use super::files::{ScenarioFolder, is_file, read, toml_files};
use super::malformed::malformed;
use super::model::Scenario;
use super::raw::{RawBudgets, RawScenario, RawVariant};
use super::words::suggest;

/// The version of the form that is read here.
const SCHEMA: i64 = 1;

/// Loads and checks a scenario. `claimable` is what its claims may be checked against.
///
/// # Errors
/// The file cannot be read; or it is invalid: the first error of syntax or type, or
/// else all semantic errors together.
pub fn load(file: &Path, claimable: &Claimable) -> Result<Scenario, ScenarioError> {
    let text = read(file).map_err(|source| ScenarioError::Read {
        path: file.to_path_buf(),
        source,
    })?;
    parse(file, text, claimable)
}

/// Checks the text of a scenario as if it were the content of `file`, which need not exist.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &Path, text: String, claimable: &Claimable) -> Result<Scenario, ScenarioError> {
    let tree = ScenarioFolder::of(file).map_err(|source| ScenarioError::Read {
        path: file.to_path_buf(),
        source,
    })?;
    let raw: RawScenario = toml::from_str(&text)
        .map_err(|error| ScenarioError::Invalid(vec![malformed(file, &text, &error)]))?;

    let mut checker = Checker {
        file,
        text: &text,
        tree: &tree,
        problems: Vec::new(),
    };
    if *raw.schema.get_ref() != SCHEMA {
        let message = format!("schema {} is not known", raw.schema.get_ref());
        checker.report(
            raw.schema.span(),
            message,
            &format!("`schema = {SCHEMA}`"),
            "",
        );
    }
    checker.kebab(&raw.name, "name of a scenario");
    checker.filled(
        &raw.title,
        "the title",
        "say in a line what the scenario is about",
    );
    let app = checker.app(&raw.app);
    let contract = checker.contract(&raw.contract);
    let deploy = checker.deploy(raw.deploy.as_ref());
    let sources = checker.sources(&raw.source);
    let edits = checker.edits(&raw.edit, app.as_ref());
    if raw.variant.is_empty() && raw.matrix.is_none() {
        checker.no_variant();
    }
    let made = checker.matrix(raw.matrix.as_ref(), &raw.variant);
    let all: Vec<RawVariant> = raw.variant.into_iter().chain(made).collect();
    let variants = checker.variants(&all, &raw.app, app.as_ref());
    let technique = checker.technique(raw.technique.as_ref(), &all, claimable);
    let load = checker.load(raw.load.as_ref(), contract.as_ref());
    let secret = checker.secret(raw.secret.as_ref(), &all);
    let extras = checker.extras(&raw.extra);
    let companions = checker.companions(&raw.companion);
    let claims = checker.claims(&raw.claim, &raw.source, &all, claimable);
    let budgets = checker.budgets(&raw.budget, claimable);
    let problems = checker.problems;
    match (app, contract) {
        (Some(app), Some(contract)) if problems.is_empty() => Ok(Scenario {
            name: raw.name.into_inner(),
            title: raw.title.into_inner(),
            notes: raw.notes,
            file: file.to_path_buf(),
            text,
            root: tree.root,
            app,
            contract,
            deploy,
            edits,
            variants,
            sources,
            claims,
            budgets,
            technique,
            load,
            secret,
            extras,
            companions,
        }),
        _ => Err(ScenarioError::Invalid(in_order(file, problems))),
    }
}

/// In the order in which a reader meets them: the scenario from its top, then what lies in other
/// files. Variants that share a broken Dockerfile or a value of the matrix share its problem.
fn in_order(file: &Path, mut problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    problems.sort_by(|a, b| {
        let key = |problem: &Problem| (problem.file != *file, problem.file.clone(), problem.at);
        key(a).cmp(&key(b))
    });
    problems
}

/// The budgets of a file that has them among other things: a configuration.
///
/// # Errors
/// When it is malformed, or a budget is invalid: all of them together.
pub fn budgets(
    file: &Path,
    text: &str,
    claimable: &Claimable,
) -> Result<Vec<Budget>, ScenarioError> {
    let raw: RawBudgets = toml::from_str(text)
        .map_err(|error| ScenarioError::Invalid(vec![malformed(file, text, &error)]))?;
    let tree = ScenarioFolder::of(file).map_err(|source| ScenarioError::Read {
        path: file.to_path_buf(),
        source,
    })?;
    let mut checker = Checker {
        file,
        text,
        tree: &tree,
        problems: Vec::new(),
    };
    let budgets = checker.budgets(&raw.budget, claimable);
    match checker.problems.is_empty() {
        true => Ok(budgets),
        false => Err(ScenarioError::Invalid(checker.problems)),
    }
}

/// Loads several scenarios, and refuses two of one name.
///
/// # Errors
/// The first that cannot be read; or the problems of all that are invalid together.
pub fn load_all(files: &[PathBuf], claimable: &Claimable) -> Result<Vec<Scenario>, ScenarioError> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut problems = Vec::new();
    let mut first: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files {
        match load(file, claimable) {
            Ok(scenario) => {
                if let Some(other) = first.get(&scenario.name) {
                    problems.push(Problem {
                        file: file.clone(),
                        at: position(&scenario.text, name_offset(&scenario.text)),
                        message: format!("a second scenario `{}`", scenario.name),
                        expected: Some("a name of its own".to_owned()),
                        hint: Some(format!("the first is `{}`", other.display())),
                    });
                }
                first
                    .entry(scenario.name.clone())
                    .or_insert_with(|| file.clone());
                scenarios.push(scenario);
            }
            Err(ScenarioError::Invalid(more)) => problems.extend(more),
            Err(error) => return Err(error),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(ScenarioError::Invalid(problems))
    }
}

/// The file of a scenario: a path, if the text looks like one (it holds a slash or
/// ends in `.toml`), or else a name in the folder of scenarios.
///
/// # Errors
/// No such file; the hint names what was probably meant.
pub fn find(name_or_path: &str, scenarios_dir: &Path) -> Result<PathBuf, ScenarioError> {
    let missing = |reason: String, hint| ScenarioError::NotFound {
        name: name_or_path.to_owned(),
        reason,
        hint,
    };
    if name_or_path.contains(['/', '\\']) || name_or_path.ends_with(".toml") {
        let path = PathBuf::from(name_or_path);
        if is_file(&path) {
            return Ok(path);
        }
        return Err(missing("there is no such file".to_owned(), None));
    }
    let path = scenarios_dir.join(format!("{name_or_path}.toml"));
    if is_file(&path) {
        return Ok(path);
    }
    let files = list(scenarios_dir).unwrap_or_default();
    let names: Vec<_> = files
        .iter()
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    let reason = format!("`{}` has none of that name", scenarios_dir.display());
    Err(missing(
        reason,
        Some(suggest(name_or_path, names.iter().copied())),
    ))
}

/// The scenarios of a folder, by name.
///
/// # Errors
/// The folder cannot be read.
pub fn list(scenarios_dir: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    toml_files(scenarios_dir).map_err(|source| ScenarioError::Read {
        path: scenarios_dir.to_path_buf(),
        source,
    })
}

/// Where the scenario's name stands: the first line that sets `name`.
fn name_offset(text: &str) -> usize {
    let lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    lines
        .into_iter()
        .find(|(_, line)| {
            line.trim_start()
                .strip_prefix("name")
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        })
        .map_or(0, |(start, _)| start)
}
