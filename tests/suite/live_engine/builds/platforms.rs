//! Builds for a platform that is named.

use plimsoll::engine::{BuildFailure, BuildRequest, Engine};
use plimsoll::record::ImageStore;

use crate::live_engine::stage::{Stage, live, tool};

/// Where an ELF file names its machine, and the number of 64 bit ARM.
const E_MACHINE: usize = 18;
const EM_AARCH64: u16 = 183;

fn request(stage: &Stage, name: &str, platform: &str) -> BuildRequest {
    let mut request = stage.request(&stage.tag(name));
    request.platform = Some(platform.to_owned());
    request
}

/// An image whose command runs at build time.
fn running(stage: &Stage) -> String {
    format!(
        "FROM scratch\nCOPY tool nonce /\nRUN [\"/tool\", \"put\", \"/{0}\", \"{0}\"]\n",
        stage.nonce
    )
}

live!(the_engines_own_platform_can_be_named, stage => {
    let request = request(stage, "amd64", "linux/amd64");
    stage.build(&request, &running(stage)).await.unwrap();
    let image = stage.engine.image(&request.tag).await.unwrap().unwrap();
    assert_eq!(image.platform, "linux/amd64");
});

live!(another_platform_is_built_for_where_nothing_has_to_run, stage => {
    let request = request(stage, "arm64", "linux/arm64");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nCMD [\"/tool\", \"serve\"]\n";
    stage.build(&request, dockerfile).await.unwrap();
    let Some(image) = stage.engine.image(&request.tag).await.unwrap() else {
        // The containerd store of Docker 26 has it and cannot describe it.
        let facts = stage.engine.facts().await.unwrap();
        assert_eq!((facts.store, facts.api_version.as_str()), (ImageStore::Containerd, "1.45"));
        return;
    };
    assert_eq!(image.platform, "linux/arm64");
});

// Where the engine has no emulation: nothing is checked beforehand, the kernel
// refuses the program. One of the engine's own platform would run all the same.
live!(a_command_of_another_platform_fails_as_a_step_without_emulation, stage => {
    let request = request(stage, "foreign", "linux/arm64");
    let mut program = tool().to_vec();
    program[E_MACHINE..E_MACHINE + 2].copy_from_slice(&EM_AARCH64.to_le_bytes());
    let context = stage.context_with(&running(stage), &program);
    let failure = stage.engine.build(&request, context, &mut |_| {}).await;
    match failure.unwrap_err() {
        BuildFailure::Step { step, message, exit_code, log } => {
            println!("{step}: {message}; {exit_code:?}; {log:?}");
            assert!(step.starts_with("[2/2] RUN"), "{step}");
            let log = log.join("\n");
            assert!(log.contains("exec format error"), "{message}; {log}");
        }
        other => panic!("{other:?}"),
    }
    assert!(stage.engine.image(&request.tag).await.unwrap().is_none());
});

live!(a_platform_that_is_none_is_refused, stage => {
    let request = request(stage, "none", "linux/pdp11/v1/x");
    match stage.build(&request, &running(stage)).await.unwrap_err() {
        BuildFailure::Refused { message } => println!("{message}"),
        other => panic!("{other:?}"),
    }
});
