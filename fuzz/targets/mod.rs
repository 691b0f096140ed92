//! One function for each fuzz target: any bytes in, a panic where an invariant does not hold.
//! The fuzzer calls them, and so does `cargo test --test suite fuzzing` with the committed
//! seeds and mutations of them.

#![allow(dead_code, reason = "each fuzzer calls one of them")]

mod image;
mod texts;
mod wire;

pub use image::{archive, layer, manifest};
pub use texts::{dockerfile, ignore, record, scenario};
pub use wire::{probe, registry};

/// A message about an input shows a part of it at most.
const MOST_MESSAGE_CHARS: usize = 4_000;

fn is_short(message: &str) {
    let chars = message.chars().count();
    assert!(
        chars <= MOST_MESSAGE_CHARS,
        "a message of {chars} characters"
    );
}

/// An error with its causes, as users read it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
