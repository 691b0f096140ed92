//! The consumers themselves, installed into a temporary folder with `PLIMSOLL_CONSUMERS=1`:
//! benchstat, Prometheus' own parser, and a JUnit parser.

use std::path::Path;
use std::process::Command;

use super::*;

pub(super) fn asked() -> bool {
    let asked = std::env::var("PLIMSOLL_CONSUMERS").as_deref() == Ok("1");
    if !asked {
        println!("skipped: set PLIMSOLL_CONSUMERS=1 to install the consumers and ask them");
    }
    asked
}

pub(super) fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A script of `bases/lib`, which tries again when a registry falters.
pub(super) fn fetch(name: &str) -> Command {
    Command::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("bases/lib")
            .join(name),
    )
}

/// A Python of its own with some packages.
pub(super) fn python(home: &Path, packages: &[&str]) -> std::path::PathBuf {
    let folder = home.join("python");
    ran(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let python = folder.join("bin/python");
    ran(fetch("retry")
        .arg(&python)
        .args(["-m", "pip", "install", "--quiet"])
        .args(packages));
    python
}

#[test]
fn prometheus_reads_every_family_and_value() {
    if !asked() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let python = python(home.path(), &["prometheus_client"]);
    let script = "import json, sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
        families = list(read(open(sys.argv[1]).read()))\n\
        print(json.dumps({f.name: [f.type, f.unit, [[s.labels, s.value] for s in f.samples]] for f in families}))\n";
    for run in runs() {
        let text = open_metrics_text(&run);
        let file = home.path().join("metrics.txt");
        std::fs::write(&file, &text).unwrap();
        let reported = ran(Command::new(&python).args(["-c", script]).arg(&file));
        type Families = BTreeMap<String, (String, String, Vec<(BTreeMap<String, String>, f64)>)>;
        let reported: Families = serde_json::from_str(&reported).unwrap();
        let ours = metrics_text::open_metrics(&text).unwrap();
        assert_eq!(reported.len(), ours.len());
        for (name, family) in ours {
            let (kind, unit, samples) = &reported[&name];
            assert_eq!(
                (kind, unit),
                (&family.kind, &family.unit.unwrap_or_default())
            );
            assert_eq!(*samples, family.samples, "{name}");
        }
    }
}

#[test]
fn a_junit_parser_counts_what_we_count() {
    if !asked() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let python = python(home.path(), &["junitparser"]);
    let run = four_variants();
    let budgets = budgets();
    let lines = check(&run, Baselines::default(), &budgets, &BTreeSet::new());
    let file = home.path().join("junit.xml");
    std::fs::write(&file, junit_xml(&run, &lines).unwrap()).unwrap();
    let script = "import json, sys\n\
        from junitparser import JUnitXml\n\
        xml = JUnitXml.fromfile(sys.argv[1])\n\
        reported = [xml.tests, xml.failures, xml.errors, sum(suite.skipped for suite in xml)]\n\
        xml.update_statistics()\n\
        print(json.dumps([reported, [xml.tests, xml.failures, xml.errors, xml.skipped]]))\n";
    let reported = ran(Command::new(&python).args(["-c", script]).arg(&file));
    let [said, counted]: [[usize; 4]; 2] = serde_json::from_str(&reported).unwrap();
    assert_eq!(said, counted);
    assert_eq!(said[0], lines.len());
    // A DNF is an error where the budget on it is hard.
    let failed = lines
        .iter()
        .filter(|line| line.breaks() && matches!(line.outcome, BudgetOutcome::Failed { .. }));
    assert_eq!(said[2], failed.count());
    let broken = lines.iter().filter(|line| line.breaks()).count();
    let hard_dnf = lines
        .iter()
        .filter(|line| line.breaks() && line.outcome != BudgetOutcome::Broken);
    assert_eq!(said[1], broken - hard_dnf.count());
}

/// The blocks of YAML of docs/CI.md, in their order: two of GitHub, one of GitLab.
pub(super) fn examples() -> Vec<&'static str> {
    blocks_of(include_str!("../../../docs/CI.md"))
}

/// The blocks of YAML of a page.
pub(super) fn blocks_of(page: &str) -> Vec<&str> {
    let blocks = page.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn github_and_gitlab_would_take_the_examples() {
    if !asked() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let python = python(home.path(), &["check-jsonschema"]);
    let checker = python.with_file_name("check-jsonschema");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![("vendor.github-actions", root.join("action.yml"))];
    let examples = [examples(), super::scale::examples()].concat();
    let schemas = [
        "vendor.github-workflows",
        "vendor.github-workflows",
        "vendor.gitlab-ci",
        "vendor.github-workflows",
        "vendor.gitlab-ci",
        "vendor.gitlab-ci",
    ];
    assert_eq!(examples.len(), schemas.len());
    for (at, (text, schema)) in examples.into_iter().zip(schemas).enumerate() {
        let file = home.path().join(format!("example-{at}.yml"));
        std::fs::write(&file, text).unwrap();
        files.push((schema, file));
    }
    for own in ["ci.yml", "release.yml"] {
        let workflow = root.join(".github/workflows").join(own);
        files.push(("vendor.github-workflows", workflow));
    }
    for (schema, file) in &files {
        ran(Command::new(&checker)
            .args(["--builtin-schema", schema])
            .arg(file));
    }
    // A fault is seen.
    let bad = home.path().join("bad.yml");
    let text = examples_with_a_fault();
    std::fs::write(&bad, text).unwrap();
    let mut check = Command::new(&checker);
    check
        .args(["--builtin-schema", "vendor.github-workflows"])
        .arg(&bad);
    assert!(!check.output().unwrap().status.success());
    // What the schema does not say: expressions, the shell in `run`, the graph of jobs.
    let tools = home.path().join("go");
    let module = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7";
    ran(fetch("go-install").arg(module).env("GOBIN", &tools));
    for (schema, file) in &files {
        if *schema == "vendor.github-workflows" {
            ran(Command::new(tools.join("actionlint")).arg(file));
        }
    }
}

fn examples_with_a_fault() -> String {
    examples()[0].replace("runs-on:", "run-on:")
}

#[test]
fn benchstat_compares_two_runs_and_keeps_parts_apart() {
    if !asked() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    ran(fetch("go-install")
        .arg("golang.org/x/perf/cmd/benchstat@latest")
        .env("GOBIN", home.path())
        .current_dir(home.path()));
    let kept = |name: &str, run: &RunRecord| {
        let file = home.path().join(name);
        std::fs::write(&file, go_benchmark_text(run)).unwrap();
        file
    };
    let stat = |files: &[&std::path::PathBuf]| {
        ran(Command::new(home.path().join("benchstat"))
            .args(["-format", "csv"])
            .args(files))
    };
    let before = four_variants();
    let mut after = before.clone();
    after.id = "20261231T000000Z-node".to_owned();
    let reported = stat(&[&kept("old.txt", &before), &kept("new.txt", &after)]);
    // Both files in one table: old, its interval, new, its interval, the change, its p.
    let line = reported
        .lines()
        .find(|line| line.starts_with("Node/variant=single-stage,1.184e+09"))
        .unwrap_or_else(|| panic!("{reported}"));
    let fields: Vec<&str> = line.split(',').collect();
    assert_eq!((fields[1], fields[3]), ("1.184e+09", "1.184e+09"), "{line}");
    // Of a run that was joined, each part is a table of its own.
    let joined = stat(&[&kept("joined.txt", &crate::merging::joined())]);
    for part in ["part: 1/2", "part: 2/2"] {
        assert!(joined.lines().any(|line| line == part), "{joined}");
    }
}
