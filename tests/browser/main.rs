//! Tests the engine in a real browser, through the JavaScript class that the worker and npm users
//! use.
//!
//! Without features the CPU engine is tested, with `gpu` the WebGPU engine on whatever adapter the
//! browser has; `webdriver.json` asks for a software one. All tests of a file share one page and so
//! one GPU. By hand, in this folder:
//!
//! ```text
//! wasm-pack test --headless --chrome --mode no-install -- --profile web --test browser
//! wasm-pack test --headless --firefox --mode no-install -- --profile web --test browser
//! WASM_BINDGEN_TEST_TIMEOUT=300 wasm-pack test --headless --chrome --mode no-install -- --profile gpu --features gpu --test browser
//! ```
#![cfg(target_family = "wasm")]
#![expect(
    clippy::unwrap_used,
    reason = "all of it is tests, which clippy only recognises with #[test]"
)]

#[cfg_attr(
    feature = "gpu",
    expect(dead_code, reason = "the tests of the CPU engine use more of it")
)]
mod shop;

#[cfg(not(feature = "gpu"))]
mod bad_input;
#[cfg(not(feature = "gpu"))]
mod cpu;
#[cfg(feature = "gpu")]
mod gpu;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
