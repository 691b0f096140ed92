//! `plimsoll history`: many runs over time.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use globset::Glob;

use super::args::{HistoryArgs, HistoryFormat, Place};
use super::cases::CaseFilter;
use super::charts::{self, Picture};
use super::config;
use super::failure::{Exit, Failure, store_failure};
use super::output::{Printer, hand_over};
use crate::export;
use crate::history::{
    HEADLINES, InOrder, RunDigest, Trend, TrendOutcome, TrendStanding, TrendTerms, in_order, trends,
};
use crate::page;
use crate::record::Metric;
use crate::store::{self, Gathered};
use crate::summary::HistoryPage;
use crate::tables;

/// From so many runs on, a message says that reading takes a while.
const MANY: usize = 200;

/// Reads the runs and prints how each metric went.
///
/// # Errors
/// When folder, branch, metric or `--since` are not there, or no run is left.
pub(super) fn history(
    place: &Place,
    args: &HistoryArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let filter = CaseFilter::new(args.only.as_deref())?;
    let metrics = metrics(&args.metrics)?;
    let (source, gathered) = gathered(place, args, printer)?;
    let (runs, left_out) = sorted(gathered);
    for (file, reason) in &left_out {
        printer.talk(&format!("left out: {file}: {reason}"));
    }
    let runs = since(runs, args.since.as_deref())?;
    if runs.is_empty() {
        let said = format!("there is no run in {source}");
        let hint = "`plimsoll run` makes runs; name the folder that holds them, or a branch";
        return Err(Failure::failed(said).with_hint(Some(hint.to_owned())));
    }
    let terms = TrendTerms {
        window: usize::from(args.last),
        timed: args.threshold,
        exact: args.exact_threshold,
        waived: args.allow.iter().copied().collect(),
    };
    let found = trends(&runs, &terms, |case, metric| {
        metrics.contains(&metric) && filter.admits(&case.scenario, &case.variant)
    });
    let page = HistoryPage {
        source: &source,
        runs: runs.len(),
        left_out: &left_out,
        terms: &terms,
        trends: &found,
    };
    print_page(&page, place, args, printer)?;
    Ok(exit_of(&found, args))
}

/// Prints the history, or writes its page or its charts.
fn print_page(
    page: &HistoryPage<'_>,
    place: &Place,
    args: &HistoryArgs,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let width = printer.width.filter(|_| args.out.is_none());
    let picture = match args.format {
        HistoryFormat::Svg => Some(Picture::Svg),
        HistoryFormat::Png => Some(Picture::Png),
        _ => None,
    };
    if let Some(picture) = picture {
        let budgets = config::load(place)?.budgets;
        let charts = crate::charts::history_charts(page.trends, &budgets, args.theme.into());
        return charts::write_all(&charts, args.out.as_deref(), picture, printer);
    }
    let bytes = match args.format {
        HistoryFormat::Json => format!("{:#}\n", export::history_json(page)).into_bytes(),
        HistoryFormat::Csv => export::history_csv(page),
        HistoryFormat::Html => {
            let budgets = config::load(place)?.budgets;
            page::history_html(page, &budgets).into_bytes()
        }
        HistoryFormat::Md => pages(page, args, |table| table.markdown()),
        _ => pages(page, args, |table| table.terminal(width)),
    };
    hand_over(&bytes, args.out.as_deref(), true, printer)
}

/// The table of all trends, and with `--metric` one for each.
fn pages(
    page: &HistoryPage<'_>,
    args: &HistoryArgs,
    drawn: impl Fn(&tables::Table) -> String,
) -> Vec<u8> {
    let mut text = drawn(&tables::history_table(page));
    let detailed = page.trends.iter().filter(|_| !args.metrics.is_empty());
    for trend in detailed {
        text.push('\n');
        text.push_str(&drawn(&tables::trend_table(trend)));
    }
    text.into_bytes()
}

/// Where the runs are from, in words, and what is found there.
fn gathered(
    place: &Place,
    args: &HistoryArgs,
    printer: &Printer,
) -> Result<(String, Gathered), Failure> {
    let Some(branch) = &args.branch else {
        let folder = folder(place, args.folder.as_deref());
        let found = runs_below(place, &folder, printer)?;
        return Ok((folder.display().to_string(), found));
    };
    let repository = args.folder.as_deref().unwrap_or(place.home());
    let under = args.under.as_deref();
    let begun = |missing: usize| report_unindexed(printer, missing);
    let found = store::gather_branch(repository, branch, under, place.caches.as_deref(), &begun);
    Ok((format!("branch {branch}"), found.map_err(store_failure)?))
}

/// All runs below a folder.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn runs_below(
    place: &Place,
    folder: &Path,
    printer: &Printer,
) -> Result<Gathered, Failure> {
    let begun = |missing: usize| report_unindexed(printer, missing);
    store::gather_folder(folder, place.caches.as_deref(), &begun).map_err(store_failure)
}

fn report_unindexed(printer: &Printer, missing: usize) {
    let sink = printer.talk_sink();
    if missing >= MANY
        && let Ok(mut sink) = sink.lock()
    {
        let _ = writeln!(
            sink,
            "reading {missing} runs that the index does not know yet"
        );
    }
}

/// As it is named, or below `results/`.
fn folder(place: &Place, named: Option<&Path>) -> PathBuf {
    let results = place.results();
    match named {
        None => results,
        Some(folder) if folder.exists() || !results.join(folder).exists() => folder.to_owned(),
        Some(folder) => results.join(folder),
    }
}

/// Files with their runs, or with the reason why they are left out.
pub(super) type Named<T> = Vec<(String, T)>;

/// In the order of time; copies of a run join what is left out.
pub(super) fn sorted(gathered: Gathered) -> (Named<RunDigest>, Named<String>) {
    let InOrder { runs, copies } = in_order(gathered.runs);
    let left_out = gathered.left_out.into_iter();
    let mut left_out: Named<String> = left_out.map(|one| (one.file, one.reason)).collect();
    let copies = copies.into_iter();
    left_out.extend(copies.map(|(file, id)| (file, format!("it is a copy of the run {id}"))));
    left_out.sort();
    (runs, left_out)
}

/// The runs from a day, a time or a run on.
fn since(runs: Named<RunDigest>, since: Option<&str>) -> Result<Vec<RunDigest>, Failure> {
    let from = match since {
        None => String::new(),
        Some(text) => match moment(text).or_else(|| begin_of(&runs, text)) {
            Some(from) => from,
            None => {
                let said = format!("--since: `{text}` is no day, no time and no run of these");
                let hint = "write 2026-11-01, 2026-11-01T20:00:00Z or the name of a run's folder";
                return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
            }
        },
    };
    let runs = runs.into_iter().map(|(_, run)| run);
    Ok(runs.filter(|run| run.started_at >= from).collect())
}

/// In the form of [`RunDigest::started_at`].
fn moment(text: &str) -> Option<String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        let utc = time.with_timezone(&Utc);
        return Some(utc.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    let day = text.parse::<NaiveDate>().ok()?;
    Some(format!("{day}T00:00:00Z"))
}

/// When a run began, by its id or the name of its folder.
fn begin_of(runs: &[(String, RunDigest)], name: &str) -> Option<String> {
    let of_name = |(file, run): &&(String, RunDigest)| {
        let folder = Path::new(file).parent().and_then(Path::file_name);
        run.id == name || folder.is_some_and(|folder| folder == name)
    };
    runs.iter()
        .find(of_name)
        .map(|(_, run)| run.started_at.clone())
}

/// What `--metric` names: ids, or globs of them.
fn metrics(named: &[String]) -> Result<Vec<Metric>, Failure> {
    if named.is_empty() {
        return Ok(HEADLINES.to_vec());
    }
    let mut wanted = Vec::new();
    for text in named {
        let glob = Glob::new(text).map_err(|error| Failure::usage(format!("--metric: {error}")))?;
        let glob = glob.compile_matcher();
        let ids = || Metric::ALL.iter().filter(|metric| !metric.is_floor());
        let matched = ids().copied().filter(|metric| glob.is_match(metric.id()));
        let before = wanted.len();
        wanted.extend(matched);
        if wanted.len() == before {
            let near = ids().map(|metric| (strsim::damerau_levenshtein(metric.id(), text), metric));
            let hint = near
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, metric)| format!("did you mean `{metric}`?"));
            let said = format!("--metric: there is no metric `{text}`");
            return Err(Failure::usage(said).with_hint(hint));
        }
    }
    Ok(wanted)
}

fn exit_of(trends: &[Trend<'_>], args: &HistoryArgs) -> Exit {
    let standings = || trends.iter().map(|trend| trend.outcome.standing());
    let judged = trends
        .iter()
        .any(|trend| matches!(trend.outcome, TrendOutcome::Judged(_)));
    if args.exit_zero || !args.check {
        Exit::Fine
    } else if standings().any(|standing| standing == TrendStanding::Worse) {
        Exit::Regressed
    } else if args.fail_on_inconclusive
        && (!judged || standings().any(|standing| standing == TrendStanding::Inconclusive))
    {
        Exit::Inconclusive
    } else {
        Exit::Fine
    }
}
