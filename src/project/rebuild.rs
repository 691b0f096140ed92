//! What the rebuilds change: a manifest, and a source file, that the builds read.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use super::anchor::Substitution;
use super::language::{Style, edit, manifest, source};
use super::variants::ProjectVariant;
use crate::context::Context;

/// Candidates that are tried.
const MOST_TRIED: usize = 60;

/// How a file is edited, and how likely it is the one.
type Rank = fn(&str) -> Option<(usize, Style)>;

/// A changed file.
#[derive(Debug, Clone)]
pub(super) struct Rebuild {
    pub file: String,
    pub change: Substitution,
    /// Whether it changes a description, and not a comment.
    pub is_description: bool,
    /// Variants whose build does not read it.
    pub unread: Vec<String>,
}

/// The edit of a manifest, and that of a source file, where there are any. `contexts` are
/// those of the variants, in their order.
pub(super) fn rebuilds(
    root: &Path,
    app: &str,
    variants: &[ProjectVariant],
    contexts: &[Context],
) -> [Option<Rebuild>; 2] {
    [(manifest as Rank, true), (source as Rank, false)].map(|(rank, is_manifest)| {
        let sent_by_all = contexts.first()?.paths().filter(|path| {
            contexts
                .iter()
                .all(|context| context.lets_through(path) && context.contains(path))
        });
        let mut candidates: Vec<_> = sent_by_all
            .filter_map(|path| {
                let (rank, style) = rank(path)?;
                let is_of_app = app == "." || path.starts_with(&format!("{app}/"));
                let depth = path.matches('/').count();
                Some(((!is_of_app, rank, depth, path), style))
            })
            .collect();
        candidates.sort_by_key(|(key, _)| *key);
        let mut best: Option<(_, Rebuild)> = None;
        for ((is_outside, .., path), style) in candidates.into_iter().take(MOST_TRIED) {
            let each = variants.iter().zip(contexts);
            let again: Vec<usize> = each
                .map(|(variant, context)| steps_again(variant, &context.links(), path))
                .collect();
            let unread: Vec<String> = variants
                .iter()
                .zip(&again)
                .filter(|(_, steps)| **steps == 0)
                .map(|(variant, _)| variant.name.clone())
                .collect();
            // `COPY . .` reads the manifests of tools too: dependencies are installed behind the
            // step that copies theirs, so more steps run again.
            let steps: usize = if is_manifest { again.iter().sum() } else { 0 };
            let merit = (unread.len(), is_outside, Reverse(steps));
            let is_better = best.as_ref().is_none_or(|(known, _)| merit < *known);
            if unread.len() == variants.len() || !is_better {
                continue;
            }
            let Ok(text) = crate::files::read_to_string(&root.join(path)) else {
                continue;
            };
            if let Some(change) = edit(&text, style) {
                let is_description = style == Style::Description;
                let file = path.to_owned();
                let found = Rebuild {
                    file,
                    change,
                    is_description,
                    unread,
                };
                best = Some((merit, found));
            }
        }
        best.map(|(_, found)| found)
    })
}

/// Whether the build of any variant reads a file. `contexts` are those of the variants.
pub(super) fn is_read(variants: &[ProjectVariant], contexts: &[Context], path: &str) -> bool {
    let mut each = variants.iter().zip(contexts);
    each.any(|(variant, context)| steps_again(variant, &context.links(), path) > 0)
}

/// How many steps must run again after a file has changed; none where the build does not read it.
fn steps_again(variant: &ProjectVariant, links: &BTreeMap<String, String>, path: &str) -> usize {
    let changed = [path.to_owned()];
    let target = variant.target.as_deref();
    let effect = variant
        .dockerfile
        .edit_effect(target, &variant.build_args, &changed, links);
    effect.map_or(0, |effect| effect.must_run.len())
}
