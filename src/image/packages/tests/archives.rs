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
            ..4 => Some("problem: it is no zip archive"),
            _ => Some("problem: it is cut off"),
        };
        if !(30..=80).contains(&end) {
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
    // With the archive by its name, and the problem.
    assert_eq!(found.len(), 2_002);
    let problem = "problem: it has more artifacts than are read";
    assert_eq!(found[2_001], problem);
    let long = format!("artifactId={}\nversion=1\n", "a".repeat(600));
    let found = packages("y.jar", zip(&[(POM, long.as_bytes(), As::Stored)]));
    let problem = "problem: a name or a version in it makes no sense";
    assert_eq!(found, ["java y", problem]);
}

#[test]
fn an_archive_with_descriptions_of_others_is_listed_itself() {
    let of = |name: &str, version: &str| format!("artifactId={name}\nversion={version}\n");
    let made = |poms: &[String], manifest: &str| {
        let poms = poms.iter().map(|pom| (POM, pom.as_bytes(), As::Deflated));
        let entries: Vec<_> = poms
            .chain([(MANIFEST, manifest.as_bytes(), As::Stored)])
            .collect();
        zip(&entries)
    };
    let cglib = of("cglib", "3.2.12");
    let guice = made(std::slice::from_ref(&cglib), "Bundle-Version: 4.2.3\n");
    assert_eq!(
        packages("s/guice.jar", guice),
        ["java cglib 3.2.12", "java guice 4.2.3"]
    );
    let unnamed = made(std::slice::from_ref(&cglib), "X: y\n");
    assert_eq!(
        packages("s/guice-4.2.3.jar", unnamed),
        ["java cglib 3.2.12", "java guice 4.2.3"]
    );
    // Another name of the file, and the only description is right.
    let maven = made(
        &[of("maven-core", "3.8.7")],
        "Implementation-Version: 3.8.7\n",
    );
    assert_eq!(
        packages("s/maven3-core.jar", maven),
        ["java maven-core 3.8.7"]
    );
    let start = made(&[of("jetty-start", "9.4.50")], "Bundle-SymbolicName: x\n");
    assert_eq!(packages("s/start.jar", start), ["java jetty-start 9.4.50"]);
    let shaded = made(
        &[of("shaded", "1"), cglib.clone()],
        "Implementation-Version: 1\n",
    );
    assert_eq!(
        packages("s/shaded-1-all.jar", &shaded),
        ["java shaded 1", "java cglib 3.2.12"]
    );
    assert_eq!(packages("s/all.jar", shaded).last().unwrap(), "java all 1");
}

#[test]
fn the_last_manifest_of_an_archive_counts() {
    let pom = |name: &str| format!("artifactId={name}\nversion=1\n");
    let (one, other) = (pom("one"), pom("other"));
    let jar = zip(&[
        (MANIFEST, b"Implementation-Title: one\n", As::Stored),
        (MANIFEST, b"Implementation-Version: 2\n", As::Stored),
        (POM, one.as_bytes(), As::Stored),
        (POM, other.as_bytes(), As::Stored),
    ]);
    let expected = ["java one 1", "java other 1", "java app 2"];
    assert_eq!(packages("app.jar", jar), expected);
}

#[test]
fn what_only_has_the_name_of_an_archive_in_another_one_is_none() {
    for written in [As::Stored, As::Deflated, As::Streamed] {
        let outer = zip(&[
            ("lib/in.jar", b"version https://git-lfs", written),
            (POM, POM_TEXT, written),
        ]);
        assert_eq!(packages("y.jar", &outer), ["java y 1.2.3 [org.x]"]);
        // It hides no other problem.
        let cut = &outer[..outer.len() - 22];
        let expected = ["java y 1.2.3 [org.x]", "problem: it is cut off"];
        assert_eq!(packages("y.jar", cut), expected);
    }
}

#[test]
fn names_of_archives_may_have_digits() {
    for (file, manifest, expected) in [
        ("log4j-1.2-api-2.17.1.jar", "", "log4j-1.2-api 2.17.1"),
        (
            "spark-streaming-kafka-0-10_2.12-3.3.0.jar",
            "",
            "spark-streaming-kafka-0-10_2.12 3.3.0",
        ),
        ("guava-33.0.0-jre.jar", "", "guava 33.0.0-jre"),
        ("x-1.0-2.jar", "Implementation-Version: 1.0-2\n", "x 1.0-2"),
    ] {
        let jar = zip(&[(MANIFEST, manifest.as_bytes(), As::Stored)]);
        assert_eq!(packages(file, jar), [format!("java {expected}")]);
    }
}

#[test]
fn many_small_entries_have_a_cost() {
    let entries = vec![(POM, POM_TEXT, As::Streamed); 1_000];
    let bounds = Bounds::default();
    let mut collector = Collector::new(&name::parts(b"y.jar"), &bounds);
    collector.take(&zip(&entries));
    collector.finish();
    assert!(bounds.unpacked.load(Relaxed) >= 1_000 << 12);
}
