//! The few small files whose content is read: who the users are, and settings. They are known
//! by name, reduced to what is asked, and let go. Those with packages are read by `packages`.

use super::packages::FoundPackages;
use crate::inspection::LinuxDistribution;

/// Most bytes of all lists of users, which are held.
pub(super) const MOST_USERS_BYTES: u64 = 4 << 20;
/// Most bytes of a file of settings; a larger one is data.
pub(super) const MOST_SETTINGS_BYTES: u64 = 1 << 20;

/// Which known file a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownKind {
    /// The list of users.
    Passwd,
    /// Variables and their values, or keys and theirs.
    Settings,
}

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Users' names and ids.
    Users(Vec<(String, i64)>),
    /// Packages.
    Packages(FoundPackages),
    /// The distribution.
    Distribution(LinuxDistribution),
}

/// Whether a file is known.
pub(super) fn kind(parts: &[&[u8]]) -> Option<KnownKind> {
    let (last, above) = parts.split_last()?;
    if *last == b"passwd" && above.last() == Some(&&b"etc"[..]) {
        return Some(KnownKind::Passwd);
    }
    (is_environment(last) || is_keyed(last)).then_some(KnownKind::Settings)
}

/// `.env`, `.env.production`, `prod.env`.
pub(super) fn is_environment(name: &[u8]) -> bool {
    name == b".env" || name.starts_with(b".env.") || name.ends_with(b".env")
}

/// YAML and JSON, except what package managers write.
fn is_keyed(name: &[u8]) -> bool {
    const LOCKS: &[&[u8]] = &[
        b"package-lock.json",
        b"pnpm-lock.yaml",
        b"composer.lock.json",
    ];
    let ends = [&b".json"[..], b".yaml", b".yml", b".dockercfg"];
    ends.iter().any(|end| name.ends_with(end)) && !LOCKS.contains(&name)
}

/// Reads one.
pub(super) fn read(kind: KnownKind, content: &[u8]) -> Option<Known> {
    match kind {
        KnownKind::Passwd => Some(Known::Users(users(&String::from_utf8_lossy(content)))),
        KnownKind::Settings => None,
    }
}

/// `name:password:uid:…`; lines of another form are passed over, as the C library does.
fn users(text: &str) -> Vec<(String, i64)> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let id = fields.nth(1)?.trim().parse().ok()?;
            (!name.is_empty() && !name.starts_with('#')).then(|| (name.to_owned(), id))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_and_odd_lines_passed_over() {
        let text = "root:x:0:0:root:/root:/bin/sh\n# c:x:1\n\nbad\nnobody:x:65534:1::/:\n:x:0\n";
        assert_eq!(
            users(text),
            [("root".to_owned(), 0), ("nobody".to_owned(), 65534)]
        );
    }

    #[test]
    fn known_files_are_known_by_their_folders() {
        let kind = |path: &str| kind(&super::super::name::parts(path.as_bytes()));
        assert_eq!(kind("etc/passwd"), Some(KnownKind::Passwd));
        // Where `/etc/passwd` is a link, it leads to one of the same name.
        assert_eq!(kind("usr/etc/passwd"), Some(KnownKind::Passwd));
        assert_eq!(kind("app/passwd"), None);
        assert_eq!(kind("app/.env"), Some(KnownKind::Settings));
        assert_eq!(kind("root/.docker/config.json"), Some(KnownKind::Settings));
        assert_eq!(kind("app/config.yml"), Some(KnownKind::Settings));
        assert_eq!(kind("app/package-lock.json"), None);
        assert_eq!(kind("app/environment"), None);
    }
}
