//! Facts of the final tree and the config. Each file has the rule for its facts.

mod leaks;
mod packages;
mod paths;
mod programs;
mod sources;
mod user;

use super::config::Config;
use super::view::{Node, View};
use super::{name, path_class};
use crate::record::Posture;
use paths::Paths;

/// Permission bits that give a program the rights of its owner or group.
const SETUID_OR_SETGID: u16 = 0o6000;

/// All facts of tree and config. Secrets come from the layers.
pub(super) fn of(tree: &View<'_>, config: &Config) -> Posture {
    let user = config.user.clone().unwrap_or_default();
    let mut posture = Posture {
        root: user::is_root(&user, tree),
        user,
        shell: programs::shell(tree, config),
        os_packages: packages::of_system(tree),
        unread_packages: packages::unread(tree).map(str::to_owned),
        health_check: config.has_health_check(),
        ..Posture::default()
    };
    let mut programs = programs::Programs::new(tree, config);
    let mut packages = packages::Languages::default();
    let mut leaks = leaks::Leaks::default();
    let (mut setuid, mut capabilities) = (Paths::default(), Paths::default());
    tree.walk(&mut |at, node| {
        let class = path_class::of(at);
        if let Node::File(inode) = node {
            if inode.mode & SETUID_OR_SETGID != 0 {
                setuid.add(|| name::path(at));
            }
            if inode.capabilities {
                capabilities.add(|| name::path(at));
            }
            packages.see(at);
            sources::see(at, class, &mut posture.sources);
        }
        programs.see(at, node);
        leaks.see(at, node, class);
    });
    let (managers, compilers) = programs.split();
    let more = &mut posture.unlisted;
    (posture.package_managers, more.package_managers) = managers;
    (posture.compilers, more.compilers) = compilers;
    (posture.leaks, more.leaks) = leaks.split();
    (posture.setuid, more.setuid) = setuid.split();
    (posture.file_capabilities, more.file_capabilities) = capabilities.split();
    posture.language_packages = packages.counts();
    posture
}

#[cfg(test)]
mod tests;
