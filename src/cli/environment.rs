//! What a run uses in addition to the user's engine: the registry of the run, and in a
//! clean room the engines that build and pull.

use std::future::Future;
use std::sync::Arc;

use super::failure::Failure;
use crate::engine::{Engine, Registry};
use crate::record::{EngineChoice, EngineFacts, ImageStore};

/// What is opened for a run.
pub struct RunEnvironment<E, P> {
    /// The private engine that builds and starts, with a probe that reaches its
    /// containers. None where the user's engine does both.
    pub room: Option<(Arc<E>, Arc<P>)>,
    /// The engine that pulls into an empty store, or why there is none.
    pub puller: Result<Arc<E>, String>,
    /// The registry of the run.
    pub registry: Arc<dyn Registry>,
}

/// Opens and closes it. Tests put fakes in.
pub trait Environments<E: Engine, P>: Send + Sync {
    /// Opens what a run asks for. `run` is its id, `store` what keeps the images of a room.
    ///
    /// # Errors
    /// When the registry cannot listen, or a requested clean room is not available.
    fn open(
        &self,
        run: &str,
        choice: EngineChoice,
        store: &ImageStore,
    ) -> impl Future<Output = Result<RunEnvironment<E, P>, Failure>> + Send;

    /// Removes what killed runs left where rooms are made, and says so.
    fn clear(&self) -> Vec<String> {
        Vec::new()
    }

    /// Closes all that was opened, also what a dropped `open` left half-way. Says what stays.
    fn close(&self) -> impl Future<Output = Vec<String>> + Send;
}

/// Facts of a private engine without what is another in each run: it is the same
/// environment when a run is resumed.
pub fn of_a_room(facts: EngineFacts) -> EngineFacts {
    EngineFacts {
        endpoint: EngineChoice::CleanRoom.name().to_owned(),
        data_root: None,
        ..facts
    }
}
