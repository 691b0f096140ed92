//! Parses the text output of the classic builder and Podman: steps without times.

use std::sync::LazyLock;

use regex::Regex;

use super::failure::Failing;
use super::tail::{LineSplitter, Tail};
use crate::engine::{BuildStep, StepSink};

/// `Step 2/3 : RUN x` of Docker, `STEP 2/3: RUN x` of Podman.
static STEP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?i:step) \d+/\d+ ?: ").expect("the pattern is fixed"));

/// The builder's output so far.
#[derive(Default)]
pub(super) struct Transcript {
    lines: LineSplitter,
    steps: Vec<BuildStep>,
    log: Tail,
}

impl Transcript {
    /// Returns by how many bytes the steps grew.
    pub(super) fn take(&mut self, text: &str, sink: &mut StepSink<'_>) -> usize {
        let mut grown = 0;
        for line in self.lines.take(text.as_bytes()) {
            if STEP.is_match(&line) {
                let name = line.trim().to_owned();
                sink(&name);
                grown += size_of::<BuildStep>() + name.len();
                self.steps.push(BuildStep {
                    name,
                    started: None,
                    duration: None,
                    cached: false,
                });
                self.log = Tail::default();
            // ` ---> Using cache` of Docker, `--> Using cache 12` of Podman.
            } else if line
                .trim_start()
                .trim_start_matches('-')
                .starts_with("> Using cache")
            {
                if let Some(step) = self.steps.last_mut() {
                    step.cached = true;
                }
            } else {
                self.log.push(line);
            }
        }
        grown
    }

    pub(super) fn steps(&self) -> Vec<BuildStep> {
        self.steps.clone()
    }

    /// One step runs at a time, so it is the last.
    pub(super) fn failing(&self) -> Option<Failing> {
        self.steps.last().map(|step| Failing {
            step: step.name.clone(),
            message: None,
            log: self.log.lines(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(pieces: &[&str]) -> Transcript {
        let mut transcript = Transcript::default();
        for piece in pieces {
            transcript.take(piece, &mut |_| {});
        }
        transcript
    }

    #[test]
    fn dockers_words() {
        let transcript = transcript(&[
            "Step 1/3 : FROM scratch",
            "\n",
            " ---> \n",
            "Step 2/3 : COPY a /\n",
            " ---> Using cache\n ---> 0123\n",
            "Step 3/3 : RUN false\n",
            " ---> Running in 4567\n",
            "oops\n",
        ]);
        let steps: Vec<_> = transcript
            .steps()
            .into_iter()
            .map(|step| (step.name, step.cached))
            .collect();
        assert_eq!(
            steps,
            [
                ("Step 1/3 : FROM scratch".to_owned(), false),
                ("Step 2/3 : COPY a /".to_owned(), true),
                ("Step 3/3 : RUN false".to_owned(), false),
            ]
        );
        let failing = transcript.failing().unwrap();
        assert_eq!(failing.log, [" ---> Running in 4567", "oops"]);
    }

    #[test]
    fn podmans_words() {
        let transcript = transcript(&[
            "STEP 1/2: FROM x\n",
            "STEP 2/2: RUN y\n--> Using cache 12\n",
        ]);
        assert!(transcript.steps()[1].cached);
    }
}
