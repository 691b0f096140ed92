//! What images are beside their weight: facts, as words and as counts.

mod fact;
mod table;

pub(super) use fact::{Fact, counted, posture_of};
pub(super) use table::{fact_cell, found, posture_json, posture_sheet, posture_tables};
