//! Each span that ends in Rust goes to a Python function, which gives it to Python's exporter.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::Value;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use pyo3::prelude::*;
use pyo3::types::PyDict;

// ANCHOR: exporter
#[derive(Debug)]
pub struct PythonSpans(pub Py<PyAny>);

impl SpanExporter for PythonSpans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        Python::attach(|py| {
            for span in batch {
                if let Err(error) = end(py, &self.0, span) {
                    error.write_unraisable(py, None);
                }
            }
        });
        Ok(())
    }
}

fn end(py: Python<'_>, on_end: &Py<PyAny>, span: SpanData) -> PyResult<()> {
    let attributes = PyDict::new(py);
    for attribute in span.attributes {
        let key = attribute.key.as_str();
        match attribute.value {
            Value::Bool(value) => attributes.set_item(key, value)?,
            Value::I64(value) => attributes.set_item(key, value)?,
            Value::F64(value) => attributes.set_item(key, value)?,
            value => attributes.set_item(key, value.as_str())?,
        }
    }
    let trace_id = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
    let span_id = u64::from_be_bytes(span.span_context.span_id().to_bytes());
    let parent_id = u64::from_be_bytes(span.parent_span_id.to_bytes());
    let times = (nanoseconds(span.start_time), nanoseconds(span.end_time));
    let ids = (trace_id, span_id, parent_id);
    on_end.call1(py, (span.name, ids, times, attributes))?;
    Ok(())
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}
// ANCHOR_END: exporter
