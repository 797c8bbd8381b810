//! Tests that span crates; nothing to link against.
