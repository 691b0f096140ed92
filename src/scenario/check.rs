//! What all checks share: the list of problems and the way to a place in the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::error::Problem;
use super::files::{PathFault, ScenarioFolder, siblings};
use super::raw::Text;
use super::words::{is_kebab, nearest};

/// Collects everything that is wrong in one file.
pub(super) struct Checker<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub tree: &'a ScenarioFolder,
    pub problems: Vec<Problem>,
}

impl Checker<'_> {
    /// Adds a problem at a place of the scenario's file. An empty text stands for none.
    pub fn report(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        expected: &str,
        hint: impl Into<String>,
    ) {
        let some = |text: String| (!text.is_empty()).then_some(text);
        self.problems.push(Problem {
            file: self.file.to_path_buf(),
            at: position(self.text, span.start),
            message: message.into(),
            expected: some(expected.to_owned()),
            hint: some(hint.into()),
        });
    }

    pub fn kebab(&mut self, name: &Text, what: &str) {
        if !is_kebab(name.get_ref()) {
            let message = format!("invalid {what} `{}`", name.get_ref());
            self.report(
                name.span(),
                message,
                "kebab-case: a-z and 0-9, words separated by single dashes",
                "",
            );
        }
    }

    pub fn filled(&mut self, text: &Text, what: &str, hint: &str) {
        if text.get_ref().trim().is_empty() {
            self.report(text.span(), format!("{what} is empty"), "", hint);
        }
    }

    /// Reports each name that stood before.
    pub fn unique<'n>(&mut self, names: impl Iterator<Item = &'n Text>, what: &str) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            let line = position(self.text, name.span().start).0;
            if let Some(first) = seen.get(name.get_ref().as_str()) {
                let message = format!("a second {what} `{}`", name.get_ref());
                self.report(
                    name.span(),
                    message,
                    "",
                    format!("the first is in line {first}"),
                );
            } else {
                seen.insert(name.get_ref(), line);
            }
        }
    }

    /// Reports why a path of the file cannot be used; `within` is what it is relative to.
    pub fn path_fault(&mut self, path: &Text, within: &Path, what: &str, fault: PathFault) {
        let name = path.get_ref();
        let mut expected = "a path relative to the scenario's tree, without `..`".to_owned();
        let mut hint = String::new();
        let message = match fault {
            PathFault::Empty => format!("the path of {what} is empty"),
            PathFault::Absolute => format!("`{name}` is an absolute path"),
            PathFault::Climbs => format!("`{name}` climbs with `..`"),
            PathFault::Leaves(to) => {
                hint.push_str("copy what it links to into the tree");
                let to = to.display();
                format!("`{name}` leaves the scenario's tree by a link to `{to}`")
            }
            PathFault::Missing => {
                let known = siblings(within, name);
                if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
                    hint = format!("did you mean `{near}`?");
                }
                expected = format!("{what} under {}", self.shown(within));
                format!("`{name}` does not exist")
            }
            PathFault::NotAFile => {
                expected = format!("{what}, a regular file");
                format!("`{name}` is not a file")
            }
            PathFault::NotAFolder => {
                expected = what.to_owned();
                format!("`{name}` is not a folder")
            }
            PathFault::Unreadable(why) => {
                "UTF-8 text that may be read".clone_into(&mut expected);
                format!("`{name}` cannot be read: {why}")
            }
        };
        self.report(path.span(), message, &expected, hint);
    }

    /// A folder of the tree in words.
    fn shown(&self, folder: &Path) -> String {
        match folder.strip_prefix(&self.tree.root) {
            Ok(below) if below != Path::new("") => format!("`{}`", below.display()),
            _ => "the scenario's tree".to_owned(),
        }
    }
}

/// Line and column of an offset, from 1; the column in characters.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}
