//! One image by itself.

use std::collections::BTreeMap;

use plimsoll::export::inspection_json;
use plimsoll::inspection::{
    Base, BaseEvidence, Heavy, HistoryInstruction, InspectedLayer, Inspection, LinuxDistribution,
    Package, PackageKind, Packages, Waste, WasteCause, WasteGroup,
};
use plimsoll::record::{Posture, SecretFinding, SecretPlace, Weight};
use plimsoll::tables::{InspectionView, inspection_tables};
use plimsoll::units::{Bytes, Count, Ratio};

fn layers() -> Vec<InspectedLayer> {
    let weight = |path: &str, bytes| Weight {
        path: path.to_owned(),
        bytes: Bytes(bytes),
    };
    vec![
        InspectedLayer {
            number: 1,
            digest: "sha256:aa".to_owned(),
            bytes: Bytes(74_000_000),
            files: Count(4_210),
            entry: Some(1),
            of_base: Some(true),
            added: Count(4_300),
            heaviest_files: vec![weight("/usr/bin/perl", 3_800_000)],
            heaviest_folders: vec![weight("/usr/lib", 66_000_000)],
            ..InspectedLayer::default()
        },
        InspectedLayer {
            number: 2,
            digest: "sha256:bb".to_owned(),
            bytes: Bytes(15_400_000),
            files: Count(1),
            entry: Some(2),
            of_base: Some(false),
            added: Count(1),
            changed: Count(2),
            removed: Count(3),
            hides_bytes: Bytes(1_810_000),
            heaviest_files: vec![weight("/usr/local/bin/node", 15_400_000)],
            ..InspectedLayer::default()
        },
    ]
}

fn posture() -> Posture {
    Posture {
        user: "node".to_owned(),
        shell: Some("/bin/sh".to_owned()),
        package_managers: vec!["/usr/bin/apt".to_owned(), "/usr/bin/dpkg".to_owned()],
        os_packages: Some(Count(88)),
        language_packages: BTreeMap::from([("npm".to_owned(), Count(3))]),
        secrets: vec![SecretFinding {
            place: SecretPlace::Layer,
            at: "/root/.npmrc in layer 1".to_owned(),
            kind: "npm token".to_owned(),
            masked: "npm_…".to_owned(),
            planted: false,
        }],
        ..Posture::default()
    }
}

fn packages() -> Packages {
    let node = Package {
        kind: PackageKind::Runtime,
        name: "node".to_owned(),
        version: Some("20.11.1".to_owned()),
        group: None,
        architecture: None,
        path: "/usr/local/bin/node".to_owned(),
        within: None,
        layer: 2,
    };
    Packages {
        distribution: Some(LinuxDistribution {
            id: "debian".to_owned(),
            version: Some("12".to_owned()),
        }),
        counts: BTreeMap::from([
            (PackageKind::Dpkg, Count(88)),
            (PackageKind::Npm, Count(3)),
            (PackageKind::Runtime, Count(1)),
        ]),
        list: vec![node],
        more: Count(91),
        ..Packages::default()
    }
}

fn image() -> Inspection {
    let instruction = |bytes, text: &str, layer| HistoryInstruction {
        unpacked_bytes: Bytes(bytes),
        instruction: text.to_owned(),
        layer,
    };
    Inspection {
        image: "plimsoll.local/node:20-slim".to_owned(),
        id: "sha256:0123".to_owned(),
        platform: "linux/amd64".to_owned(),
        stands_in_for: Some("node:20-slim".to_owned()),
        unpacked_bytes: Bytes(90_500_000),
        listed_bytes: Some(Bytes(90_500_000)),
        files: Count(4_211),
        waste_bytes: Bytes(1_810_000),
        efficiency: Ratio::of(49.0, 50.0),
        base: Some(Base {
            reference: "debian:bookworm-slim".to_owned(),
            layers: Some(Count(1)),
            bytes: Some(Bytes(74_000_000)),
            evidence: BaseEvidence::Engine,
        }),
        layers: layers(),
        history: vec![
            instruction(74_000_000, "ADD rootfs.tar / # buildkit", Some(1)),
            instruction(
                15_400_000,
                "RUN /bin/sh -c install node # buildkit",
                Some(2),
            ),
            instruction(0, "USER node", None),
        ],
        waste: Waste {
            bytes: Bytes(1_810_000),
            files: Count(12),
            groups: vec![WasteGroup {
                path: "/usr/share".to_owned(),
                is_folder: true,
                bytes: Bytes(1_810_000),
                files: Count(12),
                written_by: 1,
                hidden_by: 2,
                cause: WasteCause::OwnerChanged,
            }],
            ..Waste::default()
        },
        heaviest: vec![Heavy {
            path: "/usr/local/bin/node".to_owned(),
            is_folder: false,
            bytes: Bytes(15_400_000),
            files: Count(1),
            layer: 2,
            layer_bytes: Bytes(15_400_000),
        }],
        packages: packages(),
        posture: posture(),
        ..Inspection::default()
    }
}

fn shown(is_whole: bool) -> String {
    shown_of(&image(), is_whole)
}

fn shown_of(image: &Inspection, is_whole: bool) -> String {
    let view = InspectionView {
        is_whole,
        width: None,
    };
    let tables = inspection_tables(image, view);
    let text: Vec<String> = tables.iter().map(|table| table.markdown()).collect();
    text.join("\n")
}

#[test]
fn facts_layers_waste_and_weights() {
    insta::assert_snapshot!(shown(false), @r"
**plimsoll.local/node:20-slim**

| fact | found |
| :--- | :--- |
| id | sha256:0123 |
| platform | linux/amd64 |
| stands in for | node:20-slim |
| base | debian:bookworm-slim: 1 of 2 layers, 74.0 MB; 16.5 MB on top of it (the engine has it) |
| size | 90.5 MB unpacked, 90.5 MB listed by the engine in 4 211 files and folders |
| waste | 1.81 MB (98.0 % of the layers' bytes are in the final tree) |
| runs as | user node; health check none; shell /bin/sh |
| contains | package managers apt, dpkg; compilers none; setuid files none |
| findings | leaks none; sources none; secrets 1: layer |
| dpkg packages | 88 of debian 12 |
| npm packages | 3 |
| runtimes | 1: node 20.11.1 |

- npm token in the layer (/root/.npmrc in layer 1): npm\_…

**Layers and the instructions that made them**

| layer | unpacked | added | changed | removed | hides | instruction |
| :--- | ---: | ---: | ---: | ---: | ---: | :--- |
| 1 | 74.0 MB | 4 300 | 0 | 0 | 0 B | base debian:bookworm-slim |
| 2 | 15.4 MB | 1 | 2 | 3 | 1.81 MB | RUN install node |

- 1 instruction made no layer; --all shows them.

**Waste: 1.81 MB that a later layer hides**

| wasted | files | path | why | written by layer | hidden by layer |
| ---: | ---: | :--- | :--- | :--- | :--- |
| 1.81 MB | 12 | /usr/share/ | same content, new owner (chown) | 1 | 2 |

**Heaviest files and folders of the final tree, none within another**

| bytes | files | path | written by layer |
| ---: | ---: | :--- | :--- |
| 15.4 MB | 1 | /usr/local/bin/node | 2 |
");
}

#[test]
fn all_has_every_instruction_and_fact() {
    insta::assert_snapshot!(shown(true), @r"
**plimsoll.local/node:20-slim**

| fact | found |
| :--- | :--- |
| id | sha256:0123 |
| platform | linux/amd64 |
| stands in for | node:20-slim |
| base | debian:bookworm-slim: 1 of 2 layers, 74.0 MB; 16.5 MB on top of it (the engine has it) |
| size | 90.5 MB unpacked, 90.5 MB listed by the engine in 4 211 files and folders |
| waste | 1.81 MB (98.0 % of the layers' bytes are in the final tree) |
| user | node |
| health check | none |
| shell | /bin/sh |
| package managers | /usr/bin/apt, /usr/bin/dpkg |
| compilers | none |
| setuid files | none |
| leaks | none |
| sources | none |
| secrets | 1: layer |
| dpkg packages | 88 of debian 12 |
| npm packages | 3 |
| runtimes | 1: node 20.11.1 |

- npm token in the layer (/root/.npmrc in layer 1): npm\_…

**Layers and the instructions that made them**

| layer | unpacked | added | changed | removed | hides | digest | instruction |
| :--- | ---: | ---: | ---: | ---: | ---: | :--- | :--- |
| 1 | 74.0 MB | 4 300 | 0 | 0 | 0 B | sha256:aa | ADD rootfs.tar / # buildkit |
| 2 | 15.4 MB | 1 | 2 | 3 | 1.81 MB | sha256:bb | RUN /bin/sh -c install node # buildkit |
| – | – | – | – | – | – |  | USER node |

**Waste: 1.81 MB that a later layer hides**

| wasted | files | path | why | written by layer | hidden by layer |
| ---: | ---: | :--- | :--- | :--- | :--- |
| 1.81 MB | 12 | /usr/share/ | same content, new owner (chown) | 1 | 2 |

**Waste by folder**

| wasted | files | folder with all below it |
| ---: | ---: | :--- |

**Wasted files**

| wasted | path | why | written by layer | hidden by layer |
| ---: | :--- | :--- | :--- | :--- |

**Heaviest files and folders of the final tree, none within another**

| bytes | files | path | written by layer |
| ---: | ---: | :--- | :--- |
| 15.4 MB | 1 | /usr/local/bin/node | 2 |

**Layers and what is heaviest in them**

| layer | file bytes | files | heaviest files and folders |
| :--- | ---: | ---: | :--- |
| 1 | 74.0 MB | 4 210 | /usr/lib 66.0 MB, /usr/bin/perl 3.80 MB |
| 2 | 15.4 MB | 1 | /usr/local/bin/node 15.4 MB |

- The lowest layer first.
");
}

#[test]
fn all_has_every_runtime_and_counts_what_is_in_no_list() {
    let mut image = image();
    let node = image.packages.list[0].clone();
    image.packages.list = (0..8)
        .map(|number| Package {
            version: Some(format!("{number}.0")),
            ..node.clone()
        })
        .collect();
    image.packages.counts.insert(PackageKind::Runtime, Count(8));
    image.waste.more_folders = Count(12);
    let versions: Vec<_> = (0..8).map(|number| format!("node {number}.0")).collect();
    let short = shown_of(&image, false);
    let row = format!("| runtimes | 8: {} |", versions[..6].join(", "));
    assert!(short.contains(&row), "{short}");
    let all = shown_of(&image, true);
    let row = format!("| runtimes | 8: {} |", versions.join(", "));
    assert!(all.contains(&row), "{all}");
    let folders = "Folders that lie deeper or are too many to list: 12.";
    assert!(all.contains(folders), "{all}");
    assert!(!short.contains(folders), "{short}");
}

#[test]
fn machines_read_base_units() {
    let text = inspection_json(&image(), &[]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["unpacked_bytes"], 90_500_000);
    assert_eq!(json["waste_bytes"], 1_810_000);
    assert_eq!(json["efficiency"], 0.98);
    assert_eq!(
        json["layers"][1]["heaviest_files"][0]["path"],
        "/usr/local/bin/node"
    );
    assert_eq!(json["history"][2]["instruction"], "USER node");
    assert_eq!(json["posture"]["secrets"][0]["masked"], "npm_…");
    assert_eq!(json["stands_in_for"], "node:20-slim");
    assert_eq!(json["image"], "plimsoll.local/node:20-slim");
    assert_eq!(json["layers"][1]["hides_bytes"], 1_810_000);
    assert_eq!(json["history"][2]["layer"], serde_json::Value::Null);
    assert_eq!(json["waste"]["groups"][0]["cause"], "owner-changed");
}
