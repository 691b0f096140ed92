//! The archives through the whole program: from a file and from standard input, with
//! conditions, in the forms of output for people and for machines.
//!
//! The kernel refuses the process more memory of its own than the bound (`ulimit -d`), so a
//! peak between two looks at it does not pass. The resident memory is looked at each
//! millisecond, and the processor time is the kernel's account of the whole process.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::Value;

use super::archives::{archive, cases, unpacked};

/// What the process may take at most, and for each entry of the archive.
const MOST_BYTES: u64 = 256 << 20;
const BYTES_PER_ENTRY: u64 = 200;
/// Bytes of an error's text: what is wrong, and a few hundred of a name.
const MOST_TEXT: usize = 1_000;
/// Processor time for each GB of the archive, unpacked, and for what takes as long for any.
const SECONDS_PER_GB: f64 = 10.0;
const SECONDS: f64 = 2.0;
/// How many times as long a program may take that is not optimized: up to 6 times were measured,
/// and 20 times for the search through links. So a debug build shows only what takes far too
/// long; `cargo test --release --test suite image::hostile` checks the bound itself.
const SLOWER: f64 = if cfg!(debug_assertions) { 8.0 } else { 1.0 };
/// Bytes of an output for people, and of one for machines, which cuts nothing.
const MOST_SHOWN: usize = 1 << 20;
const MOST_JSON: usize = 16 << 20;
/// All of them run as root, so that what meets a condition is rendered as well.
const CONDITIONS: [&str; 2] = ["--fail-on", "secrets,root,waste>5%"];

/// What came of a process.
struct Ended {
    code: Option<i32>,
    /// The most resident memory.
    peak: u64,
    /// Processor time.
    seconds: f64,
    out: Vec<u8>,
    err: String,
}

/// A value of `/proc/ID/status` in bytes; none before the process has memory, and after it.
fn high_water(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// The user and system time of a process that ended and was not waited for.
fn processor_seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let times = fields.split(' ').skip(11).take(2);
    let ticks: u32 = times.map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    // Linux counts in hundredths there.
    f64::from(ticks) / 100.0
}

/// Runs `plimsoll inspect` with so much memory.
fn inspect(arguments: &[&str], input: Stdio, most_bytes: u64, folder: &Path) -> Ended {
    let (out, err) = (folder.join("out"), folder.join("err"));
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -d \"$0\" && exec \"$@\""])
        .arg((most_bytes >> 10).to_string())
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["--home", env!("CARGO_MANIFEST_DIR"), "inspect"])
        .args(arguments)
        // Their stacks count, and a machine of many processors would have many.
        .env("TOKIO_WORKER_THREADS", "2")
        .stdin(input)
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let mut peak = 0;
    while waitid(WaitId::Pid(pid), ended).unwrap().is_none() {
        peak = peak.max(high_water(child.id()).unwrap_or(0));
        thread::sleep(Duration::from_millis(1));
    }
    let seconds = processor_seconds(child.id());
    Ended {
        code: child.wait().unwrap().code(),
        peak,
        seconds,
        out: fs::read(out).unwrap(),
        err: String::from_utf8(fs::read(err).unwrap()).unwrap(),
    }
}

/// An archive in a file.
struct OnDisk {
    which: &'static str,
    entries: u64,
    folder: tempfile::TempDir,
    bytes: u64,
}

impl OnDisk {
    fn new(which: &'static str, entries: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut file = File::create(folder.path().join("image.tar")).unwrap();
        let bytes = io::copy(&mut archive(which), &mut file).unwrap();
        Self {
            which,
            entries,
            folder,
            bytes,
        }
    }

    /// Inspects it with conditions, within the bounds.
    fn inspect(&self, format: &str, from_file: bool) -> Ended {
        self.inspect_with(format, from_file, &CONDITIONS)
    }

    fn inspect_with(&self, format: &str, from_file: bool, further: &[&str]) -> Ended {
        let which = self.which;
        let path = self.folder.path().join("image.tar");
        let (image, input) = match from_file {
            true => (path.to_str().unwrap(), Stdio::null()),
            false => ("-", File::open(&path).unwrap().into()),
        };
        let most = MOST_BYTES + BYTES_PER_ENTRY * self.entries;
        let arguments = [&[image, "--format", format], further].concat();
        let ended = inspect(&arguments, input, most, self.folder.path());
        let Ended { peak, seconds, .. } = ended;
        println!(
            "{which}, {format} of {}: {} MiB, {seconds:.2} s, {} bytes",
            if from_file { "a file" } else { "stdin" },
            peak >> 20,
            ended.out.len()
        );
        assert!(peak > 0 && peak < most, "{which}: {peak} bytes of {most}");
        let gigabytes = unpacked(which, self.bytes) as f64 / 1e9;
        let limit = (SECONDS + SECONDS_PER_GB * gigabytes) * SLOWER;
        assert!(seconds < limit, "{which}: {seconds} s of {limit}");
        let shown = ended.err.len();
        assert!(shown < MOST_TEXT, "{which}: {shown} bytes on stderr");
        ended
    }
}

#[test]
fn hostile_archives_that_are_images_are_shown_within_bounds_in_each_form() {
    let mut images = 0;
    for (which, entries, expected) in cases() {
        let Some(files) = expected.strip_prefix("ok ") else {
            continue;
        };
        images += 1;
        let archive = OnDisk::new(which, entries);
        // The forms for people differ in their last step only, so they take turns.
        let shown = ["table", "md"][images % 2];
        for (format, from_file) in [(shown, true), ("json", false)] {
            let ended = archive.inspect(format, from_file);
            let (code, err) = (ended.code, &ended.err);
            assert_eq!(code, Some(3), "{which}, {format}: {err}");
            let length = ended.out.len();
            if format == "json" {
                assert!(length < MOST_JSON, "{which}: {length} bytes");
                let found: Value = serde_json::from_slice(&ended.out).unwrap();
                assert_eq!(found["files"].to_string(), files, "{which}");
            } else {
                assert!(length < MOST_SHOWN, "{which}, {format}: {length} bytes");
                let text = String::from_utf8(ended.out).unwrap();
                assert!(text.contains("runs as root"), "{which}, {format}: {text}");
            }
        }
    }
    assert!(images >= 6, "{images}");
}

/// The form makes no difference where nothing is shown.
#[test]
fn hostile_archives_that_are_refused_are_refused_within_bounds() {
    for (which, entries, expected) in cases() {
        if expected.starts_with("ok ") {
            continue;
        }
        let ended = OnDisk::new(which, entries).inspect("json", true);
        let err = &ended.err;
        assert_eq!(ended.code, Some(1), "{which}: {err}");
        assert!(err.contains(expected), "{which}: {err}");
        assert!(err.starts_with("error: failed to "), "{which}: {err}");
        assert_eq!(ended.out, b"", "{which}");
    }
}

/// A list names each file once. With a tree of JSON values next to it, the program took 1.6 kB
/// for each.
#[test]
fn the_files_of_a_layer_are_listed_within_bounds() {
    const FILES: u64 = 60_000;
    let archive = OnDisk::new("many files", FILES);
    let ended = archive.inspect_with("json", true, &["--layer", "1"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let list: Value = serde_json::from_slice(&ended.out).unwrap();
    assert_eq!(list["files"].as_array().unwrap().len(), 60_000);
    let most = (64 << 20) + 800 * FILES;
    assert!(ended.peak < most, "{} bytes of {most}", ended.peak);
}
