//! Runs other programs. Commands are printed, output is shown as it arrives, and errors name the
//! command.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::root::root;

/// Prints a progress message of the xtask.
macro_rules! say {
    ($($text:tt)*) => {
        eprintln!("xtask: {}", format_args!($($text)*))
    };
}
pub(crate) use say;

/// A command that starts in the root with an empty standard input.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    // `cargo run` sets variables about the xtask's own package. If a nested cargo saw them, some
    // build scripts would run again.
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || name == "CARGO_PRIMARY_PACKAGE"
        {
            command.env_remove(&key);
        }
    }
    command
}

/// The cargo that started us, or the one on PATH.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The same command at a low priority, if the system supports that: for work behind a page that
/// somebody is using.
pub(crate) fn gently(plain: Command) -> Command {
    let Some(nice) = crate::tools::on_path("nice") else {
        return plain;
    };
    let mut gentle = command(nice);
    gentle
        .args(["-n", "10"])
        .arg(plain.get_program())
        .args(plain.get_args());
    for (key, value) in plain.get_envs() {
        match value {
            Some(value) => gentle.env(key, value),
            None => gentle.env_remove(key),
        };
    }
    gentle
}

/// The command as a line for a shell.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            let plain = !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c));
            if plain {
                word.into_owned()
            } else {
                format!("'{word}'")
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs the command with our own output. An exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    say!("$ {}", line(command));
    let status = command.status().with_context(|| not_started(command))?;
    ensure_success(command, status)
}

/// Runs the command and returns its standard output. Its standard error appears only in the error
/// after a failure.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| not_started(command))?;
    if !output.status.success() {
        bail!(
            "`{}` failed ({}): {}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the command, shows its output as it arrives, and returns the output with the exit status.
pub(crate) fn tee(command: &mut Command) -> Result<(ExitStatus, String)> {
    say!("$ {}", line(command));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| not_started(command))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let text = std::thread::scope(|scope| {
        let stdout = scope.spawn(|| {
            stdout
                .map(|pipe| copy_lines(pipe, std::io::stdout()))
                .unwrap_or_default()
        });
        let stderr = scope.spawn(|| {
            stderr
                .map(|pipe| copy_lines(pipe, std::io::stderr()))
                .unwrap_or_default()
        });
        let mut text = stdout.join().unwrap_or_default();
        text.push('\n');
        text.push_str(&stderr.join().unwrap_or_default());
        text
    });
    let status = child
        .wait()
        .with_context(|| format!("failed to wait for `{}`", line(command)))?;
    Ok((status, text))
}

/// Starts the command without waiting for it; its output goes to ours.
pub(crate) fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| not_started(command))
}

/// An error if the command did not exit with 0.
pub(crate) fn ensure_success(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

fn not_started(command: &Command) -> String {
    format!(
        "failed to start `{}`: is it installed and on PATH?",
        command.get_program().to_string_lossy()
    )
}

/// Copies whole lines, so that the lines of two pipes do not mix.
fn copy_lines(pipe: impl Read, mut to: impl Write) -> String {
    let mut all = String::new();
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while matches!(reader.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
        let text = String::from_utf8_lossy(&bytes);
        // A closed terminal should not stop the tests; the collected text matters.
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        all.push_str(&text);
        bytes.clear();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_as_shown() {
        assert_eq!(
            line(command("/usr/bin/cargo").args(["test", "-p", "a b"])),
            "cargo test -p 'a b'"
        );
    }

    #[test]
    fn a_gentle_command_is_the_same_command() {
        let mut plain = command("sh");
        plain.args(["-c", "echo $SAID"]).env("SAID", "this");
        assert_eq!(output(&mut gently(plain)).unwrap(), "this\n");
    }

    #[test]
    fn both_pipes_are_kept() {
        let (status, text) =
            tee(command("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(text.contains("one\n") && text.contains("two\n"));
    }

    #[test]
    fn a_failed_command_is_named() {
        let error = run(command("sh").args(["-c", "exit 4"]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("sh -c 'exit 4'"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut command("no-such-program-here"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-program-here"), "{error}");
    }
}
