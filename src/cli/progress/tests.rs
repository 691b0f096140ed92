//! The lines of recorded events, and the live view of a run at each of its stages.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::columns::width;
use super::frame::lines;
use super::*;
use crate::cli::screen::TerminalSize;
use crate::record::{Metric, Outcome, case_id};
use crate::units::{Bytes, Nanos, Quantity};

const STEP: &str = "[builder 4/4] RUN go build -trimpath -o /app ./cmd/server && strip /app";
const TOKEN: &str = "ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d";

fn visit(variant: &str, round: u32, done: usize) -> Event {
    Event::Visit {
        case: case_id("go", variant),
        round,
        rounds: 2,
        warmup: false,
        done,
        visits: 4,
    }
}

fn phase(metric: Metric) -> Event {
    Event::Phase { metric }
}

fn step(name: &str) -> Event {
    Event::Step {
        name: name.to_owned(),
    }
}

fn sample(variant: &str, metric: Metric, value: Quantity) -> Event {
    Event::Sample {
        case: case_id("go", variant),
        metric,
        link: None,
        outcome: Outcome::Ok { value },
        expected: false,
    }
}

fn visited(variant: &str, failed: Option<&str>) -> Event {
    Event::Visited {
        case: case_id("go", variant),
        failed: failed.map(str::to_owned),
        expected: false,
    }
}

fn results(variant: &str, size: u64, cold: u64, ready: u64) -> [Event; 3] {
    let time = |millis| Quantity::Time(Nanos::from_millis(millis));
    [
        sample(variant, Metric::SizeUnpacked, Quantity::Bytes(Bytes(size))),
        sample(variant, Metric::BuildCold, time(cold)),
        sample(variant, Metric::StartReady, time(ready)),
    ]
}

/// Two variants in two rounds, each event with its second.
fn recorded() -> Vec<(u64, Event)> {
    let mut events = vec![
        (0, visit("scratch", 1, 0)),
        (1, phase(Metric::BuildCold)),
        (2, step("[builder 2/4] RUN go mod download")),
        (23, phase(Metric::StartReady)),
    ];
    events.extend(results("scratch", 7_470_000, 21_800, 281).map(|event| (24, event)));
    events.push((24, visited("scratch", None)));
    events.push((24, visit("distroless", 1, 1)));
    events.extend(results("distroless", 24_100_000, 26_040, 301).map(|event| (54, event)));
    events.extend([
        (54, visited("distroless", None)),
        (54, visit("scratch", 2, 2)),
        (55, phase(Metric::BuildCold)),
        (56, step(STEP)),
        (74, visited("scratch", Some("exit code 1"))),
        (74, visit("distroless", 2, 3)),
        (80, Event::Warning(format!("a\tb {TOKEN} \u{1b}[2J"))),
        (81, visited("distroless", None)),
        (
            81,
            Event::MoreRounds {
                rounds: 1,
                order: vec![case_id("go", "scratch"); 5],
            },
        ),
        (90, Event::Cleanup("removing images")),
    ]);
    events
}

fn planned() -> RunProgress {
    let order = ["scratch", "distroless", "scratch", "distroless"];
    RunProgress::new(order.map(|one| case_id("go", one)).to_vec())
}

/// The state at a second of the recorded run.
fn state_at(second: u64) -> RunProgress {
    let mut progress = planned();
    for (at, event) in recorded() {
        if at <= second {
            progress.on_event(event, Duration::from_secs(at));
        }
    }
    progress
}

fn drawn(second: u64, columns: usize) -> Vec<String> {
    lines(&state_at(second), Duration::from_secs(second), columns)
}

#[test]
fn each_visit_has_a_line_when_it_begins_and_when_it_ends() {
    let mut progress = planned();
    let lines: Vec<_> = recorded()
        .into_iter()
        .filter_map(|(at, event)| progress.on_event(event, Duration::from_secs(at)))
        .collect();
    let begins = |line: &str| ProgressLine::Begins(line.to_owned());
    let lasting = |line: &str| ProgressLine::Lasting(line.to_owned());
    let masked = match &lines[7] {
        ProgressLine::Lasting(line) => line.clone(),
        line => panic!("{line:?}"),
    };
    assert!(masked.starts_with("warning: a b "), "{masked}");
    assert!(masked.ends_with(" \\u001b[2J"), "{masked}");
    assert!(!masked.contains(&TOKEN[..12]), "{masked}");
    assert_eq!(
        lines,
        [
            begins("[1/4] round 1/2 go/scratch ... (0 s so far)"),
            lasting(
                "[1/4] round 1/2 go/scratch: unpacked 7.47 MB, cold build 21.8 s, ready 281 ms [24 s]"
            ),
            begins("[2/4] round 1/2 go/distroless ... (24 s so far, about 1 min 12 s left)"),
            lasting(
                "[2/4] round 1/2 go/distroless: unpacked 24.1 MB, cold build 26.0 s, ready 301 ms [30 s]"
            ),
            begins("[3/4] round 2/2 go/scratch ... (54 s so far, about 54 s left)"),
            lasting("[3/4] round 2/2 go/scratch: DNF: exit code 1 [20 s]"),
            begins("[4/4] round 2/2 go/distroless ... (1 min 14 s so far, about 30 s left)"),
            lasting(&masked),
            lasting("[4/4] round 2/2 go/distroless:  [7 s]"),
            lasting("1 further rounds, because some verdicts are open"),
            lasting("stopping: removing images"),
        ]
    );
}

#[test]
fn a_warm_up_and_failures_are_named() {
    let mut progress = RunProgress::new(vec![case_id("go", "scratch")]);
    let warmup = Event::Visit {
        case: case_id("go", "scratch"),
        round: 1,
        rounds: 2,
        warmup: true,
        done: 0,
        visits: 1,
    };
    let mut on_event = |event| progress.on_event(event, Duration::ZERO);
    let begins = "[1/1] warm-up round 1/2 go/scratch ... (0 s so far)";
    assert_eq!(
        on_event(warmup),
        Some(ProgressLine::Begins(begins.to_owned()))
    );
    for (metric, expected) in [(Metric::StopTime, true), (Metric::StartReady, false)] {
        let (case, reason) = (case_id("go", "scratch"), "it hangs".to_owned());
        let outcome = Outcome::Dnf { reason };
        let event = Event::Sample {
            case,
            metric,
            link: None,
            outcome,
            expected,
        };
        assert_eq!(on_event(event), None);
    }
    let line = "[1/1] warm-up round 1/2 go/scratch: stop dnf as expected (it hangs), \
                ready dnf (it hangs) [0 s]";
    assert_eq!(
        on_event(visited("scratch", None)),
        Some(ProgressLine::Lasting(line.to_owned()))
    );
}

#[test]
fn a_run_is_drawn_in_a_wide_a_usual_and_a_narrow_terminal() {
    let bar = "████████████░░░░░░░░░░░░ 2/4 visits, 1 min 05 s so far, about 43 s left";
    let table = [
        "best so far    unpacked  cold build   ready",
        "go/scratch      7.47 MB      21.8 s  281 ms",
        "go/distroless   24.1 MB      26.0 s  301 ms",
    ];
    let wide = format!("round 2/2 go/scratch: cold build 10 s · {STEP}");
    assert_eq!(drawn(65, 200), [bar, &wide, table[0], table[1], table[2]]);
    let usual = "round 2/2 go/scratch: cold build 10 s · [builder 4/4] RUN go build -trimpath -…";
    assert_eq!(drawn(65, 80), [bar, usual, table[0], table[1], table[2]]);
    assert_eq!(
        drawn(65, 40),
        [
            "██░░░ 2/4 visits, about 43 s left",
            "round 2/2 go/scratch: cold build 10 s",
            "best so far    unpacked  cold build",
            "go/scratch      7.47 MB      21.8 s",
            "go/distroless   24.1 MB      26.0 s",
        ]
    );
}

#[test]
fn the_first_result_shows_while_the_rest_goes_on() {
    assert_eq!(
        drawn(13, 80),
        [
            "░░░░░░░░░░░░░░░░░░░░░░░░ 0/4 visits, 13 s so far",
            "round 1/2 go/scratch: cold build 12 s · [builder 2/4] RUN go mod download",
        ]
    );
    assert_eq!(
        drawn(24, 80),
        [
            "██████░░░░░░░░░░░░░░░░░░ 1/4 visits, 24 s so far, about 1 min 12 s left",
            "round 1/2 go/distroless: begins",
            "best so far  unpacked  cold build   ready",
            "go/scratch    7.47 MB      21.8 s  281 ms",
        ]
    );
}

#[test]
fn without_visits_and_between_them_there_are_two_lines() {
    let none = RunProgress::new(Vec::new());
    assert_eq!(
        lines(&none, Duration::ZERO, 80),
        [
            "░░░░░░░░░░░░░░░░░░░░░░░░ 0/0 visits, 0 s so far",
            "all visits are done"
        ]
    );
    let before = RunProgress::new(vec![case_id("go", "scratch")]);
    assert_eq!(
        lines(&before, Duration::ZERO, 40),
        ["░░░░░░░░ 0/1 visits, 0 s so far", "next: go/scratch"]
    );
}

/// A run of a variant with this name, in its cold build.
fn building(scenario: &str, variant: &str, name: &str) -> RunProgress {
    let case = case_id(scenario, variant);
    let mut progress = RunProgress::new(vec![case.clone()]);
    let visit = Event::Visit {
        case: case.clone(),
        round: 1,
        rounds: 1,
        warmup: false,
        done: 0,
        visits: 1,
    };
    for mut event in [visit, phase(Metric::BuildCold), step(name)]
        .into_iter()
        .chain(results("", 7_470_000, 21_800, 281).into_iter().take(2))
    {
        if let Event::Sample { case: of, .. } = &mut event {
            *of = case.clone();
        }
        progress.on_event(event, Duration::ZERO);
    }
    progress
}

#[test]
fn names_in_any_script_are_cut_at_a_column() {
    let long = format!("RUN echo 日本語の長い名前 {}", "x".repeat(100_000));
    let progress = building("größe-日本語-サービス", "構築-🚀", &long);
    let drawn = |columns| lines(&progress, Duration::from_secs(3), columns);
    let case = "größe-日本語-サービス/構築-🚀";
    assert_eq!(
        drawn(80)[1..],
        [
            format!("round 1/1 {case}: cold build 3 s · RUN echo 日本語の長…"),
            "best so far                    unpacked  cold build  ready".to_owned(),
            format!("{case}   7.47 MB      21.8 s      -"),
        ]
    );
    assert_eq!(
        drawn(40)[1..],
        [
            "構築-🚀: cold build 3 s · RUN echo 日…",
            "best so far        unpacked  cold build",
            "größe-日本語-サ…    7.47 MB      21.8 s",
        ]
    );
    let wide = &drawn(200)[1];
    assert!(wide.ends_with("xxx…"), "{wide}");
    assert_eq!(width(wide), 199);
    for columns in 0..220 {
        for line in drawn(columns) {
            assert!(
                width(&line) <= columns.saturating_sub(1),
                "{columns}: {line}"
            );
        }
    }
}

#[test]
fn secrets_and_control_characters_are_not_drawn() {
    let name = format!("RUN\n curl -H \"x: {TOKEN}\" \u{1b}]0;title\u{7} \u{202e}");
    let progress = building("go", "scratch\u{1b}[2J", &name);
    for columns in 20..200 {
        for line in lines(&progress, Duration::ZERO, columns) {
            assert!(!line.contains(char::is_control), "{columns}: {line}");
            assert!(!line.contains('\u{202e}'), "{columns}: {line}");
            assert!(!line.contains(&TOKEN[..12]), "{columns}: {line}");
        }
    }
}

#[test]
fn the_table_has_the_variants_that_were_measured_last() {
    let mut progress = RunProgress::new(Vec::new());
    for variant in ["a", "b", "c", "d", "a"] {
        for event in results(variant, 1_000_000, 1_000, 1) {
            progress.on_event(event, Duration::ZERO);
        }
    }
    let drawn = lines(&progress, Duration::ZERO, 80);
    assert_eq!(
        drawn[2..],
        [
            "best so far, last 3 of 4  unpacked  cold build    ready",
            "go/c                       1.00 MB      1.00 s  1.00 ms",
            "go/d                       1.00 MB      1.00 s  1.00 ms",
            "go/a                       1.00 MB      1.00 s  1.00 ms",
        ]
    );
}

#[test]
fn nothing_is_drawn_in_the_first_second_of_a_phase_and_under_load() {
    let mut progress = state_at(23);
    let millis = Duration::from_millis;
    assert!(!progress.may_be_drawn(millis(23_000)));
    assert!(!progress.may_be_drawn(millis(23_999)));
    assert!(progress.may_be_drawn(millis(24_000)));
    progress.on_event(phase(Metric::ServeRps), millis(24_000));
    assert!(!progress.may_be_drawn(millis(99_000)));
    progress.on_event(visited("scratch", None), millis(99_000));
    assert!(progress.may_be_drawn(millis(99_000)));
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn frames(&self) -> usize {
        self.text().matches("\x1b[?7l").count()
    }
}

/// A display on a terminal of so many rows.
fn live(rows: usize) -> (Display, Written, CancellationToken) {
    let (written, stop) = (Written::default(), CancellationToken::new());
    let size = move || TerminalSize { columns: 80, rows };
    let screen = Screen::new(Box::new(written.clone()), Box::new(size));
    let sink = Arc::new(Mutex::new(screen.clone()));
    let order = vec![case_id("go", "scratch"); 4];
    let display = Display::new(order, Some(screen), sink, stop.clone());
    (display, written, stop)
}

#[test]
fn without_a_screen_each_line_is_written_as_it_is() {
    let written = Written::default();
    let sink = Arc::new(Mutex::new(written.clone()));
    let mut display = Display::new(Vec::new(), None, sink, CancellationToken::new());
    for event in [
        visit("scratch", 1, 0),
        phase(Metric::BuildCold),
        step(STEP),
        Event::Warning("late".to_owned()),
        visited("scratch", Some("it\nhangs")),
    ] {
        display.on_event(event);
    }
    drop(display);
    assert_eq!(
        written.text(),
        "[1/4] round 1/2 go/scratch ... (0 s so far)\n\
         warning: late\n\
         [1/4] round 1/2 go/scratch: DNF: it hangs [0 s]\n"
    );
}

#[test]
fn a_live_view_shows_lasting_lines_and_erases_itself() {
    let (mut display, written, _) = live(24);
    display.on_event(visit("scratch", 1, 0));
    assert_eq!(written.frames(), 1);
    // The builder's steps draw nothing by themselves.
    display.on_event(phase(Metric::BuildCold));
    let before = written.text();
    display.on_event(step(STEP));
    assert_eq!(written.text(), before);
    display.on_event(visited("scratch", Some("it hangs")));
    drop(display);
    let text = written.text();
    assert!(!text.contains("so far)\n"), "{text}");
    assert!(
        text.contains("\x1b[J[1/4] round 1/2 go/scratch: DNF: it hangs ["),
        "{text}"
    );
    assert!(text.ends_with("\r\x1b[2A\x1b[J"), "{text}");
}

#[test]
fn a_live_view_ends_at_a_stop_and_fits_few_rows() {
    let (mut display, written, stop) = live(2);
    display.on_event(visit("scratch", 1, 0));
    assert_eq!(written.text().matches("\x1b[2K").count(), 1);
    stop.cancel();
    display.on_event(Event::Cleanup("removing images"));
    display.on_event(phase(Metric::BuildCold));
    drop(display);
    assert_eq!(written.frames(), 1);
    let text = written.text();
    let end = "\r\x1b[1A\x1b[Jstopping: removing images\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn events_in_a_row_draw_ten_frames_a_second() {
    let (mut display, written, _) = live(24);
    for _ in 0..1000 {
        display.on_event(visit("scratch", 1, 0));
    }
    drop(display);
    // A slow machine takes more than a second for them.
    let frames = written.frames();
    assert!((10..100).contains(&frames), "{frames}");
}

#[test]
fn a_thread_draws_while_nothing_happens() {
    let (mut display, written, _) = live(24);
    display.on_event(visit("scratch", 1, 0));
    let began = Instant::now();
    while written.frames() < 3 {
        assert!(began.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() >= Duration::from_millis(600));
}
