//! Budgets on derived figures and on facts; failures that a scenario expects.

use std::collections::BTreeSet;

use plimsoll::compare::{Baselines, BudgetLine, BudgetOutcome, LineOutcome};
use plimsoll::export::{budgets_json, junit_xml};
use plimsoll::record::{DistributionRecord, Link, Posture};
use plimsoll::scenario::{Budget, ExpectedFailure, FailurePoint, Limit};
use plimsoll::summary::check_budgets;
use plimsoll::units::{Quantity, Ratio};

use super::*;
use crate::reports::builder::quantity;

/// A case whose pull takes this long and a bit more each round, whose create takes 10 ms
/// and whose start 190 ms.
fn deployed(pull: u64) -> RunRecord {
    let mut run = run();
    run.plan.links = vec![Link::LOOPBACK];
    run.distribution = Some(DistributionRecord {
        puller: None,
        why_no_puller: None,
    });
    run.case(VARIANT, Disposition::Qualified);
    for step in 0..6 {
        for (metric, whole) in [
            (Metric::PullCold, (pull + step) * MS),
            (Metric::PullUpdateBytes, 5 * MB),
        ] {
            let value = quantity(metric, whole);
            run.over(Some(Link::LOOPBACK), VARIANT, metric, Outcome::Ok { value });
        }
    }
    run.values(VARIANT, Metric::StartCreate, &[10 * MS; 6]);
    run.values(VARIANT, Metric::StartReady, &[190 * MS; 6]);
    run.cases[0].posture = Some(Posture {
        setuid: vec!["/usr/bin/su".to_owned(), "/usr/bin/mount".to_owned()],
        ..Posture::default()
    });
    run
}

fn on(metric: &str, limit: Limit) -> Budget {
    Budget {
        metric: metric.to_owned(),
        variant: None,
        strategy: None,
        link: None,
        limit,
        soft: false,
        why: None,
    }
}

fn most(value: Quantity) -> Limit {
    Limit::AtMost(value)
}

fn time(millis: u64) -> Quantity {
    Quantity::Time(Nanos::from_millis(millis))
}

fn percent(share: f64) -> Limit {
    Limit::WorseBy(Ratio::of(share, 100.0).unwrap())
}

fn judged<'a>(
    run: &'a RunRecord,
    baseline: Option<&'a RunRecord>,
    budgets: &'a [Budget],
) -> Vec<BudgetLine<'a>> {
    let against = Baselines {
        baseline,
        pinned: None,
    };
    check_budgets(run, against, budgets, &BTreeSet::new())
}

fn outcomes<'a>(lines: &'a [BudgetLine<'a>]) -> Vec<&'a BudgetOutcome<'a>> {
    lines.iter().map(|line| &line.outcome).collect()
}

#[test]
fn a_deploy_budget_is_checked_against_the_sum_and_its_interval() {
    let run = deployed(800);
    // 802.5 + 10 + 190 ms, and from 1000 to 1005 in the rounds.
    let budgets = [
        on("deploy.first", most(time(1_003))),
        on("deploy.first", most(time(1_002))),
        on("deploy.first", most(time(900))),
        on("deploy.update", most(time(1))),
    ];
    let lines = judged(&run, None, &budgets);
    assert_eq!(lines[0].value, Some(Quantity::Time(Nanos(1_002_500_000))));
    assert_eq!(lines[0].link, Some(Link::LOOPBACK));
    assert!(
        matches!(
            outcomes(&lines)[..],
            [
                BudgetOutcome::Within,
                BudgetOutcome::Inconclusive(_),
                BudgetOutcome::Broken,
                BudgetOutcome::NotMeasured,
            ]
        ),
        "{lines:?}"
    );
    // Without an interval nothing is shown.
    let mut few = run.clone();
    few.samples.retain(|sample| sample.round < 4);
    let lines = judged(&few, None, &budgets[2..3]);
    assert!(matches!(lines[0].outcome, BudgetOutcome::Inconclusive(_)));
}

#[test]
fn exact_values_are_checked_against_budgets_without_an_interval() {
    let mut run = deployed(800);
    run.scenarios[0].deploy = Default::default();
    let plan = run.scenarios[0].deploy;
    let month = 30 * plan.per_day.0 * plan.environments.0 * 5 * MB;
    let bytes = |bytes| most(Quantity::Bytes(Bytes(bytes)));
    let count = |count| most(Quantity::Count(Count(count)));
    let budgets = [
        on("registry.moved", bytes(month)),
        on("registry.moved", bytes(month - 1)),
        on("posture.setuid", count(2)),
        on("posture.setuid", count(1)),
        on("posture.secrets", count(0)),
        on("posture.cves", count(0)),
    ];
    let lines = judged(&run, None, &budgets);
    assert_eq!(
        outcomes(&lines),
        [
            &BudgetOutcome::Within,
            &BudgetOutcome::Broken,
            &BudgetOutcome::Within,
            &BudgetOutcome::Broken,
            &BudgetOutcome::Within,
            // What nobody could look up is not none.
            &BudgetOutcome::NotMeasured,
        ]
    );
    // They are written as those on metrics are.
    let json = budgets_json(&lines);
    assert_eq!(json["budgets"][3]["metric"], "posture.setuid");
    assert_eq!(json["budgets"][3]["value_count"], 2);
    let xml = junit_xml(&run, &lines).unwrap();
    assert!(xml.contains("posture.setuid at most 1"), "{xml}");
}

#[test]
fn a_baseline_is_asked_for_figures_too() {
    let (base, same, slow) = (deployed(800), deployed(801), deployed(1_000));
    let budgets = [
        on("deploy.first", percent(5.0)),
        on("posture.setuid", percent(0.0)),
    ];
    let within = judged(&same, Some(&base), &budgets);
    assert_eq!(outcomes(&within), [&BudgetOutcome::Within; 2]);
    assert_eq!(
        within[0].baseline,
        Some(Quantity::Time(Nanos(1_002_500_000)))
    );
    assert_eq!(
        judged(&slow, Some(&base), &budgets)[0].outcome,
        BudgetOutcome::Broken
    );
    assert_eq!(
        outcomes(&judged(&slow, None, &budgets)),
        [&BudgetOutcome::NoBaseline; 2]
    );
    let mut more = deployed(800);
    let setuid = &mut more.cases[0].posture.as_mut().unwrap().setuid;
    setuid.push("/usr/bin/passwd".to_owned());
    assert_eq!(
        judged(&more, Some(&base), &budgets)[1].outcome,
        BudgetOutcome::Broken
    );
    // Another machine keeps times apart, and not what an image holds.
    more.host.cpu = "Model Y".to_owned();
    let lines = judged(&more, Some(&base), &budgets);
    assert!(matches!(lines[0].outcome, BudgetOutcome::NotComparable(_)));
    assert_eq!(lines[1].outcome, BudgetOutcome::Broken);
}

fn expecting(run: &mut RunRecord, says: &str, point: FailurePoint) {
    run.cases[0].expected_failure = Some(ExpectedFailure {
        point,
        says: says.to_owned(),
        why: "that is what it shows".to_owned(),
    });
}

#[test]
fn an_expected_failure_is_neither_worse_nor_open() {
    let mut base = before();
    base.values(VARIANT, Metric::StopTime, &[ms(10); 6]);
    let mut head = before();
    for _ in 0..6 {
        let reason = "was killed after 10 s".to_owned();
        head.sample(VARIANT, Metric::StopTime, Outcome::Dnf { reason });
    }
    let of_stop = |comparison: &RunComparison<'_>| {
        let mut lines = comparison.lines.iter();
        let line = lines.find(|line| line.metric == Metric::StopTime).unwrap();
        (
            line.standing(),
            matches!(line.outcome, LineOutcome::Expected { .. }),
        )
    };
    let reported = compare(&base, &head, Terms::default());
    assert_eq!(of_stop(&reported), (Standing::Worse, false));
    expecting(&mut head, "was killed", FailurePoint::Stop);
    let reported = compare(&base, &head, Terms::default());
    assert_eq!(of_stop(&reported), (Standing::Same, true));
    assert!(
        comparison_table(&reported, true)
            .terminal(None)
            .contains("fails as expected: was killed")
    );
    assert_eq!(reported.count(Standing::Worse), 0);
    // Another failure than the one that is expected.
    let mut other = head.clone();
    let reason = "the engine did not answer".to_owned();
    other.sample(VARIANT, Metric::StopTime, Outcome::Dnf { reason });
    let reported = compare(&base, &other, Terms::default());
    assert_eq!(of_stop(&reported), (Standing::Worse, false));

    let budgets = [on("stop.time", most(time(1)))];
    let lines = judged(&head, None, &budgets);
    assert!(matches!(lines[0].outcome, BudgetOutcome::Expected { .. }));
    assert!(!lines[0].breaks() && !lines[0].is_open());
    assert!(judged(&other, None, &budgets)[0].breaks());
}

#[test]
fn a_case_that_is_there_to_fail_keeps_no_budget_and_breaks_none() {
    let mut head = deployed(800);
    let reason = "ENOENT: no such module".to_owned();
    head.cases[0].disposition = Disposition::Failed { reason };
    let budgets = [
        on("size.unpacked", most(Quantity::Bytes(Bytes(1)))),
        on("deploy.first", most(time(1))),
        on("posture.setuid", most(Quantity::Count(Count(0)))),
    ];
    let failed = judged(&head, None, &budgets);
    assert!(failed.iter().all(BudgetLine::breaks), "{failed:?}");
    expecting(&mut head, "no such module", FailurePoint::Start);
    let expected = judged(&head, None, &budgets);
    let fine = |line: &BudgetLine<'_>| !line.breaks() && !line.is_open();
    assert!(expected.iter().all(fine), "{expected:?}");
    let mut base = deployed(800);
    base.values(VARIANT, Metric::SizeUnpacked, &[MB; 6]);
    let reported = compare(&base, &head, Terms::default());
    assert_eq!(reported.count(Standing::Worse), 0);
}
