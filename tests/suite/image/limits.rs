//! The bounds of the lists of waste: what has no row of its own is in a row of the rest, or in
//! a count.

use plimsoll::inspection::Inspection;
use plimsoll::units::Count;

use super::accounts::account;
use super::maker::{Image, Layer};

/// All rows together hold all waste, and each wasted file is listed.
fn assert_whole(found: &Inspection) {
    let waste = &found.waste;
    assert_eq!(waste.bytes, found.waste_bytes);
    let (mut bytes, mut files) = (0, 0);
    for group in &waste.groups {
        bytes += group.bytes.0;
        files += group.files.0;
    }
    assert_eq!((bytes, files), (waste.bytes.0, waste.files.0));
    assert_eq!(waste.paths.len() as u64, waste.files.0);
    assert_eq!(waste.more, Count(0));
    let root = &waste.folders[0];
    assert_eq!(root.path, "/");
    assert_eq!((root.bytes, root.files), (waste.bytes, waste.files));
}

#[test]
fn files_beyond_the_rows_of_a_group_are_one_row() {
    let (mut below, mut above) = (Layer::new(), Layer::new());
    for number in 0..300 {
        let name = format!("f{number:03}");
        below = below.file(&name, vec![b'x'; 1_000 + number]);
        above = above.file(&name, "1");
    }
    let found = account(&Image::of([below, above]));
    assert_whole(&found);
    assert_eq!(found.waste.bytes.0, 300 * 1_000 + 299 * 300 / 2);
    let groups = &found.waste.groups;
    assert_eq!(groups.len(), 201);
    // The lightest hundred.
    let rest = groups.iter().find(|group| group.path == "/").unwrap();
    assert!(rest.is_folder);
    assert_eq!(rest.files.0, 100);
    assert_eq!(rest.bytes.0, 100 * 1_000 + 99 * 100 / 2);
}

#[test]
fn groups_beyond_the_rows_are_one_row_each_and_their_files_are_listed() {
    let layer = |number: usize, files: usize| {
        (0..files).fold(Layer::new(), |layer, file| {
            layer.file(&format!("{number:02}-{file:03}"), "1234567890")
        })
    };
    let mut image = Image::of([]);
    for number in 0..10 {
        image.layers.push(layer(number, 200).bytes());
    }
    image.layers.push(layer(10, 3).bytes());
    let opaque = Layer::new().file(".wh..wh..opq", "");
    image.layers.push(opaque.bytes());
    let found = account(&image);
    assert_whole(&found);
    let groups = &found.waste.groups;
    assert_eq!(groups.len(), 2_001);
    let rest: Vec<_> = { groups.iter() }
        .filter(|group| group.path == "/")
        .map(|group| (group.files.0, group.written_by, group.hidden_by))
        .collect();
    assert_eq!(rest, [(3, 11, 12)]);
    assert_eq!(found.waste.paths.len(), 2_003);
    assert_eq!(found.waste.more_folders, Count(0));
}

#[test]
fn folders_that_lie_too_deep_are_counted() {
    let deep = "a/b/c/d/e/f/g/h";
    let below = Layer::new()
        .file(&format!("{deep}/x"), "123")
        .file(&format!("{deep}/y"), "12");
    let above = Layer::new().file(".wh.a", "");
    let found = account(&Image::of([below, above]));
    assert_whole(&found);
    let folders = found.waste.folders.iter();
    let folders: Vec<_> = folders.map(|folder| folder.path.as_str()).collect();
    let listed = [
        "/",
        "/a",
        "/a/b",
        "/a/b/c",
        "/a/b/c/d",
        "/a/b/c/d/e",
        "/a/b/c/d/e/f",
    ];
    assert_eq!(folders, listed);
    // `g` and `h`, each once.
    assert_eq!(found.waste.more_folders, Count(2));
}
