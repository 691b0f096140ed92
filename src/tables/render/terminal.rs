//! Renders a table as text; no information depends on colour.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width,
};

use super::super::table::{Align, Cell, Column, Content, Table};

/// Lines below the header and at the bottom; spaces separate columns.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// A zero-width mark of possible breaks in a kebab-case name, removed afterwards. A break at the
/// hyphen itself would drop the hyphen.
const BREAK: char = '\u{200b}';

/// The empty part of a bar: not white space, so that it is not trimmed; replaced by spaces at the
/// end.
const BLANK: char = '\u{2800}';

/// Width of a bar in characters: that of the column heading.
const BAR_CELLS: usize = 7;

/// Spaces between two columns: padding and separator.
const GAP: usize = 2;

/// Smallest width to which a row name may be broken at its hyphens.
const HEAD: usize = 18;

impl Table {
    /// Text of at most `width` characters; unlimited for `None`. Names are broken at hyphens, and
    /// intervals are placed below their median. A table that is still too wide is split into
    /// blocks, which repeat the first column. Shares of the largest get a bar if there is a
    /// width. Ends with a newline.
    pub fn terminal(&self, width: Option<u16>) -> String {
        self.in_lines().draw(width)
    }

    fn draw(&self, width: Option<u16>) -> String {
        let mut text = format!("{}\n\n", wrap(&self.title, width));
        for columns in self.blocks(width) {
            text.push_str(&self.grid(&columns, width));
            text.push('\n');
        }
        for note in &self.notes {
            let mark = note.mark.text();
            let gap = if mark.is_empty() { "" } else { " " };
            text.push_str(&wrap(&format!("{mark}{gap}{}", note.text), width));
            text.push('\n');
        }
        text
    }

    /// Renders some columns as a grid.
    fn grid(&self, columns: &[usize], width: Option<u16>) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(STYLE).force_no_tty();
        match width {
            Some(width) => drawn
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width),
            None => drawn.set_content_arrangement(ContentArrangement::Disabled),
        };
        drawn.set_header(columns.iter().map(|at| heading(&self.columns[*at])));
        for row in &self.rows {
            let cells = columns.iter().filter_map(|at| {
                let column = self.columns.get(*at)?;
                Some(body(row.get(*at)?, column, width.is_some()))
            });
            drawn.add_row(cells);
        }
        let widths = width.and_then(|width| self.widths(columns, usize::from(width)));
        for (at, column) in drawn.column_iter_mut().enumerate() {
            column.set_padding((0, 1));
            if let Some(width) = widths.as_ref().and_then(|widths| widths.get(at)) {
                // The padding is included.
                let width = u16::try_from(width + 1).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        let grid = drawn.trim_fmt().replace(BREAK, "").replace(BLANK, " ");
        grid.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The widths of the columns if not all fit: each gets its minimum, and the rest goes, one by
    /// one, to the column that is broken into the most lines.
    fn widths(&self, columns: &[usize], width: usize) -> Option<Vec<usize>> {
        let liked: Vec<usize> = columns.iter().map(|at| self.liked(*at)).collect();
        let room = (width + 1).saturating_sub(GAP * columns.len());
        if liked.iter().sum::<usize>() <= room {
            return None;
        }
        let mut widths: Vec<usize> = columns.iter().map(|at| self.least(*at)).collect();
        let mut left = room.saturating_sub(widths.iter().sum());
        let lines = |at: usize, width: usize| liked[at] as f64 / width.max(1) as f64;
        while left > 0 {
            let open = (0..widths.len()).filter(|at| widths[*at] < liked[*at]);
            let most = open.max_by(|one, other| {
                let by_lines = lines(*one, widths[*one]).total_cmp(&lines(*other, widths[*other]));
                by_lines.then(other.cmp(one))
            });
            let Some(most) = most else { break };
            widths[most] += 1;
            left -= 1;
        }
        Some(widths)
    }

    /// The width at which nothing in the column is broken.
    fn liked(&self, at: usize) -> usize {
        let column = &self.columns[at];
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let lines = |text: &str| text.lines().map(|line| line.chars().count()).max();
        let of_cell = |cell: &Cell| {
            let text = format!("{}{}", cell.word(), cell.marks());
            let interval = cell.interval().map(|interval| interval.chars().count());
            lines(&text).max(interval)
        };
        let cells = cells.filter_map(of_cell).max();
        cells
            .max(lines(&heading_text(column)))
            .unwrap_or(0)
            .max(self.least(at))
    }

    /// Splits the columns into blocks that fit; the first column is in each block.
    fn blocks(&self, width: Option<u16>) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let Some(width) = width.map(usize::from) else {
            return vec![all];
        };
        let Some((head, others)) = all.split_first() else {
            return vec![all];
        };
        let first = self.least(*head) + GAP;
        let mut blocks: Vec<(usize, Vec<usize>)> = Vec::new();
        for at in others {
            let more = self.least(*at) + GAP;
            match blocks.last_mut() {
                Some((used, block)) if *used + more <= width + 1 => {
                    *used += more;
                    block.push(*at);
                }
                _ => blocks.push((first + more, vec![*head, *at])),
            }
        }
        if blocks.is_empty() {
            return vec![all];
        }
        blocks.into_iter().map(|(_, block)| block).collect()
    }

    /// The smallest width at which no word or number of the column is broken.
    fn least(&self, at: usize) -> usize {
        let column = &self.columns[at];
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let longest = |text: String| {
            let breaks = |c: char| c.is_whitespace() || (c == '-' && column.align == Align::Left);
            let pieces = text.split_inclusive(breaks);
            let widths = pieces.map(|piece| piece.trim_end().chars().count());
            widths.max().unwrap_or(0)
        };
        let of_cell = |cell: &Cell| {
            let text = format!("{}{}", cell.word(), cell.marks());
            // A number, its interval and its bar are not broken.
            if column.align == Align::Right {
                let lines = [text.as_str(), cell.interval().unwrap_or_default()];
                let bar = if column.bar { BAR_CELLS } else { 0 };
                return lines
                    .map(|line| line.chars().count())
                    .into_iter()
                    .max()
                    .max(Some(bar));
            }
            Some(longest(text))
        };
        let words = cells.filter_map(of_cell).max().unwrap_or(0);
        let words = words.max(longest(heading_text(column)));
        if at > 0 {
            return words;
        }
        let whole = self.rows.iter().filter_map(|row| row.first());
        let whole = whole.map(|cell| cell.word().chars().count() + cell.marks().chars().count());
        words.max(whole.max().unwrap_or(0).min(HEAD))
    }
}

fn heading(column: &Column) -> comfy_table::Cell {
    comfy_table::Cell::new(heading_text(column)).set_alignment(alignment(column.align))
}

fn heading_text(column: &Column) -> String {
    let title = match column.align {
        Align::Left => column.title.clone(),
        // The heading of a number column is its widest part, so it gets one word per line.
        Align::Right => column.title.replace(", ", "\n").replace(' ', "\n"),
    };
    match column.printed_unit {
        Some(unit) => format!("{title}\n{unit}"),
        None => title,
    }
}

fn body(cell: &Cell, column: &Column, bars: bool) -> comfy_table::Cell {
    let mut text = format!("{}{}", cell.word(), cell.marks());
    if let Some(interval) = cell.interval() {
        text = format!("{text}\n{interval}");
    }
    if let Content::Value { quantity, .. } = &cell.content
        && bars
        && column.bar
    {
        text = format!("{text}\n{}", bar(quantity.base_value()));
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

/// A share as a bar with a resolution of 1/8 character: `██▌ `. A share above 0 is always
/// visible.
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let all = (share.clamp(0.0, 1.0) * (BAR_CELLS * 8) as f64).round() as usize;
    let all = if share > 0.0 { all.max(1) } else { all };
    let drawn = format!("{}{}", "█".repeat(all / 8), EIGHTHS[all % 8]);
    let blank = BAR_CELLS - drawn.chars().count();
    // Not white space, which would be trimmed and would shift the bar.
    format!("{drawn}{}", BLANK.to_string().repeat(blank))
}

/// Wraps at spaces; later lines are indented by two.
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
    fn a_bar_is_as_long_as_its_share() {
        let drawn = |share: f64| bar(share).replace(BLANK, " ");
        assert_eq!(drawn(1.0), "███████");
        assert_eq!(drawn(0.5), "███▌   ");
        assert_eq!(drawn(0.001), "▏      ", "next to nothing is not nothing");
        assert_eq!(drawn(0.0), "       ");
        // 0.12 of 56 eighths is 6.72: 7.
        assert_eq!(drawn(0.12), "▉      ");
    }

    #[test]
    fn notes_wrap_at_spaces_only() {
        assert_eq!(wrap("one two three", Some(7)), "one two\n  three");
        assert_eq!(wrap("incomprehensible", Some(5)), "incomprehensible");
        assert_eq!(wrap("one two", None), "one two");
    }
}
