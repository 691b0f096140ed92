//! Made-up files: the clutter that working trees collect.

use bytes::Bytes;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::overlay::Overlay;
use crate::scenario::{Extra, ExtraContent};

/// Stands for the number of one of several files.
const NUMBER: &str = "{n}";

/// The files, the same ones in every run: what does not compress comes from a generator
/// that is seeded by the file's path.
pub fn make(extras: &[Extra]) -> Overlay {
    let mut made = Overlay::new();
    for extra in extras {
        for number in 1..=extra.count {
            let path = extra.file.replace(NUMBER, &number.to_string());
            let content = match &extra.content {
                ExtraContent::Text(text) => Bytes::from(text.clone()),
                ExtraContent::Random(size) => random(&path, size.0),
            };
            made.insert(path, content);
        }
    }
    made
}

fn random(path: &str, size: u64) -> Bytes {
    let mut generator = ChaCha8Rng::from_seed(Sha256::digest(path).into());
    let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
    generator.fill_bytes(&mut content);
    content.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units;

    fn extra(file: &str, count: u32, content: ExtraContent) -> Extra {
        Extra {
            file: file.to_owned(),
            count,
            content,
        }
    }

    #[test]
    fn files_are_numbered_and_the_same_each_time() {
        let extras = [
            extra("a/{n}.txt", 2, ExtraContent::Text("x".to_owned())),
            extra(".git/pack", 1, ExtraContent::Random(units::Bytes(1_000))),
        ];
        let made = make(&extras);
        let paths: Vec<_> = made.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [".git/pack", "a/1.txt", "a/2.txt"]);
        assert_eq!(made, make(&extras));
        let pack = made.get(".git/pack").unwrap();
        assert_eq!(pack.len(), 1_000);
        assert_ne!(*pack, random("other", 1_000));
    }

    #[test]
    fn the_ignore_file_counts_for_them_and_so_do_the_sums() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("Dockerfile"), "FROM scratch\n").unwrap();
        std::fs::write(
            dir.path().join(".dockerignore"),
            "b\nDockerfile\n.dockerignore\n",
        )
        .unwrap();
        let text = || ExtraContent::Text("12345".to_owned());
        let made = make(&[extra("a/x", 1, text()), extra("b/x", 1, text())]);
        let context = crate::context::Context::scan_with(dir.path(), "Dockerfile", &made).unwrap();
        assert_eq!(
            (context.bytes(), context.files()),
            (units::Bytes(5), units::Count(1))
        );
        assert!(context.contains("a/x") && !context.contains("b/x"));
        let bare = crate::context::Context::scan(dir.path(), "Dockerfile").unwrap();
        assert_ne!(context.digest().unwrap(), bare.digest().unwrap());
        let clash = make(&[extra("Dockerfile", 1, text())]);
        assert!(crate::context::Context::scan_with(dir.path(), "Dockerfile", &clash).is_err());
        let below = make(&[extra("a", 1, text()), extra("a/x", 1, text())]);
        assert!(crate::context::Context::scan_with(dir.path(), "Dockerfile", &below).is_err());
    }
}
