//! Output for GitHub Actions: annotations, step summaries and comments.

use crate::compare::{BudgetLine, BudgetOutcome, RunComparison, Standing, UnmatchedBudget};
use crate::summary::JudgedBudgets;
use crate::summary::comparison::{BudgetWords, line_sentence, unmatched_sentence};
use crate::tables::comparison::{comparison_sections, folded};
use crate::text;

/// GitHub shows at most this many annotations of a kind per step.
const MOST_ANNOTATIONS: usize = 10;
/// GitHub discards a step summary above 1 MiB.
pub const STEP_SUMMARY_BYTES: usize = 1_048_576;
/// A comment may have 65,536 characters; the action adds a marker line.
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

/// `::warning` for each budget that matches no case.
pub fn unmatched_annotations(unmatched: &[UnmatchedBudget<'_>]) -> String {
    annotations(
        "warning",
        "budget",
        unmatched.iter().map(unmatched_sentence),
    )
}

/// The same for regressions, the largest first.
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

/// `::kind title=…::…` for each sentence, at most ten.
pub(in crate::export) fn annotations(
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

/// GitHub's escapes for a message.
fn message(text: &str) -> String {
    text::inline(text).replace('%', "%25")
}

/// GitHub's escapes for a property, in which colon and comma are separators.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Budgets and comparison as Markdown of at most `most` bytes. Sections and rows that do not fit
/// are omitted with a note.
pub fn summary_md(
    budgets: Option<JudgedBudgets<'_, '_>>,
    comparison: Option<&RunComparison<'_>>,
    most: usize,
) -> String {
    let mut sections = Vec::new();
    if let Some(budgets) = budgets {
        sections.extend(folded(budgets.table()));
    }
    if let Some(comparison) = comparison {
        sections.extend(comparison_sections(comparison));
    }
    cut(&sections, most)
}

const CUT: &str = "\n_Cut to fit; the whole is in the report of the run._\n";

/// Whole sections while they fit, then the first lines of the next one.
fn cut(sections: &[String], most: usize) -> String {
    let mut text = String::new();
    for section in sections {
        if text.len() + section.len() < most {
            text.push_str(section);
            text.push('\n');
            continue;
        }
        // A folded part is omitted as a whole, because half of it would fold the following text.
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
        // Empty if not even the note fits.
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
    fn separators_in_a_workflow_command_are_escaped() {
        let all = annotations("error", "a: b, c", ["50 %\nmore".to_owned()].into_iter());
        assert_eq!(all, "::error title=a%3A b%2C c::50 %25 more\n");
    }

    #[test]
    fn ten_annotations_and_the_number_of_others() {
        let all = annotations("error", "t", (0..13).map(|n| n.to_string()));
        assert_eq!(all.lines().count(), 10);
        assert!(all.ends_with("::9 (and 3 more)\n"), "{all}");
        assert_eq!(annotations("error", "t", std::iter::empty()), "");
    }

    #[test]
    fn a_truncated_summary_has_whole_lines_and_a_note() {
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
