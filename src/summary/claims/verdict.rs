//! Decides whether a claim holds, by the rules of docs/STATISTICS.md.

use std::fmt;

use super::super::change::{Effect, MeasureChange};
use super::super::observed::Measure;
use super::claim_context::{ClaimContext, observe};
use crate::record::{Direction, Kind};
use crate::scenario::Claim;
use crate::units::Ratio;

/// The tolerance around a claimed figure.
const TOLERANCE: f64 = 0.15;
/// The tolerance if the source itself says "about".
const TOLERANCE_APPROXIMATE: f64 = 0.25;
/// Exact values that differ by less count as equal, because apps differ by as much.
const NOISE_OF_EXACT: f64 = 0.05;

/// Why two times are not compared.
const APART: &str = "the two were measured in different parts of the run, on different machines";

/// Makes bounds inclusive in spite of binary fractions.
const BORDER: f64 = 1e-9;

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimVerdict {
    /// The figure is confirmed.
    Holds,
    /// The figure is not confirmed, but the direction is.
    HoldsInDirection,
    /// Neither is confirmed.
    DoesNotHold,
    /// The run lacks a required value.
    CannotBeTested,
}

impl ClaimVerdict {
    /// All verdicts, in the order of the summary.
    pub const ALL: [Self; 4] = [
        Self::Holds,
        Self::HoldsInDirection,
        Self::DoesNotHold,
        Self::CannotBeTested,
    ];

    /// The word in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsInDirection => "holds-in-direction",
            Self::DoesNotHold => "does-not-hold",
            Self::CannotBeTested => "cannot-be-tested",
        }
    }
}

impl fmt::Display for ClaimVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::HoldsInDirection => "holds in direction",
            Self::DoesNotHold => "does not hold",
            Self::CannotBeTested => "cannot be tested here",
        })
    }
}

/// A verdict, and the reason if the claim cannot be tested.
pub(crate) struct JudgedClaim {
    pub(crate) verdict: ClaimVerdict,
    pub(crate) why: Option<String>,
}

impl From<ClaimVerdict> for JudgedClaim {
    fn from(verdict: ClaimVerdict) -> Self {
        Self { verdict, why: None }
    }
}

fn cannot(why: impl Into<String>) -> JudgedClaim {
    JudgedClaim {
        verdict: ClaimVerdict::CannotBeTested,
        why: Some(why.into()),
    }
}

/// Judges a claim whose figures were all measured; `ratio` is measured / claimed.
pub(super) fn judge(context: &ClaimContext<'_, '_>, ratio: Option<Ratio>) -> JudgedClaim {
    if context.claim.from.is_some() {
        return match &context.change {
            Some(change) => of_change(context.claim, context.measure, change),
            None => cannot(APART),
        };
    }
    let Some(ratio) = ratio else {
        return cannot("the claimed figure is nothing to divide by");
    };
    if meets_figure(context.claim, ratio) {
        return ClaimVerdict::Holds.into();
    }
    match order_is_seen(context) {
        Order::Seen => ClaimVerdict::HoldsInDirection.into(),
        Order::NotSeen => ClaimVerdict::DoesNotHold.into(),
        Order::Apart => cannot(format!("the figure is not met, and {APART}")),
        Order::Open(n) => cannot(format!(
            "the figure is not met, and n = {n} shows no order of the variants"
        )),
    }
}

fn tolerance(claim: &Claim) -> f64 {
    if claim.approximate {
        TOLERANCE_APPROXIMATE
    } else {
        TOLERANCE
    }
}

fn meets_figure(claim: &Claim, ratio: Ratio) -> bool {
    if claim.is_at_least() {
        ratio.get() >= 1.0
    } else {
        (ratio.get() - 1.0).abs() <= tolerance(claim) + BORDER
    }
}

/// Whether the measured variants have the same order as those of the source.
enum Order {
    Seen,
    NotSeen,
    /// There is no other variant to compare with.
    Apart,
    Open(usize),
}

/// Compares with the variant that has the largest claimed figure of the same source and measure;
/// the largest itself with the next.
fn order_is_seen(context: &ClaimContext<'_, '_>) -> Order {
    let Some(own) = claimed(context.claim) else {
        return Order::NotSeen;
    };
    let mut others: Vec<(u64, &str)> = context
        .scenario
        .claims
        .iter()
        .filter(|other| {
            other.from.is_none()
                && other.source == context.claim.source
                && other.metric == context.claim.metric
                && other.link == context.claim.link
                && other.variant != context.claim.variant
        })
        .filter_map(|other| Some((claimed(other)?, other.variant.as_str())))
        .collect();
    others.sort_unstable_by(|left, right| right.cmp(left));
    let mut apart = false;
    for (figure, variant) in others {
        let other = observe(context.analysis, context.scenario, variant, context.measure);
        if other.figure.is_ok() && context.measure.is_apart(&other, &context.after) {
            apart = true;
            continue;
        }
        // A variant without a figure is skipped.
        let Some(change) = MeasureChange::of(context.measure, &other, &context.after) else {
            continue;
        };
        let wanted = match own.cmp(&figure) {
            std::cmp::Ordering::Less => Effect::Lower,
            std::cmp::Ordering::Greater => Effect::Higher,
            std::cmp::Ordering::Equal => continue,
        };
        return match shown(context.measure, &change) {
            Effect::Open => Order::Open(change.n),
            effect if effect == wanted => Order::Seen,
            _ => Order::NotSeen,
        };
    }
    match apart {
        true => Order::Apart,
        false => Order::NotSeen,
    }
}

fn claimed(claim: &Claim) -> Option<u64> {
    let bytes = claim.claimed_bytes.map(|bytes| bytes.0);
    bytes.or(claim.claimed_ns.map(|nanos| nanos.0))
}

/// An effect beyond the noise; for exact measures a difference of more than 5 %.
fn shown(measure: Measure, change: &MeasureChange) -> Effect {
    if measure.kind() == Kind::Timed {
        return change.effect();
    }
    match change.ratio.map(|ratio| ratio.ratio.get()) {
        Some(ratio) if (ratio - 1.0).abs() <= NOISE_OF_EXACT + BORDER => Effect::None,
        _ => change.effect(),
    }
}

fn of_change(claim: &Claim, measure: Measure, change: &MeasureChange) -> JudgedClaim {
    let Some(measured) = change.ratio.map(|ratio| ratio.ratio.get()) else {
        return cannot("there was none of it before the change");
    };
    let down = claim.is_decrease();
    let wanted = if down { Effect::Lower } else { Effect::Higher };
    let effect = shown(measure, change);
    let few = || {
        format!(
            "n = {}: too few samples to distinguish the change from noise",
            change.n
        )
    };
    let Some(claimed) = claim.claimed_change.map(Ratio::get) else {
        return match effect {
            Effect::Open => cannot(few()),
            effect if effect == wanted => ClaimVerdict::Holds.into(),
            _ => ClaimVerdict::DoesNotHold.into(),
        };
    };
    let figure = meets_change(claim, measure, claimed, measured);
    match (figure, effect) {
        (true, Effect::None) if measure.kind() == Kind::Timed => {
            cannot("the figure is met, but the interval does not leave out that nothing changed")
        }
        // A large change is visible without an interval; a small one is not visible in few samples.
        (true, Effect::Open) if factor(claimed, down) < 1.0 + TOLERANCE => cannot(few()),
        (true, _) => ClaimVerdict::Holds.into(),
        (false, Effect::Open) => cannot(few()),
        (false, effect) if effect == wanted => ClaimVerdict::HoldsInDirection.into(),
        (false, _) => ClaimVerdict::DoesNotHold.into(),
    }
}

/// The factor of the change in a direction: at least 1 if it went in that direction.
fn factor(change: f64, down: bool) -> f64 {
    if down { 1.0 / change } else { change }
}

/// The distance of the factor from 1 counts. For an improvement, 85 % of the claimed distance or
/// more is enough; for a regression, more is as wrong as less.
fn meets_change(claim: &Claim, measure: Measure, claimed: f64, measured: f64) -> bool {
    let down = claim.is_decrease();
    let way = |change: f64| factor(change, down) - 1.0;
    let (claimed, measured) = (way(claimed), way(measured));
    let direction = match measure {
        Measure::Series(series) => series.metric.direction(),
        Measure::Derived(..) | Measure::Count(_) => Direction::Lower,
    };
    let improvement = down == (direction == Direction::Lower);
    let tolerance = tolerance(claim);
    let enough = measured >= claimed * (1.0 - tolerance) - BORDER;
    enough && (improvement || measured <= claimed * (1.0 + tolerance) + BORDER)
}
