//! The keys of a Compose file that are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::dotenv;
use crate::project::error::ProjectError;
use crate::project::interpolate::interpolate;

/// Longer files are none that people write.
const MOST_BYTES: usize = 4 << 20;

#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) services: BTreeMap<String, Entry>,
    /// Other files, which are not read.
    include: Option<Value>,
    #[serde(skip)]
    pub(super) variables: Variables,
    /// Variables without a value and without a default: they are empty.
    #[serde(skip)]
    pub(super) unset: BTreeSet<String>,
}

/// The variables that `docker compose` would have here: those of the environment, and those of
/// the `.env` file next to the Compose file.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

/// Keys of a service that change nothing of what is measured.
const HARMLESS: [&str; 18] = [
    "annotations",
    "attach",
    "container_name",
    "deploy",
    "develop",
    "hostname",
    "labels",
    "logging",
    "networks",
    "profiles",
    "pull_policy",
    "restart",
    "scale",
    "stdin_open",
    "stop_grace_period",
    "storage_opt",
    "tty",
    "provider",
];

/// The same of a `build`.
const HARMLESS_OF_BUILD: [&str; 8] = [
    "cache_from",
    "cache_to",
    "labels",
    "no_cache",
    "provenance",
    "pull",
    "sbom",
    "tags",
];

/// What is read of a service.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) image: Option<String>,
    pub(super) build: Option<Build>,
    #[serde(default)]
    environment: Pairs,
    #[serde(default)]
    env_file: EnvFiles,
    #[serde(default)]
    ports: Vec<Port>,
    #[serde(default)]
    expose: Vec<Port>,
    #[serde(default)]
    depends_on: Names,
    pub(super) command: Option<Words>,
    /// Another service, which is not read.
    extends: Option<Value>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a build: a folder, or a mapping with `context`, `dockerfile`, `target` and `args`"
)]
pub(super) enum Build {
    Context(String),
    Whole {
        context: Option<String>,
        dockerfile: Option<String>,
        dockerfile_inline: Option<String>,
        target: Option<String>,
        #[serde(default)]
        args: Pairs,
        #[serde(flatten)]
        others: BTreeMap<String, Value>,
    },
}

/// A service that another one depends on.
pub(super) struct Need<'f> {
    pub(super) name: &'f str,
    /// Whether it must be in the file.
    pub(super) required: bool,
    /// Whether it must have finished before.
    pub(super) finished: bool,
}

/// `{NAME: value}`, or `[NAME=value]`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected variables: a mapping NAME: VALUE, or a list of NAME=VALUE"
)]
pub(super) enum Pairs {
    Map(BTreeMap<String, Value>),
    List(Vec<String>),
}

impl Default for Pairs {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

/// `FILE`, or `[FILE]`, or `[{path: FILE, required: false}]`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected files of variables: a path, or a list of paths or of mappings with `path`"
)]
enum EnvFiles {
    One(String),
    List(Vec<EnvFile>),
}

impl Default for EnvFiles {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum EnvFile {
    Path(String),
    Whole {
        path: String,
        required: Option<bool>,
        format: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a port: 8080, \"8080:80\", or a mapping with `target`"
)]
enum Port {
    Number(u64),
    Short(String),
    Long {
        target: Value,
        protocol: Option<String>,
    },
}

/// `[db]`, or `{db: {condition: ...}}`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected names of services: a list or a mapping"
)]
enum Names {
    List(Vec<String>),
    Map(BTreeMap<String, Value>),
}

impl Default for Names {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a command: a text, or a list of texts")]
pub(super) enum Words {
    Line(String),
    List(Vec<String>),
}

impl Variables {
    /// The environment has priority over the file.
    fn get(&self, name: &str) -> Option<String> {
        let found = std::env::var(name).ok();
        found.or_else(|| self.0.get(name).cloned())
    }
}

impl Pairs {
    /// Names with their values. A name without a value has that of the variable of this name;
    /// it is left out if there is none.
    pub(super) fn values(&self, variables: &Variables) -> Vec<(String, String)> {
        let with_value = |name: &str, value: Option<String>| {
            let value = value.or_else(|| variables.get(name))?;
            Some((name.to_owned(), value))
        };
        match self {
            Self::List(lines) => {
                let pairs = lines.iter().filter_map(|line| match line.split_once('=') {
                    Some((name, value)) => with_value(name, Some(value.to_owned())),
                    None => with_value(line, None),
                });
                pairs.collect()
            }
            Self::Map(map) => {
                let pairs = map.iter();
                pairs
                    .filter_map(|(name, value)| with_value(name, scalar(value)))
                    .collect()
            }
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // Compose prints it as Go does: `3.0` without quotes is 3.
        Value::Number(number) if number.is_f64() => number.as_f64().map(|real| real.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

impl Port {
    /// The port within the container.
    fn inner(&self) -> Option<u16> {
        match self {
            Self::Number(number) => u16::try_from(*number).ok(),
            Self::Long { target, protocol } => {
                let is_tcp = protocol.as_deref().is_none_or(|name| name == "tcp");
                scalar(target)?.parse().ok().filter(|_| is_tcp)
            }
            // The first of a range.
            Self::Short(text) => {
                let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
                let port = port.rsplit(':').next()?.split('-').next()?;
                port.parse().ok().filter(|_| protocol == "tcp")
            }
        }
    }
}

impl Entry {
    pub(super) fn port(&self) -> Option<u16> {
        self.expose.iter().chain(&self.ports).find_map(Port::inner)
    }

    pub(super) fn needs(&self) -> Vec<Need<'_>> {
        match &self.depends_on {
            Names::List(names) => {
                let needs = names.iter().map(|name| Need {
                    name,
                    required: true,
                    finished: false,
                });
                needs.collect()
            }
            Names::Map(names) => {
                let needs = names.iter().map(|(name, how)| Need {
                    name,
                    required: how.get("required").and_then(Value::as_bool) != Some(false),
                    finished: how.get("condition").and_then(Value::as_str)
                        == Some("service_completed_successfully"),
                });
                needs.collect()
            }
        }
    }

    /// The environment of the container: that of the files of `env_file`, a later file before an
    /// earlier one, and that of `environment` before all of them.
    ///
    /// # Errors
    /// When a file that is required cannot be read, or has a line that is not a variable.
    pub(super) fn environment(
        &self,
        file: &File,
        compose: &Path,
    ) -> Result<BTreeMap<String, String>, ProjectError> {
        let folder = compose.parent().unwrap_or(Path::new("."));
        let files = match &self.env_file {
            EnvFiles::One(path) => vec![(path, true, None)],
            EnvFiles::List(files) => {
                let files = files.iter().map(|file| match file {
                    EnvFile::Path(path) => (path, true, None),
                    EnvFile::Whole {
                        path,
                        required,
                        format,
                    } => (path, required.unwrap_or(true), format.as_deref()),
                });
                files.collect()
            }
        };
        let own: BTreeMap<String, String> = self
            .environment
            .values(&file.variables)
            .into_iter()
            .collect();
        // Files name variables of the project, of `environment`, and of files before them.
        let variables = |name: &str| file.variables.get(name).or_else(|| own.get(name).cloned());
        let mut environment = BTreeMap::new();
        for (path, required, format) in files {
            let path = folder.join(path);
            if !required && !path.exists() {
                continue;
            }
            match format {
                Some("raw") => environment.extend(dotenv::read_raw(&path)?),
                _ => environment = dotenv::read(&path, &variables, environment)?,
            }
        }
        environment.extend(own);
        Ok(environment)
    }

    /// Further names by which the app can reach the service under Compose, and not here.
    pub(super) fn other_names(&self, name: &str) -> Vec<String> {
        let own = self.others.get("container_name").and_then(Value::as_str);
        let networks = self.others.get("networks").and_then(Value::as_object);
        let aliases = networks.into_iter().flat_map(|networks| networks.values());
        let aliases = aliases.filter_map(|network| network.get("aliases")?.as_array());
        let all = own
            .into_iter()
            .chain(aliases.flatten().filter_map(Value::as_str));
        all.filter(|other| *other != name)
            .map(str::to_owned)
            .collect()
    }

    /// Keys that change what is built or run, and that are not read.
    pub(super) fn unread(&self) -> Vec<String> {
        let is_unread = |key: &str, value: &Value, harmless: &[&str]| {
            !value.is_null() && !key.starts_with("x-") && !harmless.contains(&key)
        };
        let own = self.others.iter();
        let own = own.filter(|(key, value)| is_unread(key, value, &HARMLESS));
        let mut keys: Vec<String> = own.map(|(key, _)| key.clone()).collect();
        if let Some(Build::Whole { others, .. }) = &self.build {
            let of_build = others.iter();
            let of_build =
                of_build.filter(|(key, value)| is_unread(key, value, &HARMLESS_OF_BUILD));
            keys.extend(of_build.map(|(key, _)| format!("build.{key}")));
        }
        keys
    }
}

/// The Compose file with the files and services that it names.
const MERGE: &str =
    "merge them: `docker compose config > merged.yaml`, and give --compose merged.yaml";

impl File {
    /// Whether all that is needed is in this file.
    ///
    /// # Errors
    /// When a service, or the file, takes something from elsewhere.
    pub(super) fn check_whole(&self, names: &[&str], shown: &str) -> Result<(), ProjectError> {
        if self.include.as_ref().is_some_and(|value| !value.is_null()) {
            let said = format!("{shown}: `include` is not read");
            return Err(ProjectError::open(said, MERGE));
        }
        for name in names {
            let extends = self
                .services
                .get(*name)
                .and_then(|one| one.extends.as_ref());
            if extends.is_some_and(|value| !value.is_null()) {
                let said = format!("{shown}: `extends` of the service `{name}` is not read");
                return Err(ProjectError::open(said, MERGE));
            }
        }
        Ok(())
    }
}

pub(super) fn read(path: &Path) -> Result<File, ProjectError> {
    let read = |source| ProjectError::Read {
        path: path.to_owned(),
        source,
    };
    let text = crate::files::read_to_string(path).map_err(read)?;
    let wrong = |said: String| {
        let said = format!("{}: {said}", path.display());
        ProjectError::open(
            said,
            "`docker compose config` says what is wrong with a Compose file",
        )
    };
    if text.len() > MOST_BYTES {
        return Err(wrong("the file is too long".to_owned()));
    }
    // The snippet of the error has several lines, and may hold a secret.
    // `on` and `yes` are texts for Compose.
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let mut value: Value = serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| wrong(error.to_string()))?;
    let next_to_it = path.with_file_name(".env");
    let variables = match next_to_it.exists() {
        true => dotenv::read(
            &next_to_it,
            &|name| std::env::var(name).ok(),
            BTreeMap::new(),
        )?,
        false => BTreeMap::new(),
    };
    let variables = Variables(variables);
    let mut unset = BTreeSet::new();
    fill(&mut value, "", &|name| variables.get(name), &mut unset).map_err(&wrong)?;
    let mut file: File = File::deserialize(&value).map_err(|error| {
        let at = refused(&value).map(|at| format!("{at}: "));
        wrong(format!("{}{error}", at.unwrap_or_default()))
    })?;
    file.variables = variables;
    file.unset = unset;
    Ok(file)
}

/// The path of the first key of a service that cannot be read.
fn refused(value: &Value) -> Option<String> {
    for (name, service) in value.get("services")?.as_object()? {
        let Some(keys) = service.as_object() else {
            return Some(format!("services.{name}"));
        };
        for (key, value) in keys {
            let alone = serde_json::Map::from_iter([(key.clone(), value.clone())]);
            if serde_json::from_value::<Entry>(Value::Object(alone)).is_err() {
                return Some(format!("services.{name}.{key}"));
            }
        }
    }
    None
}

/// Replaces the variables in all texts. An error begins with the path of the key, and never has
/// the text, which may be a secret.
fn fill(
    value: &mut Value,
    at: &str,
    of: &impl Fn(&str) -> Option<String>,
    unset: &mut BTreeSet<String>,
) -> Result<(), String> {
    let below = |key: &str| match at {
        "" => key.to_owned(),
        at => format!("{at}.{key}"),
    };
    match value {
        Value::String(text) => {
            *text = interpolate(text, of, unset).map_err(|said| format!("{at}: {said}"))?;
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                fill(item, &below(&index.to_string()), of, unset)?;
            }
        }
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                fill(item, &below(key), of, unset)?;
            }
        }
        _ => {}
    }
    Ok(())
}
