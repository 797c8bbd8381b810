//! A folder of files in which the command is run.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own that goes with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    pub fn run(&self, line: &str) -> Output {
        let command = Command::new(env!("CARGO_BIN_EXE_fewshop")).args(line.split(' ')).current_dir(self.0.path()).output();
        command.unwrap()
    }

    #[track_caller]
    pub fn check_done(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// One line that begins with `error:` and names what is wrong, the given exit code, and no new file.
    #[track_caller]
    pub fn check_refused(&self, line: &str, code: i32, words: &[&str]) {
        let before = listing(self.0.path());
        let output = self.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(stderr.lines().any(|l| l.starts_with("error:")), "{line}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{line}: {word:?} is not in {stderr}");
        }
        assert_eq!(listing(self.0.path()), before, "{line} left something behind");
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
