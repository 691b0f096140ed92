//! Two revisions of which nothing is measured, and why.

use super::args::{AbArgs, CompareFormat};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::output_error::OutputError;
use super::pairing::Pairing;
use crate::record::{CaseId, Revision};
use crate::secrets::mask_found;
use crate::tables;

/// Two revisions of which nothing is measured.
pub(super) struct Uncompared<'a> {
    pub(super) base: &'a Revision,
    pub(super) head: &'a Revision,
    pub(super) pairing: &'a Pairing,
    /// Whether base has none of the scenarios.
    pub(super) introduced: bool,
}

impl Uncompared<'_> {
    /// Says why nothing is measured, in the form that was asked for.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn print(
        &self,
        format: CompareFormat,
        printer: &mut Printer,
    ) -> Result<(), OutputError> {
        let pairing = self.pairing;
        let words = mask_found(&self.words()).into_owned();
        match format {
            CompareFormat::Json => printer.line(&format!(
                "{:#}",
                serde_json::json!({
                    "base": self.base,
                    "head": self.head,
                    "unchanged": !pairing.has_one_sided(),
                    "only_base": pairing.gone,
                    "only_head": pairing.new,
                    "lines": [],
                })
            )),
            CompareFormat::Csv
            | CompareFormat::Annotations
            | CompareFormat::Html
            | CompareFormat::Svg
            | CompareFormat::Png => {
                printer.talk(&words);
                Ok(())
            }
            CompareFormat::Table => printer.line(&words),
            CompareFormat::Md | CompareFormat::StepSummary | CompareFormat::Comment => {
                printer.line(&tables::markdown_lines(&words))
            }
        }
    }

    /// What it comes to.
    ///
    /// # Errors
    /// Where both have variants, and none is in both.
    pub(super) fn exit(&self, args: &AbArgs) -> Result<Exit, Failure> {
        // A first scenario has nothing that it could be worse than.
        if self.introduced {
            return Ok(Exit::Fine);
        }
        // Where one side has no variant at all, the scenario came or went.
        let both = !self.pairing.gone.is_empty() && !self.pairing.new.is_empty();
        if both && !self.pairing.common {
            let (base, head) = (&self.base.name, &self.head.name);
            let said = format!("failed to compare {base} with {head}: no variant is in both");
            let hint =
                "a variant that was renamed is another one; measure head with `plimsoll run`";
            return Err(Failure::failed(said).with_hint(Some(hint.to_owned())));
        }
        let is_open = args.fail_on_inconclusive && self.pairing.has_one_sided();
        Ok(match is_open && !args.exit_zero {
            true => Exit::Inconclusive,
            false => Exit::Fine,
        })
    }

    fn words(&self) -> String {
        let [base, head] =
            [self.base, self.head].map(|one| format!("{} ({})", one.name, one.short()));
        let mut words = match (
            self.introduced,
            self.pairing.has_one_sided(),
            self.pairing.common,
        ) {
            (true, ..) => format!(
                "{base} does not have these scenarios: there is nothing to compare {head} with."
            ),
            (_, false, _) => {
                format!("Nothing that is built or run differs between {base} and {head}.")
            }
            (_, true, true) => format!(
                "Of the variants that {base} and {head} both have, nothing that is built or run differs."
            ),
            (_, true, false) => {
                format!("{base} and {head} have no variant in common: nothing is compared.")
            }
        };
        for (side, ids) in [("base", &self.pairing.gone), ("head", &self.pairing.new)] {
            if !ids.is_empty() {
                let names: Vec<_> = ids.iter().map(CaseId::as_str).collect();
                words.push_str(&format!(
                    "\nOnly in {side}, so not compared: {}.",
                    names.join(", ")
                ));
            }
        }
        words
    }
}
