//! Whether a claim holds: the rules of docs/STATISTICS.md, and nothing else.

use std::fmt;

use super::super::change::{Change, Effect};
use super::super::observed::Measure;
use super::{Matter, observe};
use crate::record::{Direction, Kind};
use crate::scenario::Claim;
use crate::units::Ratio;

/// How far a figure may lie from the claimed one.
const TOLERANCE: f64 = 0.15;
/// The same where the source itself says "about".
const TOLERANCE_APPROXIMATE: f64 = 0.25;
/// Exact values that differ by less are taken as alike: apps differ by as much.
const NOISE_OF_EXACT: f64 = 0.05;

/// Why two times are not compared.
const APART: &str = "the two were measured in different parts of the run, on different machines";

/// A border belongs to what it bounds, whatever binary fractions make of 0.85.
const BORDER: f64 = 1e-9;

/// What becomes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The figure is met.
    Holds,
    /// The figure is not met, but what it says of more and less is seen.
    HoldsInDirection,
    /// Neither is seen.
    DoesNotHold,
    /// The run does not have what it needs.
    CannotBeTested,
}

impl Verdict {
    /// All, in the order in which they are counted.
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

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Holds => "holds",
            Self::HoldsInDirection => "holds in direction",
            Self::DoesNotHold => "does not hold",
            Self::CannotBeTested => "cannot be tested here",
        })
    }
}

/// A verdict, and why there is none.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) why: Option<String>,
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, why: None }
    }
}

fn cannot(why: impl Into<String>) -> Judged {
    Judged {
        verdict: Verdict::CannotBeTested,
        why: Some(why.into()),
    }
}

/// Judges a claim whose figures were all measured; `ratio` is measured / claimed.
pub(super) fn judge(matter: &Matter<'_, '_>, ratio: Option<Ratio>) -> Judged {
    if matter.claim.from.is_some() {
        return match &matter.change {
            Some(change) => of_change(matter.claim, matter.measure, change),
            None => cannot(APART),
        };
    }
    let Some(ratio) = ratio else {
        return cannot("the claimed figure is nothing to divide by");
    };
    if meets_figure(matter.claim, ratio) {
        return Verdict::Holds.into();
    }
    match order_is_seen(matter) {
        Order::Seen => Verdict::HoldsInDirection.into(),
        Order::NotSeen => Verdict::DoesNotHold.into(),
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

/// Whether the measured variants stand in the order in which a source has them.
enum Order {
    Seen,
    NotSeen,
    /// There is none to stand beside it.
    Apart,
    Open(usize),
}

/// The claimed figure against the largest that the same source has for another variant in
/// the same measure; the largest itself against the next.
fn order_is_seen(matter: &Matter<'_, '_>) -> Order {
    let Some(own) = claimed(matter.claim) else {
        return Order::NotSeen;
    };
    let mut others: Vec<(u64, &str)> = matter
        .scenario
        .claims
        .iter()
        .filter(|other| {
            other.from.is_none()
                && other.source == matter.claim.source
                && other.metric == matter.claim.metric
                && other.link == matter.claim.link
                && other.variant != matter.claim.variant
        })
        .filter_map(|other| Some((claimed(other)?, other.variant.as_str())))
        .collect();
    others.sort_unstable_by(|left, right| right.cmp(left));
    let mut apart = false;
    for (figure, variant) in others {
        let other = observe(matter.analysis, matter.scenario, variant, matter.measure);
        if other.figure.is_ok() && matter.measure.is_apart(&other, &matter.after) {
            apart = true;
            continue;
        }
        // A variant without a figure here says nothing: the next one is asked.
        let Some(change) = Change::of(matter.measure, &other, &matter.after) else {
            continue;
        };
        let wanted = match own.cmp(&figure) {
            std::cmp::Ordering::Less => Effect::Lower,
            std::cmp::Ordering::Greater => Effect::Higher,
            std::cmp::Ordering::Equal => continue,
        };
        return match shown(matter.measure, &change) {
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

/// An effect beyond the noise: of exact measures a difference of more than 5 %.
fn shown(measure: Measure, change: &Change) -> Effect {
    if measure.kind() == Kind::Timed {
        return change.effect();
    }
    match change.ratio.map(|ratio| ratio.ratio.get()) {
        Some(ratio) if (ratio - 1.0).abs() <= NOISE_OF_EXACT + BORDER => Effect::None,
        _ => change.effect(),
    }
}

fn of_change(claim: &Claim, measure: Measure, change: &Change) -> Judged {
    let Some(measured) = change.ratio.map(|ratio| ratio.ratio.get()) else {
        return cannot("there was none of it before the change");
    };
    let down = claim.is_decrease();
    let wanted = if down { Effect::Lower } else { Effect::Higher };
    let effect = shown(measure, change);
    let few = || format!("n = {}: no interval tells the change from noise", change.n);
    let Some(claimed) = claim.claimed_change.map(Ratio::get) else {
        return match effect {
            Effect::Open => cannot(few()),
            effect if effect == wanted => Verdict::Holds.into(),
            _ => Verdict::DoesNotHold.into(),
        };
    };
    let figure = meets_change(claim, measure, claimed, measured);
    match (figure, effect) {
        (true, Effect::None) if measure.kind() == Kind::Timed => {
            cannot("the figure is met, but the interval does not leave out that nothing changed")
        }
        // A large change shows without an interval; a small one is lost in few samples.
        (true, Effect::Open) if factor(claimed, down) < 1.0 + TOLERANCE => cannot(few()),
        (true, _) => Verdict::Holds.into(),
        (false, Effect::Open) => cannot(few()),
        (false, effect) if effect == wanted => Verdict::HoldsInDirection.into(),
        (false, _) => Verdict::DoesNotHold.into(),
    }
}

/// So many times less, or more: at least 1 where it went that way.
fn factor(change: f64, down: bool) -> f64 {
    if down { 1.0 / change } else { change }
}

/// The way of a factor from 1 counts. Of an improvement, 85 % of the claimed way is
/// enough, and more is as good; of a worsening, more is as wrong as less.
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
