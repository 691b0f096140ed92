//! Special cases of the status stream that were observed on a real engine.

use bollard::moby::buildkit::v1::VertexLog;

use super::*;

/// Start and end in nanoseconds after a fixed second.
fn vertex(digest: &str, name: &str, started: i32, completed: Option<i32>) -> Vertex {
    let mut vertex = Vertex {
        digest: digest.to_owned(),
        name: name.to_owned(),
        ..Vertex::default()
    };
    let start = vertex.started.get_or_insert_default();
    (start.seconds, start.nanos) = (1000, started);
    if let Some(nanos) = completed {
        let end = vertex.completed.get_or_insert_default();
        (end.seconds, end.nanos) = (1000, nanos);
    }
    vertex
}

fn trace(vertexes: Vec<Vertex>) -> (Trace, Vec<String>) {
    let mut trace = Trace::default();
    let mut heard = Vec::new();
    for vertex in vertexes {
        let status = StatusResponse {
            vertexes: vec![vertex],
            ..StatusResponse::default()
        };
        trace.take(status, &mut |name| heard.push(name.to_owned()));
    }
    (trace, heard)
}

#[test]
fn several_intervals_of_one_vertex_are_one_step() {
    let (trace, heard) = trace(vec![
        vertex("a", "[1/2] FROM x", 100, Some(150)),
        vertex("b", "[2/2] RUN y", 200, None),
        vertex("b", "[2/2] RUN y", 200, Some(210)),
        vertex("b", "[2/2] RUN y", 400, None),
        vertex("b", "[2/2] RUN y", 400, Some(450)),
        vertex("b", "[2/2] RUN y", 400, Some(500)),
    ]);
    assert_eq!(heard, ["[1/2] FROM x", "[2/2] RUN y"]);
    let steps = trace.steps();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1].started, Some(Nanos(100)));
    assert_eq!(steps[1].duration, Some(Nanos(110)));
}

#[test]
fn intervals_that_overlap_count_once() {
    let (trace, _) = trace(vec![
        vertex("a", "x", 100, Some(300)),
        vertex("a", "x", 200, Some(400)),
        vertex("a", "x", 250, Some(260)),
    ]);
    assert_eq!(trace.steps()[0].duration, Some(Nanos(300)));
}

#[test]
fn the_last_word_on_the_cache_counts_and_a_cached_step_takes_no_time() {
    let mut hit = vertex("a", "[2/2] COPY x /", 100, Some(100));
    hit.cached = true;
    let (trace, _) = trace(vec![vertex("a", "[2/2] COPY x /", 100, None), hit]);
    let steps = trace.steps();
    assert!(steps[0].cached);
    assert_eq!(steps[0].duration, Some(Nanos(0)));
}

#[test]
fn the_failed_step_is_distinguished_from_cancelled_ones() {
    let mut cancelled = vertex("a", "[b 1/1] RUN sleep 9", 100, Some(300));
    cancelled.error = "executor failed running: context canceled".to_owned();
    let mut failed = vertex("b", "[c 1/1] RUN exit 3", 100, Some(200));
    failed.error = "executor failed running [x]: exit code: 3".to_owned();
    let (mut trace, _) = trace(vec![cancelled, failed]);
    trace.take(
        StatusResponse {
            logs: vec![VertexLog {
                vertex: "b".to_owned(),
                msg: b"boom\n".to_vec(),
                ..VertexLog::default()
            }],
            ..StatusResponse::default()
        },
        &mut |_| {},
    );
    let failing = trace.failing("failed to solve: other words").unwrap();
    assert_eq!(failing.step, "[c 1/1] RUN exit 3");
    assert_eq!(failing.log, ["boom"]);
}

#[test]
fn a_step_that_never_ran_has_no_times() {
    let mut waiting = vertex("a", "[2/2] RUN x", 0, None);
    waiting.started = None;
    let (trace, heard) = trace(vec![waiting]);
    assert!(heard.is_empty());
    let steps = trace.steps();
    assert_eq!((steps[0].started, steps[0].duration), (None, None));
}

#[test]
fn the_steps_grow_only_by_what_is_new_and_kept() {
    let mut trace = Trace::default();
    let mut take = |vertexes: Vec<Vertex>, logs: Vec<VertexLog>| {
        let status = StatusResponse {
            vertexes,
            logs,
            ..StatusResponse::default()
        };
        trace.take(status, &mut |_| {})
    };
    let log = |length: usize| VertexLog {
        vertex: "a".to_owned(),
        msg: vec![b'x'; length],
        ..VertexLog::default()
    };
    assert!(take(vec![vertex("a", "x", 100, None)], vec![]) > size_of::<Step>());
    assert_eq!(take(vec![vertex("a", "x", 100, Some(150))], vec![]), 0);
    assert_eq!(take(vec![vertex("a", "xyz", 100, Some(150))], vec![]), 3);
    assert!(take(vec![vertex("a", "xyz", 200, None)], vec![]) > 0);
    let first = STEP_BYTES - 1;
    assert_eq!(take(vec![], vec![log(first)]), first);
    assert_eq!(take(vec![], vec![log(10)]), 1);
    assert_eq!(take(vec![], vec![log(10)]), 0);
}
