//! A table as HTML: a caption, headings with their scope, values that a script can sort by.

use maud::{Markup, html};

use super::page_context::PageContext;
use crate::summary::exact_text::exact_text;
use crate::tables::{Align, Cell, CellMark, Column, Content, Table, TableNote};

/// Single notes that are shown without asking.
const FEW: usize = 2;

/// The column that gives way on a phone: each variant's own part says its strategy too.
const ASIDE: &str = "strategy";

/// What a table is on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use<'t> {
    /// Its caption.
    pub(super) caption: &'t str,
    /// The scenario that its variants are of, where no column says so.
    pub(super) scenario: Option<&'t str>,
    /// Whether it is one of many: these sort, and the page's filter looks at their rows.
    pub(super) filtered: bool,
}

/// A table of a run.
pub(super) fn table(sheet: &PageContext<'_>, table: &Table, how: Use<'_>) -> Markup {
    draw(&sheet.table_id(), table, how, &|_, row| {
        let named = |key: &str| {
            let at = table.columns.iter().position(|column| column.key == key)?;
            row.get(at).map(Cell::word)
        };
        let scenario = how.scenario.or_else(|| named("scenario"))?;
        sheet.anchor_of(scenario, named("variant")?)
    })
}

/// A table that is about no variants.
pub(super) fn plain(id: &str, table: &Table, caption: &str) -> Markup {
    let how = Use {
        caption,
        scenario: None,
        filtered: false,
    };
    draw(id, table, how, &|_, _| None)
}

/// The same, with what sorts and filters.
pub(super) fn filtered(id: &str, table: &Table, caption: &str) -> Markup {
    linked(id, table, caption, &|_| None)
}

/// The same, with rows that lead to places on the page.
pub(super) fn linked<'l>(
    id: &str,
    table: &Table,
    caption: &str,
    link: &dyn Fn(usize) -> Option<&'l str>,
) -> Markup {
    let how = Use {
        caption,
        scenario: None,
        filtered: true,
    };
    draw(id, table, how, &|at, _| link(at))
}

fn draw<'l>(
    id: &str,
    table: &Table,
    how: Use<'_>,
    link: &dyn Fn(usize, &[Cell]) -> Option<&'l str>,
) -> Markup {
    let named = |key: &str| table.columns.iter().position(|column| column.key == key);
    let head = named("variant").or_else(|| named("case")).unwrap_or(0);
    html! {
        div.sheet {
            div.scroll role="group" tabindex="0" aria-labelledby={ (id) "-caption" } {
                table id=(id) data-filtered[how.filtered] {
                    caption id={ (id) "-caption" } { span { (how.caption) } }
                    thead {
                        tr { @for column in &table.columns { (heading(column)) } }
                    }
                    tbody {
                        @for (number, row) in table.rows.iter().enumerate() {
                            tr {
                                @for (at, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
                                    @if at == head { (row_head(id, cell, link(number, row))) }
                                    @else { (body(id, cell, column, how.filtered)) }
                                }
                            }
                        }
                    }
                }
            }
            (notes(id, &table.notes))
        }
    }
}

fn heading(column: &Column) -> Markup {
    let class = match column.align {
        Align::Right => Some("num"),
        Align::Left => (column.key == ASIDE).then_some("aside"),
    };
    html! {
        th scope="col" class=[class] {
            (column.title)
            @if let Some(unit) = column.printed_unit { " " span.unit { (unit) } }
        }
    }
}

fn row_head(id: &str, cell: &Cell, link: Option<&str>) -> Markup {
    html! {
        th scope="row" {
            @match link {
                Some(anchor) => a href={ "#" (anchor) } { (cell.word()) },
                None => (cell.word()),
            }
            (marks(id, cell))
        }
    }
}

/// `sorts`: whether values, and why there is none, are there for a script.
fn body(id: &str, cell: &Cell, column: &Column, sorts: bool) -> Markup {
    let number = column.align == Align::Right;
    let class = match (&cell.content, number) {
        (Content::Absent { .. }, true) => Some("num absent"),
        (Content::Absent { .. }, false) => Some("absent"),
        (_, true) => Some("num"),
        (_, false) => (column.key == ASIDE).then_some("aside"),
    };
    let (value, status) = match &cell.content {
        Content::Value { quantity, .. } => (sorts.then(|| exact_text(*quantity)), None),
        Content::Absent { status, .. } => (None, sorts.then_some(*status)),
        Content::Text(_) => (None, None),
    };
    let verdict = (column.key == "verdict").then(|| cell.word().replace(' ', "-"));
    html! {
        td class=[class] data-value=[value] data-status=[status] data-verdict=[verdict] {
            @if column.bar { (bar(cell)) }
            (cell.word())
            (marks(id, cell))
            @if let Some(interval) = cell.interval() { " " span.interval { (interval) } }
        }
    }
}

/// A share of the largest as a bar: a picture of the number next to it.
fn bar(cell: &Cell) -> Markup {
    let Content::Value { quantity, .. } = &cell.content else {
        return html! {};
    };
    let width = (quantity.base_value() * 100.0).clamp(0.5, 100.0);
    html! {
        svg.share viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.track width="100" height="8" {}
            rect.part width={ (format!("{width:.1}")) } height="8" {}
        }
    }
}

fn marks(id: &str, cell: &Cell) -> Markup {
    html! {
        @if cell.stand_in {
            span.star aria-hidden="true" { "\u{a0}*" } span.vh { " on a stand-in base" }
        }
        @if !cell.notes.is_empty() {
            span.marks {
                @for number in &cell.notes {
                    sup { a href={ "#" (id) "-note-" (number) } aria-label={ "note " (number) } { (number) } }
                }
            }
        }
    }
}

/// What holds for the whole table is always seen; many single notes are folded.
fn notes(id: &str, notes: &[TableNote]) -> Markup {
    let (whole, single): (Vec<&TableNote>, Vec<&TableNote>) =
        notes.iter().partition(|note| note.mark == CellMark::Whole);
    let list = html! { ul.notes { @for note in &single { (marked_note(id, note)) } } };
    html! {
        @if !whole.is_empty() {
            ul.notes { @for note in &whole { li { (note.text) } } }
        }
        @if single.len() > FEW {
            details.notes { summary { "Notes (" (single.len()) ")" } (list) }
        } @else if !single.is_empty() {
            (list)
        }
    }
}

fn marked_note(id: &str, note: &TableNote) -> Markup {
    let anchor = match note.mark {
        CellMark::Number(number) => Some(format!("{id}-note-{number}")),
        CellMark::Whole | CellMark::StandIn => None,
    };
    let sign = match note.mark {
        CellMark::Number(number) => number.to_string(),
        CellMark::Whole | CellMark::StandIn => note.mark.text(),
    };
    html! { li id=[anchor] { span.sign { (sign) } " " (note.text) } }
}
