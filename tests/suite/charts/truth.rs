//! That pictures show what the record holds, against figures worked out by hand.

use plimsoll::charts::{Chart, Theme, charts};
use plimsoll::record::{Disposition, Metric, Outcome};
use resvg::usvg::roxmltree::{Document, Node};

use super::made::SMALL;
use super::picture::texts;
use crate::reports::builder::{Build, MB, MS, four_variants, quantity, run};

fn chart(charts: Vec<Chart>, name: &str) -> Chart {
    charts.into_iter().find(|chart| chart.name == name).unwrap()
}

fn titled<'a>(document: &'a Document<'a>, tag: &str, start: &str) -> Node<'a, 'a> {
    let mut nodes = document.descendants().filter(|node| node.has_tag_name(tag));
    let title = |node: &Node<'_, '_>| {
        let mut children = node.children();
        let title = children.find(|child| child.has_tag_name("title"));
        title
            .and_then(|title| title.text())
            .is_some_and(|text| text.starts_with(start))
    };
    nodes
        .find(title)
        .unwrap_or_else(|| panic!("no {tag} for {start}"))
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn bars_are_as_long_as_images_are_large() {
    let chart = chart(charts(&four_variants(), Theme::Light), "node-sizes");
    let document = Document::parse(&chart.svg).unwrap();
    let bar = |title: &str| titled(&document, "rect", title);
    // 1184 MB of which 120 are its own, and 148 of which 15 are.
    let large = [
        "single-stage, base: 1064 MB",
        "single-stage, own part: 120 MB",
    ]
    .map(bar);
    let small = [
        "multi-stage-alpine-prune, base: 133 MB",
        "multi-stage-alpine-prune, own part: 15.0 MB",
    ]
    .map(bar);
    let whole = |parts: [Node<'_, '_>; 2]| number(parts[0], "width") + number(parts[1], "width");
    let near = |one: f64, other: f64| assert!((one - other).abs() < 0.02 * other, "{one} {other}");
    near(whole(large) / whole(small), 8.0);
    near(
        number(large[1], "width") / number(large[0], "width"),
        120.0 / 1064.0,
    );
    // The own part begins where the base ends.
    near(
        number(large[0], "x") + number(large[0], "width"),
        number(large[1], "x"),
    );
    let words: Vec<String> = texts(&document).into_iter().map(|text| text.0).collect();
    let said = |text: &str| words.iter().any(|words| words == text);
    assert!(
        said("1184 MB") && said("148 MB") && said("claimed ~1.2 GB"),
        "{words:?}"
    );
    assert!(
        said("DNF") && said("n/a") && said("built on a stand-in base"),
        "{words:?}"
    );
    assert!(
        !said("9000 MB"),
        "rule 1: a container that does not work has no size"
    );
    assert!(
        chart.alt.contains("single-stage with 1184 MB"),
        "{}",
        chart.alt
    );
}

#[test]
fn every_sample_that_counts_is_a_dot() {
    let record = SMALL.record();
    let chart = chart(charts(&record, Theme::Light), "node-starts");
    let document = Document::parse(&chart.svg).unwrap();
    let dots = document
        .descendants()
        .filter(|node| node.attribute("stroke-opacity").is_some());
    let drawn: usize = dots
        .map(|node| node.attribute("d").unwrap().matches("h0").count())
        .sum();
    // 3 variants, 4 metrics (create, started, ready, healthy), 6 samples; 3 in the legend.
    assert_eq!(drawn, 3 * 4 * 6 + 3);
}

#[test]
fn a_failed_round_is_marked_next_to_the_median() {
    let mut run = run();
    run.case("slim", Disposition::Qualified);
    run.values("slim", Metric::StartReady, &[200 * MS, 210 * MS]);
    let reason = "exit 137".to_owned();
    run.sample("slim", Metric::StartReady, Outcome::Dnf { reason });
    let chart = chart(charts(&run, Theme::Light), "node-starts");
    let document = Document::parse(&chart.svg).unwrap();
    titled(&document, "path", "1 of 3 samples DNF: exit 137");
    assert!(chart.svg.contains(">205 ms</text>"), "{}", chart.svg);
    assert!(chart.svg.contains("No interval below 6 samples."));
}

#[test]
fn the_front_is_what_nothing_beats_in_both() {
    let mut run = run();
    // Beaten by `both`; equal in one and better in the other; the two ends.
    let variants = [
        ("beaten", 90, 300),
        ("both", 80, 200),
        ("light", 10, 900),
        ("quick", 700, 100),
        ("equal", 80, 250),
    ];
    for (name, size, ready) in variants {
        run.case(name, Disposition::Qualified);
        run.values(name, Metric::SizeUnpacked, &[size * MB]);
        run.values(name, Metric::StartReady, &[ready * MS]);
    }
    let chart = chart(charts(&run, Theme::Light), "node-choice");
    assert!(
        chart.alt.ends_with("sooner than: quick, both, light."),
        "{}",
        chart.alt
    );
    let document = Document::parse(&chart.svg).unwrap();
    titled(&document, "path", "both (both): 80.0 MB, ready in 200 ms");
    let bold = document
        .descendants()
        .filter(|node| node.attribute("font-weight").is_some());
    let bold: Vec<String> = bold.map(super::picture::words).collect();
    assert!(
        bold.contains(&"light".to_owned()) && !bold.contains(&"beaten".to_owned()),
        "{bold:?}"
    );
}

#[test]
fn steps_stand_where_the_builder_says_and_stages_side_by_side() {
    let chart = chart(charts(&SMALL.record(), Theme::Light), "node-steps-cold");
    let document = Document::parse(&chart.svg).unwrap();
    let step = |name: &str| titled(&document, "rect", name);
    let (deps, build) = (step("[deps 1/2] RUN"), step("[build 1/2] RUN"));
    assert_eq!(number(deps, "x"), number(build, "x"), "they began together");
    assert!(number(deps, "y") != number(build, "y"));
    // 4 s and 5 s, both times the variant's factor.
    let ratio = number(deps, "width") / number(build, "width");
    assert!((ratio - 0.8).abs() < 0.01, "{ratio}");
    // The two metadata lookups overlap, so they do not share a lane.
    let lookups = [
        "[internal] load metadata for node:20:",
        "[internal] load metadata for node:20-slim",
    ]
    .map(step);
    assert!(number(lookups[0], "y") != number(lookups[1], "y"));
    let chart = super::truth::chart(charts(&SMALL.record(), Theme::Light), "node-steps-source");
    let document = Document::parse(&chart.svg).unwrap();
    titled(&document, "path", "from the cache: [deps 1/2] RUN");
}

#[test]
fn the_largest_layers_are_labelled_with_their_instructions() {
    let chart = chart(charts(&SMALL.record(), Theme::Light), "node-layers");
    assert!(
        chart.svg.contains(">RUN npm ci --omit=dev &amp;&amp; npm"),
        "{}",
        chart.svg
    );
    let document = Document::parse(&chart.svg).unwrap();
    let base = titled(&document, "rect", "ADD file:1 in /: ");
    let own = titled(&document, "rect", "RUN npm ci --omit=dev");
    // 100 of 120 parts, and 16.
    let ratio = number(base, "width") / number(own, "width");
    assert!((ratio - 100.0 / 16.0).abs() < 0.05, "{ratio}");
}

#[test]
fn a_metric_of_another_name_is_drawn_with_its_unit() {
    let record = SMALL.record();
    let options = plimsoll::charts::ChartOptions {
        metric: Some(Metric::ServeRps),
        ..plimsoll::charts::ChartOptions::new(Theme::Light)
    };
    let charts = plimsoll::charts::charts_with(&record, options);
    assert_eq!(charts.len(), 1);
    assert_eq!(charts[0].name, "node-serve-rps");
    assert!(charts[0].svg.contains("throughput, /s (more is better)"));
    let value = quantity(Metric::ServeRps, 1);
    assert_eq!(value.unit(), Metric::ServeRps.unit());
}

#[test]
fn times_of_several_machines_are_never_compared() {
    let mut run = SMALL.record();
    let part = |index: u32, cases: &[usize]| plimsoll::record::PartRecord {
        run: format!("part-{index}"),
        index,
        count: 2,
        started_at: run.started_at.clone(),
        finished_at: None,
        tool: run.tool.clone(),
        seed: 1,
        engine: run.engine.clone(),
        engine_choice: run.plan.engine,
        reach: run.plan.reach,
        distribution: None,
        host: run.host.clone(),
        calibration: run.calibration.clone(),
        bases: Vec::new(),
        cases: cases.iter().map(|at| run.cases[*at].id.clone()).collect(),
    };
    run.parts = vec![part(1, &[0, 3]), part(2, &[1, 2])];
    let charts = charts(&run, Theme::Light);
    assert!(charts.iter().all(|chart| chart.name != "node-choice"));
    let builds = chart(charts, "node-builds");
    assert!(
        builds.svg.contains("Measured on different machines"),
        "{}",
        builds.svg
    );
    assert!(builds.svg.contains("the first of 2 parts"));
    assert!(
        !builds.svg.contains(">floor "),
        "of several machines each has its own"
    );
    assert!(!builds.alt.contains("lowest"), "{}", builds.alt);
}
