//! The program in folders that hold nothing of plimsoll's.

mod compose;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::reports::builder::four_variants;

/// A folder of the user, and one for caches.
struct Stranger {
    folder: TempDir,
    caches: TempDir,
}

impl Stranger {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            caches: tempfile::tempdir().unwrap(),
        }
    }

    fn keep(&self, below: &str) {
        let folder = self.folder.path().join(below).join("20261120T204000Z-node");
        fs::create_dir_all(&folder).unwrap();
        let record = serde_json::to_string(&four_variants()).unwrap();
        fs::write(folder.join("run.json"), record).unwrap();
    }

    /// Exit code, stdout and stderr.
    fn plimsoll_in(&self, folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(arguments)
            .current_dir(folder)
            .env_remove("PLIMSOLL_HOME")
            .env("XDG_CACHE_HOME", self.caches.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn plimsoll(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        self.plimsoll_in(self.folder.path(), arguments)
    }
}

#[test]
fn an_empty_folder_has_the_built_in_scenarios_and_stays_empty() {
    let stranger = Stranger::new();
    let (code, out, said) = stranger.plimsoll(&["list", "go", "--format", "json"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("\"go/scratch\""), "{out}");
    let (code, all, _) = stranger.plimsoll(&["list"]);
    assert_eq!(code, Some(0));
    assert!(all.contains("technique-strip/"), "{all}");
    assert_eq!(fs::read_dir(stranger.folder.path()).unwrap().count(), 0);
    let cache = stranger.caches.path().join("plimsoll");
    let unpacked: Vec<_> = fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(matches!(unpacked.as_slice(), [one] if one.starts_with("builtin-")));
}

#[test]
fn own_scenarios_are_not_mixed_with_the_built_in_ones() {
    let stranger = Stranger::new();
    let scenarios = stranger.folder.path().join("scenarios");
    fs::create_dir(&scenarios).unwrap();
    // A folder of that name that holds something else.
    fs::write(scenarios.join("login.feature"), "Feature: login\n").unwrap();
    assert_eq!(stranger.plimsoll(&["list", "go"]).0, Some(0));
    fs::write(scenarios.join("own.toml"), "schema = 1\n").unwrap();
    let (code, _, said) = stranger.plimsoll(&["list", "go"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("`own`"), "{said}");
    // A folder that is named is taken as it is.
    let empty = tempfile::tempdir().unwrap();
    let named = empty.path().display().to_string();
    let (code, _, said) = stranger.plimsoll(&["--home", &named, "list"]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn runs_of_a_project_are_found_from_the_project_and_from_below() {
    let stranger = Stranger::new();
    let top = stranger.folder.path();
    fs::create_dir_all(top.join("services/api")).unwrap();
    stranger.keep(".plimsoll");
    for command in [
        &["report", "latest"][..],
        &["claims"],
        &["list", "--runs"],
        &["history"],
        &["compare", "latest", "latest"],
    ] {
        let (code, out, said) = stranger.plimsoll(command);
        assert_eq!(code, Some(0), "{command:?}: {said}");
        assert!(!out.is_empty());
    }
    let below = top.join("services/api");
    let (code, ..) = stranger.plimsoll_in(&below, &["report", "latest"]);
    assert_eq!(
        code,
        Some(1),
        "without a repository nothing says where the project ends"
    );
    fs::create_dir(top.join(".git")).unwrap();
    let (code, _, said) = stranger.plimsoll_in(&below, &["report", "latest"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn runs_of_before_the_own_folder_are_found_where_they_are() {
    let stranger = Stranger::new();
    stranger.keep("results");
    let (code, _, said) = stranger.plimsoll(&["report", "latest"]);
    assert_eq!(code, Some(0), "{said}");
    // A folder of results of other programs is none of ours.
    let other = Stranger::new();
    fs::create_dir(other.folder.path().join("results")).unwrap();
    let (_, _, said) = other.plimsoll(&["report", "latest"]);
    assert!(said.contains(".plimsoll"), "{said}");
}

/// A project of `tests/projects`, in a folder of the user.
fn stranger_with(project: &str) -> Stranger {
    let stranger = Stranger::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/projects")
        .join(project);
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), stranger.folder.path().join(entry.file_name())).unwrap();
    }
    stranger
}

#[test]
fn a_plan_needs_no_engine_and_writes_nothing() {
    let stranger = stranger_with("two-bases");
    let arguments = [
        "--host",
        "unix:///nowhere",
        "bench",
        "--dry-run",
        "--base",
        "a:1,b:2",
    ];
    let (code, out, said) = stranger.plimsoll(&arguments);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("swap = { \"node:20\" = \"b:2\" }"), "{out}");
    assert!(
        said.contains("variants: Dockerfile, on a:1, Dockerfile, on b:2"),
        "{said}"
    );
    assert_eq!(fs::read_dir(stranger.folder.path()).unwrap().count(), 3);
}

#[test]
fn a_folder_may_be_named_as_the_floor_is() {
    let stranger = stranger_with("two-bases");
    let engine = stranger.folder.path().join("engine");
    fs::create_dir(&engine).unwrap();
    for file in ["Dockerfile", "package.json", "server.js"] {
        fs::rename(stranger.folder.path().join(file), engine.join(file)).unwrap();
    }
    let (code, out, said) = stranger.plimsoll(&["bench", "engine", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("name = \"engine-app\""), "{out}");
    assert!(out.contains("path = \"engine\""), "{out}");
}

#[test]
fn init_writes_the_scenario_and_the_workflow_and_replaces_nothing() {
    let stranger = stranger_with("two-bases");
    let (code, _, said) = stranger.plimsoll(&["init", "--ci", "github"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, out, said) = stranger.plimsoll(&["list", "./plimsoll-bench.toml"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("Dockerfile"), "{out}");
    let workflow = stranger
        .folder
        .path()
        .join(".github/workflows/plimsoll.yml");
    let text = fs::read_to_string(workflow).unwrap();
    assert!(text.contains("scenarios: ./plimsoll-bench.toml"), "{text}");
    let (code, _, said) = stranger.plimsoll(&["init"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("exists already"), "{said}");
    let (code, _, said) = stranger.plimsoll(&["init", "--out", "other.toml", "--ci", "gitlab"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        stranger
            .folder
            .path()
            .join(".gitlab-ci.plimsoll.yml")
            .exists()
    );
}

#[test]
fn init_in_a_folder_of_a_repository_writes_the_workflow_where_ci_looks_for_it() {
    let stranger = stranger_with("two-bases");
    let top = stranger.folder.path();
    fs::create_dir_all(top.join("services/shop")).unwrap();
    fs::create_dir_all(top.join(".git")).unwrap();
    let shop = top.join("services/shop");
    for file in ["Dockerfile", "package.json", "server.js"] {
        fs::rename(top.join(file), shop.join(file)).unwrap();
    }
    let (code, _, said) = stranger.plimsoll_in(&shop, &["init", "--ci", "github"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("plimsoll run ./plimsoll-bench.toml"),
        "{said}"
    );
    let text = fs::read_to_string(top.join(".github/workflows/plimsoll.yml")).unwrap();
    let named = "scenarios: ./services/shop/plimsoll-bench.toml";
    assert!(text.contains(named), "{text}");

    let whole = shop.join("whole.toml").display().to_string();
    let (code, _, said) = stranger.plimsoll_in(&shop, &["init", "--out", &whole, "--ci", "gitlab"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("plimsoll run {whole}")), "{said}");
    let text = fs::read_to_string(top.join(".gitlab-ci.plimsoll.yml")).unwrap();
    assert!(
        text.contains("--scenario ./services/shop/whole.toml"),
        "{text}"
    );
}

#[test]
fn services_of_the_command_line_are_companions_of_the_scenario() {
    let stranger = stranger_with("two-bases");
    let given = [
        "bench",
        "--dry-run",
        "--with",
        "db=postgres:16",
        "--with",
        "mail=example.com/mail:1,ready=log:listening,env.TOKEN=not-shown",
        "--env",
        "DATABASE_URL=postgres://postgres@db/postgres",
    ];
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    let db = "[[companion]]\nname = \"db\"\nimage = \"postgres:16\"\nready = \"tcp://:5432\"\n\
              env = { \"POSTGRES_HOST_AUTH_METHOD\" = \"trust\" }\n";
    assert!(out.contains(db), "{out}");
    assert!(out.contains("ready = \"log:listening\""), "{out}");
    assert!(
        said.contains("service: mail from example.com/mail:1"),
        "{said}"
    );
    assert!(!said.contains("not-shown"), "{said}");
    let (code, _, said) = stranger.plimsoll(&["bench", "--dry-run", "--with", "db=mine:1"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("ready=tcp://:PORT"), "{said}");
    let twice = [
        "bench",
        "--dry-run",
        "--with",
        "db=redis:7",
        "--with",
        "db=redis:8",
    ];
    let (code, _, said) = stranger.plimsoll(&twice);
    assert_eq!(code, Some(2));
    assert!(said.contains("`db`"), "{said}");
}

#[test]
fn a_plan_that_is_printed_has_no_secret_and_a_saved_one_has_it() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let value = "hunter2secretword";
    let compose = "services: {web: {build: ., environment: ['DB_PASSWORD=${PW}'], depends_on: [db]},\n\
         db: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: '${PW}'}}}\n";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    fs::write(folder.join(".env"), format!("PW={value}\n")).unwrap();
    let of_file = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let given = format!("DB_PASSWORD={value}");
    let service = format!("db=postgres:16,env.POSTGRES_PASSWORD={value}");
    let of_words = ["bench", "--dry-run", "--env", &given, "--with", &service];
    for words in [&of_file[..], &of_words] {
        let (code, out, said) = stranger.plimsoll(words);
        assert_eq!(code, Some(0), "{said}");
        assert!(out.contains("\"POSTGRES_PASSWORD\" = "), "{out}");
        assert!(!out.contains(value) && !said.contains(value), "{out}{said}");
        assert!(said.contains("--save FILE"), "{said}");
    }
    let (code, _, said) = stranger.plimsoll(&[&of_words[..], &["--save", "it.toml"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let saved = fs::read_to_string(folder.join("it.toml")).unwrap();
    assert_eq!(saved.matches(value).count(), 2, "{saved}");
}

#[test]
fn the_dependency_edit_changes_the_manifest_that_is_installed_and_not_that_of_a_tool() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let dockerfile = "FROM python:3.12\nCOPY requirements.txt ./\n\
         RUN pip install -r requirements.txt\nCOPY . .\nEXPOSE 3000\nCMD [\"python\", \"app.py\"]\n";
    fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    fs::write(folder.join("requirements.txt"), "flask==3.0.3\n").unwrap();
    let (code, _, said) = stranger.plimsoll(&["bench", "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("dependency edit: a comment in requirements.txt"),
        "{said}"
    );
}
