//! What of a tree a builder gets for what it asks. The cases of links are those of
//! `FollowLinks` in <https://github.com/tonistiigi/fsutil>.

use super::*;

/// A tree of files and, where there is a target, links.
fn tree(entries: &[(&str, Option<&str>)]) -> ContextTree {
    let mut items = BTreeMap::new();
    for (path, target) in entries {
        for dir in parents(path) {
            items
                .entry(dir.to_owned())
                .or_insert_with(|| pack::made_folder(dir));
        }
        let mut item = pack::made_file((*path).to_owned(), 0o644, Bytes::from_static(b"x"));
        if let Some(target) = target {
            item.body = ItemBody::Link(PathBuf::from(target));
        }
        items.insert((*path).to_owned(), item);
    }
    ContextTree::new(PathBuf::new(), items.into_values().collect())
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn chosen<'a>(tree: &'a ContextTree, include: &[&str], follow: &[&str]) -> Vec<&'a str> {
    let chosen = tree.chosen(&texts(include), &texts(follow));
    let entries = chosen.iter().map(|index| &tree.entries[*index]);
    entries.map(|entry| entry.path.as_str()).collect()
}

fn plain() -> ContextTree {
    tree(&[
        ("a/b/c.txt", None),
        ("a/b/d.md", None),
        ("a/e", None),
        ("a-b", None),
        ("ab/c.txt", None),
        ("z", None),
    ])
}

#[test]
fn entries_come_in_the_order_of_a_walk() {
    // In byte order `a-b` would come before `a/b`.
    let all = [
        "a",
        "a/b",
        "a/b/c.txt",
        "a/b/d.md",
        "a/e",
        "a-b",
        "ab",
        "ab/c.txt",
        "z",
    ];
    assert_eq!(chosen(&plain(), &[], &[]), all);
}

#[test]
fn a_pattern_chooses_what_it_matches_with_all_below_and_the_directories_above() {
    let tree = plain();
    for (include, expected) in [
        (&["a/b"][..], &["a", "a/b", "a/b/c.txt", "a/b/d.md"][..]),
        (&["/a/b/"], &["a", "a/b", "a/b/c.txt", "a/b/d.md"]),
        (&["**/c.txt"], &["a", "a/b", "a/b/c.txt", "ab", "ab/c.txt"]),
        (&["a/*"], &["a", "a/b", "a/b/c.txt", "a/b/d.md", "a/e"]),
        (&["a?b"], &["a-b"]),
        (&["z", "a/e"], &["a", "a/e", "z"]),
        (&["absent"], &[]),
        // What is no pattern matches nothing, and spoils nothing.
        (&["[", "z"], &["z"]),
        (&["["], &[]),
    ] {
        let expected: Vec<_> = match include {
            // No pattern is left, so nothing says what to leave out.
            ["["] => chosen(&tree, &[], &[]),
            _ => expected.to_vec(),
        };
        assert_eq!(chosen(&tree, include, &[]), expected, "{include:?}");
    }
}

#[test]
fn a_directory_that_is_chosen_ends_where_its_sibling_begins() {
    let tree = tree(&[("a/x", None), ("a.b/x", None), ("a/y/z", None), ("b", None)]);
    assert_eq!(chosen(&tree, &["a"], &[]), ["a", "a/x", "a/y", "a/y/z"]);
    assert_eq!(chosen(&tree, &["a/y"], &[]), ["a", "a/y", "a/y/z"]);
}

fn linked() -> ContextTree {
    tree(&[
        ("real/file", None),
        ("real/deep/x", None),
        ("dir/up", Some("../real")),
        ("dir/abs", Some("/real/file")),
        ("dir/twice", Some("up/deep")),
        ("l1", Some("real")),
        ("l2", Some("dir/abs")),
        ("out", Some("../../etc/passwd")),
        ("ring", Some("round")),
        ("round", Some("ring")),
        ("root", Some("/")),
    ])
}

#[test]
fn a_path_brings_the_links_that_it_leads_through() {
    let tree = linked();
    let real = ["real", "real/deep", "real/deep/x", "real/file"];
    for (follow, expected) in [
        (&["l1"][..], [&["l1"][..], &real[..]].concat()),
        (&["l1/file"], vec!["l1", "real", "real/file"]),
        (&["/l1/file/"], vec!["l1", "real", "real/file"]),
        (
            &["dir/up/deep"],
            vec!["dir", "dir/up", "real", "real/deep", "real/deep/x"],
        ),
        (&["dir/abs"], vec!["dir", "dir/abs", "real", "real/file"]),
        (&["l2"], vec!["dir", "dir/abs", "l2", "real", "real/file"]),
        (
            &["dir/twice"],
            vec![
                "dir",
                "dir/twice",
                "dir/up",
                "real",
                "real/deep",
                "real/deep/x",
            ],
        ),
        // A wildcard stands for the links whose names it matches, and for the rest.
        (
            &["l?"],
            [&["dir", "dir/abs", "l1", "l2"][..], &real[..]].concat(),
        ),
        (&["real/f*"], vec!["real", "real/file"]),
        // Nothing above the root is sent; the link is, as it stands.
        (&["out"], vec!["out"]),
        (&["ring"], vec!["ring", "round"]),
        (&["absent/x"], vec![]),
    ] {
        assert_eq!(chosen(&tree, &[], follow), expected, "{follow:?}");
    }
}

#[test]
fn a_path_to_the_root_is_the_whole_tree() {
    let tree = linked();
    for follow in [".", "/", "", "root", "l1/.."] {
        let all = chosen(&tree, &[], &[follow]);
        assert_eq!(all.len(), tree.entries.len(), "{follow:?}");
    }
}

#[test]
fn content_is_read_by_position_and_only_of_files() {
    let tree = linked();
    for (index, entry) in tree.entries.iter().enumerate() {
        tree.check(index).unwrap();
        let mut text = String::new();
        match (&entry.kind, tree.open(index)) {
            (SourceKind::File(_), Ok(mut content)) => {
                content.read_to_string(&mut text).unwrap();
                assert_eq!(text, "x", "{}", entry.path);
            }
            (SourceKind::File(_), Err(error)) => panic!("{}: {error}", entry.path),
            (_, opened) => {
                let error = opened.err().unwrap().to_string();
                assert!(error.contains(&entry.path), "{error}");
            }
        }
    }
}
