//! Checks what technique scenarios add: the technique, the load, how variants are started.

use toml::Spanned;

use super::check::Checker;
use super::claimable::Claimable;
use super::contract::{Contract, ReadyCheck};
use super::failure_point::FailurePoint;
use super::model::{Confinement, ExpectedFailure, Load, Technique};
use super::raw::{RawExpectedFailure, RawLoad, RawTechnique, RawVariant, Text};
use super::raw_run::RawRun;
use super::words::suggest;
use crate::units::Nanos;

const CONNECTIONS_DEFAULT: u32 = 8;
/// A load of more connections measures the machine and not the app.
const MOST_CONNECTIONS: i64 = 256;
const WARMUP_DEFAULT: Nanos = Nanos::from_secs(1);
const DURATION_DEFAULT: Nanos = Nanos::from_secs(5);

impl Checker<'_> {
    pub fn technique(
        &mut self,
        raw: Option<&RawTechnique>,
        variants: &[RawVariant],
        claimable: &Claimable,
    ) -> Option<Technique> {
        let raw = raw?;
        self.kebab(&raw.id, "id of a technique");
        self.filled(
            &raw.question,
            "the question",
            "say what the reader wants to know",
        );
        let names: Vec<_> = variants
            .iter()
            .filter(|variant| variant.dockerfile.is_some() || variant.image.is_some())
            .map(|variant| variant.name.get_ref().as_str())
            .collect();
        let baseline = raw.baseline.get_ref();
        if !names.contains(&baseline.as_str()) {
            let hint = suggest(baseline, names.iter().copied());
            let message = format!("the baseline `{baseline}` is not a variant that is measured");
            self.report(raw.baseline.span(), message, "", hint);
        }
        if names.len() < 2 {
            let message = "a technique is isolated by two variants at least";
            self.report(
                raw.id.span(),
                message,
                "one without it, and one with it",
                "",
            );
        }
        if raw.shows.is_empty() {
            let message = "the technique shows in nothing";
            self.report(
                raw.id.span(),
                message,
                "`shows`, with one metric or fact at least",
                "",
            );
        }
        for id in &raw.shows {
            let known: Vec<_> = claimable.ids().collect();
            if !known.contains(&id.get_ref().as_str()) {
                let hint = suggest(id.get_ref(), known.iter().copied());
                let message = format!("unknown metric or fact `{}`", id.get_ref());
                self.report(id.span(), message, "", hint);
            }
        }
        Some(Technique {
            id: raw.id.get_ref().clone(),
            question: raw.question.get_ref().clone(),
            baseline: baseline.clone(),
            shows: raw.shows.iter().map(|id| id.get_ref().clone()).collect(),
        })
    }

    /// Needs a contract: none is judged where there is none.
    pub fn load(
        &mut self,
        raw: Option<&Spanned<RawLoad>>,
        contract: Option<&Contract>,
    ) -> Option<Load> {
        let (raw, span) = (raw?.get_ref(), raw?.span());
        let contract = contract?;
        let ReadyCheck::Http(http) = &contract.ready else {
            let kind = contract.ready.kind().name();
            let message =
                format!("a load asks over HTTP, and the contract is of the kind `{kind}`");
            let hint = "leave `[load]` out, or make the contract one of the kind `http`";
            self.report(span, message, "", hint);
            return None;
        };
        if let Some(path) = &raw.path {
            self.path_to_ask(path);
        }
        let mut connections = CONNECTIONS_DEFAULT;
        if let Some(raw) = &raw.connections {
            match u32::try_from(*raw.get_ref()) {
                Ok(some) if (1..=MOST_CONNECTIONS).contains(raw.get_ref()) => connections = some,
                _ => {
                    let message = format!("invalid number of connections: {}", raw.get_ref());
                    self.report(raw.span(), message, "1 to 256 connections", "");
                }
            }
        }
        Some(Load {
            path: raw.path.as_ref().map_or(&http.path, Text::get_ref).clone(),
            method: http.method.clone(),
            headers: http.headers.clone(),
            status: http.status.clone(),
            connections,
            warmup: self.duration(raw.warmup.as_ref(), WARMUP_DEFAULT),
            duration: self.duration(raw.duration.as_ref(), DURATION_DEFAULT),
        })
    }

    pub fn platform(&mut self, raw: Option<&Text>) -> Option<String> {
        let raw = raw?;
        let name = raw.get_ref();
        let mut parts = name.split('/');
        let is_word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let known = parts.next() == Some("linux")
            && parts.next().is_some_and(is_word)
            && parts.next().is_none_or(is_word)
            && parts.next().is_none();
        if !known {
            let message = format!("invalid platform `{name}`");
            self.report(raw.span(), message, "a platform as `linux/arm64`", "");
        }
        Some(name.clone())
    }

    pub fn expected_failure(
        &mut self,
        raw: Option<&RawExpectedFailure>,
    ) -> Option<ExpectedFailure> {
        let raw = raw?;
        // Every reason holds an empty text.
        self.filled(&raw.says, "the text", "say what the reason must hold");
        self.filled(&raw.why, "the explanation", "say why the variant fails");
        let point = match raw.point.get_ref().as_str() {
            "start" => FailurePoint::Start,
            "stop" => FailurePoint::Stop,
            other => {
                let message = format!("nothing is expected to fail in `{other}`");
                self.report(raw.point.span(), message, "`start` or `stop`", "");
                return None;
            }
        };
        Some(ExpectedFailure {
            point,
            says: raw.says.get_ref().clone(),
            why: raw.why.get_ref().clone(),
        })
    }

    pub fn confinement(&mut self, raw: Option<&Spanned<RawRun>>) -> Confinement {
        let Some(raw) = raw else {
            return Confinement::default();
        };
        let run = raw.get_ref();
        for folder in &run.tmpfs {
            let well_formed = folder.len() > 1
                && folder.starts_with('/')
                && !folder.split('/').any(|part| part == "..")
                && !folder.contains([',', ':']);
            if !well_formed {
                let message = format!("invalid tmpfs folder `{folder}`");
                self.report(raw.span(), message, "an absolute path, as `/tmp`", "");
            }
        }
        Confinement {
            init: run.init,
            read_only: run.read_only,
            tmpfs: run.tmpfs.clone(),
            no_new_privileges: run.no_new_privileges,
            drop_capabilities: run.drop_capabilities,
        }
    }
}
