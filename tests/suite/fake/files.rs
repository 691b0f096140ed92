//! Files that reach the fake, from a tar or a build's context.

use super::*;

/// Files of a tar stream.
pub(super) async fn unpack(
    mut context: BuildContext,
) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = context.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        files.insert(path, content);
    }
    Ok(files)
}

/// Files of a build's context.
pub(super) fn read(source: &BuildSource) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for (index, entry) in source.files.entries().iter().enumerate() {
        if matches!(entry.kind, SourceKind::File(_)) {
            let mut content = Vec::new();
            source.files.open(index)?.read_to_end(&mut content)?;
            files.insert(entry.path.clone(), content);
        }
    }
    Ok(files)
}
