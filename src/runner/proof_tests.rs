use super::*;
use crate::record::BlobRecord;
use crate::units::Count;

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn blob(letter: char, bytes: u64) -> BlobRecord {
    BlobRecord {
        digest: digest(letter),
        bytes: Bytes(bytes),
    }
}

/// A config of 5 bytes and layers of 10, 20, ... bytes.
fn manifest(config: char, layers: &str) -> ManifestRecord {
    ManifestRecord {
        digest: digest('0'),
        media_type: "m".to_owned(),
        bytes: Bytes(500),
        config: blob(config, 5),
        layers: layers
            .chars()
            .zip(1u64..)
            .map(|(letter, n)| blob(letter, 10 * n))
            .collect(),
    }
}

fn served(blobs: &[(char, u64)]) -> Traffic {
    Traffic {
        served: blobs
            .iter()
            .map(|(letter, bytes)| (digest(*letter), Bytes(*bytes)))
            .collect(),
        ..Traffic::default()
    }
}

fn event(millis: u64, layer: &str, state: LayerState) -> (Mark, PullEvent) {
    let event = PullEvent {
        layer: Some(layer.to_owned()),
        state,
        text: String::new(),
    };
    (Mark(Nanos::from_millis(millis)), event)
}

#[test]
fn a_cold_pull_is_proven_by_every_blob_once() {
    let image = manifest('c', "abea");
    let want = expected(&image, None, &ImageStore::GraphDriver);
    // `a` is listed twice, the first entry's size is the last one's here.
    assert_eq!(want.len(), 4);
    let whole = [('c', 5), ('a', 40), ('b', 20), ('e', 30)];
    assert_eq!(check_served(&want, &served(&whole)), Ok(()));
    let error = check_served(&want, &served(&whole[..3])).unwrap_err();
    assert_eq!(
        error,
        "not fetched, so it was in the store before: eeeeeeeeeeee"
    );
    let error = check_served(&want, &served(&[('c', 5), ('a', 40), ('b', 19), ('e', 30)]));
    assert!(
        error
            .unwrap_err()
            .contains("served 19 bytes of bbbbbbbbbbbb, whose size is 20")
    );
    let mut more = whole.to_vec();
    more.push(('f', 1));
    let error = check_served(&want, &served(&more)).unwrap_err();
    assert!(error.contains("fetched although"), "{error}");
    let broken = Traffic {
        broken: Count(2),
        ..served(&whole)
    };
    assert_eq!(
        check_served(&want, &broken).unwrap_err(),
        "2 answers broke off"
    );
}

#[test]
fn an_update_fetches_what_is_new_and_nothing_else() {
    let (before, after) = (manifest('c', "abx"), manifest('d', "aby"));
    let want = expected(&after, Some(&before), &ImageStore::GraphDriver);
    assert_eq!(
        want.keys()
            .map(|d| hex(d).chars().next().unwrap())
            .collect::<String>(),
        "dy"
    );
    assert_eq!(check_served(&want, &served(&[('d', 5), ('y', 30)])), Ok(()));
}

fn letters(blobs: &BTreeMap<&str, Bytes>) -> String {
    blobs
        .keys()
        .filter_map(|digest| hex(digest).chars().next())
        .collect()
}

/// Found by a live run whose last layer came out the same in both builds.
#[test]
fn the_same_layer_on_another_one_is_new_to_a_graph_driver_and_not_to_containerd() {
    let (before, after) = (manifest('c', "axs"), manifest('d', "ays"));
    let of = |store| letters(&expected(&after, Some(&before), &store));
    assert_eq!(of(ImageStore::GraphDriver), "dsy");
    assert_eq!(of(ImageStore::Containerd), "dy");
    // At the bottom and again above: fetched for the upper one.
    let (before, after) = (manifest('c', "a"), manifest('d', "aba"));
    let want = expected(&after, Some(&before), &ImageStore::GraphDriver);
    assert_eq!(letters(&want), "abd");
    let log = [event(1, "aaaaaaaaaaaa", LayerState::AlreadyExists)];
    assert_eq!(check_announced(&after, Some(&before), &want, &log), Ok(()));
    let log = [event(1, "bbbbbbbbbbbb", LayerState::AlreadyExists)];
    assert!(check_announced(&after, Some(&before), &want, &log).is_err());
}

#[test]
fn a_layer_that_was_there_is_named() {
    let image = manifest('c', "ab");
    let want = expected(&image, None, &ImageStore::GraphDriver);
    let log = [event(1, "aaaaaaaaaaaa", LayerState::AlreadyExists)];
    let error = check_announced(&image, None, &want, &log).unwrap_err();
    assert!(error.ends_with("already: aaaaaaaaaaaa"), "{error}");
    let other = [event(1, "ffffffffffff", LayerState::AlreadyExists)];
    assert_eq!(check_announced(&image, None, &want, &other), Ok(()));
}

#[test]
fn a_push_sends_what_no_base_has() {
    let image = manifest('c', "ab");
    let base = BTreeSet::from([digest('a')]);
    let traffic = |blobs: &[(char, u64)]| Traffic {
        received: served(blobs).served,
        ..Traffic::default()
    };
    assert_eq!(
        check_received(&image, &base, &traffic(&[('c', 5), ('b', 20)])),
        Ok(())
    );
    let error = check_received(&image, &base, &traffic(&[('c', 5)])).unwrap_err();
    assert_eq!(
        error,
        "not sent, so the registry had it before: bbbbbbbbbbbb"
    );
}

#[test]
fn many_digests_are_counted_and_not_listed() {
    let image = manifest('c', "abefg");
    let error = check_served(
        &expected(&image, None, &ImageStore::GraphDriver),
        &Traffic::default(),
    )
    .unwrap_err();
    assert!(
        error.ends_with("eeeeeeeeeeee") || error.ends_with("3 more"),
        "{error}"
    );
}

#[test]
fn download_and_unpack_are_read_off_the_progress() {
    use LayerState::{Announced, Complete, Downloaded, Downloading, Extracting};
    let log = [
        event(10, "a", Announced),
        event(10, "b", Announced),
        event(20, "a", Downloading),
        event(30, "a", Downloaded),
        event(30, "a", Extracting),
        event(40, "b", Downloading),
        event(60, "a", Complete),
        event(70, "b", Downloaded),
        event(80, "b", Extracting),
        event(85, "b", Extracting),
        event(90, "b", Complete),
    ];
    let spans = spans(&log);
    assert_eq!(spans.download, Some(Nanos::from_millis(60)));
    assert_eq!(spans.unpack, Some(Nanos::from_millis(40)));
}

#[test]
fn unpacking_at_once_is_counted_once_and_silence_is_no_zero() {
    use LayerState::{Complete, Extracting};
    let log = [
        event(10, "a", Extracting),
        event(20, "b", Extracting),
        event(30, "a", Complete),
        event(50, "b", Complete),
        event(60, "small", Complete),
    ];
    assert_eq!(spans(&log).unpack, Some(Nanos::from_millis(40)));
    assert_eq!(
        spans(&[]),
        Spans {
            download: None,
            unpack: None
        }
    );
}
