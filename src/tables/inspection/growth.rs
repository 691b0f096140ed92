//! Two images side by side.

use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::{beginning, ending};
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, image_name, more_note};
use super::stack::{bytes_cell, count_cell, plain};
use super::weights::path_cell;
use crate::inspection::{Growth, PackageGrowth, Sizes};
use crate::summary::wording::one_line;
use crate::units::{Bytes, Count, Quantity, Unit, human_count};

/// Rows that fit one screen.
const LAYER_ROWS: usize = 14;
const PATH_ROWS: usize = 12;
const PACKAGE_ROWS: usize = 12;
/// Columns of all others than the text where there is no terminal.
const OTHERS: usize = 60;

/// The sums, the layers and the paths.
pub fn growth_tables(growth: &Growth, view: InspectionView) -> Vec<Table> {
    let mut tables = vec![
        sums(growth, view),
        layers(growth, view),
        paths(growth, view),
    ];
    if !growth.packages.is_empty() || growth.unlisted_packages > Count(0) {
        tables.push(packages(growth, view));
    }
    tables
}

fn columns(first: Vec<Column>, last: Vec<Column>) -> Vec<Column> {
    let sizes = [
        Column::values("before", "before", Unit::Bytes, None),
        Column::values("after", "after", Unit::Bytes, None),
        Column::values("change", "change", Unit::Bytes, None),
    ];
    first.into_iter().chain(sizes).chain(last).collect()
}

fn cells(sizes: Sizes) -> [Cell; 3] {
    let Sizes { before, after } = sizes;
    let (sign, by) = match after.0 >= before.0 {
        true => ("+", after.0 - before.0),
        false => ("−", before.0 - after.0),
    };
    let change = match by {
        0 => "0 B".to_owned(),
        by => format!("{sign}{}", Bytes(by)),
    };
    let change = Cell::value(change, Quantity::Bytes(Bytes(by)));
    [bytes_cell(before), bytes_cell(after), change]
}

fn sums(growth: &Growth, view: InspectionView) -> Table {
    let mut rows = Vec::new();
    let mut add = |name: &str, sizes: Option<Sizes>| {
        if let Some(sizes) = sizes {
            let name = Cell::text(name);
            rows.push(std::iter::once(name).chain(cells(sizes)).collect());
        }
    };
    add("unpacked", Some(growth.unpacked));
    add("packed", growth.packed);
    add("base", growth.base);
    add("on top of the base", growth.own);
    add("waste", Some(growth.waste));
    let image = image_name(&growth.image, growth.selected.as_deref());
    let against = image_name(&growth.against, growth.against_selected.as_deref());
    let table = Table {
        title: format!("{image} against {against}"),
        columns: columns(vec![Column::text("what", "what")], Vec::new()),
        rows,
        notes: vec![TableNote::whole(format!(
            "The lowest {} layers are the same.",
            growth.shared_layers.0
        ))],
    };
    fitted(table, view, elastic("what", beginning))
}

fn elastic(key: &str, cut: fn(&str, usize) -> String) -> Elastic<'_> {
    Elastic {
        key,
        cut,
        spare: &[],
    }
}

fn layers(growth: &Growth, view: InspectionView) -> Table {
    let room = view.room(OTHERS);
    let differing = growth
        .layers
        .iter()
        .filter(|row| view.is_whole || !row.is_same);
    let mut rows: Vec<_> = differing.collect();
    let total = rows.len();
    if rows.len() > view.rows(LAYER_ROWS) {
        rows.sort_by_key(|row| std::cmp::Reverse(row.bytes.before.0.abs_diff(row.bytes.after.0)));
        rows.truncate(view.rows(LAYER_ROWS));
    }
    let more = total - rows.len();
    let notes = (more > 0)
        .then(|| TableNote::whole(format!("{more} more that differ less; --all shows them.")));
    let number = |number: Option<u32>| match number {
        Some(number) => Cell::text(number.to_string()),
        None => Cell::missing(),
    };
    let table = Table {
        title: "Layers that differ, by instruction".to_owned(),
        columns: columns(
            vec![
                Column::text("old", "old layer"),
                Column::text("new", "new layer"),
            ],
            vec![Column::text("instruction", "instruction")],
        ),
        rows: rows
            .into_iter()
            .map(|row| {
                let mut all = vec![number(row.before), number(row.after)];
                all.extend(cells(row.bytes));
                all.push(Cell::text(one_line(&plain(&row.instruction), room)));
                all
            })
            .collect(),
        notes: notes.into_iter().collect(),
    };
    fitted(table, view, elastic("instruction", beginning))
}

fn paths(growth: &Growth, view: InspectionView) -> Table {
    let room = view.room(OTHERS);
    let rows = growth.paths.iter().take(view.rows(PATH_ROWS)).map(|path| {
        let mut all = cells(path.bytes).to_vec();
        all.push(count_cell(path.files));
        all.push(path_cell(&path.path, path.is_folder, room));
        all
    });
    let rows: Vec<_> = rows.collect();
    let listed: Count = growth.paths.iter().map(|path| path.files).sum();
    let shown = growth.paths.iter().take(rows.len()).map(|path| path.files);
    let cut = Count(listed.0 - shown.sum::<Count>().0);
    let without = growth.without_paths.then(|| {
        TableNote::whole("Files are not compared: a saved analysis does not have all of them.")
    });
    let notes = more_note(" files", cut, growth.unlisted_files)
        .into_iter()
        .chain(without);
    let table = Table {
        title: "Files and folders of the final trees that differ".to_owned(),
        columns: columns(
            Vec::new(),
            vec![
                Column::values("files", "files", Unit::Count, None),
                Column::text("path", "path"),
            ],
        ),
        rows,
        notes: notes.collect(),
    };
    fitted(table, view, elastic("path", ending))
}

/// Packages that are added, removed or in other versions.
fn packages(growth: &Growth, view: InspectionView) -> Table {
    let shown = growth.packages.iter().take(view.rows(PACKAGE_ROWS));
    let room = view.room(OTHERS);
    let rows: Vec<_> = shown
        .map(|package| {
            let versions = |versions: &[String]| {
                let text = one_line(&versions.join(", "), room);
                Cell::text(view.part(&text, 6))
            };
            vec![
                Cell::text(package.kind.name()),
                Cell::text(one_line(&package.name, room)),
                Cell::text(change(package)),
                versions(&package.before),
                versions(&package.after),
            ]
        })
        .collect();
    let cut = Count((growth.packages.len() - rows.len()) as u64);
    let unlisted = growth.unlisted_packages;
    let unlisted = (unlisted > Count(0)).then(|| {
        let more = human_count(unlisted);
        TableNote::whole(format!(
            "{more} packages of both images are too many to be compared."
        ))
    });
    let notes = more_note(" packages that differ", cut, Count(0));
    let table = Table {
        title: "Packages that differ".to_owned(),
        columns: vec![
            Column::text("kind", "kind"),
            Column::text("package", "package"),
            Column::text("change", "change"),
            Column::text("before", "before"),
            Column::text("after", "after"),
        ],
        rows,
        notes: notes.into_iter().chain(unlisted).collect(),
    };
    fitted(table, view, elastic("package", beginning))
}

fn change(package: &PackageGrowth) -> &'static str {
    match (package.before.is_empty(), package.after.is_empty()) {
        (true, _) => "added",
        (_, true) => "removed",
        _ => "changed",
    }
}
