//! The tables of an inspection at the width of a terminal, and that nothing is shortened where
//! everything is asked for.

use std::collections::BTreeMap;

use plimsoll::export::inspection_json;
use plimsoll::inspection::{
    Base, BaseEvidence, Condition, FileKind, FileList, Growth, Heavy, HistoryInstruction,
    InspectedLayer, Inspection, ListedFile, NameChange, Package, PackageGrowth, PackageKind,
    Packages, PathGrowth, RemovedName, Sizes, UnreadPackages, Waste, WasteCause, WasteGroup,
    WastedFile, judge,
};
use plimsoll::record::{Posture, SecretFinding, SecretPlace};
use plimsoll::tables::{
    InspectionView, Table, file_table, gate_table, growth_tables, inspection_tables, package_table,
};
use plimsoll::units::{Bytes, Count, Ratio};

const WIDTHS: [u16; 5] = [60, 80, 100, 140, 200];
/// Lines of one screen, as docs/INSPECT.md has it.
const LINES: usize = 50;
const LAYERS: u32 = 40;

/// A path of 300 characters without a space.
fn path(end: &str) -> String {
    let folders: String = (0..29).map(|at| format!("/folder_{at:02}")).collect();
    format!("{folders}/{end}")
}

fn instruction(number: u32) -> String {
    format!(
        "RUN make part {number} {}&& rm -rf {}",
        "of a long line ".repeat(20),
        path("x")
    )
}

fn layers() -> Vec<InspectedLayer> {
    let layers = (1..=LAYERS).map(|number| InspectedLayer {
        number,
        digest: format!("sha256:{number:064}"),
        bytes: Bytes(123_456_789 + u64::from(number)),
        packed_bytes: Some(Bytes(45_678_901)),
        files: Count(12_345),
        entry: Some(number),
        of_base: Some(number <= 3),
        added: Count(12_345),
        changed: Count(1_234),
        removed: Count(123),
        hides_bytes: Bytes(98_765_432),
        hidden_bytes: Bytes(98_765_432),
        ..InspectedLayer::default()
    });
    layers.collect()
}

fn posture() -> Posture {
    let secrets = (0..12).map(|number| SecretFinding {
        place: SecretPlace::Layer,
        at: format!("{} in layer 7 of {LAYERS}", path("key.pem")),
        kind: format!("value of TOKEN_{number}"),
        masked: "abcd…".to_owned(),
        planted: false,
    });
    let paths = |name: &str| (0..9).map(|at| path(&format!("{name}{at}"))).collect();
    Posture {
        user: path("user"),
        shell: Some(path("sh")),
        package_managers: paths("apt"),
        compilers: paths("gcc"),
        setuid: paths("su"),
        leaks: paths(".env"),
        sources: BTreeMap::from([("ts".to_owned(), Count(12))]),
        secrets: secrets.collect(),
        ..Posture::default()
    }
}

fn packages() -> Packages {
    use PackageKind::{Apk, Dpkg, Go, Java, Npm, Python, Ruby, Runtime, Rust};
    let kinds = [Dpkg, Apk, Npm, Python, Java, Ruby, Go, Rust, Runtime];
    let list = kinds.map(|kind| Package {
        kind,
        name: "a-package_of_a_very_long_name".repeat(3),
        version: Some("1.2.3+deb12u4~alpha5".repeat(3)),
        group: None,
        architecture: None,
        path: path("package"),
        within: None,
        layer: 12,
    });
    Packages {
        counts: kinds.map(|kind| (kind, Count(1_234))).into(),
        list: list.to_vec(),
        unread: vec![UnreadPackages {
            path: path("broken.jar"),
            layer: 3,
            problem: "it is no zip archive".to_owned(),
        }],
        ..Packages::default()
    }
}

fn waste() -> Waste {
    let causes = [
        WasteCause::OwnerChanged,
        WasteCause::CopiedAgain,
        WasteCause::Removed,
        WasteCause::Overwritten,
        WasteCause::ModeChanged,
    ];
    let groups = causes
        .into_iter()
        .enumerate()
        .map(|(at, cause)| WasteGroup {
            path: path(&format!("wasted{at}")),
            is_folder: true,
            bytes: Bytes(12_345_678),
            files: Count(1_234),
            written_by: 12,
            hidden_by: 34,
            cause,
        });
    let paths = causes
        .into_iter()
        .enumerate()
        .map(|(at, cause)| WastedFile {
            path: path(&format!("wasted{at}/file")),
            bytes: Bytes(12_345_678),
            written_by: 12,
            hidden_by: 34,
            cause,
        });
    Waste {
        bytes: Bytes(61_728_390),
        files: Count(6_170),
        groups: groups.collect(),
        paths: paths.collect(),
        ..Waste::default()
    }
}

/// An image with everything that a summary can have, and long texts.
fn image() -> Inspection {
    let heavy = |at| Heavy {
        path: path(&format!("heavy{at}")),
        is_folder: false,
        bytes: Bytes(123_456_789),
        files: Count(12_345),
        layer: 12,
        layer_bytes: Bytes(1),
    };
    let mut history: Vec<_> = (1..=LAYERS)
        .map(|number| HistoryInstruction {
            unpacked_bytes: Bytes(1),
            instruction: instruction(number),
            layer: Some(number),
        })
        .collect();
    history.push(HistoryInstruction {
        instruction: "CMD node".to_owned(),
        ..HistoryInstruction::default()
    });
    Inspection {
        image: format!("registry.example.com{}:1.2.3", path("app")),
        selected: Some(path("selected")),
        id: format!("sha256:{}", "1".repeat(64)),
        platform: "linux/amd64".to_owned(),
        digests: vec![format!(
            "registry.example.com/app@sha256:{}",
            "2".repeat(64)
        )],
        stands_in_for: Some(path("base")),
        unpacked_bytes: Bytes(4_900_000_000),
        packed_bytes: Some(Bytes(1_800_000_000)),
        listed_bytes: Some(Bytes(6_700_000_000)),
        files: Count(493_800),
        waste_bytes: Bytes(61_728_390),
        efficiency: Ratio::of(98.0, 100.0),
        base: Some(Base {
            reference: format!("registry.example.com{}", path("base")),
            layers: Some(Count(3)),
            bytes: Some(Bytes(370_000_000)),
            evidence: BaseEvidence::Engine,
        }),
        layers: layers(),
        history,
        waste: waste(),
        heaviest: (0..20).map(heavy).collect(),
        packages: packages(),
        posture: posture(),
        ..Inspection::default()
    }
}

fn drawn(tables: &[Table], width: u16) -> String {
    let texts = tables.iter().map(|table| table.terminal(Some(width)));
    texts.collect::<Vec<_>>().join("\n")
}

fn assert_fits(text: &str, width: u16, what: &str) {
    for line in text.lines() {
        let length = line.chars().count();
        assert!(
            length <= usize::from(width),
            "{what}: {length} characters at {width}: {line}\n{text}"
        );
    }
}

fn view(width: u16) -> InspectionView {
    InspectionView {
        is_whole: false,
        width: Some(width),
    }
}

#[test]
fn the_tables_fit_the_terminal_and_one_screen() {
    let image = image();
    for width in WIDTHS {
        let text = drawn(&inspection_tables(&image, view(width)), width);
        assert_fits(&text, width, "inspect");
        let lines = text.lines().count();
        assert!(lines <= LINES, "{lines} lines at {width}:\n{text}");
        for part in ["platform", "Layers and the", "Waste:", "--all"] {
            assert!(text.contains(part), "{part} at {width}:\n{text}");
        }
    }
}

/// A usual image has all that it had, and each column.
#[test]
fn a_terminal_of_usual_width_leaves_no_column_out() {
    let mut image = image();
    image.posture.secrets.clear();
    image
        .packages
        .counts
        .retain(|kind, _| *kind == PackageKind::Dpkg);
    image.stands_in_for = None;
    image.selected = None;
    for width in [80, 200] {
        let text = drawn(&inspection_tables(&image, view(width)), width);
        assert_fits(&text, width, "inspect");
        assert!(!text.contains("Not shown at this width"), "{text}");
        for part in ["packed", "removed", "hides", "instruction", "Heaviest"] {
            assert!(text.contains(part), "{part} at {width}:\n{text}");
        }
    }
    let narrow = drawn(&inspection_tables(&image, view(60)), 60);
    let left_out = "Not shown at this width: packed, added, changed, removed;";
    let in_one_line = narrow.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(in_one_line.contains(left_out), "{narrow}");
}

#[test]
fn lists_and_comparisons_fit_the_terminal() {
    let image = image();
    let file = |number: u32| ListedFile {
        layer: number,
        path: path(&format!("file{number}")),
        kind: FileKind::File,
        change: Some(NameChange::Changed),
        bytes: Bytes(123_456_789),
        mode: Some(0o4755),
        owner: Some((100_000, 100_000)),
        target: None,
        hidden: Some((34, WasteCause::OwnerChanged)),
    };
    let list = FileList {
        image: image.image.clone(),
        selected: image.selected.clone(),
        files: (1..5).map(file).collect(),
        removed: vec![RemovedName {
            layer: 3,
            path: path("removed"),
        }],
        more: Count(7),
    };
    let sizes = Sizes {
        before: Bytes(123_456_789),
        after: Bytes(1_234_567),
    };
    let mut growth = Growth::of(&image, &Inspection::default());
    growth.paths = vec![PathGrowth {
        path: path("grown"),
        is_folder: true,
        files: Count(12_345),
        bytes: sizes,
    }];
    growth.packages = vec![PackageGrowth {
        kind: PackageKind::Runtime,
        name: "a-package_of_a_very_long_name".repeat(3),
        before: vec!["1.2.3+deb12u4~alpha5".repeat(3); 3],
        after: vec!["1.2.3+deb12u4~alpha5".repeat(3)],
    }];
    let conditions: Vec<Condition> = ["setuid", "leaks", "package-managers>1", "waste>1%"]
        .map(|text| text.parse::<Condition>().unwrap())
        .into();
    let judged = judge(&image, &conditions);
    for width in WIDTHS {
        let view = view(width);
        for (what, tables) in [
            ("--layer", vec![file_table(&list, view)]),
            ("--against", growth_tables(&growth, view)),
            ("--packages", vec![package_table(&image, view)]),
            ("--fail-on", vec![gate_table(&image, &judged, view)]),
        ] {
            assert_fits(&drawn(&tables, width), width, what);
        }
    }
}

#[test]
fn all_and_json_shorten_nothing_at_any_width() {
    let image = image();
    let mut texts: Vec<String> = vec![image.image.clone(), image.id.clone(), path("selected")];
    texts.extend(image.waste.groups.iter().map(|group| group.path.clone()));
    texts.extend(image.waste.paths.iter().map(|file| file.path.clone()));
    texts.extend(image.heaviest.iter().map(|heavy| heavy.path.clone()));
    texts.extend(image.posture.setuid.iter().cloned());
    let json = inspection_json(&image, &[]).unwrap();
    // What is broken into lines at spaces is compared without them.
    let joined = |text: &str| text.split_whitespace().collect::<String>();
    for text in &texts {
        assert!(json.contains(text.as_str()), "{text}");
    }
    for width in [60, 80, 200] {
        let view = InspectionView {
            is_whole: true,
            ..view(width)
        };
        let all = drawn(&inspection_tables(&image, view), width);
        for text in &texts {
            assert!(all.contains(text.as_str()), "{text} at {width}: {all}");
        }
    }
    let view = InspectionView {
        is_whole: true,
        width: None,
    };
    let tables = inspection_tables(&image, view);
    let all: String = tables.iter().map(|table| table.terminal(None)).collect();
    let all = joined(&all);
    for number in 1..=LAYERS {
        let made = joined(&instruction(number));
        assert!(all.contains(&made), "{made}");
        assert!(json.contains(&instruction(number)), "{made}");
    }
}
