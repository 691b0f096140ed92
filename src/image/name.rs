//! Names in a layer's tar: cleaned as engines clean them, and what they ask for.

use crate::secrets::excerpt;

/// Marks a name of a lower layer as deleted.
const WHITEOUT: &[u8] = b".wh.";
/// Hides all that lower layers have in this folder.
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Leftovers of AUFS, which engines skip.
const AUFS: &[u8] = b".wh..wh.";
/// The kernel's bound for a path.
pub(super) const LONGEST: usize = 4096;
/// Characters of a name that an error shows.
const SHOWN: usize = 200;

/// As much of a text as an error shows.
pub(super) fn brief(text: &str) -> String {
    excerpt(text, SHOWN)
}

/// A name's parts, without `.`, `..` and empty ones. `..` at the root stays there, as in
/// a chroot: that is what engines make of `../x` and `/x`.
pub(super) fn parts(name: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// What an entry asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    /// Something lies there.
    Lay(Vec<&'a [u8]>),
    /// The last part is not to be seen any more.
    Delete(Vec<&'a [u8]>, &'a [u8]),
    /// Nothing of lower layers is to be seen in this folder.
    Hide(Vec<&'a [u8]>),
    /// Nothing.
    Skip,
}

/// Reads an entry's name.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(name: &[u8]) -> Result<Wish<'_>, &'static str> {
    if name.len() > LONGEST {
        return Err("its name is longer than a path can be");
    }
    if name.contains(&0) {
        return Err("its name holds a zero byte");
    }
    let mut parts = parts(name);
    let Some(last) = parts.last().copied() else {
        return Ok(Wish::Skip);
    };
    if parts[0].starts_with(AUFS) && parts[0] != OPAQUE {
        return Ok(Wish::Skip);
    }
    let Some(hidden) = last.strip_prefix(WHITEOUT) else {
        return Ok(Wish::Lay(parts));
    };
    parts.pop();
    match hidden {
        _ if last == OPAQUE => Ok(Wish::Hide(parts)),
        _ if last.starts_with(AUFS) => Ok(Wish::Skip),
        b"" | b"." | b".." => Err("its whiteout names nothing"),
        hidden => Ok(Wish::Delete(parts, hidden)),
    }
}

/// A path for people.
pub(super) fn path<P: AsRef<[u8]>>(parts: &[P]) -> String {
    let mut path = String::new();
    for part in parts {
        path.push('/');
        path.push_str(&String::from_utf8_lossy(part.as_ref()));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_root() {
        // Docker 20.10 and containerd make the same of these.
        for (name, expected) in [
            ("../esc", "/esc"),
            ("/abs/x", "/abs/x"),
            ("a/../../b", "/b"),
            ("./a//b/./c/", "/a/b/c"),
            ("..", ""),
            ("/", ""),
        ] {
            assert_eq!(path(&parts(name.as_bytes())), expected, "{name}");
        }
    }

    #[test]
    fn whiteouts_are_distinguished_from_files() {
        let a: &[u8] = b"a";
        for (name, expected) in [
            ("a/.wh.b", Ok(Wish::Delete(vec![a], b"b"))),
            (".wh.b", Ok(Wish::Delete(vec![], b"b"))),
            ("a/.wh..wh..opq", Ok(Wish::Hide(vec![a]))),
            (".wh..wh..opq", Ok(Wish::Hide(vec![]))),
            (".wh..wh.plnk/12", Ok(Wish::Skip)),
            (".wh..wh.orph", Ok(Wish::Skip)),
            ("a/.wh.", Err("its whiteout names nothing")),
            ("a/.wh...", Err("its whiteout names nothing")),
            ("a/.wh..hidden", Ok(Wish::Delete(vec![a], b".hidden"))),
            ("a/.who", Ok(Wish::Lay(vec![a, b".who"]))),
            ("./", Ok(Wish::Skip)),
            ("a\0", Err("its name holds a zero byte")),
        ] {
            assert_eq!(read(name.as_bytes()), expected, "{name}");
        }
        assert!(read(&[b'a'; 5000]).is_err());
    }
}
