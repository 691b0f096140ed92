//! System calls of Linux. On other systems they return `Unsupported`, so that the crate compiles.

#[cfg(target_os = "linux")]
pub(super) use linux::{NetworkNamespace, ProcessHandle, tcp};
#[cfg(not(target_os = "linux"))]
pub(super) use none::{NetworkNamespace, ProcessHandle, tcp};

/// The signal that ends a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// SIGTERM: the process can clean up.
    Terminate,
    /// SIGKILL.
    Kill,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::net::{SocketAddr, TcpStream};
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    use super::StopSignal;

    /// A process. It never refers to another process that reuses the id.
    #[derive(Debug)]
    pub(in super::super) struct ProcessHandle(OwnedFd);

    impl ProcessHandle {
        pub fn open(pid: u32) -> io::Result<Self> {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
            Ok(Self(pidfd_open(pid, PidfdFlags::empty())?))
        }

        /// Fails if the process has already ended.
        pub fn signal(&self, how: StopSignal) -> io::Result<()> {
            let signal = match how {
                StopSignal::Terminate => Signal::TERM,
                StopSignal::Kill => Signal::KILL,
            };
            Ok(pidfd_send_signal(&self.0, signal)?)
        }
    }

    /// A process's network namespace.
    #[derive(Debug)]
    pub(in super::super) struct NetworkNamespace(File);

    impl NetworkNamespace {
        pub fn of(pid: u32) -> io::Result<Self> {
            File::open(format!("/proc/{pid}/ns/net")).map(Self)
        }

        /// Moves the calling thread into the namespace permanently.
        pub fn enter(&self) -> io::Result<()> {
            let kind = Some(LinkNameSpaceType::Network);
            Ok(move_into_link_name_space(self.0.as_fd(), kind)?)
        }
    }

    /// A TCP socket in the calling thread's network namespace.
    pub(in super::super) fn tcp(for_address: SocketAddr) -> io::Result<TcpStream> {
        let family = if for_address.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        Ok(TcpStream::from(socket))
    }
}

#[cfg(not(target_os = "linux"))]
mod none {
    use std::io;
    use std::net::{SocketAddr, TcpStream};

    use super::StopSignal;

    #[derive(Debug)]
    pub(in super::super) struct ProcessHandle;

    impl ProcessHandle {
        pub fn open(_: u32) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn signal(&self, _: StopSignal) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[derive(Debug)]
    pub(in super::super) struct NetworkNamespace;

    impl NetworkNamespace {
        pub fn of(_: u32) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn enter(&self) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    pub(in super::super) fn tcp(_: SocketAddr) -> io::Result<TcpStream> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
