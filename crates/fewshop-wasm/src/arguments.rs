//! Checked values from JavaScript. Whatever a caller passes becomes a value of the right type, or
//! an error that names what to pass instead, but never a panic: after a panic a WebAssembly module
//! cannot be used again.

use js_sys::{ArrayBuffer, Error, Reflect, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::EngineError;

impl From<EngineError> for JsValue {
    fn from(err: EngineError) -> Self {
        let js = Error::new(&err.to_string());
        // Fails only for frozen objects; this one is new.
        let _ = Reflect::set(&js, &"code".into(), &err.code().into());
        js.into()
    }
}

/// A value by its serde form.
pub(crate) fn parse<T: DeserializeOwned>(
    argument: &'static str,
    value: JsValue,
    expected: impl FnOnce() -> String,
) -> Result<T, EngineError> {
    serde_wasm_bindgen::from_value(value).map_err(|err| {
        let problem = err.to_string();
        let problem = problem
            .strip_prefix("Error: ")
            .unwrap_or(&problem)
            .to_owned();
        EngineError::BadArgument {
            argument,
            problem,
            expected: expected(),
        }
    })
}

/// As [`parse`]; `undefined` and `null` give the default.
pub(crate) fn parse_or_default<T: DeserializeOwned + Default>(
    argument: &'static str,
    value: JsValue,
    expected: impl FnOnce() -> String,
) -> Result<T, EngineError> {
    if value.is_undefined() || value.is_null() {
        Ok(T::default())
    } else {
        parse(argument, value, expected)
    }
}

/// The number of picks wanted. 0 passes, so that the model refuses it.
pub(crate) fn count(argument: &'static str, value: &JsValue) -> Result<usize, EngineError> {
    match value.as_f64() {
        // A number beyond usize saturates: it asks for all picks there are.
        Some(n) if n >= 0.0 && n.is_finite() && n.fract() == 0.0 => Ok(n as usize),
        _ => {
            let problem = format!("it is {}", shown(value));
            Err(EngineError::BadArgument {
                argument,
                problem,
                expected: "a whole number of 1 or more".to_owned(),
            })
        }
    }
}

/// A text.
pub(crate) fn text(argument: &'static str, value: &JsValue) -> Result<String, EngineError> {
    value.as_string().ok_or_else(|| EngineError::BadArgument {
        argument,
        problem: format!("it is {}", shown(value)),
        expected: "a string".to_owned(),
    })
}

/// Bytes, copied out of JavaScript's memory.
pub(crate) fn bytes(argument: &'static str, value: &JsValue) -> Result<Vec<u8>, EngineError> {
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Ok(bytes.to_vec());
    }
    if let Some(buffer) = value.dyn_ref::<ArrayBuffer>() {
        return Ok(Uint8Array::new(buffer).to_vec());
    }
    let expected = "the pack's bytes as a Uint8Array or an ArrayBuffer".to_owned();
    Err(EngineError::BadArgument {
        argument,
        problem: format!("it is {}", shown(value)),
        expected,
    })
}

/// A plain object.
pub(crate) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    // As in JSON: an absent value is null, a map is an object.
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A value for an error message. Numbers are shown, everything else by its type: a text may be long
/// and an object may throw.
fn shown(value: &JsValue) -> String {
    match value.as_f64() {
        Some(number) => number.to_string(),
        None if value.is_null() => "null".to_owned(),
        None => {
            let kind = value.js_typeof().as_string().unwrap_or_default();
            if kind == "object" {
                "another kind of object".to_owned()
            } else {
                kind
            }
        }
    }
}
