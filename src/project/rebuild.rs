//! What the rebuilds change: a manifest, and a source file, that the builds read.

use std::collections::BTreeMap;
use std::path::Path;

use super::anchor::Substitution;
use super::language::{Style, edit, manifest, source};
use super::variants::Variant;
use crate::context::Context;

/// Candidates that are tried.
const MOST_TRIED: usize = 60;

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
    variants: &[Variant],
    contexts: &[Context],
) -> [Option<Rebuild>; 2] {
    [manifest as fn(&str) -> Option<(usize, Style)>, source].map(|rank| {
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
        let mut best: Option<Rebuild> = None;
        for ((.., path), style) in candidates.into_iter().take(MOST_TRIED) {
            let unread: Vec<String> = variants
                .iter()
                .zip(contexts)
                .filter(|(variant, context)| !reads(variant, &context.links(), path))
                .map(|(variant, _)| variant.name.clone())
                .collect();
            let fewest = best
                .as_ref()
                .map_or(variants.len(), |best| best.unread.len());
            if unread.len() >= fewest {
                continue;
            }
            let Ok(text) = crate::files::read_to_string(&root.join(path)) else {
                continue;
            };
            if let Some(change) = edit(&text, style) {
                let is_description = style == Style::Description;
                let file = path.to_owned();
                best = Some(Rebuild {
                    file,
                    change,
                    is_description,
                    unread,
                });
            }
        }
        best
    })
}

/// Whether the build of any variant reads a file. `contexts` are those of the variants.
pub(super) fn is_read(variants: &[Variant], contexts: &[Context], path: &str) -> bool {
    let mut each = variants.iter().zip(contexts);
    each.any(|(variant, context)| reads(variant, &context.links(), path))
}

fn reads(variant: &Variant, links: &BTreeMap<String, String>, path: &str) -> bool {
    let changed = [path.to_owned()];
    let target = variant.target.as_deref();
    let effect = variant
        .dockerfile
        .edit_effect(target, &variant.build_args, &changed, links);
    effect.is_ok_and(|effect| !effect.must_run.is_empty())
}
