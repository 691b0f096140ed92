//! What conditions found in one image.

use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::words_within;
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, image_name};
use crate::inspection::{Inspection, Judged};

/// Findings of a condition that its row has without `--all`.
const SHOWN: usize = 3;

/// A row for each condition.
pub fn gate_table(image: &Inspection, judged: &[Judged], view: InspectionView) -> Table {
    let most = view.rows(SHOWN);
    let rows = judged.iter().map(|one| {
        let shown = one.findings.iter().take(most);
        let mut shown: Vec<&str> = shown.map(|finding| finding.message.as_str()).collect();
        let more = one.findings.len().saturating_sub(most);
        let rest = format!("{more} more");
        if more > 0 {
            shown.push(&rest);
        }
        vec![
            Cell::text(one.condition.to_string()),
            Cell::text(verdict(one)),
            Cell::text(shown.join("; ")),
        ]
    });
    let failed = judged.iter().filter(|one| !one.findings.is_empty()).count();
    let name = image_name(&image.image, image.selected.as_deref());
    let table = Table {
        title: format!("Conditions on {name}"),
        columns: vec![
            Column::text("condition", "condition"),
            Column::text("verdict", "verdict"),
            Column::text("findings", "findings"),
        ],
        rows: rows.collect(),
        notes: vec![TableNote::whole(format!(
            "{failed} of {} failed.",
            judged.len()
        ))],
    };
    let elastic = Elastic {
        key: "findings",
        cut: words_within,
        spare: &[],
    };
    fitted(table, view, elastic)
}

pub(crate) fn verdict(one: &Judged) -> &'static str {
    match one.findings.is_empty() {
        true => "ok",
        false => "failed",
    }
}
