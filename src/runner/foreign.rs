//! Whether an engine can run images of another platform: tried, since it cannot be asked.

use std::collections::BTreeMap;

use super::builds::labels;
use super::floor::{FLOOR_DOCKERFILE, context};
use super::program::ending_program;
use super::starts;
use super::visit::short_id;
use crate::engine::{BuildRequest, Engine, EngineError};

/// What a user can do about it.
const MEND: &str = "install emulation (the packages qemu-user-static and binfmt-support, or \
                    the image tonistiigi/binfmt)";

/// Why containers of `platform` do not run on this engine, or `None` where they do. Builds
/// and starts an image of one program that ends at once, and removes both.
///
/// # Errors
/// When the engine is gone, or container or image cannot be removed.
pub async fn why_foreign<E: Engine>(
    engine: &E,
    platform: &str,
    run: &str,
) -> Result<Option<String>, EngineError> {
    let Some(program) = ending_program(platform) else {
        return Ok(Some(format!(
            "whether this engine runs {platform} cannot be tried: no program for it is at hand"
        )));
    };
    let name = format!("plimsoll-{}-{}", short_id(run), platform.replace('/', "-"));
    let request = BuildRequest {
        tag: format!("plimsoll/platform:{}", short_id(run)),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: BTreeMap::new(),
        labels: labels(run),
        no_cache: false,
        secrets: BTreeMap::new(),
        platform: Some(platform.to_owned()),
    };
    debug_assert!(FLOOR_DOCKERFILE.contains("/wait"));
    if let Err(failure) = engine.build(&request, context(&program), &mut |_| {}).await {
        return Ok(Some(format!(
            "this engine does not build for {platform} ({failure}); {MEND}"
        )));
    }
    let spec = starts::bare(name, request.tag.clone(), run);
    let id = engine.create(&spec).await?;
    let ran = match engine.start(&id).await {
        Ok(()) => engine.exited(&id).await,
        Err(error) => Err(error),
    };
    engine.remove_container(&id).await?;
    engine.remove_image(&request.tag).await?;
    Ok(match ran {
        Ok(0) => None,
        Ok(code) => Some(format!(
            "this engine does not run {platform} (a program that ends at once ended with {code}); {MEND}"
        )),
        Err(error) => Some(format!(
            "this engine does not run {platform} ({}); {MEND}",
            error.chain()
        )),
    })
}
