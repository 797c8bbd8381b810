//! A third task touches few files, and the document that lists them is true.

use std::path::{Path, PathBuf};

/// The largest number of files that a new task may touch.
const MAX_FILES: usize = 8;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
        .to_owned()
}

/// The files that the document lists for a task called NAME.
fn listed() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/tasks.md")).expect("it is committed");
    let part = page
        .split("## A third task")
        .nth(1)
        .expect("it has the part");
    let table = part
        .split("The pack needs nothing")
        .next()
        .expect("a table");
    let file = |line: &str| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned());
    table.lines().filter_map(file).collect()
}

#[test]
fn a_third_task_touches_at_most_eight_files() {
    let files = listed();
    assert!((4..=MAX_FILES).contains(&files.len()), "{files:?}");
}

#[test]
fn both_tasks_have_the_listed_files_and_the_shared_ones_name_them() {
    for task in ["attributes", "offers"] {
        for file in listed() {
            let path = file.replace("NAME", task);
            let text = std::fs::read_to_string(root().join(&path))
                .unwrap_or_else(|err| panic!("{path}: {err}"));
            assert!(text.contains(task), "{path} does not name {task}");
        }
    }
}

/// The shared part of the trainer and the lists know no task by its types: they would have to be
/// touched for a third one.
#[test]
fn what_tasks_share_names_none_of_them() {
    for folder in [
        "crates/fewshop-train/src/tasks/common",
        "crates/fewshop-core/src/protocol",
    ] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            let text = std::fs::read_to_string(&path).expect("source text");
            for module in ["tasks::attributes", "tasks::offers"] {
                assert!(!text.contains(module), "{} names {module}", path.display());
            }
        }
    }
}
