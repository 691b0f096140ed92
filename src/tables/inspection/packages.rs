//! The packages of an image: counts by kind, and each with its version.

use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::ending;
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, image_name, more_note};
use crate::inspection::{Inspection, Package, PackageKind, Packages, UnreadPackages};
use crate::units::{Count, human_count};

/// Rows and notes without `--all`.
const ROWS: usize = 1_000;
const UNREAD_ROWS: usize = 10;
/// Runtimes that the line of the summary names without `--all`.
const RUNTIMES: usize = 6;

/// The lines of the summary: one for each kind, or one for all where it is to be compact.
/// `unread` is a package manager whose database is there and is not read.
pub(super) fn lines(
    packages: &Packages,
    unread: Option<&str>,
    view: InspectionView,
    is_compact: bool,
) -> Vec<(String, String)> {
    let words = |kind: PackageKind, count: Count| count_words(packages, kind, count, view);
    let counts = packages.counts.iter();
    let mut lines: Vec<_> = match is_compact && packages.counts.len() > 1 {
        true => {
            let kinds =
                counts.map(|(kind, count)| format!("{} {}", kind.name(), words(*kind, *count)));
            vec![("packages".to_owned(), kinds.collect::<Vec<_>>().join("; "))]
        }
        false => counts
            .map(|(kind, count)| (name(*kind), words(*kind, *count)))
            .collect(),
    };
    let files = packages.all_unread();
    let database = unread.map(|manager| format!("the database of {manager}"));
    let files = (files > Count(0)).then(|| format!("{} files (--packages)", human_count(files)));
    let not_read: Vec<_> = database.into_iter().chain(files).collect();
    if !not_read.is_empty() {
        lines.push(("packages not read".to_owned(), not_read.join(", ")));
    } else if lines.is_empty() {
        lines.push(("packages".to_owned(), "none".to_owned()));
    }
    lines
}

fn name(kind: PackageKind) -> String {
    match kind {
        PackageKind::Runtime => "runtimes".to_owned(),
        kind => format!("{} packages", kind.name()),
    }
}

fn count_words(
    packages: &Packages,
    kind: PackageKind,
    count: Count,
    view: InspectionView,
) -> String {
    let count = human_count(count);
    match kind {
        PackageKind::Runtime => {
            let runtimes = packages.list.iter().filter(|one| one.kind == kind);
            let named = runtimes.take(view.rows(RUNTIMES)).map(with_version);
            let named: Vec<_> = named.collect();
            format!("{count}: {}", named.join(", "))
        }
        PackageKind::Dpkg | PackageKind::Apk => match &packages.distribution {
            Some(distribution) => {
                let version = distribution.version.as_deref().unwrap_or_default();
                let words = format!("{} {version}", distribution.id);
                format!("{count} of {}", words.trim_end())
            }
            None => count,
        },
        _ => count,
    }
}

fn with_version(package: &Package) -> String {
    match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.clone(),
    }
}

/// A row for each package.
pub fn package_table(image: &Inspection, view: InspectionView) -> Table {
    let packages = &image.packages;
    let shown = packages.list.iter().take(view.rows(ROWS));
    let rows: Vec<_> = shown
        .map(|package| {
            let place = match &package.within {
                Some(within) => format!("{}!/{within}", package.path),
                None => package.path.clone(),
            };
            let name = match &package.group {
                Some(group) => format!("{group}:{}", package.name),
                None => package.name.clone(),
            };
            vec![
                Cell::text(package.kind.name()),
                Cell::text(view.part(&name, 5)),
                package
                    .version
                    .as_deref()
                    .map_or_else(Cell::missing, |version| Cell::text(view.part(version, 6))),
                Cell::text(package.layer.to_string()),
                Cell::text(place),
            ]
        })
        .collect();
    let cut = Count((packages.list.len() - rows.len()) as u64);
    let manager = image.posture.unread_packages.as_ref();
    let manager = manager.map(|manager| {
        TableNote::whole(format!(
            "The database of {manager} is not read: its packages are not listed."
        ))
    });
    let unread = packages.unread.iter().take(view.rows(UNREAD_ROWS));
    let unread: Vec<_> = unread.map(unread_note).collect();
    let cut_unread = Count((packages.unread.len() - unread.len()) as u64);
    let notes = more_note("", cut, packages.more).into_iter();
    let notes = notes.chain(manager).chain(unread);
    let more = more_note(
        " files that could not be read",
        cut_unread,
        packages.more_unread,
    );
    let name = image_name(&image.image, image.selected.as_deref());
    let table = Table {
        title: format!("Packages of {name}"),
        columns: vec![
            Column::text("kind", "kind"),
            Column::text("package", "package"),
            Column::text("version", "version"),
            Column::text("layer", "layer"),
            Column::text("path", "path"),
        ],
        rows,
        notes: notes.chain(more).collect(),
    };
    let elastic = Elastic {
        key: "path",
        cut: ending,
        spare: &[],
    };
    fitted(table, view, elastic)
}

fn unread_note(file: &UnreadPackages) -> TableNote {
    let UnreadPackages {
        path,
        layer,
        problem,
    } = file;
    TableNote::whole(format!(
        "{path} (layer {layer}) is not read, or not whole: {problem}."
    ))
}
