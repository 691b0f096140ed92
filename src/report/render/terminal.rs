//! For a terminal: text only, so that colour is never needed to understand it.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};

use super::super::table::{Align, Cell, Column, Table};

/// A line below the head and one at the foot; columns stand apart by blanks.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Zero wide: marks where a kebab-case name may break, and is taken out again. The
/// hyphen itself as delimiter would be swallowed by the break.
const BREAK: char = '\u{200b}';

impl Table {
    /// Text of at most `width` columns where the content can be broken to fit (names break
    /// at hyphens, intervals stand below their median); as wide as it is with `None`.
    /// Ends with a line feed.
    pub fn terminal(&self, width: Option<u16>) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(STYLE).force_no_tty();
        match width {
            Some(width) => drawn
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width),
            None => drawn.set_content_arrangement(ContentArrangement::Disabled),
        };
        drawn.set_header(self.columns.iter().map(heading));
        for row in &self.rows {
            drawn.add_row(
                row.iter()
                    .zip(&self.columns)
                    .map(|(cell, column)| body(cell, column)),
            );
        }
        for column in drawn.column_iter_mut() {
            column.set_padding((0, 1));
        }
        let grid = drawn.trim_fmt().replace(BREAK, "");
        let mut text = format!("{}\n\n{grid}\n", self.title);
        for note in &self.notes {
            let mark = note.mark.text();
            let gap = if mark.is_empty() { "" } else { " " };
            text.push_str(&wrap(&format!("{mark}{gap}{}", note.text), width));
            text.push('\n');
        }
        text
    }
}

fn heading(column: &Column) -> comfy_table::Cell {
    let title = match column.align {
        Align::Left => column.title.clone(),
        // The heading of a number is a column's widest part: a word per line.
        Align::Right => column.title.replace(", ", "\n").replace(' ', "\n"),
    };
    let text = match column.printed_unit {
        Some(unit) => format!("{title}\n{unit}"),
        None => title,
    };
    comfy_table::Cell::new(text).set_alignment(alignment(column.align))
}

fn body(cell: &Cell, column: &Column) -> comfy_table::Cell {
    let mut text = format!("{}{}", cell.word(), cell.marks());
    if let Some(interval) = cell.interval() {
        text = format!("{text}\n{interval}");
    }
    let kebab = column.align == Align::Left && !cell.word().contains(' ');
    let drawn = if kebab {
        comfy_table::Cell::new(text.replace('-', &format!("-{BREAK}"))).set_delimiter(BREAK)
    } else {
        comfy_table::Cell::new(text)
    };
    drawn.set_alignment(alignment(column.align))
}

fn alignment(align: Align) -> CellAlignment {
    match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    }
}

/// Breaks at blanks; later lines are indented by two.
fn wrap(text: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else {
        return text.to_owned();
    };
    let mut wrapped = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            wrapped.push_str("\n  ");
            used = 2;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_break_at_blanks_only() {
        assert_eq!(wrap("one two three", Some(7)), "one two\n  three");
        assert_eq!(wrap("incomprehensible", Some(5)), "incomprehensible");
        assert_eq!(wrap("one two", None), "one two");
    }
}
