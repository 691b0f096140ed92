//! A step of a build, and the reading of its name in the builder's progress.

/// A step's place: the stage's label, where it has one, and its number within it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// The stage's name, or `stage-<index>`; none where the builder prints none.
    pub stage: Option<String>,
    /// From 1.
    pub index: u32,
}

impl StepKey {
    /// Reads a vertex name such as `[linux/amd64 build  2/12] RUN make`: the key,
    /// the number of steps in the stage, the instruction. `None` for what is no step
    /// of the file (`[internal] load build definition`, `exporting to image`).
    ///
    /// Triggers of ONBUILD are numbered, too. Docker 20.10 does not count them, so an index
    /// may be beyond the number of steps; newer builders mark them with `ONBUILD`, which is
    /// left out here.
    pub fn parse_vertex(name: &str) -> Option<(Self, u32, &str)> {
        let (label, text) = name.strip_prefix('[')?.split_once(']')?;
        let (label, count) = label.rsplit_once('/')?;
        let total: u32 = count.parse().ok()?;
        let (label, index) = match label.rsplit_once(' ') {
            Some((label, index)) => (label.trim(), index),
            None => ("", label),
        };
        let index: u32 = index.parse().ok()?;
        // A platform may stand before the label (`linux/amd64->arm64 build`); a label has no slash.
        let stage = label
            .split_whitespace()
            .rfind(|word| !word.contains('/') && *word != "internal")
            .map(str::to_owned);
        let text = text.trim_start();
        let text = text.strip_prefix("ONBUILD ").unwrap_or(text);
        (index >= 1).then_some((Self { stage, index }, total, text))
    }
}

/// One step of a stage that the target needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its place.
    pub key: StepKey,
    /// The place of the first step that does the same to the same file system:
    /// mostly its own. The builder makes one vertex of all such steps and names it
    /// by any of them, so this, and not `key`, is what sets of steps are made of.
    pub vertex: StepKey,
    /// The number of steps in its stage, triggers of ONBUILD among them.
    pub total: u32,
    /// How many instructions of that number are triggers: Docker 20.10 does not count them.
    pub triggers: u32,
    /// Its line, from 1.
    pub line: u32,
    /// The instruction in upper case: `FROM`, `RUN`, `COPY`, `ADD` or `WORKDIR`.
    pub instruction: String,
    /// The logical line as written.
    pub text: String,
    /// What the builder prints, with variables expanded. `None` for FROM, and where a variable
    /// rests on what only the builder knows.
    pub printed: Option<String>,
    /// The builder runs it in each build, changed or not: a WORKDIR that makes the first
    /// folder on `scratch` (seen on Docker 20.10).
    pub always_runs: bool,
}

/// The step that a vertex name means. A file of one stage is labelled by some
/// builders and not by others (it depends on its mounts and on the version), so
/// there the number alone decides. Where another step than the planned one has the number,
/// because the base image has triggers of its own, the printed text decides, if one step alone
/// has it.
pub fn find_step<'a>(steps: &'a [Step], vertex: &str) -> Option<&'a Step> {
    let (key, total, text) = StepKey::parse_vertex(vertex)?;
    let one_stage = steps
        .iter()
        .all(|step| step.key.stage == steps[0].key.stage);
    let of_stage = |step: &&Step| {
        let unlabelled = step.key.stage.is_none() || key.stage.is_none();
        step.key.stage == key.stage || (one_stage && unlabelled)
    };
    let stage = || steps.iter().filter(of_stage);
    let counted = |step: &Step| total == step.total || total == step.total - step.triggers;
    let numbered = stage().find(|step| counted(step) && step.key.index == key.index);
    if numbered.is_some_and(|step| step.fits(text)) {
        return numbered;
    }
    let mut alike = stage().filter(|step| step.printed.as_deref() == Some(text));
    let first = alike.next();
    first.filter(|_| alike.next().is_none()).or(numbered)
}

impl Step {
    fn fits(&self, text: &str) -> bool {
        match &self.printed {
            Some(printed) => printed == text,
            None => text.starts_with(&self.instruction),
        }
    }
}
