//! A variant in full: what it is, its figures, what went wrong, steps, layers, facts.

use maud::{Markup, html};

use super::measured::measured_table;
use super::page_context::PageContext;
use super::table::{Use, table};
use crate::record::{CaseRecord, Disposition, Metric, Reach};
use crate::summary::figure::absence;
use crate::summary::missing::MissingValue;
use crate::summary::scale::Scale;
use crate::summary::steps::median_build;
use crate::tables::layers::{history_table, layers_table};
use crate::tables::posture::posture_sheet;
use crate::tables::steps::steps_table;
use crate::units::{Count, human_count, quantity_of as quantity};

/// What stands before the last lines of a log in a reason (`runner`).
const LOG: &str = "last lines: ";

pub(super) fn case(sheet: &PageContext<'_>, case: &CaseRecord) -> Markup {
    let anchor = sheet.anchor(&case.id).unwrap_or_default();
    let measured = measured_table(&sheet.analysis, case);
    let cold = sheet.analysis.get(&case.id, Metric::BuildCold);
    let build = cold
        .filter(|entry| entry.summary.is_some())
        .and_then(|_| median_build(&sheet.analysis, &case.id, Metric::BuildCold));
    let steps = build.map(|build| steps_table(sheet.record(), &build));
    let of_case = |caption: &'static str| Use {
        caption,
        scenario: None,
        filtered: false,
    };
    let tables = [
        (Some(measured), "All figures"),
        (steps, "Steps of the median cold build"),
        (history_table(case), "Instructions that made the image"),
        (layers_table(case), "Layers and what is heaviest in them"),
        (
            posture_sheet(&sheet.analysis, case),
            "What the image contains and how it runs",
        ),
    ];
    html! {
        details.case id=(anchor) {
            summary {
                (sheet.heading(3, &case.variant))
                span.strategy { (case.strategy) }
                span.standing data-state=(state(case)) { (state(case)) }
                span.weight { (weight(sheet, case)) }
            }
            div.inside {
                @if !case.title.is_empty() { p { (case.title) } }
                (identity(case))
                (trouble(sheet, case))
                @for (drawn, caption) in &tables {
                    @if let Some(drawn) = drawn.as_ref().filter(|drawn| !drawn.rows.is_empty()) {
                        (table(sheet, drawn, of_case(caption)))
                    }
                }
                (paths(case))
                (dockerfile(case))
            }
        }
    }
}

fn state(case: &CaseRecord) -> &'static str {
    match &case.disposition {
        Disposition::Pending => "not visited",
        Disposition::Qualified => "works",
        Disposition::Failed { .. } => "DNF",
        Disposition::NotAvailable { .. } => "not here",
        Disposition::NotApplicable { .. } => "n/a",
    }
}

/// The size, or the word for its absence.
fn weight(sheet: &PageContext<'_>, case: &CaseRecord) -> String {
    let Some(entry) = sheet.analysis.get(&case.id, Metric::SizeUnpacked) else {
        return String::new();
    };
    match &entry.summary {
        Some(summary) => {
            let value = quantity(entry.metric.unit(), summary.median);
            Scale::for_value(value).with_unit(value)
        }
        None => absence(entry.standing).0.to_owned(),
    }
}

fn identity(case: &CaseRecord) -> Markup {
    let image = case.image.as_ref();
    html! {
        dl.facts {
            div { dt { "App" } dd { (case.app) ", " (case.platform) } }
            div { dt { @if case.ready_image.is_some() { "Ready image" } @else { "Bases" } } dd {
                @if case.bases.is_empty() { "none" }
                @for (at, base) in case.bases.iter().enumerate() {
                    @if at > 0 { ", " }
                    code { (base) }
                    @if case.stand_ins.contains(base) { " (stand-in)" }
                }
            } }
            @if let Some(image) = image {
                div { dt { "User" } dd { @if image.user.is_empty() { "root" } @else { (image.user) } } }
                div { dt { "Image" } dd { code { (image.id) } } }
                @if let Some(manifest) = &image.manifest {
                    div { dt { "Manifest" } dd { code { (manifest.digest) } } }
                }
                @if let Some(reach) = image.reach {
                    div { dt { "Reached" } dd {
                        (match reach { Reach::Bridge => "by its own address", Reach::Published => "by a published port" })
                    } }
                }
            }
        }
    }
}

/// All that has no number, with its whole reason, and what the logs said last.
fn trouble(sheet: &PageContext<'_>, case: &CaseRecord) -> Markup {
    let own: Vec<&MissingValue<'_>> = sheet
        .lacks
        .iter()
        .filter(|lack| lack.case == case.id.as_str())
        .collect();
    html! {
        @if !own.is_empty() {
            (sheet.heading(4, "Without a number"))
            ul.lacks {
                @for lack in own { li { (reason(lack)) } }
            }
        }
    }
}

fn reason(lack: &MissingValue<'_>) -> Markup {
    let (said, log) = match lack.reason.split_once(LOG) {
        Some((said, log)) => (said.trim_end_matches([' ', ';']), Some(log)),
        None => (lack.reason, None),
    };
    html! {
        @if let Some(what) = &lack.what { code { (what) } ", " }
        strong { (lack.fate) }
        @if let Some(why) = lack.expected { ", as expected (" (why) ")" }
        ": " (said)
        @if let Some(log) = log {
            p.hint { "Last lines of the log" }
            pre.log tabindex="0" { code { @for line in log.split(" | ") { (line) "\n" } } }
        }
    }
}

/// Paths that the table of facts only counts.
fn paths(case: &CaseRecord) -> Markup {
    let Some(posture) = &case.posture else {
        return html! {};
    };
    let more = &posture.unlisted;
    let lists = [
        (
            "package managers",
            &posture.package_managers,
            more.package_managers,
        ),
        (
            "compilers and build tools",
            &posture.compilers,
            more.compilers,
        ),
        ("setuid and setgid files", &posture.setuid, more.setuid),
        (
            "files with capabilities",
            &posture.file_capabilities,
            more.file_capabilities,
        ),
        ("what came along by accident", &posture.leaks, more.leaks),
    ];
    html! {
        @for (what, paths, more) in lists {
            @if !paths.is_empty() {
                details.paths {
                    summary { "Paths: " (what) " (" (paths.len() as u64 + more.0) ")" }
                    ul {
                        @for path in paths { li { code { (path) } } }
                        @if more > Count(0) { li { (human_count(more)) " more" } }
                    }
                }
            }
        }
    }
}

fn dockerfile(case: &CaseRecord) -> Markup {
    let Some(file) = &case.dockerfile else {
        return html! {};
    };
    html! {
        details.text open {
            summary {
                "Dockerfile: " code { (file.path) }
                @if let Some(target) = &file.target { ", target " code { (target) } }
            }
            @if !file.build_args.is_empty() {
                p.hint {
                    "Build arguments: "
                    @for (name, value) in &file.build_args { code { (name) "=" (value) } " " }
                }
            }
            pre tabindex="0" { code { (file.text) } }
        }
    }
}
