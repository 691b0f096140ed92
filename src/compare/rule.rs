//! What makes two runs unlike, and which metrics that touches.

use std::fmt;

use crate::record::Metric;
use crate::stats::Kind;

/// A rule by which a metric of two runs is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The images are for different platforms.
    Platform,
    /// The engines keep images in different ways: sizes mean different things.
    Store,
    /// A base is another image now, by the same name.
    Base,
    /// A base is a stand-in on one side, or one by another recipe.
    StandIn,
    /// Another machine.
    Host,
    /// Another engine, version of one, or way to run it.
    Engine,
    /// One program was optimised, the other was not.
    Tool,
}

impl Rule {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Platform,
        Self::Store,
        Self::StandIn,
        Self::Base,
        Self::Host,
        Self::Engine,
        Self::Tool,
    ];

    /// The word on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Store => "store",
            Self::Base => "base",
            Self::StandIn => "stand-in",
            Self::Host => "host",
            Self::Engine => "engine",
            Self::Tool => "tool",
        }
    }

    /// The rule of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// Whether it keeps a metric from being compared. What the context holds depends on
    /// nothing but the tree; what an image holds not on who measured it, nor how fast.
    pub fn touches(self, metric: Metric) -> bool {
        let of_context = matches!(metric, Metric::ContextBytes | Metric::ContextFiles);
        let of_contents = matches!(
            metric,
            Metric::SizeFiles | Metric::WasteBytes | Metric::WasteEfficiency
        );
        match self {
            Self::Platform | Self::StandIn | Self::Base => !of_context,
            Self::Store => !of_context && !of_contents,
            Self::Host | Self::Engine | Self::Tool => metric.kind() == Kind::Timed,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A rule that two runs, or a case of them, run into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule.
    pub rule: Rule,
    /// How they differ, in words.
    pub what: String,
    /// Of [`Rule::Store`]: both sides' sizes are sums over the layers' tars, which no store changes.
    pub sizes_of_layers: bool,
}

impl Difference {
    /// Whether it keeps a metric from being compared.
    pub fn touches(&self, metric: Metric) -> bool {
        let of_layers = matches!(metric, Metric::SizeUnpacked | Metric::SizeOwn);
        self.rule.touches(metric) && !(self.sizes_of_layers && of_layers)
    }
}

/// `None` where both are alike.
pub(super) fn differ(rule: Rule, what: &str, base: &str, head: &str) -> Option<Difference> {
    (base != head).then(|| Difference {
        rule,
        what: format!("{what}: {base} against {head}"),
        sizes_of_layers: false,
    })
}
