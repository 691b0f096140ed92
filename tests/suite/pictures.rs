//! README's pictures: each is what `scripts/pictures` draws from the run that README names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::record::RunRecord;
use plimsoll::report::{Chart, Theme, charts};
use plimsoll::store::RunFolder;
use regex::Regex;

const THEMES: [(&str, Theme); 2] = [("light", Theme::Light), ("dark", Theme::Dark)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A picture as README shows it.
struct Shown {
    run: String,
    name: String,
    alt: String,
}

/// All pictures between the marks, each with the run that its mark names.
fn shown() -> Vec<Shown> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let picture = Regex::new(
        "<source media=\"\\(prefers-color-scheme: dark\\)\" srcset=\"docs/pictures/dark/([^\"]+)\\.svg\">\\s*\
         <img alt=\"([^\"]*)\" src=\"docs/pictures/light/([^\"]+)\\.svg\">",
    )
    .unwrap();
    let mut found = Vec::new();
    for block in readme.split("<!-- pictures:begin ").skip(1) {
        let (run, rest) = block.split_once(" -->").unwrap();
        let (inside, _) = rest.split_once("<!-- pictures:end -->").unwrap();
        for one in picture.captures_iter(inside) {
            assert_eq!(one[1], one[3], "light and dark show one chart");
            found.push(Shown {
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
    assert_eq!(readme.matches("docs/pictures/").count(), 2 * found.len());
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
fn each_picture_is_drawn_from_the_run_that_readme_names() {
    let shown = shown();
    assert!(shown.len() >= 3, "README shows {} pictures", shown.len());
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
            assert_eq!(one.alt, chart.alt, "README's words for {}", one.name);
            wanted.insert(file);
        }
    }
    let kept: BTreeSet<PathBuf> = THEMES
        .iter()
        .flat_map(|(theme, _)| fs::read_dir(root().join("docs/pictures").join(theme)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(kept, wanted, "no picture is kept that README does not show");
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
