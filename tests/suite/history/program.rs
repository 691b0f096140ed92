//! The program itself.

use std::process::{Command, Output, Stdio};

use plimsoll::scenario::Limit;
use plimsoll::units::{Nanos, Quantity};

use super::*;

struct Home(tempfile::TempDir);

impl Home {
    fn with(runs: &[RunRecord]) -> Self {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("results"), runs);
        Self(home)
    }

    fn results(&self) -> PathBuf {
        self.0.path().join("results")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.of("history", arguments)
    }

    fn of(&self, verb: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command
            .arg("--home")
            .arg(self.0.path())
            .arg(verb)
            .args(arguments)
            .env_remove("PLIMSOLL_HOME")
            .env("XDG_CACHE_HOME", self.0.path().join("caches"))
            .stdin(Stdio::null());
        command
    }

    fn reported(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        ended(self.command(arguments).output().unwrap())
    }
}

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn stepped() -> Vec<RunRecord> {
    days(&[(16, 10_000, 95), (4, 12_000, 90)])
}

#[test]
fn a_line_for_each_trend() {
    let home = Home::with(&stepped());
    let (code, out, err) = home.reported(&[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let out = out.replace(&home.results().display().to_string(), "RESULTS");
    insta::assert_snapshot!(out, @r#"
20 runs in RESULTS

newest is  case       metric          newest  baseline  change                     drift                    runs  changed on                           trend
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
worse      node/slim  build.cold      12.0 s    10.1 s  1.19x slower [1.14, 1.25]  1.01x slower, not shown  20    2026-01-17: 1.20x slower             ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁████
better     node/slim  size.unpacked  90.0 MB   95.0 MB  5.00 MB smaller (1.06x)    none                     20    2026-01-17: 5.00 MB smaller (1.06x)  ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▁▁▁▁
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
1 worse, 1 better.
Baseline: the median of the last 10 comparable runs before the newest. Timed metrics count as changed from 5 % on, exact ones from 0.1 %. Brackets: 95 % interval by what runs vary. 1 test at the level 0.05, adjusted by Benjamini and Hochberg. Drift: the first of the comparable runs against the last.
"#);
}

#[test]
fn a_metric_is_listed_run_by_run() {
    let mut runs = stepped();
    for run in &mut runs[..2] {
        run.host.cpu = "Model Y".to_owned();
    }
    let home = Home::with(&runs);
    let (code, out, _) = home.reported(&["--metric", "build.*", "--format", "md"]);
    assert_eq!(code, Some(0));
    for words in [
        "**node/slim build.cold**",
        "| run-017 | 2026-01-17T20:00:00Z |",
        "worse: 1.20x slower, from 10.0 s to 12.0 s",
        "| 2 | machine: 2 x Model Y, 8 GB, 6.1.0 against 2 x Model X, 8 GB, 6.1.0 |",
        "1 trend anew from run-003 on: machine",
    ] {
        assert!(out.contains(words), "{words}\n{out}");
    }
    assert!(!out.contains("size.unpacked"), "{out}");
}

#[test]
fn machines_read_it_whole() {
    let home = Home::with(&stepped());
    let (_, out, _) = home.reported(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["runs"], &json["window"]), (&20.into(), &10.into()));
    assert_eq!(
        (&json["counts"]["worse"], &json["counts"]["better"]),
        (&1.into(), &1.into())
    );
    let trends = json["trends"].as_array().unwrap();
    let build = trends
        .iter()
        .find(|trend| trend["metric"] == "build.cold")
        .unwrap();
    assert_eq!(build["changes"][0]["run"], "run-017");
    assert_eq!(build["changes"][0]["after_run"], "run-016");
    assert_eq!(build["points"].as_array().unwrap().len(), 20);
    let newest = build["newest_ns"].as_i64().unwrap();
    assert!(
        (11_900_000_000..12_100_000_000).contains(&newest),
        "{newest}"
    );
    let size = trends
        .iter()
        .find(|trend| trend["metric"] == "size.unpacked")
        .unwrap();
    assert_eq!(
        (&size["newest_bytes"], &size["baseline_bytes"]),
        (&90_000_000.into(), &95_000_000.into())
    );
    let (_, out, _) = home.reported(&["--format", "csv"]);
    let mut csv = csv::Reader::from_reader(out.as_bytes());
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 40);
    let changed: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| !row[12].is_empty())
        .map(|row| (&row[0], &row[12]))
        .collect();
    assert_eq!(changed, [("run-017", "better"), ("run-017", "worse")]);
}

#[test]
fn only_check_makes_the_exit_code() {
    let home = Home::with(&stepped());
    for (arguments, code) in [
        (&[][..], 0),
        (&["--check"], 3),
        (&["--check", "--exit-zero"], 0),
        (&["--check", "--metric", "size.*"], 0),
        (
            &["--check", "--threshold", "50%", "--metric", "build.cold"],
            0,
        ),
        // All runs of the new level: too few.
        (&["--check", "--since", "run-017"], 0),
        (
            &["--check", "--since", "2026-01-17", "--fail-on-inconclusive"],
            4,
        ),
        (&["--check", "--since", "2026-01-17T20:00:01Z"], 0),
        (&["--fail-on-inconclusive"], 2),
        (&["--since", "tomorrow"], 2),
        (&["--metric", "build.cald"], 2),
        (&["--last", "0"], 2),
        (&["--under", "x"], 2),
        (&["nowhere"], 1),
        (&["--since", "2027-01-01"], 1),
    ] {
        let (found, _, err) = home.reported(arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {err}");
    }
    let (_, _, err) = home.reported(&["--metric", "build.cald"]);
    assert!(err.contains("did you mean `build.cold`?"), "{err}");
    let (_, _, err) = home.reported(&["--since", "2027-01-01"]);
    assert!(err.starts_with("error: there is no run in "), "{err}");
}

#[test]
fn bad_runs_and_copies_are_listed_as_left_out() {
    let home = Home::with(&stepped());
    let results = home.results();
    fs::write(results.join("run-003/run.json"), "{\"schema_version\": 1").unwrap();
    fs::create_dir(results.join("zz-copy")).unwrap();
    fs::copy(
        results.join("run-005/run.json"),
        results.join("zz-copy/run.json"),
    )
    .unwrap();
    let (code, out, err) = home.reported(&[]);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("18 runs in ") || out.starts_with("19 runs in "),
        "{out}"
    );
    for words in [
        "run-003/run.json: line 1, column 20: the text ends in the middle",
        "zz-copy/run.json: it is a copy of the run run-005",
    ] {
        assert!(
            err.contains(&format!("left out: {}", results.display())),
            "{err}"
        );
        assert!(
            err.contains(words) && out.contains(words),
            "{words}\n{err}\n{out}"
        );
    }
}

#[test]
fn two_at_once_do_not_disturb_each_other() {
    let home = Home::with(&stepped());
    let begun = || {
        let mut command = home.command(&["--format", "csv"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let many: Vec<_> = (0..4).map(|_| begun()).collect();
    let ends = many
        .into_iter()
        .map(|child| ended(child.wait_with_output().unwrap()));
    let ends: Vec<_> = ends.collect();
    assert!(
        ends.iter()
            .all(|end| end.0 == Some(0) && end.2.is_empty() && *end == ends[0])
    );
    // Whoever was last left a whole index and nothing else.
    let left = fs::read_dir(home.results()).unwrap();
    let hidden = left
        .flatten()
        .filter(|item| item.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 1);
    assert_eq!(home.reported(&["--format", "csv"]), ends[0]);
}

#[test]
fn without_git_a_branch_is_an_error_with_a_fix() {
    let home = Home::with(&stepped());
    let nowhere = tempfile::tempdir().unwrap();
    let mut command = home.command(&["--branch", "bench"]);
    let (code, _, err) = ended(command.env("PATH", nowhere.path()).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(
        err.contains("failed to run `git`") && err.contains("hint: install git"),
        "{err}"
    );
}

#[test]
fn budgets_can_be_checked_against_the_last_runs() {
    let mut runs = stepped();
    let home = Home::with(&runs);
    let budgets = "[[budget]]\nmetric = \"build.cold\"\nworse-by = \"10 %\"\n\
                   [[budget]]\nmetric = \"size.unpacked\"\nworse-by = \"1 %\"\n";
    fs::write(home.0.path().join("plimsoll.toml"), budgets).unwrap();
    let outcomes = |arguments: &[&str]| {
        let mut whole = vec!["--format", "json"];
        whole.extend(arguments);
        let (code, out, err) = ended(home.of("check", &whole).output().unwrap());
        let json: serde_json::Value = serde_json::from_str(&out).expect(&err);
        let lines = json["budgets"].as_array().unwrap().iter();
        let reported: Vec<String> = lines
            .map(|line| line["outcome"].as_str().unwrap().to_owned())
            .collect();
        (code, reported.join(", "))
    };
    let reported = |code, words: &str| (Some(code), words.to_owned());
    assert_eq!(
        outcomes(&["run-020"]),
        reported(0, "no baseline, no baseline")
    );
    assert_eq!(
        outcomes(&["run-020", "--baseline-last", "10"]),
        reported(3, "broken, within")
    );
    // All three before it are of the new level.
    let short = ["run-020", "--baseline-last", "3"];
    assert_eq!(outcomes(&short), reported(0, "inconclusive, within"));
    // What came after a run is not its baseline.
    assert_eq!(
        outcomes(&["run-016", "--baseline-last", "10"]),
        reported(0, "within, within")
    );
    assert_eq!(
        outcomes(&["run-001", "--baseline-last", "10"]),
        reported(0, "no baseline, no baseline")
    );
    runs[19].host.cpu = "Model Y".to_owned();
    runs[19]
        .samples
        .retain(|sample| sample.metric != Metric::SizeUnpacked);
    runs[19].values(VARIANT, Metric::SizeUnpacked, &[96 * MB; 6]);
    write(&home.results(), &runs[19..]);
    let ten = ["run-020", "--baseline-last", "10"];
    assert_eq!(outcomes(&ten), reported(3, "not comparable, broken"));
    let allowed = ["run-020", "--baseline-last", "10", "--allow", "host"];
    assert_eq!(outcomes(&allowed), reported(3, "broken, broken"));
    let both = ["run-020", "--baseline-last", "10", "--baseline", "run-001"];
    let (code, ..) = ended(home.of("check", &both).output().unwrap());
    assert_eq!(code, Some(2));
}

#[test]
fn the_page_and_the_charts_show_the_budgets() {
    let mut runs = stepped();
    let newest = runs.last_mut().unwrap();
    newest.scenarios[0].budgets = vec![plimsoll::scenario::Budget {
        metric: "build.cold".to_owned(),
        variant: Some("sl*".to_owned()),
        strategy: None,
        link: None,
        limit: Limit::AtMost(Quantity::Time(Nanos::from_secs(11))),
        soft: false,
        why: None,
    }];
    let home = Home::with(&runs);
    // A looser one of the configuration, and the only one on sizes.
    let budgets = "[[budget]]\nmetric = \"build.cold\"\nat-most = \"13 s\"\n\
                   [[budget]]\nmetric = \"size.unpacked\"\nat-most = \"93 MB\"\n";
    fs::write(home.0.path().join("plimsoll.toml"), budgets).unwrap();
    let folder = home.0.path().join("charts");
    let out = folder.to_str().unwrap();
    let (code, said, err) = home.reported(&["--format", "svg", "--out", out, "--theme", "dark"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(err.contains("2 charts in"), "{err}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let builds = read("node-slim-build-cold-history.svg");
    assert!(builds.contains("budget 11.0 s") && !builds.contains("budget 13.0 s"));
    let sizes = read("node-slim-size-unpacked-history.svg");
    assert!(sizes.contains("budget 93.0 MB"));
    let (code, page, err) = home.reported(&["--format", "html", "--metric", "build.cold"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("budget 11.0 s"));
    assert!(
        !page.contains("budget 93.0 MB"),
        "only the metric that is asked for"
    );
    let file = home.0.path().join("page.html");
    let (code, said, _) = home.reported(&["--format", "html", "--out", file.to_str().unwrap()]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(fs::read_to_string(file).unwrap().contains("budget 93.0 MB"));
    let (code, _, err) = home.reported(&["--format", "png"]);
    assert_eq!(code, Some(2), "charts are files: {err}");
    assert!(err.contains("--out"), "{err}");
}

#[test]
fn two_runs_as_a_page_and_as_a_picture() {
    let home = Home::with(&stepped());
    let compared = |more: &[&str]| {
        let mut whole = vec!["run-001", "run-020"];
        whole.extend(more);
        home.of("compare", &whole).output().unwrap()
    };
    let svg = compared(&["--format", "svg", "--theme", "dark"]);
    assert_eq!(
        svg.status.code(),
        Some(3),
        "the verdict stays the exit code"
    );
    let text = String::from_utf8(svg.stdout).unwrap();
    assert!(
        text.starts_with("<svg") && text.contains("node/slim build.cold"),
        "{text}"
    );
    let png = compared(&["--format", "png"]).stdout;
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let file = home.0.path().join("compared.html");
    let page = compared(&[
        "--format",
        "html",
        "--out",
        file.to_str().unwrap(),
        "--exit-zero",
    ]);
    assert_eq!((page.status.code(), page.stdout.len()), (Some(0), 0));
    assert!(
        String::from_utf8(page.stderr)
            .unwrap()
            .contains("written to")
    );
    assert!(fs::read_to_string(file).unwrap().contains("changed-lines"));
    // Nothing in common is nothing to draw.
    let mut other = stepped();
    other.truncate(1);
    other[0].id = "run-other".to_owned();
    other[0].samples.clear();
    write(&home.results(), &other);
    let none = home.of("compare", &["run-001", "run-other", "--format", "svg"]);
    let (code, _, err) = ended({ none }.output().unwrap());
    assert_eq!(code, Some(2));
    assert!(
        err.contains("could be drawn") && err.contains("--all"),
        "{err}"
    );
}
