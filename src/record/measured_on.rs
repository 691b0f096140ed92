//! What a case was measured with, and on.

use std::collections::BTreeMap;

use super::{
    BaseRecord, CaseId, EngineChoice, EngineFacts, HostFacts, PartRecord, Reach, RunRecord,
    ToolFacts,
};

/// What a case was measured with, and on: its part's where the run was joined from parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup<'a> {
    /// The place of its part among those of the record, where there are any.
    pub part: Option<usize>,
    /// The tool.
    pub tool: &'a ToolFacts,
    /// The engine.
    pub engine: &'a EngineFacts,
    /// Whose it is.
    pub engine_choice: EngineChoice,
    /// How containers were reached.
    pub reach: Reach,
    /// The machine.
    pub host: &'a HostFacts,
    /// The bases.
    pub bases: &'a [BaseRecord],
}

impl<'a> Setup<'a> {
    /// Whose engine, and how its containers were reached: `host, bridge`.
    pub fn way(&self) -> String {
        format!("{}, {:?}", self.engine_choice.name(), self.reach).to_lowercase()
    }

    /// `optimised`, or not.
    pub fn build(&self) -> &'static str {
        match self.tool.optimised {
            true => "optimised",
            false => "not optimised",
        }
    }

    fn of_part(at: usize, part: &'a PartRecord) -> Self {
        Self {
            part: Some(at),
            tool: &part.tool,
            engine: &part.engine,
            engine_choice: part.engine_choice,
            reach: part.reach,
            host: &part.host,
            bases: &part.bases,
        }
    }
}

impl RunRecord {
    /// The place of the part of each case, where the run was joined from parts. For who asks
    /// for many cases: [`RunRecord::part_of`] looks through all parts.
    pub fn parts_by_case(&self) -> BTreeMap<&CaseId, usize> {
        let mut places = BTreeMap::new();
        for (at, part) in self.parts.iter().enumerate() {
            for case in &part.cases {
                places.entry(case).or_insert(at);
            }
        }
        places
    }

    /// The place of the part that measured a case, where the run was joined from parts.
    pub fn part_of(&self, case: &CaseId) -> Option<usize> {
        let mut parts = self.parts.iter();
        parts.position(|part| part.cases.contains(case))
    }

    /// What a case was measured on.
    pub fn setup_of(&self, case: &CaseId) -> Setup<'_> {
        self.setup_at(self.part_of(case))
    }

    /// The same by the place of the part; of the run as a whole where there is none.
    pub fn setup_at(&self, part: Option<usize>) -> Setup<'_> {
        match part.and_then(|at| Some((at, self.parts.get(at)?))) {
            Some((at, part)) => Setup::of_part(at, part),
            None => self.setup(),
        }
    }

    /// What the run was measured on as a whole. Of one that was joined from parts this is
    /// only the first part's: ask by case there.
    pub fn setup(&self) -> Setup<'_> {
        Setup {
            part: None,
            tool: &self.tool,
            engine: &self.engine,
            engine_choice: self.plan.engine,
            reach: self.plan.reach,
            host: &self.host,
            bases: &self.bases,
        }
    }
}

impl HostFacts {
    /// What makes a machine another for a time: `2 x Model X, 8 GB, 6.1.0`.
    pub fn words(&self) -> String {
        // Memory in whole gigabytes: what a kernel keeps for itself varies.
        let memory = self.memory_bytes.0 / 1_000_000_000;
        let (cpus, cpu, kernel) = (self.cpus.0, &self.cpu, &self.kernel);
        format!("{cpus} x {cpu}, {memory} GB, {kernel}")
    }
}

impl EngineFacts {
    /// What makes an engine another for a time.
    pub fn words(&self) -> String {
        format!(
            "{} {} ({}, {}, cgroup {})",
            self.name, self.version, self.builder, self.runtime, self.cgroup_version
        )
    }

    /// What makes sizes mean something else.
    pub fn store_words(&self) -> String {
        format!("{:?}, {}", self.store, self.driver)
    }
}
