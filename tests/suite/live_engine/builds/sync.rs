//! The context over the session: what is asked for, what is kept, what goes wrong.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};

use plimsoll::context::{Context, Overlay};
use plimsoll::engine::{BuildFailure, Engine, Sent};
use plimsoll::units::{Bytes, Count};

use super::super::stage::{Stage, live, tool};

/// A tree with the tool, three files, a link to one of them and an ignored one.
fn tree(stage: &Stage) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &[u8]| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("tool", tool());
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(dir.path().join("tool"), executable).unwrap();
    write("nonce", stage.nonce.as_bytes());
    write("src/a", b"aaaa");
    write("src-b", b"bb");
    write("other/c", b"c");
    write("Dockerfile", b"the user's own\n");
    write(".dockerignore", b"secret\n");
    write("secret", b"secret");
    symlink("../other/c", dir.path().join("src/link")).unwrap();
    dir
}

async fn build(
    stage: &Stage,
    dir: &tempfile::TempDir,
    dockerfile: &str,
    overlay: &Overlay,
) -> Result<Sent, BuildFailure> {
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let source = context
        .source(overlay, dockerfile.to_owned(), &stage.nonce)
        .unwrap();
    let request = stage.request(&stage.tag("sync"));
    let outcome = stage.engine.build(&request, source, &mut |_| {}).await?;
    Ok(outcome.sent)
}

fn sent(bytes: usize, files: u64) -> Sent {
    Sent {
        bytes: Bytes(bytes as u64),
        files: Count(files),
        synced: true,
    }
}

live!(only_what_changed_is_sent_again, stage => {
    let dir = tree(stage);
    let dockerfile = "FROM scratch\nCOPY . /\n";
    let none = Overlay::new();
    // src/a, src-b, other/c, nonce, tool, the Dockerfile and the ignore file.
    let all = 4 + 2 + 1 + stage.nonce.len() + tool().len() + 15 + 7;
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(all, 7));
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(0, 0));
    // Of the same size, and back again.
    let mut edit = Overlay::new();
    edit.insert("src/a", "AAAA");
    assert_eq!(build(stage, &dir, dockerfile, &edit).await.unwrap(), sent(4, 1));
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(4, 1));
});

live!(a_copy_of_all_holds_the_users_own_dockerfile, stage => {
    let dir = tree(stage);
    let dockerfile = format!(
        "FROM scratch AS all\nCOPY . /\n\
         FROM all\nRUN [\"/tool\", \"same\", \"/Dockerfile\", \"the user's own\\n\", \"{}\"]\n\
         RUN [\"/tool\", \"same\", \"/src/link\", \"c\", \"{}\"]\n",
        stage.nonce, stage.nonce
    );
    build(stage, &dir, &dockerfile, &Overlay::new()).await.unwrap();
    let dockerfile = "FROM scratch\nCOPY secret /\n";
    let failure = build(stage, &dir, dockerfile, &Overlay::new()).await.unwrap_err();
    assert!(failure.to_string().contains("secret"), "{failure}");
});

live!(only_what_the_dockerfile_names_is_asked_for, stage => {
    let dir = tree(stage);
    let none = Overlay::new();
    // The link is asked for, and what it leads to.
    let dockerfile = "FROM scratch\nCOPY src /src\n";
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(4, 1));
    let dockerfile = "FROM scratch\nCOPY src/link /\n";
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(1, 1));
    let dockerfile = "FROM scratch\nCOPY src-* /\n";
    assert_eq!(build(stage, &dir, dockerfile, &none).await.unwrap(), sent(2, 1));
});

live!(a_file_that_cannot_be_read_is_named, stage => {
    let dir = tree(stage);
    let context = Context::scan(dir.path(), "Dockerfile").unwrap();
    let source = context.source(&Overlay::new(), "FROM scratch\nCOPY . /\n", &stage.nonce).unwrap();
    fs::remove_file(dir.path().join("src/a")).unwrap();
    let request = stage.request(&stage.tag("sync"));
    match stage.engine.build(&request, source, &mut |_| {}).await.unwrap_err() {
        BuildFailure::Context(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert_eq!(error.to_string(), "failed to send `src/a`");
        }
        other => panic!("{other:?}"),
    }
});
