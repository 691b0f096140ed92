//! Which names a layer adds, changes and removes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::{Texts, Visit};
use crate::units::Count;

/// What a layer does to a name. Folders are no names here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NameChange {
    /// Lower layers do not have it.
    Added,
    /// A lower layer has it, and it is written again.
    Changed,
    /// A lower layer has it, and it is taken out.
    Removed,
}

impl NameChange {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Added, Self::Changed, Self::Removed];

    /// As the output has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// The names that a layer adds, changes and removes, by path. They are known where everything
/// is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerNames {
    /// Names that lower layers do not have.
    pub added: Vec<String>,
    /// Names of lower layers that it writes again.
    pub changed: Vec<String>,
    /// Names of lower layers that it removes.
    pub removed: Vec<String>,
    /// How many more there are than are listed.
    pub more: Count,
}

impl LayerNames {
    /// The names of one change.
    pub fn of(&self, change: NameChange) -> &[String] {
        match change {
            NameChange::Added => &self.added,
            NameChange::Changed => &self.changed,
            NameChange::Removed => &self.removed,
        }
    }

    /// The same, to be filled.
    pub fn of_mut(&mut self, change: NameChange) -> &mut Vec<String> {
        match change {
            NameChange::Added => &mut self.added,
            NameChange::Changed => &mut self.changed,
            NameChange::Removed => &mut self.removed,
        }
    }
}

impl Texts for LayerNames {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        for change in NameChange::ALL {
            self.of_mut(change).each_text(visit);
        }
    }
}
