//! What the deploy costs are computed for.

use std::ops::RangeInclusive;

use toml::Spanned;

use super::check::Checker;
use super::raw::RawDeploy;
use crate::units::Count;

/// Bounds of each number.
const BOUNDS: RangeInclusive<i64> = 1..=1_000_000;

/// The `[deploy]` table; what is left open has a default elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deploy {
    /// Deploys a day, to each environment.
    pub per_day: Option<Count>,
    /// Environments that each deploy goes to.
    pub environments: Option<Count>,
    /// Services that share a base in one registry.
    pub services: Option<Count>,
}

impl Deploy {
    /// Itself, and where it leaves something open the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            per_day: self.per_day.or(other.per_day),
            environments: self.environments.or(other.environments),
            services: self.services.or(other.services),
        }
    }

    /// A number of the table, if it is within bounds.
    pub fn number(whole: i64) -> Option<Count> {
        let whole = BOUNDS.contains(&whole).then_some(whole)?;
        u64::try_from(whole).ok().map(Count)
    }

    /// What [`Deploy::number`] takes.
    pub const EXPECTED: &'static str = "a whole number from 1 to 1000000";
}

impl Checker<'_> {
    pub fn deploy(&mut self, raw: Option<&RawDeploy>) -> Deploy {
        let Some(raw) = raw else {
            return Deploy::default();
        };
        Deploy {
            per_day: self.number(raw.per_day.as_ref(), "deploys a day"),
            environments: self.number(raw.environments.as_ref(), "environments"),
            services: self.number(raw.services.as_ref(), "services"),
        }
    }

    fn number(&mut self, raw: Option<&Spanned<i64>>, of_what: &str) -> Option<Count> {
        let raw = raw?;
        let number = Deploy::number(*raw.get_ref());
        if number.is_none() {
            let message = format!("{} {of_what} are out of range", raw.get_ref());
            self.report(raw.span(), message, Deploy::EXPECTED, "");
        }
        number
    }
}
