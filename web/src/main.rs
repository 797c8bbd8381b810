//! The storefront's page, client-side: it shows the library's state and passes the shopper's clicks
//! to the worker.
//!
//! It runs only in a browser. Elsewhere the binary prints an error and exits, so native builds need
//! no web framework.

#[cfg(target_arch = "wasm32")]
mod agents;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod components;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod nav;
#[cfg(target_arch = "wasm32")]
mod page_title;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod shop;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    app::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!(
        "error: the storefront runs in a browser only; run `cargo xtask serve` to build and open it"
    );
    std::process::exit(2);
}
