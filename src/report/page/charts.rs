//! Where the charts go in.

/// The colours of the charts, as custom properties for light and dark.
pub(super) fn colours() -> &'static str {
    ""
}
