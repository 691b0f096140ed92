//! How an app shows that it is ready, in the short form of the command line.

use std::str::FromStr;

/// How an app shows that it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    /// It answers a GET with 200: `http://:8080/health`.
    Http {
        /// The port inside the container; found where it is not given.
        port: Option<u16>,
        /// The path to ask for.
        path: String,
    },
}

/// The forms, for errors.
const FORM: &str = "write `http://:PORT/PATH`, such as `http://:8080/health`";

/// Kinds that have a name and cannot be measured yet.
const PLANNED: [&str; 4] = ["tcp", "log", "exit", "healthy"];

impl FromStr for Ready {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = text.split(':').next().unwrap_or(text);
        if PLANNED.contains(&kind) {
            return Err(format!("`{kind}` is not supported yet; {FORM}"));
        }
        let rest = text
            .strip_prefix("http://")
            .ok_or_else(|| format!("it does not begin with `http://`; {FORM}"))?;
        let (address, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        if !["", "localhost", "127.0.0.1", "0.0.0.0"].contains(&host) {
            return Err(format!(
                "the host is that of the container, not `{host}`; {FORM}"
            ));
        }
        let port = match port {
            "" => None,
            number => match number.parse() {
                Ok(port) if port != 0 => Some(port),
                _ => return Err(format!("`{number}` is no port; {FORM}")),
            },
        };
        if path.contains(char::is_whitespace) {
            return Err(format!("the path contains white space; {FORM}"));
        }
        Ok(Self::Http {
            port,
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_of_http_is_read() {
        let http = |port, path: &str| {
            Ok(Ready::Http {
                port,
                path: path.to_owned(),
            })
        };
        assert_eq!("http://:8080/health".parse(), http(Some(8080), "/health"));
        assert_eq!("http://localhost:80".parse(), http(Some(80), "/"));
        assert_eq!("http:///up?x=1".parse(), http(None, "/up?x=1"));
        for (text, said) in [
            ("tcp://:5432", "`tcp` is not supported yet"),
            ("healthy", "`healthy` is not supported yet"),
            ("https://:1/", "does not begin with"),
            (":8080/health", "does not begin with"),
            ("http://example.org/", "not `example.org`"),
            ("http://:99999/", "`99999` is no port"),
        ] {
            let error = text.parse::<Ready>().unwrap_err();
            assert!(error.contains(said), "{error}");
            assert!(error.contains("http://:8080/health"), "{error}");
        }
    }
}
