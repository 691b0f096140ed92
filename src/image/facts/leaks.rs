//! Files that look as if they came along by accident: what belongs to the working tree
//! or to somebody's machine and not to the app. They are looked for in the app's own
//! places alone; packages and distributions have files of such names for good reasons.
//!
//! A folder is listed once, without what is in it.

use super::paths::Paths;
use crate::image::name;
use crate::image::path_class::PathClass;
use crate::image::view::Node;
use crate::units::Count;

/// Folders of version control, editors, services, test results and tests.
const FOLDERS: &[&str] = &[
    ".aws",
    ".circleci",
    ".devcontainer",
    ".git",
    ".github",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".nyc_output",
    ".pytest_cache",
    ".ruff_cache",
    ".ssh",
    ".svn",
    ".terraform",
    ".vscode",
    "__MACOSX",
    "__tests__",
    "coverage",
    "e2e",
    "htmlcov",
    "test",
    "tests",
];

/// Files of accounts and machines, and what only builders and services read.
const FILES: &[&str] = &[
    ".DS_Store",
    ".bash_history",
    ".coverage",
    ".dockerignore",
    ".env",
    ".git-credentials",
    ".gitignore",
    ".gitlab-ci.yml",
    ".htpasswd",
    ".netrc",
    ".node_repl_history",
    ".npmrc",
    ".pypirc",
    ".python_history",
    ".travis.yml",
    "Dockerfile",
    "Jenkinsfile",
    "Thumbs.db",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "lcov.info",
    "npm-debug.log",
    "yarn-error.log",
];

/// Beginnings of such files' names.
const STARTS: &[&str] = &[".env.", "Dockerfile."];
/// Ends of such files' names: state and stores of keys, tests next to sources.
const ENDS: &[&str] = &[
    ".kdbx",
    ".p12",
    ".pfx",
    ".tfstate",
    ".test.js",
    ".test.jsx",
    ".test.mjs",
    ".test.ts",
    ".test.tsx",
    ".spec.js",
    ".spec.jsx",
    ".spec.mjs",
    ".spec.ts",
    ".spec.tsx",
    "_test.go",
    "_test.py",
    "Test.java",
];
/// What shows others how to write their own.
const TEMPLATES: &[&str] = &[".example", ".sample", ".template", ".dist", ".defaults"];

#[derive(Default)]
pub(super) struct Leaks {
    found: Paths,
    /// Depth of the folder that was listed last, while the walk is within it.
    inside: usize,
}

impl Leaks {
    /// Looks at one name; names come in the order of a walk.
    pub fn see(&mut self, at: &[&[u8]], node: Node<'_>, class: PathClass) {
        let listed = self.inside > 0 && at.len() > self.inside;
        if !listed {
            self.inside = 0;
        }
        let Some((last, above)) = at.split_last() else {
            return;
        };
        let (false, Ok(last)) = (listed, std::str::from_utf8(last)) else {
            return;
        };
        match node {
            Node::Folder(_) if class == PathClass::App && is_leaking_folder(last, above) => {
                self.inside = at.len();
                self.found.add(|| format!("{}/", name::path(at)));
            }
            Node::File(_) | Node::Link(_) if class == PathClass::App && is_leaking_file(last) => {
                self.found.add(|| name::path(at));
            }
            // A key is one wherever it is, and whatever its name.
            Node::File(inode) if inode.private_key => self.found.add(|| name::path(at)),
            _ => {}
        }
    }

    /// Those that are listed, in order, and how many more there are.
    pub fn split(self) -> (Vec<String>, Count) {
        self.found.split()
    }
}

fn is_leaking_folder(name: &str, above: &[&[u8]]) -> bool {
    // Everybody's home has one, and tools fill it there.
    let home = matches!(above, [b"root"] | [b"home", _]);
    FOLDERS.contains(&name) || (name == ".cache" && !home && !above.is_empty())
}

fn is_leaking_file(name: &str) -> bool {
    let listed = FILES.contains(&name)
        || STARTS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
        || (name.starts_with("test_") && name.ends_with(".py"));
    listed && !TEMPLATES.iter().any(|end| name.ends_with(end))
}
