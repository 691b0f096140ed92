//! Names the build.

/// What `/health` reports. plimsoll's source edit rewrites this string.
pub const NAME: &str = "unreleased";
