//! The pictures of README.md and results/README.md: each is what `scripts/pictures` draws from
//! the run that its page names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::charts::{Chart, Theme, charts};
use plimsoll::record::RunRecord;
use plimsoll::store::RunFolder;
use regex::Regex;

const THEMES: [(&str, Theme); 2] = [("light", Theme::Light), ("dark", Theme::Dark)];

/// The pages with pictures, each with what leads from it to the root.
const PAGES: [(&str, &str); 2] = [("README.md", ""), ("results/README.md", "../")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A picture as a page shows it.
struct Shown {
    page: &'static str,
    run: String,
    name: String,
    alt: String,
}

/// All pictures between the marks of all pages, each with the run that its mark names.
fn shown() -> Vec<Shown> {
    let all = PAGES.into_iter();
    all.flat_map(|(page, up)| shown_on(page, up)).collect()
}

fn shown_on(page: &'static str, up: &str) -> Vec<Shown> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let up = regex::escape(up);
    let picture = Regex::new(&format!(
        "<source media=\"\\(prefers-color-scheme: dark\\)\" srcset=\"{up}docs/pictures/dark/([^\"]+)\\.svg\">\\s*\
         <img alt=\"([^\"]*)\" src=\"{up}docs/pictures/light/([^\"]+)\\.svg\">",
    ))
    .unwrap();
    let mut found = Vec::new();
    for block in text.split("<!-- pictures:begin ").skip(1) {
        let (run, rest) = block.split_once(" -->").unwrap();
        let (inside, _) = rest.split_once("<!-- pictures:end -->").unwrap();
        for one in picture.captures_iter(inside) {
            assert_eq!(one[1], one[3], "light and dark show one chart");
            found.push(Shown {
                page,
                run: run.to_owned(),
                name: one[1].to_owned(),
                alt: one[2].to_owned(),
            });
        }
        assert_eq!(
            inside.matches("<img").count(),
            picture.captures_iter(inside).count()
        );
    }
    assert_eq!(text.matches("docs/pictures/").count(), 2 * found.len());
    assert!(!found.is_empty(), "{page} shows no picture");
    found
}

fn drawn(run: &str, name: &str, theme: Theme) -> Chart {
    let folder = RunFolder::open(&root().join(run)).unwrap();
    let record: RunRecord = folder.load_record().unwrap();
    let mut all = charts(&record, theme).into_iter();
    all.find(|chart| chart.name == name)
        .unwrap_or_else(|| panic!("{run} has no chart `{name}`"))
}

#[test]
fn each_picture_is_drawn_from_the_run_that_its_page_names() {
    let shown = shown();
    assert!(shown.len() >= 3, "the pages show {} pictures", shown.len());
    let mut wanted = BTreeSet::new();
    for one in &shown {
        for (theme_name, theme) in THEMES {
            let file = root().join(format!("docs/pictures/{theme_name}/{}.svg", one.name));
            let chart = drawn(&one.run, &one.name, theme);
            let kept = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                kept == chart.svg,
                "{} is not what {} gives: run scripts/pictures",
                file.display(),
                one.run
            );
            assert_eq!(
                one.alt, chart.alt,
                "the words of {} for {}",
                one.page, one.name
            );
            wanted.insert(file);
        }
    }
    let kept: BTreeSet<PathBuf> = THEMES
        .iter()
        .flat_map(|(theme, _)| fs::read_dir(root().join("docs/pictures").join(theme)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(kept, wanted, "no picture is kept that no page shows");
}

#[test]
fn a_picture_of_another_run_is_found_out() {
    let one = &shown()[0];
    let (light, dark) = (
        drawn(&one.run, &one.name, Theme::Light),
        drawn(&one.run, &one.name, Theme::Dark),
    );
    assert_ne!(light.svg, dark.svg);
    let folder = RunFolder::open(&root().join(&one.run)).unwrap();
    let mut record = folder.load_record().unwrap();
    // All bytes a twentieth larger: the picture is another one.
    let counted = record
        .samples
        .iter_mut()
        .filter_map(|sample| match &mut sample.outcome {
            plimsoll::record::Outcome::Ok {
                value: plimsoll::units::Quantity::Bytes(bytes),
            } => Some(bytes),
            _ => None,
        });
    for bytes in counted {
        bytes.0 += bytes.0 / 20;
    }
    let again = charts(&record, Theme::Light);
    let again = again.iter().find(|chart| chart.name == one.name).unwrap();
    assert_ne!(light.svg, again.svg);
}
