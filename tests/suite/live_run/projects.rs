//! Projects in the shapes that people have, measured by a program that is installed alone: nothing
//! of plimsoll's is in the project or in the user's home.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll::engine::Engine;
use plimsoll::record::{CaseRecord, Disposition, Metric, RunRecord};
use tempfile::TempDir;
use walkdir::WalkDir;

use super::home::{Ended, left, record_of};
use super::matrix::ended_at_once;
use crate::live_engine::stage::{Stage, live};

/// One round: the tests look at what is measured, not at its times.
const QUICK: [&str; 3] = ["--profile", "quick", "--no-push"];

/// A copy of a project, and a user with an empty home who has installed plimsoll.
struct Project {
    folder: TempDir,
    home: TempDir,
}

impl Project {
    fn of(name: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/projects")
            .join(name);
        for entry in WalkDir::new(&from).into_iter().map(Result::unwrap) {
            let to = project
                .folder
                .path()
                .join(entry.path().strip_prefix(&from).unwrap());
            match entry.file_type().is_dir() {
                true => fs::create_dir_all(to).unwrap(),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
        fs::copy(env!("CARGO_BIN_EXE_plimsoll"), project.program()).unwrap();
        project
    }

    fn program(&self) -> PathBuf {
        self.home.path().join("plimsoll")
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// Lets a Dockerfile build on a base of its own name: see [`Stage::own_base`].
    async fn on_own_base(&self, stage: &Stage, file: &str, from: &str) {
        let base = stage.own_base("plimsoll.local/node:20-slim").await;
        let path = self.folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "no {from} in {file}");
        fs::write(&path, text.replace(from, &base)).unwrap();
    }

    fn bench(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(self.program());
        command
            .arg("bench")
            .args(arguments)
            .args(QUICK)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(std::env::var_os("DOCKER_HOST").map(|host| ("DOCKER_HOST", host)))
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// The record of the only run, of which nothing is left on the engine.
    async fn record(&self, stage: &Stage) -> RunRecord {
        let runs = plimsoll::store::run_folders(&self.folder.path().join(".plimsoll"));
        assert_eq!(runs.len(), 1, "{runs:?}");
        let id = runs[0].file_name().unwrap().to_str().unwrap();
        assert_eq!(left(stage, id).await, Vec::<String>::new());
        record_of(&runs[0])
    }
}

/// What an app has in every run: sizes, builds, rebuilds, and a start.
pub(super) fn assert_measured(record: &RunRecord, case: &CaseRecord) {
    assert_eq!(case.disposition, Disposition::Qualified, "{}", case.id);
    for metric in [
        Metric::SizeUnpacked,
        Metric::BuildCold,
        Metric::BuildCached,
        Metric::RebuildSource,
        Metric::StartReady,
    ] {
        let of_case = record.samples.iter().filter(|one| one.case == case.id);
        let counted = of_case.filter(|one| one.metric == metric && one.outcome.counted().is_some());
        assert_eq!(counted.count(), 1, "{} {metric}", case.id);
    }
}

fn apps(record: &RunRecord) -> Vec<&CaseRecord> {
    let apps = record.cases.iter().filter(|case| case.variant != "floor");
    apps.collect()
}

live!(alone a_service_of_a_monorepo_is_measured_from_its_top, stage => {
    let project = Project::of("monorepo");
    project.on_own_base(stage, "services/web/Dockerfile", "node:20").await;
    let ended = project.bench(&["-f", "services/web/Dockerfile"], &[]);
    // Its program handles no stop signal, as many: that is a failure, and everything else counts.
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("dockerfile: stop failed: did not exit within 10.0 s"), "{}", ended.out);
    let record = project.record(stage).await;
    assert_measured(&record, apps(&record)[0]);
    assert!(ended.err.contains("path from a guess"), "{}", ended.err);
    assert!(ended.err.contains("source edit: a comment in services/web/index.js"), "{}", ended.err);
});

live!(alone a_compose_project_is_measured_with_its_database_up, stage => {
    let tag = stage.foreign_tag("database");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nCMD [\"/tool\", \"late\", \"2\"]\n";
    stage.build(&stage.request(&tag), dockerfile).await.unwrap();
    let project = Project::of("shop");
    project.on_own_base(stage, "Dockerfile", "node:20-slim").await;
    let variables = [("DATABASE_IMAGE", tag.as_str()), ("DATABASE_PORT", "8080")];
    let ended = project.bench(&["--compose", "compose.yaml"], &variables);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let record = project.record(stage).await;
    let app = apps(&record)[0];
    assert_measured(&record, app);
    assert_eq!(app.companions.len(), 1);
    // Alone it does not open.
    let alone = Project::of("shop");
    alone.on_own_base(stage, "Dockerfile", "node:20-slim").await;
    let environment = ["--env", "DATABASE_HOST=db", "--env", "DATABASE_PORT=8080"];
    let ended = alone.bench(&environment, &[]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("no database"), "{}", ended.out);
});

live!(alone a_static_site_is_measured_on_the_base_that_a_map_names, stage => {
    let tag = stage.foreign_tag("server");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nCMD [\"/tool\", \"serve\"]\n";
    stage.build(&stage.request(&tag), dockerfile).await.unwrap();
    let project = Project::of("static-site");
    project.write("plimsoll.toml", &format!("[bases]\n\"nginx:1.27\" = \"{tag}\"\n"));
    let ended = project.bench(&["--ready", "http://:8080/"], &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let record = project.record(stage).await;
    assert_measured(&record, apps(&record)[0]);
    assert!(stage.engine.image(&tag).await.unwrap().is_some(), "the user's image stays");
});

live!(alone a_command_line_tool_is_ready_once_it_has_finished, stage => {
    let project = Project::of("almanac");
    let ended = project.bench(&["--ready", "exit:0"], &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let record = project.record(stage).await;
    assert_measured(&record, apps(&record)[0]);
});

live!(alone a_worker_is_ready_by_a_line_of_its_log, stage => {
    let project = Project::of("worker");
    let ended = project.bench(&["--ready", "log:waiting for jobs"], &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let record = project.record(stage).await;
    assert_measured(&record, apps(&record)[0]);
    let stop = record.samples.iter().find(|one| one.metric == Metric::StopTime).unwrap();
    assert!(stop.outcome.counted().is_some() || ended_at_once(stop), "{stop:?}");
});

live!(alone a_build_gets_its_secret_and_its_argument, stage => {
    const TOKEN: &str = "an-open-sesame-of-the-shop";
    let project = Project::of("private-packages");
    let given = ["--ready", "exit:0", "--build-arg", "REVISION=7", "--secret", "id=token,env=SHOP"];
    let ended = project.bench(&given, &[("SHOP", TOKEN)]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let record = project.record(stage).await;
    assert_measured(&record, apps(&record)[0]);
    for file in WalkDir::new(project.folder.path()).into_iter().map(Result::unwrap) {
        if file.file_type().is_file() {
            let bytes = fs::read(file.path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(TOKEN), "{}", file.path().display());
        }
    }
    // Without them the build says which one it lacks.
    let without = Project::of("private-packages");
    let ended = without.bench(&["--ready", "exit:0", "--build-arg", "REVISION=7"], &[]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("token"), "{}", ended.out);
});

live!(alone a_broken_dockerfile_is_named_and_its_sibling_is_measured, stage => {
    let project = Project::of("almanac");
    project.write("Dockerfile.broken", "FROM alpine:3.20\nCOPPY almanac.sh /\n");
    project.write("Dockerfile.failing", "FROM alpine:3.20\nCOPY almanac.sh /\nRUN exit 7\n");
    let ended = project.bench(&["--ready", "exit:0"], &[]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    let said = "left out: Dockerfile.broken, line 2: unknown instruction `COPPY`";
    assert!(ended.err.contains(said), "{}", ended.err);
    assert!(ended.out.contains("exit code 7") || ended.out.contains("exit 7"), "{}", ended.out);
    let record = project.record(stage).await;
    assert_eq!(apps(&record).len(), 2);
    let measured = apps(&record).into_iter().find(|case| case.variant != "failing");
    assert_measured(&record, measured.unwrap());
});
