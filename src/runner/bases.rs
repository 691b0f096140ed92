//! The images that a run is resolved to, by their references in Dockerfiles and scenarios. The
//! record has each reference without the secrets in it.

use std::collections::BTreeMap;

use super::bench::{Bench, World};
use crate::record::BaseRecord;
use crate::secrets::mask_found;

impl<W: World> Bench<W> {
    /// What the record has of an image. None where that could be several images.
    pub(super) fn base_of(&self, reference: &str) -> Option<&BaseRecord> {
        recorded(&self.record.bases, reference)
    }
}

/// The id of the image that the run was resolved to: a tag may move meanwhile. In a clean room
/// nobody moves tags, and ids may differ there.
pub(super) fn locked<W: World>(bench: &Bench<W>, reference: &str) -> Option<String> {
    let base = bench.base_of(reference)?;
    (!bench.settings.own_builder).then(|| base.image_id.clone())
}

fn recorded<'a>(bases: &'a [BaseRecord], reference: &str) -> Option<&'a BaseRecord> {
    let masked = mask_found(reference);
    let mut bases = bases.iter().filter(|base| base.reference == masked);
    let base = bases.next()?;
    let is_same = bases.all(|other| other.image_id == base.image_id);
    is_same.then_some(base)
}

/// The repository of a base by its reference in the record. None where that could be several
/// repositories.
pub(super) fn repository_of<'a>(
    repositories: &'a BTreeMap<String, String>,
    recorded: &str,
) -> Option<&'a str> {
    let bases = repositories.iter();
    let mut bases = bases.filter(|(reference, _)| mask_found(reference) == recorded);
    let (_, repository) = bases.next()?;
    bases.next().is_none().then_some(repository)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    /// A tag that only what follows its first characters distinguishes once it is masked.
    fn tagged(last: char) -> String {
        format!("db:ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3{last}")
    }

    fn base(reference: &str, image_id: &str) -> BaseRecord {
        BaseRecord {
            reference: mask_found(reference).into_owned(),
            resolved: mask_found(reference).into_owned(),
            image_id: image_id.to_owned(),
            repo_digests: Vec::new(),
            manifest_digest: None,
            diff_ids: Vec::new(),
            unpacked_bytes: Bytes(0),
            stand_in: None,
        }
    }

    #[test]
    fn a_masked_base_is_found_and_never_another_one() {
        let (one, two) = (tagged('d'), tagged('e'));
        assert_ne!(mask_found(&one), one);
        let bases = [base("a:1", "x"), base(&one, "y")];
        let found = |bases, reference| recorded(bases, reference).map(|base| &*base.image_id);
        assert_eq!(found(&bases[..], "a:1"), Some("x"));
        assert_eq!(found(&bases, &one), Some("y"));
        assert_eq!(found(&bases, "b:1"), None);
        let bases = [base(&one, "y"), base(&two, "y")];
        assert_eq!(found(&bases, &two), Some("y"));
        let bases = [base(&one, "y"), base(&two, "z")];
        assert_eq!(found(&bases, &two), None);
    }

    #[test]
    fn the_repository_of_a_masked_base_is_found() {
        let (one, two) = (tagged('d'), tagged('e'));
        let mut known = BTreeMap::from(
            [("a:1", "x"), (&one, "y")]
                .map(|(reference, repository)| (reference.to_owned(), repository.to_owned())),
        );
        assert_eq!(repository_of(&known, "a:1"), Some("x"));
        assert_eq!(repository_of(&known, &mask_found(&one)), Some("y"));
        assert_eq!(repository_of(&known, "b:1"), None);
        known.insert(two, "z".to_owned());
        assert_eq!(repository_of(&known, &mask_found(&one)), None);
    }
}
