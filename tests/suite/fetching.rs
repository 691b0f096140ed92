//! The scripts of `bases/lib`, against a mirror on this machine that misbehaves as real ones do:
//! its index is ahead of its pool, the first answer for each file is an error, and the second
//! transfer of it is cut in the middle.

mod apt;
mod mirror;
mod releases;

use std::path::{Path, PathBuf};
use std::process::Command;

/// How a script ended: its exit code, and stdout and stderr together.
struct Ended {
    code: Option<i32>,
    text: String,
}

/// A script of `bases/lib`, without pauses between its attempts.
fn script(name: &str) -> Command {
    let mut command = Command::new(lib().join(name));
    command.env("FETCH_PAUSE", "0");
    command
}

fn lib() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bases/lib")
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code(),
        text: text(&output.stdout) + &text(&output.stderr),
    }
}

fn succeeds(command: &mut Command) -> String {
    let ended = ended(command);
    assert_eq!(ended.code, Some(0), "{command:?}: {}", ended.text);
    ended.text
}

/// Fails, and names what it lacks, which version was asked for, and which ones there are.
fn fails_with(command: &mut Command, words: &[&str]) {
    let ended = ended(command);
    assert_eq!(ended.code, Some(1), "{command:?}: {}", ended.text);
    for word in words {
        assert!(ended.text.contains(word), "no `{word}` in {}", ended.text);
    }
}

/// Whether a program is installed; a test that needs it says that it is skipped.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

#[test]
fn every_recipe_fetches_through_the_scripts() {
    let bases = Path::new(env!("CARGO_MANIFEST_DIR")).join("bases");
    let direct = regex::Regex::new(
        r"(?m)^[^#\n]*[ (](apt-get|apt |curl |wget |npm (pack|install|ci)|pip3? (install|download)|mmdebstrap --)",
    )
    .unwrap();
    let mut recipes = 0;
    for entry in walkdir::WalkDir::new(&bases)
        .into_iter()
        .map(Result::unwrap)
    {
        let path = entry.path();
        if !entry.file_type().is_file() || path.starts_with(bases.join("lib")) {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["Dockerfile", "lay-out", "rootfs.sh"].contains(&name) {
            recipes += 1;
            let text = std::fs::read_to_string(path).unwrap();
            // What is installed by these names is no transfer; nor is a hint.
            let text = text
                .replace("ca-certificates curl", "")
                .replace("tzdata wget", "");
            let found = direct.find_iter(&text).map(|found| found.as_str());
            let found: Vec<_> = found.filter(|line| !line.contains("hint:")).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
    assert!(recipes > 40, "{recipes} recipes");
}
