//! Letters that tokio answers; the event loop takes many answers out of its letterbox at once.

// ANCHOR: delivery
#[cfg(unix)]
mod delivery;
/// No loop can watch a socket by its number here: the bridge delivers.
#[cfg(not(unix))]
mod delivery {
    pub use pyo3_async_runtimes::tokio::{future_into_py, future_into_py as poll_first};
}
// ANCHOR_END: delivery
mod runtime;

#[pyo3::pymodule]
mod _native {
    use pyo3::exceptions::PyRuntimeError;
    use pyo3::prelude::*;
    #[pymodule_export]
    use pyo3_async_runtimes::err::RustPanic;
    use pyo3_async_runtimes::tokio::{future_into_py, into_future};
    use tokio::sync::Semaphore;

    use crate::delivery;

    /// Answers, but not at its first poll: it needs its runtime.
    async fn ask(code: u64) -> PyResult<u64> {
        tokio::task::yield_now().await;
        Ok(2 * code + 1)
    }

    #[pyfunction]
    fn bridged(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, ask(code))
    }

    #[pyfunction]
    fn delivered(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        delivery::future_into_py(py, ask(code))
    }

    #[pyfunction]
    fn bridged_ready(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(2 * code + 1) })
    }

    #[pyfunction]
    fn polled_first(py: Python<'_>, code: u64, ready: bool) -> PyResult<Bound<'_, PyAny>> {
        delivery::poll_first(py, async move {
            if ready {
                Ok(2 * code + 1)
            } else {
                ask(code).await
            }
        })
    }

    static ANSWERS: Semaphore = Semaphore::const_new(0);

    /// What the answer to a letter costs, in cents: a `decimal.Decimal` for Python.
    struct Postage(u64);

    impl<'py> IntoPyObject<'py> for Postage {
        type Target = PyAny;
        type Output = Bound<'py, PyAny>;
        type Error = PyErr;

        fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
            let decimal = py.import("decimal")?.getattr("Decimal")?;
            decimal.call1((format!("{}.{:02}", self.0 / 100, self.0 % 100),))
        }
    }

    /// Waits until `answer` is called, and ends with the postage.
    #[pyfunction]
    fn letter(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        delivery::future_into_py(py, async {
            let answer = ANSWERS.acquire().await;
            answer
                .map_err(|closed| PyRuntimeError::new_err(closed.to_string()))?
                .forget();
            Ok(Postage(85))
        })
    }

    /// Answers `count` letters, those that were written first.
    #[pyfunction]
    fn answer(count: usize) {
        ANSWERS.add_permits(count);
    }

    /// What a clerk answers, whom Rust awaits: `clerk` is a coroutine function.
    async fn asked(clerk: Py<PyAny>) -> PyResult<Py<PyAny>> {
        let answer = Python::attach(|py| into_future(clerk.bind(py).call0()?))?;
        answer.await
    }

    #[pyfunction]
    fn ask_clerk(py: Python<'_>, clerk: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
        delivery::future_into_py(py, asked(clerk))
    }

    #[pyfunction]
    fn ask_clerk_first(py: Python<'_>, clerk: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
        delivery::poll_first(py, asked(clerk))
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
