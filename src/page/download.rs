//! The raw data, in the page itself.

use std::borrow::Cow;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use maud::html;

use super::page_context::PageContext;
use super::section::Section;
use crate::export::samples_csv;
use crate::record::RunRecord;
use crate::units::Bytes;

/// More steps of builds are left out of the page: they are most of a large record.
const MOST_STEPS: usize = 20_000;

/// A file that the page carries.
struct Carried {
    name: &'static str,
    what: &'static str,
    text: Vec<u8>,
}

/// Files as packed `data:` links, which any browser saves as they are; the page's script
/// unpacks them on the way. Plain, the record of 100 variants in 20 rounds alone would
/// be more than the whole page may be.
pub(super) fn downloads(sheet: &PageContext<'_>) -> Section {
    let record = sheet.record();
    let steps: usize = record.builds.iter().map(|build| build.steps.len()).sum();
    let (carried, what) = if steps > MOST_STEPS {
        let without = RunRecord {
            builds: Vec::new(),
            ..record.clone()
        };
        let what = "the record without the steps of its builds, which would be too much for a page: \
                    the run's folder has them";
        (Cow::Owned(without), what)
    } else {
        let what = "the record, from which all of this is computed";
        (Cow::Borrowed(record), what)
    };
    let files = [
        Carried {
            name: "run.json",
            what,
            text: serde_json::to_vec(&*carried).expect("a record goes to JSON"),
        },
        Carried {
            name: "samples.csv",
            what: "a row per sample",
            text: samples_csv(record),
        },
    ];
    let body = html! {
        p { "Inside this page, packed with gzip. Nothing is fetched." }
        ul.downloads {
            @for file in &files {
                li {
                    a download={ (file.name) ".gz" } data-unpacked=(file.name)
                        href={ "data:application/gzip;base64," (STANDARD.encode(gzip(&file.text))) } { (file.name) }
                    ": " (file.what) ", " (Bytes(file.text.len() as u64).to_string())
                }
            }
        }
        p { "Computed again from the run's folder:" }
        pre tabindex="0" { code { "plimsoll report " (record.id) " --format html" } }
    };
    sheet.section("data", "Raw data", &body)
}

/// Without a date in its head, so that the same record gives the same page.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text).expect("memory takes every byte");
    packer.finish().expect("memory takes every byte")
}
