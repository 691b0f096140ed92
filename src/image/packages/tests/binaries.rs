//! ELF files, made here.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;

/// Where the writable data of an ELF file begins.
const DATA: usize = 0x4000;

/// An ELF file of 64 bits whose second segment is writable and begins at `DATA`.
fn elf(read_only: &[u8], writable: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // ET_EXEC for x86-64; the table of segments comes right behind.
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(62_u16.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(64_u64.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 2, 64, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    let segments = [(5_u32, 0, DATA), (6, DATA, writable.len())];
    for (flags, from, size) in segments {
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        let (from, size) = (from as u64, size as u64);
        for word in [from, 0x40_0000 + from, 0x40_0000 + from, size, size, 0x1000] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes.extend(read_only);
    assert!(bytes.len() <= DATA);
    bytes.resize(DATA, 0);
    bytes.extend(writable);
    bytes
}

fn varint(mut length: usize, bytes: &mut Vec<u8>) {
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
}

const START: [u8; 16] = *b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
const END: [u8; 16] = *b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
const MODULES: &str = "path\texample.com/app\nmod\texample.com/app\t(devel)\t\n\
    dep\tgolang.org/x/net\tv0.1.0\th1:x=\ndep\tgithub.com/a/b\tv1.0.0\n\
    =>\tgithub.com/fork/b\tv1.0.1\th1:y=\ndep\texample.com/local\tv0.0.0\n=>\t./local\t\t\n\
    build\t-compiler=gc\n";

fn list() -> Vec<u8> {
    [&START[..], MODULES.as_bytes(), &END[..]].concat()
}

/// The block of a build whose texts follow.
fn block(version: &str, list: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
    bytes.resize(32, 0);
    varint(version.len(), &mut bytes);
    bytes.extend(version.as_bytes());
    varint(list.len(), &mut bytes);
    bytes.extend(list);
    bytes
}

const FOUND: [&str; 4] = [
    "go example.com/app",
    "go golang.org/x/net v0.1.0",
    "go github.com/fork/b v1.0.1",
    "go example.com/local v0.0.0",
];

#[test]
fn a_go_binary_has_its_modules_and_its_toolchain() {
    for version in ["go1.22.1", "go1.22.1 X:boringcrypto"] {
        // At any place that is aligned, across the ends of what is read at a time.
        for before in [0, 16, 960, 992, 4080] {
            let data = [vec![1; before], block(version, &list()), vec![2; 3000]].concat();
            let found = packages("usr/bin/app", elf(b"", &data));
            assert_eq!(found[0], "go stdlib 1.22.1", "{before}");
            assert_eq!(found[1..], FOUND);
        }
    }
    // Without modules, as the toolchain's own programs.
    let found = packages("go/bin/go", elf(b"", &block("go1.22.1", b"")));
    assert_eq!(found, ["go stdlib 1.22.1"]);
    let devel = block("devel go1.23-2e1003e2f7 Mon", b"");
    for path in ["go/bin/go", "app/release", "app/go/VERSION"] {
        assert_eq!(
            packages(path, elf(b"", &devel)),
            ["go stdlib 1.23-2e1003e2f7"],
            "{path}"
        );
    }
}

#[test]
fn what_is_no_build_of_the_binary_is_none() {
    let block = block("go1.22.1", &list());
    let unaligned = [&[1; 8][..], &block].concat();
    assert_eq!(packages("app", elf(b"", &unaligned)), [""; 0]);
    // A binary that is data of another one.
    assert_eq!(
        packages("app", elf(&elf(b"", b"")[..200], &[0; 64])),
        [""; 0]
    );
    let read_only = [&[0; 8][..], &block].concat();
    assert_eq!(packages("app", elf(&read_only, &[0; 64])), [""; 0]);
    assert_eq!(packages("app", block), [""; 0]);
    assert_eq!(packages("app", b"\x7fELF\x02\x01"), [""; 0]);
}

#[test]
fn a_build_of_old_go_has_its_modules_alone() {
    let mut old = b"\xff Go buildinf:\x08\x00".to_vec();
    old.extend([7; 16]);
    let found = packages("app", elf(&list(), &old));
    assert_eq!(found[0], "go stdlib");
    assert_eq!(found[1..], FOUND);
    // Without modules there is no list.
    assert_eq!(packages("app", elf(b"", &old)), ["go stdlib"]);
    // A list without an end is one that cannot be read.
    let endless = &list()[..100];
    let problem = "problem: what Go writes about its build cannot be read";
    assert_eq!(packages("app", elf(endless, &old)), [problem]);
}

#[test]
fn hostile_builds_are_bounded() {
    let mut endless = b"\xff Go buildinf:\x08\x02".to_vec();
    endless.resize(32, 0);
    varint(3, &mut endless);
    endless.extend(b"go1");
    varint(1 << 30, &mut endless);
    assert_eq!(packages("app", elf(b"", &endless)), [""; 0]);
    let cut = &block("go1.22.1", &list())[..60];
    let found = packages("app", elf(b"", cut));
    assert_eq!(
        found,
        ["problem: what Go writes about its build cannot be read"]
    );
    // Many places that look like data of Rust.
    let many = b"x\x9c\x02".repeat(300_000);
    let found = packages("app", elf(b"", &many));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("too many places"), "{found:?}");
    // So many as there are by chance in a large one are no hindrance.
    let chance = [&[1; 1 << 10][..], b"x\x9c\x02aaaa"]
        .concat()
        .repeat(12_000);
    let honest = [chance, zlib(audit(0).as_bytes()), vec![0; 600]].concat();
    assert_eq!(
        packages("app", elf(b"", &honest)),
        ["rust app 0.1.0", "rust serde 1.0.200"]
    );
    // All layers together have a bound, too.
    let bounds = Bounds::default();
    bounds.tries.store(MOST_TRIES - 2, Relaxed);
    let mut collector = Collector::new(&name::parts(b"app"), &bounds);
    collector.take(&elf(b"", &many[..300]));
    let found = shown(collector.finish());
    assert!(found[0].contains("too many places"), "{found:?}");
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn audit(more: usize) -> String {
    let more: String = (0..more)
        .map(|number| {
            format!(r#",{{"name":"more{number}","version":"{number}.0.1","source":"local"}}"#)
        })
        .collect();
    format!(
        r#"{{"packages":[{{"name":"app","version":"0.1.0","source":"local","root":true}},
        {{"name":"serde","version":"1.0.200","source":"crates.io"}},
        {{"name":"cc","version":"1.0.1","source":"crates.io","kind":"build"}}{more}]}}"#
    )
}

#[test]
fn a_rust_binary_has_the_crates_that_cargo_auditable_wrote() {
    for before in [0, 333, 700, 5000] {
        let data = [
            vec![b'x'; before],
            zlib(audit(0).as_bytes()),
            vec![b'x'; 999],
        ]
        .concat();
        let found = packages("usr/bin/app", elf(&data, b""));
        assert_eq!(found, ["rust app 0.1.0", "rust serde 1.0.200"], "{before}");
    }
    let data = zlib(audit(2_000).as_bytes());
    assert_eq!(packages("app", elf(b"", &data)).len(), 2_002);
    assert_eq!(packages("app", elf(&zlib(b"{\"other\":[]}"), b"")), [""; 0]);
    let cut = &zlib(audit(50).as_bytes())[..300];
    let found = packages("app", elf(b"", cut));
    assert_eq!(
        found,
        ["problem: what cargo auditable wrote cannot be read"]
    );
    let bomb = format!("{{\"packages\":[{}", " ".repeat(20 << 20));
    let found = packages("app", elf(b"", &zlib(bomb.as_bytes())));
    assert_eq!(
        found,
        ["problem: what cargo auditable wrote cannot be read"]
    );
}

#[test]
fn dependencies_of_crates_are_not_followed() {
    // Looking for circles would take a time that grows with the square of their number.
    let text = r#"{"packages":[{"name":"a","version":"1.0.0","source":"\u0078","dependencies":[1]},
        {"name":"b","version":"1.0.0","source":"x","dependencies":[0,7]}]}"#;
    let data = zlib(text.as_bytes());
    assert_eq!(
        packages("app", elf(b"", &data)),
        ["rust a 1.0.0", "rust b 1.0.0"]
    );
}

#[test]
fn runtimes_have_their_version_in_their_binaries() {
    let node = elf(b"https://x/node.js/v20.11.1/node.tar.gz\0", b"");
    assert_eq!(
        packages("usr/local/bin/node", &node),
        ["runtime node 20.11.1"]
    );
    assert_eq!(packages("usr/local/bin/other", &node), [""; 0]);
    let python = elf(b"3.12.x\x003.12.\x003.12.1\x003.11.9\x00", b"");
    for name in ["python3.12", "libpython3.12.so.1.0"] {
        assert_eq!(packages(name, &python), ["runtime python 3.12.1"], "{name}");
    }
    assert_eq!(packages("python3.13", &python), [""; 0]);
    assert_eq!(packages("python3.12-config", &python), [""; 0]);
}
