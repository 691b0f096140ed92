//! Whether an engine can run programs of another platform: tried, since it cannot be asked.

use std::time::Duration;

use super::naming::short_id;
use super::program::ending_program;
use super::{starts, trial};
use crate::engine::{Engine, EngineError};

/// What a user can do about it.
const FIX: &str = "install emulation (the packages qemu-user-static and binfmt-support, or \
                    the image tonistiigi/binfmt)";

/// The program ends at once; an emulator takes a moment.
const END_WITHIN: Duration = Duration::from_secs(60);

/// Why programs of `platform` do not run on this engine, or `None` where they do. What the
/// import says of the image's platform does not matter to the kernel.
///
/// # Errors
/// When the engine is gone, or container or image cannot be made or removed.
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
    let image = format!("plimsoll/platform:{}", short_id(run));
    let name = format!("plimsoll-{}-{}", short_id(run), platform.replace('/', "-"));
    let spec = starts::bare(name, image, run);
    let ran = trial::with_program(engine, &spec, &program, run, async |id| {
        let ran = async {
            engine.start(id).await?;
            engine.exited(id).await
        };
        tokio::time::timeout(END_WITHIN, ran).await
    });
    let ran = ran.await?;
    let output = match ran {
        Ok(Ok(0)) => return Ok(None),
        Ok(Ok(code)) => format!("a program that ends at once ended with {code}"),
        Ok(Err(error)) => error.chain(),
        Err(_) => "a program that ends at once did not".to_owned(),
    };
    Ok(Some(format!(
        "this engine does not run {platform} ({output}); {FIX}"
    )))
}
