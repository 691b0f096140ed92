//! The comment of the action on a pull request: `scripts/action-comment`.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// `gh api`, played: it has the comments of a pull request, a file each.
const GH: &str = r##"#!/bin/bash
[ "$1" = api ] || exit 9
comments=$GH_COMMENTS
case "$*" in
  *"--method PATCH"*)
    id=$(echo "$*" | sed 's/.*comments\/\([0-9]*\) .*/\1/')
    cp "$(echo "${@: -1}" | sed 's/^body=@//')" "$comments/$id" ;;
  *"--method POST"*)
    id=$(($(ls "$comments" | wc -l) + 1))
    cp "$(echo "${@: -1}" | sed 's/^body=@//')" "$comments/$id" ;;
  *) for file in "$comments"/*; do
       [ "$(head -n 1 "$file")" = "$mark" ] && basename "$file"
     done; true ;;
esac
"##;

#[test]
fn each_push_renews_its_own_comment_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let comments = dir.path().join("comments");
    std::fs::create_dir_all(&comments).unwrap();
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    let gh = dir.path().join("bin/gh");
    std::fs::write(&gh, GH).unwrap();
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(comments.join("1"), "of another bot\n").unwrap();
    let file = dir.path().join("comment.md");
    let put = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let path = format!(
            "{}:{}",
            dir.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let status = Command::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/scripts/action-comment"
        ))
        .env("PATH", path)
        .env("GH_COMMENTS", &comments)
        .env("GITHUB_REPOSITORY", "o/r")
        .env("PULL_REQUEST", "7")
        .env("COMMENT_FILE", &file)
        .status()
        .unwrap();
        assert!(status.success());
    };
    put("<!-- plimsoll 1 -->\nfirst\n");
    put("<!-- plimsoll 2 -->\nof another job\n");
    put("<!-- plimsoll 1 -->\nsecond\n");
    let held = |id: &str| std::fs::read_to_string(comments.join(id)).unwrap();
    assert_eq!(held("1"), "of another bot\n");
    assert!(held("2").ends_with("second\n"), "{}", held("2"));
    assert!(held("3").ends_with("of another job\n"));
    assert_eq!(std::fs::read_dir(&comments).unwrap().count(), 3);
}
