//! Budgets, judged.

use plimsoll::compare::{Baselines, BudgetLine, BudgetOutcome, check};
use plimsoll::report::{budget_table, budgets_json};
use plimsoll::scenario::{Budget, Limit};
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
