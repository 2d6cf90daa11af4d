//! A native module that retries a coroutine, with pyo3-asyncio, tested on three layers.

mod runtime;

use std::future::Future;
use std::time::Duration;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3_asyncio::async_std::{future_into_py, into_future};

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
            Err(error) if worth_a_retry(&error) => async_std::task::sleep(pause).await,
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

    use async_std::task;

    use super::*;

    #[test]
    fn the_third_attempt_answers() {
        let attempts = Cell::new(0);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 3 {
                Err("no")
            } else {
                Ok("yes")
            }
        };
        let answer = task::block_on(retry_with(3, Duration::ZERO, attempt, |_| true));
        assert_eq!((answer, attempts.get()), (Ok("yes"), 3));
    }

    #[test]
    fn after_the_last_attempt_its_error_comes_at_once() {
        let attempts = Cell::new(0);
        let hour = Duration::from_secs(3600);
        let attempt = || async {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(attempts.get())
        };
        let answer = task::block_on(retry_with(1, hour, attempt, |_| true));
        assert_eq!(answer, Err(1));
    }

    #[test]
    fn an_error_that_is_not_worth_a_retry_comes_at_once() {
        let hour = Duration::from_secs(3600);
        let attempt = || async { Err::<(), _>("stop") };
        let answer = task::block_on(retry_with(3, hour, attempt, |_| false));
        assert_eq!(answer, Err("stop"));
    }
}
