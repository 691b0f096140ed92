//! The floor: what the engine itself costs, on an image that does nothing.
//!
//! The image holds one static program of some hundred bytes that blocks SIGTERM
//! and SIGINT, waits for one of them and exits with 0. Its bytes are made here,
//! so that the floor needs no compiler and no base.

use bytes::Bytes as Chunk;
use futures_util::stream;

use super::builds::{self, labels, note_build};
use super::ledger::{Gate, Ledger};
use super::session::Runner;
use super::starts;
use super::validity::Steps;
use super::visit::short_id;
use crate::engine::{BuildContext, BuildRequest, Clock, Engine, Probe};
use crate::record::{CaseId, Metric, Outcome, case_id};
use crate::units::{Nanos, Quantity};

/// The scenario name under which the floor's samples stand; no scenario file may take it.
pub const FLOOR_SCENARIO: &str = "engine";

/// The variant name of the floor.
pub const FLOOR_CASE: &str = "floor";

/// The Dockerfile of the floor image.
pub(super) const FLOOR_DOCKERFILE: &str = "FROM scratch\nCOPY wait /wait\nENTRYPOINT [\"/wait\"]\n";

/// The case id of the floor.
pub(super) fn floor_case() -> CaseId {
    case_id(FLOOR_SCENARIO, FLOOR_CASE)
}

/// Machine code for x86-64: the assembly stands beside each line.
const CODE_X86_64: &[u8] = &[
    0x68, 0x02, 0x40, 0x00, 0x00, // push $0x4002       the set {SIGINT, SIGTERM}
    0x48, 0x89, 0xe6, // mov %rsp, %rsi
    0x31, 0xff, // xor %edi, %edi     SIG_BLOCK
    0x31, 0xd2, // xor %edx, %edx
    0x6a, 0x08, // push $8
    0x41, 0x5a, // pop %r10           the size of a set
    0x6a, 0x0e, // push $14
    0x58, // pop %rax           rt_sigprocmask
    0x0f, 0x05, // syscall
    0x48, 0x89, 0xf7, // mov %rsi, %rdi
    0x31, 0xf6, // xor %esi, %esi
    0x31, 0xd2, // xor %edx, %edx
    0xb8, 0x80, 0x00, 0x00, 0x00, // mov $128, %eax     rt_sigtimedwait, without end
    0x0f, 0x05, // syscall
    0x31, 0xff, // xor %edi, %edi
    0xb8, 0xe7, 0x00, 0x00, 0x00, // mov $231, %eax     exit_group(0)
    0x0f, 0x05, // syscall
];

/// An ELF file of the waiting program for a platform (`linux/amd64`), or `None`
/// where no machine code is at hand. Layout: System V ABI, ELF-64 header (64
/// bytes), one program header (56 bytes), code.
pub(super) fn waiting_program(platform: &str) -> Option<Vec<u8>> {
    if platform != "linux/amd64" {
        return None;
    }
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let size = HEADERS + CODE_X86_64.len() as u64;
    let mut elf = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    elf.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    elf.extend(2u16.to_le_bytes()); // executable
    elf.extend(62u16.to_le_bytes()); // x86-64
    elf.extend(1u32.to_le_bytes());
    elf.extend((BASE + HEADERS).to_le_bytes()); // entry
    elf.extend(64u64.to_le_bytes()); // program headers
    elf.extend(0u64.to_le_bytes()); // no sections
    elf.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 1, 64, 0, 0] {
        elf.extend(half.to_le_bytes());
    }
    elf.extend(1u32.to_le_bytes()); // load
    elf.extend(5u32.to_le_bytes()); // readable, executable
    for word in [0, BASE, BASE, size, size, 0x1000] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend(CODE_X86_64);
    Some(elf)
}

/// What a visit of the floor yields.
pub(super) const FLOOR_METRICS: &[Metric] = &[
    Metric::FloorBuildCold,
    Metric::FloorBuildCached,
    Metric::FloorStartCreate,
    Metric::FloorStartStarted,
    Metric::FloorStopTime,
];

/// Dockerfile steps of the floor image, FROM left out.
const FLOOR_STEPS: usize = 1;

/// Grace period of the floor's stop.
const FLOOR_GRACE: Nanos = Nanos::from_secs(10);

/// Visits the floor. It has no contract to keep: its gate is open.
pub(super) async fn visit<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    ledger: &mut Ledger,
) {
    ledger.gate = Gate::Passed;
    let strict = runner.settings.own_builder;
    let emptied = builds::empty_builder(runner).await;
    let platform = runner.record.engine.platform.clone();
    let Some(program) = waiting_program(&platform) else {
        for metric in FLOOR_METRICS {
            let reason = format!("no floor program for {platform}");
            ledger.note(*metric, Outcome::NotMeasured { reason });
        }
        return;
    };
    let run = runner.record.id.clone();
    let mut request = BuildRequest {
        tag: format!("plimsoll/floor:{}", short_id(&run)),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
        build_args: std::collections::BTreeMap::new(),
        labels: labels(&run),
        no_cache: true,
        secrets: std::collections::BTreeMap::new(),
        platform: None,
    };
    for metric in [Metric::FloorBuildCold, Metric::FloorBuildCached] {
        let cold = metric == Metric::FloorBuildCold;
        request.no_cache = cold && !strict;
        runner.phase(metric);
        match builds::measure(runner, &request, || context(&program)).await {
            Ok((time, outcome)) => {
                let steps = Steps::of(&outcome.steps, &[]);
                let verdict = if cold {
                    emptied
                        .clone()
                        .and_then(|()| steps.check_cold(FLOOR_STEPS, strict))
                } else {
                    steps.check_cached(FLOOR_STEPS)
                };
                builds::judge(ledger, metric, Quantity::Time(time), verdict);
                note_build(ledger, metric, &outcome, &[]);
            }
            Err(failure) => {
                ledger.engine_lost |= failure.engine_lost;
                return ledger.fail(&failure.reason);
            }
        }
    }
    start_and_stop(runner, &request.tag, ledger).await;
    let _ = runner.engine.remove_image(&request.tag).await;
}

async fn start_and_stop<E: Engine, C: Clock, P: Probe>(
    runner: &mut Runner<E, C, P>,
    image: &str,
    ledger: &mut Ledger,
) {
    let run = runner.record.id.clone();
    let name = format!("plimsoll-{}-floor-r{}", short_id(&run), ledger.round);
    let spec = starts::bare(name, image.to_owned(), &run);
    let id = match starts::create(runner, &spec, Metric::FloorStartCreate, ledger).await {
        Ok(id) => id,
        Err(reason) => return ledger.dnf(Metric::FloorStartCreate, &reason),
    };
    runner.phase(Metric::FloorStartStarted);
    let begin = runner.clock.mark();
    let started = starts::bounded(runner, "start container", &id, runner.engine.start(&id)).await;
    let end = runner.clock.mark();
    match started {
        Ok(()) => {
            ledger.value(Metric::FloorStartStarted, Quantity::Time(end.since(begin)));
            starts::stop(runner, &id, FLOOR_GRACE, Metric::FloorStopTime, ledger).await;
        }
        Err(error) => ledger.dnf(Metric::FloorStartStarted, &error.chain()),
    }
    let _ = starts::bounded(
        runner,
        "remove container",
        &id,
        runner.engine.remove_container(&id),
    )
    .await;
}

/// The floor's build context: two files in a tar.
fn context(program: &[u8]) -> BuildContext {
    let mut tar = tar::Builder::new(Vec::new());
    let mut append = |name: &str, mode: u32, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_mtime(0);
        tar.append_data(&mut header, name, bytes)
    };
    let written = append("Dockerfile", 0o644, FLOOR_DOCKERFILE.as_bytes())
        .and_then(|()| append("wait", 0o755, program))
        .and_then(|()| tar.into_inner());
    Box::pin(stream::iter([written.map(Chunk::from)]))
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_program_waits_for_sigterm_and_exits_with_0() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wait");
        std::fs::write(&path, waiting_program("linux/amd64").unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = Command::new(&path).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(
            child.try_wait().unwrap().is_none(),
            "it exited without a signal"
        );
        let killed = Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(killed.success());
        let begin = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn other_platforms_have_no_floor_program() {
        assert_eq!(waiting_program("linux/s390x"), None);
    }
}
