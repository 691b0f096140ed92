//! No label overlaps another, and nothing leaves the picture: whatever was measured.

use std::path::Path;

use plimsoll::charts::{Chart, ChartOptions, Theme, charts, charts_with, comparison_chart};
use plimsoll::compare::{Rule, Terms, compare};
use plimsoll::record::{Metric, RunRecord};
use plimsoll::summary::Grouping;
use resvg::usvg::roxmltree::Document;

use super::made::{Made, SMALL, all_dnf};
use super::picture::{points, texts, view_box};

/// Half of a line's width may stand out.
const STROKE: f64 = 0.5;

/// Holds a picture to its bounds.
pub fn check(chart: &Chart, what: &str) {
    let document = Document::parse(&chart.svg).unwrap();
    let view = view_box(&document);
    let texts = texts(&document);
    assert!(texts.len() >= 2, "{what}, {}: no title", chart.name);
    for (at, (words, area)) in texts.iter().enumerate() {
        let place = format!("{what}, {}: `{words}` at {area:?}", chart.name);
        assert!(area.is_within(&view), "{place} leaves {view:?}");
        for (other, taken) in &texts[..at] {
            assert!(
                !area.overlaps(taken),
                "{place} overlaps `{other}` at {taken:?}"
            );
        }
    }
    for (x, y) in points(&document) {
        let inside = (view.x.0 - STROKE..=view.x.1 + STROKE).contains(&x)
            && (view.y.0 - STROKE..=view.y.1 + STROKE).contains(&y);
        assert!(inside, "{what}, {}: {x} {y} leaves {view:?}", chart.name);
    }
}

fn check_all(record: &RunRecord, what: &str, least: usize) {
    let all = charts(record, Theme::Light);
    assert!(all.len() >= least, "{what}: only {} charts", all.len());
    for chart in &all {
        check(chart, what);
    }
}

/// Intervals take the bootstrap, which is slow in a test's build: many variants go without.
fn of(variants: usize) -> Made {
    Made {
        variants,
        samples: if variants > 3 { 4 } else { 6 },
        ..SMALL
    }
}

/// Every kind of chart that a run of [`Made`] has.
const KINDS: usize = 13;

#[test]
fn from_one_variant_to_forty() {
    for variants in [1, 3, 12, 40] {
        let record = of(variants).record();
        check_all(&record, &format!("{variants} variants"), KINDS);
    }
}

#[test]
fn very_long_names() {
    for variants in [1, 12, 40] {
        let long_names = true;
        let mut record = Made {
            long_names,
            ..of(variants)
        }
        .record();
        record.scenarios[0].title = "A title of a scenario that goes on and on ".repeat(6);
        record.engine.version = "20.10.24-with-a-very-long-suffix-of-its-own".repeat(3);
        check_all(&record, &format!("{variants} long names"), KINDS);
    }
}

#[test]
fn in_groups_and_alone() {
    let record = Made {
        long_names: true,
        samples: 2,
        ..SMALL
    }
    .record();
    let grouped = ChartOptions {
        grouping: Grouping::Strategy,
        ..ChartOptions::new(Theme::Dark)
    };
    for chart in charts_with(&record, grouped) {
        check(&chart, "grouped");
    }
    let mut seen = 0;
    for metric in Metric::ALL.iter().copied() {
        let alone = ChartOptions {
            metric: Some(metric),
            ..ChartOptions::new(Theme::Css)
        };
        for chart in charts_with(&record, alone) {
            check(&chart, "alone");
            seen += 1;
        }
    }
    assert!(seen >= 18, "{seen}");
}

#[test]
fn one_sample_each() {
    let record = Made {
        samples: 1,
        ..SMALL
    }
    .record();
    check_all(&record, "one sample", KINDS);
}

#[test]
fn nothing_finished() {
    let record = all_dnf(of(12));
    check_all(&record, "all DNF", 6);
    let svgs: String = charts(&record, Theme::Light)
        .into_iter()
        .map(|chart| chart.svg)
        .collect();
    assert!(svgs.contains(">DNF</text>") && svgs.contains("did not finish"));
    let size = regex::Regex::new(r">[0-9.]+ MB</text>").unwrap();
    assert!(!size.is_match(&svgs), "rule 1: what failed has no size");
}

#[test]
fn values_over_six_orders_of_magnitude() {
    for variants in [3, 12, 40] {
        let record = Made {
            magnitudes: 6.0,
            ..of(variants)
        }
        .record();
        check_all(&record, &format!("six orders, {variants}"), KINDS);
    }
}

#[test]
fn a_run_without_cases_has_no_charts() {
    assert!(charts(&crate::reports::builder::run(), Theme::Light).is_empty());
}

#[test]
fn the_committed_reference_runs() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(results).sort_by_file_name() {
        let entry = entry.unwrap();
        let committed = entry
            .path()
            .iter()
            .any(|part| part.to_string_lossy().starts_with("reference-"));
        if !committed || entry.file_name() != "run.json" {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let record: RunRecord = serde_json::from_str(&text).unwrap();
        for chart in charts(&record, Theme::Light) {
            check(&chart, &record.id);
        }
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} runs were found");
}

#[test]
fn two_runs_as_a_forest() {
    for (variants, magnitudes, long_names) in [(1, 0.0, false), (12, 0.3, true), (40, 6.0, false)] {
        let made = Made {
            variants,
            magnitudes,
            long_names,
            samples: 8,
        };
        let (base, mut head) = (made.record(), made.record());
        for (at, sample) in head.samples.iter_mut().enumerate() {
            let plimsoll::record::Outcome::Ok { value } = &mut sample.outcome else {
                continue;
            };
            if let plimsoll::units::Quantity::Time(nanos) = value {
                nanos.0 = nanos.0 * (1 + at as u64 % 5) / 3;
            }
        }
        let terms = Terms {
            waived: Rule::ALL.into_iter().collect(),
            ..Terms::default()
        };
        let comparison = compare(&base, &head, terms);
        let chart = comparison_chart(&comparison, Theme::Light).unwrap();
        check(&chart, &format!("forest of {variants}"));
    }
}
