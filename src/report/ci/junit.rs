//! JUnit XML: budgets as test cases. `failure` is a broken budget, `error` a DNF, `skipped`
//! what is open, or fails as its scenario expects. Facts stand in the bodies too: some readers show nothing else.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::comparison::BudgetWords;
use super::super::parts::of_each;
use crate::compare::{BudgetLine, BudgetOutcome};
use crate::record::{Disposition, EngineFacts, RunRecord};

/// A suite for each scenario of the run.
///
/// # Errors
/// When a text cannot be written as XML.
pub fn junit_xml(record: &RunRecord, lines: &[BudgetLine<'_>]) -> Result<String, String> {
    let mut report = Report::new("plimsoll");
    for scenario in &record.scenarios {
        let mut suite = TestSuite::new(scenario.name.as_str());
        let engine = |of: fn(&EngineFacts) -> &String| {
            let own = |record: &RunRecord| of(&record.engine).clone();
            of_each(record, own, |part| of(&part.engine).clone())
        };
        for (key, value) in [
            ("run", record.id.clone()),
            ("engine", engine(|engine| &engine.version)),
            ("driver", engine(|engine| &engine.driver)),
        ] {
            suite.add_property(Property::new(key.to_owned(), value));
        }
        let cases = record.cases.iter();
        for case in cases.filter(|case| case.scenario == scenario.name) {
            let class = format!("{}.{}", case.scenario, case.variant);
            let mut judged = false;
            for line in lines.iter().filter(|line| *line.case == case.id) {
                judged = true;
                let mut test = TestCase::new(line.title(), status(line));
                test.set_classname(class.clone());
                suite.add_test_case(test);
            }
            // What failed without a budget on it is a failure all the same.
            if let Disposition::Failed { reason } = &case.disposition
                && !judged
                && case.expects_to_fail(reason).is_none()
            {
                let mut test = TestCase::new("contract", error(reason));
                test.set_classname(class);
                suite.add_test_case(test);
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| error.to_string())
}

fn status(line: &BudgetLine<'_>) -> TestCaseStatus {
    match &line.outcome {
        BudgetOutcome::Failed { reason } => error(reason),
        _ if line.breaks() => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("budget");
            status.set_message(line.sentence());
            status.set_description(line.sentence());
            status
        }
        _ if line.is_open() || matches!(line.outcome, BudgetOutcome::Expected { .. }) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(line.sentence());
            status
        }
        _ => TestCaseStatus::success(),
    }
}

fn error(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("dnf");
    status.set_message(reason);
    status.set_description(reason);
    status
}
