//! Ships orders: its events are records of Python's `logging`, its spans are part of Python's traces.

mod python_logs;
mod python_spans;
mod runtime;

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Status, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, into_future};
use tracing::{Instrument, Span, debug, info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;

use python_logs::PythonLogs;
use python_spans::PythonSpans;

// ANCHOR: ship
type Carrier = HashMap<String, String>;

/// Awaits `charge(order, carrier)`, which is Python's.
#[pyfunction]
fn ship<'py>(
    py: Python<'py>,
    order: i64,
    charge: Py<PyAny>,
    carrier: Carrier,
) -> PyResult<Bound<'py, PyAny>> {
    let propagator = TraceContextPropagator::new();
    info!(order, "accepted");
    let span = info_span!("ship", order);
    let _ = span.set_parent(propagator.extract(&carrier)); // It fails while nothing exports spans.
    let shipping = async move {
        info_span!("pack", order).in_scope(|| debug!(order, "packed"));
        let mut carrier = Carrier::new();
        propagator.inject_context(&Span::current().context(), &mut carrier);
        let charging = Python::attach(|py| into_future(charge.bind(py).call1((order, carrier))?))?;
        if let Err(error) = charging.await {
            Span::current().set_status(Status::error(error.to_string()));
            return Err(error);
        }
        info!(order, "shipped");
        Ok(None::<()>)
    };
    future_into_py(py, shipping.instrument(span))
}
// ANCHOR_END: ship

// ANCHOR: install
/// To be called once: records go to `logging`, and each span that ends to `on_end`.
///
/// RuntimeError if there is a global subscriber already.
#[pyfunction]
#[pyo3(signature = (on_end = None))]
fn install(on_end: Option<Py<PyAny>>) -> PyResult<()> {
    let spans = on_end.map(|on_end| {
        let provider = SdkTracerProvider::builder().with_span_processor(PythonSpans(on_end));
        let tracer = provider.build().tracer("orders");
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(filter_fn(|metadata| metadata.is_span()))
    });
    tracing_subscriber::registry()
        .with(PythonLogs.with_filter(LevelFilter::INFO))
        .with(spans)
        .try_init()
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))
}
// ANCHOR_END: install

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{install, ship};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
