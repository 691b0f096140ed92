//! What GitHub's runners read: annotations, the summary of a step, and comments.

use super::super::comparison::{
    BudgetWords, JudgedBudgets, comparison_sections, line_sentence, unmatched_sentence,
};
use crate::compare::{BudgetLine, BudgetOutcome, RunComparison, Standing, UnmatchedBudget};
use crate::text;

/// GitHub shows no more of each kind per step.
const MOST_ANNOTATIONS: usize = 10;
/// Over this a whole summary is thrown away: 1 MiB a step.
pub const STEP_SUMMARY_BYTES: usize = 1_048_576;
/// A comment holds 65,536; the action adds a line that marks it.
pub const COMMENT_BYTES: usize = 65_024;

/// `::error title=…::…` for each broken budget and `::warning` for soft ones, the worst ten
/// of each.
pub fn budget_annotations(lines: &[BudgetLine<'_>]) -> String {
    let broken = |line: &&BudgetLine<'_>| {
        matches!(
            line.outcome,
            BudgetOutcome::Broken | BudgetOutcome::Failed { .. }
        )
    };
    let of = |soft: bool| {
        lines
            .iter()
            .filter(broken)
            .filter(move |line| line.budget.soft == soft)
    };
    let mut text = annotations("error", "budget", of(false).map(BudgetLine::sentence));
    text.push_str(&annotations(
        "warning",
        "budget",
        of(true).map(BudgetLine::sentence),
    ));
    text
}

/// `::warning` for each budget that checks nothing.
pub fn unmatched_annotations(unmatched: &[UnmatchedBudget<'_>]) -> String {
    annotations(
        "warning",
        "budget",
        unmatched.iter().map(unmatched_sentence),
    )
}

/// The same for what became worse, the largest change first.
pub fn comparison_annotations(comparison: &RunComparison<'_>) -> String {
    let mut worse: Vec<_> = comparison
        .lines
        .iter()
        .filter(|line| line.standing() == Standing::Worse)
        .collect();
    worse.sort_by(|one, other| other.distance().total_cmp(&one.distance()));
    let sentences = worse
        .into_iter()
        .map(|line| line_sentence(comparison, line));
    annotations("error", "regression", sentences)
}

/// `::kind title=…::…` for each sentence, ten at the most.
pub(in crate::report) fn annotations(
    kind: &str,
    title: &str,
    sentences: impl Iterator<Item = String>,
) -> String {
    let mut sentences: Vec<String> = sentences.collect();
    let more = sentences.len().saturating_sub(MOST_ANNOTATIONS);
    sentences.truncate(MOST_ANNOTATIONS);
    if let (Some(last), 1..) = (sentences.last_mut(), more) {
        last.push_str(&format!(" (and {more} more)"));
    }
    sentences
        .iter()
        .map(|sentence| {
            format!(
                "::{kind} title={}::{}\n",
                property(title),
                message(sentence)
            )
        })
        .collect()
}

/// GitHub's escapes in a message of one line.
fn message(text: &str) -> String {
    text::inline(text).replace('%', "%25")
}

/// And in a property, where colon and comma part.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Budgets and comparison as Markdown of at most so many bytes. What does not fit is left
/// out by whole sections and rows, and the text says so.
pub fn summary_md(
    budgets: Option<JudgedBudgets<'_, '_>>,
    comparison: Option<&RunComparison<'_>>,
    most: usize,
) -> String {
    let mut sections = Vec::new();
    if let Some(budgets) = budgets {
        sections.push(budgets.table().markdown());
    }
    if let Some(comparison) = comparison {
        sections.extend(comparison_sections(comparison));
    }
    cut(&sections, most)
}

const CUT: &str = "\n_Cut to fit; the whole is in the report of the run._\n";

/// Whole sections while they fit; of the first that does not, its first lines.
fn cut(sections: &[String], most: usize) -> String {
    let mut text = String::new();
    for section in sections {
        if text.len() + section.len() < most {
            text.push_str(section);
            text.push('\n');
            continue;
        }
        // What is folded goes as a whole: half of it would fold what follows, too.
        let lines = section
            .lines()
            .filter(|_| !section.starts_with("<details>"));
        for line in lines {
            if text.len() + line.len() + 1 + CUT.len() > most {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        // Where even the note does not fit, nothing would be of use.
        if text.len() + CUT.len() <= most {
            text.push_str(CUT);
        }
        return text;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parts_in_a_workflow_command_is_escaped() {
        let all = annotations("error", "a: b, c", ["50 %\nmore".to_owned()].into_iter());
        assert_eq!(all, "::error title=a%3A b%2C c::50 %25 more\n");
    }

    #[test]
    fn ten_of_a_kind_and_how_many_more() {
        let all = annotations("error", "t", (0..13).map(|n| n.to_string()));
        assert_eq!(all.lines().count(), 10);
        assert!(all.ends_with("::9 (and 3 more)\n"), "{all}");
        assert_eq!(annotations("error", "t", std::iter::empty()), "");
    }

    #[test]
    fn a_summary_is_cut_by_lines_and_says_so() {
        let long: String = (0..1000).map(|n| format!("row {n}\n")).collect();
        let sections = ["first\n".to_owned(), long];
        let whole = cut(&sections, 1_000_000);
        assert!(whole.contains("row 999") && !whole.contains("Cut"));
        let text = cut(&sections, 500);
        assert!(
            text.len() <= 500 && text.starts_with("first\n\nrow 0\n"),
            "{text}"
        );
        assert!(text.ends_with(CUT), "{text}");
    }
}
