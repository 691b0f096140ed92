//! docs/FINDINGS.md: every figure stands in the run that its section names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plimsoll::record::RunRecord;
use plimsoll::report::report_md;
use regex::Regex;

use crate::simulations::noise::committed;

/// Figures: what has a decimal point, a unit, or three digits and more; dates and names aside.
fn figures(text: &str) -> BTreeSet<String> {
    let figure =
        Regex::new(r"\d+(?:\.\d+)?(?: (?:GB|MB|kB|s|ms|claims)\b|x)|\[\d+\.\d+, \d+\.\d+\]")
            .unwrap();
    let found = figure.find_iter(text).map(|found| found.as_str());
    let bare = |figure: &str| figure.split(' ').next().unwrap_or(figure).to_owned();
    found
        .map(|figure| match figure.starts_with('[') {
            true => figure.to_owned(),
            false => bare(figure).trim_end_matches('x').to_owned(),
        })
        .collect()
}

/// Whether a figure stands in a text by itself, and not within a longer one.
fn stands_in(figure: &str, text: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
    text.match_indices(figure).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + figure.len()..].chars();
        let next = after.next();
        // A full stop may end a sentence; a decimal point has a digit behind it.
        let goes_on = next.is_some_and(|c| c.is_ascii_digit())
            || next == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
        !inner(before) && !goes_on
    })
}

#[test]
fn every_figure_stands_in_its_run() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = fs::read_to_string(docs.join("FINDINGS.md")).unwrap();
    let link = Regex::new(r"\]\((\.\./results/[^)]+\.md)\)").unwrap();
    let mut checked = 0;
    for section in page.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap();
        let named = link
            .captures(section)
            .unwrap_or_else(|| panic!("`{title}` names no run"));
        let run = fs::read_to_string(docs.join(&named[1])).unwrap();
        let text = link.replace_all(section, "");
        for figure in figures(&text) {
            // The link's rate is in its name.
            if figure == "100" {
                continue;
            }
            assert!(
                stands_in(&figure, &run),
                "`{title}`: {figure} is not in {}",
                &named[1]
            );
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} figures were found");
}

#[test]
fn a_figure_that_is_not_there_is_seen() {
    assert!(stands_in("1.33", "| 7.84 s | 1.33 s |") && stands_in("44.6", "it is 44.6."));
    assert!(!stands_in("1.33", "11.33 s, 1.334 s") && !stands_in("44", "44.6 s"));
    let found = figures("5.90x [5.64, 6.22] of 113 kB in 2026, 31 claims, 3 do not");
    let expected = ["113", "31", "5.90", "[5.64, 6.22]"].map(str::to_owned);
    assert_eq!(found, expected.into());
}

/// Texts of committed runs under results/ that the program wrote from their `run.json`.
#[test]
fn committed_reports_are_those_of_the_program() {
    let mut lines = BTreeSet::new();
    let mut checked = 0;
    for file in committed() {
        let folder = file.parent().unwrap();
        // Runs of one's own are not committed.
        if !folder.to_string_lossy().contains("/results/reference-") {
            continue;
        }
        let record = RunRecord::read(&fs::read_to_string(&file).unwrap()).unwrap();
        let report = report_md(&record);
        let written = fs::read_to_string(folder.join("report.md")).unwrap();
        assert!(
            report == written,
            "{}/report.md: write it again with `plimsoll report RUN --format md`",
            folder.display()
        );
        lines.extend(report.lines().map(|line| line.trim().to_owned()));
        checked += 1;
    }
    assert!(checked > 20, "{checked} reports");
    // The tables of the overview are those of the reports.
    let overview = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/README.md");
    let overview = fs::read_to_string(overview).unwrap();
    let tables = overview.split("<!-- pictures:begin").skip(1);
    let rows = tables.flat_map(str::lines);
    let rows = rows.filter(|line| line.starts_with("| ") && !line.starts_with("| :"));
    let strange: Vec<&str> = rows.filter(|row| !lines.contains(row.trim())).collect();
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}
