//! Whether this machine can open rooms, and the programs that a room requires.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Limits};
use crate::text::chain;
use crate::units::{Bytes, Nanos};

/// Limits of a program that is run for a check.
const LIMITS: Limits = Limits {
    within: Nanos::from_secs(30),
    stdout: Bytes(1 << 20),
    stderr: Bytes(4 << 10),
};

/// Folders of system programs, for users whose PATH lacks them.
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

/// The programs that every room requires, and how to install them.
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

/// The programs that a room with a network requires in addition.
const WITH_NETWORK: &[(&str, &str)] = &[
    ("slirp4netns", "install slirp4netns"),
    ("iptables", "install iptables"),
];

/// The engine that this machine can start in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEngine {
    /// The engine's program.
    pub dockerd: PathBuf,
    /// The version that it reports.
    pub version: String,
}

/// Why this machine cannot open a room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unavailable {
    /// Every reason; at least one.
    pub missing: Vec<MissingRequirement>,
}

/// A requirement that the machine does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRequirement {
    /// What, as a clause: "`dockerd` is not installed".
    pub what: String,
    /// How the user can fix it.
    pub fix: String,
}

impl Unavailable {
    fn one(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            missing: vec![MissingRequirement {
                what: what.into(),
                fix: fix.into(),
            }],
        }
    }

    /// All fixes on one line, without duplicates.
    pub fn fix(&self) -> String {
        let mut fixes: Vec<&str> = Vec::new();
        for requirement in &self.missing {
            if !fixes.contains(&requirement.fix.as_str()) {
                fixes.push(&requirement.fix);
            }
        }
        fixes.join("; ")
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self
            .missing
            .iter()
            .map(|requirement| requirement.what.as_str())
            .collect();
        f.write_str(&all.join("; "))
    }
}

/// Checks whether this machine can open rooms, with and without a network. Creates namespaces for
/// a test and runs `dockerd --version`.
///
/// # Errors
/// Every requirement that is not met.
pub fn check_requirements() -> Result<RoomEngine, Unavailable> {
    let programs = RoomPrograms::find(true)?;
    programs.check_unshare()?;
    let mut dockerd = Command::new(&programs.dockerd);
    dockerd.arg("--version");
    let version = process::run(dockerd, LIMITS)
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .ok_or_else(|| {
            let what = format!("{} does not report its version", programs.dockerd.display());
            Unavailable::one(what, "reinstall Docker Engine")
        })?;
    Ok(RoomEngine {
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
pub(super) struct RoomPrograms {
    pub dockerd: PathBuf,
    pub setpriv: PathBuf,
    pub unshare: PathBuf,
    /// Empty for a room without a network.
    pub slirp: PathBuf,
    /// The PATH for what runs in the room.
    pub path: OsString,
}

impl RoomPrograms {
    /// Finds the programs of a room.
    pub fn find(network: bool) -> Result<Self, Unavailable> {
        if !cfg!(target_os = "linux") {
            return Err(Unavailable::one(
                "namespaces exist on Linux only; an engine in a virtual machine (Docker Desktop) is out of reach",
                "run plimsoll on Linux with Docker Engine, for example inside that virtual machine",
            ));
        }
        if !rustix::process::geteuid().is_root() {
            return Err(Unavailable::one(
                "creating namespaces and starting a daemon require root",
                "run plimsoll as root, for example with sudo",
            ));
        }
        let folders = folders();
        let wanted = ALWAYS
            .iter()
            .chain(WITH_NETWORK.iter().filter(|_| network))
            .copied();
        let missing = missing_programs(&folders, wanted);
        if !missing.is_empty() {
            return Err(Unavailable { missing });
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

    fn check_unshare(&self) -> Result<(), Unavailable> {
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
        let fix = "grant CAP_SYS_ADMIN and CAP_NET_ADMIN, or run plimsoll on the host instead of in a container";
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let output_text = String::from_utf8_lossy(&output.stderr);
                let what = format!("new namespaces are refused ({})", output_text.trim());
                Err(Unavailable::one(what, fix))
            }
            Err(error) => Err(Unavailable::one(format!("unshare: {}", chain(&error)), fix)),
        }
    }
}

fn missing_programs<'a>(
    folders: &[PathBuf],
    wanted: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<MissingRequirement> {
    wanted
        .filter(|(name, _)| find(folders, name).is_none())
        .map(|(name, fix)| MissingRequirement {
            what: format!("`{name}` is not installed"),
            fix: fix.to_owned(),
        })
        .collect()
}

/// The folders of PATH, then the usual ones.
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
    fn every_missing_program_is_listed_with_its_fix() {
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
        assert!(missing_programs(&folders, ALWAYS.iter().copied()).is_empty());
        program("setpriv", 0o644);
        fs::remove_file(folder.path().join("unshare")).unwrap();
        let missing = Unavailable {
            missing: missing_programs(&folders, ALWAYS.iter().chain(WITH_NETWORK).copied()),
        };
        assert_eq!(
            missing.to_string(),
            "`setpriv` is not installed; `unshare` is not installed; \
             `slirp4netns` is not installed; `iptables` is not installed"
        );
        assert_eq!(
            missing.fix(),
            "install util-linux; install slirp4netns; install iptables"
        );
    }

    #[test]
    fn the_short_version_is_the_number() {
        let output_text = "Docker version 20.10.24+dfsg1, build 5d6db84";
        assert_eq!(short(output_text), "20.10.24+dfsg1");
        assert_eq!(short("strange"), "strange");
    }
}
