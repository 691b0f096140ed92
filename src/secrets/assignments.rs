//! Values that are assigned to names that speak of secrets: variables of an environment, of
//! build arguments (which stand in history before the command) and of shells, lines of TOML,
//! INI and property files, parameters of URLs, and options such as `--password=x`.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::found::Find;
use super::judge::{FOLDER, Form, is_member, is_secret_of, is_telling, is_variable_secret};
use super::value::Value;

/// A name and what stands between it and its value. A second `=` or `>` makes it code.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s;&|?{,\[("'\\-])([A-Za-z][A-Za-z0-9_.-]{0,60})(?:\\?["'])?([ \t]{0,32}=[ \t]{0,32})(?:[^\s=>]|\z)"#,
    )
    .expect("the form is compiled in")
});

/// All of them, in order.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    let mut finds = Vec::new();
    if !text.contains(&b'=') {
        return finds;
    }
    let mut from = 0;
    while let Some(found) = FORM.captures_at(text, from) {
        let (Some(name), Some(between)) = (found.get(1), found.get(2)) else {
            break;
        };
        from = between.end();
        let key = String::from_utf8_lossy(name.as_bytes());
        let before = &text[..name.start()];
        let is_of_connection = key == FOLDER && before.ends_with(b";");
        if !is_telling(&key) && !is_of_connection {
            continue;
        }
        let Some(value) = Value::read(text, from) else {
            continue;
        };
        let content = String::from_utf8_lossy(&text[value.place.clone()]);
        let form = match between.as_bytes() {
            _ if value.is_quoted() => Form::Quoted,
            b"=" => Form::Plain,
            _ => Form::Apart,
        };
        let is_variable = !key.contains(|c: char| c.is_ascii_lowercase() || matches!(c, '.' | '-'));
        // Options of a mount have no blanks: `username=a,password=correct_horse`.
        let is_next = before.ends_with(b" ") && before.trim_ascii_end().ends_with(b",");
        let is_argument = before.ends_with(b"(") || is_next;
        // `NAME = value` is no assignment of a shell: the value is written as code writes it.
        let is_secret = match form {
            Form::Quoted | Form::Plain if is_variable => is_variable_secret(&key, &content, form),
            // An argument of a call has a name, too: `connect(password=user_input)`.
            Form::Plain if is_argument && is_member(&content) => false,
            _ => is_secret_of(&key, &content, form),
        };
        if is_secret {
            let secret = value.whole(text);
            from = secret.end;
            finds.push(Find {
                start: secret.start,
                end: secret.end,
                secret,
                kind: format!("value of {key}"),
            });
        }
    }
    finds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, &str)> {
        let finds = find(text.as_bytes()).into_iter();
        finds.map(|find| (find.kind, &text[find.secret])).collect()
    }

    #[test]
    fn values_of_telling_names_are_found() {
        for (text, name, value) in [
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD", "hunter2"),
            ("RUN MYSQL_PWD=hunter2; mysql", "MYSQL_PWD", "hunter2"),
            ("ENV DB_PASS=letmein1", "DB_PASS", "letmein1"),
            ("SSHPASS='two words'", "SSHPASS", "two words"),
            ("API_KEY=onlyletters", "API_KEY", "onlyletters"),
            ("GPG_PASSPHRASE=\"a b c d\"", "GPG_PASSPHRASE", "a b c d"),
            (
                "db_password = \"correct-horse\"",
                "db_password",
                "correct-horse",
            ),
            ("db_password=correcthorse", "db_password", "correcthorse"),
            ("password     = l0ngenough ; x", "password", "l0ngenough"),
            (
                "spring.datasource.password=l0ngenough",
                "spring.datasource.password",
                "l0ngenough",
            ),
            (
                "java -Ddb.password=l0ngenough x",
                "Ddb.password",
                "l0ngenough",
            ),
            ("x --password=l0ngenough", "password", "l0ngenough"),
            ("[\"x\", \"--api-key=a1b2c3d4e5\"]", "api-key", "a1b2c3d4e5"),
            ("https://h/?a=1&token=a1b2c3d4e5f6", "token", "a1b2c3d4e5f6"),
            ("clientSecret=a1b2c3d4e5f6", "clientSecret", "a1b2c3d4e5f6"),
            (
                "{ password = \"tr0ub4dor\", x = 1 }",
                "password",
                "tr0ub4dor",
            ),
            (
                "echo \"db_password = \\\"tr0ub4dor\\\"\" > x",
                "db_password",
                "tr0ub4dor",
            ),
            ("x --password=correct_horse", "password", "correct_horse"),
            ("password=correctHorse", "password", "correctHorse"),
            ("password=correct_horse", "password", "correct_horse"),
            ("db.password=correct.horse", "db.password", "correct.horse"),
            (
                "mount -o username=me,password=correct_horse x",
                "password",
                "correct_horse",
            ),
            ("UID=sa;PWD=hunter2x", "PWD", "hunter2x"),
            (
                "MY_SECRET_KEY=wJalrXUt/K7MDENG/bPxRfiCYQ",
                "MY_SECRET_KEY",
                "wJalrXUt/K7MDENG/bPxRfiCYQ",
            ),
            ("MYSQL_PWD=l0ngenough", "MYSQL_PWD", "l0ngenough"),
            ("PASSWORD=a,b\"cdefgh", "PASSWORD", "a,b\"cdefgh"),
        ] {
            assert_eq!(found(text), [(format!("value of {name}"), value)], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_value_is_none() {
        for text in [
            "PASSWORD=",
            "PASSWORD= x",
            "PASSWORD=\"\"",
            "PASSWORD=$OTHER",
            "PASSWORD=\"${OTHER}\"",
            "PASSWORD=`cat x`",
            "PASSWORD=$(cat /x)",
            "PASSWORD=%PASSWORD%",
            "PASSWORD=<password>",
            "PASSWORD=REDACTED",
            "PASSWORD=redacted-value",
            "PASSWORD=********",
            "PASSWORD=changeme",
            "DB_PASSWORD=/run/secrets/db",
            "DB_PASSWORD=/etc/app/db.txt",
            "DB_PASSWORD=./secrets/db.txt",
            "PASSWORD_FILE=/etc/app/pw1",
            "PWD=/builds/project",
            "OLDPWD=/builds/project",
            "PWD=C:\\builds\\project",
            "PWD=builds-1",
            "connect(password=user_input, user=x)",
            "connect(password=user_input)",
            "connect(user, password=user_input)",
            "cd x; PWD=builds-1",
            "password=settings.db_pass",
            "password=self.settings.DB_PASS",
            "DB_PASSWORD=secrets/production/db",
            "password=config/keys/db-1.txt",
            "TOKEN=undefined",
            "PASSWORD=true",
            "password = getPassword()",
            "password = request.body",
            "password = user_input",
            "password = userInput",
            "password=password",
            "password == l0ngenough",
            "password => l0ngenough",
            "password != l0ngenough",
            "const token = tokens[0]",
            "token=os.environ['X1234567']",
            "max_tokens=4096",
            "--mount=type=secret,id=npm_token,target=/root/.npmrc",
            "--password-file=/a/b1",
            "secret=my-secret-2",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
