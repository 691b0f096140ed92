//! Entry points for the fuzz targets in fuzz/.

use super::manifest::Manifest;
use super::range::{RequestedRange, chunk, parse_range};
use super::route::{Parameters, route};

/// The route of a path, in `Debug` format.
pub fn endpoint(path: &str) -> Option<String> {
    route(path).ok().map(|route| format!("{route:?}"))
}

/// The values of a query parameter in a request target.
pub fn parameters(target: &str, name: &str) -> Vec<String> {
    let uri = target.parse();
    uri.map_or(Vec::new(), |uri| Parameters::of(&uri).all(name))
}

/// First and last byte that a `Range` header requests of `length` bytes.
pub fn range(header: &str, length: u64) -> Option<(u64, u64)> {
    match parse_range(Some(header), length) {
        RequestedRange::Part { first, last } => Some((first, last)),
        RequestedRange::All | RequestedRange::Nothing => None,
    }
}

/// First and last byte of a chunk's `Content-Range` header.
pub fn chunk_range(header: &str) -> Option<(u64, u64)> {
    chunk(header)
}

/// Digests of a manifest and of everything that it refers to; `None` if it is rejected.
pub fn manifest(content_type: Option<&str>, text: &[u8]) -> Option<Vec<String>> {
    let text = bytes::Bytes::copy_from_slice(text);
    let manifest = Manifest::of(content_type, text, None).ok()?;
    let own = std::iter::once(manifest.digest.as_str().to_owned());
    let parts = manifest.blobs().into_iter().chain(manifest.manifests());
    let parts = parts.map(|part| part.digest.clone());
    let image = manifest.image_of("linux/amd64").map(str::to_owned);
    let subject = manifest.subject().map(str::to_owned);
    let all = own.chain(parts).chain(image).chain(subject).collect();
    // Neither may panic.
    let _ = (manifest.descriptor(), manifest.record());
    Some(all)
}
