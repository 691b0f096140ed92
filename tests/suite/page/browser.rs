//! The page in a real browser. Needs Chromium, Node and two packages, which `scripts/test`
//! brings: with `PLIMSOLL_BROWSER` set to the folder of the packages, else it is skipped.

use std::fs;
use std::path::Path;
use std::process::Command;

use plimsoll::page::{report_html, reports_html};
use plimsoll::record::RunRecord;
use plimsoll::store::RunFolder;

use super::planted::planted;
use super::side_by_side::{compared, over_time};
use super::structure::LARGE;
use crate::history::days;

fn reference(name: &str) -> RunRecord {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("results")
        .join(name);
    RunFolder::open(&folder).unwrap().load_record().unwrap()
}

#[test]
fn the_page_keeps_its_promises_in_chromium() {
    let Some(modules) = std::env::var_os("PLIMSOLL_BROWSER") else {
        println!("skipped: PLIMSOLL_BROWSER is not set");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = root.join("target/browser");
    fs::create_dir_all(place.join("pages")).unwrap();
    let technique = reference("reference-2026-11-21-2cpu-vm/technique-layer-order");
    let days = days(&[(16, 10_000, 95), (8, 12_000, 90)]);
    let (steady, slower) = (days[0].clone(), days[23].clone());
    let pages = [
        (
            "clean-room",
            report_html(&reference("reference-2026-11-21-clean-room-2cpu-vm")),
        ),
        ("technique", report_html(&technique)),
        (
            "several",
            reports_html(&[
                technique,
                reference("reference-2026-11-21-2cpu-vm/technique-strip"),
            ]),
        ),
        ("planted", report_html(&planted().0)),
        ("large", LARGE.clone()),
        ("comparison", compared(&steady, &slower)),
        ("history", over_time(&days)),
    ];
    let mut check = Command::new("node");
    check
        .arg(root.join("tests/browser/check.mjs"))
        .arg(modules)
        .arg(place.join("shots"));
    for (name, page) in &pages {
        let file = place.join("pages").join(format!("{name}.html"));
        fs::write(&file, page).unwrap();
        check.arg(file);
    }
    let output = check.output().expect("node is installed");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
