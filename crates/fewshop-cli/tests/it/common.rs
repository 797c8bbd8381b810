//! A folder of files in which the command is run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own that goes with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        let command = Command::new(env!("CARGO_BIN_EXE_fewshop"))
            .args(line.split(' '))
            .current_dir(self.0.path())
            .output();
        command.unwrap()
    }

    /// As [`check_done`](Self::check_done), for arguments that hold blanks.
    #[track_caller]
    pub(crate) fn check_words(&self, words: &[String]) -> String {
        let command = Command::new(env!("CARGO_BIN_EXE_fewshop"))
            .args(words)
            .current_dir(self.0.path())
            .output();
        let output = command.unwrap();
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn check_done(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// One line that begins with `error:` and names what is wrong, the given exit code, and no new
    /// file.
    #[track_caller]
    pub(crate) fn check_refused(&self, line: &str, code: i32, words: &[&str]) {
        let before = listing(self.0.path());
        let output = self.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(
            stderr.lines().any(|l| l.starts_with("error:")),
            "{line}: {stderr}"
        );
        for word in words {
            assert!(stderr.contains(word), "{line}: {word:?} is not in {stderr}");
        }
        assert_eq!(
            listing(self.0.path()),
            before,
            "{line} left something behind"
        );
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A made-up shop: three departments of twelve products, shoppers who keep to one of them, a few
/// favourites that all take.
pub(crate) fn made_up_shop() -> Folder {
    let shop = Folder::new();
    let mut items = String::from("item_id,title,category,brand,size,price\n");
    for row in 0..36 {
        let department = ["Tea", "Bread", "Soap"][row / 12];
        let _ = writeln!(
            items,
            "i{row},\"{department}, kind {}\",{department} > {department} {},House,{} oz,{}.50",
            row % 12,
            row % 2,
            row % 5 + 1,
            row % 7
        );
    }
    shop.write("items.csv", &items);
    let mut events = String::from("user_id,session_id,time,item_id,event,quantity\n");
    let mut cases = String::from("case_id,user_id,k,position,item_id\n");
    let mut truth = String::from("case_id,item_id\n");
    // A small linear congruential generator: the shop must be the same everywhere.
    let mut state = 7u32;
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % n
    };
    for session in 0..600u32 {
        let department = session % 3;
        let mut basket: Vec<u32> = Vec::new();
        while basket.len() < 6 {
            let item = if below(4) == 0 {
                below(3) * 12
            } else {
                department * 12 + below(12)
            };
            if !basket.contains(&item) {
                basket.push(item);
            }
        }
        for (nth, item) in basket.iter().enumerate() {
            if session < 540 {
                let _ = writeln!(
                    events,
                    "u{},s{session},2024-01-{:02} 10:00:00,i{item},purchase,1",
                    session % 150,
                    session / 20 + 1
                );
            } else if nth < 2 {
                let _ = writeln!(cases, "c{session},v{session},2,{nth},i{item}");
            } else {
                let _ = writeln!(truth, "c{session},i{item}");
            }
        }
    }
    shop.write("events.csv", &events);
    shop.write("cases.csv", &cases);
    shop.write("truth.csv", &truth);
    shop.write(
        "quick.toml",
        "[tower]\nepochs = 2\nembedding_size = 16\n[ranker]\nepochs = 2\ncases = 300\n",
    );
    shop
}
