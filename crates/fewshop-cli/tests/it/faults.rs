//! The command when the machine fails it: killed, no room, no rights, no memory.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use fewshop_model::Pack;

use crate::common::{Folder, made_up_shop};

const TRAIN: &str = "train --items items.csv --events events.csv --config quick.toml";

/// The command by way of a shell, which can set limits first.
fn shell(shop: &Folder, before: &str, line: &str) -> Output {
    let script = format!("{before} exec {} {line}", env!("CARGO_BIN_EXE_fewshop"));
    Command::new("sh")
        .args(["-c", &script])
        .current_dir(shop.path("."))
        .output()
        .unwrap()
}

#[track_caller]
fn check_failed(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let error = stderr
        .lines()
        .find(|line| line.starts_with("error:"))
        .unwrap_or_else(|| panic!("no error line in {stderr}"));
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error}");
    }
}

fn bytes(shop: &Folder, file: &str) -> Vec<u8> {
    std::fs::read(shop.path(file)).unwrap()
}

/// When a command is killed: what can be seen of it from outside, since time says nothing on a busy
/// machine.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// It has written this many lines to stderr.
    Lines(usize),
    /// The unfinished file beside the one that it writes holds this many bytes.
    Unfinished(u64),
}

/// Size of the unfinished file of [`write_atomically`](fewshop_data::files::write_atomically) in the
/// shop's folder, while there is one.
fn unfinished(shop: &Folder) -> Option<u64> {
    let entries = std::fs::read_dir(shop.path(".")).unwrap();
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".part"))
        // It may go between the listing and this question.
        .filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .max()
}

/// Starts the command and kills it at the given moment; one that ended before has had its way.
fn kill_at(shop: &Folder, line: &str, moment: Moment) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fewshop"))
        .args(line.split(' '))
        .current_dir(shop.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    match moment {
        Moment::Lines(count) => assert_eq!(lines.by_ref().take(count).count(), count),
        Moment::Unfinished(size) => {
            // Nobody else reads what it says; a full pipe would stop it.
            let reader = std::thread::spawn(move || lines.count());
            while unfinished(shop).is_none_or(|now| now < size)
                && child.try_wait().unwrap().is_none()
            {
                // The core is for the command, not for looking at it.
                std::thread::sleep(Duration::from_micros(200));
            }
            child.kill().unwrap();
            reader.join().unwrap();
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // As it would be cleared away by hand: the next moment looks for one of its own.
    for entry in std::fs::read_dir(shop.path(".")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().ends_with(".part") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn killed_at_any_moment_the_old_pack_is_there_or_the_new_one() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --seed 7 --out old.pack"));
    let output = shop.run(&format!("{TRAIN} --seed 8 --out new.pack"));
    assert!(output.status.success());
    let lines = String::from_utf8_lossy(&output.stderr).lines().count();
    let (old, new) = (bytes(&shop, "old.pack"), bytes(&shop, "new.pack"));
    assert!(old != new);
    let size = new.len() as u64;
    // Three moments on the way and four around the end, where the pack is written.
    for moment in [
        Moment::Lines(1),
        Moment::Lines(lines / 2),
        Moment::Lines(lines - 1),
        Moment::Lines(lines),
        Moment::Unfinished(0),
        Moment::Unfinished(size / 2),
        Moment::Unfinished(size),
    ] {
        std::fs::copy(shop.path("old.pack"), shop.path("a.pack")).unwrap();
        kill_at(&shop, &format!("{TRAIN} --seed 8 --out a.pack"), moment);
        let now = bytes(&shop, "a.pack");
        assert!(
            now == old || now == new,
            "killed at {moment:?} of {lines} lines and {size} bytes: neither the old pack nor the new one"
        );
    }
    // What a kill left behind does not stand in the way of the next run, which gives the same pack
    // as ever.
    shop.write(".fewshop-left.part", "half a pack");
    shop.check_done(&format!("{TRAIN} --seed 8 --out a.pack"));
    assert!(bytes(&shop, "a.pack") == new);
}

/// A file is written over and over while the writer is killed: at every moment a whole one stands
/// there.
#[test]
fn killed_while_it_writes_a_file_is_whole() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    let line = "recommend --pack a.pack --cases cases.csv --top 36 --out recs.csv";
    shop.check_done(line);
    let recs = bytes(&shop, "recs.csv");
    let size = recs.len() as u64;
    for nth in 0..20 {
        shop.write("recs.csv", "old");
        kill_at(&shop, line, Moment::Unfinished(size * (nth % 4) / 3));
        let now = bytes(&shop, "recs.csv");
        assert!(
            now == b"old" || now == recs,
            "{} bytes of {}",
            now.len(),
            recs.len()
        );
    }
}

#[test]
fn a_full_disk_is_named_and_the_old_pack_stays() {
    let shop = made_up_shop();
    shop.check_done(&format!("{TRAIN} --out a.pack"));
    let old = bytes(&shop, "a.pack");
    // Room for 512 or 1,024 bytes a file, and a write past that fails as on a full disk, or kills
    // where the signal is not ignored.
    check_failed(
        &shell(
            &shop,
            "trap '' XFSZ; ulimit -f 1;",
            &format!("{TRAIN} --seed 8 --out a.pack"),
        ),
        &["a.pack", "has room"],
    );
    let killed = shell(
        &shop,
        "ulimit -f 1;",
        &format!("{TRAIN} --seed 8 --out a.pack"),
    );
    assert!(!killed.status.success());
    assert!(bytes(&shop, "a.pack") == old);
    if std::path::Path::new("/dev/full").exists() {
        check_failed(
            &shell(&shop, "", &format!("{TRAIN} --out /dev/full")),
            &["/dev/full", "has room"],
        );
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_found_out_before_the_training() {
    let shop = made_up_shop();
    let start = |out: &str| shell(&shop, "", &format!("{TRAIN} --out {out}"));
    let check = |out: &str| {
        let output = start(out);
        check_failed(&output, &[out, "is writable"]);
        // Nothing was read or learned before.
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.lines().count(), 1, "{said}");
    };
    check("no/such/folder/a.pack");
    std::fs::create_dir(shop.path("locked")).unwrap();
    let rights = |mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(shop.path("locked"), std::fs::Permissions::from_mode(mode))
            .unwrap();
    };
    rights(0o555);
    // Root may write anywhere.
    if std::fs::write(shop.path("locked/try"), "").is_err() {
        check("locked/a.pack");
    }
    rights(0o755);
    if cfg!(target_os = "linux") {
        check("/proc/a.pack");
    }
}

#[test]
fn a_training_that_cannot_fit_is_refused_with_what_it_needs() {
    let shop = made_up_shop();
    let train = "train --items items.csv --events events.csv --out a.pack";
    // 540 sessions bound what the cases can ask for, so a limit stands in for a small machine.
    let small = shell(
        &shop,
        "FEWSHOP_MEMORY_MIB=32",
        &format!("{train} --config quick.toml"),
    );
    check_failed(&small, &["MiB", "memory", "shorter log"]);
    assert!(!shop.path("a.pack").exists());
    assert!(
        shell(
            &shop,
            "FEWSHOP_MEMORY_MIB=32",
            &format!("{train} --config quick.toml --any-memory")
        )
        .status
        .success()
    );
}

#[test]
fn the_same_seed_gives_the_same_pack_whatever_stood_there_and_however_many_threads_work() {
    let shop = made_up_shop();
    for (name, threads) in [("one", "1"), ("two", "2"), ("five", "5")] {
        shop.write(&format!("{name}.pack"), "something old");
        let before = format!("RAYON_NUM_THREADS={threads}");
        assert!(
            shell(&shop, &before, &format!("{TRAIN} --out {name}.pack"))
                .status
                .success()
        );
    }
    assert!(Pack::from_bytes(&bytes(&shop, "one.pack")).is_ok());
    assert!(bytes(&shop, "one.pack") == bytes(&shop, "two.pack"));
    assert!(bytes(&shop, "one.pack") == bytes(&shop, "five.pack"));
}
