//! The shopper's side of learning together in a browser: what a shop asks for, what this device has
//! sent, and the report of a visit.
//!
//! [`Device`] is plain Rust and tested natively. `TogetherDevice` (wasm only) is the JavaScript class
//! around it; `web/together/device.js` keeps the record and sends what [`Device::waiting`] hands over.
//! Values cross as JSON: the file of `fewshop together publish`, the record
//! ([`Record`](fewshop_together::Record)), and the visits as the shop's memory writes them.
//!
//! # Limits
//!
//! No network, no storage, no clock: text and times come in, text and bytes go out. Random numbers are
//! the browser's.

#[cfg(target_family = "wasm")]
mod bindings;
mod device;

#[cfg(target_family = "wasm")]
pub use bindings::TogetherDevice;
pub use device::Device;
