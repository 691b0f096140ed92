//! Behind the tables: claims, what has no number, the floor, how it was measured.

use maud::{Markup, html};

use super::page_context::PageContext;
use super::section::Section;
use super::table::{Use, table};
use crate::stats::{MIN_FOR_INTERVAL, OUTLIER_THRESHOLD};
use crate::summary::series::metrics_of;
use crate::tables::claims::{Heads, claims_of};
use crate::tables::floor::floor_of;
use crate::tables::{Cell, Column, Table};

pub(super) fn claims(sheet: &PageContext<'_>) -> Option<Section> {
    let claims = claims_of(&sheet.analysis, Heads::VERDICTS);
    if claims.rows.is_empty() {
        return None;
    }
    let only = match sheet.record().scenarios.as_slice() {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    let body = html! {
        (table(sheet, &claims, Use { caption: &claims.title, scenario: only, filtered: true }))
    };
    Some(sheet.section("claims", "Claimed and measured", &body))
}

pub(super) fn lacking(sheet: &PageContext<'_>) -> Option<Section> {
    if sheet.lacks.is_empty() {
        return None;
    }
    let rows = sheet.lacks.iter().map(|lack| {
        let fate = match lack.expected {
            Some(why) => format!("{}, as expected ({why})", lack.fate),
            None => lack.fate.clone(),
        };
        let (scenario, variant) = lack.case.split_once('/').unwrap_or(("", lack.case));
        vec![
            Cell::text(scenario),
            Cell::text(variant),
            Cell::text(lack.what.clone().unwrap_or_else(|| "all".to_owned())),
            Cell::text(fate),
            Cell::text(lack.reason),
        ]
    });
    let lacking = Table {
        title: String::new(),
        columns: vec![
            Column::text("scenario", "scenario"),
            Column::text("variant", "variant"),
            Column::text("what", "what"),
            Column::text("fate", "what became of it"),
            Column::text("reason", "reason"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    };
    let how = Use {
        caption: "Everything that has no number, and why",
        scenario: None,
        filtered: true,
    };
    let body = table(sheet, &lacking, how);
    Some(sheet.section("without", "Without a number", &body))
}

pub(super) fn floor(sheet: &PageContext<'_>) -> Option<Section> {
    let floor = floor_of(&sheet.analysis);
    if floor.rows.is_empty() {
        return None;
    }
    let how = Use {
        caption: &floor.title,
        scenario: None,
        filtered: false,
    };
    let body = html! {
        p { "What the engine itself costs. It is part of every number above and is never subtracted." }
        (table(sheet, &floor, how))
    };
    Some(sheet.section("floor", "Floor", &body))
}

/// The methodology in short, with this run's own numbers in it.
pub(super) fn method(sheet: &PageContext<'_>) -> Section {
    let record = sheet.record();
    let (plan, costs) = (&record.plan, &record.calibration);
    let body = html! {
        ul.method {
            li {
                "A container that does not work has no size: what fails, crashes or is late is DNF, with its reason, "
                "and never a number."
            }
            li {
                "Rounds visit all variants in an order drawn from the seed " (plan.seed) ", so that drift falls on all "
                "alike. " (plan.warmup_rounds) " warm-up and " (plan.rounds) " counted rounds."
            }
            li {
                "Cold builds have no layer cache and cold cache mounts; a build whose steps were not the expected ones "
                "is invalid. Bases are there before."
            }
            li {
                "Times and memory are medians with a 95 % bootstrap interval, from " (MIN_FOR_INTERVAL) " samples on. "
                "Outliers (modified Z-score above " (OUTLIER_THRESHOLD.to_string()) ") are marked, and count."
            }
            li {
                "Fixed costs, never subtracted: round trip to the engine " (costs.ping_ns.to_string()) ", readiness asked every "
                (costs.probe_interval_ns.to_string()) ", clock resolution " (costs.clock_resolution_ns.0) " ns."
            }
            li { "What is missing is empty or says why, and is never 0. Sizes are decimal: 1 MB is 1 000 000 bytes." }
        }
        (meanings(sheet))
    };
    sheet.section("method", "How it was measured", &body)
}

fn meanings(sheet: &PageContext<'_>) -> Markup {
    let rows = metrics_of(sheet.record()).map(|metric| {
        vec![
            Cell::text(metric.id()),
            Cell::text(metric.title()),
            Cell::text(metric.definition()),
        ]
    });
    let meanings = Table {
        title: String::new(),
        columns: vec![
            Column::text("metric", "metric"),
            Column::text("title", "heading"),
            Column::text("definition", "what exactly is measured"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    };
    let how = Use {
        caption: "What the metrics mean",
        scenario: None,
        filtered: false,
    };
    html! {
        details.meanings {
            summary { "What the metrics mean" }
            (table(sheet, &meanings, how))
        }
    }
}
