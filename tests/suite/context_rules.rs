//! The build context: ignore rules, the tar stream, edits.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are tests, which clippy cannot see"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use futures_util::{StreamExt, TryStreamExt};
use plimsoll::context::{Context, ContextError, Overlay, apply_edit};
use plimsoll::engine::BuildContext;
use plimsoll::scenario::{Change, ChangeKind, Edit, EditName};
use plimsoll::units::{Bytes, Count};
use serde::Deserialize;
use tempfile::TempDir;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    tree: Vec<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    ignore: String,
    keeps: Option<Vec<String>>,
    drops: Option<Vec<String>>,
    #[serde(default)]
    adds: Vec<String>,
    #[serde(default)]
    old: Vec<String>,
    why: Option<String>,
}

fn put(root: &Path, path: &str, content: &str) {
    let full = root.join(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, content).unwrap();
}

/// A folder with a Dockerfile and these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "Dockerfile", "FROM scratch\n");
    for (path, content) in files {
        put(dir.path(), path, content);
    }
    dir
}

/// What is sent, as the cases write it: folders only where they hold nothing.
fn leaves(root: &Path, context: &Context) -> BTreeSet<String> {
    let paths: Vec<&str> = context.paths().collect();
    let leaf = |path: &&str| {
        let below = format!("{path}/");
        !paths.iter().any(|other| other.starts_with(&below))
    };
    let named = |path: &str| {
        let full = root.join(path);
        match fs::read_link(&full) {
            Ok(target) => format!("{path} -> {}", target.display()),
            Err(_) if full.is_dir() => format!("{path}/"),
            Err(_) => path.to_owned(),
        }
    };
    let sent = paths.iter().copied().filter(leaf);
    sent.filter(|path| !["Dockerfile", ".dockerignore"].contains(path))
        .map(named)
        .collect()
}

#[test]
fn the_ignore_rules_are_dockers() {
    let cases: Cases = toml::from_str(include_str!("context_rules/cases.toml")).unwrap();
    let dir = tree(&[]);
    for item in &cases.tree {
        match (item.split_once(" -> "), item.strip_suffix('/')) {
            (Some((name, target)), _) => symlink(target, dir.path().join(name)).unwrap(),
            (None, Some(folder)) => fs::create_dir(dir.path().join(folder)).unwrap(),
            (None, None) => put(dir.path(), item, "x"),
        }
    }
    for case in &cases.case {
        put(dir.path(), ".dockerignore", &case.ignore);
        let mut expected: BTreeSet<String> = match (&case.keeps, &case.drops) {
            (Some(keeps), None) => keeps.iter().cloned().collect(),
            (None, Some(drops)) => {
                let dropped = drops.iter().all(|path| cases.tree.contains(path));
                assert!(dropped, "{:?} drops what is not there", case.ignore);
                let kept = cases.tree.iter().filter(|path| !drops.contains(path));
                kept.cloned().collect()
            }
            _ => panic!("{:?} needs `keeps` or `drops`", case.ignore),
        };
        expected.extend(case.adds.iter().cloned());
        assert_eq!(case.old.is_empty(), case.why.is_none(), "{:?}", case.ignore);
        let context = Context::scan(dir.path(), "Dockerfile").unwrap();
        assert_eq!(leaves(dir.path(), &context), expected, "{:?}", case.ignore);
    }
    assert!(cases.case.len() >= 40);
}

#[test]
fn the_dockerfiles_own_ignore_file_wins_and_the_dockerfile_is_always_sent() {
    let dir = tree(&[
        (".dockerignore", "a"),
        ("slim/Dockerfile", "FROM scratch\n"),
        ("slim/Dockerfile.dockerignore", "b\nslim"),
        ("a", "1"),
        ("b", "22"),
    ]);
    let plain = Context::scan(dir.path(), "Dockerfile").unwrap();
    assert!(!plain.contains("a") && plain.contains("b") && plain.contains("./slim/"));
    let slim = Context::scan(dir.path(), "./slim/Dockerfile").unwrap();
    let paths: Vec<_> = slim.paths().collect();
    assert_eq!(
        paths,
        [
            ".dockerignore",
            "Dockerfile",
            "a",
            "slim",
            "slim/Dockerfile"
        ]
    );
    // `.dockerignore`, `Dockerfile`, `a`; the forced Dockerfile is not counted.
    assert_eq!(slim.files(), Count(3));
    assert_eq!(slim.bytes(), Bytes(1 + 13 + 1));
    assert!(slim.admits("new") && !slim.admits("slim/new") && slim.admits("slim/Dockerfile"));
}

#[test]
fn what_cannot_be_sent_is_refused_by_name_unless_it_is_ignored() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use rustix::fs::{CWD, FileType, Mode};

    let dir = tree(&[]);
    let _listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    assert!(!context.contains("socket"));

    fs::write(dir.path().join(OsStr::from_bytes(b"b\xff.bin")), "x").unwrap();
    let error = Context::scan(dir.path(), "Dockerfile").unwrap_err();
    assert!(matches!(error, ContextError::Name { .. }) && error.hint().is_some());
    assert!(error.to_string().contains("b\u{fffd}.bin"), "{error}");
    put(dir.path(), ".dockerignore", "*.bin");
    Context::scan(dir.path(), "Dockerfile").unwrap();

    let pipe = dir.path().join("pipe");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let error = Context::scan(dir.path(), "Dockerfile").unwrap_err();
    let text = format!("failed to send `{}`: it is a named pipe", pipe.display());
    assert_eq!(error.to_string(), text);
    put(dir.path(), ".dockerignore", "*.bin\npipe");
    Context::scan(dir.path(), "Dockerfile").unwrap();

    let error = Context::scan(dir.path(), "Dockerfile.no").unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("failed to find the Dockerfile `Dockerfile.no` in `"));
    assert!(text.ends_with("`: there is none"), "{text}");
    for outside in ["../Dockerfile", "/Dockerfile", ".", ""] {
        let error = Context::scan(dir.path(), outside).unwrap_err();
        assert!(matches!(error, ContextError::Outside { .. }), "{outside}");
    }
}

/// The context as a builder without sessions gets it.
fn tar(context: &Context, overlay: &Overlay) -> BuildContext {
    let source = context.source(overlay, "FROM other\n", "key").unwrap();
    source.files.tar("Dockerfile", &source.dockerfile)
}

/// Path, mode, mtime, link target and content of each entry.
async fn unpack(context: &Context, overlay: Overlay) -> Vec<(String, u32, u64, String)> {
    let chunks: Vec<_> = tar(context, &overlay).try_collect().await.unwrap();
    let mut archive = tar::Archive::new(Cursor::new(chunks.concat()));
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            let (mode, mtime) = (header.mode().unwrap(), header.mtime().unwrap());
            let mut content = String::new();
            if let Some(target) = entry.link_name().unwrap() {
                content = format!("-> {}", target.display());
            }
            entry.read_to_string(&mut content).unwrap();
            (
                entry.path().unwrap().display().to_string(),
                mode,
                mtime,
                content,
            )
        })
        .collect()
}

#[tokio::test]
async fn the_stream_is_normalised_and_overlaid() {
    const OLD: u64 = 1_577_836_800;
    let long = format!("{}/{}", "l".repeat(120), "n".repeat(120));
    let dir = tree(&[
        ("run", "#!"),
        ("src/a", "a"),
        ("gone", "x"),
        (&long, "long"),
    ]);
    fs::set_permissions(dir.path().join("run"), PermissionsExt::from_mode(0o4700)).unwrap();
    fs::set_permissions(dir.path().join("src/a"), PermissionsExt::from_mode(0o606)).unwrap();
    symlink("/etc/hostname", dir.path().join("out")).unwrap();
    put(
        dir.path(),
        ".dockerignore",
        "gone\n.dockerignore\nDockerfile",
    );
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let before = context.digest().unwrap();

    let mut overlay = Overlay::new();
    overlay.insert("run", "edited");
    overlay.insert("./src/new/b", "b");
    overlay.insert("gone", "still ignored");
    let entries = unpack(&context, overlay).await;
    let brief: Vec<_> = entries
        .iter()
        .map(|(path, mode, mtime, content)| (path.as_str(), *mode, *mtime == OLD, content.as_str()))
        .collect();
    let long_dir = format!("{}/", "l".repeat(120));
    assert_eq!(
        brief,
        [
            ("Dockerfile", 0o644, false, "FROM other\n"),
            (&*long_dir, 0o755, true, ""),
            (&*long, 0o644, true, "long"),
            ("out", 0o777, true, "-> /etc/hostname"),
            ("run", 0o755, false, "edited"),
            ("src/", 0o755, true, ""),
            ("src/a", 0o644, true, "a"),
            ("src/new/", 0o755, false, ""),
            ("src/new/b", 0o644, false, "b"),
        ]
    );
    assert!(entries.iter().all(|(_, _, mtime, _)| *mtime >= OLD));
    let again = Context::scan(dir.path(), "Dockerfile").unwrap();
    assert_eq!(again.digest().unwrap(), before);
    fs::set_permissions(dir.path().join("src/a"), PermissionsExt::from_mode(0o755)).unwrap();
    let touched = Context::scan(dir.path(), "Dockerfile").unwrap();
    assert_ne!(touched.digest().unwrap(), before);
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn a_file_that_changes_under_the_stream_is_an_error_that_names_it() {
    let since = "since the build context was scanned";
    for (now, words) in [
        (
            Some("four+"),
            format!("failed to send `f`: it grew {since}"),
        ),
        (Some("4"), format!("failed to send `f`: it shrank {since}")),
        (
            None,
            "failed to send `f`: No such file or directory (os error 2)".to_owned(),
        ),
    ] {
        let dir = tree(&[("f", "four")]);
        let context = Context::scan(dir.path(), "Dockerfile").unwrap();
        match now {
            Some(content) => put(dir.path(), "f", content),
            None => fs::remove_file(dir.path().join("f")).unwrap(),
        }
        let result: Result<Vec<_>, _> = tar(&context, &Overlay::new()).try_collect().await;
        assert_eq!(chain(&result.unwrap_err()), words);
        assert!(context.digest().is_err());
    }
    let dir = tree(&[("f", "four")]);
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    fs::remove_file(dir.path().join("f")).unwrap();
    symlink("/etc/passwd", dir.path().join("f")).unwrap();
    let result: Result<Vec<_>, _> = tar(&context, &Overlay::new()).try_collect().await;
    assert!(result.is_err(), "a link was followed");

    let mut overlay = Overlay::new();
    overlay.insert("Dockerfile/x", "");
    let refused = context.source(&overlay, "", "key").unwrap_err();
    assert_eq!(
        chain(&refused),
        "failed to lay `Dockerfile/x` over the build context: a folder above it is a file or a link"
    );
}

#[tokio::test]
async fn dropping_the_stream_ends_its_thread() {
    let dir = tree(&[("big", &"x".repeat(16 << 20))]);
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let held = || {
        let fds = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let big = dir.path().join("big");
        fds.filter(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == big))
            .count()
    };
    let mut stream = tar(&context, &Overlay::new());
    stream.next().await.unwrap().unwrap();
    // The channel is far smaller than the file: the thread waits with it open.
    assert_eq!(held(), 1);
    drop(stream);
    for _ in 0..200 {
        if held() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the thread still holds the file");
}

#[test]
fn edits_are_made_in_memory_and_never_in_the_tree() {
    let dir = tree(&[("src/a.ts", "let v = 'x';\n"), ("package.json", "{}")]);
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let before = context.digest().unwrap();
    let substitute = |find: &str, replace: &str| Change {
        file: "src/a.ts".to_owned(),
        kind: ChangeKind::Substitute {
            find: find.to_owned(),
            replace: replace.to_owned(),
        },
    };
    let overwrite = Change {
        file: "package.json".to_owned(),
        kind: ChangeKind::Overwrite {
            text: "{\"version\":\"1.0.0-{nonce}\"}".to_owned(),
        },
    };
    let edit = |changes| Edit {
        name: EditName::Source,
        summary: None,
        changes,
    };
    let changes = vec![
        substitute("'x'", "'{nonce}'"),
        substitute("let", "const"),
        overwrite,
    ];
    let overlay = apply_edit(&edit(changes), dir.path(), "a1").unwrap();
    let files: Vec<_> = overlay.iter().map(|(path, _)| path).collect();
    assert_eq!(files, ["package.json", "src/a.ts"]);
    assert_eq!(overlay.get("src/a.ts").unwrap(), "const v = 'a1';\n");
    assert_eq!(
        overlay.get("package.json").unwrap(),
        "{\"version\":\"1.0.0-a1\"}"
    );
    assert_eq!(context.digest().unwrap(), before);

    symlink("a.ts", dir.path().join("src/b.ts")).unwrap();
    for file in ["src/b.ts", "../x", "none.ts"] {
        let mut change = substitute("x", "y");
        change.file = file.to_owned();
        assert!(
            apply_edit(&edit(vec![change]), dir.path(), "a1").is_err(),
            "{file}"
        );
    }
}

#[test]
fn a_dockerfile_and_an_ignore_file_behind_links_are_read() {
    let dir = tree(&[
        ("docker/prod.Dockerfile", "FROM scratch\n"),
        ("docker/ignore", "caf\u{e9}\nskip\n"),
        ("skip", "x"),
        ("keep", "x"),
    ]);
    let root = dir.path();
    fs::remove_file(root.join("Dockerfile")).unwrap();
    symlink("docker/prod.Dockerfile", root.join("Dockerfile")).unwrap();
    // A comment in Latin-1.
    fs::write(root.join("docker/ignore"), b"# caf\xe9\nskip\n").unwrap();
    symlink("docker/ignore", root.join(".dockerignore")).unwrap();
    let context = Context::scan(root, "Dockerfile").unwrap();
    assert!(context.contains("keep") && !context.contains("skip"));
    assert_eq!(
        context.links(),
        [
            (".dockerignore", "docker/ignore"),
            ("Dockerfile", "docker/prod.Dockerfile")
        ]
        .map(|(link, target)| (link.to_owned(), target.to_owned()))
        .into()
    );
    // The digest follows the link, though the ignore file leaves both out.
    fs::write(root.join("docker/ignore"), "Dockerfile\ndocker\n").unwrap();
    let digest = || Context::scan(root, "Dockerfile").unwrap().digest().unwrap();
    let before = digest();
    fs::write(root.join("docker/prod.Dockerfile"), "FROM alpine\n").unwrap();
    assert_ne!(digest(), before);
    assert!(
        Context::scan(root, "Dockerfile")
            .unwrap()
            .forces_dockerfile()
    );
    // Only the Dockerfile is left out.
    fs::write(root.join("docker/ignore"), "docker\n").unwrap();
    let before = digest();
    fs::write(root.join("docker/prod.Dockerfile"), "FROM scratch\n").unwrap();
    assert_ne!(digest(), before);
    // By a folder that is a link.
    symlink("docker", root.join("linked")).unwrap();
    let context = Context::scan(root, "linked/prod.Dockerfile").unwrap();
    context.digest().unwrap();
    context
        .source(&Overlay::new(), "FROM scratch\n", "key")
        .unwrap();
    fs::remove_file(root.join("docker/prod.Dockerfile")).unwrap();
    assert!(
        Context::scan(root, "Dockerfile").is_err(),
        "the link leads nowhere"
    );
}
