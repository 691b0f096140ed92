//! The action's script, in the environment that GitHub gives it. `plimsoll ab` is played by
//! a script that lays down what a run with fakes made; all else is the program itself.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use super::revisions::{WORSE, commit, git_in, repository, write};
use super::*;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/action");

/// A job's files and its environment.
struct Job {
    dir: TempDir,
    env: BTreeMap<String, String>,
}

impl Job {
    /// In `home`, where `plimsoll ab` prints and ends as is said and leaves `run`, if any.
    fn new(home: &Home, run: Option<&Path>, code: i32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let lay = run.map_or(String::new(), |run| {
            format!(
                "cp -r '{}' \"$out/run\"; ln -sfn run \"$out/latest\"; ",
                run.display()
            )
        });
        let player = format!(
            "#!/bin/sh\nif [ \"$1\" = ab ]; then\n\
             echo \"$@\" > '{asked}'\nout=$(echo \"$*\" | sed 's/.*--out \\([^ ]*\\).*/\\1/')\n\
             {lay}echo said; exit {code}\nfi\nexec '{program}' \"$@\"\n",
            asked = dir.path().join("asked").display(),
            program = env!("CARGO_BIN_EXE_plimsoll"),
        );
        let program = bin.join("plimsoll");
        std::fs::write(&program, player).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let file = |name: &str| dir.path().join(name).display().to_string();
        let env = [
            ("PATH", path),
            ("RUNNER_TEMP", file("temp")),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_STEP_SUMMARY", file("summary")),
            ("INPUT_HOME", home.path().display().to_string()),
            ("INPUT_BASE", "HEAD~1".to_owned()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value));
        Self {
            env: env.into(),
            dir,
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn ends(&self) -> (Option<i32>, String) {
        let mut script = Command::new(SCRIPT);
        script.envs(&self.env).env_remove("PLIMSOLL_HOME");
        let Output {
            status,
            stdout,
            stderr,
        } = script.output().unwrap();
        let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (status.code(), text.concat())
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }

    fn output(&self, name: &str) -> String {
        let outputs = self.file("output");
        let line = outputs
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {outputs}"))
            .to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_regression_fails_the_job_and_is_told_everywhere() {
    let home = repository();
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "worse");
    home.run(&["ab", "HEAD~1", "--warmup", "0"])
        .await
        .0
        .unwrap();
    let run = home.folders().pop().unwrap();
    let job = Job::new(&home, Some(&run), 3)
        .with("INPUT_SCENARIOS", "node ./go.toml")
        .with("INPUT_ARGUMENTS", "--only multi-*  --max-rounds 12");
    let (code, told) = job.ends();
    assert_eq!(code, Some(3), "{told}");
    let asked = job.file("asked");
    let expected = "ab HEAD~1 HEAD --out ";
    assert!(asked.starts_with(expected), "{asked}");
    assert!(
        asked.contains("--scenario node --scenario ./go.toml --only multi-* --max-rounds 12"),
        "{asked}"
    );
    assert!(
        told.contains("::error ") && told.contains("size.unpacked"),
        "{told}"
    );
    assert!(job.file("summary").contains("rebuild.source"));
    assert_eq!(job.output("exit-code"), "3");
    assert!(Path::new(&job.output("folder")).join("run.json").is_file());
    let comment = std::fs::read_to_string(job.output("comment-file")).unwrap();
    assert!(comment.contains("| worse |"), "{comment}");

    let lenient = Job::new(&home, Some(&run), 3).with("INPUT_FAIL_ON", "never");
    assert_eq!(lenient.ends().0, Some(0));
    assert_eq!(lenient.output("exit-code"), "3");
    // An error fails the job whatever it is to fail on.
    let broken = Job::new(&home, None, 1).with("INPUT_FAIL_ON", "never");
    assert_eq!(broken.ends().0, Some(1));
}

#[tokio::test(start_paused = true)]
async fn nothing_to_measure_is_a_result_and_bad_inputs_are_named() {
    let home = repository();
    write(&home, "README.md", "# an app\n");
    commit(&home, "beside the context");
    let job = Job::new(&home, None, 0);
    let (code, told) = job.ends();
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(job.output("folder"), "");
    assert_eq!(job.file("summary"), "said\n");
    for (name, value, words) in [
        ("INPUT_FAIL_ON", "always", "fail-on is `always`"),
        ("INPUT_MODE", "both", "mode is `both`"),
        ("INPUT_BASE", "nowhere", "the commit nowhere is not here"),
    ] {
        let (code, told) = Job::new(&home, None, 0).with(name, value).ends();
        assert_eq!(code, Some(2), "{told}");
        assert!(
            told.contains(&format!("::error title=plimsoll::{words}")),
            "{told}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_a_shallow_checkout_lacks_is_fetched() {
    let home = repository();
    write(&home, "README.md", "# an app\n");
    commit(&home, "second");
    let clone = Home::new(&[("good", GOOD)]);
    let source = format!("file://{}", home.path().display());
    let folder = clone.path().join("clone");
    git_in(
        &home,
        &[
            "clone",
            "-q",
            "--depth=1",
            &source,
            &folder.display().to_string(),
        ],
    );
    let base = git_in(&home, &["rev-parse", "HEAD~1"]);
    for base in [base.trim(), ""] {
        let job = Job::new(&home, None, 0)
            .with("INPUT_HOME", &folder.display().to_string())
            .with("INPUT_BASE", base);
        let (code, told) = job.ends();
        assert_eq!(code, Some(0), "{told}");
    }
}
