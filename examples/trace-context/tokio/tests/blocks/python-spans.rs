//! A span that ends is told to a Python function, with its parent and its attributes.
//!
//! The block that a page shows stands where `BLOCK` is; the guide compiles and runs both together.

// BLOCK

use opentelemetry::trace::{Span as _, SpanBuilder, Tracer, TracerProvider};
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SdkTracerProvider;

fn main() -> PyResult<()> {
    Python::initialize();
    let append = Python::attach(|py| {
        py.run(c"spans = []", None, None)?;
        let append = py.eval(c"lambda *span: spans.append(span)", None, None)?;
        PyResult::Ok(append.unbind())
    })?;
    let provider = SdkTracerProvider::builder()
        .with_span_processor(PythonSpans(append))
        .build();
    let attributes = [
        KeyValue::new("item", "tea"),
        KeyValue::new("order", 7),
        KeyValue::new("fee", 0.5),
        KeyValue::new("gift", true),
    ];
    let span = SpanBuilder::from_name("ship").with_attributes(attributes);
    let mut span = provider.tracer("orders").build(span);
    span.set_status(Status::error("no tea"));
    span.end();
    Python::attach(|py| py.run(COMPARE, None, None))
}

const COMPARE: &std::ffi::CStr = c"
[(name, (trace, span), parent, (start, end), attributes, error)] = spans
assert (name, bool(trace), bool(span), parent, error) == ('ship', True, True, None, 'no tea')
assert 0 < start <= end
assert attributes == {'item': 'tea', 'order': 7, 'fee': 0.5, 'gift': True}, attributes
";
