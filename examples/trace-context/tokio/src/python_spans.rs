//! Each span that ends in Rust goes to a Python function, which gives it to Python's processor.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, Status};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use pyo3::prelude::*;
use pyo3::types::PyDict;

// ANCHOR: processor
/// A processor of its own: those of the SDK hold a lock while they export, and this waits for the GIL.
#[derive(Debug)]
pub struct PythonSpans(pub Py<PyAny>);

impl SpanProcessor for PythonSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        // Once Python finalizes, the span is lost.
        Python::try_attach(|py| {
            if let Err(error) = end(py, &self.0, span) {
                error.write_unraisable(py, None);
            }
        });
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
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
    let parent = (span.parent_span_id != SpanId::INVALID).then(|| {
        let id = u64::from_be_bytes(span.parent_span_id.to_bytes());
        (id, span.parent_span_is_remote)
    });
    let times = (nanoseconds(span.start_time), nanoseconds(span.end_time));
    let error = match span.status {
        Status::Error { description } => Some(description),
        Status::Ok | Status::Unset => None,
    };
    let ids = (trace_id, span_id);
    on_end.call1(py, (span.name, ids, parent, times, attributes, error))?;
    Ok(())
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}
// ANCHOR_END: processor
