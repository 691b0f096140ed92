//! How many rounds a run of two revisions takes.
//!
//! At each look the samples are compared at the look's part of the level
//! ([`crate::stats::Looks`]). Early ends rest on no further test, so they keep the error rate.

use crate::compare::{Line, LineOutcome, RunComparison, Side, Standing, Terms, compare, side_of};
use crate::record::{Disposition, Kind, Look, RoundsEnd, RunRecord};
use crate::runner::Pace;
use crate::stats::{ALPHA, Looks, Verdict, VerdictReason};
use crate::units::{Nanos, Ratio};

/// Rounds of exact metrics alone: the second one shows whether a value varies.
const ROUNDS_OF_EXACT: u32 = 2;

/// Rounds that are no warm-ups and were visited whole.
fn counted(record: &RunRecord) -> u32 {
    let plan = &record.plan;
    plan.rounds_done().saturating_sub(plan.warmup_rounds)
}

/// How long a run has gone on.
pub(super) type Elapsed = Box<dyn Fn() -> Nanos + Send>;

/// The rounds of a run of two revisions.
pub(super) struct AbPace {
    looks: Looks,
    terms: Terms,
    budget: Option<Nanos>,
    elapsed: Elapsed,
    /// When this round began.
    began: Nanos,
    /// The longest round so far.
    longest: Nanos,
}

impl AbPace {
    pub(super) fn new(looks: Looks, terms: Terms, budget: Option<Nanos>, elapsed: Elapsed) -> Self {
        Self {
            looks,
            terms,
            budget,
            elapsed,
            began: Nanos(0),
            longest: Nanos(0),
        }
    }

    /// Whether no time is compared, and no value differs from round to round.
    fn is_exact(&self, record: &RunRecord) -> bool {
        let metrics = &self.terms.metrics;
        if metrics.is_empty() || metrics.iter().any(|metric| metric.kind() != Kind::Exact) {
            return false;
        }
        let sides = Side::ALL.map(|side| side_of(record, side));
        let comparison = compare(&sides[0], &sides[1], self.terms.clone());
        let mut lines = comparison.lines.iter();
        !lines.any(|line| matches!(&line.outcome, LineOutcome::Judged(judged) if judged.spread))
    }

    /// Whether one more round as long as the longest would end too late.
    fn is_time_up(&mut self) -> bool {
        let now = (self.elapsed)();
        self.longest = self.longest.max(now.saturating_sub(self.began));
        self.budget
            .is_some_and(|budget| now.0.saturating_add(self.longest.0) >= budget.0)
    }

    /// Compares at a level, notes the look, and says what of it is open.
    fn look(&self, record: &mut RunRecord, level: f64) -> Open {
        let sides = Side::ALL.map(|side| side_of(record, side));
        let terms = Terms {
            alpha: level,
            ..self.terms.clone()
        };
        let comparison = compare(&sides[0], &sides[1], terms);
        let open = Open::of(&comparison);
        let rounds = record.plan.rounds;
        if let (Some(ab), Some(level)) = (&mut record.ab, Ratio::of(level, 1.0)) {
            ab.looks.push(Look {
                rounds,
                level,
                open: u32::try_from(open.lines).unwrap_or(u32::MAX),
            });
        }
        open
    }

    fn end(record: &mut RunRecord, why: RoundsEnd) {
        if let Some(ab) = &mut record.ab {
            ab.ended = Some(why);
        }
    }
}

impl Pace for AbPace {
    fn begins(&mut self) {
        self.began = (self.elapsed)();
    }

    fn is_enough(&mut self, record: &mut RunRecord) -> bool {
        let time_up = self.is_time_up();
        let why = if none_works(record) {
            RoundsEnd::Failed
        } else if time_up {
            RoundsEnd::TimeBudget
        } else if counted(record) >= ROUNDS_OF_EXACT && self.is_exact(record) {
            RoundsEnd::Settled
        } else {
            return false;
        };
        Self::end(record, why);
        true
    }

    fn more(&mut self, record: &mut RunRecord) -> u32 {
        let rounds = record.plan.rounds;
        let time_up = self.is_time_up();
        let ended = record.ab.as_ref().and_then(|ab| ab.ended);
        let taken = record.ab.iter().flat_map(|ab| &ab.looks);
        let rest = Looks::rest(taken.map(|look| look.level.get()), ALPHA);
        if let Some(RoundsEnd::TimeBudget | RoundsEnd::Settled) = ended {
            self.look(record, rest);
            return 0;
        }
        if ended.is_some() {
            return 0;
        }
        let next = self.looks.after(rounds);
        // The last look may spend what is left.
        let level = match self.looks.level(rounds, ALPHA).filter(|_| !time_up) {
            Some(level) => level,
            None => rest,
        };
        let open = self.look(record, level);
        let why = match next {
            _ if open.lines == 0 => RoundsEnd::Settled,
            _ if open.decided => RoundsEnd::Decided,
            _ if open.small => RoundsEnd::Within,
            None => RoundsEnd::MaxRounds,
            Some(_) if time_up => RoundsEnd::TimeBudget,
            Some(next) => return next - rounds,
        };
        Self::end(record, why);
        0
    }
}

/// What a look leaves open.
struct Open {
    /// Verdicts that more rounds may settle.
    lines: usize,
    /// Whether something is worse already.
    decided: bool,
    /// Whether all that is open lies well within the threshold.
    small: bool,
}

impl Open {
    fn of(comparison: &RunComparison<'_>) -> Self {
        let open = || comparison.lines.iter().filter(|line| may_settle(line));
        let near = comparison.terms.timed.factor().ln() / 2.0;
        Self {
            lines: open().count(),
            decided: comparison.count(Standing::Worse) > 0,
            small: open().all(|line| is_interval_wide(line) && line.distance() <= near),
        }
    }
}

/// Whether more samples can close a verdict: not where exact values vary, nor where a
/// quotient has no meaning.
fn may_settle(line: &Line<'_>) -> bool {
    match &line.outcome {
        LineOutcome::Judged(judged) => {
            line.metric.kind() == Kind::Timed
                && judged.verdict == Verdict::Inconclusive
                && judged.reason != VerdictReason::NoRatio
        }
        _ => false,
    }
}

fn is_interval_wide(line: &Line<'_>) -> bool {
    matches!(
        &line.outcome,
        LineOutcome::Judged(judged) if judged.reason == VerdictReason::IntervalTooWide
    )
}

/// Whether each variant failed in one revision or both: then nothing is left to compare.
fn none_works(record: &RunRecord) -> bool {
    let sides = Side::ALL.map(|side| side_of(record, side));
    let works = |side: &RunRecord, id: &crate::record::CaseId| {
        let mut cases = side.cases.iter().filter(|case| case.strategy != "floor");
        cases.any(|case| case.id == *id && !matches!(case.disposition, Disposition::Failed { .. }))
    };
    !sides[1]
        .cases
        .iter()
        .any(|case| works(&sides[0], &case.id) && works(&sides[1], &case.id))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_round_as_long_as_the_first_must_fit_into_the_budget() {
        let minute = Arc::new(AtomicU64::new(0));
        let now = minute.clone();
        let elapsed = move || Nanos::from_secs(60 * now.load(Ordering::Relaxed));
        let looks = Looks::between(6, 8);
        let budget = Some(Nanos::from_secs(600));
        let mut pace = AbPace::new(looks, Terms::default(), budget, Box::new(elapsed));
        // What comes before the first round is none.
        minute.store(1, Ordering::Relaxed);
        pace.begins();
        minute.store(5, Ordering::Relaxed);
        assert!(!pace.is_time_up(), "a round of 4 minutes ends at 9");
        pace.begins();
        minute.store(7, Ordering::Relaxed);
        assert!(pace.is_time_up(), "another one would end at 11");
    }
}
