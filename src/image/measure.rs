//! The size of one layer, by the headers of its tar: the same on every engine and store.

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::archive::{Packing, READ_BYTES, peek};
use super::config::Document;
use super::entries::Entries;
use super::name::{self, Wish};
use crate::units::Bytes;

/// Bytes of the files of a layer, packed or not: the sizes that its tar's headers state.
/// Links of either sort count nothing, and neither do entries that take away what is below.
///
/// # Errors
/// What cannot be read, and what is no tar.
pub fn layer_bytes(reader: impl Read) -> io::Result<Bytes> {
    let mut reader = BufReader::with_capacity(READ_BYTES, reader);
    let head = peek(&mut reader)?;
    let packing = Packing::of(&head);
    let whole = Cursor::new(head).chain(reader);
    match packing {
        Packing::Tar => sum(whole),
        Packing::Gzip => sum(MultiGzDecoder::new(whole)),
        Packing::Zstd => sum(zstd::stream::read::Decoder::new(whole)?),
        Packing::None => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is no tar, and not packed in a known way",
        )),
    }
}

fn sum(tar: impl Read) -> io::Result<Bytes> {
    let mut total = 0_u64;
    let mut entries = Entries::new(BufReader::with_capacity(READ_BYTES, tar));
    while let Some(head) = entries.next()? {
        let file = matches!(head.kind, EntryType::Regular | EntryType::Continuous);
        if file && matches!(name::read(&head.name), Ok(Wish::Lay(_)) | Err(_)) {
            total = total.saturating_add(head.size);
        }
    }
    Ok(Bytes(total))
}

/// Which entries of an image's history made a layer, bottom first; empty where its config
/// has no history or is none.
pub fn makers_of_layers(config: &[u8]) -> Vec<bool> {
    let document: Document = serde_json::from_slice(config).unwrap_or_default();
    document.makers_of_layers()
}

/// Gives each entry that made a layer that layer's bytes. The engine's own figures stay where
/// the history does not show which did: images that no Dockerfile made have none, or less.
pub fn spread_over_history(history: &mut [(Bytes, String)], layers: &[Bytes], makers: &[bool]) {
    let made = makers.iter().filter(|makes| **makes).count();
    if makers.len() != history.len() || made != layers.len() {
        return;
    }
    let mut layers = layers.iter();
    for ((bytes, _), makes) in history.iter_mut().zip(makers) {
        *bytes = match makes {
            true => layers.next().copied().unwrap_or(Bytes(0)),
            false => Bytes(0),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn layer() -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, size) in [("a", 5), ("b/c", 1000)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(size);
            header.set_mode(0o644);
            let content = vec![b'x'; usize::try_from(size).unwrap()];
            tar.append_data(&mut header, name, content.as_slice())
                .unwrap();
        }
        for kind in [EntryType::Link, EntryType::Symlink] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            tar.append_link(&mut header, format!("{kind:?}"), "a")
                .unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn a_layer_weighs_the_same_however_it_is_packed() {
        let plain = layer();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let packed = [
            gzip.finish().unwrap(),
            zstd::encode_all(plain.as_slice(), 1).unwrap(),
            plain.clone(),
        ];
        for packed in packed {
            assert_eq!(layer_bytes(packed.as_slice()).unwrap(), Bytes(1005));
        }
        assert_eq!(layer_bytes([0; 1024].as_slice()).unwrap(), Bytes(0));
        assert!(layer_bytes(b"{}".as_slice()).is_err());
        assert!(layer_bytes(&plain[..plain.len() / 2]).is_err());
    }

    #[test]
    fn a_config_says_which_entries_made_a_layer() {
        let config =
            br#"{"history":[{"created_by":"ADD"},{"created_by":"ENV","empty_layer":true}]}"#;
        assert_eq!(makers_of_layers(config), [true, false]);
        assert!(makers_of_layers(b"{}").is_empty());
    }

    #[test]
    fn only_a_history_that_fits_its_layers_gets_their_bytes() {
        let entry = |bytes, text: &str| (Bytes(bytes), text.to_owned());
        let history_of_engine = || vec![entry(4096, "ADD"), entry(0, "ENV"), entry(4096, "COPY")];
        let mut history = history_of_engine();
        spread_over_history(&mut history, &[Bytes(7), Bytes(9)], &[true, false, true]);
        assert_eq!(
            history,
            [entry(7, "ADD"), entry(0, "ENV"), entry(9, "COPY")]
        );
        for (layers, makers) in [
            (vec![Bytes(7)], vec![true, false, true]),
            (vec![Bytes(7), Bytes(9)], vec![]),
        ] {
            let mut history = history_of_engine();
            spread_over_history(&mut history, &layers, &makers);
            assert_eq!(history, history_of_engine());
        }
    }
}
