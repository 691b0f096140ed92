//! Whether a container listens on a port, by the kernel's table of its network.
//!
//! If the container's address is not reachable, only a published port leads to it, and the
//! engine's proxy accepts connections to that port even if the app does not listen.

use std::io;
use std::path::{Path, PathBuf};

use bollard::query_parameters::InspectContainerOptions;

use super::DockerEngine;
use super::error::failed;
use crate::engine::{ContainerId, EngineError, ErrorKind, Result};
use crate::units::Nanos;

const OPERATION: &str = "see the sockets of container";

/// The state of a listening socket in the table (`TCP_LISTEN` of the kernel).
const LISTEN: &str = "0A";

const HINT: &str = "use a contract of the kind `http` or `log`, or run plimsoll on the engine's machine, outside of containers";

impl DockerEngine {
    pub(super) async fn wait_listening(
        &self,
        id: &ContainerId,
        port: u16,
        interval: Nanos,
    ) -> Result<()> {
        let container = self
            .docker
            .inspect_container(&id.0, None::<InspectContainerOptions>)
            .await
            .map_err(failed(OPERATION, &id.0))?;
        let pid = container.state.and_then(|state| state.pid).unwrap_or(0);
        let refused = |cause: String| {
            EngineError::new(OPERATION, &id.0, ErrorKind::Refused, cause).with_hint(HINT)
        };
        if pid <= 0 {
            return Err(refused("it does not run".to_owned()));
        }
        let process = PathBuf::from(format!("/proc/{pid}"));
        if !is_of(&process, &id.0) {
            return Err(refused(format!(
                "its process {pid} is not visible here, so that the kernel's table cannot be read; and a published port is accepted by the engine's proxy before the app listens"
            )));
        }
        loop {
            match listens(&process, port) {
                Ok(true) => return Ok(()),
                Ok(false) => tokio::time::sleep(interval.into()).await,
                Err(error) => return Err(refused(format!("its table cannot be read: {error}"))),
            }
        }
    }
}

/// Whether the process belongs to the container: its control group contains the container's id.
/// If the engine runs on another machine, the process id may belong to another process.
fn is_of(process: &Path, id: &str) -> bool {
    let groups = std::fs::read_to_string(process.join("cgroup")).unwrap_or_default();
    !id.is_empty() && groups.contains(id)
}

fn listens(process: &Path, port: u16) -> io::Result<bool> {
    let table = std::fs::read_to_string(process.join("net/tcp"))?;
    // The file does not exist without IPv6.
    let six = std::fs::read_to_string(process.join("net/tcp6")).unwrap_or_default();
    let mut lines = table.lines().chain(six.lines());
    Ok(lines.any(|line| is_listener(line, port)))
}

/// A line of the table: number, local address, remote address, state and so on. Addresses are
/// hexadecimal, in 32-bit words in native byte order.
fn is_listener(line: &str, port: u16) -> bool {
    let mut words = line.split_whitespace().skip(1);
    let local = words.next().and_then(|local| local.split_once(':'));
    let Some((address, local_port)) = local else {
        return false;
    };
    words.nth(1) == Some(LISTEN)
        && u16::from_str_radix(local_port, 16) == Ok(port)
        && !is_loopback(address)
}

/// A socket on loopback is not reachable from outside.
fn is_loopback(address: &str) -> bool {
    let words: Option<Vec<u32>> = (0..address.len() / 8)
        .map(|at| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok())
        .collect();
    let first_byte = |word: u32| word.to_ne_bytes()[0];
    match words.as_deref() {
        Some([four]) => first_byte(*four) == 127,
        Some([0, 0, 0, last]) => last.to_ne_bytes() == [0, 0, 0, 1],
        Some([0, 0, mapped, four]) => {
            mapped.to_ne_bytes() == [0, 0, 0xFF, 0xFF] && first_byte(*four) == 127
        }
        _ => false,
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_that_others_reach_listens() {
        // From `/proc/PID/net/tcp` and `tcp6` of Linux 6: port 8080 is 1F90.
        let line = |address: &str, state: &str| {
            format!(
                "   0: {address}:1F90 00000000:0000 {state} 00000000:00000000 00:00000000 00000000"
            )
        };
        let any = "00000000000000000000000000000000";
        for (address, state, listens) in [
            ("00000000", "0A", true),
            ("020011AC", "0A", true),
            ("0100007F", "0A", false),
            ("00000000", "01", false),
            (any, "0A", true),
            ("00000000000000000000000001000000", "0A", false),
            ("0000000000000000FFFF00000100007F", "0A", false),
            ("0000000000000000FFFF0000020011AC", "0A", true),
        ] {
            let line = line(address, state);
            assert_eq!(is_listener(&line, 8_080), listens, "{line}");
            assert!(!is_listener(&line, 8_081));
        }
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        assert!(!is_listener(head, 8_080));
    }

    #[test]
    fn a_process_of_another_container_is_not_taken() {
        let process = tempfile::tempdir().unwrap();
        std::fs::write(process.path().join("cgroup"), "0::/docker/abc123\n").unwrap();
        assert!(is_of(process.path(), "abc123"));
        assert!(!is_of(process.path(), "def456"));
        let podman = "0::/machine.slice/libpod-abc123.scope/container\n";
        std::fs::write(process.path().join("cgroup"), podman).unwrap();
        assert!(is_of(process.path(), "abc123"));
        assert!(!is_of(Path::new("/proc/0"), "abc123"));
    }
}
