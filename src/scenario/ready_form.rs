//! The short form of a contract, as `--ready` takes it: `http://:8080/health`,
//! `tcp://:5432`, `log:REGEX`, `exit:0`, `healthy`.

use super::contract::{Contract, HttpCheck, LinePattern, ReadyCheck, Statuses};

/// A text that is no short form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the contract `{text}`: {reason}")]
pub struct ReadyFormError {
    /// As it was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ReadyFormError {
    /// What can be written instead.
    pub fn hint(&self) -> &'static str {
        FORMS
    }
}

/// The forms, for hints and help texts.
pub(super) const FORMS: &str =
    "write `http://:8080/health`, `tcp://:5432`, `log:REGEX`, `exit:0` or `healthy`";

/// Reads the short form of a contract. The deadlines are the defaults and the environment is
/// empty. `http://:PORT/PATH` expects status 200; other statuses follow after a space:
/// `http://:8080/ 2xx`.
///
/// # Errors
/// The text is none of the forms, or a part of it is out of range.
pub fn parse_ready(text: &str) -> Result<Contract, ReadyFormError> {
    check(text.trim())
        .map(Contract::of)
        .map_err(|reason| ReadyFormError {
            text: text.to_owned(),
            reason,
        })
}

fn check(text: &str) -> Result<ReadyCheck, String> {
    match text {
        "healthy" => return Ok(ReadyCheck::Healthy),
        "exit" => return Ok(ReadyCheck::Exit { code: 0 }),
        _ => {}
    }
    if let Some(pattern) = text.strip_prefix("log:") {
        let line = LinePattern::new(pattern)
            .map_err(|fault| format!("invalid regular expression: {fault}"))?;
        return Ok(ReadyCheck::Log { line });
    }
    if let Some(code) = text.strip_prefix("exit:") {
        let code = code.parse();
        let code = code.map_err(|_| "an exit code is a number from 0 to 255".to_owned())?;
        return Ok(ReadyCheck::Exit { code });
    }
    if text.starts_with("https://") {
        return Err(
            "plimsoll asks the container itself, without TLS; use `http`, or `tcp` and the port"
                .to_owned(),
        );
    }
    if let Some(rest) = text.strip_prefix("tcp://") {
        let (port, path) = of_container(rest)?;
        return match path {
            "" | "/" => Ok(ReadyCheck::Tcp { port }),
            _ => Err("a `tcp` contract has no path".to_owned()),
        };
    }
    let Some(rest) = text.strip_prefix("http://") else {
        return Err("unknown form".to_owned());
    };
    let (rest, status) = match rest.split_once(char::is_whitespace) {
        Some((rest, status)) => (rest, Some(status)),
        None => (rest, None),
    };
    let (port, path) = of_container(rest)?;
    let path = if path.is_empty() { "/" } else { path };
    let mut http = HttpCheck::get(port, path);
    if let Some(status) = status {
        http.status = Statuses::parse(status).ok_or_else(|| {
            format!(
                "invalid status `{status}`: write a status, a class (`2xx`) or a range (`200-399`)"
            )
        })?;
    }
    Ok(ReadyCheck::Http(http))
}

/// `:8080/path`, also with a host that stands for the container itself.
fn of_container(text: &str) -> Result<(u16, &str), String> {
    let (authority, path) = match text.find('/') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let Some((host, port)) = authority.rsplit_once(':') else {
        return Err("it names no port".to_owned());
    };
    if !["", "localhost", "127.0.0.1", "0.0.0.0"].contains(&host) {
        return Err(format!(
            "it asks the container, not `{host}`; leave the host out"
        ));
    }
    match port.parse() {
        Ok(port @ 1..) => Ok((port, path)),
        _ => Err(format!(
            "invalid port `{port}`: write a port from 1 to 65535"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    fn read(text: &str) -> ReadyCheck {
        parse_ready(text).unwrap().ready
    }

    #[test]
    fn each_form_is_read() {
        let health = ReadyCheck::Http(HttpCheck::get(8080, "/health"));
        assert_eq!(read("http://:8080/health"), health);
        assert_eq!(read(" http://localhost:8080/health "), health);
        assert_eq!(
            read("http://:80"),
            ReadyCheck::Http(HttpCheck::get(80, "/"))
        );
        let ReadyCheck::Http(any) = read("http://:80/ 200-399") else {
            panic!("it is a contract over HTTP");
        };
        assert!(any.status.contains(302) && any.path == "/");
        assert_eq!(read("tcp://:5432"), ReadyCheck::Tcp { port: 5432 });
        assert_eq!(read("tcp://127.0.0.1:1/"), ReadyCheck::Tcp { port: 1 });
        assert_eq!(read("exit:3"), ReadyCheck::Exit { code: 3 });
        assert_eq!(read("exit"), ReadyCheck::Exit { code: 0 });
        assert_eq!(read("healthy"), ReadyCheck::Healthy);
        // All that follows is the pattern, colons too.
        assert_eq!(
            read("log:ready: [0-9]+ ms").to_string(),
            "a line of the output matches `ready: [0-9]+ ms`"
        );
        let contract = parse_ready("healthy").unwrap();
        assert_eq!(contract.ready_within, Nanos::from_secs(30));
        assert!(contract.env.is_empty());
    }

    #[test]
    fn what_is_no_form_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "unknown form"),
            ("8080", "unknown form"),
            ("https://:443/", "without TLS"),
            ("http://8080/health", "names no port"),
            ("http://:0/", "a port from 1"),
            ("http://:65536/", "a port from 1"),
            ("http://example.org:80/", "leave the host out"),
            ("http://:80/ 2x", "invalid status"),
            ("tcp://:5432/db", "no path"),
            ("log:", "empty"),
            ("log:(", "unclosed group"),
            ("exit:256", "0 to 255"),
            ("exit:-1", "0 to 255"),
        ] {
            let error = parse_ready(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert!(error.hint().contains("tcp://:5432"));
        }
    }
}
