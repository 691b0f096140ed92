//! The fuzz targets of fuzz/ without a fuzzer: each runs over its committed seeds and over
//! mutations of them by a fixed seed. `scripts/fuzz` runs the same functions under libFuzzer.
//!
//! `PLIMSOLL_BLESS=1 cargo test --test suite fuzzing` writes the seeds of `seeds.rs` anew;
//! others that lie there are findings, and stay.

mod seeds;
#[path = "../../fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most bytes of an input.
const MOST_BYTES: usize = 64 << 10;
/// Most bytes of all seeds of a target: they are committed.
const MOST_SEED_BYTES: u64 = 64 << 10;

fn corpus(target: &str) -> PathBuf {
    let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    fuzz.join(target)
}

/// The committed inputs of a target, in the order of their names.
fn committed(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut inputs: Vec<_> = fs::read_dir(corpus(target))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    inputs.sort();
    inputs
}

/// A change or some, as a fuzzer makes them.
fn mutated(random: &mut ChaCha8Rng, inputs: &[(String, Vec<u8>)], tokens: &[&str]) -> Vec<u8> {
    let mut bytes = inputs.choose(random).unwrap().1.clone();
    for _ in 0..random.random_range(1..=4) {
        let at = random.random_range(0..=bytes.len());
        match random.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.random_range(0..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            4 => {
                let token = tokens.choose(random).unwrap_or(&"\0");
                bytes.splice(at..at, token.bytes());
            }
            _ => {
                let other = &inputs.choose(random).unwrap().1;
                let from = random.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

/// Runs a target over its seeds and over so many mutations.
fn run(target: &str, function: fn(&[u8]), mutations: usize, tokens: &[&str]) {
    let inputs = committed(target);
    assert!(!inputs.is_empty(), "no seed of {target}");
    for (name, bytes) in &inputs {
        println!("seed {name}");
        function(bytes);
    }
    let mut random = ChaCha8Rng::seed_from_u64(20);
    for number in 0..mutations {
        let bytes = mutated(&mut random, &inputs, tokens);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| function(&bytes))) {
            let kept = std::env::temp_dir().join(format!("plimsoll-{target}-{number}"));
            fs::write(&kept, &bytes).unwrap();
            println!("mutation {number} is kept in {}", kept.display());
            std::panic::resume_unwind(panic);
        }
    }
    println!(
        "{} seeds and {mutations} mutations of {target}",
        inputs.len()
    );
}

macro_rules! targets {
    ($($target:ident, $mutations:literal, $tokens:expr;)*) => {
        const TARGETS: &[&str] = &[$(stringify!($target)),*];

        $(#[test]
        fn $target() {
            run(stringify!($target), targets::$target, $mutations, &$tokens);
        })*
    };
}

targets! {
    layer, 1_500, ["ustar\0", "ustar  \0", ".wh.", "/../", "PaxHeader", "30 path=a\n"];
    archive, 1_500, ["manifest.json", "index.json", "../", "blobs/sha256/"];
    manifest, 800, ["\n---\n", "\"layers\":", "null", "[]", "sha256:", "1e999", "\"config\":{}"];
    dockerfile, 4_000, ["FROM ", " AS a\n", "\\\n", "<<E\n", "\nE\n", "${V:-", "}", "--mount=type=cache,target=/c ", "ONBUILD ", "# escape=`\n", "\u{feff}", "\r\n", "\"", "COPY --from=0 "];
    ignore, 200, ["**", "!", "\\", "[^a-z]", "#", "/", "..", "\n", "?"];
    scenario, 1_000, ["[[variant]]\n", "\"\"\"", "= 1e400\n", "name = \"a\"\n", "..", "1979-05-27", "{nonce}"];
    record, 100, ["null", "-1", "18446744073709551615", "\"ns\":0", "{}", "[]", "NaN"];
    probe, 2_000, ["HTTP/1.1 200 OK\r\n", "\r\n\r\n", "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "ffffffff\r\n", "0\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", " a: folded\r\n"];
    registry, 4_000, ["%2e%2e", "%00", "/blobs/uploads/", "sha256:", "bytes=", "-", "18446744073709551615", "?n=1&last=a"];
}

#[test]
fn the_seeds_are_those_that_are_committed() {
    for target in TARGETS {
        let folder = corpus(target);
        if std::env::var_os("PLIMSOLL_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in seeds::of(target) {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
        for (name, bytes) in seeds::of(target) {
            let found = fs::read(folder.join(name));
            let blessed = found.is_ok_and(|found| found == bytes);
            assert!(
                blessed,
                "{target}/{name}: write it with PLIMSOLL_BLESS=1 and commit it"
            );
        }
        let sizes = committed(target)
            .into_iter()
            .map(|(_, bytes)| bytes.len() as u64);
        let size: u64 = sizes.sum();
        assert!(size <= MOST_SEED_BYTES, "{target}: {size} bytes of seeds");
    }
}

/// Each target has its program, its line in the manifest, and its place in the script.
#[test]
fn the_fuzzers_are_those_of_the_script() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let script = fs::read_to_string(root.join("scripts/fuzz")).unwrap();
    assert!(script.contains(&format!("all=({})", TARGETS.join(" "))));
    for target in TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{target}\"")),
            "{target}"
        );
        let program = root.join(format!("fuzz/fuzz_targets/{target}.rs"));
        let program = fs::read_to_string(program).unwrap();
        assert!(
            program.contains(&format!("targets::{target}(data)")),
            "{target}"
        );
    }
}
