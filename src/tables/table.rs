//! The table model: contents without rendering.

use crate::text;
use crate::units::{Quantity, Unit};

/// Headings, rows and notes. The renderers are methods: [`Table::terminal`],
/// [`Table::markdown`], [`Table::csv`], [`Table::json`].
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its title, one line.
    pub title: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// The notes, in the order of their marks.
    pub notes: Vec<TableNote>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The key in CSV and JSON, snake_case, without unit.
    pub key: String,
    /// The displayed heading.
    pub title: String,
    /// The one unit in which the column is printed: `MB`.
    pub printed_unit: Option<&'static str>,
    /// The base unit of its values; `None` for text.
    pub unit: Option<Unit>,
    /// The alignment.
    pub align: Align,
    /// Whether its values are shares of the largest, so that the page can draw a bar.
    pub bar: bool,
}

/// The alignment of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its content.
    pub content: Content,
    /// Whether its value depends on a stand-in base: printed as `*`.
    pub stand_in: bool,
    /// Numbers of its notes, ascending.
    pub notes: Vec<u32>,
}

/// The content of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A name or a text.
    Text(String),
    /// A value.
    Value {
        /// The displayed text, in the unit of the column.
        text: String,
        /// The displayed interval: `[lo, hi]`.
        interval: Option<String>,
        /// The value itself.
        quantity: Quantity,
    },
    /// No value.
    Absent {
        /// The displayed text: `DNF`, `n/a`, `–`.
        word: &'static str,
        /// The status in JSON and CSV: `dnf`, `not-applicable`, `missing`.
        status: &'static str,
    },
}

/// A note below the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNote {
    /// `*`, a number, or nothing.
    pub mark: CellMark,
    /// The text, one line.
    pub text: String,
}

impl TableNote {
    /// A note on the whole table.
    pub fn whole(text: impl Into<String>) -> Self {
        Self {
            mark: CellMark::Whole,
            text: text.into(),
        }
    }
}

/// The mark that links a note to its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellMark {
    /// A note on the whole table.
    Whole,
    /// A note on cells marked `*`.
    StandIn,
    /// A note on cells with this number.
    Number(u32),
}

impl Column {
    /// A column of text.
    pub fn text(key: &str, title: &str) -> Self {
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            printed_unit: None,
            unit: None,
            align: Align::Left,
            bar: false,
        }
    }

    /// A column of values.
    pub fn values(key: &str, title: &str, unit: Unit, printed_unit: Option<&'static str>) -> Self {
        Self {
            key: key.to_owned(),
            title: title.to_owned(),
            printed_unit,
            unit: Some(unit),
            align: Align::Right,
            bar: false,
        }
    }
}

impl Table {
    /// The same table with single-line texts and escaped control characters.
    pub(crate) fn in_lines(&self) -> Self {
        let mut shown = self.clone();
        let line = |text: &mut String| {
            if let std::borrow::Cow::Owned(safe) = text::inline(text) {
                *text = safe;
            }
        };
        line(&mut shown.title);
        shown
            .columns
            .iter_mut()
            .for_each(|column| line(&mut column.title));
        for cell in shown.rows.iter_mut().flatten() {
            if let Content::Text(text) = &mut cell.content {
                line(text);
            }
        }
        shown.notes.iter_mut().for_each(|note| line(&mut note.text));
        shown
    }
}

impl Column {
    /// Shares of the largest: from 0 to 1.
    pub(crate) fn shares(key: &str, title: &str) -> Self {
        Self {
            bar: true,
            ..Self::values(key, title, Unit::Ratio, None)
        }
    }
}

impl Cell {
    /// A name or a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Content::Text(text.into()))
    }

    /// A value without an interval.
    pub fn value(text: String, quantity: Quantity) -> Self {
        Self::of(Content::Value {
            text,
            interval: None,
            quantity,
        })
    }

    /// An empty cell without a note.
    pub fn missing() -> Self {
        Self::of(Content::Absent {
            word: "–",
            status: "missing",
        })
    }

    pub(crate) fn of(content: Content) -> Self {
        Self {
            content,
            stand_in: false,
            notes: Vec::new(),
        }
    }

    /// The marks after the text: ` *` and superscript numbers.
    pub(crate) fn marks(&self) -> String {
        let numbers: Vec<String> = self.notes.iter().map(|number| raised(*number)).collect();
        let star = if self.stand_in { " *" } else { "" };
        format!("{star}{}", numbers.join("˒"))
    }

    /// The displayed text without marks and interval.
    pub(crate) fn word(&self) -> &str {
        match &self.content {
            Content::Text(text) | Content::Value { text, .. } => text,
            Content::Absent { word, .. } => word,
        }
    }

    /// The displayed interval.
    pub(crate) fn interval(&self) -> Option<&str> {
        match &self.content {
            Content::Value { interval, .. } => interval.as_deref(),
            Content::Text(_) | Content::Absent { .. } => None,
        }
    }
}

impl CellMark {
    /// The mark in front of the note.
    pub fn text(self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::StandIn => "*".to_owned(),
            Self::Number(number) => raised(number),
        }
    }
}

/// Superscript digits, which cannot be mistaken for part of the number.
fn raised(number: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number
        .to_string()
        .bytes()
        .map(|digit| DIGITS[usize::from(digit - b'0')])
        .collect()
}
