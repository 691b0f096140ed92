//! Entry points for the fuzz targets in fuzz/.

use super::attempt::{Miss, Question, interim, question, talk};
use crate::engine::ProbeSpec;
use crate::text::chain;

/// The status and body of a response that is the whole content of a connection.
///
/// # Errors
/// Why the response is invalid, in the text for users.
pub fn answer(spec: &ProbeSpec, bytes: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let question = question(spec).map_err(|failure| failure.to_string())?;
    let Question::Http(http, mut ask) = question else {
        return Err("the contract asks nothing".to_owned());
    };
    let early = interim(&mut ask, &http.status);
    let stream = tokio::io::join(bytes, tokio::io::sink());
    match runtime.block_on(talk(stream, *ask, early)) {
        Ok((status, body)) => Ok((status, body.to_vec())),
        Err(Miss::Http(error) | Miss::Body(error)) => Err(chain(&error)),
        Err(miss) => Err(format!("{miss:?}")),
    }
}
