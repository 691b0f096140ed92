//! A run in words: its state, its commands, its scenarios.

use crate::record::{RunRecord, RunState};

/// The state of a run in words.
pub(crate) fn state_word(state: RunState) -> &'static str {
    match state {
        RunState::Complete => "complete",
        RunState::Interrupted => "interrupted",
        RunState::Running => "not ended",
    }
}

/// The command line that made the run, and those that resumed it.
pub(crate) fn commands(record: &RunRecord) -> impl Iterator<Item = String> + '_ {
    record.commands.iter().map(|words| shell(words))
}

/// Quotes words for a shell.
fn shell(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

pub(crate) fn scenario_names(record: &RunRecord) -> Vec<&str> {
    let scenarios = record.scenarios.iter();
    scenarios.map(|scenario| scenario.name.as_str()).collect()
}

pub(crate) fn variants(record: &RunRecord) -> usize {
    let names = scenario_names(record);
    let cases = record.cases.iter();
    cases
        .filter(|case| names.contains(&case.scenario.as_str()))
        .count()
}
