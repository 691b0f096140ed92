//! What an image is.

use std::collections::BTreeMap;

use super::super::posture::{found, found_within};
use super::super::table::{Cell, Column, Table, TableNote};
use super::cut::beginning;
use super::fitted::{Elastic, fitted};
use super::inspection_view::{InspectionView, more_note};
use super::packages;
use super::screen_rows::ScreenRows;
use crate::inspection::{Base, BaseEvidence, Inspection};
use crate::record::{Posture, SecretFinding};
use crate::summary::posture::Fact;
use crate::summary::wording::one_line;
use crate::units::{Bytes, Count, human_count};

/// Characters of a secret with its place.
const SECRET_CHARS: usize = 200;
/// Columns of the names of facts where there is no terminal.
const NAMES: usize = 24;

pub(super) fn summary(image: &Inspection, view: InspectionView, screen: &ScreenRows) -> Table {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut add = |name: &str, text: String| rows.push([name.to_owned(), text]);
    if let Some(selected) = &image.selected {
        add("in the archive", selected.clone());
    }
    add("id", image.id.clone());
    add("platform", image.platform.clone());
    for digest in image.digests.iter().take(view.rows(1)) {
        add("digest", digest.clone());
    }
    if let Some(base) = &image.stands_in_for {
        add("stands in for", base.clone());
    }
    if let Some(base) = &image.base {
        add("base", base_words(base, image));
    }
    add("size", sizes(image));
    add("waste", waste(image));
    for (name, text) in facts(&image.posture, view) {
        add(name, text);
    }
    let unread = image.posture.unread_packages.as_deref();
    let is_compact = screen.is_compact && !view.is_whole;
    for (name, text) in packages::lines(&image.packages, unread, view, is_compact) {
        add(&name, text);
    }
    let room = view.room(NAMES);
    let table = Table {
        title: image.image.clone(),
        columns: vec![Column::text("fact", "fact"), Column::text("found", "found")],
        rows: rows
            .into_iter()
            .map(|[name, text]| vec![Cell::text(name), Cell::text(one_line(&text, room))])
            .collect(),
        notes: secrets(&image.posture.secrets, view, screen)
            .into_iter()
            .chain(more_note(
                " secrets",
                Count(0),
                image.posture.unlisted.secrets,
            ))
            .collect(),
    };
    let elastic = Elastic {
        key: "found",
        cut: beginning,
        spare: &[],
    };
    fitted(table, view, elastic)
}

fn base_words(base: &Base, image: &Inspection) -> String {
    let how = match base.evidence {
        BaseEvidence::Given => "given with --base",
        BaseEvidence::StandIn => "by the label of the stand-in",
        BaseEvidence::Engine => "the engine has it",
        BaseEvidence::Label => "named by a label; its layers are not known",
    };
    let (Some(layers), Some(bytes)) = (base.layers, base.bytes) else {
        return format!("{} ({how})", base.reference);
    };
    let own = Bytes(image.unpacked_bytes.0.saturating_sub(bytes.0));
    format!(
        "{}: {} of {} layers, {bytes}; {own} on top of it ({how})",
        base.reference,
        layers.0,
        image.layers.len()
    )
}

fn sizes(image: &Inspection) -> String {
    let mut sizes = vec![format!("{} unpacked", image.unpacked_bytes)];
    if let Some(packed) = image.packed_bytes {
        sizes.push(format!("{packed} packed"));
    }
    if let Some(listed) = image.listed_bytes {
        sizes.push(format!("{listed} listed by the engine"));
    }
    let files = human_count(image.files);
    format!("{} in {files} files and folders", sizes.join(", "))
}

fn waste(image: &Inspection) -> String {
    let efficiency = image.efficiency.map(|ratio| {
        let percent = ratio.get() * 100.0;
        format!(" ({percent:.1} % of the layers' bytes are in the final tree)")
    });
    format!("{}{}", image.waste_bytes, efficiency.unwrap_or_default())
}

/// The facts of the posture; in one row each, with every name, where all is shown.
fn facts(posture: &Posture, view: InspectionView) -> Vec<(&'static str, String)> {
    const ROWS: [Fact; 9] = [
        Fact::User,
        Fact::HealthCheck,
        Fact::Shell,
        Fact::PackageManagers,
        Fact::Compilers,
        Fact::Setuid,
        Fact::Leaks,
        Fact::Sources,
        Fact::Secrets,
    ];
    if view.is_whole {
        let row = |fact: Fact| (fact.title(), fact.whole_words(posture));
        return ROWS.into_iter().map(row).collect();
    }
    let named = |facts: &[Fact]| {
        let words = facts.iter();
        let words = words.map(|fact| format!("{} {}", fact.title(), fact.words(posture)));
        words.collect::<Vec<_>>().join("; ")
    };
    vec![
        (
            "runs as",
            named(&[Fact::User, Fact::HealthCheck, Fact::Shell]),
        ),
        (
            "contains",
            named(&[Fact::PackageManagers, Fact::Compilers, Fact::Setuid]),
        ),
        (
            "findings",
            named(&[Fact::Leaks, Fact::Sources, Fact::Secrets]),
        ),
    ]
}

/// The secrets: each with its whole place, or one of each kind.
fn secrets(secrets: &[SecretFinding], view: InspectionView, screen: &ScreenRows) -> Vec<TableNote> {
    if view.is_whole {
        let note = |secret| one_line(&found_within(secret, usize::MAX), usize::MAX);
        return secrets.iter().map(note).map(TableNote::whole).collect();
    }
    let width = view.screen().filter(|_| screen.is_compact);
    let note = |secret: &SecretFinding, more: String| {
        // The ellipsis takes one.
        let room = width.map(|width| width.saturating_sub(more.chars().count() + 1));
        let text = one_line(&found(secret), room.unwrap_or(SECRET_CHARS));
        TableNote::whole(format!("{text}{more}"))
    };
    let mut kinds: BTreeMap<&str, Vec<&SecretFinding>> = BTreeMap::new();
    for secret in secrets {
        kinds.entry(&secret.kind).or_default().push(secret);
    }
    let cut = kinds.len().saturating_sub(screen.secrets);
    let cut = (cut > 0).then(|| {
        TableNote::whole(format!(
            "Kinds of secrets not shown: {cut}; --all shows them."
        ))
    });
    let kinds = kinds.into_values().take(screen.secrets);
    kinds
        .map(|of_kind| {
            let more = Count(of_kind.len() as u64 - 1);
            let more = match more {
                Count(0) => String::new(),
                more => format!(" and {} more (--all)", human_count(more)),
            };
            note(of_kind[0], more)
        })
        .chain(cut)
        .collect()
}
