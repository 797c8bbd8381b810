//! The worker's one GPU.

use std::cell::RefCell;

use burn::tensor::Device;
use burn::tensor::wgpu::WgpuInitError;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::EngineError;

thread_local! {
    /// The start of the GPU, pending or done. burn refuses to register a device twice, so all
    /// callers wait for the same start.
    static STARTED: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// The GPU, started on the first call.
///
/// burn would start it on first use, but synchronously, and that panics in a browser.
pub(crate) async fn device() -> Result<Device, EngineError> {
    let started = STARTED.with_borrow_mut(|started| {
        started
            .get_or_insert_with(|| future_to_promise(start()))
            .clone()
    });
    match JsFuture::from(started).await {
        // Returns the registered device.
        Ok(_) => Ok(Device::wgpu(Default::default())),
        Err(failure) => {
            let no_adapter = failure.is_string();
            let message = failure
                .as_string()
                .or_else(|| js_sys::Error::from(failure).message().as_string())
                .unwrap_or_default();
            Err(if no_adapter {
                EngineError::NoAdapter { message }
            } else {
                EngineError::GpuFailed { message }
            })
        }
    }
}

/// Rejects with a string if there is no adapter, and with an `Error` if there is one that does not
/// start.
async fn start() -> Result<JsValue, JsValue> {
    let failure = match Device::wgpu_options().init_async().await {
        Ok(_) => return Ok(JsValue::UNDEFINED),
        Err(WgpuInitError::AdapterUnavailable { message, .. }) => JsValue::from_str(&message),
        Err(other) => js_sys::Error::new(&other.to_string()).into(),
    };
    // The next caller may succeed, for example once the browser has restarted its GPU process.
    STARTED.with_borrow_mut(Option::take);
    Err(failure)
}
