//! The committed TypeScript types and JavaScript constants are those of the Rust protocol.

#![cfg(not(target_family = "wasm"))]

use std::path::Path;

use fewshop_core::protocol::typescript::{constants, types, worker_constants};

const BEGIN: &str = "// protocol: begin (generated, see tests/protocol.rs)\n";
const END: &str = "// protocol: end\n";

/// Compares, or writes where `FEWSHOP_WRITE` is set.
#[track_caller]
fn check(file: &str, make: impl FnOnce(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let generated = make(&committed.replace("\r\n", "\n"));
    if std::env::var_os("FEWSHOP_WRITE").is_some() {
        std::fs::write(&path, generated).expect("the generated file can be written");
    } else {
        assert!(
            committed.replace("\r\n", "\n") == generated,
            "{file} is not what fewshop_core::protocol says: \
             run `FEWSHOP_WRITE=1 cargo test -p fewshop-wasm --test protocol`"
        );
    }
}

#[test]
fn the_types_are_those_of_the_protocol() {
    check("js/protocol.d.ts", |_| types());
}

#[test]
fn the_constants_of_the_package_are_those_of_the_protocol() {
    check("package/protocol.js", |_| constants());
}

#[test]
fn the_constants_of_the_worker_are_those_of_the_protocol() {
    check("js/worker.js", |text| {
        let (before, rest) = text.split_once(BEGIN).expect("the first marked line");
        let (_, after) = rest.split_once(END).expect("the last marked line");
        format!("{before}{BEGIN}{}{END}{after}", worker_constants())
    });
}
