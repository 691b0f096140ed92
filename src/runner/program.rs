//! Static programs of some hundred bytes, made of machine code. They need no compiler and no base.

mod code;

pub(super) use code::ANSWERING_PORT;

/// Their name in an image: the Dockerfile of the floor says it too.
pub(super) const PROGRAM: &str = "wait";

/// The machines of ELF headers.
const MACHINE_X86_64: u16 = 62;
const MACHINE_AARCH64: u16 = 183;

/// Blocks SIGTERM and SIGINT, waits for one of them and exits with 0. `None` where there is no
/// machine code for the platform (`linux/amd64`).
pub(super) fn waiting_program(platform: &str) -> Option<Vec<u8>> {
    of_platform(platform, code::WAITING_X86_64, code::WAITING_AARCH64, &[])
}

/// Exits with 0 at once.
pub(super) fn ending_program(platform: &str) -> Option<Vec<u8>> {
    of_platform(platform, code::ENDING_X86_64, code::ENDING_AARCH64, &[])
}

/// Answers each HTTP request on [`ANSWERING_PORT`] with status 200 and `token`, of which at most
/// 64 bytes are taken.
pub(super) fn answering_program(platform: &str, token: &str) -> Option<Vec<u8>> {
    let mut answer =
        format!("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n{token:.64}").into_bytes();
    answer.resize(code::ANSWER_LENGTH, b' ');
    of_platform(
        platform,
        code::ANSWERING_X86_64,
        code::ANSWERING_AARCH64,
        &answer,
    )
}

fn of_platform(platform: &str, x86_64: &[u8], aarch64: &[u32], data: &[u8]) -> Option<Vec<u8>> {
    let (machine, mut code) = match platform {
        "linux/amd64" => (MACHINE_X86_64, x86_64.to_vec()),
        "linux/arm64" | "linux/arm64/v8" => {
            let words = aarch64.iter().flat_map(|word| word.to_le_bytes());
            (MACHINE_AARCH64, words.collect())
        }
        _ => return None,
    };
    code.extend(data);
    Some(elf(machine, &code))
}

/// An ELF file: header (64 bytes), one program header (56 bytes), code. Layout: System V ABI.
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
    fn the_answering_program_answers_each_request_with_its_token() {
        use std::io::{Read, Write};
        use std::net::TcpStream;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("answer");
        // Its port may be taken on this machine, so the test gives it another.
        let mut program = answering_program("linux/amd64", "token-1").unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let at = program.windows(2).position(|two| two == [0x1f, 0x90]);
        let at = at.unwrap();
        program[at..at + 2].copy_from_slice(&port.to_be_bytes());
        std::fs::write(&path, program).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = Command::new(&path).spawn().unwrap();
        let connect = || {
            (0..500).find_map(|_| {
                std::thread::sleep(Duration::from_millis(10));
                TcpStream::connect(("127.0.0.1", port)).ok()
            })
        };
        for _ in 0..2 {
            let mut stream = connect().unwrap();
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let expected = "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\ntoken-1";
            assert_eq!(answer.trim_end(), expected);
            assert_eq!(answer.len(), code::ANSWER_LENGTH);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn the_port_stands_in_the_code() {
        let port = ANSWERING_PORT.to_be_bytes();
        assert!(code::ANSWERING_X86_64.windows(2).any(|two| two == port));
        let word = u32::from(u16::from_le_bytes(port)) << 5;
        let of_movk = |code: &u32| *code & 0x001f_ffe0 == word;
        assert!(code::ANSWERING_AARCH64.iter().any(of_movk));
    }

    #[test]
    fn other_platforms_have_no_floor_program() {
        assert_eq!(waiting_program("linux/s390x"), None);
    }
}
