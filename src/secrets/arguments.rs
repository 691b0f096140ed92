//! Secrets among the arguments of commands: behind options that say so by their name
//! (`--password x`), and where a known program takes one (`mysql -px`, `curl -u me:x`).

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::Regex;

use super::found::Find;
use super::judge::{Form, is_secret_of, is_stated, is_telling};
use super::value::Value;

/// A long option and its value as the next argument, in a shell or in a list of JSON. With `=`
/// it is an assignment.
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s"'\[(,;])--?([A-Za-z][A-Za-z0-9_.-]{1,60})(?:[ \t]{1,32}|["'][ \t]{0,8},[ \t]{0,8})"#,
    )
    .expect("the form is compiled in")
});

/// A program and where its command has a secret, as group 1. The form sees the command alone,
/// from behind the program's name to the end of the command.
struct Program {
    names: &'static [&'static str],
    form: &'static str,
}

/// What an entry of .netrc begins with: one of a host, and the one of all others.
const MACHINE: &str = "machine";
const DEFAULT: &str = "default";

/// Bytes of a command that are looked at.
const LOOKED_AT: usize = 512;
/// Bytes before the name of a program that are looked at.
const LOOKED_BACK: usize = 64;

const PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "crane", "oras", "az",
        ],
        // Behind the options of all commands, or the commands that `login` belongs to.
        form: concat!(
            r#"\A(?:["',\s\\]+(?:-[^\s"',]+=[^\s"',]*"#,
            r#"|(?:-[cHln]|--(?:config|context|host|log-level|namespace|root|tls[a-z]+))["',\s]+[^\s"',]+"#,
            r#"|-[^\s"',]+|registry|acr|auth))*"#,
            r#"["',\s\\]+login\b.*?["'\s]-p["',\s=]*([^\s"'\\]+)"#,
        ),
    },
    Program {
        names: &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "mysqlimport",
            "mariadb",
            "mariadb-dump",
            "mariadb-admin",
        ],
        form: r#"["'\s]-p["']?([^\s"'\\]+)"#,
    },
    Program {
        names: &["sshpass"],
        form: r#"\A["',\s]*-p["',\s]*([^\s"'\\]+)"#,
    },
    Program {
        names: &["curl"],
        form: r#"["'\s](?:-u|-U|--user|--proxy-user)["',\s=]*[^\s"':\\/]*:([^\s"'\\]+)"#,
    },
    Program {
        names: &["redis-cli"],
        form: r#"["'\s]-a["',\s]*([^\s"'\\]+)"#,
    },
    Program {
        names: &["openssl"],
        form: r#"["'\s]-pass(?:in|out)?["',\s]+pass:([^\s"'\\]+)"#,
    },
    Program {
        names: &[MACHINE, DEFAULT],
        // An entry of .netrc, in one line or several: pairs of a word and a value.
        form: concat!(
            r#"\A(?:(?:\s|\\[nrt]|["'])+[^\s"'\\]{1,100})?"#,
            r#"(?:(?:(?:\s|\\[nrt]|["'])+[^\s"'\\]{1,100}){2}){0,2}"#,
            r#"(?:\s|\\[nrt]|["'])+login(?:\s|\\[nrt]|["'])+[^\s"'\\]{1,100}"#,
            r#"(?:(?:(?:\s|\\[nrt]|["'])+[^\s"'\\]{1,100}){2}){0,2}"#,
            r#"(?:\s|\\[nrt]|["'])+password(?:\s|\\[nrt]|["'])+([^\s"'\\]+)"#,
        ),
    },
    Program {
        names: &["Authorization:", "authorization:", "AUTHORIZATION:"],
        form: r#"\A\s*(?i:bearer|basic|token|bot)\s+([A-Za-z0-9._~+/=-]{8,})"#,
    },
    Program {
        names: &[
            "IDENTIFIED BY",
            "identified by",
            "WITH PASSWORD",
            "with password",
        ],
        form: r#"\A\s+\\?['"]([^\s"'\\]+)"#,
    },
];

static COMMANDS: LazyLock<(AhoCorasick, Vec<usize>, Vec<Regex>)> = LazyLock::new(|| {
    let mut names: Vec<&str> = Vec::new();
    let mut owners = Vec::new();
    for (index, program) in PROGRAMS.iter().enumerate() {
        names.extend(program.names);
        owners.resize(names.len(), index);
    }
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(names)
        .expect("the names are compiled in");
    let forms = PROGRAMS.iter().map(|program| {
        // `.` is any character of the command, which may go on over several lines.
        Regex::new(&format!("(?s){}", program.form)).expect("the form is compiled in")
    });
    (automaton, owners, forms.collect())
});

/// An option that names something: what follows is a name and no command (`--name mysql`,
/// `find -user mysql`).
static NAMING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)-(?:-[a-z][a-z-]+|user|group)[\s=]+\z").expect("the form is compiled in")
});

/// What follows `-p` behind the name of such a program and is no password: ports of a container,
/// what `find` and `openssl` do, and an ellipsis.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A(?:[0-9.]*:?[0-9-]+:[0-9-]+(?:/[a-z]+)?|rint[0f]?|rune|ass(?:in|out)|\.{3}.*|rogress(?:=.*)?)\z")
        .expect("the form is compiled in")
});

/// A user and a password, for `chpasswd`.
static CHPASSWD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"[\s"'][a-z_][a-z0-9_-]{0,31}:([^\s"'\\|:]{1,128})(?:\\n|["'\\]){0,3}[ \t]{0,8}\|[ \t]{0,8}(?:sudo )?chpasswd\b"#,
    )
    .expect("the form is compiled in")
});

/// All of them: options first, then what known programs take.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    let mut finds = options(text);
    finds.extend(of_programs(text));
    let stated = |found: regex::bytes::Captures<'_>| {
        let secret = found.get(1)?;
        argument(text, secret.start(), secret.end(), "password of chpasswd")
    };
    finds.extend(CHPASSWD.captures_iter(text).filter_map(stated));
    finds
}

fn options(text: &[u8]) -> Vec<Find> {
    let mut finds = Vec::new();
    let mut from = 0;
    while let Some(found) = OPTION.captures_at(text, from) {
        let (Some(name), Some(whole)) = (found.get(1), found.get(0)) else {
            break;
        };
        // The blank behind it may stand before the next option.
        from = name.end();
        let key = String::from_utf8_lossy(name.as_bytes());
        if !is_telling(&key) {
            continue;
        }
        let is_list = matches!(text.get(name.end()), Some(b'"' | b'\''));
        let Some(value) = Value::read(text, whole.end()) else {
            continue;
        };
        let content = String::from_utf8_lossy(&text[value.place.clone()]);
        let form = match value.is_quoted() || is_list {
            true => Form::Quoted,
            false => Form::Apart,
        };
        // Texts name options, too: `--password is needed`, `--token requires an argument`.
        let is_word = form == Form::Apart && content.bytes().all(|byte| byte.is_ascii_lowercase());
        if content.starts_with('-') || is_word || !is_secret_of(&key, &content, form) {
            continue;
        }
        let secret = value.whole(text);
        from = secret.end;
        finds.push(Find {
            start: secret.start,
            end: secret.end,
            secret,
            kind: format!("value of {key}"),
        });
    }
    finds
}

fn of_programs(text: &[u8]) -> impl Iterator<Item = Find> {
    let (automaton, owners, forms) = &*COMMANDS;
    automaton.find_iter(text).flat_map(move |name| {
        let owner = owners[name.pattern().as_usize()];
        let (at, names) = (name.end(), PROGRAMS[owner].names);
        let end = match names.contains(&MACHINE) {
            _ if !is_begun(text, name.range()) => at,
            true => text.len().min(at + LOOKED_AT),
            false => command_end(text, at),
        };
        let found = forms[owner].captures_iter(&text[at..end]);
        found.filter_map(move |found| {
            let secret = found.get(1)?;
            let (start, mut end) = (at + secret.start(), at + secret.end());
            let is_other = match names[0] {
                "mysql" => OTHER.is_match(&text[start..end]),
                MACHINE if text[name.range()] == *DEFAULT.as_bytes() => is_word(&text[start..end]),
                _ => false,
            };
            if is_other {
                return None;
            }
            // A command that is looked at in part may end within the secret.
            let goes_on = |byte: &u8| !byte.is_ascii_whitespace() && !b"\"'\\".contains(byte);
            if end + 4 > at + LOOKED_AT {
                end += text[end..].iter().take_while(|byte| goes_on(byte)).count();
            }
            argument(text, start, end, &format!("argument of {}", names[0]))
        })
    })
}

/// Whether a command or an entry begins with a name: it is no part of a word and names nothing.
fn is_begun(text: &[u8], name: Range<usize>) -> bool {
    let is_part = |at: Option<usize>| {
        let byte = at.and_then(|at| text.get(at));
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    if is_part(name.start.checked_sub(1)) {
        return false;
    }
    let before = &text[name.start.saturating_sub(LOOKED_BACK)..name.start];
    let name_ends = name.end;
    match &text[name] {
        [.., b':'] => true,
        _ if is_part(Some(name_ends)) || NAMING.is_match(before) => false,
        name if name == DEFAULT.as_bytes() => begins_line(before),
        _ => true,
    }
}

/// A word of a sentence: `default login is password protected.`
fn is_word(text: &[u8]) -> bool {
    let is_mark = |byte: &u8| b".,:;!?)".contains(byte);
    let marks = text.iter().rev().take_while(|byte| is_mark(byte)).count();
    text[..text.len() - marks]
        .iter()
        .all(u8::is_ascii_lowercase)
}

/// Whether a text ends with the beginning of a line, be it in a string.
fn begins_line(text: &[u8]) -> bool {
    let before = text.trim_ascii_end();
    let begins = [&b"\\n"[..], b"\"", b"'"];
    before.is_empty()
        || text[before.len()..].contains(&b'\n')
        || begins.iter().any(|end| before.ends_with(end))
}

/// The end of the line, or the beginning of the next command. A backslash joins lines.
fn command_end(text: &[u8], start: usize) -> usize {
    let last = text.len().min(start + LOOKED_AT);
    let ends = |at: &usize| match text[*at] {
        b'\n' => *at == 0 || text[*at - 1] != b'\\',
        b';' | b'|' | b'&' => true,
        _ => false,
    };
    (start..last).find(ends).unwrap_or(last)
}

fn argument(text: &[u8], start: usize, end: usize, kind: &str) -> Option<Find> {
    let value = std::str::from_utf8(&text[start..end]).ok()?;
    is_stated(value).then(|| Find {
        start,
        end,
        secret: start..end,
        kind: kind.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let finds = find(text.as_bytes()).into_iter();
        let mut found: Vec<_> = finds.map(|find| &text[find.secret]).collect();
        // Each program of a command finds it.
        found.dedup();
        found
    }

    #[test]
    fn secrets_among_arguments_are_found() {
        for (text, secret) in [
            ("x --password hunter2x y", "hunter2x"),
            ("x --db-password 'correct-horse' y", "correct-horse"),
            ("x --verbose --api-key a1b2c3d4e5", "a1b2c3d4e5"),
            ("[\"x\", \"--password\", \"correcthorse\"]", "correcthorse"),
            ("docker login -u me -p hunter2 r.example.org", "hunter2"),
            ("[\"docker\", \"login\", \"-p\", \"hunter2\"]", "hunter2"),
            ("mysql -uroot -phunter2 -e 'x'", "hunter2"),
            ("docker run mysql -p3306:3306 mysql -phunter2", "hunter2"),
            ("mysqldump --all \\\n  -phunter2 x", "hunter2"),
            ("sshpass -p hunter2 ssh x", "hunter2"),
            ("curl -fsSL -u me:hunter2 https://h", "hunter2"),
            ("curl --user 'me:hunter2' https://h", "hunter2"),
            ("redis-cli -h x -a hunter2 ping", "hunter2"),
            ("openssl rsa -passin pass:hunter2 -in x", "hunter2"),
            ("echo \"root:hunter2\" | chpasswd", "hunter2"),
            ("echo 'app:hunter2' | sudo chpasswd -e", "hunter2"),
            ("machine h login me password hunter2", "hunter2"),
            (
                "curl -H \"Authorization: Bearer abcdefghijk\" h",
                "abcdefghijk",
            ),
            ("machine h\n  login me\n  password hunter2\n", "hunter2"),
            (
                "printf 'machine h\\nlogin me\\npassword hunter2\\n' > x",
                "hunter2",
            ),
            ("machine h login me account a password hunter2", "hunter2"),
            ("machine h login me port imaps password hunter2", "hunter2"),
            ("machine h\n x y\n login me password hunter2", "hunter2"),
            ("default login me password hunter2", "hunter2"),
            ("x\n default\n login me\n password hunter2", "hunter2"),
            ("printf 'default login me password hunter2'", "hunter2"),
            ("curl -u me:1234:5678 h", "1234:5678"),
            ("docker login -phunter2 r.example.org", "hunter2"),
            ("docker login --password hunter2x", "hunter2x"),
            ("docker --config /x -D login -u me -p hunter2", "hunter2"),
            ("docker --config=/x login -p hunter2", "hunter2"),
            ("az acr login -n x -u me -p hunter2", "hunter2"),
            ("helm registry login r -u me -p hunter2", "hunter2"),
            ("crane auth login r -u me -p hunter2", "hunter2"),
            ("docker \\\n  login -u me \\\n  -p hunter2", "hunter2"),
            ("sudo -E mysql -phunter2", "hunter2"),
            ("sh -c \"mysql -phunter2\"", "hunter2"),
            ("docker exec -it mysql mysql -phunter2", "hunter2"),
            ("/usr/bin/mysql -phunter2", "hunter2"),
            ("CREATE USER x IDENTIFIED BY 'hunter2'", "hunter2"),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }

    #[test]
    fn each_secret_of_a_command_is_found() {
        let text = "curl -u me:hunter2 --proxy-user you:hunter3 h";
        assert_eq!(found(text), ["hunter2", "hunter3"]);
    }

    #[test]
    fn a_command_is_looked_at_to_its_end_and_not_far() {
        assert_eq!(command_end(&[b'x'; 5000], 10), 10 + LOOKED_AT);
        assert_eq!(command_end(b"a \\\n b; c", 0), 6);
        assert_eq!(command_end(b"a\nb", 0), 1);
    }

    #[test]
    fn a_long_secret_at_the_end_of_what_is_looked_at_is_taken_whole() {
        for letter in ["a1", "é"] {
            let secret = letter.repeat(LOOKED_AT);
            let text = format!("mysql -u x -p{secret} y");
            assert_eq!(found(&text), [secret]);
        }
    }

    #[test]
    fn other_arguments_are_none() {
        for text in [
            "x --password",
            "x --password --verbose",
            "x --password $PASSWORD",
            "x --password \"${PASSWORD}\"",
            "x --password \"$(cat x)\"",
            "x --password <password>",
            "x --password REDACTED",
            "x --password requires an argument",
            "x --password-stdin hunter2x",
            "x --password-file /a/b1",
            "--token /run/secrets/token1",
            "docker build --secret id=token1,src=/a/b1 .",
            "docker login -u me --password-stdin",
            "docker login -u me -p $PASSWORD",
            "docker run -p 8080:80 x",
            "mysql -p -e x",
            "mysql -P 3306 x",
            "mkdir -p /var/lib/mysql && mkdir -p /a/b",
            "curl -u me https://h:8080/x",
            "curl -u $USER:$PASSWORD h",
            "redis-cli -a $PASSWORD",
            "echo \"root:$PW\" | chpasswd",
            "please login as admin password needed",
            "login with password authentication",
            "login as password failed",
            "the default login is password protected",
            "a machine whose login needs a password manager",
            "machine learning password reset",
            "default login is password protected",
            "Note:\ndefault login as password failed.",
            "find / -user mysql -print",
            "find / -user mysql -prune",
            "`mysql -p...`, `openssl -passin pass:`",
            "find /var/lib/mysql -print0",
            "docker run --name mysql -p3306:3306",
            "docker run -d mysql -p127.0.0.1:3306:3306/tcp",
            "docker run --name mysql -p3306 x",
            "docker run --name login -p 8080:80 x",
            "docker -D run --name login -p 8080:80 x",
            "docker build -t app/login -progress=plain",
            "Authorization: Bearer $TOKEN",
            "Authorization: Bearer ***",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
