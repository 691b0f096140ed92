use super::*;
use crate::engine::Secret;

/// A reader that gives a few bytes at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(into.len()).min(self.0.len());
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn search(tokens: &[&str]) -> Search {
    let planted: Vec<_> = tokens
        .iter()
        .map(|token| Planted {
            token: Secret((*token).to_owned()),
        })
        .collect();
    Search::new(&planted).unwrap()
}

fn streamed(search: &Search, text: &[u8], step: usize) -> Vec<Hit> {
    let (mut hits, mut buffer) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    let total = search
        .stream(
            &mut Drops(text, step),
            Depth::General,
            &mut buffer,
            &mut |bytes| seen.extend_from_slice(bytes),
            &mut hits,
        )
        .unwrap();
    assert_eq!(total, text.len() as u64);
    assert!(seen == text, "what was read is handed on as it is");
    hits
}

fn kinds(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.kind.as_str()).collect()
}

/// Put together here, so that no scanner takes this file for a leak.
fn made_up(start: &str, length: usize) -> String {
    let letters = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ";
    start
        .chars()
        .chain(letters.chars().cycle().take(length))
        .collect()
}

#[test]
fn a_planted_token_is_found_across_every_border() {
    let token = "plimsoll-0123456789abcdef";
    let search = search(&[token]);
    let border = BUFFER_BYTES;
    for at in [
        0,
        1,
        border - 1100,
        border - 1024,
        border - 13,
        border - 1,
        border,
        border + 5,
    ] {
        let mut text = vec![b'.'; at];
        text.extend_from_slice(token.as_bytes());
        text.extend_from_slice(&vec![b'.'; 3 * border / 2]);
        let hits = streamed(&search, &text, 4093);
        assert_eq!(kinds(&hits), ["planted token"], "at {at}");
        assert_eq!(hits[0].masked, "plim…");
        assert!(hits[0].planted);
    }
    assert!(streamed(&search, &token.as_bytes()[1..], 7).is_empty());
    // At the very end of a file, byte by byte.
    assert_eq!(
        kinds(&streamed(&search, token.as_bytes(), 1)),
        ["planted token"]
    );
}

#[test]
fn a_planted_token_is_found_in_base64_wherever_it_begins() {
    let token = "tok?n~with>odd-bytes\u{fc}";
    let search = search(&[&format!("{token}\n")]);
    for engine in [
        &base64::engine::general_purpose::STANDARD,
        &base64::engine::general_purpose::URL_SAFE,
    ] {
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", "\n", "\n{}"] {
                let plain = format!("{before}{token}{after}");
                let text = base64::Engine::encode(engine, plain);
                let hits = streamed(&search, format!("auth {text}").as_bytes(), 100);
                assert_eq!(
                    kinds(&hits),
                    ["planted token in base64"],
                    "{before:?} {after:?}"
                );
            }
        }
    }
}

#[test]
fn an_empty_token_is_no_token() {
    assert!(search(&["", "\n"]).tokens.is_empty());
    assert!(streamed(&search(&[""]), b"text", 9).is_empty());
    // Too short for base64: chance would find it.
    assert!(search(&["abc"]).planted(b"YWJj").is_none());
    assert!(search(&["abc"]).planted(b"xabcx").is_some());
}

#[test]
fn a_planted_token_of_a_known_form_is_reported_once() {
    let token = made_up("npm_", 36);
    let search = search(&[&token]);
    let line = format!("//registry.npmjs.org/:_authToken={token}\nNPM_TOKEN={token}\n");
    assert_eq!(kinds(&search.text(line.as_bytes())), ["planted token"]);
}

#[test]
fn forms_of_known_issuers_are_found_and_masked() {
    let search = search(&[]);
    for (text, kind) in [
        (
            format!("id={}", made_up("AKIA", 0) + "Q3EXDVK7J2MWN5PT"),
            "AWS access key id",
        ),
        (format!("x {} y", made_up("ghp_", 36)), "GitHub token"),
        (
            format!("{}_{}", made_up("github_pat_", 22), made_up("", 59)),
            "GitHub token",
        ),
        (made_up("glpat-", 20), "GitLab token"),
        (format!("\"{}\"", made_up("npm_", 36)), "npm token"),
        (
            made_up("xoxb-", 0) + "123456789012-" + &made_up("", 24),
            "Slack token",
        ),
        (made_up("sk_live_", 24), "Stripe key"),
        (
            format!("//r.example.com/:_authToken={}", "f00dba5e-1234"),
            "registry credential",
        ),
    ] {
        for step in [3, 1 << 16] {
            let hits = streamed(&search, text.as_bytes(), step);
            assert_eq!(kinds(&hits), [kind], "{kind}");
            assert!(hits[0].masked.chars().count() <= 5, "{}", hits[0].masked);
            assert!(!hits[0].planted);
        }
    }
}

#[test]
fn a_private_key_needs_a_body() {
    let search = search(&[]);
    let body = made_up("MII", 61);
    let (head, foot) = (
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
    );
    for text in [
        format!("{head}\n{body}\n{foot}\n"),
        format!("{head}\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES,00\r\n\r\n{body}\r\n"),
        format!("key = \"{}\\n{body}\\n\"", head.replace("RSA ", "")),
        format!(
            "  \"{}\\n\" +\n  \"{body}\\n\"",
            head.replace("RSA", "OPENSSH")
        ),
    ] {
        assert_eq!(
            kinds(&streamed(&search, text.as_bytes(), 50)),
            [PRIVATE_KEY],
            "{text}"
        );
    }
    for text in [
        // What programs and manuals hold of it.
        format!("{head}\0{foot}\0"),
        format!("{head}\n...\n{foot}\n"),
        format!("{head}\n{}\n{foot}\n", "A".repeat(64)),
        format!("{}\n{body}\n", head.replace("PRIVATE", "PUBLIC")),
        format!("{}\n{body}\n", head.replace("PRIVATE", "TESTING")),
    ] {
        assert!(streamed(&search, text.as_bytes(), 50).is_empty(), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_secret_is_none() {
    let search = search(&[]);
    for text in [
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "AKIAAAAAAAAAAAAAAAAA".to_owned(),
        made_up("AKIA", 0) + "Q3EXDVK7J2MWN5PTX",
        made_up("xghp_", 36),
        made_up("npm_", 35),
        format!("npm_{}", "x".repeat(36)),
        "npm_config_registry npm_package_json".to_owned(),
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}".to_owned(),
        "//registry.npmjs.org/:_authToken=<token-here>".to_owned(),
        "NPM_TOKEN=$(cat /run/secrets/npm) npm ci".to_owned(),
        "NPM_TOKEN=\"$TOKEN\"".to_owned(),
        "DB_PASSWORD=changeme123".to_owned(),
        "DB_PASSWORD_FILE=/run/secrets/db_password".to_owned(),
        "DB_PASSWORD=/run/secrets/db_password".to_owned(),
        "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305".to_owned(),
        "max_token=12345678".to_owned(),
        "API_KEY=".to_owned(),
        "ARG NPM_TOKEN".to_owned(),
    ] {
        let hits = search.text(text.as_bytes());
        assert!(hits.is_empty(), "{text}: {hits:?}");
    }
}

#[test]
fn assignments_are_found_in_texts_alone() {
    let search = search(&[]);
    for (text, kind) in [
        ("JWT_SECRET=s3cr3t-value-here", "value of JWT_SECRET"),
        (
            "RUN |1 NPM_TOKEN=0123456789ab /bin/sh -c npm ci",
            "value of NPM_TOKEN",
        ),
        (
            "A=1\nexport DB_PASSWORD='correct-horse'\n",
            "value of DB_PASSWORD",
        ),
    ] {
        let hits = search.text(text.as_bytes());
        assert_eq!(kinds(&hits), [kind]);
        assert!(streamed(&search, text.as_bytes(), 10).is_empty());
    }
}
