//! The two servers, each as a process of its own, so that its memory can be read.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours, as `plimsoll registry`.
    Embedded,
    /// `docker-registry` of Debian.
    Debian,
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

const READY_WITHIN: Duration = Duration::from_secs(10);

impl Server {
    pub fn start(kind: Kind, store: &Path) -> Result<Self, String> {
        fs::create_dir_all(store).map_err(|error| error.to_string())?;
        let server = match kind {
            Kind::Embedded => embedded(store),
            Kind::Debian => debian(store),
        }?;
        let begin = Instant::now();
        while TcpStream::connect(&server.address).is_err() {
            if begin.elapsed() > READY_WITHIN {
                return Err(format!("{kind:?} does not answer at {}", server.address));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// The most memory that the process ever held, in MB (`VmHWM` of proc(5), in KiB there).
    pub fn peak_memory(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
            .map(|kib| kib * 1024.0 / 1e6)
            .ok_or_else(|| format!("{path} has no VmHWM"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn embedded(store: &Path) -> Result<Server, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["registry", "--listen", "127.0.0.1:0", "--store"])
        .arg(store)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        let _ = BufReader::new(output).read_line(&mut line);
    }
    let address = line.trim().trim_start_matches("http://").to_owned();
    Ok(Server { child, address })
}

fn debian(store: &Path) -> Result<Server, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.map_err(|error| error.to_string())?.to_string();
    let config = store.join("config.yml");
    let text = format!(
        "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n",
        store.join("data").display()
    );
    fs::write(&config, text).map_err(|error| error.to_string())?;
    let child = Command::new("docker-registry")
        .arg("serve")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    Ok(Server { child, address })
}
