//! Parses a Dockerfile as far as a benchmark needs it: which images it rests
//! on, which steps a builder will number how, which of them an edit makes run
//! again; and rewrites base references and cache mount ids in place.
//!
//! Not a validator: what the builder refuses beyond the stage structure
//! (unknown flags, malformed JSON) is left to the builder to report.
//!
//! Sources: the Dockerfile reference, and for what it leaves open BuildKit's
//! `frontend/dockerfile` (parser, shell, `dockerfile2llb`).

mod alias;
mod args;
mod effect;
mod emptying;
mod env;
mod error;
mod file;
mod graph;
mod heredoc;
mod hints;
mod inherited;
mod instruction;
mod lexer;
mod mount;
mod pairs;
mod pattern;
mod printed;
mod rewrite;
mod shell;
mod step;
mod steps;
mod substitute;
mod vertex;
mod words;

pub use effect::EditEffect;
pub use error::ParseError;
pub use file::{Dockerfile, Stage};
pub use hints::{BaseArgument, Hints};
pub use mount::CacheMount;
pub use pattern::matches_component;
pub use rewrite::without_mount_ids;
pub use step::{Step, StepKey, find_step};
