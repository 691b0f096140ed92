//! How an app shows that it is ready, in the short form of the command line.

use std::str::FromStr;

use crate::scenario::{ReadyCheck, parse_ready};

/// How an app shows that it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyOption {
    /// It answers a GET of this path with 200; the port is found: `http:///health`.
    Path(String),
    /// As it says: `http://:8080/health`, `tcp://:5432`, `log:REGEX`, `exit:0`, `healthy`.
    Check(ReadyCheck),
}

impl FromStr for ReadyOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("http:///");
        if let Some(path) = path.filter(|path| !path.contains(char::is_whitespace)) {
            return Ok(Self::Path(format!("/{path}")));
        }
        match parse_ready(text) {
            Ok(contract) => Ok(Self::Check(contract.ready)),
            Err(error) => Err(format!("{}; {}", error.reason, error.hint())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::HttpCheck;

    #[test]
    fn the_short_forms_are_those_of_scenarios_and_a_path_alone() {
        let http = |port, path| {
            Ok(ReadyOption::Check(ReadyCheck::Http(HttpCheck::get(
                port, path,
            ))))
        };
        assert_eq!("http://:8080/health".parse(), http(8080, "/health"));
        assert_eq!("http://localhost:80".parse(), http(80, "/"));
        assert_eq!(
            "http:///up?x=1".parse(),
            Ok(ReadyOption::Path("/up?x=1".to_owned()))
        );
        let tcp = ReadyOption::Check(ReadyCheck::Tcp { port: 5432 });
        assert_eq!("tcp://:5432".parse(), Ok(tcp));
        assert_eq!(
            "healthy".parse(),
            Ok(ReadyOption::Check(ReadyCheck::Healthy))
        );
        for (text, said) in [
            ("https://:1/", "without TLS"),
            (":8080/health", "unknown form"),
            ("http://example.org:80/", "not `example.org`"),
            ("http://:99999/", "invalid port `99999`"),
            ("http:///a b", "it names no port"),
        ] {
            let error = text.parse::<ReadyOption>().unwrap_err();
            assert!(error.contains(said), "{error}");
            assert!(error.contains("http://:8080/health"), "{error}");
        }
    }
}
