//! What the command of a HEALTHCHECK asks.

use std::sync::LazyLock;

use regex::Regex;

/// What a check does, as far as plimsoll can do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CheckAction {
    /// It asks for a path over HTTP. The port is `None` where a variable without a default names
    /// it.
    Http { port: Option<u16>, path: String },
    /// Something else: only the engine can run it.
    Other,
}

static URL: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?x)
        (?:^|[\s"'=]) (?:(?<scheme>https?)://)?
        (?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\$\{?HOSTNAME\}?)
        (?: : (?: (?<port>\d+) | (?<variable>\$\{?\w+(?::?-(?<default>\d+))?\}?) ) )?
        (?<path> / [^\s"'|;&)<>,\]\\`\$]* )?"#;
    #[expect(clippy::expect_used, reason = "a test compiles the pattern")]
    Regex::new(pattern).expect("the pattern is fixed")
});

/// Reads the command, an exec form as its words with spaces between them.
pub(super) fn asked(command: &str) -> CheckAction {
    let Some(url) = URL.captures(command) else {
        return CheckAction::Other;
    };
    let asks_http = ["curl", "wget"].iter().any(|name| command.contains(name));
    match url.name("scheme").map(|scheme| scheme.as_str()) {
        Some("http") => {}
        // `curl localhost:3000/health`; others take an address of another protocol.
        None if asks_http => {}
        // plimsoll's probe has no TLS.
        _ => return CheckAction::Other,
    }
    let number = |name: &str| url.name(name)?.as_str().parse().ok();
    let port = match url.name("variable") {
        Some(_) => number("default"),
        None => number("port").or(Some(80)),
    };
    let path = url.name("path").map_or("/", |path| path.as_str());
    CheckAction::Http {
        port,
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_over_http_is_known_with_its_port() {
        for (command, port, path) in [
            (
                "curl -f http://localhost:8080/health",
                Some(8080),
                "/health",
            ),
            (
                "wget -qO- http://127.0.0.1:4000/live?full=1 || exit 1",
                Some(4000),
                "/live?full=1",
            ),
            (
                "curl -f \"http://localhost:${PORT:-8081}/up\" || exit 1",
                Some(8081),
                "/up",
            ),
            ("curl -f http://localhost:$PORT/up", None, "/up"),
            (
                "curl --fail http://127.0.0.1:3000/health",
                Some(3000),
                "/health",
            ),
            (
                "curl http://localhost/health>/dev/null",
                Some(80),
                "/health",
            ),
            (
                "wget --spider localhost:3000/healthz",
                Some(3000),
                "/healthz",
            ),
            ("curl -s http://[::]:3000/up", Some(3000), "/up"),
            ("curl -s http://$HOSTNAME:3000/up", Some(3000), "/up"),
            ("curl -f http://0.0.0.0:5000", Some(5000), "/"),
            ("test `curl -s http://localhost:1/x` = ok", Some(1), "/x"),
        ] {
            let path = path.to_owned();
            assert_eq!(
                asked(command),
                CheckAction::Http { port, path },
                "{command}"
            );
        }
    }

    #[test]
    fn everything_else_is_left_to_the_engine() {
        for command in [
            "pg_isready -h localhost",
            "/bin/grpc_health_probe -addr=localhost:50051",
            "node healthcheck.js",
            "curl -kf https://localhost:8443/health",
            "redis-cli -h 127.0.0.1 ping",
            "curl -f http://example.org/",
        ] {
            assert_eq!(asked(command), CheckAction::Other, "{command}");
        }
    }
}
