//! Tests of ownership: one per way in which a label is misleading.

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn kinds(tags: &[&str], pairs: &[(&str, &str)]) -> Vec<(OwnedKind, String)> {
    let summary = ListedImage {
        id: "sha256:1".to_owned(),
        repo_tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
        labels: Some(labels(pairs)),
        size: 10,
    };
    image(&summary)
        .into_iter()
        .map(|owned| (owned.kind, owned.id))
        .collect()
}

const OWNER: (&str, &str) = (LABEL_OWNER, LABEL_OWNER_VALUE);
const RUN: (&str, &str) = (LABEL_RUN, "r1");
const STANDS_IN: (&str, &str) = (LABEL_STANDS_IN_FOR, "node:20");

#[test]
fn a_tag_and_a_label_make_it_ours() {
    assert_eq!(
        kinds(&["plimsoll/r1:a", "mine:1"], &[OWNER, RUN]),
        [(OwnedKind::Image, "plimsoll/r1:a".to_owned())]
    );
    assert_eq!(
        kinds(&["plimsoll.local/node:20"], &[STANDS_IN]),
        [(OwnedKind::StandIn, "plimsoll.local/node:20".to_owned())]
    );
}

#[test]
fn podman_writes_a_registry_before_our_names() {
    for prefix in ["docker.io/", "localhost/"] {
        let tag = format!("{prefix}plimsoll/r1:a");
        assert_eq!(
            kinds(&[&tag], &[OWNER, RUN]),
            [(OwnedKind::Image, tag.clone())]
        );
        assert!(is_our_tag(&tag));
    }
    assert!(!is_our_tag("docker.io/mine/plimsoll:1"));
}

#[test]
fn an_image_of_a_run_on_a_stand_in_is_no_stand_in() {
    assert_eq!(
        kinds(&["plimsoll/r1:a"], &[OWNER, RUN, STANDS_IN]),
        [(OwnedKind::Image, "plimsoll/r1:a".to_owned())]
    );
}

#[test]
fn a_tag_on_the_way_to_a_runs_registry_is_ours_while_the_image_has_another() {
    let way = "127.0.0.1:4000/plimsoll-run/20261120t204000z-x/base-0:base";
    assert_eq!(
        kinds(&["node:20", way], &[]),
        [(OwnedKind::Image, way.to_owned())]
    );
    assert!(kinds(&[way], &[]).is_empty());
    assert_eq!(
        kinds(&[way], &[OWNER, RUN]),
        [(OwnedKind::Image, way.to_owned())]
    );
    assert_eq!(
        kinds(&["plimsoll.local/node:20", way], &[OWNER, STANDS_IN]),
        [
            (OwnedKind::StandIn, "plimsoll.local/node:20".to_owned()),
            (OwnedKind::Image, way.to_owned())
        ]
    );
}

#[test]
fn inherited_labels_make_nothing_ours() {
    // A user's image on a stand-in, tagged and dangling; one on ours.
    assert!(kinds(&["mine:1"], &[OWNER, STANDS_IN]).is_empty());
    assert!(kinds(&["<none>:<none>"], &[OWNER, STANDS_IN]).is_empty());
    assert!(kinds(&["mine:1"], &[OWNER, RUN]).is_empty());
    // A name alone is not sufficient either.
    assert!(kinds(&["plimsoll/x:1"], &[]).is_empty());
}

#[test]
fn a_dangling_image_of_a_run_is_ours_by_its_id() {
    assert_eq!(
        kinds(&[], &[OWNER, RUN]),
        [(OwnedKind::Image, "sha256:1".to_owned())]
    );
}

#[test]
fn the_bytes_of_an_image_are_listed_once() {
    let summary = ListedImage {
        repo_tags: Some(vec!["plimsoll/a:1".to_owned(), "plimsoll/a:2".to_owned()]),
        labels: Some(labels(&[OWNER])),
        size: 10,
        ..ListedImage::default()
    };
    let sizes: Vec<_> = image(&summary)
        .into_iter()
        .map(|owned| owned.size)
        .collect();
    assert_eq!(sizes, [Some(crate::units::Bytes(10)), None]);
}

#[test]
fn a_container_is_ours_only_under_the_name_it_was_made_with() {
    let summary = |name: &str, pairs: &[(&str, &str)]| ListedContainer {
        id: "c".to_owned(),
        names: Some(vec![format!("/{name}")]),
        labels: Some(labels(pairs)),
    };
    let named = (LABEL_CONTAINER, "plimsoll-1");
    assert!(container(summary("plimsoll-1", &[OWNER, named])).is_some());
    // `docker run plimsoll/x`, and a container of an image committed from ours.
    assert!(container(summary("mine", &[OWNER])).is_none());
    assert!(container(summary("mine", &[OWNER, named])).is_none());
}
