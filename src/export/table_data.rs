//! A table as CSV and JSON: base units, no marks; missing values are empty or null.

use serde_json::{Map, Value, json};

use super::native::{csv_suffix, json_suffix, statistic_json};
use crate::summary::exact_text::exact_text;
use crate::tables::{Cell, CellMark, Content, Table};
use crate::text;
use crate::units::native;

impl Table {
    /// CSV: text unchanged, values in base units, empty if missing; the last column says whether
    /// the row uses a stand-in base.
    pub fn csv(&self) -> Vec<u8> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        let header = self.columns.iter().map(|column| match column.unit {
            Some(unit) => format!("{}_{}", column.key, csv_suffix(unit)),
            None => column.key.clone(),
        });
        let header = header.chain(std::iter::once("stand_in".to_owned()));
        let rows = self.rows.iter().map(|row| {
            let stand_in = row.iter().any(|cell| cell.stand_in).to_string();
            row.iter()
                .map(csv_field)
                .chain(std::iter::once(stand_in))
                .collect()
        });
        for record in std::iter::once(header.collect::<Vec<_>>()).chain(rows) {
            lines
                .write_record(record)
                .expect("memory takes every line, and each row has a cell per column");
        }
        lines.into_inner().expect("memory takes every line")
    }

    /// `{"title", "rows": [{key: text | number | null, "absent": {key: status}}], "notes"}`.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.json_row(row)).collect();
        let notes: Vec<Value> = self
            .notes
            .iter()
            .map(|note| {
                let mark = match note.mark {
                    CellMark::Whole => Value::Null,
                    CellMark::StandIn => json!("*"),
                    CellMark::Number(number) => json!(number),
                };
                json!({ "mark": mark, "text": note.text })
            })
            .collect();
        json!({ "title": self.title, "rows": rows, "notes": notes })
    }

    fn json_row(&self, row: &[Cell]) -> Value {
        let mut object = Map::new();
        let mut absent = Map::new();
        for (column, cell) in self.columns.iter().zip(row) {
            let key = match column.unit {
                Some(unit) => format!("{}_{}", column.key, json_suffix(unit)),
                None => column.key.clone(),
            };
            let value = match &cell.content {
                Content::Text(text) => json!(text),
                Content::Value { quantity, .. } => statistic_json(native(*quantity)),
                Content::Absent { status, .. } => {
                    absent.insert(column.key.clone(), json!(status));
                    Value::Null
                }
            };
            object.insert(key, value);
        }
        object.insert("absent".to_owned(), Value::Object(absent));
        object.insert(
            "stand_in".to_owned(),
            json!(row.iter().any(|cell| cell.stand_in)),
        );
        Value::Object(object)
    }
}

fn csv_field(cell: &Cell) -> String {
    match &cell.content {
        Content::Text(text) => text::cell(text).into_owned(),
        Content::Value { quantity, .. } => exact_text(*quantity),
        Content::Absent { .. } => String::new(),
    }
}
