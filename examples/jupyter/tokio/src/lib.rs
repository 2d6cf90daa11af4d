//! Temperatures of weather stations, for notebooks: each function to await, and to call without an event loop.

mod runtime;

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::time::{Instant, interval, sleep};

/// How long a station takes to answer.
const ANSWER_TIME: Duration = Duration::from_millis(50);

/// Asks a station for its temperature, in degrees Celsius.
async fn ask(station: &str) -> PyResult<f64> {
    sleep(ANSWER_TIME).await;
    match station {
        "Oslo" => Ok(-3.5),
        "Quito" => Ok(14.0),
        "Rome" => Ok(21.5),
        _ => Err(PyKeyError::new_err(station.to_owned())),
    }
}

/// Asks a station again and again, for this time, and returns its lowest temperature.
async fn observe(station: String, time: Duration) -> PyResult<f64> {
    let begun = Instant::now();
    let mut lowest = ask(&station).await?;
    while begun.elapsed() < time {
        lowest = lowest.min(ask(&station).await?);
    }
    Ok(lowest)
}

// ANCHOR: faces
/// Returns a future of a station's temperature. Awaiting it raises `KeyError` if the station is unknown.
#[pyfunction]
fn temperature(py: Python<'_>, station: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { ask(&station).await })
}

/// Returns a station's temperature, and blocks the thread meanwhile. Raises `KeyError` if it is unknown.
#[pyfunction]
fn temperature_sync(py: Python<'_>, station: String) -> PyResult<f64> {
    py.detach(|| get_runtime().block_on(ask(&station)))
}
// ANCHOR_END: faces

/// Returns a future of the lowest temperature within these seconds: `ValueError` if they are negative or NaN.
#[pyfunction]
fn lowest(py: Python<'_>, station: String, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, observe(station, duration(seconds)?))
}

/// Like `lowest`, but blocks the thread. On the main thread, Ctrl-C and Interrupt raise `KeyboardInterrupt`.
#[pyfunction]
fn lowest_sync(py: Python<'_>, station: String, seconds: f64) -> PyResult<f64> {
    let observing = observe(station, duration(seconds)?);
    py.detach(|| get_runtime().block_on(or_interrupt(observing)))
}

/// Looks for signals ten times a second, which works on the main thread only.
async fn or_interrupt<T>(work: impl Future<Output = PyResult<T>>) -> PyResult<T> {
    let mut work = std::pin::pin!(work);
    let mut tick = interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = tick.tick() => Python::attach(|py| py.check_signals())?,
        }
    }
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("seconds: {error}")))
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{lowest, lowest_sync, temperature, temperature_sync};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
