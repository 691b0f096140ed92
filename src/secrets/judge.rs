//! Whether a key speaks of a secret, and whether a value under it can be one.
//!
//! Such keys also stand in code, in schemas and in texts for users. A value that is a
//! template, a reference, a version, a type, a label or empty is no secret.

use super::rules::is_placeholder;

/// Words that end the name of a password.
const PASSWORDS: &[&[&str]] = &[&["pwd"], &["sshpass"]];
/// How the last word of the name of a password ends: `PGPASSWORD` is one word.
const PASSWORD_ENDS: &[&str] = &["password", "passwd", "passphrase"];
/// Words that end the name of another secret.
const OTHERS: &[&[&str]] = &[
    &["secret"],
    &["token"],
    &["credentials"],
    &["apikey"],
    &["api", "key"],
    &["access", "key"],
    &["secret", "key"],
    &["private", "key"],
    &["identitytoken"],
    &["registrytoken"],
];

/// Shortest value of each sort.
const LEAST_PASSWORD: usize = 6;
const LEAST_OTHER: usize = 8;

/// Values that describe a value.
const WORDS: &[&str] = &[
    "boolean",
    "disabled",
    "enabled",
    "false",
    "integer",
    "none",
    "null",
    "number",
    "object",
    "optional",
    "required",
    "string",
    "true",
    "undefined",
];

/// How a value stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In quotes.
    Quoted,
    /// Without quotes, after `key:` or `key=`.
    Plain,
    /// Without quotes, apart from its key: `key = value` of INI files, and of code.
    Apart,
}

/// What a key says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Password,
    Other,
}

/// Whether `value` is a secret under `key`, which may be a word of any text.
pub(super) fn is_secret_of(key: &str, value: &str, form: Form) -> bool {
    let words = words(key);
    let Some(sort) = sort(&words) else {
        return false;
    };
    is_secret(value, &words, form)
        && match sort {
            Sort::Password => is_password(value),
            Sort::Other => is_random(value),
        }
}

/// The folder that a shell is in; a password in the settings of a connection (`UID=a;PWD=b`).
pub(super) const FOLDER: &str = "PWD";

/// Whether a key speaks of a secret, whatever its value is.
pub(super) fn is_telling(key: &str) -> bool {
    key != FOLDER && sort(&words(key)).is_some()
}

/// Whether `value` is a secret in a variable with a name of capitals: such names say what the
/// value is, so that words count, too.
pub(super) fn is_variable_secret(name: &str, value: &str, form: Form) -> bool {
    let words = words(name);
    let least = match sort(&words) {
        Some(Sort::Password) => LEAST_PASSWORD,
        Some(Sort::Other) => LEAST_OTHER,
        None => return false,
    };
    let lower = value.to_lowercase();
    // A lone `$` within a password is part of it.
    let template = value.starts_with(['$', '<', '%', '`', '(', '{'])
        || ["${", "$(", "{{"].iter().any(|part| value.contains(part))
        || value.bytes().all(|byte| byte == b'*');
    let code = form == Form::Plain && value.contains(['(', '`', '<']);
    value.len() >= least
        && !template
        && !code
        && !is_path(value)
        && !WORDS.contains(&lower.as_str())
        && !is_reference(value.as_bytes())
        && !is_placeholder(value.as_bytes())
}

/// Whether a value is a secret that stands where nothing else can: it is no variable, no
/// template, no path and not what manuals print.
pub(super) fn is_stated(value: &str) -> bool {
    const LEAST: usize = 4;
    let template = value.starts_with(['$', '<', '%', '`', '(', '{', '-'])
        || ["${", "$(", "{{"].iter().any(|part| value.contains(part));
    value.len() >= LEAST && !template && !is_path(value) && !is_placeholder(value.as_bytes())
}

fn sort(words: &[String]) -> Option<Sort> {
    let ends = |with: &&[&str]| {
        let start = words.len().checked_sub(with.len());
        start.is_some_and(|start| words[start..].iter().eq(*with))
    };
    let last = words.last()?;
    let password = PASSWORDS.iter().any(ends)
        || PASSWORD_ENDS.iter().any(|end| last.ends_with(end))
        || (words.len() > 1 && last == "pass");
    match password {
        true => Some(Sort::Password),
        false => OTHERS.iter().any(ends).then_some(Sort::Other),
    }
}

/// A file, and no secret that happens to have slashes.
fn is_path(value: &str) -> bool {
    let has = |sort: fn(&char) -> bool| value.chars().any(|c| sort(&c));
    let is_mixed =
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let starts = ["/", "./", "../", "~/"];
    let is_relative = || {
        let of_names = |c: char| c.is_ascii_alphanumeric() || "/._-@".contains(c);
        value.matches('/').count() > 1 && value.chars().all(of_names)
    };
    (starts.iter().any(|start| value.starts_with(start)) || is_relative()) && !is_mixed
}

/// A mounted secret's path, or a word that says that there is none.
fn is_reference(value: &[u8]) -> bool {
    const PATHS: &[&[u8]] = &[b"/run/", b"/var/run/", b"file:", b"vault:"];
    PATHS.iter().any(|path| value.starts_with(path)) || value.eq_ignore_ascii_case(b"undefined")
}

/// Whether a text names a secret instead of being one: `password`, `api_key`.
pub(super) fn is_telling_word(text: &str) -> bool {
    let words = words(text);
    !words.is_empty()
        && sort(&words).is_some()
        && text
            .chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-'))
}

/// `apiKey`, `api_key`, `API-KEY` and `spring.api.key` are `api` and `key`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in key.chars() {
        let apart = matches!(character, '_' | '-' | '.');
        if apart || (character.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (apart, words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value may be a secret at all.
fn is_secret(value: &str, key: &[String], form: Form) -> bool {
    let lower = value.to_lowercase();
    let template = value.starts_with(['$', '<', '%', '(', '/', '.', '*', '{', '['])
        || [
            "${",
            "$(",
            "{{",
            "process.env",
            "os.environ",
            "getenv",
            "secrets.",
        ]
        .iter()
        .any(|part| lower.contains(part));
    // A call or a member, as code has it: `password: hash(x)`, `token: this.token,`.
    let code = form != Form::Quoted
        && (value.contains(['(', ')', ';', '<', '[', ']', '`'])
            || value.ends_with(':')
            || is_member_of_settings(value)
            || (form == Form::Apart && is_name(value)));
    let reference = [
        "http:",
        "https:",
        "env:",
        // How a build names a secret: `--secret id=x,src=y`.
        "id=",
        "type=",
        "src=",
        "env=",
        "npm:",
        "workspace:",
        "git+",
        "arn:",
        "ENC[",
    ]
    .iter()
    .any(|start| value.starts_with(start))
        || is_reference(value.as_bytes());
    let named = key.concat() == lower.replace(['_', '-', '.'], "");
    value.is_ascii()
        && !value.contains(char::is_whitespace)
        && !template
        && !code
        && !reference
        && !is_path(value)
        && !named
        && !WORDS.contains(&lower.as_str())
        && !is_version(value)
        && !is_placeholder(value.as_bytes())
}

/// A name of code: `userInput`, `user_input`, `request.body`.
fn is_name(value: &str) -> bool {
    let letters = value
        .chars()
        .all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.'));
    letters && words(value).len() > 1
}

/// A name of code as no password looks: `user_input`, `settings.db_pass`. One that only
/// capitals separate (`userInput`) may be a password.
pub(super) fn is_member(value: &str) -> bool {
    is_name(value) && value.contains(['_', '.'])
}

/// A member of what code commonly keeps settings and input in: `settings.db_pass`.
fn is_member_of_settings(value: &str) -> bool {
    const OBJECTS: &[&str] = &[
        "args",
        "cfg",
        "conf",
        "config",
        "context",
        "credentials",
        "ctx",
        "data",
        "env",
        "form",
        "options",
        "opts",
        "params",
        "props",
        "req",
        "request",
        "secrets",
        "self",
        "settings",
        "this",
        "user",
    ];
    let (object, _) = value.split_once('.').unwrap_or_default();
    is_name(value) && OBJECTS.contains(&object)
}

/// A label of a form is one word with a capital: `Password`, `Passwort`.
fn is_password(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_ascii_alphabetic());
    let label = letters && value.chars().skip(1).all(|c| c.is_ascii_lowercase());
    let capital = value.starts_with(|c: char| c.is_ascii_uppercase());
    let least = if letters { LEAST_OTHER } else { LEAST_PASSWORD };
    let is_label = label && capital || value.to_lowercase().contains("password");
    value.len() >= least && !is_label
}

/// Digits among letters, and not only as the number of a name: `db-credentials-v2`.
pub(super) fn is_random(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(char::is_ascii_alphabetic).count();
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = stem
        .chars()
        .all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '.'));
    value.len() >= LEAST_OTHER && digits > 0 && letters > 0 && !(name && digits < 4)
}

/// `^1.2.3`, `>=2.0`, `1.7.1-beta`.
fn is_version(value: &str) -> bool {
    let number = value.trim_start_matches(['^', '~', '>', '<', '=', 'v', ' ']);
    let mut parts = number.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(digits) && parts.next().is_some_and(|part| part == "x" || digits(part))
}
