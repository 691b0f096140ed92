//! Tests of conditions.

use super::super::{PackageKind, Packages, UnreadPackages, WasteGroup};
use super::*;
use crate::record::{Posture, Unlisted};

fn image() -> Inspection {
    Inspection {
        unpacked_bytes: Bytes(100_000_000),
        waste_bytes: Bytes(6_000_000),
        files: Count(1_000),
        posture: Posture {
            root: true,
            setuid: vec!["/bin/su".to_owned(), "/bin/mount".to_owned()],
            ..Posture::default()
        },
        packages: Packages {
            counts: [
                (PackageKind::Dpkg, Count(90)),
                (PackageKind::Npm, Count(11)),
                (PackageKind::Runtime, Count(7)),
            ]
            .into(),
            ..Packages::default()
        },
        ..Inspection::default()
    }
}

#[test]
fn an_image_meets_a_condition_beyond_its_bound_and_not_at_it() {
    for (text, findings) in [
        ("root", 1),
        ("secrets", 0),
        ("shell", 0),
        ("no-health-check", 1),
        ("setuid", 2),
        ("setuid>1", 2),
        ("setuid>2", 0),
        ("waste>5%", 1),
        ("waste>6%", 0),
        ("waste>5.9MB", 1),
        ("waste>6MB", 0),
        ("size>99.9MB", 1),
        ("size>100MB", 0),
        ("size > 95.3MiB", 1),
        ("files>999", 1),
        ("files>1000", 0),
        ("packages>100", 1),
        ("packages>101", 0),
        ("layers>0", 0),
        ("packed>1MB", 1),
    ] {
        let condition: Condition = text.parse().unwrap();
        assert_eq!(condition.judge(&image()).len(), findings, "{text}");
    }
}

fn messages(text: &str, image: &Inspection) -> Vec<String> {
    let condition: Condition = text.parse().unwrap();
    let findings = condition.judge(image).into_iter();
    findings.map(|finding| finding.message).collect()
}

#[test]
fn what_a_list_does_not_hold_counts() {
    let mut image = image();
    let secret = |number: u32| SecretFinding {
        place: SecretPlace::Layer,
        at: format!("/a{number} in layer 1 of 1"),
        kind: "npm token".to_owned(),
        masked: String::new(),
        planted: false,
    };
    image.posture.secrets = (0..2).map(secret).collect();
    image.posture.unlisted.setuid = Count(3);
    image.posture.unlisted.secrets = Count(3);
    for (subject, what) in [("setuid", "such paths"), ("secrets", "secrets")] {
        let found = messages(&format!("{subject}>4"), &image);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], format!("3 more {what} are not listed"));
        let found = messages(&format!("{subject}>5"), &image);
        assert_eq!(found, [""; 0]);
    }
    for (subject, set) in [
        ("leaks", |more| more.leaks = Count(7)),
        ("compilers", |more| more.compilers = Count(7)),
        ("package-managers", |more| more.package_managers = Count(7)),
    ] as [(&str, fn(&mut Unlisted)); 3]
    {
        assert_eq!(messages(&format!("{subject}>6"), &image), [""; 0]);
        set(&mut image.posture.unlisted);
        assert_eq!(messages(&format!("{subject}>6"), &image).len(), 1);
    }
}

#[test]
fn what_is_not_known_fails() {
    let mut image = image();
    image.posture.root = false;
    image.posture.health_check = true;
    image.packed_bytes = Some(Bytes(1));
    image.packages.counts = [(PackageKind::Dpkg, Count(90))].into();
    assert_eq!(messages("packages>100", &image), [""; 0]);
    image.posture.unread_packages = Some("rpm".to_owned());
    assert_eq!(
        messages("packages>100", &image),
        ["The package database of rpm cannot be read, so `packages` cannot be checked"]
    );
    image.posture.unread_packages = None;
    // A description is one package; a database may have any number.
    image.packages.unread = vec![UnreadPackages {
        path: "/a".to_owned(),
        layer: 1,
        problem: String::new(),
    }];
    assert_eq!(messages("packages>91", &image), [""; 0]);
    assert_eq!(messages("packages>90", &image).len(), 1);
    image.packages.open_ended = Count(1);
    assert_eq!(
        messages("packages>100", &image),
        ["The packages of 1 file cannot be read, so `packages` cannot be checked"]
    );
    image.missing_layers = Count(2);
    for condition in [
        "size>1GB",
        "packed>1GB",
        "waste>99%",
        "secrets",
        "setuid>9",
        "root",
        "shell",
        "leaks",
        "compilers",
        "package-managers",
        "chown",
        "files>9999",
        "packages>9999",
    ] {
        let name = condition.split('>').next().unwrap();
        let said = format!("2 foreign layers are not read, so `{name}` is not known");
        assert_eq!(messages(condition, &image), [said], "{condition}");
    }
    image.packed_bytes = None;
    assert_eq!(messages("packed>1GB", &image).len(), 1);
    // These do not depend on what is in the layers.
    assert_eq!(messages("no-health-check", &image), [""; 0]);
    assert_eq!(messages("layers>2", &image), [""; 0]);
    assert_eq!(
        messages("layers>1", &image),
        ["The image has 2 layers, and 1 are allowed"]
    );
}

#[test]
fn a_finding_names_its_place() {
    let mut image = image();
    for (place, at) in [
        (SecretPlace::History, "entry 1 of 2"),
        (SecretPlace::Config, "Env NPM"),
        (SecretPlace::Layer, "/a b in layer 1 of 2, gone later"),
    ] {
        image.posture.secrets.push(SecretFinding {
            place,
            at: at.to_owned(),
            kind: "npm token".to_owned(),
            masked: String::new(),
            planted: false,
        });
    }
    assert_eq!(
        messages("secrets", &image),
        [
            "The history contains a secret: npm token (entry 1 of 2)",
            "The config contains a secret: npm token (Env NPM)",
            "A layer contains a secret: npm token (/a b in layer 1 of 2, gone later)",
        ]
    );
    image.waste.groups.push(WasteGroup {
        path: "/app".to_owned(),
        is_folder: true,
        bytes: Bytes(2_000),
        files: Count(1),
        written_by: 1,
        hidden_by: 3,
        cause: WasteCause::OwnerChanged,
    });
    assert_eq!(
        messages("chown", &image),
        ["Layer 3 writes /app again (2.00 kB) only to change owners or permissions"]
    );
}

#[test]
fn what_cannot_be_read_is_answered_by_what_there_is() {
    for (text, problem) in [
        ("sizes>1MB", "there is no such condition"),
        ("size", "it needs a size, as in `size>60MB`"),
        ("size>5%", "it needs a size: `60MB`, `1.5GB`, `64MiB`"),
        ("size>60", "it needs a size: `60MB`, `1.5GB`, `64MiB`"),
        ("waste>x", "it needs a share or a size: `5%`, `10MB`"),
        ("waste>-1%", "it needs a share from 0% to 100%"),
        ("waste>inf%", "it needs a share from 0% to 100%"),
        ("waste>NaN%", "it needs a share from 0% to 100%"),
        ("waste>500%", "it needs a share from 0% to 100%"),
        ("waste>1e999%", "it needs a share from 0% to 100%"),
        ("waste>infMB", "it needs a share or a size: `5%`, `10MB`"),
        ("files>1.5", "it needs a whole number"),
        ("files", "it needs a number, as in `files>10000`"),
        ("root>1", "it is met or not, and takes no number"),
        ("", "there is no such condition"),
    ] {
        let error = text.parse::<Condition>().unwrap_err();
        assert_eq!(error.problem, problem, "{text}");
        for subject in GateSubject::ALL {
            assert!(error.hint().contains(subject.name()), "{}", error.hint());
        }
    }
}

#[test]
fn every_condition_is_read_as_its_example_is_written() {
    for subject in GateSubject::ALL {
        let condition: Condition = subject.example().parse().unwrap();
        assert_eq!(condition.subject(), *subject);
        let again: Condition = condition.to_string().parse().unwrap();
        assert_eq!(again.subject(), *subject, "{condition}");
    }
}
