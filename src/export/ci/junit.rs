//! JUnit XML after Jenkins' junit-10.xsd: budgets as test cases. `failure` is a broken budget,
//! `error` a DNF that breaks one; the file has either exactly if `check` exits with 3. `skipped`
//! marks results that break nothing: soft budgets, inconclusive results, expected failures. The
//! facts are also in the bodies, because some readers show nothing else.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::compare::{BudgetLine, BudgetOutcome, UnmatchedBudget};
use crate::record::{Disposition, EngineFacts, RunRecord};
use crate::summary::comparison::{BudgetWords, unmatched_sentence};
use crate::summary::parts::of_each;
use crate::text;

/// The suite of budgets without a scenario.
const ALL_SCENARIOS: &str = "plimsoll.toml";

/// The options of the export.
#[derive(Debug, Clone, Copy, Default)]
pub struct JunitTerms<'a> {
    /// Whether an inconclusive budget fails: `--fail-on-inconclusive`.
    pub open_fails: bool,
    /// Budgets that match no case; they count as inconclusive.
    pub unmatched: &'a [UnmatchedBudget<'a>],
}

/// A suite for each scenario of the run. Only broken budgets fail.
///
/// # Errors
/// A text cannot be written as XML.
pub fn junit_xml(record: &RunRecord, lines: &[BudgetLine<'_>]) -> Result<String, String> {
    junit_xml_on(record, lines, JunitTerms::default())
}

/// The same with options.
///
/// # Errors
/// A text cannot be written as XML.
pub fn junit_xml_on(
    record: &RunRecord,
    lines: &[BudgetLine<'_>],
    terms: JunitTerms<'_>,
) -> Result<String, String> {
    let mut report = Report::new("plimsoll");
    for scenario in &record.scenarios {
        let mut suite = suite(record, &scenario.name);
        let cases = record.cases.iter();
        for case in cases.filter(|case| case.scenario == scenario.name) {
            let class = format!("{}.{}", case.scenario, case.variant);
            let class = text::inline(&class).into_owned();
            let mut judged = false;
            for line in lines.iter().filter(|line| *line.case == case.id) {
                judged = true;
                let mut test = TestCase::new(text::inline(&line.title()), status(line, terms));
                test.set_classname(class.clone());
                suite.add_test_case(test);
            }
            // A failure without a budget is listed, but breaks no budget.
            if let Disposition::Failed { reason } = &case.disposition
                && !judged
                && case.expects_to_fail(reason).is_none()
            {
                let note = format!("did not finish, and no budget is on it: {reason}");
                let mut test = TestCase::new("contract", skipped(&note));
                test.set_classname(class);
                suite.add_test_case(test);
            }
        }
        add_unmatched(&mut suite, Some(&scenario.name), terms);
        report.add_test_suite(suite);
    }
    let mut everywhere = suite(record, ALL_SCENARIOS);
    add_unmatched(&mut everywhere, None, terms);
    if !everywhere.test_cases.is_empty() {
        report.add_test_suite(everywhere);
    }
    let sum = format!(" skipped=\"{}\"", report.skipped);
    let xml = report.to_string().map_err(|error| error.to_string())?;
    // The schema has this attribute on `testsuite`, but not on `testsuites`.
    Ok(match xml.split_once("<testsuites") {
        Some((before, after)) => format!("{before}<testsuites{}", after.replacen(&sum, "", 1)),
        None => xml,
    })
}

fn suite(record: &RunRecord, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(text::inline(name));
    let engine = |of: fn(&EngineFacts) -> &String| {
        let own = |record: &RunRecord| of(&record.engine).clone();
        of_each(record, own, |part| of(&part.engine).clone())
    };
    for (key, value) in [
        ("run", record.id.clone()),
        ("engine", engine(|engine| &engine.version)),
        ("driver", engine(|engine| &engine.driver)),
    ] {
        suite.add_property(Property::new(key.to_owned(), text::inline(&value)));
    }
    suite
}

fn add_unmatched(suite: &mut TestSuite, scenario: Option<&str>, terms: JunitTerms<'_>) {
    let of_suite = terms.unmatched.iter();
    for unmatched in of_suite.filter(|one| one.scenario == scenario) {
        let sentence = unmatched_sentence(unmatched);
        let status = match terms.open_fails {
            true => failure("open", &sentence),
            false => skipped(&sentence),
        };
        let mut test = TestCase::new(
            format!("{} checks nothing", unmatched.budget.metric),
            status,
        );
        test.set_classname(text::inline(scenario.unwrap_or(ALL_SCENARIOS)));
        suite.add_test_case(test);
    }
}

fn status(line: &BudgetLine<'_>, terms: JunitTerms<'_>) -> TestCaseStatus {
    match &line.outcome {
        BudgetOutcome::Failed { reason } if line.breaks() => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("dnf");
            status.set_message(text::inline(reason));
            status.set_description(text::inline(reason));
            status
        }
        _ if line.breaks() => failure("budget", &line.sentence()),
        _ if line.is_open() && terms.open_fails => failure("open", &line.sentence()),
        BudgetOutcome::Within => TestCaseStatus::success(),
        _ => skipped(&line.sentence()),
    }
}

fn failure(kind: &str, sentence: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind);
    status.set_message(text::inline(sentence));
    status.set_description(text::inline(sentence));
    status
}

fn skipped(note: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text::inline(note));
    status
}
