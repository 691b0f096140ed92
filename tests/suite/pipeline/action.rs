//! The action's script, in the environment that GitHub gives it. `plimsoll ab` is played by
//! a script that lays down what a run with fakes made; everything else is the program itself.

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

/// What `plimsoll ab` and `plimsoll run` do in a job, in the place of measuring.
#[derive(Default)]
struct Play<'a> {
    /// The run that it leaves.
    run: Option<&'a Path>,
    code: i32,
    /// What it prints, and what it complains of.
    said: &'a str,
    fault: &'a str,
}

impl Job {
    /// In `home`, where `plimsoll ab` prints and ends as is said and leaves `run`, if any.
    fn new(home: &Home, run: Option<&Path>, code: i32) -> Self {
        let job = Self::real(home);
        job.play(&Play {
            run,
            code,
            said: "said",
            ..Play::default()
        });
        job
    }

    /// In `home`, with the program itself.
    fn real(home: &Home) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_plimsoll"), bin.join("plimsoll")).unwrap();
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

    /// From now on `plimsoll ab` and `plimsoll run` do this.
    fn play(&self, play: &Play<'_>) {
        let lay = play.run.map_or(String::new(), |run| {
            format!(
                "cp -r '{}' \"$out/run\"; ln -sfn run \"$out/latest\"",
                run.display()
            )
        });
        let text = |name: &str, text: &str| {
            let file = self.dir.path().join(name);
            std::fs::write(&file, format!("{text}\n")).unwrap();
            file
        };
        let player = format!(
            "#!/bin/sh\ncase \"$1\" in ab | run)\n\
             echo \"$@\" > '{asked}'\nout=$(echo \"$*\" | sed 's/.*--out \\([^ ]*\\).*/\\1/')\n\
             {lay}\ncat '{said}'\ncat '{fault}' >&2\nexit {code}\nesac\nexec '{program}' \"$@\"\n",
            asked = self.dir.path().join("asked").display(),
            said = text("said", play.said).display(),
            fault = text("fault", play.fault).display(),
            code = play.code,
            program = env!("CARGO_BIN_EXE_plimsoll"),
        );
        let program = self.dir.path().join("bin/plimsoll");
        std::fs::remove_file(&program).unwrap();
        std::fs::write(&program, player).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The next step of the same job: GitHub gives it files of its own.
    fn next_step(&self) {
        for name in ["output", "summary"] {
            let _ = std::fs::remove_file(self.dir.path().join(name));
        }
    }

    fn comment(&self) -> String {
        std::fs::read_to_string(self.output("comment-file")).unwrap()
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
async fn a_regression_fails_the_job_and_is_in_every_output() {
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
    let (code, log) = job.ends();
    assert_eq!(code, Some(3), "{log}");
    let asked = job.file("asked");
    let expected = "ab HEAD~1 HEAD --out ";
    assert!(asked.starts_with(expected), "{asked}");
    assert!(
        asked.contains("--scenario node --scenario ./go.toml --only multi-* --max-rounds 12"),
        "{asked}"
    );
    assert!(
        log.contains("::error ") && log.contains("size.unpacked"),
        "{log}"
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
    commit(&home, "outside of the context");
    let job = Job::new(&home, None, 0);
    let (code, log) = job.ends();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(job.output("folder"), "");
    assert_eq!(job.file("summary"), "said\n");
    assert!(log.contains("::notice title=plimsoll::said"), "{log}");
    for (name, value, words) in [
        ("INPUT_FAIL_ON", "always", "fail-on is `always`"),
        ("INPUT_MODE", "both", "mode is `both`"),
        ("INPUT_BASE", "nowhere", "the commit nowhere is not here"),
    ] {
        let job = Job::new(&home, None, 0).with(name, value);
        let (code, log) = job.ends();
        assert_eq!(code, Some(2), "{log}");
        assert!(
            log.contains(&format!("::error title=plimsoll::{words}")),
            "{log}"
        );
        // No comment of an earlier push stays as if it were this one's result.
        assert!(job.comment().contains(words) && job.file("summary").contains(words));
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
        let (code, log) = job.ends();
        assert_eq!(code, Some(0), "{log}");
    }
}

/// A run of `plimsoll ab` that made something worse.
async fn regression(home: &Home) -> std::path::PathBuf {
    write(home, "app/Dockerfile.good", WORSE);
    commit(home, "worse");
    let arguments = ["ab", "HEAD~1", "--warmup", "0"];
    assert_eq!(home.run(&arguments).await.0.unwrap(), Exit::Regressed);
    home.folders().pop().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_second_step_of_a_job_has_a_result_of_its_own() {
    let home = repository();
    let run = regression(&home).await;
    let job = Job::new(&home, Some(&run), 3);
    assert_eq!(job.ends().0, Some(3));
    let first = job.comment();
    assert!(first.contains("| worse |"), "{first}");

    // Nothing differs in the second.
    job.next_step();
    job.play(&Play {
        said: "Nothing that is built or run differs.",
        ..Play::default()
    });
    let (code, log) = job.ends();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("::error"), "{log}");
    assert_eq!(job.output("folder"), "");
    for text in [job.comment(), job.file("summary")] {
        assert!(
            !text.contains("worse") && text.contains("Nothing that is built"),
            "{text}"
        );
    }
    // And the third fails before it has a run.
    job.next_step();
    job.play(&Play {
        code: 1,
        fault: "error: failed to reach the engine\n  hint: start it",
        ..Play::default()
    });
    let (code, log) = job.ends();
    assert_eq!(code, Some(1), "{log}");
    let annotation = "::error title=plimsoll::exit code 1: failed to reach the engine";
    assert!(log.contains(annotation), "{log}");
    for text in [job.comment(), job.file("summary")] {
        assert!(
            !text.contains("worse") && text.contains("hint: start it"),
            "{text}"
        );
    }
    // The fourth has a run again, of the same name.
    job.next_step();
    job.play(&Play {
        run: Some(&run),
        code: 3,
        ..Play::default()
    });
    assert_eq!(job.ends().0, Some(3));
    assert_eq!(job.comment(), first);
    // The same job of a matrix, on another runner or with a key, has another comment.
    let mut marks = vec![mark_of(&first)];
    let mut job = job;
    for (name, value) in [("RUNNER_ARCH", "ARM64"), ("INPUT_COMMENT_KEY", "podman")] {
        job = job.with(name, value);
        job.next_step();
        assert_eq!(job.ends().0, Some(3));
        marks.push(mark_of(&job.comment()));
    }
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), 3, "{marks:?}");
}

/// The line by which a later push finds the comment.
fn mark_of(comment: &str) -> String {
    let mark = comment.lines().next().unwrap();
    assert!(mark.starts_with("<!-- plimsoll "), "{mark}");
    mark.to_owned()
}

#[tokio::test(start_paused = true)]
async fn variants_that_fail_are_reported_with_their_reason() {
    let home = repository();
    let broken = "FROM base:1\nCOPY main.src ./\nRUN fail\n";
    write(&home, "app/Dockerfile.good", broken);
    commit(&home, "broken");
    write(&home, "app/Dockerfile.good", &format!("{broken}RUN more\n"));
    commit(&home, "still broken");
    // On both sides: it became no worse, and is an error.
    assert_eq!(home.run(&["ab", "HEAD~1"]).await.0.unwrap(), Exit::Failed);
    let run = home.folders().pop().unwrap();
    let talk = home.talk();
    let job = Job::new(&home, None, 1);
    job.play(&Play {
        run: Some(&run),
        code: 1,
        fault: &talk,
        ..Play::default()
    });
    let (code, log) = job.ends();
    assert_eq!(code, Some(1), "{log}");
    assert!(
        log.contains("::error title=plimsoll::exit code 1: "),
        "{log}"
    );
    for text in [job.comment(), job.file("summary")] {
        assert!(
            text.contains("exit code 1") && text.contains("no rule"),
            "{text}"
        );
    }
    assert!(Path::new(&job.output("folder")).join("run.json").is_file());

    // In head alone it is a regression.
    assert_eq!(
        home.run(&["ab", "HEAD~2"]).await.0.unwrap(),
        Exit::Regressed
    );
    let run = home.folders().pop().unwrap();
    let job = Job::new(&home, Some(&run), 3);
    let (code, log) = job.ends();
    assert_eq!(code, Some(3), "{log}");
    assert!(log.contains("did not finish"), "{log}");
    assert!(
        job.comment().contains("did not finish"),
        "{}",
        job.comment()
    );
}

/// An engine that answers everything with its version: enough for what measures nothing.
fn engine() -> String {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("tcp://{address}")
}

#[tokio::test(start_paused = true)]
async fn the_pull_request_that_introduces_plimsoll_succeeds_with_a_note() {
    let home = repository();
    let scenario = std::fs::read_to_string(home.path().join("scenarios/app.toml")).unwrap();
    std::fs::remove_dir_all(home.path().join("scenarios")).unwrap();
    commit(&home, "before plimsoll");
    std::fs::create_dir(home.path().join("scenarios")).unwrap();
    write(&home, "scenarios/app.toml", &scenario);
    commit(&home, "plimsoll is introduced");
    for (scenarios, fail_on) in [
        ("", "regression"),
        ("app", "inconclusive"),
        ("./scenarios/app.toml", "never"),
    ] {
        let job = Job::real(&home)
            .with("DOCKER_HOST", &engine())
            .with("INPUT_SCENARIOS", scenarios)
            .with("INPUT_FAIL_ON", fail_on);
        let (code, log) = job.ends();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("::notice title=plimsoll::HEAD~1 ("), "{log}");
        for text in [job.comment(), job.file("summary")] {
            assert!(
                text.contains("there is nothing to compare") && text.contains("app/good"),
                "{text}"
            );
        }
        assert_eq!(
            (job.output("exit-code"), job.output("folder")),
            ("0".to_owned(), String::new())
        );
    }
    // The first commit of a repository has no parent.
    let first = repository();
    let job = Job::new(&first, None, 2).with("INPUT_BASE", "");
    let (code, log) = job.ends();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("::notice title=plimsoll::HEAD has no parent"),
        "{log}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_check_reports_its_budgets_even_where_a_variant_failed() {
    let home = Home::new(&[
        ("good", GOOD),
        ("bad", "FROM base:1\nCOPY main.src ./\nRUN fail\n"),
    ])
    .with("[[budget]]\nmetric = \"size.unpacked\"\nvariant = \"good\"\nat-most = \"1 MB\"\n");
    assert_eq!(
        home.run(&["run", "app", "--rounds", "1"]).await.0.unwrap(),
        Exit::Failed
    );
    let run = home.folders().pop().unwrap();
    let job = Job::new(&home, Some(&run), 1).with("INPUT_MODE", "check");
    let (code, log) = job.ends();
    assert_eq!(code, Some(1), "{log}");
    assert!(
        log.contains("::error title=budget::app/good size.unpacked"),
        "{log}"
    );
    // The log has the table as well.
    assert!(log.contains("1 broken"), "{log}");
    assert!(job.comment().contains("| broken |"), "{}", job.comment());

    let only_good = ["run", "app", "--rounds", "1", "--only", "good"];
    assert_eq!(home.run(&only_good).await.0.unwrap(), Exit::Fine);
    let run = home.folders().pop().unwrap();
    let job = Job::new(&home, Some(&run), 0).with("INPUT_MODE", "check");
    assert_eq!(job.ends().0, Some(3));
    let lenient = Job::new(&home, Some(&run), 0)
        .with("INPUT_MODE", "check")
        .with("INPUT_FAIL_ON", "never");
    assert_eq!(lenient.ends().0, Some(0));
}
