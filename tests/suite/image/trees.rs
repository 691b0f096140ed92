//! Layers on top of one another: names and bytes that can be added up by hand.

use super::maker::{Image, Layer};

/// Files, tree bytes, layer bytes, waste.
fn weighed(image: &Image) -> [u64; 4] {
    let seen = image.look().unwrap();
    let ratio = seen.efficiency.map(|ratio| ratio.get());
    let (tree, all) = (seen.tree_bytes.0, seen.layer_bytes.0);
    assert_eq!(ratio, (all > 0).then(|| tree as f64 / all as f64));
    [seen.files.0, tree, all, seen.waste.0]
}

#[test]
fn an_image_without_layers_holds_nothing() {
    assert_eq!(weighed(&Image::of([])), [0, 0, 0, 0]);
    assert_eq!(weighed(&Image::of([Layer::new()])), [0, 0, 0, 0]);
}

#[test]
fn what_is_overwritten_or_deleted_later_is_waste() {
    let image = Image::of([
        Layer::new()
            .folder("./")
            .folder("app/")
            .file("app/kept", "12345")
            .file("app/changed", "1234567")
            .file("app/gone", "123")
            .folder("cache/")
            .file("cache/deep/blob", "1234567890"),
        Layer::new()
            .file("app/changed", "12")
            .file("app/.wh.gone", "")
            .file(".wh.cache", ""),
        // Nothing is below it any more, and that is no fault.
        Layer::new().file("app/.wh.gone", "").file("app/new", "1"),
    ]);
    // app, kept, changed, new: 5 + 2 + 1 of 5 + 7 + 3 + 10 + 2 + 1.
    assert_eq!(weighed(&image), [4, 8, 28, 20]);
}

#[test]
fn an_opaque_folder_hides_everything_below_it_and_nothing_else() {
    let below = || Layer::new().file("d/low", "12").file("d/sub/low", "123");
    let above = Layer::new()
        .file("d/new", "1")
        .file("d/.wh..wh..opq", "")
        .file("d/sub/new", "1234");
    // d, new, sub, sub/new.
    assert_eq!(weighed(&Image::of([below(), above])), [4, 5, 10, 5]);
    let root = Layer::new().file(".wh..wh..opq", "").file("x", "1");
    assert_eq!(weighed(&Image::of([below(), root])), [1, 1, 6, 5]);
}

#[test]
fn a_whiteout_spares_what_its_own_layer_lays() {
    // Docker 20.10 was seen to keep `x` in this order.
    let image = Image::of([
        Layer::new().file("x", "1"),
        Layer::new().file(".wh.x", "").file("x", "22"),
    ]);
    assert_eq!(weighed(&image), [1, 2, 3, 1]);
}

#[test]
fn files_and_folders_take_each_others_place() {
    let image = Image::of([
        Layer::new()
            .file("a", "1")
            .file("b/c", "12")
            .file("b/d", "123"),
        Layer::new().file("a/x", "1234").file("b", "12345"),
    ]);
    // a, a/x, b.
    assert_eq!(weighed(&image), [3, 9, 15, 6]);
}

#[test]
fn hard_links_are_names_of_one_file() {
    let image = Image::of([
        Layer::new()
            .file("a", "12345")
            .hard_link("b", "a")
            .hard_link("c", "./b")
            .hard_link("d", "/c"),
        Layer::new()
            .file("e", "1")
            .hard_link("f", "e")
            .file(".wh.a", ""),
    ]);
    // b, c, d, e, f; the content of `a` lives on.
    assert_eq!(weighed(&image), [5, 6, 6, 0]);
    // To a lower layer's file, as builders that snapshot the whole tree write it.
    let across = Image::of([
        Layer::new().file("a", "12345"),
        Layer::new().hard_link("x/b", "a"),
    ]);
    assert_eq!(weighed(&across), [3, 5, 5, 0]);
}

#[test]
fn the_same_layer_twice_weighs_twice() {
    let mut image = Image::of([Layer::new().file("a", "12345")]);
    image.layers.push(image.layers[0].clone());
    assert_eq!(weighed(&image), [1, 5, 10, 5]);
}

#[test]
fn links_devices_and_implied_folders_are_names() {
    let image = Image::of([Layer::new()
        .link("bin", "usr/bin")
        .file("usr/bin/x", "1")
        .file("bin/y", "12")
        .device("dev/null")]);
    // bin, dev, dev/null, usr, usr/bin, x, y.
    assert_eq!(weighed(&image), [7, 3, 3, 0]);
}

#[test]
fn names_that_lead_out_stay_inside() {
    let image = Image::of([Layer::new()
        .file("../esc", "1")
        .file("/abs/x", "12")
        .file("a/../../b", "123")
        .link("up", "../../..")
        .file("up/c", "1234")]);
    // esc, abs, abs/x, b, up, c: nothing is written anywhere.
    assert_eq!(weighed(&image), [6, 10, 10, 0]);
}

#[test]
fn long_names_come_in_two_forms() {
    let deep = format!("{}file", "folder-of-some-length/".repeat(12));
    for posix in [false, true] {
        let image = Image::of([
            Layer::new().long(&deep, posix, b"12345"),
            Layer::new().long(&deep, !posix, b"123"),
        ]);
        assert_eq!(weighed(&image), [13, 3, 8, 5], "posix: {posix}");
    }
    let utf8 = "ein-langer-Name-mit-Ümläuten/".repeat(5) + "日本";
    let image = Image::of([Layer::new().long(&utf8, true, b"1")]);
    assert_eq!(weighed(&image), [6, 1, 1, 0]);
}

#[test]
fn a_name_need_not_be_text() {
    let mut layer = Layer::new().file("aXb", "1").file("aYb", "12").bytes();
    // Two names that are the same where odd bytes are replaced.
    for (letter, byte) in [(b'X', 0xfe), (b'Y', 0xff)] {
        let at = layer
            .windows(3)
            .position(|part| part == [b'a', letter, b'b'])
            .unwrap();
        layer[at + 1] = byte;
        let header: &mut [u8] = &mut layer[at..at + 512];
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let mut image = Image::of([]);
    image.layers.push(layer);
    assert_eq!(weighed(&image), [2, 3, 3, 0]);
}
