//! Reads the settings from the environment.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing::level_filters::LevelFilter;

/// The settings of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The TCP port; 0 lets the system choose.
    pub port: u16,
    /// Lines below this level are not written.
    pub log_level: LevelFilter,
    /// How long requests in flight may take once a stop was asked for.
    pub grace: Duration,
}

/// A variable that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad environment: {key} is `{value}`, expected {expected}")]
pub struct BadVariable {
    key: &'static str,
    value: String,
    expected: &'static str,
}

impl Config {
    /// Takes the settings from `variable`, which knows the environment.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadVariable> {
        let read = |key: &'static str, default: &str| {
            let value = variable(key).filter(|value| !value.is_empty());
            (key, value.unwrap_or_else(|| default.to_owned()))
        };
        Ok(Self {
            port: parse(read("PORT", "8080"), "a port")?,
            log_level: parse(
                read("LOG_LEVEL", "info"),
                "off, error, warn, info, debug or trace",
            )?,
            grace: Duration::from_millis(parse(
                read("SHUTDOWN_GRACE_MS", "2000"),
                "whole milliseconds",
            )?),
        })
    }

    /// Where the server listens: the port on all IPv4 interfaces.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::UNSPECIFIED, self.port).into()
    }
}

fn parse<T: std::str::FromStr>(
    (key, value): (&'static str, String),
    expected: &'static str,
) -> Result<T, BadVariable> {
    value.parse().map_err(|_| BadVariable {
        key,
        value,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, BadVariable> {
        Config::read(|key| {
            let found = variables.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults() {
        let config = read(&[]).unwrap();
        assert_eq!(config.address().to_string(), "0.0.0.0:8080");
        assert_eq!(config.log_level, LevelFilter::INFO);
        assert_eq!(config.grace, Duration::from_secs(2));
        assert_eq!(read(&[("PORT", "")]).unwrap(), config);
    }

    #[test]
    fn values_are_taken() {
        let config = read(&[
            ("PORT", "9090"),
            ("LOG_LEVEL", "WARN"),
            ("SHUTDOWN_GRACE_MS", "250"),
        ]);
        let expected = Config {
            port: 9090,
            log_level: LevelFilter::WARN,
            grace: Duration::from_millis(250),
        };
        assert_eq!(config, Ok(expected));
    }

    #[test]
    fn bad_values_are_named() {
        let cases = [
            ("PORT", "http"),
            ("PORT", "70000"),
            ("LOG_LEVEL", "loud"),
            ("SHUTDOWN_GRACE_MS", "-1"),
        ];
        for (key, value) in cases {
            let message = read(&[(key, value)]).unwrap_err().to_string();
            assert!(
                message.contains(&format!("{key} is `{value}`")),
                "{message}"
            );
        }
    }
}
