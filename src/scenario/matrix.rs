//! Expands `[matrix]` into variants.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::check::{Checker, position};
use super::combination::{Combination, MatrixAxis, MatrixKey, combinations};
use super::matrix_column::{MatrixColumn, keys, label};
use super::raw::{RawVariant, Text};
use super::raw_matrix::{RawMatrix, RawValues};
use crate::oci::ImageReference;
use crate::units::Count;

/// As many as GitHub makes jobs of a matrix. More are likely a mistake.
const MOST_COMBINATIONS: u64 = 256;

impl Checker<'_> {
    /// The variants of the matrix, in addition to those that are written one by one. What is wrong
    /// in it is reported, and left out.
    pub fn matrix(
        &mut self,
        raw: Option<&Spanned<RawMatrix>>,
        written: &[RawVariant],
    ) -> Vec<RawVariant> {
        let Some(spanned) = raw else {
            return Vec::new();
        };
        let (span, raw) = (spanned.span(), spanned.get_ref());
        let mut columns = Vec::new();
        for (key, values) in keys(raw) {
            let column = MatrixColumn {
                is_named: values.is_array,
                values: self.distinct(&key, values),
                key,
            };
            if !column.values.is_empty() {
                columns.push(column);
            } else if column.key == MatrixKey::Dockerfile {
                return Vec::new();
            }
        }
        let axes: Vec<MatrixAxis> = columns.iter().map(MatrixColumn::axis).collect();
        let all = match combinations(&axes, Count(MOST_COMBINATIONS)) {
            Ok(all) => all,
            Err(count) => {
                self.report(
                    span,
                    format!("the matrix has {} combinations", count.0),
                    &format!("at most {MOST_COMBINATIONS}, with those that are excluded"),
                    "list fewer values, or write another scenario for some of them",
                );
                return Vec::new();
            }
        };
        let left = self.not_excluded(all, raw, &columns, &span);
        let left = self.named_once(left, written, &span);
        left.iter()
            .map(|combination| made(raw, &span, &columns, combination))
            .collect()
    }

    /// The values of a key, without what is wrong.
    fn distinct<'v>(&mut self, key: &MatrixKey, raw: &'v RawValues) -> Vec<&'v Text> {
        let label = label(key);
        if raw.values.is_empty() {
            self.report(
                raw.span.clone(),
                format!("`{label}` is an empty array"),
                "one value at least",
                format!("list its values, or remove `{label}`"),
            );
        }
        let mut seen: BTreeMap<String, &Text> = BTreeMap::new();
        let mut values = Vec::new();
        for value in &raw.values {
            let text = value.get_ref();
            let Some(meaning) = self.meaning(key, value) else {
                continue;
            };
            let Some(first) = seen.get(meaning.as_str()) else {
                seen.insert(meaning, value);
                values.push(value);
                continue;
            };
            let line = position(self.text, first.span().start).0;
            let message = match first.get_ref() {
                same if same == text => format!("`{label}` has `{text}` twice"),
                other => format!("`{label}` has `{text}`, which is the image `{other}`"),
            };
            let hint = format!("remove it; the first is in line {line}");
            self.report(value.span(), message, "", hint);
        }
        values
    }

    /// What a value stands for: references of one image mean the same.
    fn meaning(&mut self, key: &MatrixKey, value: &Text) -> Option<String> {
        let text = value.get_ref();
        match key {
            MatrixKey::Base | MatrixKey::Swap(_) => match text.parse::<ImageReference>() {
                Ok(reference) => Some(reference.canonical()),
                Err(error) => {
                    let message = format!("invalid image reference: {error}");
                    self.report(
                        value.span(),
                        message,
                        "an image, such as `node:20-slim`",
                        "",
                    );
                    None
                }
            },
            // An argument without content is often the default.
            MatrixKey::BuildArg(_) => Some(text.clone()),
            _ if text.trim().is_empty() => {
                let message = format!("a value of `{}` is empty", label(key));
                self.report(value.span(), message, "", "remove it");
                None
            }
            _ => Some(text.clone()),
        }
    }

    /// The combinations whose names are their own.
    fn named_once<'a>(
        &mut self,
        combinations: Vec<Combination<'a>>,
        written: &[RawVariant],
        span: &Range<usize>,
    ) -> Vec<Combination<'a>> {
        let line = position(self.text, span.start).0;
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        let mut left = Vec::new();
        for combination in combinations {
            let (name, title) = (combination.name(), combination.title());
            if let Some(other) = taken.get(&name) {
                let message =
                    format!("two combinations have the name `{name}`: ({other}) and ({title})");
                let hint = "exclude one of them, and write it as a `[[variant]]` with another name";
                self.report(span.clone(), message, "", hint);
                continue;
            }
            let same = written.iter().find(|one| *one.name.get_ref() == name);
            if let Some(variant) = same {
                let message =
                    format!("variant `{name}` has the name of a combination of the matrix");
                let hint = format!(
                    "rename it, or exclude the combination from the matrix in line {line}: {title}"
                );
                self.report(variant.name.span(), message, "", hint);
            } else {
                left.push(combination);
            }
            taken.insert(name, title);
        }
        left
    }
}

/// The variant of a combination. Its values keep their places, for what is found wrong in them.
fn made(
    raw: &RawMatrix,
    span: &Range<usize>,
    columns: &[MatrixColumn<'_>],
    combination: &Combination<'_>,
) -> RawVariant {
    let text = |text: String| Spanned::new(span.clone(), text);
    let mut variant = RawVariant {
        name: text(combination.name()),
        strategy: text(combination.name()),
        title: Some(text(combination.title())),
        dockerfile: None,
        image: None,
        target: None,
        base: None,
        build_args: None,
        swap: None,
        platform: None,
        secret: raw.secret.clone(),
        run: raw.run.clone(),
        env: raw.env.clone(),
        expected_failure: None,
        not_applicable: None,
    };
    let (mut build_args, mut swap) = (BTreeMap::new(), BTreeMap::new());
    let mut of_swaps = Vec::new();
    for (column, place) in columns.iter().zip(combination.places()) {
        let value = column.values[*place];
        match &column.key {
            MatrixKey::Dockerfile => variant.dockerfile = Some(value.clone()),
            MatrixKey::Base => variant.base = Some(value.clone()),
            MatrixKey::Swap(from) => {
                of_swaps.push(value.span());
                swap.insert(from.clone(), value.get_ref().clone());
            }
            MatrixKey::Target => variant.target = Some(value.clone()),
            MatrixKey::BuildArg(name) => {
                build_args.insert(name.clone(), value.get_ref().clone());
            }
            MatrixKey::Platform => variant.platform = Some(value.clone()),
        }
    }
    variant.build_args = (!build_args.is_empty()).then(|| Spanned::new(span.clone(), build_args));
    // They have one place together: where there are several, it is that of the matrix.
    let of_swap = match of_swaps.as_slice() {
        [one] => one.clone(),
        _ => span.clone(),
    };
    variant.swap = (!swap.is_empty()).then(|| Spanned::new(of_swap, swap));
    variant
}
