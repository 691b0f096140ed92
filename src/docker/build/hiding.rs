//! Masks secrets in the output of a build, because a command may print them.

use crate::engine::{BuildFailure, Secret};

/// The replacement of a secret.
const HIDDEN: &str = "(secret)";

/// A shorter line of a secret is not masked, for example a brace of a JSON file.
const LINE_CHARS: usize = 4;

/// The failure with masked secrets.
pub(super) fn hide<'a>(
    failure: BuildFailure,
    secrets: impl Iterator<Item = &'a Secret>,
) -> BuildFailure {
    let hidden = words(secrets);
    if hidden.is_empty() {
        return failure;
    }
    let clean = |text: String| clean(text, &hidden);
    match failure {
        BuildFailure::Step {
            step,
            message,
            exit_code,
            log,
        } => BuildFailure::Step {
            step: clean(step),
            message: clean(message),
            exit_code,
            log: log.into_iter().map(clean).collect(),
        },
        BuildFailure::Refused { message } => BuildFailure::Refused {
            message: clean(message),
        },
        // Neither contains a message of the builder.
        other @ (BuildFailure::Context(_) | BuildFailure::Engine(_)) => other,
    }
}

/// The texts to mask, the longest first, because a short one may be part of a long one.
fn words<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Vec<&'a str> {
    let mut words: Vec<_> = secrets
        .flat_map(|Secret(value)| {
            let lines = value.lines().filter(|line| line.trim().len() >= LINE_CHARS);
            lines.chain([value.as_str()]).map(str::trim)
        })
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

fn clean(text: String, hidden: &[&str]) -> String {
    hidden
        .iter()
        .fold(text, |text, word| text.replace(word, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_every_text_of_a_failure() {
        let token = Secret("hunter2hunter2\n".to_owned());
        let key = Secret("{\n  \"key\": \"abcd\"\n}\n".to_owned());
        let failure = BuildFailure::Step {
            step: "[2/2] RUN x hunter2hunter2".to_owned(),
            message: "x hunter2hunter2 failed".to_owned(),
            exit_code: Some(1),
            log: vec!["{".to_owned(), " \"key\": \"abcd\"".to_owned()],
        };
        let shown = format!("{:?}", hide(failure, [&token, &key].into_iter()));
        assert!(
            !shown.contains("hunter2") && !shown.contains("abcd"),
            "{shown}"
        );
        assert!(shown.contains("[2/2] RUN x (secret)"), "{shown}");
        assert!(shown.contains("\"{\", \" (secret)\""), "{shown}");
        let refused = BuildFailure::Refused {
            message: "bad hunter2hunter2".to_owned(),
        };
        let shown = hide(refused, [&token].into_iter()).to_string();
        assert_eq!(shown, "the builder refused: bad (secret)");
    }

    #[test]
    fn without_secrets_nothing_is_changed() {
        let refused = || BuildFailure::Refused {
            message: "a  b".to_owned(),
        };
        let empty = Secret(" \n".to_owned());
        for shown in [
            hide(refused(), [].into_iter()),
            hide(refused(), [&empty].into_iter()),
        ] {
            assert_eq!(shown.to_string(), refused().to_string());
        }
    }
}
