//! What ARG and ENV do to a stage's variables.

use std::collections::BTreeMap;

use super::env::{Env, Lookup};
use super::instruction::{Instruction, InstructionKind};
use super::shell::{Lex, ShellError};

/// Build arguments by name.
pub(super) type BuildArgs = BTreeMap<String, String>;

/// The processor of this machine, as Go names it: engines mostly run on the same kind.
const ARCHITECTURE: &str = if cfg!(target_arch = "x86_64") {
    "amd64"
} else if cfg!(target_arch = "aarch64") {
    "arm64"
} else if cfg!(target_arch = "arm") {
    "arm"
} else if cfg!(target_arch = "x86") {
    "386"
} else if cfg!(target_arch = "powerpc64") {
    "ppc64le"
} else if cfg!(target_arch = "s390x") {
    "s390x"
} else {
    "riscv64"
};

/// The variables that are there before the first line, as BuildKit predefines them
/// (`defaultArgs` of `dockerfile2llb/platform.go`).
fn predefined(target: &str, platform: Option<&str>) -> Env {
    let mut env = Env::default();
    let own = format!("linux/{ARCHITECTURE}");
    for (side, platform) in [
        ("BUILD", own.as_str()),
        ("TARGET", platform.unwrap_or(&own)),
    ] {
        let mut parts = platform.split('/');
        let mut part = || parts.next().unwrap_or_default();
        for (what, value) in [
            ("PLATFORM", platform),
            ("OS", part()),
            ("OSVERSION", ""),
            ("ARCH", part()),
            ("VARIANT", part()),
        ] {
            env.set(&format!("{side}{what}"), Some(value.to_owned()));
        }
    }
    env.set("TARGETSTAGE", Some(target.to_owned()));
    env
}

/// The variables before the first FROM: build arguments win over defaults, and only declared
/// and predefined ones count. `target` is the name of the target stage, or `default`;
/// `platform` what is built for, where it is not this machine's.
pub(super) fn global_env(
    declared: &[Instruction],
    args: &BuildArgs,
    target: &str,
    platform: Option<&str>,
    escape: char,
) -> Result<Env, (u32, ShellError)> {
    let mut env = predefined(target, platform);
    for (name, value) in args {
        if env.lookup(name) != Lookup::Unset {
            env.set(name, Some(value.clone()));
        }
    }
    for instruction in declared {
        let InstructionKind::Arg(pairs) = &instruction.kind else {
            continue;
        };
        for (name, default) in pairs {
            let value = match (args.get(name), default) {
                (Some(value), _) => value.clone(),
                (None, Some(word)) => {
                    let expanded = Lex::new(escape).process(word, &env);
                    expanded.map_err(|error| (instruction.line, error))?.text
                }
                (None, None) => continue,
            };
            env.set(name, Some(value));
        }
    }
    Ok(env)
}

/// What an ARG or ENV within a stage does to the stage's variables. A value that
/// rests on something unknown (the base image's environment) makes the variable
/// unknown as well.
pub(super) fn apply(
    kind: &InstructionKind,
    env: &mut Env,
    global: &Env,
    args: &BuildArgs,
    escape: char,
) -> Result<(), ShellError> {
    let known = |word: &str, env: &Env| {
        let expanded = Lex::new(escape).process(word, env)?;
        Ok::<_, ShellError>(expanded.unknown.is_empty().then_some(expanded.text))
    };
    match kind {
        InstructionKind::Env(pairs) => {
            // All words of one ENV see the variables as they were before it.
            let before = env.clone();
            for (name, word) in pairs {
                let value = known(word.as_deref().unwrap_or_default(), &before)?;
                if let Some(name) = known(name, &before)? {
                    env.set(&name, value);
                }
            }
        }
        InstructionKind::Arg(pairs) => {
            for (name, word) in pairs {
                let given = args.get(name).cloned();
                let value = match (given, word) {
                    (Some(value), _) => Some(value),
                    (None, Some(word)) => known(word, env)?,
                    (None, None) => match global.value(name) {
                        Some(value) => Some(value.to_owned()),
                        // As it was: an ENV of that name goes on.
                        None => continue,
                    },
                };
                if !NO_VARIABLES.contains(&name.as_str()) {
                    env.set(name, value);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Arguments for the builder itself (`nonEnvArgs` of `dockerfile2llb/convert.go`).
const NO_VARIABLES: [&str; 2] = ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];
