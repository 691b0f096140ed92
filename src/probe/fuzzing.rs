//! What the fuzz targets ask of this module; see fuzz/ in the repository.

use super::attempt::{Miss, Question, chain, interim, question, talk};
use crate::engine::ProbeSpec;

/// Status and body of an answer that is all that comes of a connection; else why it is none.
///
/// # Errors
/// What is wrong with the answer, in the words that a user reads.
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
