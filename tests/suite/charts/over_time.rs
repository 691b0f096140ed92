//! One metric over many runs.

use plimsoll::charts::{Chart, Theme, history_chart};
use plimsoll::history::{Trend, TrendTerms};
use plimsoll::record::{Metric, Outcome, RunRecord};
use plimsoll::units::{Bytes, Nanos, Quantity};
use resvg::usvg::roxmltree::Document;

use super::geometry::check;
use crate::history::{all, days, digests, of};
use crate::reports::builder::MB;

fn drawn<T>(records: &[RunRecord], metric: Metric, then: impl Fn(&Trend<'_>) -> T) -> T {
    let runs = digests(records);
    let found = all(&runs, &TrendTerms::default());
    then(of(&found, metric))
}

fn chart(records: &[RunRecord], metric: Metric, budget: Option<Quantity>) -> Chart {
    drawn(records, metric, |trend| {
        history_chart(trend, budget, Theme::Light).unwrap()
    })
}

fn fail(record: &mut RunRecord) {
    let reason = "npm ci: exit 137".to_owned();
    for sample in &mut record.samples {
        sample.outcome = Outcome::Dnf {
            reason: reason.clone(),
        };
    }
}

#[test]
fn no_label_overlaps_another_with_1_to_200_runs() {
    let budget = Some(Quantity::Time(Nanos::from_secs(11)));
    for runs in [1, 3, 24, 200] {
        let mut records = days(&[
            (runs, 10_000, 95),
            (runs / 3, 14_000, 96),
            (runs / 4, 9_000, 95),
        ]);
        let half = records.len() / 2;
        for record in &mut records[half..] {
            record.host.cpu = "Model Y".to_owned();
            record.engine.version = "29.0.1".to_owned();
        }
        fail(records.last_mut().unwrap());
        check(
            &chart(&records, Metric::BuildCold, budget),
            &format!("{runs} runs"),
        );
        check(
            &chart(&records, Metric::SizeUnpacked, None),
            &format!("{runs} runs"),
        );
    }
    // A size that is another in each run.
    let restless: Vec<_> = (0..40).map(|at| (1, 10_000, 95 + at * at)).collect();
    check(
        &chart(&days(&restless), Metric::SizeUnpacked, None),
        "restless",
    );
    let mut failed = days(&[(3, 10_000, 95)]);
    failed.iter_mut().for_each(fail);
    check(&chart(&failed, Metric::BuildCold, budget), "all DNF");
}

#[test]
fn a_change_of_level_a_border_and_a_budget_stand_where_they_are() {
    let mut records = days(&[(16, 10_000, 95), (8, 12_000, 95)]);
    for record in &mut records[20..] {
        record.engine.version = "29.0.1".to_owned();
    }
    let budget = Some(Quantity::Time(Nanos::from_secs(15)));
    let chart = chart(&records, Metric::BuildCold, budget);
    let document = Document::parse(&chart.svg).unwrap();
    let titles: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("title"))
        .filter_map(|node| node.text())
        .collect();
    assert!(titles.contains(&"worse: 1.20x slower"), "{titles:?}");
    assert!(
        titles
            .iter()
            .any(|title| title.contains("20.10.24") && title.contains("29.0.1")),
        "{titles:?}"
    );
    let words: Vec<String> = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(super::picture::words)
        .collect();
    for said in [
        "1.20x slower",
        "other engine",
        "budget 15.0 s",
        "2026-01-01",
    ] {
        assert!(words.iter().any(|words| words == said), "{said}: {words:?}");
    }
    assert_eq!(chart.name, "node-slim-build-cold-history");
    insta::assert_binary_snapshot!("history.svg", chart.svg.into_bytes());
}

#[test]
fn a_budget_of_another_unit_is_not_drawn() {
    let size = Some(Quantity::Bytes(Bytes(80 * MB)));
    let chart = chart(&days(&[(3, 10_000, 95)]), Metric::BuildCold, size);
    assert!(!chart.svg.contains("budget"));
}
