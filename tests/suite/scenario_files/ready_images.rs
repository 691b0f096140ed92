//! Variants that are ready images, and what is wrong in one.

use std::fmt::Write as _;

use super::*;

/// The good scenario, with a variant of these keys in place of the one that is not applicable.
fn with_variant(keys: &str) -> Fixture {
    let reason = "not-applicable = \"no interpreter\"\n";
    assert!(GOOD.contains(reason));
    Fixture::new(&GOOD.replacen(reason, keys, 1))
}

#[test]
fn an_image_takes_what_concerns_its_containers() {
    let keys =
        "title = \"t\"\nimage = \"nginx:1.27\"\nenv = { A = \"1\" }\nrun = { init = true }\n";
    let scenario = with_variant(keys)
        .load()
        .unwrap_or_else(|error| panic!("{error}"));
    let VariantBuild::Dockerfile(spec) = &scenario.variants[2].build else {
        panic!("the variant has an image");
    };
    assert_eq!(spec.ready_image.as_deref(), Some("nginx:1.27"));
    let bases = spec.dockerfile.external_bases(None, &spec.build_args);
    assert_eq!(bases.unwrap(), ["nginx:1.27"]);
    assert!(spec.confinement.init);
    assert_eq!(spec.env["A"], "1");
    let validator = jsonschema::validator_for(scenario::schema().as_value()).unwrap();
    let value: serde_json::Value = toml::from_str(&scenario.text).unwrap();
    assert!(validator.is_valid(&value), "the schema refuses it");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let mut report = String::new();
    for keys in [
        "image = \"nginx:1.27\"\ndockerfile = \"Dockerfile.single-stage\"\n",
        "image = \"nginx:1.27\"\nnot-applicable = \"x\"\n",
        "title = \"t\"\n",
        "title = \"t\"\nimage = \"Nginx:1.27\"\n",
        "title = \"t\"\nimage = \"scratch\"\n",
        "title = \"t\"\nimage = \"nginx:1.27\"\nplatform = \"linux/arm64\"\n",
        "title = \"t\"\nimage = \"nginx:1.27\"\nbuild-args = { A = \"1\" }\n",
        "image = \"nginx:1.27\"\n",
    ] {
        let fixture = with_variant(keys);
        let error = match fixture.load() {
            Err(error) => fixture.error(&error),
            Ok(_) => "LOADED".to_owned(),
        };
        writeln!(report, "{error}").unwrap();
    }
    insta::assert_snapshot!(report, @r"
    scenarios/example.toml:40:8: variant `scratch` has `dockerfile` and `image`
      expected: one of: a Dockerfile, a ready image, or the reason why there is neither
    scenarios/example.toml:40:8: variant `scratch` has `image` and `not-applicable`
      expected: one of: a Dockerfile, a ready image, or the reason why there is neither
    scenarios/example.toml:40:8: variant `scratch` has none of `dockerfile`, `image` and `not-applicable`
      expected: one of: a Dockerfile, a ready image, or the reason why there is neither
    scenarios/example.toml:43:9: invalid image reference: `Nginx:1.27`: a repository is written in lower case
      expected: an image, such as `nginx:1.27`
    scenarios/example.toml:43:9: invalid image reference: `scratch` has no content
      expected: an image, such as `nginx:1.27`
    scenarios/example.toml:44:12: variant `scratch` has a ready image, and `platform` is for a build
      hint: remove `platform`, or name a `dockerfile`
    scenarios/example.toml:44:14: variant `scratch` has a ready image, and `build-args` is for a build
      hint: remove `build-args`, or name a `dockerfile`
    scenarios/example.toml:40:8: variant `scratch` has no title
      expected: `title`, a line about it
    ");
}
