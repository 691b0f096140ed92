//! What a person sees while a run works: lines, and on a terminal a live view below them.
//!
//! Lines are written when the runner reports something: before and after marks, never between
//! two. `live` says when the live view is drawn.

mod best;
mod columns;
mod duration;
mod frame;
mod live;
mod state;
#[cfg(test)]
mod tests;

use std::sync::PoisonError;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::output::SharedSink;
use super::screen::Screen;
use crate::record::CaseId;
use crate::runner::{Event, Observer};
use live::LiveView;
use state::{ProgressLine, RunProgress};

pub(super) use duration::clock;

/// Shows events.
pub(super) struct Display(Surface);

enum Surface {
    /// A terminal.
    Live(LiveView),
    /// Lines only.
    Lines {
        sink: SharedSink,
        progress: Box<RunProgress>,
        begun: Instant,
    },
}

impl Display {
    /// A display of the visits in `order`: live on a `screen`, which is the terminal on stderr; as
    /// lines without one. The live view ends once `stop` is cancelled.
    pub(super) fn new(
        order: Vec<CaseId>,
        screen: Option<Screen>,
        lines: SharedSink,
        stop: CancellationToken,
    ) -> Self {
        Self(match screen {
            Some(screen) => Surface::Live(LiveView::new(order, screen, stop)),
            None => Surface::Lines {
                sink: lines,
                progress: Box::new(RunProgress::new(order)),
                begun: Instant::now(),
            },
        })
    }
}

impl Observer for Display {
    fn on_event(&mut self, event: Event) {
        match &mut self.0 {
            Surface::Live(view) => view.on_event(event),
            Surface::Lines {
                sink,
                progress,
                begun,
            } => {
                let line = progress.on_event(event, begun.elapsed());
                if let Some(ProgressLine::Begins(line) | ProgressLine::Lasting(line)) = line {
                    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                    let _ = writeln!(sink, "{line}");
                    let _ = sink.flush();
                }
            }
        }
    }
}
