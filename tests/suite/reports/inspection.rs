//! One image by itself.

use std::collections::BTreeMap;

use plimsoll::record::{LayerContents, Posture, SecretFinding, SecretPlace, Weight};
use plimsoll::report::{Inspection, inspection_json, inspection_tables};
use plimsoll::units::{Bytes, Count, Ratio};

fn image() -> Inspection {
    let weight = |path: &str, bytes| Weight {
        path: path.to_owned(),
        bytes: Bytes(bytes),
    };
    Inspection {
        name: "plimsoll.local/node:20-slim".to_owned(),
        id: "sha256:0123".to_owned(),
        platform: "linux/amd64".to_owned(),
        digests: Vec::new(),
        stands_in_for: Some("node:20-slim".to_owned()),
        unpacked: Bytes(90_500_000),
        listed: Bytes(90_500_000),
        history: vec![
            (Bytes(75_000_000), "ADD rootfs.tar /".to_owned()),
            (
                Bytes(15_500_000),
                "COPY node /usr/local/bin/node".to_owned(),
            ),
            (Bytes(0), "USER node".to_owned()),
        ],
        files: Count(4_211),
        waste: Bytes(1_810_000),
        efficiency: Ratio::of(49.0, 50.0),
        layers: vec![
            LayerContents {
                bytes: Bytes(74_000_000),
                files: Count(4_210),
                heaviest_files: vec![weight("/usr/bin/perl", 3_800_000)],
                heaviest_folders: vec![weight("/usr", 70_000_000)],
            },
            LayerContents {
                bytes: Bytes(15_400_000),
                files: Count(1),
                heaviest_files: vec![weight("/usr/local/bin/node", 15_400_000)],
                heaviest_folders: Vec::new(),
            },
        ],
        posture: Posture {
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
        },
    }
}

#[test]
fn facts_layers_and_instructions() {
    let tables = inspection_tables(&image());
    let text: Vec<String> = tables.iter().map(|table| table.markdown()).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
**plimsoll.local/node:20-slim**

| fact | found |
| :--- | :--- |
| id | sha256:0123 |
| platform | linux/amd64 |
| stands in for | node:20-slim |
| unpacked | 90.5 MB |
| listed by the engine | 90.5 MB |
| files | 4 211 |
| waste | 1.81 MB (98.0 % of the layers' bytes are in the final tree) |
| user | node |
| health check | none |
| shell | /bin/sh |
| package managers | apt, dpkg |
| compilers | none |
| setuid files | none |
| OS packages | 88 |
| language packages | 3 npm |
| leaks | none |
| sources | none |
| secrets | 1: layer |

- npm token in the layer (/root/.npmrc in layer 1): npm\_…
- Facts that need no start: a run says too whether it starts hardened, how it stops, and what scanners find.

**Layers and what is heaviest in them**

| layer | file bytes | files | heaviest files and folders |
| :--- | ---: | ---: | :--- |
| 1 | 74.0 MB | 4 210 | /usr 70.0 MB, /usr/bin/perl 3.80 MB |
| 2 | 15.4 MB | 1 | /usr/local/bin/node 15.4 MB |

- The lowest layer first.

**Instructions that made the image**

| entry | instruction | unpacked |
| :--- | :--- | ---: |
| 1 | ADD rootfs.tar / | 75.0 MB |
| 2 | COPY node /usr/local/bin/node | 15.5 MB |
| 3 | USER node | 0 B |

- As the image's own history tells it, the base's part first.
");
}

#[test]
fn machines_read_base_units() {
    let json = inspection_json(&image());
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
}
