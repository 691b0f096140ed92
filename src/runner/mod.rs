//! The measuring itself: plan, rounds, phases, deadlines, and the guarantee
//! that nothing stays behind.
//!
//! The runner knows the engine only through its trait, prints nothing and
//! writes nothing: events go to an [`Observer`], the record to a [`Recorder`].

mod bases;
mod bench;
mod builds;
mod cache;
mod cause;
mod companions;
mod distribution;
mod error;
mod event;
mod exits;
mod expect;
mod floor;
mod foreign;
mod frontend;
mod given_up;
mod health;
mod inspect;
mod job;
mod last_words;
mod ledger;
mod lines;
mod load;
mod mounts;
mod naming;
mod pace;
mod plan;
mod planned_case;
mod program;
mod proof;
mod pulls;
mod push;
mod reach;
mod ready;
mod ready_image;
mod recorder;
mod secret_canary;
mod session;
mod settle;
mod split;
mod starts;
mod sweep;
mod timed_build;
mod trial;
mod validity;
mod visit;
mod wait;
mod weigh;

pub use bench::{Settings, World};
pub use cache::{Attribution, VisitNotes};
pub use distribution::Distribution;
pub use error::RunError;
pub use event::{Event, Observer};
pub use expect::{rule_of_thumb, visit_times};
pub use floor::{FLOOR_CASE, FLOOR_SCENARIO};
pub use foreign::why_foreign;
pub use frontend::uses_own_frontend;
pub use pace::Pace;
pub use plan::{Profile, order_of};
pub use planned_case::PlannedCase;
pub use reach::{NetworkKind, find_reach};
pub use recorder::Recorder;
pub use session::Runner;
pub use split::{Portion, split};
pub use sweep::sweep;
