//! The fake's small model of BuildKit: what steps read, and how they are called.

use super::*;

/// The content that a COPY reads: of one named file, or of all.
pub(super) fn copied(text: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let source = text
        .split_whitespace()
        .find(|word| files.contains_key(*word));
    let mut material = Vec::new();
    for (path, content) in files {
        if source.is_none_or(|source| source == path) {
            material.extend_from_slice(path.as_bytes());
            material.extend_from_slice(content);
        }
    }
    sha256_hex(&material)
}

/// Where a planted secret stands in a build.
pub(super) fn ways(
    request: &BuildRequest,
    files: &BTreeMap<String, Vec<u8>>,
) -> Vec<(String, String)> {
    let args = request.build_args.iter();
    let args = args.map(|(id, value)| format!("arg {id}={value}"));
    let secrets = request.secrets.iter();
    let secrets = secrets.map(|(id, value)| format!("secret {id}={}", value.0));
    let files = files.iter();
    let files = files.map(|(path, text)| format!("file {path}={}", String::from_utf8_lossy(text)));
    let all = args.chain(secrets).chain(files);
    let planted = all.filter(|way| way.contains("plimsoll-planted-"));
    planted.map(|way| (request.tag.clone(), way)).collect()
}

/// The command of a RUN, as BuildKit describes its records by it: without ids of mounts.
pub(super) fn command(text: &str) -> String {
    let words = text.split_whitespace().skip(1);
    let words: Vec<_> = words.filter(|word| !word.starts_with("--")).collect();
    let text = words.join(" ");
    // The exec form has no shell, and is described by its words.
    match serde_json::from_str::<Vec<String>>(&text) {
        Ok(words) => words.join(" "),
        Err(_) => format!("/bin/sh -c {text}"),
    }
}

/// The id of the first cache mount of a RUN.
pub(super) fn mount_id(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("--mount=id=")?;
    rest.split(',').next()
}

/// Ids of the mounts that a step empties.
pub(super) fn emptied(text: &str) -> Vec<String> {
    let words = text
        .split_whitespace()
        .filter(|_| text.contains("/.plimsoll-emptied"));
    let mounts = words.filter_map(|word| word.strip_prefix("--mount=type=cache,id="));
    let ids = mounts.filter_map(|mount| mount.split(',').next());
    ids.map(str::to_owned).collect()
}

/// A step's name as BuildKit tells it.
pub(super) fn vertex_name(step: &Step) -> String {
    let label = step
        .key
        .stage
        .as_ref()
        .map(|stage| format!("{stage} "))
        .unwrap_or_default();
    format!("[{label}{}/{}] {}", step.key.index, step.total, step.text)
}
