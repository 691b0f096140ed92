//! Checks the files that plimsoll's dependency edit puts in the place of Cargo.toml, Cargo.lock
//! and one source: they must stay this package's plus one crate, or a rebuild measures something else.

use std::collections::BTreeMap;

const MANIFEST: &str = include_str!("../Cargo.toml");
const LOCK: &str = include_str!("../Cargo.lock");
const EDITED_MANIFEST: &str = include_str!("../edits/Cargo.toml");
const EDITED_LOCK: &str = include_str!("../edits/Cargo.lock");
const EDITED_POLICY: &str = include_str!("../edits/policy.rs");

const ADDED: &str = "tower-http";
const WITH_IT: &str = "bitflags";

/// The packages of a lock file by name; what comes before the first has none.
fn packages(lock: &str) -> BTreeMap<&str, &str> {
    lock.split("[[package]]\n")
        .map(|block| {
            let block = block.trim_end();
            let name = block
                .strip_prefix("name = \"")
                .and_then(|rest| rest.split('"').next());
            (name.unwrap_or_default(), block)
        })
        .collect()
}

#[test]
fn the_manifest_has_one_more_line_for_the_crate() {
    let mut extra = 0;
    let rest: Vec<&str> = EDITED_MANIFEST
        .lines()
        .filter(|line| {
            let is_extra = line.starts_with(&format!("{ADDED} = "));
            extra += usize::from(is_extra);
            !is_extra && *line != "# edited {nonce}"
        })
        .collect();
    assert_eq!(extra, 1);
    assert_eq!(rest, MANIFEST.lines().collect::<Vec<_>>());
}

#[test]
fn the_lock_file_has_the_crate_and_what_it_needs_and_nothing_else() {
    let (original, mut edited) = (packages(LOCK), packages(EDITED_LOCK));
    assert!(original.len() > 10, "{} packages", original.len());
    for name in [ADDED, WITH_IT] {
        assert!(
            !original.contains_key(name),
            "{name} is there without the edit"
        );
        assert!(
            edited.remove(name).is_some(),
            "the edit does not lock {name}"
        );
    }
    let own = env!("CARGO_PKG_NAME");
    let own_edited = edited
        .remove(own)
        .unwrap()
        .replace(&format!(" \"{ADDED}\",\n"), "");
    edited.insert(own, &own_edited);
    assert_eq!(edited, original);
}

#[test]
fn the_edit_uses_the_crate_and_has_places_for_the_nonce() {
    for (file, text) in [
        ("Cargo.toml", EDITED_MANIFEST),
        ("policy.rs", EDITED_POLICY),
    ] {
        assert_eq!(text.matches("{nonce}").count(), 1, "edits/{file}");
    }
    let import = format!("use {}::", ADDED.replace('-', "_"));
    assert!(EDITED_POLICY.contains(&import));
}
