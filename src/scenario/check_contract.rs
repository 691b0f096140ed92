//! Checks the contract.

use std::ops::Range;

use toml::Spanned;

use super::check::Checker;
use super::contract::{
    Contract, ContractKind, HttpCheck, LinePattern, READY_WITHIN_DEFAULT, ReadyCheck,
    STOP_WITHIN_DEFAULT, Statuses,
};
use super::raw::{RawContract, RawStatus, Text};
use super::words::{nearest, suggest};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Headers that decide how the exchange works, which plimsoll does. `Expect` waits for a body,
/// and the request has none.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A key, where it stands, and the kinds that have it.
type Key = (&'static str, Option<Range<usize>>, &'static [ContractKind]);

impl Checker<'_> {
    /// None where a problem was reported that leaves no contract.
    pub fn contract(&mut self, raw: &Spanned<RawContract>) -> Option<Contract> {
        let (contract, table) = (raw.get_ref(), raw.span());
        let ready_within = self.duration(contract.ready_within.as_ref(), READY_WITHIN_DEFAULT);
        let stop_within = self.duration(contract.stop_within.as_ref(), STOP_WITHIN_DEFAULT);
        let kind = self.contract_kind(contract.kind.as_ref())?;
        self.foreign_keys(contract, kind);
        let ready = match kind {
            ContractKind::Http => ReadyCheck::Http(self.http_check(contract, table)),
            ContractKind::Tcp => ReadyCheck::Tcp {
                port: self.port(contract.port.as_ref(), table, kind),
            },
            ContractKind::Log => self.log_check(contract.line.as_ref(), table)?,
            ContractKind::Exit => self.exit_check(contract.code.as_ref()),
            ContractKind::Healthy => ReadyCheck::Healthy,
        };
        Some(Contract {
            ready,
            ready_within,
            stop_within,
            env: contract.env.clone(),
        })
    }

    fn contract_kind(&mut self, raw: Option<&Text>) -> Option<ContractKind> {
        let Some(raw) = raw else {
            return Some(ContractKind::Http);
        };
        let named = |kind: &ContractKind| kind.name() == raw.get_ref();
        let kind = ContractKind::ALL.into_iter().find(named);
        if kind.is_none() {
            let names = ContractKind::ALL.map(ContractKind::name);
            let near = nearest(raw.get_ref(), names);
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("unknown contract kind `{}`", raw.get_ref());
            let expected = format!(
                "one of {}",
                names.map(|name| format!("`{name}`")).join(", ")
            );
            self.report(raw.span(), message, &expected, hint.unwrap_or_default());
        }
        kind
    }

    /// Reports keys that say something to another kind only.
    fn foreign_keys(&mut self, raw: &RawContract, kind: ContractKind) {
        use ContractKind::{Exit, Http, Log, Tcp};
        let span = |text: &Option<Text>| text.as_ref().map(Text::span);
        let number = |number: &Option<Spanned<i64>>| number.as_ref().map(Spanned::span);
        let keys: [Key; 8] = [
            ("port", number(&raw.port), &[Http, Tcp]),
            ("path", span(&raw.path), &[Http]),
            ("status", raw.status.as_ref().map(Spanned::span), &[Http]),
            ("method", span(&raw.method), &[Http]),
            ("headers", raw.headers.as_ref().map(Spanned::span), &[Http]),
            ("body-contains", span(&raw.body_contains), &[Http]),
            ("line", span(&raw.line), &[Log]),
            ("code", number(&raw.code), &[Exit]),
        ];
        for (key, span, of) in keys {
            let Some(span) = span.filter(|_| !of.contains(&kind)) else {
                continue;
            };
            let names: Vec<_> = of.iter().map(|kind| format!("`{}`", kind.name())).collect();
            let message = format!(
                "a contract of the kind `{}` has no key `{key}`",
                kind.name()
            );
            let hint = format!("`{key}` belongs to {}", names.join(" and "));
            self.report(span, message, "", hint);
        }
        if let Some(stop) = raw.stop_within.as_ref().filter(|_| kind == Exit) {
            let message = "a contract of the kind `exit` has no key `stop-within`";
            let hint = "the process has finished once it is ready; nothing is stopped";
            self.report(stop.span(), message, "", hint);
        }
    }

    fn missing(&mut self, key: &str, table: Range<usize>, kind: ContractKind) {
        let hint = format!(
            "a contract of the kind `{}` needs it; other kinds are {}",
            kind.name(),
            ContractKind::ALL
                .into_iter()
                .filter(|other| *other != kind)
                .map(|other| format!("`{}`", other.name()))
                .collect::<Vec<_>>()
                .join(", ")
        );
        self.report(table, format!("missing key `{key}`"), "", hint);
    }

    fn port(&mut self, raw: Option<&Spanned<i64>>, table: Range<usize>, kind: ContractKind) -> u16 {
        let Some(raw) = raw else {
            self.missing("port", table, kind);
            return 0;
        };
        let port = u16::try_from(*raw.get_ref()).unwrap_or(0);
        if port == 0 {
            let message = format!("invalid port {}", raw.get_ref());
            self.report(raw.span(), message, "a port from 1 to 65535", "");
        }
        port
    }

    fn http_check(&mut self, raw: &RawContract, table: Range<usize>) -> HttpCheck {
        let kind = ContractKind::Http;
        let port = self.port(raw.port.as_ref(), table.clone(), kind);
        let path = match &raw.path {
            Some(path) => {
                self.path_to_ask(path);
                path.get_ref().clone()
            }
            None => {
                self.missing("path", table, kind);
                String::new()
            }
        };
        let mut http = HttpCheck::get(port, path);
        if let Some(method) = &raw.method {
            self.method(method);
            http.method.clone_from(method.get_ref());
        }
        if let Some(status) = &raw.status {
            http.status = self.statuses(status);
        }
        let headers = raw.headers.iter().flat_map(Spanned::get_ref);
        self.unlike_in_case(headers.clone().map(|(name, _)| name));
        for (name, value) in headers {
            self.header(name, value);
            http.headers
                .insert(name.get_ref().clone(), value.get_ref().clone());
        }
        if let Some(text) = &raw.body_contains {
            if http.method == "HEAD" {
                let message = "the answer to `HEAD` has no body";
                self.report(text.span(), message, "", "leave `body-contains` out");
            }
            http.body_contains.clone_from(text.get_ref());
        }
        http
    }

    /// Reports a path that cannot be asked for.
    pub fn path_to_ask(&mut self, raw: &Text) {
        let path = raw.get_ref();
        if !path.starts_with('/') || path.contains(char::is_whitespace) {
            let hint = format!("write `/{}`", path.trim().trim_start_matches('/'));
            self.report(
                raw.span(),
                format!("invalid request path `{path}`"),
                "a path that starts with `/`, without white space",
                hint,
            );
        }
    }

    fn method(&mut self, raw: &Text) {
        let method = raw.get_ref().as_str();
        if !METHODS.contains(&method) {
            let message = format!("unknown HTTP method `{method}`");
            self.report(raw.span(), message, "", suggest(method, METHODS));
        }
    }

    /// Reports names that differ from another one by case only: they name one header.
    fn unlike_in_case<'n>(&mut self, names: impl Iterator<Item = &'n Text>) {
        let mut names: Vec<_> = names.collect();
        names.sort_by_key(|name| name.span().start);
        for (at, name) in names.iter().enumerate() {
            let mut before = names[..at].iter();
            let same = |other: &&&Text| other.get_ref().eq_ignore_ascii_case(name.get_ref());
            if let Some(first) = before.find(same) {
                let message = format!("a second header `{}`", name.get_ref());
                let hint = format!(
                    "remove one: `{}` is the same header, case does not count",
                    first.get_ref()
                );
                self.report(name.span(), message, "", hint);
            }
        }
    }

    fn header(&mut self, name: &Text, value: &Text) {
        let text = name.get_ref();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if text.is_empty() || !text.bytes().all(token) {
            let message = format!("invalid header name `{text}`");
            let expected = "letters, digits and dashes: `X-Request-Id`";
            self.report(name.span(), message, expected, "");
        }
        if OWN_HEADERS.contains(&text.to_ascii_lowercase().as_str()) {
            let message = format!("the header `{text}` cannot be set");
            let hint = "remove it: plimsoll sets what the connection needs, and sends no body";
            self.report(name.span(), message, "", hint);
        }
        let shown = |b: u8| b == b'\t' || (b' '..=b'~').contains(&b);
        if !value.get_ref().bytes().all(shown) {
            let message = format!("invalid value of the header `{text}`");
            self.report(value.span(), message, "printable ASCII characters", "");
        }
    }

    fn statuses(&mut self, raw: &Spanned<RawStatus>) -> Statuses {
        let read = match raw.get_ref() {
            RawStatus::Code(code) => Statuses::parse(&code.to_string()),
            RawStatus::Text(text) => Statuses::parse(text),
            RawStatus::List(list) => {
                let sets: Option<Vec<_>> = list
                    .iter()
                    .map(|one| Statuses::parse(&one.text()))
                    .collect();
                sets.and_then(Statuses::union)
            }
        };
        read.unwrap_or_else(|| {
            let message = format!("invalid HTTP status {}", raw.get_ref().shown());
            let expected = "a status from 100 to 599, a class (\"2xx\"), a range (\"200-399\"), or a list of these";
            self.report(raw.span(), message, expected, "");
            Statuses::OK
        })
    }

    fn log_check(&mut self, raw: Option<&Text>, table: Range<usize>) -> Option<ReadyCheck> {
        let Some(raw) = raw else {
            self.missing("line", table, ContractKind::Log);
            return None;
        };
        match LinePattern::new(raw.get_ref()) {
            Ok(line) => Some(ReadyCheck::Log { line }),
            Err(fault) => {
                let message = format!("invalid regular expression `{}`: {fault}", raw.get_ref());
                let expected = "the syntax of https://docs.rs/regex";
                self.report(raw.span(), message, expected, "");
                None
            }
        }
    }

    fn exit_check(&mut self, raw: Option<&Spanned<i64>>) -> ReadyCheck {
        let Some(raw) = raw else {
            return ReadyCheck::Exit { code: 0 };
        };
        let code = u8::try_from(*raw.get_ref());
        if code.is_err() {
            let message = format!("invalid exit code {}", raw.get_ref());
            self.report(raw.span(), message, "a code from 0 to 255", "");
        }
        ReadyCheck::Exit {
            code: code.unwrap_or_default(),
        }
    }
}
