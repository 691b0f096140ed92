//! Whether containers run as root, as runc finds it out.

use crate::image::known::Known;
use crate::image::view::{Node, View};

/// The user of a config, `name`, `id`, `name:group` or empty, by the image's own list.
/// The first line with that name or id counts; an id without a line is itself. A name
/// without a line starts no container: it counts as root only if it is `root`.
pub(super) fn is_root(user: &str, tree: &View<'_>) -> bool {
    let user = user.split(':').next().unwrap_or_default();
    if user.is_empty() {
        return true;
    }
    let id = user.parse::<i64>().ok();
    let users = match tree.resolve(b"/etc/passwd") {
        Some((_, Node::File(file))) => match file.inode.known.as_deref() {
            Some(Known::Users(users)) => users.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    let line = users
        .iter()
        .find(|(name, number)| name == user || Some(*number) == id);
    match (line, id) {
        (Some((_, number)), _) => *number == 0,
        (None, Some(id)) => id == 0,
        (None, None) => user == "root",
    }
}
