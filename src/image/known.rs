//! The few small files whose content is read: who the users are, and which packages
//! the system counts. They are known by name, reduced to what is asked, and let go.

/// Most bytes of a known file that are held for a moment.
pub(super) const MOST_BYTES: u64 = 32 << 20;
/// Most bytes of all lists of users, which are held.
pub(super) const MOST_USERS_BYTES: u64 = 4 << 20;
/// Most bytes of a file of settings; a larger one is data.
pub(super) const MOST_SETTINGS_BYTES: u64 = 1 << 20;

/// Which known file a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The list of users.
    Passwd,
    /// dpkg's list of packages, or one package of a distroless image.
    Dpkg,
    /// apk's list of packages.
    Apk,
    /// Variables and their values, or keys and theirs.
    Settings,
}

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Users' names and ids.
    Users(Vec<(String, i64)>),
    /// Installed packages.
    Packages(u64),
}

/// Whether a file is known.
pub(super) fn kind(parts: &[&[u8]]) -> Option<Kind> {
    let (last, above) = parts.split_last()?;
    if *last == b"passwd" && above.last() == Some(&&b"etc"[..]) {
        return Some(Kind::Passwd);
    }
    if is_environment(last) || is_keyed(last) {
        return Some(Kind::Settings);
    }
    match above {
        [b"var", b"lib", b"dpkg"] if *last == b"status" => Some(Kind::Dpkg),
        [b"var", b"lib", b"dpkg", b"status.d"] if !last.ends_with(b".md5sums") => Some(Kind::Dpkg),
        [.., b"lib", b"apk", b"db"] if *last == b"installed" => Some(Kind::Apk),
        _ => None,
    }
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
pub(super) fn read(kind: Kind, content: &[u8]) -> Option<Known> {
    let text = String::from_utf8_lossy(content);
    match kind {
        Kind::Passwd => Some(Known::Users(users(&text))),
        Kind::Dpkg => Some(Known::Packages(dpkg(&text))),
        Kind::Apk => Some(Known::Packages(apk(&text))),
        Kind::Settings => None,
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

/// Paragraphs with a package that is there. Distroless images leave out the status.
fn dpkg(text: &str) -> u64 {
    let mut count = 0;
    let (mut package, mut there) = (false, true);
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            count += u64::from(package && there);
            (package, there) = (false, true);
        } else if line.starts_with("Package:") {
            package = true;
        } else if let Some(status) = line.strip_prefix("Status:") {
            // Removed packages stay listed for their configuration.
            there = !matches!(
                status.split_whitespace().nth(2),
                Some("not-installed" | "config-files") | None
            );
        }
    }
    count
}

fn apk(text: &str) -> u64 {
    text.lines().filter(|line| line.starts_with("P:")).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_are_there_are_counted() {
        let status = "Package: a\nStatus: install ok installed\nDescription: x\n Package: y\n\n\
            Package: b\nStatus: deinstall ok config-files\n\n\nPackage: c\nStatus: install ok unpacked";
        assert_eq!(dpkg(status), 2);
        // A distroless image's file.
        assert_eq!(dpkg("Package: tzdata\nVersion: 1\n"), 1);
        assert_eq!(dpkg(""), 0);
        assert_eq!(apk("C:Q1\nP:musl\nV:1\n\nP:busybox\nD:P:x\n"), 2);
    }

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
        assert_eq!(kind("etc/passwd"), Some(Kind::Passwd));
        // Where `/etc/passwd` is a link, it leads to one of the same name.
        assert_eq!(kind("usr/etc/passwd"), Some(Kind::Passwd));
        assert_eq!(kind("app/passwd"), None);
        assert_eq!(kind("var/lib/dpkg/status"), Some(Kind::Dpkg));
        assert_eq!(kind("var/lib/dpkg/status-old"), None);
        assert_eq!(kind("var/lib/dpkg/status.d/libc6"), Some(Kind::Dpkg));
        assert_eq!(kind("var/lib/dpkg/status.d/libc6.md5sums"), None);
        assert_eq!(kind("lib/apk/db/installed"), Some(Kind::Apk));
        assert_eq!(kind("usr/lib/apk/db/installed"), Some(Kind::Apk));
        assert_eq!(kind("app/.env"), Some(Kind::Settings));
        assert_eq!(kind("root/.docker/config.json"), Some(Kind::Settings));
        assert_eq!(kind("app/config.yml"), Some(Kind::Settings));
        assert_eq!(kind("app/package-lock.json"), None);
        assert_eq!(kind("app/environment"), None);
    }
}
