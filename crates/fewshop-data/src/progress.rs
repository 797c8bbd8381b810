//! Progress on stderr: a bar at a terminal, plain lines in a log file.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Writes one line to stderr. `eprintln!` panics if stderr is closed, when nobody could read the
/// line anyway.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` silently: progress that it starts on this thread shows no bar and writes no line.
/// Meant for one step of a larger task that reports its own progress.
pub fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let before = QUIET.replace(true);
    let out = work();
    QUIET.set(before);
    out
}

/// A task with a description and an optional length.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    plain: bool,
    quiet: bool,
}

impl Progress {
    /// Work of unknown length.
    #[must_use]
    pub fn start(what: &str) -> Self {
        let progress = Self::with(ProgressBar::new_spinner(), "{spinner} {msg} {elapsed:.dim}");
        progress.bar.enable_steady_tick(Duration::from_millis(120));
        progress.next(what);
        progress
    }

    /// Work of `steps` steps.
    #[must_use]
    pub fn of(what: &str, steps: u64) -> Self {
        let progress = Self::with(
            ProgressBar::new(steps),
            "{msg} {wide_bar:.dim} {pos}/{len} {eta:.dim}",
        );
        progress.next(what);
        progress
    }

    fn with(bar: ProgressBar, template: &str) -> Self {
        let quiet = QUIET.get();
        let plain = !quiet && !std::io::stderr().is_terminal();
        bar.set_draw_target(if plain || quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        });
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self { bar, plain, quiet }
    }

    /// Changes the description to the next step.
    pub fn next(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if self.plain {
            say(&format!("{what} …"));
        }
    }

    /// The result of the last step: beside the bar at a terminal, otherwise a line of its own.
    pub fn note(&self, note: &str) {
        self.bar.set_message(note.to_owned());
        if self.plain {
            say(note);
        }
    }

    /// One step is done.
    pub fn step(&self) {
        self.advance(1);
    }

    /// Some steps are done.
    pub fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }

    /// Ends the task; `summary` stays on the screen.
    pub fn finish(self, summary: &str) {
        self.bar.finish_and_clear();
        if !self.quiet {
            say(summary);
        }
    }
}
