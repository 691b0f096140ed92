//! TOML -> validated scenario, with located errors.

mod model;

pub use model::{
    App, BuildSpec, Change, ChangeKind, Claim, Contract, Edit, EditName, Scenario, Source, Variant,
    VariantBuild,
};
