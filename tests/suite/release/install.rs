//! What `scripts/action-install` takes, builds or refuses, with releases in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{LINUX, VERSION, archive, pack, script, succeeds, text, tree};

/// Releases in a folder, and a job that takes one.
struct Job {
    dir: TempDir,
}

impl Job {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let releases = dir.path().join(format!("releases/v{VERSION}"));
        fs::create_dir_all(&releases).unwrap();
        for target in LINUX {
            pack(&tree(dir.path(), target), &releases.join(archive(target)));
        }
        succeeds(script("release-files").arg("sums").arg(&releases));
        Self { dir }
    }

    fn sums(&self) -> PathBuf {
        let releases = self.dir.path().join("releases");
        releases.join(format!("v{VERSION}/SHA256SUMS"))
    }

    /// Exit code, what it printed, its output `installed`, and the folder in the PATH.
    fn install(&self, env: &[(&str, &str)]) -> (Option<i32>, String, String, String) {
        let file = |name: &str| self.dir.path().join(name);
        for name in ["output", "path"] {
            fs::write(file(name), "").unwrap();
        }
        let releases = format!("file://{}", file("releases").display());
        let output = script("action-install")
            .env_remove("INPUT_VERSION")
            .env_remove("ACTION_REF")
            .env("PLIMSOLL_RELEASES", releases)
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")])
            .env("RUNNER_TEMP", self.dir.path())
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_PATH", file("path"))
            .envs(env.iter().copied())
            .output()
            .unwrap();
        let kept = |name: &str| fs::read_to_string(file(name)).unwrap().trim().to_owned();
        (
            output.status.code(),
            text(&output),
            kept("output"),
            kept("path"),
        )
    }
}

#[test]
fn the_action_takes_the_release_of_its_tag_or_of_its_input() {
    let job = Job::new();
    let tag = format!("v{VERSION}");
    let tag = tag.as_str();
    for env in [
        &[("ACTION_REF", tag)][..],
        &[("ACTION_REF", "main"), ("INPUT_VERSION", VERSION)],
        &[("INPUT_VERSION", tag), ("RUNNER_ARCH", "ARM64")],
    ] {
        let (code, said, output, path) = job.install(env);
        assert_eq!(
            (code, output.as_str()),
            (Some(0), "installed=true"),
            "{said}"
        );
        assert!(said.contains(&format!("plimsoll {VERSION}")), "{said}");
        assert!(Path::new(&path).join("plimsoll").is_file(), "{path}");
    }
}

#[test]
fn the_action_builds_where_no_release_fits() {
    let job = Job::new();
    let tag = format!("v{VERSION}");
    let tag = tag.as_str();
    for (env, reason) in [
        (&[("ACTION_REF", "main")][..], "not the tag of a version"),
        (&[("ACTION_REF", "v1")], "not the tag of a version"),
        (
            &[("ACTION_REF", "v0.1.0-fix_x")],
            "not the tag of a version",
        ),
        (&[("ACTION_REF", "v1.2.3.4")], "not the tag of a version"),
        (
            &[("INPUT_VERSION", "source"), ("ACTION_REF", tag)],
            "building from source",
        ),
        (&[("ACTION_REF", "v99.0.0")], "cannot be downloaded"),
        (
            &[("ACTION_REF", tag), ("RUNNER_OS", "Windows")],
            "no release for Windows X64",
        ),
        (
            &[("INPUT_VERSION", VERSION), ("RUNNER_OS", "macOS")],
            "cannot be downloaded",
        ),
    ] {
        let (code, said, output, path) = job.install(env);
        assert_eq!(
            (code, output.as_str()),
            (Some(0), "installed=false"),
            "{said}"
        );
        assert!(said.contains(reason) && path.is_empty(), "{reason}: {said}");
    }
}

#[test]
fn the_action_neither_runs_an_altered_program_nor_builds_another_version() {
    let job = Job::new();
    let tag = format!("v{VERSION}");
    let tag = tag.as_str();
    let fails = |env: &[(&str, &str)], reason: &str| {
        let (code, said, output, path) = job.install(env);
        assert_eq!(code, Some(1), "{said}");
        assert!(output.is_empty() && path.is_empty(), "{output} {path}");
        assert!(said.starts_with("::error title=plimsoll::"), "{said}");
        assert!(said.contains(reason) && said.contains("(hint: "), "{said}");
    };
    fails(
        &[("INPUT_VERSION", "99.0.0")],
        "the sources of the action are version",
    );
    fails(&[("INPUT_VERSION", "newest")], "has the wrong form");
    // A line break makes no command of its own.
    fails(
        &[("INPUT_VERSION", "x\n::notice::injected")],
        "x%0A::notice::injected",
    );
    let sums = fs::read_to_string(job.sums()).unwrap();
    fs::write(job.sums(), sums.replace(&sums[..8], "00000000")).unwrap();
    let first = sums.split_whitespace().nth(1).unwrap();
    let arch = if first.contains("x86_64") {
        "X64"
    } else {
        "ARM64"
    };
    let env = [("ACTION_REF", tag), ("RUNNER_ARCH", arch)];
    fails(&env, "does not match SHA256SUMS");
    fs::write(job.sums(), "").unwrap();
    fails(&env, "does not match SHA256SUMS");
    fs::remove_file(job.sums()).unwrap();
    fails(&env, "has no SHA256SUMS");
}
