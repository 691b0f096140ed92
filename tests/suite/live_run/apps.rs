//! The sample apps pass their own tests in the bases that they are measured on.

use std::collections::BTreeSet;
use std::path::Path;

use plimsoll::bases::{self, Catalogue, Policy};
use plimsoll::context::{Context, Overlay};
use plimsoll::dockerfile::Dockerfile;
use plimsoll::engine::{BuildFailure, Engine};

use crate::live_engine::stage::{Stage, live};

const DOCKERFILE: &str = "Dockerfile.test";

async fn passes(stage: &Stage, app: &str) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = repository.join("sample-apps").join(app);
    let text = std::fs::read_to_string(dir.join(DOCKERFILE)).unwrap();
    // The nonce is in the commands, so the sweep finds the records that they make.
    let text = text.replace("RUN ", &format!("RUN : {} && ", stage.nonce));
    let dockerfile = Dockerfile::parse(&text).unwrap();
    let none = std::collections::BTreeMap::new();
    let wanted: BTreeSet<_> = dockerfile
        .external_bases(None, &none)
        .unwrap()
        .into_iter()
        .collect();
    let catalogue = Catalogue::load(&repository.join("bases")).unwrap();
    let resolved = bases::resolve(
        &stage.engine,
        &wanted,
        Policy::Auto,
        &bases::Sources::default(),
        &catalogue,
        &mut |_| {},
    )
    .await;
    let resolved = resolved.unwrap();
    if let Some((base, reason)) = resolved.missing.first_key_value() {
        panic!("the base {base} is missing: {reason}");
    }
    let mut own = std::collections::BTreeMap::new();
    for base in resolved.bases {
        own.insert(base.reference, stage.own_base(&base.resolved).await);
    }
    let rewritten = dockerfile.rewrite(&none, &own, None).unwrap();
    let context = Context::scan(&dir, DOCKERFILE).unwrap();
    let source = context
        .source(&Overlay::new(), rewritten, &stage.nonce)
        .unwrap();
    let mut request = stage.request(&stage.tag(app));
    request.dockerfile = DOCKERFILE.to_owned();
    match stage.engine.build(&request, source, &mut |_| {}).await {
        Ok(outcome) => {
            let last = outcome
                .steps
                .iter()
                .rfind(|step| step.name.contains("] RUN "))
                .unwrap();
            assert!(!last.cached, "the tests ran: {last:?}");
        }
        Err(BuildFailure::Step {
            step, message, log, ..
        }) => {
            panic!("{step}: {message}\n{}", log.join("\n"))
        }
        Err(failure) => panic!("{failure:?}"),
    }
}

live!(the_node_app_passes_its_checks, stage => passes(stage, "node").await);

live!(the_go_app_passes_its_checks, stage => passes(stage, "go").await);

live!(the_rust_app_passes_its_checks, stage => passes(stage, "rust").await);

live!(the_java_app_passes_its_checks, stage => passes(stage, "java").await);

live!(the_python_app_passes_its_checks, stage => passes(stage, "python").await);

live!(the_nestjs_app_passes_its_checks, stage => passes(stage, "nestjs").await);

live!(the_node_native_app_passes_its_checks, stage => passes(stage, "node-native").await);

#[test]
fn the_measured_contexts_hold_no_tests() {
    for (app, variant) in [
        ("node", "single-stage"),
        ("go", "single-stage"),
        ("rust", "single-stage"),
        ("java", "single-stage"),
        ("python", "single-stage"),
        ("nestjs", "single-stage"),
        ("node-native", "technique-native-module-installed"),
    ] {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("sample-apps")
            .join(app);
        let context = Context::scan(&dir, &format!("Dockerfile.{variant}")).unwrap();
        for file in [
            DOCKERFILE,
            "Dockerfile.test.dockerignore",
            "edits",
            "test",
            "edits_test.go",
            "tests",
            "src/test",
        ] {
            assert!(!context.contains(file), "{app}: {file} is sent");
        }
        let tests = Context::scan(&dir, DOCKERFILE).unwrap();
        assert!(tests.contains("edits"), "{app}: the tests read them");
    }
}
