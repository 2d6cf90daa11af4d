//! The same sleep with the plain bridge and with each remedy for the crash at exit.

mod counted;
mod jobs;
mod owned;
mod runtime;

use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};

fn seconds(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| PyValueError::new_err(error.to_string()))
}

async fn sleep(duration: Duration) -> PyResult<Option<()>> {
    tokio::time::sleep(duration).await;
    Ok(None)
}

/// The usual code.
#[pyfunction]
fn rust_sleep(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, sleep(self::seconds(seconds)?))
}

/// PyO3's own `async fn`: the event loop polls it, and a worker of tokio wakes the loop.
#[pyfunction]
async fn woken_sleep(seconds: f64) -> PyResult<()> {
    let sleeping = get_runtime().spawn(sleep(self::seconds(seconds)?));
    sleeping
        .await
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?
        .map(drop)
}

// ANCHOR: attach
/// Shows what happens to a thread that attaches now. Detached, as the thread may need the GIL.
fn in_a_thread(py: Python<'_>, attach: fn()) {
    // The panic hook has printed a panic.
    py.detach(|| thread::spawn(attach).join().ok());
}

#[pyfunction]
fn attach_in_a_thread(py: Python<'_>) {
    in_a_thread(py, || Python::attach(|_| println!("attached")));
}

#[pyfunction]
fn try_attach_in_a_thread(py: Python<'_>) {
    in_a_thread(py, || println!("{:?}", Python::try_attach(|_| "attached")));
}
// ANCHOR_END: attach

/// Waits until a delivery thread has had time for one more job.
#[pyfunction]
fn barrier(py: Python<'_>) -> PyResult<()> {
    let runtime = get_runtime();
    py.detach(|| runtime.block_on(runtime.spawn_blocking(|| ())))
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Gives the runtime, before its first use, one thread for all deliveries.
#[pyfunction]
fn deliver_on_one_thread() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().max_blocking_threads(1);
    pyo3_async_runtimes::tokio::init(builder);
}

/// Configures the runtime, before its first use, and has it stopped at exit.
#[pyfunction]
fn stop_at_exit(py: Python<'_>) -> PyResult<()> {
    runtime::set_up(py)
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(woken_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(attach_in_a_thread, module)?)?;
    module.add_function(wrap_pyfunction!(try_attach_in_a_thread, module)?)?;
    module.add_function(wrap_pyfunction!(barrier, module)?)?;
    module.add_function(wrap_pyfunction!(deliver_on_one_thread, module)?)?;
    module.add_function(wrap_pyfunction!(stop_at_exit, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::attach_all_the_time, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::block_forever, module)?)?;
    module.add_function(wrap_pyfunction!(jobs::call_in_place, module)?)?;
    module.add_function(wrap_pyfunction!(owned::owned_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(owned::shut_down, module)?)?;
    module.add_function(wrap_pyfunction!(counted::counted_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(counted::stop_deliveries, module)?)
}
