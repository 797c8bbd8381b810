//! Work that a later part of the tests needs, begun while an earlier one leaves a core idle: the
//! link-time optimisation of the wasm modules runs on one core, and so do many test programs.

use std::process::Command;
use std::thread::JoinHandle;

use crate::run::{gently, line, say};

/// Commands that run one after the other at a low priority. Their output is not shown and a failure
/// is no failure: the part that needs the result runs the same command and reports.
pub(crate) struct Ahead(Option<JoinHandle<()>>);

impl Ahead {
    /// Starts them.
    pub(crate) fn start(commands: Vec<Command>) -> Self {
        let work = move || {
            for command in commands {
                say!("meanwhile: $ {}", line(&command));
                let _ = gently(command).output();
            }
        };
        Self(Some(std::thread::spawn(work)))
    }
}

impl Drop for Ahead {
    /// Waits for their end: two cargos that build the same thing would wait for each other anyway.
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            let _ = work.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::command;

    #[test]
    fn all_have_ended_when_it_is_dropped_and_none_has_to_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("done");
        let mut touch = command("touch");
        touch.arg(&file);
        drop(Ahead::start(vec![
            command("no-such-program-here"),
            command("false"),
            touch,
        ]));
        assert!(file.exists());
    }
}
