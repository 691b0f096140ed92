//! What parts have to agree in, and what may be waived.

use std::fmt;

/// A rule by which parts are not joined unless it is waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeRule {
    /// A scenario that several parts have is of one text, and its app of one tree.
    Scenario,
    /// One seed.
    Seed,
    /// Profile, rounds and warm-up rounds.
    Rounds,
    /// One engine by version, builder, store, runtime and cgroup; one way to run it.
    Engine,
    /// One machine, as far as its facts show.
    Host,
    /// A base that several parts have is one image.
    Base,
    /// One version and build of the tool.
    Tool,
    /// All shards are there.
    Missing,
    /// All parts are complete.
    Incomplete,
}

impl MergeRule {
    /// All, in the order in which they are reported.
    pub const ALL: [Self; 9] = [
        Self::Scenario,
        Self::Seed,
        Self::Rounds,
        Self::Engine,
        Self::Host,
        Self::Base,
        Self::Tool,
        Self::Missing,
        Self::Incomplete,
    ];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Seed => "seed",
            Self::Rounds => "rounds",
            Self::Engine => "engine",
            Self::Host => "host",
            Self::Base => "base",
            Self::Tool => "tool",
            Self::Missing => "missing",
            Self::Incomplete => "incomplete",
        }
    }

    /// The rule of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

impl fmt::Display for MergeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Something that keeps parts from being joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule, where it can be waived.
    pub rule: Option<MergeRule>,
    /// Which parts, and what is unlike or not there.
    pub what: String,
}

/// Why parts are not joined: all reasons at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MergeError {
    /// The reasons.
    pub refusals: Vec<Refusal>,
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parts are not of one run")?;
        for refusal in &self.refusals {
            write!(f, "\n  {}", refusal.what)?;
            match refusal.rule {
                Some(rule) => write!(f, " (--allow {rule})")?,
                None => f.write_str(" (this cannot be allowed)")?,
            }
        }
        Ok(())
    }
}

impl MergeError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        if self.refusals.iter().any(|refusal| refusal.rule.is_none()) {
            return "run the shards again from one tree, each with the same scenarios, --only, \
                    --shard-by and --timings, and name each part once"
                .to_owned();
        }
        let rules = self.refusals.iter().filter_map(|refusal| refusal.rule);
        let rules: std::collections::BTreeSet<MergeRule> = rules.collect();
        let flags: Vec<String> = rules.iter().map(|rule| format!("--allow {rule}")).collect();
        format!(
            "to join them all the same: {}. The run then says which part measured what, and \
             compares no times across parts",
            flags.join(" ")
        )
    }
}
