//! The storefront's page, client-side: reads the library's state, shows it, and hands what the
//! shopper does to the worker.
//!
//! It is a page only in a browser; elsewhere the binary says so and ends, which spares every native
//! build the web framework.

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
