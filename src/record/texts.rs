//! The texts of a record that come from outside: from engines, images, apps and the user's
//! files. Names that link the parts of a record (cases, scenarios, bases) are not among them.
//!
//! Each type is taken apart field by field, so that a new field does not go unnoticed.

use std::borrow::Cow;

use super::{
    BuildRecord, CaseRecord, Disposition, DistributionRecord, DockerfileRecord, HardenedStart,
    ImageRecord, LayerContents, Outcome, PartRecord, Posture, RunRecord, Sample, ScanOutcome,
    ScanRecord, ScenarioRecord, SecretFinding,
};
use crate::scenario::ExpectedFailure;
use crate::secrets::{Masker, Secret};

/// Hears each text, and may change it.
pub type Visit<'a> = dyn FnMut(&mut String) + 'a;

/// Something that holds texts from outside.
pub trait Texts {
    /// Shows each of them to `visit`.
    fn each_text(&mut self, visit: &mut Visit<'_>);
}

/// Replaces what `masker` knows and what the rules of secrets find.
pub fn mask_texts(of: &mut (impl Texts + ?Sized), masker: &Masker) {
    of.each_text(&mut |text| {
        if let Cow::Owned(masked) = masker.mask(text) {
            *text = masked;
        }
    });
}

/// The values that the rules of secrets find.
pub fn secrets_in(of: &mut (impl Texts + ?Sized)) -> Vec<Secret> {
    let mut found = Vec::new();
    of.each_text(&mut |text| found.extend(Masker::values(text)));
    found
}

impl RunRecord {
    /// Masks each secret that a rule finds, wherever its value stands in the record.
    pub fn mask_secrets(&mut self) {
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
}

impl<T: Texts> Texts for Option<T> {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        self.iter_mut().for_each(|item| item.each_text(visit));
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
            engine,
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
        visit(&mut engine.endpoint);
        distribution.each_text(visit);
        scenarios.each_text(visit);
        parts.each_text(visit);
        cases.each_text(visit);
        samples.each_text(visit);
        builds.each_text(visit);
        warnings.each_text(visit);
    }
}

impl Texts for PartRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.engine.endpoint);
        self.distribution.each_text(visit);
    }
}

impl Texts for DistributionRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            puller,
            why_no_puller,
        } = self;
        puller
            .iter_mut()
            .for_each(|engine| visit(&mut engine.endpoint));
        why_no_puller.each_text(visit);
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
            budget.variant.each_text(visit);
            budget.strategy.each_text(visit);
        }
        if let Some(technique) = technique {
            visit(&mut technique.question);
        }
    }
}

impl Texts for CaseRecord {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        let Self {
            id: _,
            scenario: _,
            app: _,
            variant: _,
            title,
            strategy: _,
            platform: _,
            disposition,
            dockerfile,
            bases: _,
            companions: _,
            stand_ins: _,
            expected_failure,
            image,
            posture,
            layers,
        } = self;
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
            language_packages: _,
            health_check: _,
            leaks,
            sources: _,
            secrets,
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
