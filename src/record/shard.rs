//! One part of a run that is split over machines.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CaseId;

/// Part `index` of `count`, from 1: `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// The most parts that a run is split into.
pub const MOST_SHARDS: u32 = 10_000;

impl Shard {
    /// The part; none where there is no such: parts count from 1 to at most
    /// [`MOST_SHARDS`].
    pub fn of(index: u32, count: u32) -> Option<Self> {
        let there = (1..=count).contains(&index) && count <= MOST_SHARDS;
        there.then_some(Self { index, count })
    }

    /// Which, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Of how many.
    pub fn count(self) -> u32 {
        self.count
    }
}

/// `2/4`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Why a text names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shard: write the first of four as `1/4`")]
pub struct ParseShardError(String);

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit());
        text.split_once('/')
            .filter(|(index, count)| plain(index) && plain(count))
            .and_then(|(index, count)| Self::of(index.parse().ok()?, count.parse().ok()?))
            .ok_or_else(|| ParseShardError(text.to_owned()))
    }
}

/// What a split never separates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShardBy {
    /// A variant; and a scenario about a technique, whose effects are within one
    /// machine only.
    #[default]
    Variant,
    /// A scenario.
    Scenario,
}

/// Which part of a whole a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShardRecord {
    /// Which part, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
    /// What was not separated.
    pub by: ShardBy,
    /// The cases of all parts, in the order in which one run would list them: by these, who
    /// joins the parts knows that none is missing.
    pub all: Vec<CaseId>,
}

impl ShardRecord {
    /// The part; none where the file names one that cannot be.
    pub fn shard(&self) -> Option<Shard> {
        Shard::of(self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
        assert_eq!(Shard { index: 2, count: 4 }.to_string(), "2/4");
        for text in [
            "", "2", "0/4", "5/4", "2/0", "a/4", "-1/4", "+1/4", "1/4/4", "1/99999",
        ] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("`{text}` is no shard: write the first of four as `1/4`")
            );
        }
    }
}
