//! The GitLab jobs of docs/CI.md, run by gitlab-ci-local with the shell executor.
//! `plimsoll run` and `plimsoll ab` are played: they lay down a run; everything else is the program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use plimsoll::record::Disposition;

use super::installed::{asked, examples};
use super::*;

/// The last that runs on Node 20.
const PACKAGE: &str = "gitlab-ci-local@4.61.1";

/// Installs it; the reason where npm does not answer.
pub(super) fn install(folder: &Path) -> Result<PathBuf, String> {
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("timeout");
        command
            .args(["120", "npm"])
            .args(arguments)
            .current_dir(folder);
        match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    };
    npm(&["view", PACKAGE, "version"])?;
    npm(&[
        "install",
        "--no-fund",
        "--no-audit",
        "--prefix",
        ".",
        PACKAGE,
    ])
    .unwrap();
    Ok(folder.join("node_modules/.bin/gitlab-ci-local"))
}

pub(super) fn program(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A project with the jobs of the page.
pub(super) struct Project {
    dir: tempfile::TempDir,
    runner: PathBuf,
}

impl Project {
    fn new(runner: &Path) -> Self {
        let project = Self::of(runner, &[(".gitlab-ci.yml", examples()[2].to_owned())]);
        // It copies the tree for containers, and none is used.
        program(&project.root().join("bin/rsync"), "#!/bin/sh\nexit 0\n");
        project
    }

    /// A project of these files.
    pub(super) fn of(runner: &Path, files: &[(&str, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("project");
        std::fs::create_dir_all(root.join("bin")).unwrap();
        for (name, text) in files {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.arg("-C").arg(&root);
            git.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
            assert!(git.args(arguments).output().unwrap().status.success());
        };
        git(&["init", "-q", "-b", "main"]);
        git(&[
            "remote",
            "add",
            "origin",
            "git@gitlab.example.com:group/project.git",
        ]);
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "first"]);
        Self {
            dir,
            runner: runner.to_owned(),
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    /// From now on `plimsoll run` and `ab` leave this run, if any, and end so.
    fn play(&self, run: Option<&RunRecord>, code: i32) {
        let kept = self.dir.path().join("run.json");
        let lay = run.map_or(String::new(), |run| {
            std::fs::write(&kept, serde_json::to_string(run).unwrap()).unwrap();
            let kept = kept.display();
            format!("mkdir -p plimsoll/one; cp '{kept}' plimsoll/one/; ln -sfn one plimsoll/latest")
        });
        let real = env!("CARGO_BIN_EXE_plimsoll");
        let player = format!(
            "#!/bin/sh\ncase $1 in run | ab)\necho \"played: $*\"\n{lay}\nexit {code}\nesac\nexec '{real}' \"$@\"\n"
        );
        program(&self.root().join("bin/plimsoll"), &player);
    }

    /// Runs a job; whether it succeeded, its exit code as the runner shows it, and its log.
    fn job(&self, name: &str, variables: &[&str]) -> (bool, String) {
        self.run(Some(name), variables)
    }

    /// Runs all jobs.
    pub(super) fn pipeline(&self) -> (bool, String) {
        self.run(None, &[])
    }

    /// Removes folders that jobs left.
    pub(super) fn forget(&self, folders: &[&str]) {
        for folder in folders {
            let _ = std::fs::remove_dir_all(self.root().join(folder));
        }
        let _ = std::fs::remove_dir_all(self.root().join(".gitlab-ci-local"));
    }

    fn run(&self, job: Option<&str>, variables: &[&str]) -> (bool, String) {
        let bin = self.root().join("bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut runner = Command::new(&self.runner);
        runner.args(job).current_dir(self.root());
        runner.arg("--home").arg(self.dir.path());
        for variable in variables {
            runner.args(["--variable", variable]);
        }
        let Output {
            status,
            stdout,
            stderr,
        } = runner
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (status.success(), text.concat())
    }

    fn junit(&self) -> Option<String> {
        std::fs::read_to_string(self.root().join("plimsoll/junit.xml")).ok()
    }
}

#[test]
fn gitlabs_jobs_show_their_budgets_and_keep_their_reports() {
    if !asked() {
        return;
    }
    let tools = tempfile::tempdir().unwrap();
    let runner = match install(tools.path()) {
        Ok(runner) => runner,
        Err(reason) => return println!("skipped: npm does not answer: {reason}"),
    };
    let project = Project::new(&runner);
    let budgets = || project.job("images-budgets", &[]);
    let most = |bytes| Budget {
        metric: Metric::SizeUnpacked.id().to_owned(),
        variant: None,
        strategy: None,
        link: None,
        limit: Limit::AtMost(Quantity::Bytes(Bytes(bytes))),
        soft: false,
        why: None,
    };
    let mut dnf = four_variants();
    dnf.scenarios[0].budgets = vec![most(u64::from(u32::MAX))];
    let mut whole = dnf.clone();
    let failed = |disposition: &Disposition| matches!(disposition, Disposition::Failed { .. });
    let gone: Vec<_> = whole
        .cases
        .iter()
        .filter(|case| failed(&case.disposition))
        .map(|case| case.id.clone())
        .collect();
    assert_eq!(gone.len(), 1);
    whole.cases.retain(|case| !gone.contains(&case.id));
    whole.samples.retain(|sample| !gone.contains(&sample.case));
    whole.builds.retain(|build| !gone.contains(&build.case));
    whole
        .plan
        .order
        .iter_mut()
        .for_each(|round| round.retain(|id| !gone.contains(id)));

    project.play(Some(&whole), 0);
    let (fine, log) = budgets();
    assert!(fine, "{log}");
    let junit = project.junit().unwrap();
    assert!(junit.contains("failures=\"0\" errors=\"0\""), "{junit}");
    assert!(project.root().join("plimsoll/metrics.txt").is_file());

    let mut heavy = whole.clone();
    heavy.scenarios[0].budgets = vec![most(1)];
    project.play(Some(&heavy), 0);
    let (fine, log) = budgets();
    assert!(!fine && log.contains("FAIL 3"), "{log}");
    assert!(
        log.contains("broken") && log.contains("size.unpacked") && log.contains("over the limit"),
        "{log}"
    );
    assert!(project.junit().unwrap().contains("<failure"));

    // A variant that failed: `run` ends with 1, and the reports are kept.
    project.play(Some(&dnf), 1);
    let (fine, log) = budgets();
    assert!(
        !fine && log.contains("FAIL 1") && log.contains("failed:"),
        "{log}"
    );
    assert!(project.junit().unwrap().contains("<error"));
    assert!(project.root().join("plimsoll/metrics.txt").is_file());

    // Nothing measured: no report of the job before is taken for this one's.
    project.play(None, 1);
    let (fine, log) = budgets();
    assert!(!fine, "{log}");
    assert_eq!(project.junit(), None);

    project.play(None, 3);
    let request = [
        "CI_PIPELINE_SOURCE=merge_request_event",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA=abc",
    ];
    let (fine, log) = project.job("images", &request);
    assert!(
        !fine && log.contains("FAIL 3") && log.contains("played: ab abc HEAD"),
        "{log}"
    );
}
