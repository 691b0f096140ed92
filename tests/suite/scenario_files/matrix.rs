//! `[matrix]`: which variants it makes, how they are named, and what is wrong in one.

use std::fmt::Write as _;

use super::*;

/// The good scenario with a matrix before its claim: it begins in line 43.
fn with_matrix(keys: &str) -> Fixture {
    let table = format!("[matrix]\n{keys}[[claim]]\n");
    Fixture::new(&GOOD.replacen("[[claim]]\n", &table, 1))
}

/// `name: title` of the variants that the matrix makes.
fn made(keys: &str) -> Vec<String> {
    let scenario = with_matrix(keys)
        .load()
        .unwrap_or_else(|error| panic!("{error}"));
    let value: serde_json::Value = toml::from_str(&scenario.text).unwrap();
    let valid = jsonschema::validate(scenario::schema().as_value(), &value);
    valid.unwrap_or_else(|error| panic!("the schema refuses {keys}: {error}"));
    let made = scenario.variants.iter().skip(3);
    made.map(|one| format!("{}: {}", one.name, one.title))
        .collect()
}

const BASES: &str = "dockerfile = \"Dockerfile.single-stage\"\n\
    base = [\"node:20\", \"node:20-slim\", \"node:20-alpine\"]\n\
    build-args.FEATURES = [\"a\", \"b\"]\n";

#[test]
fn a_matrix_makes_a_variant_of_each_combination_that_is_not_excluded() {
    let excluding = format!(
        "{BASES}exclude = [{{ base = \"node:20-alpine\", build-args.FEATURES = \"b\" }}]\n"
    );
    assert_eq!(
        made(&excluding),
        [
            "node-20-a: Dockerfile.single-stage, on node:20, FEATURES=a",
            "node-20-b: Dockerfile.single-stage, on node:20, FEATURES=b",
            "node-20-slim-a: Dockerfile.single-stage, on node:20-slim, FEATURES=a",
            "node-20-slim-b: Dockerfile.single-stage, on node:20-slim, FEATURES=b",
            "node-20-alpine-a: Dockerfile.single-stage, on node:20-alpine, FEATURES=a",
        ]
    );
    let scenario = with_matrix(&excluding).load().unwrap();
    let bases: Vec<_> = scenario.variants[3..]
        .iter()
        .map(|variant| {
            assert_eq!(variant.strategy, variant.name);
            let VariantBuild::Dockerfile(spec) = &variant.build else {
                panic!("a matrix makes what is built");
            };
            let bases = spec.dockerfile.external_bases(None, &spec.build_args);
            (
                bases.unwrap().join(" "),
                spec.build_args["FEATURES"].clone(),
            )
        })
        .collect();
    let pairs = [
        ("node:20", "a"),
        ("node:20", "b"),
        ("node:20-slim", "a"),
        ("node:20-slim", "b"),
        ("node:20-alpine", "a"),
    ];
    assert_eq!(
        bases,
        pairs.map(|(base, features)| (base.to_owned(), features.to_owned()))
    );
}

#[test]
fn names_have_the_values_of_arrays_in_an_order_that_the_file_does_not_change() {
    let keys = [
        "platform = [\"linux/arm64\"]\n",
        "build-args = { Z = [\"\", \"1\"], A = \"secret\" }\n",
        "target = \"production\"\n",
        "swap.\"node:20\" = [\"node:20-slim\", \"node:22\"]\n",
        "dockerfile = [\"Dockerfile.single-stage\", \"Dockerfile.bases\"]\n",
    ];
    let only = "exclude = [{ dockerfile = \"Dockerfile.single-stage\" }, { swap.\"node:20\" = \"node:22\" }]\n";
    let expected = [
        "bases-node-20-slim-no-z-linux-arm64: \
         Dockerfile.bases, node:20-slim instead of node:20, target production, Z=, for linux/arm64",
        "bases-node-20-slim-z-1-linux-arm64: \
         Dockerfile.bases, node:20-slim instead of node:20, target production, Z=1, for linux/arm64",
    ];
    assert_eq!(made(&format!("{}{only}", keys.concat())), expected);
    let reversed: Vec<&str> = keys.into_iter().rev().collect();
    assert_eq!(made(&format!("{only}{}", reversed.concat())), expected);
    // Without an array, the file names it.
    assert_eq!(
        made("dockerfile = \"Dockerfile.bases\"\nbase = \"node:22\"\n"),
        ["bases: Dockerfile.bases, on node:22"]
    );
}

#[test]
fn a_base_is_chosen_by_the_argument_that_the_file_has_for_it() {
    let fixture = with_matrix(
        "dockerfile = \"Dockerfile.arg\"\nbase = [\"node:20-slim\", \"node:22-slim\", \"python:3\"]\n\
         env = { A = \"1\" }\nrun = { init = true }\n",
    );
    fixture.write(
        "sample-apps/example/Dockerfile.arg",
        "ARG NODE=20\nFROM node:${NODE}-slim\n",
    );
    let scenario = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    let specs = scenario.variants[3..].iter().map(|variant| {
        let VariantBuild::Dockerfile(spec) = &variant.build else {
            panic!("a matrix makes what is built");
        };
        assert_eq!(spec.env["A"], "1");
        assert!(spec.confinement.init);
        let bases = spec.dockerfile.external_bases(None, &spec.build_args);
        (
            bases.unwrap().join(" "),
            spec.build_args.get("NODE").cloned(),
        )
    });
    assert_eq!(
        specs.collect::<Vec<_>>(),
        [
            ("node:20-slim".to_owned(), Some("20".to_owned())),
            ("node:22-slim".to_owned(), Some("22".to_owned())),
            ("python:3".to_owned(), None),
        ]
    );
}

#[test]
fn a_scenario_may_have_a_matrix_and_no_variant() {
    let start = GOOD.find("[[variant]]").unwrap();
    let fixture = Fixture::new(&format!("{}[matrix]\n{BASES}", &GOOD[..start]));
    let scenario = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.variants.len(), 6);
    assert_eq!(scenario.variants[5].name, "node-20-alpine-b");
}

#[test]
fn a_claim_and_a_technique_may_name_what_a_matrix_makes() {
    let technique = "[technique]\nid = \"slim\"\nquestion = \"How small?\"\nbaseline = \"node-20-a\"\n\
        shows = [\"size.unpacked\"]\n";
    let text = GOOD
        .replacen(
            "[[claim]]\n",
            &format!("[matrix]\n{BASES}{technique}[[claim]]\n"),
            1,
        )
        .replace("variant = \"single-stage\"", "variant = \"node-20-slim-b\"");
    let scenario = Fixture::new(&text)
        .load()
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.claims[0].variant, "node-20-slim-b");
    assert_eq!(scenario.technique.unwrap().baseline, "node-20-a");
}

/// What is wrong, and the table with it.
const BAD: &[(&str, &str)] = &[
    ("no Dockerfile", "base = [\"node:20\"]\n"),
    (
        "unknown key",
        "dockerfile = \"Dockerfile.bases\"\nbases = [\"node:20\"]\n",
    ),
    (
        "key of Bake",
        "dockerfile = \"Dockerfile.bases\"\nargs.A = [\"a\"]\n",
    ),
    (
        "key of GitHub",
        "dockerfile = \"Dockerfile.bases\"\ninclude = [{ base = \"node:20\" }]\n",
    ),
    (
        "number",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.V = [\"18\", 20]\n",
    ),
    ("type", "dockerfile = \"Dockerfile.bases\"\nbase = true\n"),
    (
        "empty array",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.V = []\n",
    ),
    ("empty path", "dockerfile = [\"Dockerfile.bases\", \"\"]\n"),
    (
        "value twice",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.V = [\n  \"a\",\n  \"b\",\n  \"a\",\n]\n",
    ),
    (
        "image twice",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"docker.io/library/node:20\"]\n",
    ),
    (
        "base that is no reference",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"Node:20\"]\n",
    ),
    (
        "missing Dockerfile, once for all variants",
        "dockerfile = [\"Dockerfile.bases\", \"Dockerfile.base\"]\nbuild-args.V = [\"a\", \"b\"]\n",
    ),
    (
        "unknown targets, once for each",
        "dockerfile = \"Dockerfile.bases\"\ntarget = [\"biuld\", \"x\"]\nbuild-args.V = [\"a\", \"b\"]\n",
    ),
    (
        "swap of another base",
        "dockerfile = \"Dockerfile.bases\"\nswap.\"node:22\" = [\"node:22\", \"node:22-slim\"]\n",
    ),
    (
        "base of scratch",
        "dockerfile = \"Dockerfile.multi-stage\"\nbuild-args.NODE_VERSION = \"20\"\nbase = [\"a:1\", \"b:1\"]\n",
    ),
    (
        "base that is swapped",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\"]\nswap = { \"node:20\" = \"node:22\" }\n",
    ),
    (
        "base that an argument has",
        "dockerfile = \"Dockerfile.multi-stage\"\ntarget = \"builder\"\nbuild-args.NODE_VERSION = \"20\"\nbase = [\"node:22\"]\n",
    ),
    (
        "platform",
        "dockerfile = \"Dockerfile.bases\"\nplatform = [\"linux/arm64\", \"arm\"]\nbuild-args.V = [\"a\", \"b\"]\n",
    ),
    (
        "secret that the scenario does not have",
        "dockerfile = \"Dockerfile.bases\"\nsecret = \"mount\"\nbuild-args.V = [\"a\", \"b\"]\n",
    ),
    (
        "exclusion of a value that is not there",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"node:20-slim\"]\nexclude = [{ base = \"node:21-slim\" }]\n",
    ),
    (
        "exclusion of a key that is not there",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.FEATURES = [\"a\", \"b\"]\nexclude = [{ build-args.FEATURE = \"a\" }]\n",
    ),
    (
        "exclusion as GitHub has it",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.FEATURES = [\"a\", \"b\"]\nexclude = [{ FEATURES = \"a\" }]\n",
    ),
    (
        "exclusion of nothing",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"node:22\"]\nexclude = [{}]\n",
    ),
    (
        "exclusion twice",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"node:22\"]\nexclude = [\n  { base = \"node:22\" },\n  { base = \"node:22\" },\n]\n",
    ),
    (
        "exclusion of everything",
        "dockerfile = \"Dockerfile.bases\"\nbase = [\"node:20\", \"node:22\"]\nexclude = [{ dockerfile = \"Dockerfile.bases\" }]\n",
    ),
    (
        "names that are the same",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args = { A = [\"x\", \"x-y\"], B = [\"y-z\", \"z\"] }\n",
    ),
    (
        "name of a variant",
        "dockerfile = \"Dockerfile.bases\"\nbuild-args.MODE = [\"multi-stage\", \"x\"]\n",
    ),
];

#[test]
fn what_is_wrong_has_its_place_and_its_remedy() {
    let mut report = String::new();
    for (what, keys) in BAD {
        let fixture = with_matrix(keys);
        let error = match fixture.load() {
            Err(error) => fixture.error(&error),
            Ok(_) => "LOADED".to_owned(),
        };
        writeln!(report, "# {what}\n{error}").unwrap();
    }
    assert!(!report.contains("LOADED"), "{report}");
    insta::assert_snapshot!(report);
}

/// What is wrong in a matrix; the file of an argument is there.
fn wrong(keys: &str) -> String {
    let fixture = with_matrix(keys);
    fixture.write(
        "sample-apps/example/Dockerfile.arg",
        "ARG V=20\nFROM node:${V}\n",
    );
    fixture.error(&fixture.load().unwrap_err())
}

#[test]
fn a_base_that_an_argument_chooses_is_not_swapped() {
    let keys =
        "dockerfile = \"Dockerfile.arg\"\nbase = [\"node:22\"]\nswap.\"node:22\" = \"node:18\"\n";
    assert_eq!(
        wrong(keys),
        "scenarios/example.toml:45:9: `node:22`, the base of Dockerfile.arg, is swapped already\n  \
         hint: remove `base` or `swap.\"node:22\"`"
    );
}

#[test]
fn what_is_wrong_with_one_of_several_swaps_has_the_place_of_the_matrix() {
    let keys = "dockerfile = \"Dockerfile.arg\"\nswap.\"nope:1\" = [\"a:1\", \"b:1\"]\n\
        swap.\"node:20\" = [\"node:20\", \"node:22\"]\n";
    let problem = "scenarios/example.toml:43:1: `Dockerfile.arg` is not built on `nope:1`\n";
    let found = wrong(keys);
    assert!(found.starts_with(problem), "{found}");
    assert_eq!(found.matches("is not built on").count(), 1, "{found}");
}

#[test]
fn a_matrix_in_double_brackets_is_named() {
    let keys = "dockerfile = \"Dockerfile.bases\"\n";
    for more in ["", "[[matrix]]\ndockerfile = \"b\"\n"] {
        let table = format!("[[matrix]] # A list.\n{keys}{more}[[claim]]\n");
        let fixture = Fixture::new(&GOOD.replacen("[[claim]]\n", &table, 1));
        assert_eq!(
            fixture.error(&fixture.load().unwrap_err()),
            "scenarios/example.toml:43:1: `[[matrix]]` is an array of tables\n  \
             hint: a scenario has one matrix: write `[matrix]`"
        );
    }
    let fixture = Fixture::new(&GOOD.replacen("[app]\n", "[[app]]\n", 1));
    assert_eq!(
        fixture.error(&fixture.load().unwrap_err()),
        "scenarios/example.toml:4:1: `[[app]]` is an array of tables\n  hint: write `[app]`"
    );
}

#[test]
fn there_are_at_most_256_combinations() {
    let values = |count: usize| {
        let values: Vec<String> = (0..count).map(|n| format!("\"v{n}\"")).collect();
        values.join(", ")
    };
    let keys = |count| {
        let values = values(count);
        format!(
            "dockerfile = \"Dockerfile.bases\"\nbuild-args = {{ A = [{values}], B = [\"x\", \"y\"] }}\n"
        )
    };
    assert_eq!(made(&keys(128)).len(), 256);
    let fixture = with_matrix(&keys(129));
    assert_eq!(
        fixture.error(&fixture.load().unwrap_err()),
        "scenarios/example.toml:43:1: the matrix has 258 combinations\n  \
         expected: at most 256, with those that are excluded\n  \
         hint: list fewer values, or write another scenario for some of them"
    );
}

#[test]
fn the_schema_describes_the_table() {
    let validator = jsonschema::validator_for(scenario::schema().as_value()).unwrap();
    let is_valid = |keys: &str| {
        let text = GOOD.replacen("[[claim]]\n", &format!("[matrix]\n{keys}[[claim]]\n"), 1);
        let value: serde_json::Value = toml::from_str(&text).unwrap();
        validator.is_valid(&value)
    };
    assert!(is_valid(BASES));
    assert!(is_valid("dockerfile = [\"a\", \"b\"]\nexclude = []\n"));
    for keys in [
        "base = [\"node:20\"]\n",
        "dockerfile = []\n",
        "dockerfile = \"a\"\nbase = 1\n",
        "dockerfile = \"a\"\nbuild-args.V = [\"a\", \"a\"]\n",
        "dockerfile = \"a\"\nbases = [\"node:20\"]\n",
        "dockerfile = \"a\"\nexclude = [{}]\n",
        "dockerfile = \"a\"\nexclude = [{ base = [\"node:20\"] }]\n",
        "dockerfile = \"a\"\nexclude = [{ FEATURES = \"a\" }]\n",
    ] {
        assert!(!is_valid(keys), "{keys}");
    }
}
