//! Replaced by the criterion benches.
fn main() {}
