use super::super::cover::Uncovered;
use super::super::fates::Fates;
use super::super::view::{Inode, Node, View};
use super::*;
use crate::image::name;

fn file(number: u32) -> Lead {
    Lead::File(number)
}

/// What a test lays at a path.
enum Laid {
    Lead(Lead),
    Link(&'static str),
}

fn link(target: &'static str) -> Laid {
    Laid::Link(target)
}

fn folder() -> Lead {
    Lead::Folder
}

impl From<Lead> for Laid {
    fn from(lead: Lead) -> Self {
        Self::Lead(lead)
    }
}

fn place(layer: &mut Tree, path: &str, laid: impl Into<Laid>) -> Result<(), Misplaced> {
    let lead = match laid.into() {
        Laid::Lead(lead) => lead,
        Laid::Link(target) => layer.link(target.as_bytes())?,
    };
    layer.place(&name::parts(path.as_bytes()), lead).map(|_| ())
}

/// A layer of paths; a path that begins with `!` deletes, one that begins with `*` hides.
fn layer<const N: usize>(entries: [(&str, Laid); N]) -> Tree {
    let mut layer = Tree::default();
    for (path, laid) in entries {
        if let Some(path) = path.strip_prefix('!') {
            let mut at = name::parts(path.as_bytes());
            let last = at.pop().unwrap();
            layer.delete(&at, last).unwrap();
        } else if let Some(path) = path.strip_prefix('*') {
            layer.hide(&name::parts(path.as_bytes())).unwrap();
        } else {
            place(&mut layer, path, laid).unwrap();
        }
    }
    layer
}

fn cover(tree: &mut Tree, layer: &Tree) -> Result<(), Uncovered> {
    let mut fates = Fates::default();
    fates.begin(1, 0, 10);
    tree.cover(layer, 0, &mut fates)
}

fn stack(layers: &[&Tree]) -> Tree {
    let mut tree = Tree::default();
    for layer in layers {
        cover(&mut tree, layer).unwrap();
    }
    tree
}

fn inodes() -> Vec<Inode> {
    vec![Inode::of_size(1); 10]
}

fn listing(tree: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    View::new(tree, &inodes()).walk(&mut |at, node| {
        let path = name::path(at);
        lines.push(match node {
            Node::Folder(_) => format!("{path}/"),
            Node::File(inode) => format!("{path}={}", inode.number),
            Node::Link(target) => format!("{path}->{}", String::from_utf8_lossy(target)),
            Node::Special => format!("{path}?"),
        });
    });
    lines
}

#[test]
fn whiteouts_hide_what_is_below_and_nothing_of_their_own_layer() {
    let below = layer([
        ("a/low", file(1).into()),
        ("a/gone", file(2).into()),
        ("b/low", file(3).into()),
        ("c", file(4).into()),
        ("d/e", file(5).into()),
    ]);
    let above = layer([
        ("!a/gone", folder().into()),
        ("b/new", file(6).into()),
        ("*b", folder().into()),
        ("c", file(7).into()),
        ("!c", folder().into()),
        ("!d", folder().into()),
        ("!nothing", folder().into()),
    ]);
    assert_eq!(
        listing(&stack(&[&below, &above])),
        ["/a/", "/a/low=1", "/b/", "/b/new=6", "/c=7"]
    );
}

#[test]
fn a_file_becomes_a_folder_and_the_reverse() {
    let below = layer([
        ("a", file(1).into()),
        ("b/c", file(2).into()),
        ("d/e", file(3).into()),
    ]);
    let above = layer([
        ("a/x", file(4).into()),
        ("b", file(5).into()),
        ("d", folder().into()),
        ("d/f", file(6).into()),
    ]);
    assert_eq!(
        listing(&stack(&[&below, &above])),
        ["/a/", "/a/x=4", "/b=5", "/d/", "/d/e=3", "/d/f=6"]
    );
}

#[test]
fn links_above_a_name_are_followed_within_a_layer_and_replaced_across() {
    // As Docker 20.10 with overlay2 was seen to do it.
    let same = layer([
        ("usr/lib", folder().into()),
        ("lib", link("usr/lib")),
        ("lib/foo", file(1).into()),
        ("up", link("../../usr")),
        ("up/bar", file(2).into()),
    ]);
    assert_eq!(
        listing(&stack(&[&same])),
        [
            "/lib->usr/lib",
            "/up->../../usr",
            "/usr/",
            "/usr/bar=2",
            "/usr/lib/",
            "/usr/lib/foo=1"
        ]
    );
    let below = layer([("usr/lib/a", file(1).into()), ("lib", link("usr/lib"))]);
    let above = layer([("lib/foo", file(2).into())]);
    assert_eq!(
        listing(&stack(&[&below, &above])),
        ["/lib/", "/lib/foo=2", "/usr/", "/usr/lib/", "/usr/lib/a=1"]
    );
}

#[test]
fn a_whiteout_before_a_folder_of_its_name_hides_nothing() {
    // What `docker export` of 20.10 with overlay2 shows. It loads no image with a whiteout
    // after a folder of its name; here that hides what is below.
    let below = layer([("d/a", file(1).into()), ("d/k", file(2).into())]);
    let before = [
        ("!d", folder().into()),
        ("d", folder().into()),
        ("d/new", file(3).into()),
    ];
    assert_eq!(
        listing(&stack(&[&below, &layer(before)])),
        ["/d/", "/d/a=1", "/d/k=2", "/d/new=3"]
    );
    let after = [("d/new", file(3).into()), ("!d", folder().into())];
    assert_eq!(
        listing(&stack(&[&below, &layer(after)])),
        ["/d/", "/d/new=3"]
    );
}

#[test]
fn a_hard_link_is_the_thing_itself() {
    let mut one = layer([("a", file(1).into()), ("s", link("a"))]);
    for (name, target) in [("h", "a"), ("t", "/s"), ("u", "below")] {
        let lead = one.hard_link(&name::parts(target.as_bytes())).unwrap();
        place(&mut one, name, lead).unwrap();
    }
    // The name that it was made from may mean something else later.
    place(&mut one, "a", file(2)).unwrap();
    let below = layer([("below", file(3).into())]);
    assert_eq!(
        listing(&stack(&[&below, &one])),
        ["/a=2", "/below=3", "/h=1", "/s->a", "/t->a", "/u=3"]
    );
    let nowhere = cover(&mut Tree::default(), &one).unwrap_err();
    assert_eq!(nowhere, Uncovered::Link(vec![b"u".to_vec()]));
    let mut odd = layer([("f", folder().into())]);
    assert!(odd.hard_link(&name::parts(b"f")).is_err());
    assert!(place(&mut odd, "", file(1)).is_ok());
}

#[test]
fn loops_and_depths_end() {
    let mut one = layer([("a", link("b")), ("b", link("a"))]);
    assert_eq!(place(&mut one, "a/x", file(1)), Err(LOOP));
    assert!(View::new(&one, &inodes()).resolve(b"/a").is_none());
    // As many folders as a path of the kernel can have.
    let deep = "d/".repeat(2047);
    assert_eq!(place(&mut one, &deep, file(1)), Ok(()));
    assert_eq!(place(&mut one, &format!("{deep}d/x"), file(1)), Err(DEEP));
    assert_eq!(listing(&stack(&[&one])).len(), 2 + 2047);
}

#[test]
fn long_chains_of_links_are_followed_so_often_and_no_more() {
    let mut one = Tree::default();
    let around = "./x/../".repeat(300);
    place(&mut one, "x", folder()).unwrap();
    place(&mut one, "l0", folder()).unwrap();
    for number in 1..MOST_LINKS {
        let target = format!("{around}l{}", number - 1);
        let lead = one.link(target.as_bytes()).unwrap();
        place(&mut one, &format!("l{number}"), lead).unwrap();
    }
    let last = MOST_LINKS - 1;
    assert_eq!(place(&mut one, &format!("l{last}/a"), file(1)), Ok(()));
    // Many names in one folder cost no more than one.
    for number in 0..20_000 {
        let placed = place(&mut one, &format!("l{last}/{number}"), file(1));
        assert_eq!(placed, Ok(()));
    }
    let many = (0..20_000).map(|number| format!("l{last}/d{number}/x"));
    let mut placed = { many }.map(|name| place(&mut one, &name, file(1)));
    assert!(placed.any(|placed| placed == Err(LABYRINTH)));
}

#[test]
fn paths_resolve_as_in_a_chroot() {
    let tree = stack(&[&layer([
        ("bin", link("usr/bin")),
        ("usr/bin/sh", link("/etc/alternatives/sh")),
        ("etc/alternatives/sh", link("../../../bin/dash")),
        ("usr/bin/dash", file(1).into()),
        ("usr/bin/dangling", link("nothing")),
        ("usr/bin/through", link("dash/x")),
    ])]);
    let inodes = inodes();
    let view = View::new(&tree, &inodes);
    let (at, node) = view.resolve(b"/bin/sh").unwrap();
    assert_eq!(name::path(&at), "/usr/bin/dash");
    assert!(matches!(node, Node::File(_)));
    for path in ["/bin/dangling", "/bin/through", "/bin/none", "/none/x"] {
        assert!(view.resolve(path.as_bytes()).is_none(), "{path}");
    }
    let (at, _) = view
        .resolve_from(&name::parts(b"usr/bin"), b"../../bin/sh")
        .unwrap();
    assert_eq!(name::path(&at), "/usr/bin/dash");
}
