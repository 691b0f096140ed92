//! Whether a build was what its metric asks for: pure judgements of its steps.

use std::collections::BTreeSet;

use crate::dockerfile::{EditEffect, Step, StepKey, find_step};
use crate::engine::BuildStep;
use crate::units::Count;

/// The Dockerfile's own steps of a build, internal ones and FROM left out: the engine marks a
/// FROM of a local image as cached or not without a pattern (METHODOLOGY, "When a build's
/// sample is valid").
pub(super) struct Steps<'a> {
    ran: Vec<(StepKey, &'a str)>,
    cached: Vec<(StepKey, &'a str)>,
    /// Steps that run in each build, changed or not: that they ran says nothing.
    constant: BTreeSet<StepKey>,
    /// Steps that the file does not plan, and that ran: triggers of a base image.
    unplanned: BTreeSet<&'a str>,
    /// Planned steps that such a trigger may make run: those of its stage, and of later ones,
    /// which may take files from it.
    triggered: BTreeSet<StepKey>,
    /// Whether another build's FROM step was used.
    shares_base: bool,
}

/// What made steps run where another build on the same base was going on.
const SHARED_BASE: &str = "; another build on the same base ran at the same time, and BuildKit may \
    not use its cache then: measure while nothing else builds";

impl<'a> Steps<'a> {
    /// Sorts what the builder reported by what the Dockerfile plans.
    pub(super) fn of(reported: &'a [BuildStep], planned: &[Step]) -> Self {
        let constant = planned.iter().filter(|step| step.always_runs);
        let mut own = Self {
            ran: Vec::new(),
            cached: Vec::new(),
            constant: constant.map(|step| step.vertex.clone()).collect(),
            unplanned: BTreeSet::new(),
            triggered: BTreeSet::new(),
            shares_base: shares_base(reported),
        };
        let mut first = planned.len();
        for step in reported {
            let Some((key, _, text)) = StepKey::parse_vertex(&step.name) else {
                continue;
            };
            if text.starts_with("FROM ") {
                continue;
            }
            let known = find_step(planned, &step.name);
            let ran = !step.cached && step.started.is_some();
            if ran && known.is_none() && !planned.is_empty() {
                own.unplanned.insert(&step.name);
                let stage = planned.iter().position(|one| one.key.stage == key.stage);
                first = first.min(stage.unwrap_or(0));
            }
            let key = known.map_or(key, |planned| planned.vertex.clone());
            if step.cached {
                own.cached.push((key, &step.name));
            } else if step.started.is_some() {
                own.ran.push((key, &step.name));
            }
        }
        let triggered = planned[first..].iter();
        own.triggered = triggered.map(|step| step.vertex.clone()).collect();
        own
    }

    pub(super) fn ran(&self) -> Count {
        Count(self.ran.len() as u64)
    }

    pub(super) fn cached(&self) -> Count {
        Count(self.cached.len() as u64)
    }

    /// Cold: no step may come from the cache. WORKDIR alone may: BuildKit takes the
    /// empty folder from any build that made it on this base, asked for no cache or
    /// not (seen on 20.10), so on an engine in use it hardly ever runs. In a builder
    /// that was empty (`strict`) it has to.
    pub(super) fn check_cold(&self, expected: usize, strict: bool) -> Result<(), String> {
        self.reported(expected)?;
        let cached = self
            .cached
            .iter()
            .filter(|(_, name)| strict || !is_workdir(name));
        let cached: Vec<_> = cached.cloned().collect();
        none_of(&cached, "taken from the cache in a cold build")
    }

    /// Cached: no step may run.
    pub(super) fn check_cached(&self, expected: usize) -> Result<(), String> {
        self.reported(expected)?;
        self.idle(&self.effective(), "ran although nothing had changed")
    }

    /// Rebuild: what the edit reaches has to run, and nothing beyond it.
    pub(super) fn check_rebuild(&self, effect: &EditEffect, expected: usize) -> Result<(), String> {
        self.reported(expected)?;
        // What a trigger of the base image reads is not in this file.
        let reached = !self.unplanned.is_empty();
        if effect.must_run.is_empty() && effect.may_run.is_empty() && !reached {
            return Err("the edit reaches no step of this Dockerfile".to_owned());
        }
        if effect.must_run.is_empty() && self.effective().is_empty() {
            return Err("no step ran, so the edit reached none".to_owned());
        }
        let ran: BTreeSet<_> = self.ran.iter().map(|(key, _)| key).collect();
        let idle: Vec<_> = effect
            .must_run
            .iter()
            .filter(|key| !ran.contains(key))
            .collect();
        if let Some(key) = idle.first() {
            return Err(format!(
                "step {} did not run although the edit reaches it",
                place(key)
            ));
        }
        let mut beyond = self.effective();
        beyond.retain(|(key, name)| {
            let is_reached = effect.must_run.contains(key) || effect.may_run.contains(key);
            !is_reached && !self.unplanned.contains(name) && !self.triggered.contains(key)
        });
        self.idle(&beyond, "ran although the edit does not reach it")
    }

    /// None of these steps may have run; if some did, says so with the cause where it is known.
    fn idle(&self, steps: &[(StepKey, &str)], what: &str) -> Result<(), String> {
        let cause = if self.shares_base { SHARED_BASE } else { "" };
        none_of(steps, what).map_err(|fault| fault + cause)
    }

    /// Steps that ran and need not have.
    fn effective(&self) -> Vec<(StepKey, &'a str)> {
        let ran = self.ran.iter().cloned();
        ran.filter(|(key, _)| !self.constant.contains(key))
            .collect()
    }

    /// A builder that reports no steps proves nothing.
    fn reported(&self, expected: usize) -> Result<(), String> {
        if expected > 0 && self.ran.is_empty() && self.cached.is_empty() {
            return Err("the builder reports no steps, so what ran is unknown".to_owned());
        }
        Ok(())
    }
}

/// Whether a FROM step began before the builder had the Dockerfile. It is another build's then:
/// BuildKit shares a step between builds that run at the same time. If that build has made the
/// base's record, builds that share it find none of their own steps in the cache (seen on 20.10
/// and 28.5).
fn shares_base(reported: &[BuildStep]) -> bool {
    let read = reported.iter().find(|step| {
        let name = &step.name;
        name.starts_with("[internal] load build definition from ")
            || name.starts_with("[internal] load remote build context")
    });
    let Some(read) = read.and_then(|step| step.started) else {
        return false;
    };
    reported.iter().any(|step| {
        let parsed = StepKey::parse_vertex(&step.name);
        let is_base = parsed.is_some_and(|(_, _, text)| text.starts_with("FROM "));
        is_base && step.started.is_some_and(|started| started < read)
    })
}

fn is_workdir(name: &str) -> bool {
    StepKey::parse_vertex(name).is_some_and(|(_, _, text)| text.starts_with("WORKDIR "))
}

fn place(key: &StepKey) -> String {
    match &key.stage {
        Some(stage) => format!("{} of stage `{stage}`", key.index),
        None => key.index.to_string(),
    }
}

fn none_of(steps: &[(StepKey, &str)], what: &str) -> Result<(), String> {
    if steps.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = steps.iter().map(|(_, name)| format!("`{name}`")).collect();
    Err(format!("{} {what}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    fn step(name: &str, cached: bool) -> BuildStep {
        let time = Some(Nanos(1));
        BuildStep {
            name: name.to_owned(),
            started: time,
            duration: time,
            cached,
        }
    }

    #[test]
    fn a_cold_build_with_a_cached_step_is_named_but_from_is_not() {
        let steps = [
            step("[internal] load build definition from Dockerfile", false),
            step("[build 1/3] FROM docker.io/library/x", true),
            step("[build 2/3] COPY . .", true),
            step("[build 3/3] RUN make", false),
        ];
        let steps = Steps::of(&steps, &[]);
        assert_eq!((steps.ran(), steps.cached()), (Count(1), Count(1)));
        let reason = steps.check_cold(2, false).unwrap_err();
        assert_eq!(
            reason,
            "`[build 2/3] COPY . .` taken from the cache in a cold build"
        );
    }

    #[test]
    fn a_cold_build_may_have_its_empty_folder_from_elsewhere() {
        let steps = [
            step("[build 2/3] WORKDIR /app", true),
            step("[build 3/3] RUN make", false),
        ];
        assert_eq!(Steps::of(&steps, &[]).check_cold(2, false), Ok(()));
    }

    #[test]
    fn a_cached_build_in_which_a_step_ran_is_refused() {
        let steps = [step("[2/2] RUN make", false)];
        assert!(
            Steps::of(&steps, &[])
                .check_cached(1)
                .unwrap_err()
                .contains("[2/2] RUN make")
        );
        let steps = [step("[2/2] RUN make", true)];
        assert_eq!(Steps::of(&steps, &[]).check_cached(1), Ok(()));
    }

    #[test]
    fn steps_that_ran_during_another_build_on_the_base_have_that_as_their_cause() {
        let at = |name: &str, started| BuildStep {
            started: Some(Nanos(started)),
            ..step(name, false)
        };
        let read = at("[internal] load build definition from Dockerfile", 166);
        // As BuildKit reports it: the FROM step is that of a build that began before this one.
        let shared = [at("[1/2] FROM x", 0), at("[2/2] RUN a", 167), read.clone()];
        let reason = Steps::of(&shared, &[]).check_cached(1).unwrap_err();
        let expected =
            "`[2/2] RUN a` ran although nothing had changed; another build on the same base";
        assert!(reason.starts_with(expected), "{reason}");
        let alone = [at("[1/2] FROM x", 167), at("[2/2] RUN a", 168), read];
        let reason = Steps::of(&alone, &[]).check_cached(1).unwrap_err();
        assert_eq!(reason, "`[2/2] RUN a` ran although nothing had changed");
    }

    #[test]
    fn a_builder_without_steps_proves_nothing() {
        assert!(Steps::of(&[], &[]).check_cold(2, false).is_err());
        assert_eq!(Steps::of(&[], &[]).check_cold(0, false), Ok(()));
    }

    #[test]
    fn a_rebuild_runs_what_the_edit_reaches_and_nothing_beyond() {
        let key = |index| StepKey { stage: None, index };
        let effect = EditEffect {
            must_run: [key(3)].into_iter().collect(),
            may_run: [key(4)].into_iter().collect(),
        };
        let fine = [
            step("[2/4] RUN a", true),
            step("[3/4] COPY b c", false),
            step("[4/4] RUN d", true),
        ];
        assert_eq!(Steps::of(&fine, &[]).check_rebuild(&effect, 3), Ok(()));
        let idle = [step("[2/4] RUN a", true), step("[3/4] COPY b c", true)];
        assert!(
            Steps::of(&idle, &[])
                .check_rebuild(&effect, 3)
                .unwrap_err()
                .contains("did not run")
        );
        let beyond = [step("[2/4] RUN a", false), step("[3/4] COPY b c", false)];
        assert!(
            Steps::of(&beyond, &[])
                .check_rebuild(&effect, 3)
                .unwrap_err()
                .contains("does not reach")
        );
    }

    fn planned(text: &str) -> Vec<Step> {
        let file = crate::dockerfile::Dockerfile::parse(text).unwrap();
        file.steps(None, &std::collections::BTreeMap::new())
            .unwrap()
    }

    #[test]
    fn an_edit_that_may_reach_a_step_is_judged_by_what_ran() {
        let effect = EditEffect {
            must_run: BTreeSet::new(),
            may_run: [StepKey {
                stage: None,
                index: 2,
            }]
            .into_iter()
            .collect(),
        };
        let ran = [step("[2/2] COPY src.txt /app/", false)];
        assert_eq!(Steps::of(&ran, &[]).check_rebuild(&effect, 1), Ok(()));
        let idle = [step("[2/2] COPY src.txt /app/", true)];
        let reason = Steps::of(&idle, &[]).check_rebuild(&effect, 1);
        assert_eq!(reason.unwrap_err(), "no step ran, so the edit reached none");
        let reason = Steps::of(&ran, &[]).check_rebuild(&EditEffect::default(), 1);
        assert!(reason.unwrap_err().contains("reaches no step"));
    }

    #[test]
    fn the_first_folder_on_scratch_runs_in_each_build() {
        let planned = planned("FROM scratch\nWORKDIR /app\nWORKDIR /b\nCOPY x /\n");
        let unchanged = [
            step("[1/3] WORKDIR /app", false),
            step("[2/3] WORKDIR /b", true),
            step("[3/3] COPY x /", true),
        ];
        let steps = Steps::of(&unchanged, &planned);
        assert_eq!(steps.check_cached(3), Ok(()));
        let effect = EditEffect {
            must_run: BTreeSet::new(),
            may_run: [planned[2].vertex.clone()].into_iter().collect(),
        };
        assert!(
            steps.check_rebuild(&effect, 3).is_err(),
            "the folder proves no edit"
        );
        let second = [step("[2/3] WORKDIR /b", false)];
        assert!(Steps::of(&second, &planned).check_cached(3).is_err());
    }

    #[test]
    fn triggers_are_steps_and_those_of_a_base_image_are_not_judged() {
        let own = planned("FROM a AS t\nONBUILD RUN x\nFROM t AS final\nCOPY src.txt /app/\n");
        let effect = EditEffect {
            must_run: [own[2].vertex.clone()].into_iter().collect(),
            may_run: BTreeSet::new(),
        };
        // Docker 20.10, which does not count the trigger, and a newer builder.
        for names in [
            ["[final 1/1] RUN x", "[final 2/1] COPY src.txt /app/"],
            [
                "[final 1/2] ONBUILD RUN x",
                "[final 2/2] COPY src.txt /app/",
            ],
        ] {
            let rebuilt = [step(names[0], true), step(names[1], false)];
            let steps = Steps::of(&rebuilt, &own);
            assert_eq!(steps.check_rebuild(&effect, 2), Ok(()));
            let both = [step(names[0], false), step(names[1], false)];
            assert!(Steps::of(&both, &own).check_rebuild(&effect, 2).is_err());
        }
        let plain = planned("FROM a\nCOPY src.txt /app/\n");
        let rebuilt = [
            step("[2/4] ONBUILD COPY . /base", false),
            step("[3/4] ONBUILD RUN y", false),
            step("[4/4] COPY src.txt /app/", true),
        ];
        let steps = Steps::of(&rebuilt, &plain);
        assert_eq!(steps.check_rebuild(&EditEffect::default(), 2), Ok(()));
    }

    #[test]
    fn triggers_of_a_base_image_excuse_no_earlier_stage() {
        let planned = planned(
            "FROM a AS tools\nRUN t\nFROM b AS app\nCOPY --from=tools /t /t\nCOPY src.txt /app/\nFROM c\nCOPY --from=app /x /\n",
        );
        let effect = EditEffect {
            must_run: BTreeSet::new(),
            may_run: BTreeSet::new(),
        };
        let mut rebuilt = vec![
            step("[tools 2/2] RUN t", true),
            step("[app 2/4] ONBUILD COPY . /base", false),
            step("[app 3/4] COPY --from=tools /t /t", false),
            step("[app 4/4] COPY src.txt /app/", false),
            step("[stage-2 2/2] COPY --from=app /x /", false),
        ];
        let judged = |steps: &[BuildStep]| Steps::of(steps, &planned).check_rebuild(&effect, 4);
        assert_eq!(judged(&rebuilt), Ok(()));
        rebuilt[0].cached = false;
        let reason = judged(&rebuilt).unwrap_err();
        assert!(
            reason.starts_with("`[tools 2/2] RUN t` ran although"),
            "{reason}"
        );
    }
}
