//! Archives that are made to take memory and time: each is read by a process of its own,
//! whose peak memory the kernel says. Here it is the reader alone; `program` has the whole
//! program.

mod archives;
mod program;

use std::process::Command;

use plimsoll::image::analyse;

use super::maker::chain;
use archives::{archive, cases};

/// Names the archive to the process that reads it.
const WHICH: &str = "PLIMSOLL_HOSTILE";
/// What a process may take at most, half of what is promised, and for each entry of the
/// archive.
const MOST_BYTES: u64 = 128 << 20;
const BYTES_PER_ENTRY: u64 = 200;
/// Bytes of an error's text: what it says, and a few hundred of a name.
const MOST_TEXT: usize = 1_000;

/// The most memory that this process ever had.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}

/// What a process that reads one archive says; nothing to do for the suite itself.
#[test]
fn child() {
    let Ok(which) = std::env::var(WHICH) else {
        return;
    };
    let archive = archive(&which);
    let before = peak();
    let answer = match analyse(archive, &[]) {
        Ok(seen) => format!("ok {}", seen.files.0),
        Err(error) => chain(&error),
    };
    // What the test's own preparations took is not the reader's.
    println!("answer: {} {answer}", peak().saturating_sub(before));
}

#[test]
fn hostile_archives_take_bounded_memory_and_have_short_errors() {
    let program = std::env::current_exe().unwrap();
    let mut table = String::new();
    for (which, entries, expected) in cases() {
        let begun = std::time::Instant::now();
        let output = Command::new(&program)
            .args(["image::hostile::child", "--exact", "--nocapture"])
            .env(WHICH, which)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let answer = text.lines().find_map(|line| line.split_once("answer: "));
        let (_, answer) = answer.unwrap_or_else(|| panic!("{which}: {output:?}"));
        let (peak, answer) = answer.split_once(' ').unwrap();
        let peak: u64 = peak.parse().unwrap();
        let time = begun.elapsed().as_secs_f64();
        table.push_str(&format!("{which}: {} MiB, {time:.1} s\n", peak >> 20));
        assert!(answer.contains(expected), "{which}: {answer}");
        assert!(answer.len() < MOST_TEXT, "{which}: {} bytes", answer.len());
        let most = MOST_BYTES + BYTES_PER_ENTRY * entries;
        assert!(peak < most, "{which}: {peak} bytes of {most}");
    }
    println!("{table}");
}
