//! Each event of `tracing` becomes a record of Python's `logging`, with its fields as attributes.

use std::fmt::Debug;
use std::thread;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_current_locals;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

// ANCHOR: layer
pub struct PythonLogs;

impl<S: Subscriber> Layer<S> for PythonLogs {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Once Python finalizes, the event is lost.
        Python::try_attach(|py| {
            if let Err(error) = handle(py, event) {
                error.write_unraisable(py, None);
            }
        });
    }
}

fn handle(py: Python<'_>, event: &Event<'_>) -> PyResult<()> {
    let metadata = event.metadata();
    let name = metadata.target().replace("::", ".");
    let logger = py.import("logging")?.call_method1("getLogger", (&name,))?;
    let level = match *metadata.level() {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    };
    if !logger.call_method1("isEnabledFor", (level,))?.is_truthy()? {
        return Ok(());
    }
    let (file, line) = (metadata.file(), metadata.line().unwrap_or(0));
    let record = (name, level, file, line, "", (), None::<()>);
    let record = logger.call_method1("makeRecord", record)?;
    // A thread that Python started has its name in Python alone.
    if let Some(name) = thread::current().name() {
        record.setattr("threadName", name)?;
    }
    event.record(&mut Fields(&record));
    match get_current_locals(py) {
        // Filters see the variables of the call that Python awaits. A context that is entered
        // already cannot be entered again, but a copy can.
        Ok(locals) => locals
            .context(py)
            .call_method0("copy")?
            .call_method1("run", (logger.getattr("handle")?, record))?,
        Err(_) => logger.call_method1("handle", (record,))?,
    };
    Ok(())
}

struct Fields<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'py> Fields<'_, 'py> {
    fn set(&self, field: &Field, value: impl IntoPyObject<'py>) {
        let name = match field.name() {
            "message" => "msg".to_owned(),
            // Each record has a `name` and a `process` already, and a formatter sets `asctime`.
            taken if taken == "asctime" || self.0.hasattr(taken).unwrap_or(true) => {
                format!("{taken}_")
            }
            free => free.to_owned(),
        };
        if let Err(error) = self.0.setattr(name, value) {
            error.write_unraisable(self.0.py(), None);
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }
}
// ANCHOR_END: layer
