//! The differences that make two runs incomparable, and the metrics that each affects.

use std::fmt;

use crate::record::Metric;
use crate::stats::Kind;

/// A difference because of which a metric of two runs is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The images are for different platforms.
    Platform,
    /// The engines have different image stores, so sizes have different meanings.
    Store,
    /// A base reference resolves to another image.
    Base,
    /// A base is a stand-in on one side only, or has another recipe.
    StandIn,
    /// Another machine.
    Host,
    /// Another engine, version or mode.
    Engine,
    /// One plimsoll binary was optimised, the other was not.
    Tool,
}

impl Rule {
    /// All, in display order.
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

    /// Parses a rule.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// Whether it prevents a comparison of a metric. The context depends only on the tree; the
    /// contents of an image do not depend on the machine or its speed.
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

/// A rule that applies to two runs or a case of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule.
    pub rule: Rule,
    /// The difference in words.
    pub what: String,
    /// For [`Rule::Store`]: both sides' sizes are sums of layer tars, which do not depend on the
    /// store.
    pub sizes_of_layers: bool,
}

impl Difference {
    /// Whether it prevents a comparison of a metric.
    pub fn touches(&self, metric: Metric) -> bool {
        let of_layers = matches!(metric, Metric::SizeUnpacked | Metric::SizeOwn);
        self.rule.touches(metric) && !(self.sizes_of_layers && of_layers)
    }
}

/// `None` if both are equal.
pub(super) fn differ(rule: Rule, what: &str, base: &str, head: &str) -> Option<Difference> {
    (base != head).then(|| Difference {
        rule,
        what: format!("{what}: {base} against {head}"),
        sizes_of_layers: false,
    })
}
