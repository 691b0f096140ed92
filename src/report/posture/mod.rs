//! Facts of images other than sizes, as text and counts.

mod fact;
mod table;

pub(super) use fact::{Fact, counted, posture_of};
pub(super) use table::{
    fact_cell, found, found_within, posture_json, posture_sheet, posture_tables,
};
