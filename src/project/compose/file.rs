//! The keys of a Compose file that are read.

use std::collections::BTreeMap;
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
    #[serde(skip)]
    pub(super) variables: Variables,
}

/// The variables that `docker compose` would have here: those of the environment, and those of
/// the `.env` file next to the Compose file.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

/// What is read of a service. The other keys do not change what is built or needed.
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
    #[serde(default)]
    volumes: Value,
    #[serde(default)]
    entrypoint: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Build {
    Context(String),
    Whole {
        context: Option<String>,
        dockerfile: Option<String>,
        dockerfile_inline: Option<String>,
        target: Option<String>,
        #[serde(default)]
        args: Pairs,
    },
}

/// `{NAME: value}`, or `[NAME=value]`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
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
#[serde(untagged)]
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
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Port {
    Number(u64),
    Short(String),
    Long { target: Value },
}

/// `[db]`, or `{db: {condition: ...}}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
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
#[serde(untagged)]
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
            Self::Long { target } => scalar(target)?.parse().ok(),
            Self::Short(text) => {
                let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
                let port = port.rsplit(':').next()?;
                port.parse().ok().filter(|_| protocol == "tcp")
            }
        }
    }
}

impl Entry {
    pub(super) fn port(&self) -> Option<u16> {
        self.expose.iter().chain(&self.ports).find_map(Port::inner)
    }

    pub(super) fn needs(&self) -> Vec<&str> {
        match &self.depends_on {
            Names::List(names) => names.iter().map(String::as_str).collect(),
            Names::Map(names) => names.keys().map(String::as_str).collect(),
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
            EnvFiles::One(path) => vec![(path, true)],
            EnvFiles::List(files) => {
                let files = files.iter().map(|file| match file {
                    EnvFile::Path(path) => (path, true),
                    EnvFile::Whole { path, required } => (path, required.unwrap_or(true)),
                });
                files.collect()
            }
        };
        let mut environment = BTreeMap::new();
        for (path, required) in files {
            let path = folder.join(path);
            if !required && !path.exists() {
                continue;
            }
            let variables = |name: &str| file.variables.get(name);
            environment.extend(dotenv::read(&path, &variables)?);
        }
        environment.extend(self.environment.values(&file.variables));
        Ok(environment)
    }

    /// Keys that change a container and that are not read.
    pub(super) fn unread(&self) -> impl Iterator<Item = &'static str> {
        let keys = [("volumes", &self.volumes), ("entrypoint", &self.entrypoint)];
        let keys = keys.into_iter().filter(|(_, value)| !value.is_null());
        keys.map(|(key, _)| key).collect::<Vec<_>>().into_iter()
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
    let options = serde_saphyr::options! { with_snippet: false };
    let mut value: Value = serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| wrong(error.to_string()))?;
    let next_to_it = path.with_file_name(".env");
    let variables = match next_to_it.exists() {
        true => dotenv::read(&next_to_it, &|name| std::env::var(name).ok())?,
        false => BTreeMap::new(),
    };
    let variables = Variables(variables);
    fill(&mut value, &|name| variables.get(name)).map_err(&wrong)?;
    let mut file: File = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    file.variables = variables;
    Ok(file)
}

/// Replaces the variables in all texts.
fn fill(value: &mut Value, of: &impl Fn(&str) -> Option<String>) -> Result<(), String> {
    match value {
        Value::String(text) => *text = interpolate(text, of)?,
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, of))?,
        Value::Object(map) => map.values_mut().try_for_each(|item| fill(item, of))?,
        _ => {}
    }
    Ok(())
}
