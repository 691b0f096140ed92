//! The calls that only Linux has. Elsewhere they fail, so that the rest compiles.

#[cfg(target_os = "linux")]
pub(super) use linux::{Handle, Network, tcp};
#[cfg(not(target_os = "linux"))]
pub(super) use none::{Handle, Network, tcp};

/// How a process is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It may tidy up.
    Ask,
    /// At once.
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

    use super::End;

    /// A process, and never a younger one with its id.
    #[derive(Debug)]
    pub(in super::super) struct Handle(OwnedFd);

    impl Handle {
        pub fn open(pid: u32) -> io::Result<Self> {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
            Ok(Self(pidfd_open(pid, PidfdFlags::empty())?))
        }

        /// Fails where it has ended already.
        pub fn end(&self, how: End) -> io::Result<()> {
            let signal = match how {
                End::Ask => Signal::TERM,
                End::Kill => Signal::KILL,
            };
            Ok(pidfd_send_signal(&self.0, signal)?)
        }
    }

    /// A process's network namespace.
    #[derive(Debug)]
    pub(in super::super) struct Network(File);

    impl Network {
        pub fn of(pid: u32) -> io::Result<Self> {
            File::open(format!("/proc/{pid}/ns/net")).map(Self)
        }

        /// Moves the calling thread there, for good.
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

    use super::End;

    #[derive(Debug)]
    pub(in super::super) struct Handle;

    impl Handle {
        pub fn open(_: u32) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn end(&self, _: End) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    #[derive(Debug)]
    pub(in super::super) struct Network;

    impl Network {
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
