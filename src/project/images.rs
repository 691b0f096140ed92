//! A scenario of ready images: nothing is built.

use std::collections::BTreeSet;

use super::error::ProjectError;
use super::request::{ReadyImage, Request};
use super::variants::{MOST_VARIANTS, ProjectVariant};
use crate::dockerfile::Dockerfile;
use crate::oci::ImageReference;
use crate::scenario::{kebab, unique_name};

/// Characters of a digest that a name takes.
const DIGEST_CHARS: usize = 12;

/// A variant for each image, in the order of the command line.
///
/// # Errors
/// A reference that is none, one that is given twice, or too many.
pub(super) fn image_variants(request: &Request) -> Result<Vec<ProjectVariant>, ProjectError> {
    if request.images.len() > MOST_VARIANTS {
        let said = format!(
            "{} images are more than {MOST_VARIANTS} variants",
            request.images.len()
        );
        return Err(ProjectError::open(said, "name fewer: --image"));
    }
    let mut names = BTreeSet::new();
    let mut given = BTreeSet::new();
    let mut variants = Vec::new();
    for image in &request.images {
        let reference = &image.reference;
        let wrong = |why: String| {
            let said = format!("--image: `{reference}` is no image: {why}");
            ProjectError::open(
                said,
                "write it as `docker run` takes it, such as nginx:1.27",
            )
        };
        if reference == "scratch" {
            return Err(wrong("it is the name of an empty base".to_owned()));
        }
        let parsed: ImageReference = reference
            .parse()
            .map_err(|error| wrong(format!("{error}")))?;
        if !given.insert(parsed.canonical()) {
            let said = format!("--image: `{reference}` is given twice");
            return Err(ProjectError::open(said, "name each image once"));
        }
        let dockerfile = Dockerfile::parse(format!("FROM {reference}\n"))
            .map_err(|error| wrong(error.message))?;
        variants.push(ProjectVariant {
            name: unique_name(&kebab(&short(reference)), &mut names),
            title: format!("the image {reference}"),
            ready_image: Some(image.clone()),
            path: String::new(),
            dockerfile,
            target: None,
            build_args: Default::default(),
            swap: Default::default(),
            platform: None,
        });
    }
    Ok(variants)
}

/// The name of all of them: their repository's, where they have one.
pub(super) fn common_name(request: &Request) -> String {
    let repository = |image: &ReadyImage| {
        let short = short(&image.reference);
        let end = short.find([':', '@']).unwrap_or(short.len());
        short[..end].to_owned()
    };
    let names: BTreeSet<String> = request.images.iter().map(repository).collect();
    match names.len() {
        1 => kebab(&names.into_iter().collect::<String>()),
        _ => "images".to_owned(),
    }
}

/// The last part of a reference, with the first characters of its digest.
fn short(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    match last.split_once('@') {
        Some((name, digest)) => {
            let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
            let hex: String = hex.chars().take(DIGEST_CHARS).collect();
            format!("{name}@{hex}")
        }
        None => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(references: &[&str]) -> Request {
        let images = references.iter().map(|reference| ReadyImage {
            reference: (*reference).to_owned(),
            config: None,
        });
        Request {
            images: images.collect(),
            ..Request::default()
        }
    }

    #[test]
    fn images_are_named_after_the_end_of_their_reference() {
        let digest = "0123456789abcdef".repeat(4);
        let pinned = format!("nginx@sha256:{digest}");
        let request = request(&[
            "nginx:1.27",
            "nginx:1.27-alpine",
            "example.com:5000/web/nginx:1.27",
            &pinned,
            "nginx",
        ]);
        let variants = image_variants(&request).unwrap();
        let names: Vec<_> = variants.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "nginx-1-27",
                "nginx-1-27-alpine",
                "nginx-1-27-2",
                "nginx-0123456789ab",
                "nginx"
            ]
        );
        assert_eq!(common_name(&request), "nginx");
    }

    #[test]
    fn images_of_several_repositories_have_no_common_name() {
        let request = request(&["nginx:1.27", "example.com/caddy:2"]);
        assert_eq!(common_name(&request), "images");
    }

    #[test]
    fn what_is_no_image_or_given_twice_is_refused() {
        for (references, said) in [
            (&["Nginx:1"][..], "`Nginx:1` is no image"),
            (&["scratch"], "the name of an empty base"),
            (&["nginx:1", "docker.io/library/nginx:1"], "is given twice"),
        ] {
            let error = image_variants(&request(references)).unwrap_err();
            assert!(error.to_string().contains(said), "{references:?}: {error}");
        }
        let many: Vec<String> = (0..65).map(|n| format!("a:{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let error = image_variants(&request(&many)).unwrap_err();
        assert!(
            error.to_string().contains("more than 64 variants"),
            "{error}"
        );
    }
}
