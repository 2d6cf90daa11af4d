//! A native module that retries a coroutine, with pyo3-asyncio, tested on three layers.

mod runtime;

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3_asyncio::tokio::{future_into_py, into_future};

/// Awaits attempts until one succeeds, `times` at most, with a `pause` between two of them.
///
/// An error that is not `worth_a_retry` ends them at once.
pub async fn retry_with<T, E, F>(
    times: u32,
    pause: Duration,
    mut attempt: impl FnMut() -> F,
    worth_a_retry: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..times {
        match attempt().await {
            Err(error) if worth_a_retry(&error) => tokio::time::sleep(pause).await,
            ended => return ended,
        }
    }
    attempt().await
}

// ANCHOR: bridge
/// The same for a Python function that makes awaitables.
pub async fn retry_call(call: Py<PyAny>, times: u32, pause: Duration) -> PyResult<Py<PyAny>> {
    let attempt = || async {
        let answer = Python::with_gil(|py| into_future(call.as_ref(py).call0()?))?;
        answer.await
    };
    retry_with(times, pause, attempt, is_exception).await
}

/// `CancelledError` and `KeyboardInterrupt` are no `Exception`s: a retry would swallow them.
fn is_exception(error: &PyErr) -> bool {
    Python::with_gil(|py| error.is_instance_of::<PyException>(py))
}
// ANCHOR_END: bridge

/// Starts the attempts and returns the asyncio future that ends with the last one.
#[pyfunction]
fn retry(py: Python<'_>, call: Py<PyAny>, times: u32, pause: f64) -> PyResult<&PyAny> {
    let pause = Duration::try_from_secs_f64(pause)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    future_into_py(py, retry_call(call, times, pause))
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    crate::runtime::set_up(py)?;
    module.add_function(wrap_pyfunction!(retry, module)?)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_pauses_an_hour_between_two_attempts() {
        let start = tokio::time::Instant::now();
        let attempts = Cell::new(0);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 3 {
                Err("no")
            } else {
                Ok("yes")
            }
        };
        let answer = retry_with(3, Duration::from_secs(3600), attempt, |_| true).await;
        assert_eq!((answer, attempts.get()), (Ok("yes"), 3));
        assert_eq!(start.elapsed().as_secs(), 2 * 3600);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_last_attempt_its_error_comes_at_once() {
        let start = tokio::time::Instant::now();
        let attempts = Cell::new(0);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(attempts.get())
        };
        let answer = retry_with(2, Duration::from_secs(3600), attempt, |_| true).await;
        assert_eq!(answer, Err(2));
        assert_eq!(start.elapsed().as_secs(), 3600);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_is_not_worth_a_retry_comes_at_once() {
        let start = tokio::time::Instant::now();
        let attempt = || async { Err::<(), _>("stop") };
        let answer = retry_with(3, Duration::from_secs(3600), attempt, |_| false).await;
        assert_eq!(answer, Err("stop"));
        assert_eq!(start.elapsed().as_secs(), 0);
    }
}
