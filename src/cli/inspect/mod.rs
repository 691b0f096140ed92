//! `plimsoll inspect`: one image, of the engine or from a file.

mod base;
mod saved;
mod side;
mod subject;
mod usage;

use std::ffi::OsStr;

use chrono::{DateTime, SecondsFormat};

use super::args::{InspectArgs, InspectFormat};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::output_error::unless_left;
use crate::engine::{Clock, Engine};
use crate::export::{self, Sbom};
use crate::host::SystemClock;
use crate::image::{Examined, Filter};
use crate::inspection::{Growth, Inspection, Judged, judge, platform_fit};
use crate::record::{Texts, mask_texts, secrets_in};
use crate::secrets::{Masker, Secret};
use crate::tables::{self, InspectionView, Table};

use side::{InspectedSide, check_archives, check_selection, no_archive};
use subject::{ImageLocation, ReadImage};

/// An image with its account. Its texts may hold secrets.
struct Found {
    /// None where its analysis was saved.
    examined: Option<Box<Examined>>,
    account: Inspection,
    /// Whether it is in an archive or in a layout, which may have several images.
    is_of_archive: bool,
    /// The values of all secrets that were found.
    values: Vec<Secret>,
}

/// Reads the image, and prints what is in it. The engine is asked only where the image or
/// its base is one of its own.
///
/// # Errors
/// When the image is not there, or makes no sense; when the engine does not answer.
pub(super) async fn inspect<E: Engine>(
    connect: impl AsyncFn() -> Result<E, Failure>,
    args: &InspectArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let conditions = usage::conditions(args)?;
    let filter = Filter::new(args.layer, args.path.as_deref());
    let filter = filter.map_err(Failure::usage)?;
    check_selection(args)?;
    let mut base = None;
    let found = look(&connect, InspectedSide::Image, args, &mut base, printer).await?;
    if let Some(against) = &args.against {
        let side = InspectedSide::Against(against);
        let against = look(&connect, side, args, &mut base, printer).await?;
        check_archives(args, found.is_of_archive || against.is_of_archive)?;
        return print_growth(found, against, args, printer);
    }
    if args.layer.is_some() || args.path.is_some() {
        return print_files(found, &filter, args, printer);
    }
    let mut account = found.account;
    mask(&mut account, found.values);
    if args.packages {
        let text = packages_of(&account, args, printer)?;
        unless_left(printer.data(text.as_bytes()))?;
        return Ok(Exit::Fine);
    }
    let judged = judge(&account, &conditions);
    let text = text_of(&account, &judged, args, printer)?;
    unless_left(printer.data(text.as_bytes()))?;
    if matches!(args.format, InspectFormat::Cyclonedx | InspectFormat::Spdx) {
        // The document has no place for them.
        for one in &judged {
            for finding in &one.findings {
                printer.talk(&format!("{}: {}", one.condition, finding.message));
            }
        }
    }
    let fails = judged.iter().any(|one| !one.findings.is_empty());
    Ok(if fails { Exit::Regressed } else { Exit::Fine })
}

fn text_of(
    account: &Inspection,
    judged: &[Judged],
    args: &InspectArgs,
    printer: &Printer,
) -> Result<String, Failure> {
    Ok(match args.format {
        InspectFormat::Table | InspectFormat::Md => {
            let view = view(args, printer);
            let mut tables = tables::inspection_tables(account, view);
            if !judged.is_empty() {
                tables.push(tables::gate_table(account, judged, view));
            }
            drawn(&tables, args, printer)
        }
        InspectFormat::Json => export::inspection_json(account, judged).map_err(Failure::failed)?,
        InspectFormat::Junit => export::gate_junit(account, judged).map_err(Failure::failed)?,
        InspectFormat::Sarif => format!("{:#}\n", export::gate_sarif(account, judged)),
        InspectFormat::Annotations => export::gate_annotations(account, judged),
        InspectFormat::Cyclonedx => bill(account, Sbom::CycloneDx)?,
        InspectFormat::Spdx => bill(account, Sbom::Spdx)?,
    })
}

fn packages_of(
    account: &Inspection,
    args: &InspectArgs,
    printer: &Printer,
) -> Result<String, Failure> {
    Ok(match args.format {
        InspectFormat::Json => export::packages_json(account).map_err(Failure::failed)?,
        InspectFormat::Cyclonedx => bill(account, Sbom::CycloneDx)?,
        InspectFormat::Spdx => bill(account, Sbom::Spdx)?,
        _ => {
            let table = tables::package_table(account, view(args, printer));
            drawn(&[table], args, printer)
        }
    })
}

fn bill(account: &Inspection, form: Sbom) -> Result<String, Failure> {
    let stated = std::env::var_os("SOURCE_DATE_EPOCH");
    let created = match stated {
        Some(stated) => created_at(&stated).ok_or_else(|| {
            let stated = stated.to_string_lossy();
            Failure::usage(format!(
                "failed to read SOURCE_DATE_EPOCH: `{stated}` is not a time"
            ))
            .with_hint(Some(
                "set it to the seconds since 1970, or unset it".to_owned(),
            ))
        })?,
        None => SystemClock::new().utc(),
    };
    let bill = export::sbom(account, form, &created);
    Ok(format!("{:#}\n", bill.map_err(Failure::failed)?))
}

/// The time that `SOURCE_DATE_EPOCH` states, by RFC 3339
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn created_at(stated: &OsStr) -> Option<String> {
    let seconds: u32 = stated.to_str()?.parse().ok()?;
    let time = DateTime::from_timestamp(seconds.into(), 0)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn print_files(
    found: Found,
    filter: &Filter,
    args: &InspectArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let Some(examined) = found.examined else {
        let said = format!(
            "`{}` is a saved analysis, and does not have the files of the layers",
            args.image
        );
        let hint = "use --layer and --path with the image itself".to_owned();
        return Err(Failure::usage(said).with_hint(Some(hint)));
    };
    let count = examined.layer_count();
    if let Some(layer) = args
        .layer
        .filter(|layer| *layer == 0 || *layer as usize > count)
    {
        let said = format!("`{}` has no layer {layer}", args.image);
        let hint = format!("its layers are numbered from 1 to {count}");
        return Err(Failure::usage(said).with_hint(Some(hint)));
    }
    let mut list = examined.list(filter);
    list.image.clone_from(&args.image);
    list.selected.clone_from(&found.account.selected);
    mask(&mut list, found.values);
    let text = match args.format {
        InspectFormat::Json => export::json_text(&list).map_err(Failure::failed)?,
        _ => drawn(
            &[tables::file_table(&list, view(args, printer))],
            args,
            printer,
        ),
    };
    printer.data(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn print_growth(
    found: Found,
    against: Found,
    args: &InspectArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let mut growth = Growth::of(&found.account, &against.account);
    match (&found.examined, &against.examined) {
        (Some(image), Some(against)) => {
            (growth.paths, growth.unlisted_files) = image.growth_of_paths(against);
        }
        _ => growth.without_paths = true,
    }
    let values = found.values.into_iter().chain(against.values);
    mask(&mut growth, values.collect());
    let text = match args.format {
        InspectFormat::Json => export::json_text(&growth).map_err(Failure::failed)?,
        _ => drawn(
            &tables::growth_tables(&growth, view(args, printer)),
            args,
            printer,
        ),
    };
    printer.data(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn view(args: &InspectArgs, printer: &Printer) -> InspectionView {
    InspectionView {
        is_whole: args.all || args.format == InspectFormat::Json,
        // Markdown is for other readers than the terminal.
        width: printer.width.filter(|_| args.format != InspectFormat::Md),
    }
}

fn drawn(tables: &[Table], args: &InspectArgs, printer: &Printer) -> String {
    let draw = |table: &Table| match args.format {
        InspectFormat::Md => table.markdown(),
        _ => table.terminal(printer.width),
    };
    tables.iter().map(draw).collect::<Vec<_>>().join("\n")
}

/// What is known of an image. `base` has the layers of `--base` once they are read.
async fn look<E: Engine>(
    connect: &impl AsyncFn() -> Result<E, Failure>,
    side: InspectedSide<'_>,
    args: &InspectArgs,
    base: &mut Option<Vec<String>>,
    printer: &mut Printer,
) -> Result<Found, Failure> {
    let image = side.name(args);
    let subject = ImageLocation::of(image);
    let is_engines = matches!(subject, ImageLocation::Engine(_));
    if is_engines && side.is_selected(args) {
        return Err(no_archive(&[image]));
    }
    let engine = match is_engines {
        true => Some(connect().await?),
        false => None,
    };
    let engine = engine.as_ref();
    let selection = side.selection(args);
    let selected = selection.image.clone().filter(|_| !is_engines);
    let read = subject::look_at(engine, image, &subject, selection, printer).await?;
    let (examined, mut account, values) = match read {
        ReadImage::Saved(account) => {
            if side.is_selected(args) {
                return Err(no_archive(&[image]));
            }
            (None, of_platform(*account, image, args)?, Vec::new())
        }
        ReadImage::Image(examined, facts) => {
            let contents = examined.contents();
            let contents = contents.map_err(|error| subject::failure(image, error))?;
            let values = contents.values.clone();
            let is_whole = args.all || args.format == InspectFormat::Json;
            let mut account = examined.account(contents, is_whole);
            account.image = image.to_owned();
            account.selected = selected;
            if let Some(facts) = facts {
                let facts = *facts;
                account.id = facts.id.0;
                account.digests = facts.repo_digests;
                // The engine speaks of its own platform, and counts the bytes of all.
                if args.platform.is_none() {
                    account.platform = facts.platform;
                    account.listed_bytes = Some(facts.listed);
                }
            }
            (Some(examined), account, values)
        }
    };
    for note in &account.notes {
        printer.talk(&format!("note: {image}: {note}"));
    }
    let mut is_set = false;
    if let Some(name) = &args.base {
        let layers = match base.take() {
            Some(layers) => layers,
            None => base::given_layers(connect, engine, name, args).await?,
        };
        let set = base::set_given(name, &layers, &mut account);
        *base = Some(layers);
        match (set, side) {
            (Ok(()), _) => is_set = true,
            // The base is of the first image. The other one may have another.
            (Err(_), InspectedSide::Against(_)) => {
                printer.talk(&format!("note: {image}: `{name}` is not its base"));
            }
            (Err(failure), InspectedSide::Image) => return Err(failure),
        }
    }
    if let (false, Some(engine), Some(examined)) = (is_set, engine, &examined) {
        base::find(engine, examined, &mut account).await?;
    }
    Ok(Found {
        is_of_archive: examined.is_some() && !is_engines,
        examined,
        account,
        values,
    })
}

/// A saved analysis, where it is of the platform that is asked for.
fn of_platform(
    account: Inspection,
    image: &str,
    args: &InspectArgs,
) -> Result<Inspection, Failure> {
    let wanted = args.platform.as_deref();
    if wanted.is_none_or(|wanted| platform_fit(wanted, &account.platform).is_some()) {
        return Ok(account);
    }
    let said = format!(
        "`{image}` is the analysis of an image of {}",
        account.platform
    );
    Err(Failure::usage(said).with_hint(Some("leave out --platform".to_owned())))
}

/// Masks what was found to be a secret, and what looks like one.
fn mask(texts: &mut impl Texts, values: Vec<Secret>) {
    let mut masker = Masker::default();
    masker.learn(values);
    masker.learn(secrets_in(texts));
    mask_texts(texts, &masker);
}
