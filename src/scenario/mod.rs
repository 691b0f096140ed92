//! TOML -> validated scenario, with located errors.
//!
//! `raw` is the file's form, and gives the JSON Schema; the checks collect every
//! semantic error of a file with its place before they give up. Only `files`
//! touches the disk.

mod budget;
mod check;
mod check_app;
mod check_claims;
mod check_contract;
mod check_extras;
mod check_technique;
mod check_variants;
mod claimable;
mod combination;
mod companion;
mod contract;
mod deploy;
mod error;
mod exclusion;
mod failure_point;
mod figure;
mod files;
mod load;
mod malformed;
mod matrix;
mod matrix_column;
mod model;
mod naming;
mod raw;
mod raw_matrix;
mod raw_run;
mod ready_form;
mod rebase;
mod words;

pub use budget::{Budget, Limit};
pub use claimable::{Claimable, ClaimableMetric};
pub use combination::{Combination, MatrixAxis, MatrixKey, combinations};
pub use companion::{APP_ALIAS, Companion, unreachable};
pub use contract::{Contract, ContractKind, HttpCheck, LinePattern, ReadyCheck, Statuses};
pub use deploy::Deploy;
pub use error::{Problem, ScenarioError};
pub use failure_point::FailurePoint;
pub use load::{budgets, find, list, load, load_all, parse};
pub use model::{
    App, BuildSpec, Change, ChangeKind, Claim, Confinement, Edit, EditName, ExpectedFailure, Extra,
    ExtraContent, Load, Scenario, SecretUse, Source, Technique, Variant, VariantBuild,
};
pub use naming::{file_tag, kebab, unique_name};
pub use raw::schema;
pub use ready_form::{ReadyFormError, parse_ready};
pub use rebase::{RebaseError, rebase};
pub use words::is_kebab;

/// A commented scenario with every key that there is.
pub const EXAMPLE: &str = include_str!("example.toml");
