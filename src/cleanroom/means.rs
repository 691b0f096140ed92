//! Whether a room can be had on this machine, and the programs that it takes.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Limits, ProcessError};
use crate::units::{Bytes, Nanos};

/// What a program may take that is asked a question.
const LIMITS: Limits = Limits {
    within: Nanos::from_secs(30),
    stdout: Bytes(1 << 20),
    stderr: Bytes(4 << 10),
};

/// Where programs of the system are, also where a user's PATH has no such folder.
const FOLDERS: &[&str] = &[
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/usr/libexec/docker",
    "/usr/lib/docker",
];

/// What every room takes, and where to get it.
const ALWAYS: &[(&str, &str)] = &[
    (
        "dockerd",
        "install Docker Engine 20.10 or newer; it need not run",
    ),
    (
        "containerd",
        "install containerd; Docker's packages depend on it",
    ),
    ("runc", "install runc; Docker's packages depend on it"),
    ("setpriv", "install util-linux"),
    ("unshare", "install util-linux"),
    ("mount", "install mount (of util-linux)"),
    ("ip", "install iproute2"),
];

/// What a room with a network takes besides.
const NETWORKED: &[(&str, &str)] = &[
    ("slirp4netns", "install slirp4netns"),
    ("iptables", "install iptables"),
];

/// With what rooms are opened here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Means {
    /// The engine's program.
    pub dockerd: PathBuf,
    /// Its version, as it says it.
    pub version: String,
}

/// Why no room can be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unavailable {
    /// Every reason; at least one.
    pub lacks: Vec<Lack>,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What, as a clause: "`dockerd` is not installed".
    pub what: String,
    /// What a user can do about it.
    pub mend: String,
}

impl Unavailable {
    fn one(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            lacks: vec![Lack {
                what: what.into(),
                mend: mend.into(),
            }],
        }
    }

    /// All mends in one line, each once.
    pub fn mend(&self) -> String {
        let mut mends: Vec<&str> = Vec::new();
        for lack in &self.lacks {
            if !mends.contains(&lack.mend.as_str()) {
                mends.push(&lack.mend);
            }
        }
        mends.join("; ")
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whats: Vec<_> = self.lacks.iter().map(|lack| lack.what.as_str()).collect();
        f.write_str(&whats.join("; "))
    }
}

/// Looks whether rooms can be had here, with and without a network. Tries out
/// new namespaces, and asks the daemon's program for its version.
///
/// # Errors
/// Every reason why not.
pub fn available() -> Result<Means, Unavailable> {
    let programs = Programs::find(true)?;
    programs.may_unshare()?;
    let mut dockerd = Command::new(&programs.dockerd);
    dockerd.arg("--version");
    let version = process::run(dockerd, LIMITS)
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .ok_or_else(|| {
            let what = format!("{} does not tell its version", programs.dockerd.display());
            Unavailable::one(what, "reinstall Docker Engine")
        })?;
    Ok(Means {
        version: short(&version),
        dockerd: programs.dockerd,
    })
}

/// `Docker version 20.10.24+dfsg1, build 5d6db84` to `20.10.24+dfsg1`.
fn short(version: &str) -> String {
    let number = version
        .split([' ', ','])
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.'));
    number.unwrap_or(version).to_owned()
}

/// The programs of a room.
#[derive(Debug)]
pub(super) struct Programs {
    pub dockerd: PathBuf,
    pub setpriv: PathBuf,
    pub unshare: PathBuf,
    /// Empty where it was not asked for.
    pub slirp: PathBuf,
    /// The PATH for what runs in the room.
    pub path: OsString,
}

impl Programs {
    /// Finds them.
    pub fn find(network: bool) -> Result<Self, Unavailable> {
        if !cfg!(target_os = "linux") {
            return Err(Unavailable::one(
                "namespaces exist on Linux only; an engine in a virtual machine, such as Docker Desktop, is out of reach",
                "run plimsoll on Linux with Docker Engine, inside that machine for instance",
            ));
        }
        if !rustix::process::geteuid().is_root() {
            return Err(Unavailable::one(
                "new namespaces and a daemon in them take root",
                "run plimsoll as root, for instance with sudo",
            ));
        }
        let folders = folders();
        let wanted = ALWAYS
            .iter()
            .chain(NETWORKED.iter().filter(|_| network))
            .copied();
        let lacks = lacking(&folders, wanted);
        if !lacks.is_empty() {
            return Err(Unavailable { lacks });
        }
        let path = |name| find(&folders, name).unwrap_or_default();
        Ok(Self {
            dockerd: path("dockerd"),
            setpriv: path("setpriv"),
            unshare: path("unshare"),
            slirp: path("slirp4netns"),
            path: env::join_paths(&folders).unwrap_or_default(),
        })
    }

    fn may_unshare(&self) -> Result<(), Unavailable> {
        let mut unshare = Command::new(&self.unshare);
        unshare
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
            .args([
                "--propagation",
                "private",
                "mount",
                "-t",
                "tmpfs",
                "tmpfs",
                "/run",
            ])
            .env("PATH", &self.path);
        let output = process::run(unshare, LIMITS);
        let mend =
            "give it CAP_SYS_ADMIN and CAP_NET_ADMIN (a container: the host is the better place)";
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let what = format!("new namespaces are refused ({})", said.trim());
                Err(Unavailable::one(what, mend))
            }
            Err(error) => Err(Unavailable::one(
                format!("unshare: {}", chain(&error)),
                mend,
            )),
        }
    }
}

/// With its cause, on one line.
fn chain(error: &ProcessError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn lacking<'a>(folders: &[PathBuf], wanted: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Lack> {
    wanted
        .filter(|(name, _)| find(folders, name).is_none())
        .map(|(name, mend)| Lack {
            what: format!("`{name}` is not installed"),
            mend: mend.to_owned(),
        })
        .collect()
}

/// The folders of PATH, and the usual ones after them.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    for usual in FOLDERS.iter().map(PathBuf::from) {
        if !folders.contains(&usual) {
            folders.push(usual);
        }
    }
    folders
}

fn find(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_missing_program_is_named_with_its_mend() {
        let folder = tempfile::tempdir().unwrap();
        let program = |name: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        for (name, _) in ALWAYS {
            program(name, 0o755);
        }
        let folders = [folder.path().to_owned()];
        assert!(lacking(&folders, ALWAYS.iter().copied()).is_empty());
        program("setpriv", 0o644);
        fs::remove_file(folder.path().join("unshare")).unwrap();
        let lacks = Unavailable {
            lacks: lacking(&folders, ALWAYS.iter().chain(NETWORKED).copied()),
        };
        assert_eq!(
            lacks.to_string(),
            "`setpriv` is not installed; `unshare` is not installed; \
             `slirp4netns` is not installed; `iptables` is not installed"
        );
        assert_eq!(
            lacks.mend(),
            "install util-linux; install slirp4netns; install iptables"
        );
    }

    #[test]
    fn the_version_is_the_number() {
        let said = "Docker version 20.10.24+dfsg1, build 5d6db84";
        assert_eq!(short(said), "20.10.24+dfsg1");
        assert_eq!(short("strange"), "strange");
    }
}
