//! Finds the user's engine like the Docker CLI: the current context of its configuration, else
//! the usual sockets.
//!
//! Source: <https://docs.docker.com/engine/manage-resources/contexts/>. `DOCKER_HOST` has
//! precedence; the caller handles it.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::engine::{EngineError, ErrorKind};
use crate::oci;

const OPERATION: &str = "find the engine of";

/// The name of the default context: the default socket.
const DEFAULT_CONTEXT: &str = "default";

/// The relevant part of the environment.
#[derive(Debug, Clone, Default)]
pub struct EngineEnvironment {
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// `DOCKER_CONFIG`, else `~/.docker`.
    pub configuration: Option<PathBuf>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime: Option<PathBuf>,
}

/// An engine that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEngine {
    /// Its address, in the form of `DOCKER_HOST`.
    pub host: String,
    /// Why it was selected.
    pub why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Configuration {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(rename = "Endpoints", default)]
    endpoints: Endpoints,
}

#[derive(Debug, Default, Deserialize)]
struct Endpoints {
    docker: Option<Address>,
}

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(rename = "Host", default)]
    host: String,
}

impl EngineEnvironment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let folder = |name: &str| {
            std::env::var_os(name)
                .filter(|it| !it.is_empty())
                .map(PathBuf::from)
        };
        let home = folder("HOME");
        Self {
            context: std::env::var("DOCKER_CONTEXT")
                .ok()
                .filter(|it| !it.is_empty()),
            configuration: folder("DOCKER_CONFIG")
                .or_else(|| home.as_ref().map(|home| home.join(".docker"))),
            home,
            runtime: folder("XDG_RUNTIME_DIR"),
        }
    }

    /// Finds the engine: by a context, else the first usual socket that exists, else the default
    /// socket.
    ///
    /// # Errors
    /// The context does not exist, or has no engine address.
    pub fn find(&self) -> Result<FoundEngine, EngineError> {
        let (name, origin) = match &self.context {
            Some(name) => (Some(name.clone()), "DOCKER_CONTEXT".to_owned()),
            None => {
                let file = self
                    .configuration
                    .as_ref()
                    .map(|folder| folder.join("config.json"));
                let origin = file.as_ref().map(|file| file.display().to_string());
                (
                    file.as_deref().and_then(current_context),
                    origin.unwrap_or_default(),
                )
            }
        };
        match name.filter(|name| name != DEFAULT_CONTEXT) {
            Some(name) => Ok(FoundEngine {
                host: self.host_of(&name)?,
                why: format!("the context `{name}` of {origin}"),
            }),
            None => Ok(self.usual()),
        }
    }

    fn host_of(&self, context: &str) -> Result<String, EngineError> {
        let refused = |kind, cause: String, hint: &str| {
            EngineError::new(OPERATION, format!("context {context}"), kind, cause).with_hint(hint)
        };
        // The folder of a context is named by the digest of the context's name.
        let folder = self
            .configuration
            .clone()
            .unwrap_or_default()
            .join("contexts/meta");
        let file = folder
            .join(oci::sha256_hex(context.as_bytes()))
            .join("meta.json");
        let text = crate::files::read(&file).map_err(|error| {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => ErrorKind::NotFound,
                _ => ErrorKind::Refused,
            };
            let hint = "`docker context ls` lists the contexts; DOCKER_CONTEXT or `docker context use` chooses one";
            refused(kind, format!("failed to read {}: {error}", file.display()), hint)
        })?;
        let hint = "look at it with `docker context inspect`";
        let meta: Meta = serde_json::from_slice(&text).map_err(|error| {
            let cause = format!("failed to read {}: {error}", file.display());
            refused(ErrorKind::Protocol, cause, hint)
        })?;
        match meta.endpoints.docker {
            Some(address) if !address.host.is_empty() => Ok(address.host),
            _ => Err(refused(
                ErrorKind::Refused,
                "it has no Docker endpoint".to_owned(),
                hint,
            )),
        }
    }

    fn usual(&self) -> FoundEngine {
        let found = self.sockets().into_iter().find(|(path, _)| is_socket(path));
        match found {
            Some((path, what)) => FoundEngine {
                host: format!("unix://{}", path.display()),
                why: format!("{what}'s socket"),
            },
            None => FoundEngine {
                host: "unix:///var/run/docker.sock".to_owned(),
                why: "the default; no usual socket exists".to_owned(),
            },
        }
    }

    /// The usual sockets with the names of their engines.
    fn sockets(&self) -> Vec<(PathBuf, &'static str)> {
        let runtime = |path: &str| self.runtime.as_ref().map(|folder| folder.join(path));
        let home = |path: &str| self.home.as_ref().map(|folder| folder.join(path));
        let all = [
            (Some(PathBuf::from("/var/run/docker.sock")), "Docker"),
            (runtime("docker.sock"), "rootless Docker"),
            (home(".docker/run/docker.sock"), "Docker Desktop"),
            (home(".docker/desktop/docker.sock"), "Docker Desktop"),
            (home(".colima/default/docker.sock"), "Colima"),
            (home(".config/colima/default/docker.sock"), "Colima"),
            (home(".orbstack/run/docker.sock"), "OrbStack"),
            (home(".rd/docker.sock"), "Rancher Desktop"),
            (runtime("podman/podman.sock"), "rootless Podman"),
            (Some(PathBuf::from("/run/podman/podman.sock")), "Podman"),
        ];
        all.into_iter()
            .filter_map(|(path, what)| Some((path?, what)))
            .collect()
    }
}

/// `None` without a valid configuration; the Docker CLI reports invalid ones.
fn current_context(file: &Path) -> Option<String> {
    let text = crate::files::read(file).ok()?;
    let configuration: Configuration = serde_json::from_slice(&text).ok()?;
    configuration
        .current_context
        .filter(|name| !name.is_empty())
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| facts.file_type().is_socket())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A home folder with a context `work` that has its own socket.
    fn home() -> (tempfile::TempDir, EngineEnvironment) {
        let dir = tempfile::tempdir().unwrap();
        let configuration = dir.path().join(".docker");
        let folder = configuration
            .join("contexts/meta")
            .join(oci::sha256_hex(b"work"));
        fs::create_dir_all(&folder).unwrap();
        let meta = r#"{"Name":"work","Metadata":{},
            "Endpoints":{"docker":{"Host":"unix:///run/work.sock","SkipTLSVerify":false}}}"#;
        fs::write(folder.join("meta.json"), meta).unwrap();
        let surroundings = EngineEnvironment {
            context: None,
            configuration: Some(configuration),
            home: Some(dir.path().to_owned()),
            runtime: Some(dir.path().join("runtime")),
        };
        (dir, surroundings)
    }

    #[test]
    fn a_context_comes_from_the_environment_before_the_configuration() {
        let (dir, mut around) = home();
        let config = dir.path().join(".docker/config.json");
        fs::write(&config, r#"{"auths":{},"currentContext":"work"}"#).unwrap();
        let found = around.find().unwrap();
        assert_eq!(found.host, "unix:///run/work.sock");
        assert_eq!(
            found.why,
            format!("the context `work` of {}", config.display())
        );
        around.context = Some("other".to_owned());
        let error = around.find().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.chain().contains("context other"), "{}", error.chain());
        assert!(error.hint.unwrap().contains("docker context ls"));
        // The default context has no folder.
        around.context = Some("default".to_owned());
        assert_ne!(around.find().unwrap().host, "unix:///run/work.sock");
    }

    #[test]
    fn without_a_context_the_first_socket_that_exists_is_taken() {
        let (dir, around) = home();
        let sockets: Vec<_> = around.sockets().into_iter().skip(1).collect();
        // This machine may have Docker, which has precedence.
        let taken = |around: &EngineEnvironment| {
            let mut sockets = around.sockets().into_iter().skip(1);
            sockets.find(|(path, _)| is_socket(path) && path.starts_with(dir.path()))
        };
        assert!(taken(&around).is_none());
        for wanted in ["Rancher Desktop", "Colima", "rootless Docker"] {
            let (path, _) = sockets.iter().find(|(_, what)| *what == wanted).unwrap();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let _listener = UnixListener::bind(path).unwrap();
            assert_eq!(taken(&around).unwrap().1, wanted);
        }
        // A regular file with this name is not a socket.
        let file = dir.path().join("plain");
        fs::write(&file, "").unwrap();
        assert!(!is_socket(&file));
    }
}
