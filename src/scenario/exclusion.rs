//! Leaves out the combinations that `exclude` of `[matrix]` names.

use std::ops::Range;

use toml::Spanned;

use super::check::Checker;
use super::combination::{Combination, MatrixKey};
use super::matrix_column::{MatrixColumn, keys, label};
use super::raw::Text;
use super::raw_matrix::{RawExclusion, RawMatrix, RawValues};
use super::words::suggest;

impl Checker<'_> {
    /// The combinations that no exclusion matches.
    pub fn not_excluded<'a>(
        &mut self,
        mut left: Vec<Combination<'a>>,
        raw: &RawMatrix,
        columns: &[MatrixColumn<'_>],
        span: &Range<usize>,
    ) -> Vec<Combination<'a>> {
        for exclusion in &raw.exclude {
            let Some(wanted) = self.exclusion(exclusion, raw, columns) else {
                continue;
            };
            let before = left.len();
            left.retain(|combination| {
                let places = combination.places();
                !wanted
                    .iter()
                    .all(|(column, place)| places[*column] == *place)
            });
            if left.len() == before {
                self.report(
                    exclusion.span(),
                    "the exclusion matches no combination that is left",
                    "",
                    "remove it: the exclusions before it match the same combinations",
                );
            }
        }
        if left.is_empty() {
            let hint = "remove an exclusion, or the matrix";
            self.report(span.clone(), "every combination is excluded", "", hint);
        }
        left
    }

    /// Which column has to have which of its values.
    fn exclusion(
        &mut self,
        exclusion: &Spanned<RawExclusion>,
        raw: &RawMatrix,
        columns: &[MatrixColumn<'_>],
    ) -> Option<Vec<(usize, usize)>> {
        let conditions = conditions(exclusion.get_ref());
        if conditions.is_empty() {
            let message = "the exclusion has no key, so it matches every combination";
            let expected = "one key of the matrix at least, with one of its values";
            self.report(exclusion.span(), message, expected, "");
            return None;
        }
        let keys = keys(raw);
        let mut wanted = Some(Vec::new());
        for (key, value) in conditions {
            let label = label(&key);
            let text = value.get_ref();
            let known = keys.iter().find(|(known, _)| *known == key);
            let message = match known {
                None => format!("the matrix has no `{label}`, so the exclusion matches nothing"),
                Some((_, values)) if !values.values.contains(value) => {
                    format!("`{label}` has no value `{text}`, so the exclusion matches nothing")
                }
                Some(_) => {
                    // Not found where the value itself is wrong, which is reported.
                    let place = columns.iter().enumerate().find_map(|(at, column)| {
                        let place = column.values.iter().position(|known| *known == value)?;
                        (column.key == key).then_some((at, place))
                    });
                    wanted = wanted.zip(place).map(|(mut wanted, place)| {
                        wanted.push(place);
                        wanted
                    });
                    continue;
                }
            };
            let hint = match known {
                None => suggest(&label, labels(&keys).iter().map(String::as_str)),
                Some((_, values)) => {
                    let known = values.values.iter();
                    suggest(text, known.map(|value| value.get_ref().as_str()))
                }
            };
            self.report(value.span(), message, "", hint);
            wanted = None;
        }
        wanted
    }
}

/// What a combination has to have to be excluded.
fn conditions(raw: &RawExclusion) -> Vec<(MatrixKey, &Text)> {
    let mut all = Vec::new();
    for (key, value) in [
        (MatrixKey::Dockerfile, &raw.dockerfile),
        (MatrixKey::Base, &raw.base),
        (MatrixKey::Target, &raw.target),
        (MatrixKey::Platform, &raw.platform),
    ] {
        all.extend(value.as_ref().map(|value| (key, value)));
    }
    for (from, value) in &raw.swap {
        all.push((MatrixKey::Swap(from.get_ref().clone()), value));
    }
    for (name, value) in &raw.build_args {
        all.push((MatrixKey::BuildArg(name.get_ref().clone()), value));
    }
    all
}

fn labels(keys: &[(MatrixKey, &RawValues)]) -> Vec<String> {
    keys.iter().map(|(key, _)| label(key)).collect()
}
