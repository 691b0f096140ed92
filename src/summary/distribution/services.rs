//! The registry storage of services that share a base.

use super::super::analysis::Analysis;
use super::super::figure::{Absence, Figure};
use super::layers::part;
use crate::record::CaseRecord;
use crate::units::{Bytes, Count, Quantity};

/// The registry storage of this many services built as this variant.
pub(super) fn stored(analysis: &Analysis<'_>, case: &CaseRecord, services: Count) -> Figure {
    figure_of(part(analysis, case)?.once(services))
}

pub(crate) fn figure_of(bytes: Option<Bytes>) -> Figure {
    let too_much = || Absence::not_derived("more than a file can hold");
    bytes.map(Quantity::Bytes).ok_or_else(too_much)
}
