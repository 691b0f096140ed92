//! A set of samples that can be summarised.

/// At least one value, and every value finite: so a median always exists and
/// no comparison meets a NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSet {
    /// In the order in which they were taken.
    taken: Vec<f64>,
    /// The round of each, in the same order.
    rounds: Vec<u32>,
    /// Ascending.
    sorted: Vec<f64>,
}

/// Why values are no [`SampleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// There is no value.
    #[error("no samples")]
    Empty,
    /// A value is NaN or infinite.
    #[error("sample {index} is not finite")]
    NotFinite {
        /// Its place, from 0.
        index: usize,
    },
}

impl SampleSet {
    /// The values in the order in which they were taken, all in one unit.
    ///
    /// # Errors
    /// [`SampleError`] where there is no value or one is not finite.
    pub fn new(values: Vec<f64>) -> Result<Self, SampleError> {
        let rounds = (1..).take(values.len()).collect();
        Self::checked(values, rounds)
    }

    /// The same, each value with the round in which it was taken. Without them, each value
    /// is of a round of its own.
    ///
    /// # Errors
    /// As [`SampleSet::new`].
    pub fn of_rounds(samples: Vec<(u32, f64)>) -> Result<Self, SampleError> {
        let (rounds, values) = samples.into_iter().unzip();
        Self::checked(values, rounds)
    }

    fn checked(values: Vec<f64>, rounds: Vec<u32>) -> Result<Self, SampleError> {
        if values.is_empty() {
            return Err(SampleError::Empty);
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(SampleError::NotFinite { index });
        }
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        Ok(Self {
            taken: values,
            rounds,
            sorted,
        })
    }

    /// How many; at least 1.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a set is never empty by construction"
    )]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// The values as they were taken.
    pub fn taken(&self) -> &[f64] {
        &self.taken
    }

    /// The round of each value, in the order in which they were taken.
    pub fn rounds(&self) -> &[u32] {
        &self.rounds
    }

    /// The values, ascending.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// The smallest.
    pub fn min(&self) -> f64 {
        self.sorted[0]
    }

    /// The largest.
    pub fn max(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_a_value_and_only_finite_ones() {
        assert_eq!(SampleSet::new(vec![]), Err(SampleError::Empty));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = SampleSet::new(vec![1.0, bad]).unwrap_err();
            assert_eq!(error, SampleError::NotFinite { index: 1 });
            assert_eq!(error.to_string(), "sample 1 is not finite");
        }
        let set = SampleSet::new(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((set.min(), set.max(), set.len()), (1.0, 3.0, 3));
        assert_eq!(set.taken(), [3.0, 1.0, 2.0]);
        assert_eq!(set.rounds(), [1, 2, 3]);
        let set = SampleSet::of_rounds(vec![(2, 5.0), (7, 4.0)]).unwrap();
        assert_eq!((set.taken(), set.rounds()), (&[5.0, 4.0][..], &[2, 7][..]));
    }
}
