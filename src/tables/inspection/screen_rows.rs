//! How many rows of each table fit one screen.

/// Lines of the tables together, on a terminal.
pub(super) const SCREEN_LINES: usize = 50;

/// Rows without `--all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScreenRows {
    /// Layers next to the base's.
    pub layers: usize,
    /// Rows of wasted space.
    pub waste: usize,
    /// Heaviest files and folders; without any, their table is left out.
    pub heaviest: usize,
    /// Kinds of secrets.
    pub secrets: usize,
    /// Whether all kinds of packages are one row, and a secret one line.
    pub is_compact: bool,
}

impl ScreenRows {
    /// Where no terminal is there, or where it fits.
    pub const USUAL: Self = Self {
        layers: 8,
        waste: 4,
        heaviest: 6,
        secrets: usize::MAX,
        is_compact: false,
    };

    /// What is tried next, until it fits.
    pub const SMALLER: [Self; 6] = [
        Self::of([6, 3, 4], 4, false),
        Self::of([5, 3, 3], 3, true),
        Self::of([4, 2, 3], 2, true),
        Self::of([4, 2, 2], 1, true),
        Self::of([3, 1, 1], 1, true),
        Self::of([3, 1, 0], 1, true),
    ];

    const fn of([layers, waste, heaviest]: [usize; 3], secrets: usize, is_compact: bool) -> Self {
        Self {
            layers,
            waste,
            heaviest,
            secrets,
            is_compact,
        }
    }
}
