//! Tables of expansions. The corpus of `tests/suite/buildkit` holds the same forms against
//! BuildKit itself.

use super::*;

fn env() -> Env {
    let mut env = Env::default();
    env.set("V", Some("v3.20.1".to_owned()));
    env.set("E", Some(String::new()));
    env.set("U", None);
    env
}

#[test]
fn variables_expand_with_their_modifiers() {
    let table = [
        ("node:$V-slim", "node:v3.20.1-slim"),
        ("${V}x", "v3.20.1x"),
        ("${X:-a}${X-b}${E:-c}${E-d}", "abc"),
        ("${V:+y}${E:+n}${X+n}", "y"),
        ("${X:-${V}}", "v3.20.1"),
        ("${V#v}", "3.20.1"),
        ("${V#*.}", "20.1"),
        ("${V##*.}", "1"),
        ("${V%.*}", "v3.20"),
        ("${V%%.*}", "v3"),
        ("${V/./-}", "v3-20.1"),
        ("${V//./-}", "v3-20-1"),
        ("${V//?./}", "v21"),
        ("${V/x/y}", "v3.20.1"),
        ("${X#a}", ""),
        (r#"'$V'"$V"\$V$"#, "$Vv3.20.1$V$"),
        (r#""a b"c"#, "a bc"),
        ("${V:?no}", "v3.20.1"),
        ("${V?}${E?}", "v3.20.1"),
    ];
    for (word, text) in table {
        let expanded = Lex::new('\\').process(word, &env()).unwrap();
        assert_eq!(expanded.text, text, "{word}");
        assert_eq!(expanded.unknown, [""; 0], "{word}");
    }
}

#[test]
fn what_is_unset_and_what_is_unknown_is_kept_apart() {
    let names = |word: &str| {
        let expanded = Lex::new('\\').process(word, &env()).unwrap();
        (expanded.unset.join(" "), expanded.unknown.join(" "))
    };
    let pair = |unset: &str, unknown: &str| (unset.to_owned(), unknown.to_owned());
    assert_eq!(names("$X${X}$U"), pair("X X", "U"));
    assert_eq!(names("${V:-$X$U}${X:-a}"), pair("", ""));
    assert_eq!(
        names("${U:-a}${U+a}${U:?}${U#a}${U/a/b}"),
        pair("", "U U U U U")
    );
    assert_eq!(names("${X:-$U}"), pair("", "U"));
}

#[test]
fn what_no_builder_expands_is_refused() {
    let message = |word: &str| Lex::new('\\').process(word, &env()).unwrap_err().message;
    assert_eq!(message("${E:?}"), "E: is not allowed to be empty");
    assert_eq!(message("${X?}"), "X: is not allowed to be unset");
    assert_eq!(message("${X:?give it}"), "X: give it");
    for word in [
        "${V", "${V:-", "${}", "${:a}", "${V:#a}", "${V^}", "${V/a}", "'a", "\"a", r"${V#\a}",
    ] {
        message(word);
    }
}

#[test]
fn hostile_words_end_with_an_error() {
    let nested = format!("{}a{}", "${X:-".repeat(100_000), "}".repeat(100_000));
    assert!(Lex::new('\\').process(&nested, &env()).is_err());
    let mut env = Env::default();
    env.set("A", Some("a".repeat(SIZE_LIMIT)));
    assert!(Lex::new('\\').process("$A$A", &env).is_err());
}

#[test]
fn words_keep_a_heredoc_together() {
    let lex = Lex {
        raw_quotes: true,
        raw_escapes: true,
        skip_unset: true,
        ..Lex::new('\\')
    };
    let words = |line: &str| lex.process(line, &Env::default()).unwrap().words;
    assert_eq!(
        words("RUN cat << EOF > /x <<-'A b' $X \"<<C\""),
        [
            "RUN", "cat", "<< EOF", ">", "/x", "<<-'A b'", "$X", "\"<<C\""
        ]
    );
}
