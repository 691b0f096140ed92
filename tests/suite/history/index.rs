//! The index: a cache that is never in the way.

use std::io::Write;

use plimsoll::store::{Gathered, gather_folder};

use super::*;

const INDEX: &str = ".plimsoll-history";

fn gathered(folder: &Path) -> Gathered {
    gather_folder(folder, None, &|_| ()).unwrap()
}

fn ids(gathered: &Gathered) -> Vec<String> {
    gathered
        .runs
        .iter()
        .map(|(_, run)| run.id.clone())
        .collect()
}

fn home() -> (tempfile::TempDir, Vec<PathBuf>) {
    let home = tempfile::tempdir().unwrap();
    let files = write(home.path(), &days(&[(4, 10_000, 95)]));
    (home, files)
}

#[test]
fn what_is_known_is_not_read_again() {
    let (home, files) = home();
    let cold = gathered(home.path());
    assert_eq!((cold.read, cold.runs.len()), (4, 4));
    let warm = gathered(home.path());
    assert_eq!((warm.read, &warm.runs), (0, &cold.runs));
    // All of it comes back as it went in.
    let fresh = digests(&days(&[(4, 10_000, 95)]));
    let known: Vec<RunDigest> = warm.runs.into_iter().map(|(_, run)| run).collect();
    assert_eq!(known, fresh);
    // One is new, one has changed, one is gone.
    write(home.path(), &[day(5, 10_000, 95), day(2, 11_000, 95)]);
    fs::remove_file(&files[0]).unwrap();
    let some = gathered(home.path());
    assert_eq!(some.read, 2);
    assert_eq!(ids(&some), ["run-002", "run-003", "run-004", "run-005"]);
    assert_eq!(gathered(home.path()).read, 0);
}

#[test]
fn an_edit_that_keeps_length_and_time_is_seen() {
    let (home, files) = home();
    gathered(home.path());
    let before = fs::metadata(&files[1]).unwrap();
    let text = fs::read_to_string(&files[1]).unwrap();
    let mut file = fs::File::options().write(true).open(&files[1]).unwrap();
    file.write_all(text.replace("run-002", "run-222").as_bytes())
        .unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    drop(file);
    let after = fs::metadata(&files[1]).unwrap();
    assert_eq!(after.len(), before.len());
    let again = gathered(home.path());
    assert_eq!((again.read, ids(&again)[1].as_str()), (1, "run-222"));
}

#[test]
fn a_damaged_index_is_made_anew() {
    let (home, _) = home();
    gathered(home.path());
    let index = home.path().join(INDEX);
    let whole = fs::read(&index).unwrap();
    let version = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut damaged = vec![
        Vec::new(),
        whole[..whole.len() / 2].to_vec(),
        b"nonsense".to_vec(),
    ];
    // Another version, another catalogue, another length, a flipped bit.
    for at in [version, version + 4, version + 8, whole.len() - 9] {
        let mut other = whole.clone();
        other[at] ^= 1;
        damaged.push(other);
    }
    // Its sum is right, but it holds no entries.
    let mut hollow = whole[..version + 8].to_vec();
    hollow.extend(3_u32.to_le_bytes());
    hollow.extend(crc32fast::hash(&[0xff; 3]).to_le_bytes());
    hollow.extend([0xff; 3]);
    damaged.push(hollow);
    for bytes in damaged {
        fs::write(&index, &bytes).unwrap();
        let again = gathered(home.path());
        assert_eq!(
            (again.read, again.runs.len()),
            (4, 4),
            "{} bytes",
            bytes.len()
        );
        assert_eq!(gathered(home.path()).read, 0);
        assert_eq!(fs::read(&index).unwrap(), whole);
    }
}

#[test]
fn where_it_cannot_be_written_it_lies_with_the_caches_or_nowhere() {
    let (home, _) = home();
    // A folder in its place: no file can be put there, whoever asks.
    fs::create_dir(home.path().join(INDEX)).unwrap();
    fs::write(home.path().join(INDEX).join("x"), "").unwrap();
    for _ in 0..2 {
        assert_eq!(gathered(home.path()).read, 4);
    }
    let caches = tempfile::tempdir().unwrap();
    let with = || gather_folder(home.path(), Some(caches.path()), &|_| ()).unwrap();
    assert_eq!((with().read, with().read), (4, 0));
    let kept = fs::read_dir(caches.path().join("plimsoll")).unwrap();
    assert_eq!(kept.count(), 1);
    // A folder for caches that is none is no error either.
    let file = tempfile::NamedTempFile::new().unwrap();
    let found = gather_folder(home.path(), Some(file.path()), &|_| ()).unwrap();
    assert_eq!(found.read, 4);
}

#[test]
fn bad_files_are_named_and_stop_nothing() {
    let (home, files) = home();
    let text = fs::read_to_string(&files[0]).unwrap();
    let bad = [
        (
            "bad-1-version",
            text.replacen("\"schema_version\":1", "\"schema_version\":9", 1),
        ),
        ("bad-2-cut", text[..text.len() / 2].to_owned()),
        ("bad-3-key", text.replacen("\"id\":", "\"di\":", 1)),
        (
            "bad-4-nan",
            text.replacen("{\"ns\":", "{\"ns\":NaN,\"x\":", 1),
        ),
        (
            "bad-5-huge",
            text.replacen("{\"ns\":", "{\"ns\":1e400,\"x\":", 1),
        ),
        (
            "bad-6-time",
            text.replacen("2026-01-01T20", "2026-13-01T20", 1),
        ),
        ("bad-7-unit", text.replacen("{\"ns\":9", "{\"bytes\":9", 1)),
        ("bad-8-empty", String::new()),
        (
            "bad-9-running",
            text.replacen("\"complete\"", "\"running\"", 1),
        ),
    ];
    for (name, text) in &bad {
        fs::create_dir(home.path().join(name)).unwrap();
        fs::write(home.path().join(name).join("run.json"), text).unwrap();
    }
    let reasons = |gathered: &Gathered| -> Vec<String> {
        let left_out = gathered.left_out.iter();
        left_out
            .map(|one| {
                let name = Path::new(&one.file).parent().unwrap().file_name().unwrap();
                format!("{}: {}", name.display(), one.reason)
            })
            .collect()
    };
    let cold = gathered(home.path());
    assert_eq!(ids(&cold), ["run-001", "run-002", "run-003", "run-004"]);
    let reported = reasons(&cold);
    assert_eq!(reported.len(), bad.len());
    for (at, words) in [
        (
            0,
            "schema_version is 9, known is 1 (a newer plimsoll wrote it",
        ),
        (1, "the text ends in the middle"),
        (2, "unknown field `di`"),
        (3, "expected value at line 1 column"),
        (4, "number out of range at line 1 column"),
        (5, "its started_at is no time: `2026-13-01T20:00:00Z`"),
        (6, "is in `bytes`, and measured in `s`"),
        (7, "the text ends in the middle"),
        (8, "the run is not finished"),
    ] {
        assert!(
            reported[at].starts_with(bad[at].0) && reported[at].contains(words),
            "{}",
            reported[at]
        );
    }
    // They are known as bad, too.
    let warm = gathered(home.path());
    assert_eq!((warm.read, reasons(&warm)), (0, reported));
}

#[test]
fn runs_are_found_however_deep_but_not_by_links() {
    let home = tempfile::tempdir().unwrap();
    write(&home.path().join("machine/main"), &[day(1, 10_000, 95)]);
    write(home.path(), &[day(2, 10_000, 95)]);
    write(&home.path().join(".hidden"), &[day(3, 10_000, 95)]);
    // Inside of a run is no run.
    write(&home.path().join("run-002"), &[day(4, 10_000, 95)]);
    std::os::unix::fs::symlink("run-002", home.path().join("latest")).unwrap();
    assert_eq!(ids(&gathered(home.path())), ["run-001", "run-002"]);
    assert_eq!(ids(&gathered(&home.path().join("run-002"))), ["run-002"]);
    let none = gather_folder(&home.path().join("nowhere"), None, &|_| ());
    let error = none.unwrap_err().to_string();
    assert!(error.starts_with("failed to read `"), "{error}");
}
