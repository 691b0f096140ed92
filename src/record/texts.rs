//! The texts of a record that come from outside: from engines, images, apps and the user's
//! files.
//!
//! Two sorts. Texts say something, and lose every value of a secret that is known. Names and
//! facts link the parts of a record, and are compared when a run is resumed or compared with
//! another: they lose what a rule finds in them, and nothing because of a value that was found
//! elsewhere. So equal names stay equal, and the password of a database that is called
//! `overlay2` does not change the engine. The ids of cases and the names and paths of
//! scenarios stay as they are: a run is resumed by them.
//!
//! Each type is taken apart field by field, so that a new field does not go unnoticed.

use std::borrow::Cow;

use super::{
    BaseRecord, BuildRecord, CaseRecord, Disposition, DistributionRecord, DockerfileRecord,
    HardenedStart, ImageRecord, LayerContents, Outcome, PartRecord, Posture, RunRecord, Sample,
    ScanOutcome, ScanRecord, ScenarioRecord, SecretFinding,
};
use crate::scenario::ExpectedFailure;
use crate::secrets::{Masker, Secret, has_finds, mask_found};

/// Hears each text, and may change it.
pub type Visit<'a> = dyn FnMut(&mut String) + 'a;

/// Something that holds texts from outside.
pub trait Texts {
    /// Shows each of them to `visit`.
    fn each_text(&mut self, visit: &mut Visit<'_>);

    /// Shows each name and fact from outside to `visit`, which must treat equal ones alike.
    fn each_name(&mut self, _visit: &mut Visit<'_>) {}
}

/// Replaces what `masker` knows and what the rules of secrets find; in names the latter alone.
/// Says whether anything has changed.
pub fn mask_texts(of: &mut (impl Texts + ?Sized), masker: &Masker) -> bool {
    let mut has_changed = false;
    of.each_name(&mut |name| has_changed |= replace(name, mask_found));
    of.each_text(&mut |text| has_changed |= replace(text, |text| masker.mask(text)));
    has_changed
}

fn replace(text: &mut String, mask: impl Fn(&str) -> Cow<'_, str>) -> bool {
    let masked = mask(text);
    let has_changed = masked != *text;
    if has_changed {
        *text = masked.into_owned();
    }
    has_changed
}

/// The values that the rules of secrets find.
pub fn secrets_in(of: &mut (impl Texts + ?Sized)) -> Vec<Secret> {
    let mut found = Vec::new();
    of.each_text(&mut |text| found.extend(Masker::values(text)));
    of.each_name(&mut |name| found.extend(Masker::values(name)));
    found
}

impl RunRecord {
    /// Masks each secret that a rule finds, wherever its value stands in the record.
    pub fn mask_secrets(&mut self) {
        // Most records hold none, and need no second look at every text.
        let mut is_clean = true;
        self.each_text(&mut |text| is_clean = is_clean && !has_finds(text));
        self.each_name(&mut |name| is_clean = is_clean && !has_finds(name));
        if is_clean {
            return;
        }
        let mut masker = Masker::default();
        masker.learn(secrets_in(self));
        mask_texts(self, &masker);
    }
}

impl Texts for String {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        visit(self);
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        self.iter_mut().for_each(|item| item.each_text(visit));
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        self.iter_mut().for_each(|item| item.each_name(visit));
    }
}

impl<T: Texts> Texts for Option<T> {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        self.iter_mut().for_each(|item| item.each_text(visit));
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        self.iter_mut().for_each(|item| item.each_name(visit));
    }
}

impl Texts for RunRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            schema_version: _,
            id: _,
            commands,
            state: _,
            started_at: _,
            finished_at: _,
            revision: _,
            ab: _,
            tool: _,
            plan: _,
            engine: _,
            distribution,
            host: _,
            calibration: _,
            scenarios,
            parts,
            bases: _,
            cases,
            samples,
            builds,
            conditions: _,
            warnings,
        } = self;
        commands.each_text(visit);
        distribution.each_text(visit);
        scenarios.each_text(visit);
        parts.each_text(visit);
        cases.each_text(visit);
        samples.each_text(visit);
        builds.each_text(visit);
        warnings.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        self.revision.each_name(visit);
        if let Some(ab) = &mut self.ab {
            ab.base.each_name(visit);
            ab.head.each_name(visit);
        }
        visit(&mut self.tool.version);
        self.engine.each_name(visit);
        self.host.each_name(visit);
        self.distribution.each_name(visit);
        self.scenarios.each_name(visit);
        self.parts.each_name(visit);
        self.bases.each_name(visit);
        self.cases.each_name(visit);
    }
}

impl Texts for PartRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        self.distribution.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.tool.version);
        self.engine.each_name(visit);
        self.host.each_name(visit);
        self.distribution.each_name(visit);
        self.bases.each_name(visit);
    }
}

impl Texts for BaseRecord {
    fn each_text(&mut self, _visit: &mut Visit<'_>) {}

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        let Self {
            reference,
            resolved,
            image_id: _,
            repo_digests,
            manifest_digest: _,
            diff_ids: _,
            unpacked_bytes: _,
            stand_in,
        } = self;
        let stand_in = stand_in
            .iter_mut()
            .map(|stand_in| &mut stand_in.stands_in_for);
        [reference, resolved]
            .into_iter()
            .chain(repo_digests)
            .chain(stand_in)
            .for_each(visit);
    }
}

impl Texts for DistributionRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            puller,
            why_no_puller,
        } = self;
        puller.each_text(visit);
        why_no_puller.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        self.puller.each_name(visit);
    }
}

impl Texts for ScenarioRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            name: _,
            title,
            path: _,
            text,
            sha256: _,
            app_sha256: _,
            claims,
            sources,
            budgets,
            contract,
            deploy: _,
            technique,
        } = self;
        visit(title);
        visit(text);
        if let Some(contract) = contract {
            visit(&mut contract.asks);
        }
        for claim in claims {
            visit(&mut claim.claimed);
            claim.note.each_text(visit);
        }
        sources
            .iter_mut()
            .for_each(|source| visit(&mut source.title));
        for budget in budgets {
            budget.why.each_text(visit);
        }
        if let Some(technique) = technique {
            visit(&mut technique.question);
        }
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        for claim in &mut self.claims {
            visit(&mut claim.source);
        }
        for source in &mut self.sources {
            visit(&mut source.id);
        }
        for budget in &mut self.budgets {
            budget.variant.iter_mut().for_each(&mut *visit);
            budget.strategy.iter_mut().for_each(&mut *visit);
        }
    }
}

impl Texts for CaseRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            id: _,
            scenario: _,
            app,
            variant: _,
            title,
            strategy: _,
            platform: _,
            disposition,
            dockerfile,
            ready_image: _,
            bases: _,
            companions: _,
            stand_ins: _,
            expected_failure,
            image,
            posture,
            layers,
        } = self;
        visit(app);
        visit(title);
        match disposition {
            Disposition::Failed { reason }
            | Disposition::NotAvailable { reason }
            | Disposition::NotApplicable { reason } => visit(reason),
            Disposition::Pending | Disposition::Qualified => {}
        }
        dockerfile.each_text(visit);
        if let Some(ExpectedFailure {
            point: _,
            says,
            why,
        }) = expected_failure
        {
            visit(says);
            visit(why);
        }
        image.each_text(visit);
        posture.each_text(visit);
        layers.each_text(visit);
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        self.ready_image.iter_mut().for_each(&mut *visit);
        self.bases.iter_mut().for_each(&mut *visit);
        self.companions.iter_mut().for_each(&mut *visit);
        self.stand_ins.iter_mut().for_each(&mut *visit);
    }
}

impl Texts for DockerfileRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            path,
            text,
            target: _,
            build_args,
        } = self;
        visit(path);
        visit(text);
        for (name, value) in build_args {
            // The name says what the value is.
            let mut pair = format!("{name}={value}");
            visit(&mut pair);
            let own = pair.strip_prefix(name.as_str());
            if let Some(own) = own.and_then(|rest| rest.strip_prefix('=')) {
                *value = own.to_owned();
            }
        }
    }
}

impl Texts for ImageRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            id: _,
            diff_ids: _,
            history,
            user,
            reach: _,
            manifest: _,
            layer_bytes: _,
        } = self;
        history.iter_mut().for_each(|(_, made)| visit(made));
        visit(user);
    }
}

impl Texts for LayerContents {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            bytes: _,
            files: _,
            heaviest_files,
            heaviest_folders,
        } = self;
        let weights = heaviest_files.iter_mut().chain(heaviest_folders);
        weights.for_each(|weight| visit(&mut weight.path));
    }
}

impl Texts for Posture {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            user,
            root: _,
            shell,
            package_managers,
            compilers,
            setuid,
            file_capabilities,
            os_packages: _,
            unread_packages: _,
            language_packages: _,
            health_check: _,
            leaks,
            sources: _,
            secrets,
            unlisted: _,
            hardened,
            stop: _,
            scans,
        } = self;
        visit(user);
        shell.each_text(visit);
        for names in [
            package_managers,
            compilers,
            setuid,
            file_capabilities,
            leaks,
        ] {
            names.each_text(visit);
        }
        for SecretFinding {
            place: _,
            at,
            kind,
            masked: _,
            planted: _,
        } in secrets
        {
            visit(at);
            visit(kind);
        }
        match hardened {
            Some(HardenedStart::Failed { reason } | HardenedStart::NotTried { reason }) => {
                visit(reason);
            }
            Some(HardenedStart::Ready) | None => {}
        }
        scans.each_text(visit);
    }
}

impl Texts for ScanRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            scanner: _,
            version,
            database,
            outcome,
        } = self;
        visit(version);
        database.each_text(visit);
        if let ScanOutcome::Failed(reason) = outcome {
            visit(reason);
        }
    }
}

impl Texts for Sample {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        match &mut self.outcome {
            Outcome::Invalid { reason, .. }
            | Outcome::Dnf { reason }
            | Outcome::NotMeasured { reason }
            | Outcome::NotApplicable { reason } => visit(reason),
            Outcome::Ok { .. } | Outcome::Warmup { .. } => {}
        }
        self.detail.each_text(visit);
    }
}

impl Texts for BuildRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        self.steps.iter_mut().for_each(|step| visit(&mut step.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_says_whether_it_changed_anything() {
        let mut masker = Masker::default();
        let mut texts = vec!["a b".to_owned(), "x correct-horse".to_owned()];
        assert!(!mask_texts(&mut texts, &masker));
        masker.learn([Secret("correct-horse".to_owned())]);
        assert!(mask_texts(&mut texts, &masker));
        assert_eq!(texts, ["a b", "x cor…"]);
        assert!(!mask_texts(&mut texts, &masker), "all of it is masked");
    }
}
