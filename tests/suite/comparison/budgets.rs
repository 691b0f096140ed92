//! Budgets, judged.

use plimsoll::compare::{Baselines, BudgetLine, BudgetOutcome, check, unmatched};
use plimsoll::export::budgets_json;
use plimsoll::scenario::{Budget, Limit};
use plimsoll::summary::JudgedBudgets;
use plimsoll::tables::budget_table;
use plimsoll::units::{Quantity, Ratio};

use super::*;

fn budget(metric: Metric, limit: Limit) -> Budget {
    Budget {
        metric: metric.id().to_owned(),
        variant: None,
        strategy: None,
        link: None,
        limit,
        soft: false,
        why: None,
    }
}

fn at_most(metric: Metric, value: Quantity) -> Budget {
    budget(metric, Limit::AtMost(value))
}

fn percent(share: f64) -> Ratio {
    Ratio::of(share, 100.0).unwrap()
}

fn judged<'a>(
    run: &'a RunRecord,
    against: Baselines<'a>,
    budgets: &'a [Budget],
) -> Vec<BudgetLine<'a>> {
    check(run, against, budgets, &Default::default())
}

#[test]
fn an_absolute_limit_is_broken_by_values_and_not_by_noise() {
    let run = before();
    let time = |millis: u64| Quantity::Time(Nanos::from_millis(millis));
    let budgets = [
        at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(95 * MB))),
        at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(95 * MB - 1))),
        at_most(Metric::BuildCold, time(10_500)),
        at_most(Metric::BuildCold, time(9_000)),
        // Within the interval of the median.
        at_most(Metric::BuildCold, time(10_000)),
        at_most(Metric::PullCold, time(1)),
    ];
    let lines = judged(&run, Baselines::default(), &budgets);
    let outcomes: Vec<_> = lines.iter().map(|line| line.outcome.clone()).collect();
    assert_eq!(
        outcomes[..4],
        [
            BudgetOutcome::Within,
            BudgetOutcome::Broken,
            BudgetOutcome::Within,
            BudgetOutcome::Broken,
        ]
    );
    assert!(
        matches!(outcomes[4], BudgetOutcome::Inconclusive(_)),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[5], BudgetOutcome::NotMeasured);
    assert_eq!(lines.iter().filter(|line| line.breaks()).count(), 2);
}

#[test]
fn a_relative_limit_needs_a_baseline_and_evidence() {
    let (base, head) = (before(), after());
    let budgets = [
        budget(Metric::BuildCold, Limit::WorseBy(percent(10.0))),
        budget(Metric::BuildCold, Limit::WorseBy(percent(100.0))),
        budget(Metric::SizeUnpacked, Limit::Drift(percent(5.0))),
    ];
    let lines = judged(&head, Baselines::default(), &budgets);
    assert!(
        lines
            .iter()
            .all(|line| line.outcome == BudgetOutcome::NoBaseline && line.is_open())
    );
    let both = Baselines {
        baseline: Some(&base),
        pinned: Some(&base),
    };
    let lines = judged(&head, both, &budgets);
    let outcomes: Vec<_> = lines.iter().map(|line| line.outcome.clone()).collect();
    assert_eq!(
        outcomes,
        [
            BudgetOutcome::Broken,
            BudgetOutcome::Within,
            BudgetOutcome::Broken
        ]
    );
    let table = budget_table(&lines).terminal(None);
    assert!(
        table.contains("10 % worse than the baseline")
            && table.contains("3 budgets: 2 broken, 0 open."),
        "{table}"
    );
    let mut elsewhere = before();
    elsewhere.host.cpu = "Model Y".to_owned();
    let other = Baselines {
        baseline: Some(&elsewhere),
        pinned: Some(&elsewhere),
    };
    let lines = judged(&head, other, &budgets);
    assert!(matches!(lines[0].outcome, BudgetOutcome::NotComparable(_)));
    assert_eq!(lines[2].outcome, BudgetOutcome::Broken);
}

#[test]
fn soft_budgets_break_nothing_and_a_failure_keeps_none() {
    let mut run = before();
    let mut soft = at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(1)));
    soft.soft = true;
    let hard = at_most(Metric::StartReady, Quantity::Time(Nanos::from_millis(900)));
    let reason = "exited with code 3".to_owned();
    run.sample(VARIANT, Metric::StopTime, Outcome::Dnf { reason });
    let stop = at_most(Metric::StopTime, Quantity::Time(Nanos::from_millis(900)));
    let budgets = [soft, hard, stop];
    let lines = judged(&run, Baselines::default(), &budgets);
    let breaks: Vec<_> = lines.iter().map(BudgetLine::breaks).collect();
    assert_eq!(breaks, [false, false, true]);
    // A failed case keeps none, whatever numbers it left.
    let mut failed = before();
    let reason = "exited with code 3".to_owned();
    failed.cases[0].disposition = Disposition::Failed { reason };
    let of_failed = judged(&failed, Baselines::default(), &budgets);
    assert!(of_failed[1].breaks(), "{of_failed:?}");
    let json = budgets_json(&lines);
    assert_eq!(
        (&json["broken"], &json["budgets"][0]["outcome"]),
        (&1.into(), &"broken (soft)".into())
    );
}

#[test]
fn a_budget_concerns_what_its_patterns_match() {
    let mut run = before();
    let mut other = at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(1)));
    other.variant = Some("multi-*".to_owned());
    run.scenarios[0].budgets = vec![other];
    assert!(judged(&run, Baselines::default(), &[]).is_empty());
    run.scenarios[0].budgets[0].variant = Some("sl*".to_owned());
    assert_eq!(judged(&run, Baselines::default(), &[]).len(), 1);
}

#[test]
fn a_budget_that_checks_nothing_says_why() {
    let mut run = before();
    let named = |variant: &str| {
        let mut budget = at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(1)));
        budget.variant = Some(variant.to_owned());
        budget
    };
    let reason = "it has no binary".to_owned();
    run.case("distroless", Disposition::NotApplicable { reason });
    run.scenarios[0].budgets = vec![named("multi-*"), named("sl*"), named("distroless")];
    let mut strategy = at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(1)));
    strategy.strategy = Some("x".to_owned());
    let mut unknown = strategy.clone();
    unknown.metric = "size.of-next-year".to_owned();
    let more = [strategy, unknown];
    let found = unmatched(&run, &more);
    let whys: Vec<_> = found
        .iter()
        .map(|one| (one.scenario, one.why.as_str()))
        .collect();
    assert_eq!(
        whys,
        [
            (
                Some("node"),
                "no variant of `node` in this run matches `variant = \"multi-*\"`"
            ),
            (
                Some("node"),
                "node/distroless is not applicable: it has no binary"
            ),
            (None, "no variant in this run matches `strategy = \"x\"`"),
            (None, "this version of plimsoll does not know the metric"),
        ]
    );
    run.plan.only = Some("slim".to_owned());
    assert!(
        unmatched(&run, &[])[0]
            .why
            .ends_with("the run was limited by `--only slim`")
    );
    let lines = judged(&run, Baselines::default(), &[]);
    let found = unmatched(&run, &[]);
    let budgets = JudgedBudgets {
        lines: &lines,
        unmatched: &found,
        caveats: &["the run is not finished".to_owned()],
    };
    let table = budgets.table().terminal(None);
    assert!(
        table.contains("checks nothing: no variant of `node`"),
        "{table}"
    );
    assert!(table.contains("Note: the run is not finished."), "{table}");
    let json = budgets.json();
    assert_eq!(json["caveats"][0], "the run is not finished");
    assert_eq!(json["unmatched"][1]["variant"], "distroless");
    let lines = json["budgets"].as_array().unwrap().iter();
    let open = lines.filter(|line| line["open"] == true).count();
    assert_eq!(json["open"], open + found.len());
}

/// The value, the limit, the factor and its interval.
#[test]
fn a_broken_budget_says_by_how_much() {
    let (base, head) = (before(), after());
    let time = |millis: u64| Quantity::Time(Nanos::from_millis(millis));
    let budgets = [
        at_most(Metric::SizeUnpacked, Quantity::Bytes(Bytes(76 * MB))),
        at_most(Metric::BuildCold, time(8_000)),
        budget(Metric::BuildCold, Limit::WorseBy(percent(10.0))),
    ];
    let against = Baselines {
        baseline: Some(&base),
        pinned: None,
    };
    let lines = judged(&base, Baselines::default(), &budgets[..2]);
    let whys = |lines: &[BudgetLine<'_>]| -> Vec<String> {
        let json = budgets_json(lines);
        let all = json["budgets"].as_array().unwrap().iter();
        all.map(|one| one["why"].as_str().unwrap().to_owned())
            .collect()
    };
    let absolute = whys(&lines);
    assert_eq!(absolute[0], "19.0 MB over the limit, 1.25x of it");
    let timed =
        regex::Regex::new(r"^\d\.\d\d s over the limit, 1\.2\dx \[1\.2\d, 1\.\d\d\] of it$");
    assert!(timed.unwrap().is_match(&absolute[1]), "{absolute:?}");
    let lines = judged(&head, against, &budgets[2..]);
    let relative =
        regex::Regex::new(r"^1\.\d+x \[1\.\d+, 1\.\d+\] of the baseline, 1\.10x is allowed$");
    assert!(
        relative.unwrap().is_match(&whys(&lines)[0]),
        "{:?}",
        whys(&lines)
    );
    let json = budgets_json(&lines);
    let one = &json["budgets"][0];
    assert!(one["factor_ratio"].as_f64().unwrap() > 1.1, "{one}");
    assert!(one["interval"]["lower_ratio"].as_f64() < one["factor_ratio"].as_f64());
    // One round above the limit breaks an exact budget, and the median is not to blame.
    let mut spread = before();
    let sample = spread
        .samples
        .iter_mut()
        .find(|one| one.metric == Metric::SizeUnpacked);
    sample.unwrap().outcome = Outcome::Ok {
        value: Quantity::Bytes(Bytes(100 * MB)),
    };
    let limit = [at_most(
        Metric::SizeUnpacked,
        Quantity::Bytes(Bytes(95 * MB)),
    )];
    let lines = judged(&spread, Baselines::default(), &limit);
    assert_eq!(
        whys(&lines)[0],
        "5.00 MB over the limit, 1.05x of it in its worst round"
    );
}

#[test]
fn a_checked_value_is_the_median_of_the_report() {
    let mut run = before();
    let millis = [99, 99, 99, 103, 103, 103];
    let mut values = millis.into_iter();
    for sample in &mut run.samples {
        if sample.metric == Metric::BuildCold {
            sample.outcome = Outcome::Ok {
                value: Quantity::Time(Nanos::from_millis(values.next().unwrap_or(101))),
            };
        }
    }
    let budgets = [at_most(
        Metric::BuildCold,
        Quantity::Time(Nanos::from_millis(100)),
    )];
    let lines = judged(&run, Baselines::default(), &budgets);
    assert_eq!(
        lines[0].value,
        Some(Quantity::Time(Nanos::from_millis(101)))
    );
}

#[test]
fn the_value_of_a_budget_is_the_median_of_the_report() {
    let mut run = before();
    run.samples
        .retain(|sample| sample.metric != Metric::BuildCold);
    run.values(
        VARIANT,
        Metric::BuildCold,
        &[99, 103, 99, 103, 99, 103].map(ms),
    );
    let limit = Quantity::Time(Nanos::from_millis(100));
    let budgets = [at_most(Metric::BuildCold, limit)];
    let lines = judged(&run, Baselines::default(), &budgets);
    assert_eq!(
        lines[0].value,
        Some(Quantity::Time(Nanos::from_millis(101)))
    );
    let compared = compare(&run, &run, Terms::default());
    let line = compared
        .lines
        .iter()
        .find(|line| line.metric == Metric::BuildCold);
    assert_eq!(line.unwrap().base, lines[0].value);
}
