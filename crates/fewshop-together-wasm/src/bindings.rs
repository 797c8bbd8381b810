//! The JavaScript class. Errors are thrown as texts.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::device::Device;

/// A device that could take part in one shop's learning. Times are seconds since 1970; the record and
/// all answers are JSON.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TogetherDevice(Device);

#[wasm_bindgen]
impl TogetherDevice {
    /// Reads the shop's file.
    ///
    /// # Errors
    /// When it cannot be read or kept to.
    #[wasm_bindgen(constructor)]
    pub fn new(published: &str) -> Result<Self, String> {
        Device::new(published).map(Self)
    }

    /// What is asked of a shopper.
    #[must_use]
    pub fn asked(&self) -> String {
        self.0.asked()
    }

    /// What this device has sent and will send.
    ///
    /// # Errors
    /// When record or visits cannot be read.
    pub fn shown(&self, record: &str, visits: &str, now_s: f64) -> Result<String, String> {
        self.0.shown(record, visits, now_s as u64)
    }

    /// The record after the shopper agreed.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn agree(&self, record: &str, now_s: f64) -> Result<String, String> {
        self.0.agree(record, now_s as u64)
    }

    /// The record after the shopper stopped.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn stop(&self, record: &str) -> Result<String, String> {
        self.0.stop(record)
    }

    /// The record after the shopper kept a visit out.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn skip(&self, record: &str, visit: f64) -> Result<String, String> {
        self.0.skip(record, visit as u64)
    }

    /// The record with the report of the oldest visit whose day has passed, if one may be made.
    ///
    /// # Errors
    /// When record or visits cannot be read, or there are no random numbers.
    pub fn report(&self, record: &str, visits: &str, now_s: f64) -> Result<String, String> {
        self.0.report(record, visits, now_s as u64)
    }

    /// The visit whose report waits to be sent.
    ///
    /// # Errors
    /// When the record cannot be read.
    #[wasm_bindgen(js_name = waitingVisit)]
    pub fn waiting_visit(&self, record: &str) -> Result<Option<f64>, String> {
        let parcel = self.0.waiting(record)?;
        Ok(parcel.map(|parcel| parcel.visit as f64))
    }

    /// The bytes of that report; empty if none waits.
    ///
    /// # Errors
    /// When the record cannot be read.
    #[wasm_bindgen(js_name = waitingBytes)]
    pub fn waiting_bytes(&self, record: &str) -> Result<Vec<u8>, String> {
        let parcel = self.0.waiting(record)?;
        Ok(parcel.map(|parcel| parcel.bytes).unwrap_or_default())
    }

    /// The record after the leader answered with this status.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn answered(
        &self,
        record: &str,
        visit: f64,
        status: u16,
        now_s: f64,
    ) -> Result<String, String> {
        self.0.answered(record, visit as u64, status, now_s as u64)
    }

    /// A report to look at; it is not noted, and must not be sent.
    ///
    /// # Errors
    /// When the list cannot be read, or there are no random numbers.
    pub fn sample(&self, items: &str, now_s: f64) -> Result<Vec<u8>, String> {
        self.0.sample(items, now_s as u64)
    }
}
