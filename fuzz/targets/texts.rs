//! Files that people write, and the record.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plimsoll::context::fuzzing::ignored;
use plimsoll::dockerfile::Dockerfile;
use plimsoll::record::{RunRecord, claimable};
use plimsoll::{export, report, scenario as scenarios};

use super::{chain, is_short};

/// A Dockerfile, what it is rewritten to, and what is said of both.
pub fn dockerfile(data: &[u8]) {
    let file = match Dockerfile::parse(data) {
        Ok(file) => file,
        Err(error) => {
            is_short(&error.to_string());
            let lines = data.split(|byte| *byte == b'\n').count();
            assert!(
                error.line as usize <= lines.max(1),
                "line {} of {lines}",
                error.line
            );
            return;
        }
    };
    assert_eq!(file.bytes(), data);
    assert!(!file.stages().is_empty());
    let args = BTreeMap::from([("V".to_owned(), "1".to_owned())]);
    let changed = ["main.src".to_owned(), "a/b/c".to_owned()];
    let links = BTreeMap::from([("link".to_owned(), "a".to_owned())]);
    let _ = file.edit_effect(None, &args, &changed, &links);
    let _ = file.final_base(None, &args);
    file.cache_mounts();
    let bases: BTreeMap<String, String> = match file.external_bases(None, &args) {
        Ok(bases) => bases
            .into_iter()
            .map(|base| (base, "127.0.0.1:5000/x/y:1".to_owned()))
            .collect(),
        Err(error) => return is_short(&error.to_string()),
    };
    let Ok(text) = file.rewrite(&args, &bases, Some("fuzz-r1")) else {
        return;
    };
    let again = Dockerfile::parse(&text);
    let again = again.unwrap_or_else(|error| {
        panic!(
            "rewritten, it does not parse: {error}\n{}",
            String::from_utf8_lossy(&text)
        )
    });
    let shape = |file: &Dockerfile| -> Vec<_> {
        let stages = file.stages().iter();
        stages
            .map(|stage| (stage.index, stage.name.clone(), stage.line))
            .collect()
    };
    assert_eq!(
        shape(&again),
        shape(&file),
        "{}",
        String::from_utf8_lossy(&text)
    );
    let steps = |file: &Dockerfile| -> Option<Vec<_>> {
        let steps = file.steps(None, &args).ok()?;
        Some(
            steps
                .into_iter()
                .map(|step| (step.key, step.instruction, step.total))
                .collect(),
        )
    };
    assert_eq!(
        steps(&again),
        steps(&file),
        "{}",
        String::from_utf8_lossy(&text)
    );
    for mount in again.cache_mounts() {
        assert!(mount.id.starts_with("plimsoll-fuzz-r1"), "{}", mount.id);
    }
}

/// The rules of an ignore file; paths stand in its lines, too.
pub fn ignore(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Matching takes as long as patterns and paths are many.
    let text: String = text.chars().take(2_000).collect();
    let mut paths = vec!["a", "a/b", "docs/r.md", "x y"];
    let written = text
        .lines()
        .map(|line| line.trim_matches(['!', '/', ' ', '*', '\u{feff}']));
    paths.extend(written.filter(|path| !path.is_empty()).take(4));
    let Some(first) = ignored(&text, &paths) else {
        return;
    };
    assert_eq!(
        ignored(&format!("{text}\n# a comment\n\n"), &paths),
        Some(first)
    );
    for path in paths {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '/';
        let parts = path.split('/').all(|part| !part.is_empty());
        if !path.chars().all(plain) || !parts {
            continue;
        }
        // The last rule that matches decides.
        let out = ignored(&format!("{text}\n{path}"), &[path]);
        assert_eq!(out, Some(vec![true]), "`{path}` after {text:?}");
        let back = ignored(&format!("{text}\n!{path}"), &[path]);
        assert_eq!(back, Some(vec![false]), "`!{path}` after {text:?}");
    }
}

/// A home with the app of the example.
static HOME: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    let app = home.path().join("app");
    std::fs::create_dir_all(home.path().join("scenarios")).unwrap();
    std::fs::create_dir_all(&app).unwrap();
    for (name, text) in [
        ("Dockerfile", "FROM base:1\nCOPY . .\n"),
        ("main.src", "release = unreleased\n"),
        ("deps.lock", "a 1\n"),
        ("deps.next", "a 1\nb 2 {nonce}\n"),
    ] {
        std::fs::write(app.join(name), text).unwrap();
    }
    home
});

/// A scenario: all that is wrong has a place in the file, and what is right is the same when
/// it is read again.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let thread = format!("{:?}.toml", std::thread::current().id());
    let thread = thread.replace(['(', ')'], "-");
    let file = HOME.path().join("scenarios").join(thread);
    std::fs::write(&file, text).unwrap();
    match scenarios::load(&file, &claimable()) {
        Ok(scenario) => {
            assert_eq!(scenario.text, text);
            let again = scenarios::load(&file, &claimable()).unwrap();
            assert_eq!(format!("{scenario:?}"), format!("{again:?}"));
        }
        Err(error) => {
            let words = chain(&error);
            assert!(
                words.len() <= 4_096 + 200 * text.len(),
                "{} bytes",
                words.len()
            );
        }
    }
}

/// A record: what is read is written to what reads the same, and every report can be made.
pub fn record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let record = match RunRecord::read(text) {
        Ok(record) => record,
        Err(error) => {
            is_short(&error.to_string());
            if let Some((line, _)) = error.place() {
                assert!(line <= text.lines().count() + 1, "line {line}");
            }
            return;
        }
    };
    let written = serde_json::to_string(&record).unwrap();
    let again = RunRecord::read(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    export::samples_csv(&record);
    export::summary_csv(&record);
    report::report_md(&record);
    let mut masked = record;
    masked.mask_secrets();
}
