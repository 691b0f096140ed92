use std::path::Path;

use super::fault::BakeFault;
use super::resolve;
use super::target::ResolvedTarget;

/// The targets of an HCL file in an environment.
fn of(
    text: &str,
    wanted: &[&str],
    environment: &[(&str, &str)],
) -> Result<Vec<ResolvedTarget>, BakeFault> {
    named("docker-bake.hcl", text, wanted, environment)
}

fn named(
    file: &str,
    text: &str,
    wanted: &[&str],
    environment: &[(&str, &str)],
) -> Result<Vec<ResolvedTarget>, BakeFault> {
    let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let variable = |name: &str| {
        let mut pairs = environment.iter();
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    resolve(Path::new(file), text, &wanted, &variable)
}

fn one(text: &str) -> ResolvedTarget {
    of(text, &["app"], &[]).unwrap().remove(0)
}

fn names(targets: &[ResolvedTarget]) -> Vec<&str> {
    targets.iter().map(|target| target.name.as_str()).collect()
}

fn said(fault: Result<Vec<ResolvedTarget>, BakeFault>) -> String {
    let fault = fault.unwrap_err();
    let at = fault
        .line
        .map(|line| format!("{line}: "))
        .unwrap_or_default();
    format!("{at}{}", fault.said)
}

#[test]
fn what_is_not_said_is_as_docker_build_has_it() {
    let target = one("target \"app\" {}\n");
    assert_eq!(
        (target.context.as_str(), target.dockerfile.as_str()),
        (".", "Dockerfile")
    );
    assert_eq!((target.stage, target.platforms.len()), (None, 0));
    let text = "variable \"STAGE\" { default = \"\" }\ntarget \"app\" { target = STAGE }\n";
    assert_eq!(one(text).stage, None);
    let stage = of(text, &["app"], &[("STAGE", "dev")])
        .unwrap()
        .remove(0)
        .stage;
    assert_eq!(stage.as_deref(), Some("dev"));
}

#[test]
fn a_group_stands_for_its_targets_each_once() {
    let text = r#"
        group "default" { targets = ["web", "all"] }
        group "all" { targets = ["api", "web"] }
        target "web" {}
        target "api" {}
        target "other" {}
    "#;
    assert_eq!(names(&of(text, &[], &[]).unwrap()), ["web", "api"]);
    assert_eq!(
        names(&of(text, &["other", "all"], &[]).unwrap()),
        ["other", "api", "web"]
    );
    let round = r#"
        group "a" { targets = ["b"] }
        group "b" { targets = ["a"] }
    "#;
    assert_eq!(
        said(of(round, &["a"], &[])),
        "groups hold each other: a -> b -> a"
    );
    // Of a group and a target of one name the group counts, and it may hold the target.
    let same = r#"
        target "default" {}
        group "default" { targets = ["web", "all"] }
        group "all" { targets = ["all", "api"] }
        target "all" {}
        target "web" {}
        target "api" {}
    "#;
    assert_eq!(names(&of(same, &[], &[]).unwrap()), ["web", "all", "api"]);
    let missing = of(text, &["wep"], &[]).unwrap_err();
    assert_eq!(missing.said, "there is no target or group `wep`");
    assert!(
        missing.hint.contains("api, default, other, web"),
        "{}",
        missing.hint
    );
}

#[test]
fn what_is_inherited_is_merged_in_order_and_own_values_go_before_it() {
    let text = r#"
        target "base" {
          context = "src"
          args = { A = "base", B = "base", C = "base" }
          platforms = ["linux/amd64"]
        }
        target "dev" {
          target = "dev"
          args = { B = "dev" }
        }
        target "app" {
          inherits = ["base", "dev"]
          dockerfile = "app.Dockerfile"
          args = { D = 4, C = null, E = true }
          platforms = ["linux/arm64", "local"]
        }
    "#;
    let app = one(text);
    assert_eq!(app.context, "src");
    assert_eq!(app.dockerfile, "app.Dockerfile");
    assert_eq!(app.stage.as_deref(), Some("dev"));
    assert_eq!(app.platforms, ["linux/arm64"]);
    let args: Vec<_> = app
        .args
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(args, ["A=base", "B=dev", "C=base", "D=4", "E=true"]);
    let round = "target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }\n";
    assert_eq!(
        said(of(round, &["a"], &[])),
        "1: targets inherit from each other: a -> b -> a"
    );
}

#[test]
fn variables_come_from_the_environment_before_their_default() {
    let text = r#"
        variable "TAG" { default = "latest" }
        variable "FULL" { default = "app:${TAG}" }
        variable "DEBUG" { default = false }
        variable "JOBS" { default = 2 }
        variable "EMPTY" {}
        suffix = "-${TAG}"
        target "app" {
          args = {
            FULL = FULL
            MODE = DEBUG ? "debug" : "release"
            JOBS = JOBS + 1
            EMPTY = "<${EMPTY}>"
            SUFFIX = upper(suffix)
          }
        }
    "#;
    let args = |environment: &[(&str, &str)]| {
        let app = of(text, &["app"], environment).unwrap().remove(0);
        app.args.into_values().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(args(&[]), "<> app:latest 3 release -LATEST");
    let given = [
        ("TAG", "v2"),
        ("DEBUG", "1"),
        ("JOBS", "7"),
        ("EMPTY", "x"),
        ("suffix", "no"),
    ];
    assert_eq!(args(&given), "<x> app:v2 8 debug -V2");
    let wrong = of(text, &["app"], &[("JOBS", "many")]);
    let wrong = said(wrong);
    assert!(wrong.starts_with("5: the value of `JOBS` in the environment is not"));
    assert!(!wrong.contains("many"), "{wrong}");
}

#[test]
fn a_matrix_makes_a_target_of_each_combination_and_a_group_of_all() {
    let text = r#"
        target "app" {
          matrix = {
            item = [{ name = "a", v = "1.0" }, { name = "b", v = "2.0" }]
            tgt = ["dev", "prod"]
          }
          name = "app-${item.name}-${tgt}"
          target = tgt
          args = { VERSION = replace(item.v, ".", "-") }
        }
    "#;
    let targets = of(text, &["app"], &[]).unwrap();
    assert_eq!(
        names(&targets),
        ["app-a-dev", "app-a-prod", "app-b-dev", "app-b-prod"]
    );
    assert_eq!(targets[3].stage.as_deref(), Some("prod"));
    assert_eq!(targets[3].args["VERSION"], "2-0");
    assert_eq!(
        names(&of(text, &["app-b-dev"], &[]).unwrap()),
        ["app-b-dev"]
    );
    let nameless = "target \"app\" {\n  matrix = { a = [\"1\"] }\n}\n";
    assert_eq!(
        said(of(nameless, &["app"], &[])),
        "1: target `app` has a matrix and no `name`"
    );
}

#[test]
fn functions_of_the_standard_library_are_known() {
    for (call, result) in [
        ("add(1, 2)", "3"),
        ("notequal(\"a\", \"b\")", "true"),
        ("join(\",\", concat([\"a\"], [\"b\"]))", "a,b"),
        ("join(\",\", compact(split(\" \", \"a  b\")))", "a,b"),
        (
            "join(\",\", formatlist(\"%s:%d\", [\"a\", \"b\"], 1))",
            "a:1,b:1",
        ),
        ("format(\"%s-%v%%\", \"a\", 5)", "a-5%"),
        ("lookup({ a = \"1\" }, \"b\", \"2\")", "2"),
        ("substr(\"hello\", -3, 2)", "ll"),
        ("trimprefix(\"v1.2\", \"v\")", "1.2"),
        ("regex_replace(\"1.2.3\", \"\\\\.[0-9]+$\", \"\")", "1.2"),
        ("length(distinct([1, 1, 2]))", "2"),
        ("divide(7, 2)", "3.5"),
        ("contains([\"a\"], \"a\") ? \"in\" : \"out\"", "in"),
        (
            "join(\"\", [for x in sort([\"b\", \"a\"]) : upper(x)])",
            "AB",
        ),
        ("sanitize(\"a/b.c\")", "a_b_c"),
        ("jsonencode({ a = 1 })", "{\"a\":1}"),
        ("min(3, 1, 2)", "1"),
    ] {
        let app = one(&format!("target \"app\" {{ args = {{ X = {call} }} }}\n"));
        assert_eq!(app.args["X"], result, "{call}");
    }
}

#[test]
fn json_is_the_same_with_texts_as_templates() {
    let text = r#"{
        "variable": {"TAG": {"default": "latest"}, "ON": {"default": true}},
        "group": {"default": {"targets": ["app"]}},
        "target": {
            "app": {
                "context": "./src",
                "args": {"TAG": "v-${TAG}", "ON": "${ON}", "RAW": "$${TAG}"},
                "tags": ["x"]
            }
        }
    }"#;
    let app = named("docker-bake.json", text, &[], &[("TAG", "2")])
        .unwrap()
        .remove(0);
    assert_eq!(app.context, "./src");
    let args: Vec<_> = app.args.values().map(String::as_str).collect();
    assert_eq!(args, ["true", "${TAG}", "v-2"]);
    assert!(app.left_out.contains("tags"));
}

#[test]
fn an_image_as_a_named_context_takes_the_place_of_a_base() {
    let text = r#"
        target "app" {
          contexts = {
            "alpine:3.20" = "docker-image://alpine:3.21"
            unused = "docker-image://x:1"
          }
        }
    "#;
    let dockerfile = crate::dockerfile::Dockerfile::parse("FROM alpine:3.20\n").unwrap();
    let swaps = one(text).swaps(&dockerfile).unwrap();
    assert_eq!(
        swaps.into_iter().collect::<Vec<_>>(),
        [("alpine:3.20".to_owned(), "alpine:3.21".to_owned())]
    );
    let text = "target \"app\" { contexts = { alpine = \"docker-image://alpine:3.21\" } }\n";
    for (dockerfile, base) in [
        ("FROM alpine:latest\n", "alpine:latest"),
        (
            "FROM docker.io/library/alpine\n",
            "docker.io/library/alpine",
        ),
    ] {
        let dockerfile = crate::dockerfile::Dockerfile::parse(dockerfile).unwrap();
        assert_eq!(one(text).swaps(&dockerfile).unwrap()[base], "alpine:3.21");
    }
    let stage = crate::dockerfile::Dockerfile::parse("FROM debian AS alpine\nFROM alpine\n");
    let fault = one(text).swaps(&stage.unwrap()).unwrap_err();
    assert!(
        fault.said.contains("the place of the stage"),
        "{}",
        fault.said
    );
    let linked = "target \"app\" { contexts = { base = \"target:base\" } }\ntarget \"base\" {}\n";
    let fault = one(linked).swaps(&dockerfile).unwrap_err();
    assert!(
        fault
            .said
            .contains("needs the named context `base` (`target:base`)"),
        "{}",
        fault.said
    );
}

#[test]
fn what_cannot_be_done_is_named_with_its_line_and_a_remedy() {
    for (text, expected) in [
        ("target \"app\" {\n  context = \n}\n", "2: "),
        (
            "target \"app\" {\n\n  context = nothing\n}\n",
            "3: undefined variable `nothing`",
        ),
        (
            "variable \"A\" { default = oops(1) }\ntarget \"app\" {\n  context = A\n}\n",
            "3: the variable `A` has no value: undefined function `oops`",
        ),
        (
            "function \"f\" {\n  params = []\n  result = \"x\"\n}\ntarget \"app\" { context = f() }\n",
            "5: plimsoll does not run the function `f` that the file defines",
        ),
        (
            "target \"app\" {\n  args = [\"A=1\"]\n}\n",
            "2: `args` is not an object",
        ),
        (
            "target \"app\" {\n  dockerfile-inline = \"FROM scratch\"\n}\n",
            "2: target `app` has its Dockerfile in the file",
        ),
        (
            "target \"app\" {\n  context = \"https://github.com/a/b.git\"\n}\n",
            "1: target `app` has a remote context",
        ),
        (
            "target \"app\" {\n  context = timestamp()\n}\n",
            "2: undefined function `timestamp`",
        ),
        ("target {}\n", "1: a `target` block needs one name"),
        ("service \"app\" {}\n", "1: unknown block `service`"),
    ] {
        let fault = of(text, &["app"], &[]).unwrap_err();
        assert!(!fault.hint.is_empty(), "{text}");
        let said = said(Err(fault));
        assert!(said.starts_with(expected), "{text}: {said}");
    }
}
