use super::*;
use crate::image::name;

fn file(number: u64) -> Node {
    Node::File(Rc::new(Inode {
        number,
        size: number,
        mode: 0o644,
        known: None,
        private_key: false,
    }))
}

fn link(target: &str) -> Node {
    Node::Link(target.as_bytes().into())
}

fn folder() -> Node {
    Node::Folder(Folder::default())
}

/// A layer of paths; a path that begins with `!` deletes, one that begins with `*` hides.
fn layer(entries: Vec<(&str, Node)>) -> Folder {
    let mut layer = Folder::default();
    for (path, node) in entries {
        if let Some(path) = path.strip_prefix('!') {
            let mut at = name::parts(path.as_bytes());
            let last = at.pop().unwrap();
            layer.delete(&at, last).unwrap();
        } else if let Some(path) = path.strip_prefix('*') {
            layer.hide(&name::parts(path.as_bytes())).unwrap();
        } else {
            layer.place(&name::parts(path.as_bytes()), node).unwrap();
        }
    }
    layer
}

fn stack(layers: &[Folder]) -> Folder {
    let mut tree = Folder::default();
    for layer in layers {
        tree.cover(layer).unwrap();
    }
    tree
}

fn listing(tree: &Folder) -> Vec<String> {
    let mut lines = Vec::new();
    tree.walk(&mut |at, node| {
        let path = name::path(at);
        lines.push(match node {
            Node::Folder(_) => format!("{path}/"),
            Node::File(inode) => format!("{path}={}", inode.number),
            Node::Link(target) => format!("{path}->{}", String::from_utf8_lossy(target)),
            Node::Below(_) | Node::Special => format!("{path}?"),
        });
    });
    lines
}

#[test]
fn whiteouts_hide_what_is_below_and_nothing_of_their_own_layer() {
    let below = layer(vec![
        ("a/low", file(1)),
        ("a/gone", file(2)),
        ("b/low", file(3)),
        ("c", file(4)),
        ("d/e", file(5)),
    ]);
    let above = layer(vec![
        ("!a/gone", folder()),
        ("b/new", file(6)),
        ("*b", folder()),
        ("c", file(7)),
        ("!c", folder()),
        ("!d", folder()),
        ("!nothing", folder()),
    ]);
    assert_eq!(
        listing(&stack(&[below, above])),
        ["/a/", "/a/low=1", "/b/", "/b/new=6", "/c=7"]
    );
}

#[test]
fn a_file_becomes_a_folder_and_the_reverse() {
    let below = layer(vec![("a", file(1)), ("b/c", file(2)), ("d/e", file(3))]);
    let above = layer(vec![
        ("a/x", file(4)),
        ("b", file(5)),
        ("d", folder()),
        ("d/f", file(6)),
    ]);
    assert_eq!(
        listing(&stack(&[below, above])),
        ["/a/", "/a/x=4", "/b=5", "/d/", "/d/e=3", "/d/f=6"]
    );
}

#[test]
fn links_above_a_name_are_followed_within_a_layer_and_replaced_across() {
    // As Docker 20.10 with overlay2 was seen to do it.
    let same = layer(vec![
        ("usr/lib", folder()),
        ("lib", link("usr/lib")),
        ("lib/foo", file(1)),
        ("up", link("../../usr")),
        ("up/bar", file(2)),
    ]);
    assert_eq!(
        listing(&stack(&[same])),
        [
            "/lib->usr/lib",
            "/up->../../usr",
            "/usr/",
            "/usr/bar=2",
            "/usr/lib/",
            "/usr/lib/foo=1"
        ]
    );
    let below = layer(vec![("usr/lib/a", file(1)), ("lib", link("usr/lib"))]);
    let above = layer(vec![("lib/foo", file(2))]);
    assert_eq!(
        listing(&stack(&[below, above])),
        ["/lib/", "/lib/foo=2", "/usr/", "/usr/lib/", "/usr/lib/a=1"]
    );
}

#[test]
fn a_hard_link_is_the_thing_itself() {
    let mut one = layer(vec![("a", file(1)), ("s", link("a"))]);
    for (name, target) in [("h", "a"), ("t", "/s"), ("u", "below")] {
        let node = one.hard_link(&name::parts(target.as_bytes())).unwrap();
        one.place(&name::parts(name.as_bytes()), node).unwrap();
    }
    // The name that it was made from may mean something else later.
    one.place(&name::parts(b"a"), file(2)).unwrap();
    let below = layer(vec![("below", file(3))]);
    assert_eq!(
        listing(&stack(&[below, one.clone()])),
        ["/a=2", "/below=3", "/h=1", "/s->a", "/t->a", "/u=3"]
    );
    let nowhere = Folder::default().cover(&one).unwrap_err();
    assert_eq!(name::path(&nowhere), "/u");
    let mut odd = layer(vec![("f", folder())]);
    assert!(odd.hard_link(&name::parts(b"f")).is_err());
    assert!(odd.place(&name::parts(b""), file(1)).is_ok());
}

#[test]
fn loops_and_depths_end() {
    let mut one = layer(vec![("a", link("b")), ("b", link("a"))]);
    assert_eq!(one.place(&name::parts(b"a/x"), file(1)), Err(LOOP));
    assert!(one.resolve(b"/a").is_none());
    let deep = "d/".repeat(DEEPEST + 1);
    assert_eq!(one.place(&name::parts(deep.as_bytes()), file(1)), Ok(()));
    let deeper = format!("{deep}x/y");
    assert_eq!(
        one.place(&name::parts(deeper.as_bytes()), file(1)),
        Err(DEEP)
    );
    assert_eq!(listing(&stack(&[one])).len(), 2 + DEEPEST + 1);
}

#[test]
fn paths_resolve_as_in_a_chroot() {
    let tree = stack(&[layer(vec![
        ("bin", link("usr/bin")),
        ("usr/bin/sh", link("/etc/alternatives/sh")),
        ("etc/alternatives/sh", link("../../../bin/dash")),
        ("usr/bin/dash", file(1)),
        ("usr/bin/dangling", link("nothing")),
        ("usr/bin/through", link("dash/x")),
    ])]);
    let (at, node) = tree.resolve(b"/bin/sh").unwrap();
    assert_eq!(name::path(&at), "/usr/bin/dash");
    assert!(matches!(node, Node::File(_)));
    for path in ["/bin/dangling", "/bin/through", "/bin/none", "/none/x"] {
        assert!(tree.resolve(path.as_bytes()).is_none(), "{path}");
    }
    let (at, _) = tree
        .resolve_from(&name::parts(b"usr/bin"), b"../../bin/sh")
        .unwrap();
    assert_eq!(name::path(&at), "/usr/bin/dash");
}
