//! Archives of Java, made here entry by entry.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::*;

/// How an entry is written.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Stored,
    Deflated,
    /// As a stream: the sizes come behind the content. This is what `jar` does.
    Streamed,
}

/// A zip archive. The directory is left out, except for its end: nothing here reads it.
fn zip(entries: &[(&str, &[u8], As)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content, written) in entries {
        let mut packed = content.to_vec();
        if *written != As::Stored {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).unwrap();
            packed = encoder.finish().unwrap();
        }
        let (flags, method) = match written {
            As::Stored => (0_u16, 0_u16),
            As::Deflated => (0, 8),
            As::Streamed => (8, 8),
        };
        let sizes = match written {
            As::Streamed => [0, 0],
            _ => [packed.len(), content.len()].map(|size| u32::try_from(size).unwrap()),
        };
        bytes.extend(b"PK\x03\x04\x14\x00");
        bytes.extend(flags.to_le_bytes());
        bytes.extend(method.to_le_bytes());
        bytes.extend([0; 8]);
        sizes
            .iter()
            .for_each(|size| bytes.extend(size.to_le_bytes()));
        bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(packed);
        if *written == As::Streamed {
            bytes.extend(b"PK\x07\x08");
            bytes.extend([0; 12]);
        }
    }
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 18]);
    bytes
}

const MANIFEST: &str = "META-INF/MANIFEST.MF";
const POM: &str = "META-INF/maven/org.x/y/pom.properties";
const POM_TEXT: &[u8] = b"#Generated\nartifactId=y\ngroupId=org.x\nversion=1.2.3\n";

#[test]
fn a_jar_is_what_maven_says_and_else_what_its_manifest_says() {
    for written in [As::Stored, As::Deflated, As::Streamed] {
        let pom = zip(&[
            (MANIFEST, b"Implementation-Version: 9\n", written),
            ("org/x/Y.class", &[7; 5000], written),
            (POM, POM_TEXT, written),
        ]);
        assert_eq!(packages("app/lib/y.jar", pom), ["java y 1.2.3 [org.x]"]);
        let manifest = b"Manifest-Version: 1.0\r\nBundle-Version: 3\r\n\
            Implementation-Version: 33.0\r\n .0\r\nImplementation-Vendor-Id: com.g\r\n\r\n\
            Implementation-Version: 7\r\n";
        let jar = zip(&[(MANIFEST, manifest, written)]);
        assert_eq!(
            packages("guava-33-jre.jar", jar),
            ["java guava 33.0.0 [com.g]"]
        );
    }
    let plain = zip(&[("A.class", b"x", As::Streamed)]);
    assert_eq!(
        packages("a/commons-io-2.11.0.jar", &plain),
        ["java commons-io 2.11.0"]
    );
    assert_eq!(packages("a/app.war", &plain), ["java app"]);
    assert_eq!(packages("a/app.zip", &plain), [""; 0]);
}

#[test]
fn archives_in_an_archive_are_looked_through() {
    let library = zip(&[
        (POM, POM_TEXT, As::Streamed),
        ("A.class", &[1; 9000], As::Deflated),
    ]);
    let other = zip(&[(MANIFEST, b"Bundle-Version: 4\n", As::Deflated)]);
    for written in [As::Stored, As::Deflated, As::Streamed] {
        let web = zip(&[("WEB-INF/lib/z-4.jar", &other, written)]);
        let fat = zip(&[
            ("BOOT-INF/lib/y.jar", &library, written),
            ("BOOT-INF/lib/z-4.jar", &other, written),
            ("w.war", &web, written),
            (
                "META-INF/maven/a/app/pom.properties",
                b"artifactId=app\nversion=5\n",
                As::Stored,
            ),
        ]);
        let mut found = packages("app.jar", &fat);
        found.sort();
        assert_eq!(
            found,
            [
                "java app 5",
                "java w [w.war]",
                "java y 1.2.3 [org.x] [BOOT-INF/lib/y.jar]",
                "java z 4 [BOOT-INF/lib/z-4.jar]",
                "java z 4 [w.war!/WEB-INF/lib/z-4.jar]",
            ]
        );
    }
}

#[test]
fn archives_that_are_damaged_or_hostile_are_reported() {
    let whole = zip(&[(POM, POM_TEXT, As::Streamed), ("A.class", b"x", As::Stored)]);
    for end in (0..whole.len() - 22).chain([whole.len() - 19]) {
        let found = packages("y.jar", &whole[..end]);
        let last = found.last().map(String::as_str);
        let expected = match end {
            ..30 => Some("problem: it is no zip archive"),
            _ => Some("problem: it is cut off"),
        };
        if end < 30 || end > 80 {
            assert_eq!(last, expected, "{end}");
        } else {
            assert!(
                last.is_some_and(|last| last.starts_with("problem: ")),
                "{end}: {found:?}"
            );
        }
    }
    let mut broken = whole.clone();
    broken[30 + POM.len()] = 0xff;
    let found = packages("y.jar", &broken);
    assert_eq!(
        found.last().map(String::as_str),
        Some("problem: an entry of it is damaged")
    );
    assert_eq!(
        packages("y.jar", b"no zip"),
        ["problem: it is no zip archive"]
    );
    let mut deep = whole;
    for _ in 0..6 {
        deep = zip(&[("in.jar", &deep, As::Streamed)]);
    }
    let found = packages("y.jar", &deep);
    assert_eq!(
        found.last().map(String::as_str),
        Some("problem: archives in it are nested too deeply to be read")
    );
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn what_unpacks_to_too_much_is_given_up() {
    let inner = vec![0; 4 << 20];
    let bomb = zip(&[
        ("in.jar", &inner, As::Streamed),
        (POM, POM_TEXT, As::Streamed),
    ]);
    let bounds = Bounds::default();
    bounds
        .unpacked
        .store(MOST_UNPACKED_BYTES - (1 << 20), Relaxed);
    let mut collector = Collector::new(&name::parts(b"y.jar"), &bounds);
    collector.take(&bomb);
    let found = shown(collector.finish());
    let expected = "problem: the archives of the image unpack to more than is read";
    assert!(found.iter().any(|line| line == expected), "{found:?}");
    assert!(bounds.unpacked.load(Relaxed) < MOST_UNPACKED_BYTES + (1 << 20));
}

#[test]
fn an_archive_has_a_bounded_number_of_artifacts() {
    let pom = format!("artifactId={}\nversion=1\n", "a".repeat(400));
    let entries = vec![(POM, pom.as_bytes(), As::Stored); 30_000];
    let found = packages("y.jar", zip(&entries));
    assert!(found.len() <= 2_001, "{}", found.len());
}
