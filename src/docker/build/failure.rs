//! Classifies a build failure by the failed step and the builder's message, because builders
//! report no error code.

use std::sync::LazyLock;

use regex::Regex;

use crate::engine::BuildFailure;

/// BuildKit, Podman, the classic builder.
static EXIT_CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:exit code: |exit status |non-zero code: )(\d+)").expect("the pattern is fixed")
});

/// The step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    pub(super) step: String,
    /// The builder's message about it, if there is one.
    pub(super) message: Option<String>,
    pub(super) log: Vec<String>,
}

pub(super) fn classify(message: String, failing: Option<Failing>) -> BuildFailure {
    let Some(failing) = failing.filter(|failing| is_own_step(&failing.step)) else {
        return BuildFailure::Refused { message };
    };
    let message = failing.message.unwrap_or(message);
    let exit_code = EXIT_CODE
        .captures_iter(&message)
        .last()
        .and_then(|found| found[1].parse().ok());
    BuildFailure::Step {
        step: failing.step,
        message,
        exit_code,
        log: failing.log,
    }
}

/// Whether the step is an instruction of the Dockerfile. A missing base or context fails in an
/// internal step of the builder.
fn is_own_step(name: &str) -> bool {
    let instruction = name
        .split_once("] ")
        .or_else(|| name.split_once(": "))
        .or_else(|| name.split_once(" : "))
        .map_or(name, |(_, instruction)| instruction);
    !name.starts_with("[internal]") && !instruction.trim_start().starts_with("FROM ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(step: &str, message: Option<&str>) -> Option<Failing> {
        Some(Failing {
            step: step.to_owned(),
            message: message.map(str::to_owned),
            log: vec!["last".to_owned()],
        })
    }

    fn code(failure: &BuildFailure) -> Option<i64> {
        match failure {
            BuildFailure::Step { exit_code, .. } => *exit_code,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_failed_command_has_its_exit_code_in_each_builders_words() {
        for (step, words, expected) in [
            (
                "[2/3] RUN exit 3",
                "executor failed running [/bin/sh -c exit 3]: exit code: 3",
                3,
            ),
            (
                "[2/3] RUN x",
                "process \"/bin/sh -c echo exit code: 1; x\" did not complete successfully: exit code: 127",
                127,
            ),
            (
                "Step 2/2 : RUN exit 4",
                "The command '/bin/sh -c exit 4' returned a non-zero code: 4",
                4,
            ),
            (
                "STEP 2/2: RUN exit 5",
                "building at STEP \"RUN exit 5\": while running runtime: exit status 5",
                5,
            ),
        ] {
            let failure = classify(words.to_owned(), failing(step, None));
            assert_eq!(code(&failure), Some(expected), "{words}");
        }
    }

    #[test]
    fn a_copy_that_finds_nothing_is_a_step_without_an_exit_code() {
        let words = "failed to compute cache key: \"/nope\" not found: not found";
        let failure = classify(
            "outer".to_owned(),
            failing("[2/2] COPY nope /", Some(words)),
        );
        assert_eq!(code(&failure), None);
        assert_eq!(
            failure.to_string(),
            format!("step `[2/2] COPY nope /` failed: {words}")
        );
    }

    #[test]
    fn bases_syntax_and_context_are_refusals() {
        for step in [
            "[internal] load metadata for docker.io/library/nope:1",
            "[1/2] FROM docker.io/library/nope:1",
            "Step 1/2 : FROM nope",
            "STEP 1/2: FROM nope",
        ] {
            let failure = classify("no".to_owned(), failing(step, None));
            assert!(matches!(failure, BuildFailure::Refused { .. }), "{step}");
        }
        let failure = classify("dockerfile parse error line 2".to_owned(), None);
        assert_eq!(
            failure.to_string(),
            "the builder refused: dockerfile parse error line 2"
        );
    }
}
