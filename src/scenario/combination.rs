//! Combinations of values, each of which makes a variant.

use std::collections::BTreeMap;

use super::naming::{argument_part, file_part, image_part, kebab};
use crate::units::Count;

/// What the values of an axis set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatrixKey {
    /// The Dockerfile.
    Dockerfile,
    /// The base of the final stage.
    Base,
    /// What takes the place of this base.
    Swap(String),
    /// The stage to build.
    Target,
    /// The build argument of this name.
    BuildArg(String),
    /// The platform.
    Platform,
}

/// Something that varies, with its values.
#[derive(Debug, Clone)]
pub struct MatrixAxis {
    /// What they set.
    pub key: MatrixKey,
    /// The values.
    pub values: Vec<String>,
    /// Whether the value is part of a variant's name.
    pub is_named: bool,
}

/// One value of each axis.
#[derive(Debug, Clone)]
pub struct Combination<'a> {
    axes: &'a [MatrixAxis],
    /// Which value of each.
    places: Vec<usize>,
}

/// All combinations: the values of the last axis change first.
///
/// # Errors
/// With their number, if they are more than `most`.
pub fn combinations(axes: &[MatrixAxis], most: Count) -> Result<Vec<Combination<'_>>, Count> {
    let lengths = axes.iter().map(|axis| axis.values.len() as u64);
    let count = lengths.fold(1, u64::saturating_mul);
    if count > most.0 {
        return Err(Count(count));
    }
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in axes {
        let mut crossed = Vec::new();
        for places in &all {
            for place in 0..axis.values.len() {
                let mut places = places.clone();
                places.push(place);
                crossed.push(places);
            }
        }
        all = crossed;
    }
    let all = all.into_iter().map(|places| Combination { axes, places });
    Ok(all.collect())
}

impl<'a> Combination<'a> {
    /// Each axis with the value that is chosen of it.
    fn values(&self) -> impl Iterator<Item = (&'a MatrixAxis, &'a str)> {
        let axes = self.axes.iter().zip(&self.places);
        axes.map(|(axis, place)| (axis, axis.values[*place].as_str()))
    }

    /// Which value of each axis it has.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// The value of a key, where it varies.
    pub fn value(&self, key: &MatrixKey) -> Option<&'a str> {
        let mut values = self.values();
        let found = values.find(|(axis, _)| axis.key == *key);
        found.map(|(_, value)| value)
    }

    /// Whether the value of a key is part of the name.
    pub fn is_named(&self, key: &MatrixKey) -> bool {
        self.axes
            .iter()
            .any(|axis| axis.key == *key && axis.is_named)
    }

    /// The build arguments.
    pub fn build_args(&self) -> BTreeMap<String, String> {
        let arguments = self.values().filter_map(|(axis, value)| match &axis.key {
            MatrixKey::BuildArg(name) => Some((name.clone(), value.to_owned())),
            _ => None,
        });
        arguments.collect()
    }

    /// Bases to replace: from, to, and whether other variants replace it by something else.
    pub fn swaps(&self) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
        self.values().filter_map(|(axis, value)| match &axis.key {
            MatrixKey::Swap(from) => Some((from.as_str(), value, axis.is_named)),
            _ => None,
        })
    }

    /// The name of its variant, kebab-case: the values of the axes that are named, or else the
    /// Dockerfile's. It does not depend on which other values there are.
    pub fn name(&self) -> String {
        let named = self.values().filter(|(axis, _)| axis.is_named);
        let mut parts: Vec<String> = named.map(|(axis, value)| part(&axis.key, value)).collect();
        if parts.is_empty() {
            let path = self.value(&MatrixKey::Dockerfile).unwrap_or_default();
            parts.push(file_part(path, false));
        }
        kebab(&parts.join("-"))
    }

    /// One line about its variant.
    pub fn title(&self) -> String {
        let words: Vec<String> = self
            .values()
            .filter_map(|(axis, value)| words(axis, value))
            .collect();
        words.join(", ")
    }
}

fn part(key: &MatrixKey, value: &str) -> String {
    match key {
        MatrixKey::Dockerfile => file_part(value, true),
        MatrixKey::Base | MatrixKey::Swap(_) => image_part(value),
        MatrixKey::BuildArg(name) => argument_part(name, value),
        MatrixKey::Target | MatrixKey::Platform => value.to_owned(),
    }
}

fn words(axis: &MatrixAxis, value: &str) -> Option<String> {
    match &axis.key {
        MatrixKey::Dockerfile => Some(value.to_owned()),
        MatrixKey::Base => Some(format!("on {value}")),
        MatrixKey::Swap(from) => axis.is_named.then(|| format!("{value} instead of {from}")),
        MatrixKey::Target => Some(format!("target {value}")),
        // One value for all distinguishes nothing, and may be a secret.
        MatrixKey::BuildArg(name) => axis.is_named.then(|| format!("{name}={value}")),
        MatrixKey::Platform => Some(format!("for {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(key: MatrixKey, values: &[&str]) -> MatrixAxis {
        MatrixAxis {
            key,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            is_named: values.len() > 1,
        }
    }

    fn names(axes: &[MatrixAxis]) -> Vec<String> {
        let all = combinations(axes, Count(64)).unwrap();
        all.iter().map(Combination::name).collect()
    }

    #[test]
    fn each_value_is_combined_with_each_of_the_others() {
        let axes = [
            axis(MatrixKey::Dockerfile, &["Dockerfile", "api/Dockerfile.x"]),
            axis(MatrixKey::Base, &["node:20"]),
            axis(MatrixKey::BuildArg("V".to_owned()), &["1", "all"]),
        ];
        assert_eq!(
            names(&axes),
            ["dockerfile-v-1", "dockerfile-all", "api-x-v-1", "api-x-all"]
        );
        let all = combinations(&axes, Count(4)).unwrap();
        assert_eq!(all[3].title(), "api/Dockerfile.x, on node:20, V=all");
        assert_eq!(all[3].value(&MatrixKey::Base), Some("node:20"));
        assert_eq!(all[3].value(&MatrixKey::Target), None);
        assert_eq!(all[3].build_args()["V"], "all");
        assert!(all[3].is_named(&MatrixKey::Dockerfile));
        assert!(!all[3].is_named(&MatrixKey::Base));
        assert_eq!(combinations(&axes, Count(3)).unwrap_err(), Count(4));
    }

    #[test]
    fn single_values_are_in_no_name_and_may_be_secrets() {
        let axes = [
            axis(MatrixKey::Dockerfile, &["api/Dockerfile.x"]),
            axis(MatrixKey::Swap("go:1".to_owned()), &["go:2"]),
            axis(MatrixKey::Target, &["prod"]),
            axis(MatrixKey::BuildArg("TOKEN".to_owned()), &["t0p"]),
            axis(MatrixKey::Platform, &["linux/arm64"]),
        ];
        assert_eq!(names(&axes), ["x"]);
        let all = combinations(&axes, Count(1)).unwrap();
        assert_eq!(
            all[0].title(),
            "api/Dockerfile.x, target prod, for linux/arm64"
        );
        let swaps: Vec<_> = all[0].swaps().collect();
        assert_eq!(swaps, [("go:1", "go:2", false)]);
    }

    #[test]
    fn a_name_stays_when_values_are_added() {
        let swap = MatrixKey::Swap("go:1".to_owned());
        let two = names(&[axis(swap.clone(), &["go:1", "go:1-alpine"])]);
        let more = names(&[axis(
            swap,
            &["go:0", "go:1", "go:1-bookworm", "go:1-alpine"],
        )]);
        assert_eq!(two, ["go-1", "go-1-alpine"]);
        assert!(two.iter().all(|name| more.contains(name)), "{more:?}");
    }

    #[test]
    fn no_number_of_combinations_is_too_large_to_count() {
        let values: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let axis = MatrixAxis {
            key: MatrixKey::Target,
            values,
            is_named: true,
        };
        let axes = vec![axis; 10];
        assert_eq!(
            combinations(&axes, Count(256)).unwrap_err(),
            Count(u64::MAX)
        );
    }
}
