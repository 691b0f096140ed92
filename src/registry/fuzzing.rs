//! What the fuzz targets ask of this module; see fuzz/ in the repository.

use super::manifest::Manifest;
use super::range::{Wanted, chunk, wanted};
use super::route::{Parameters, route};

/// The endpoint of a path, in the form of `Debug`.
pub fn endpoint(path: &str) -> Option<String> {
    route(path).ok().map(|route| format!("{route:?}"))
}

/// The values of a parameter of a request's target.
pub fn parameters(target: &str, name: &str) -> Vec<String> {
    let uri = target.parse();
    uri.map_or(Vec::new(), |uri| Parameters::of(&uri).all(name))
}

/// First and last byte that a `Range` header asks of so many bytes.
pub fn range(header: &str, length: u64) -> Option<(u64, u64)> {
    match wanted(Some(header), length) {
        Wanted::Part { first, last } => Some((first, last)),
        Wanted::All | Wanted::Nothing => None,
    }
}

/// First and last byte of a chunk's `Content-Range` header.
pub fn chunk_range(header: &str) -> Option<(u64, u64)> {
    chunk(header)
}

/// Digests of a manifest and of all that it refers to; none where it is refused.
pub fn manifest(content_type: Option<&str>, text: &[u8]) -> Option<Vec<String>> {
    let text = bytes::Bytes::copy_from_slice(text);
    let manifest = Manifest::of(content_type, text, None).ok()?;
    let own = std::iter::once(manifest.digest.as_str().to_owned());
    let parts = manifest.blobs().into_iter().chain(manifest.manifests());
    let parts = parts.map(|part| part.digest.clone());
    let image = manifest.image_of("linux/amd64").map(str::to_owned);
    let subject = manifest.subject().map(str::to_owned);
    let all = own.chain(parts).chain(image).chain(subject).collect();
    // Neither may end the process.
    let _ = (manifest.descriptor(), manifest.record());
    Some(all)
}
