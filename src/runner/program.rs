//! Two static programs of some hundred bytes, made of machine code: one blocks SIGTERM
//! and SIGINT, waits for one of them and exits with 0; the other exits at once.

/// Their name in an image: the Dockerfile of the floor says it too.
pub(super) const PROGRAM: &str = "wait";

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

/// Ends with 0 at once, x86-64.
const ENDING_X86_64: &[u8] = &[
    0x31, 0xff, // xor %edi, %edi
    0xb8, 0xe7, 0x00, 0x00, 0x00, // mov $231, %eax     exit_group(0)
    0x0f, 0x05, // syscall
];

/// The same for AArch64.
const ENDING_AARCH64: &[u8] = &[
    0xc8, 0x0b, 0x80, 0xd2, // mov x8, #94        exit_group
    0x00, 0x00, 0x80, 0xd2, // mov x0, #0
    0x01, 0x00, 0x00, 0xd4, // svc #0
];

/// The machines of ELF headers.
const MACHINE_X86_64: u16 = 62;
const MACHINE_AARCH64: u16 = 183;

/// An ELF file of the waiting program for a platform (`linux/amd64`), or `None`
/// where no machine code is at hand. Layout: System V ABI, ELF-64 header (64
/// bytes), one program header (56 bytes), code.
pub(super) fn waiting_program(platform: &str) -> Option<Vec<u8>> {
    (platform == "linux/amd64").then(|| elf(MACHINE_X86_64, CODE_X86_64))
}

/// A program that ends at once with 0, or `None` where no machine code is at hand.
pub(super) fn ending_program(platform: &str) -> Option<Vec<u8>> {
    match platform {
        "linux/amd64" => Some(elf(MACHINE_X86_64, ENDING_X86_64)),
        "linux/arm64" | "linux/arm64/v8" => Some(elf(MACHINE_AARCH64, ENDING_AARCH64)),
        _ => None,
    }
}

fn elf(machine: u16, code: &[u8]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let size = HEADERS + code.len() as u64;
    let mut elf = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    elf.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    elf.extend(2u16.to_le_bytes()); // executable
    elf.extend(machine.to_le_bytes());
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
    elf.extend(code);
    elf
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
    fn the_other_program_ends_at_once_with_0() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("end");
        std::fs::write(&path, ending_program("linux/amd64").unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(Command::new(&path).status().unwrap().code(), Some(0));
    }

    #[test]
    fn other_platforms_have_no_floor_program() {
        assert_eq!(waiting_program("linux/s390x"), None);
    }
}
