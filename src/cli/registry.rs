//! `plimsoll registry`: the embedded registry, until it is interrupted.

use std::time::Duration;

use super::args::RegistryArgs;
use super::failure::{Exit, Failure};
use super::local_environment;
use super::output::Printer;
use crate::engine::{Registry, RegistryEndpoint};
use crate::host;
use crate::registry::{self, Server};

/// How long transfers may take to end after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(3);

/// Serves until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// If the address or the folder is not available, or not allowed.
pub(super) async fn registry(args: &RegistryArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    if !args.listen.ip().is_loopback() {
        let why = format!(
            "refused to listen on {}: the registry asks nobody for a password",
            args.listen
        );
        let hint = "take a loopback address, as 127.0.0.1:5000".to_owned();
        return Err(Failure::usage(why).with_hint(Some(hint)));
    }
    let interrupts = host::interrupts()?;
    let listener = registry::bind(args.listen)?;
    let temporary;
    let folder = match &args.store {
        Some(folder) => folder.as_path(),
        None => {
            temporary = local_environment::temporary_store()?;
            temporary.0.path()
        }
    };
    let server = Server::open(folder)?;
    server.shape(args.link);
    server.serve(RegistryEndpoint::Pull, listener)?;
    let printed = printer.line(&server.authority(RegistryEndpoint::Pull));
    if printed.is_ok() {
        printer.talk(&format!("serving over {}; Ctrl-C ends it", args.link));
        interrupts.asked().await;
    }
    server.close(PATIENCE).await;
    server.clear()?;
    printed?;
    Ok(Exit::Fine)
}
