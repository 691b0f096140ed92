//! The live view in a pseudo-terminal, which `script` of util-linux opens.
//!
//! A run on the fake engine needs no sleeping and shows every stage. Each of these tests starts
//! itself again in the terminal.

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use clap::Parser;
use plimsoll::cli::{
    Cli, Command as Subcommand, Environments, Exit, Failure, Printer, RunEnvironment, Seams, run,
};
use plimsoll::record::{EngineChoice, HostFacts, ImageStore};
use plimsoll::units::{Bytes, Count};

use crate::fake::faults::{Fault, Strike};
use crate::fake::{FakeClock, FakeEngine, FakeProbe, FakeRegistry};
use crate::pipeline::GOOD;
use crate::pipeline::home::Home;

/// Set for the test inside of the terminal.
const INSIDE: &str = "LIVE_VIEW_INSIDE";

const ROWS: usize = 24;
const COLUMNS: usize = 80;

/// What begins a frame of live lines, and what ends it.
const FRAME: [&str; 2] = ["\x1b[?7l", "\x1b[?7h"];

struct UserEngine(FakeRegistry);

impl Environments<FakeEngine, FakeProbe> for UserEngine {
    async fn open(
        &self,
        _: &str,
        _: EngineChoice,
        _: &ImageStore,
    ) -> Result<RunEnvironment<FakeEngine, FakeProbe>, Failure> {
        Ok(RunEnvironment {
            room: None,
            puller: Err("no engine with an empty store".to_owned()),
            registry: Arc::new(self.0.clone()),
        })
    }

    async fn close(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Runs `plimsoll run app` on the streams of this process. With a fault, the second build meets
/// it; with [`Fault::None`], the user stops the run then.
async fn measured(home: &Home, fault: Option<Fault>) -> Result<Exit, Failure> {
    let path = home.path().display().to_string();
    let words = ["plimsoll", "--host", "", "--home", &path];
    let words = [&words[..], &["run", "app", "--profile", "quick"]].concat();
    let cli = Cli::try_parse_from(&words).unwrap();
    let Subcommand::Run(args) = cli.command else {
        panic!("`run` is another command");
    };
    let clock = Arc::new(FakeClock::new());
    let seams = Seams {
        engine: Arc::new(home.engine.clone()),
        probe: Arc::new(FakeProbe {
            engine: home.engine.clone(),
            clock: clock.clone(),
        }),
        clock,
        environments: UserEngine(home.registry.clone()),
        host: HostFacts {
            os: "Test OS".to_owned(),
            kernel: "6.0".to_owned(),
            cpu: "test".to_owned(),
            cpus: Count(2),
            memory_bytes: Bytes(1),
            load: None,
            virtualisation: None,
        },
        revision: None,
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        scanners: None,
        stop: home.stop.clone(),
    };
    let meeting = fault.map(|fault| {
        home.engine.arm(Strike {
            verb: "build",
            about: "",
            nth: 2,
            fault,
        })
    });
    let strikes = async {
        if let Some(meeting) = meeting {
            meeting.reached().await;
            if fault == Some(Fault::None) {
                home.stop.cancel();
            }
            meeting.go_on();
        }
    };
    let mut printer = Printer::standard();
    let (outcome, ()) = tokio::join!(run(&cli.place, &args, seams, &mut printer), strikes);
    if let Err(failure) = &outcome {
        printer.talk_lines(&failure.to_string());
    }
    outcome
}

/// The run inside of the terminal, if this is it.
fn is_inside(fault: Option<Fault>) -> Option<Result<Exit, Failure>> {
    std::env::var_os(INSIDE)?;
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().start_paused(true).build().unwrap();
    let home = Home::new(&[("good", GOOD)]);
    Some(runtime.block_on(measured(&home, fault)))
}

/// The command that starts a test of this module again.
fn again(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "'{}' live_view::{test} --exact --nocapture --test-threads 1 --color never",
        program.display()
    )
}

/// What a command printed in a terminal, and its exit code. None without a `script` that can be
/// used.
fn in_terminal(command: &str, variables: &[(&str, &str)]) -> Option<(i32, String)> {
    let version = Command::new("script").arg("--version").output();
    let is_known = |output: Output| String::from_utf8_lossy(&output.stdout).contains("util-linux");
    if !version.is_ok_and(is_known) {
        println!("skipped: there is no `script` of util-linux");
        return None;
    }
    let command = format!(
        "stty rows {ROWS} cols {COLUMNS}; stty -g; {command}; code=$?; stty -g; exit $code"
    );
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env_remove("CI")
        .env(INSIDE, "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The first and the last line are the terminal's settings.
    let (before, text) = text.trim_end().split_once('\n').unwrap();
    let (text, after) = text.rsplit_once('\n').unwrap();
    assert_eq!(before.trim_end(), after, "{text}");
    Some((output.status.code().unwrap(), text.to_owned()))
}

/// The rows of a terminal after a text, with those that scrolled out of it. It knows no other
/// escapes than those of the live view: neither colours nor a hidden cursor.
fn rows(text: &str) -> Vec<String> {
    let (mut rows, mut row, mut column) = (vec![Vec::new()], 0_usize, 0_usize);
    let mut wraps = true;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\r' => column = 0,
            '\n' => row += 1,
            '\x1b' => {
                assert_eq!(rest.next(), Some('['));
                let mut number = String::new();
                let end = loop {
                    match rest.next().unwrap() {
                        end if end.is_ascii_alphabetic() => break end,
                        digit => number.push(digit),
                    }
                };
                match (number.as_str(), end) {
                    (up, 'A') => row -= up.parse::<usize>().unwrap(),
                    ("", 'J') => {
                        rows.truncate(row + 1);
                        rows[row].truncate(column);
                    }
                    ("2", 'K') => rows[row].clear(),
                    ("?7", 'l') => wraps = false,
                    ("?7", 'h') => wraps = true,
                    (number, end) => panic!("unknown escape: {number}{end}"),
                }
            }
            character => {
                assert!(!character.is_control(), "{character:?}");
                if column == COLUMNS {
                    assert!(wraps, "a live line is too long: {text}");
                    (row, column) = (row + 1, 0);
                }
                rows.resize_with(rows.len().max(row + 1), Vec::new);
                let line: &mut Vec<char> = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = character;
                column += 1;
            }
        }
        rows.resize_with(rows.len().max(row + 1), Vec::new);
    }
    assert!(wraps, "wrapping is still off");
    rows.into_iter()
        .map(|row| row.into_iter().collect())
        .collect()
}

#[test]
fn the_rows_of_a_terminal_are_those_of_a_real_one() {
    let text = "one\r\n\x1b[?7l\x1b[2Klive\r\n\x1b[J\x1b[?7h\r\x1b[1A\x1b[Jtwo\r\n";
    assert_eq!(rows(text), ["one", "two", ""]);
}

/// Checks what a run leaves on the screen: lines of the visits and what is said at the end, and no
/// live line.
fn check(text: &str, said: &str) {
    let frames = FRAME.map(|escape| text.matches(escape).count());
    assert!(frames[0] > 0 && frames[0] == frames[1], "{text}");
    assert!(text.contains(" visits, "), "{text}");
    let rows = rows(text);
    let shown = rows.join("\n");
    assert!(rows.iter().any(|row| row.contains(said)), "{shown}");
    assert!(!shown.contains(" so far"), "{shown}");
    assert!(!shown.contains(" visits, "), "{shown}");
}

#[test]
fn a_whole_run_leaves_its_lines_and_its_table() {
    const TEST: &str = "a_whole_run_leaves_its_lines_and_its_table";
    if let Some(outcome) = is_inside(None) {
        assert_eq!(outcome.unwrap(), Exit::Fine);
        return;
    }
    let Some((code, text)) = in_terminal(&again(TEST), &[]) else {
        return;
    };
    assert_eq!(code, 0, "{text}");
    check(&text, "results in ");
    let visit = " app/good: ";
    assert!(rows(&text).iter().any(|row| row.contains(visit)), "{text}");
}

#[test]
fn an_engine_that_fails_leaves_an_error_and_no_live_lines() {
    const TEST: &str = "an_engine_that_fails_leaves_an_error_and_no_live_lines";
    if let Some(outcome) = is_inside(Some(Fault::Gone)) {
        assert!(outcome.is_err());
        return;
    }
    let Some((code, text)) = in_terminal(&again(TEST), &[]) else {
        return;
    };
    assert_eq!(code, 0, "{text}");
    check(&text, "error: ");
    let shown = rows(&text);
    assert!(shown.iter().any(|row| row.starts_with("error: ")), "{text}");
}

#[test]
fn a_run_that_is_stopped_leaves_no_live_lines() {
    const TEST: &str = "a_run_that_is_stopped_leaves_no_live_lines";
    if let Some(outcome) = is_inside(Some(Fault::None)) {
        assert_eq!(outcome.unwrap(), Exit::Interrupted);
        return;
    }
    let Some((code, text)) = in_terminal(&again(TEST), &[]) else {
        return;
    };
    assert_eq!(code, 0, "{text}");
    check(&text, "interrupted; what was measured is kept");
    let (_, after) = text.rsplit_once(FRAME[1]).unwrap();
    assert!(after.contains("stopping: "), "{text}");
}

#[test]
fn without_a_cursor_in_ci_and_in_a_pipe_there_are_lines_only() {
    const TEST: &str = "without_a_cursor_in_ci_and_in_a_pipe_there_are_lines_only";
    if let Some(outcome) = is_inside(None) {
        assert_eq!(outcome.unwrap(), Exit::Fine);
        return;
    }
    let mut texts = vec![piped(&again(TEST))];
    for variable in [("TERM", "dumb"), ("TERM", ""), ("CI", "true")] {
        let shown = in_terminal(&again(TEST), &[variable]);
        texts.extend(shown.map(|(_, text)| text));
    }
    for text in texts {
        assert!(!text.contains('\x1b'), "{text}");
        assert!(text.contains(" app/good ... ("), "{text}");
        assert!(text.contains(" app/good: "), "{text}");
    }
}

/// What a command prints on stderr without a terminal.
fn piped(command: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", command])
        .env("TERM", "xterm")
        .env_remove("CI")
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_program_without_an_engine_leaves_the_terminal_as_it_was() {
    let command = format!(
        "'{}' --home '{}' run go",
        env!("CARGO_BIN_EXE_plimsoll"),
        env!("CARGO_MANIFEST_DIR")
    );
    let host = ("DOCKER_HOST", "unix:///nowhere/plimsoll.sock");
    let Some((code, text)) = in_terminal(&command, &[host]) else {
        return;
    };
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with("error: "), "{text}");
    assert!(text.contains("/nowhere/plimsoll.sock"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
}
