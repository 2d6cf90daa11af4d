//! Letters that tokio answers; the event loop takes many answers out of its letterbox at once.

// ANCHOR: delivery
#[cfg(unix)]
mod delivery;
/// No loop can watch a socket by its number here, so the bridge delivers.
#[cfg(not(unix))]
mod delivery {
    pub use pyo3_async_runtimes::tokio::{future_into_py, future_into_py as poll_first};
}
// ANCHOR_END: delivery
mod runtime;

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;
    #[pymodule_export]
    use pyo3_async_runtimes::err::RustPanic;
    use pyo3_async_runtimes::tokio::{self as bridge, into_future};

    use crate::delivery::{future_into_py, poll_first};

    /// Answers at its first poll if `ready`, and otherwise needs the runtime.
    async fn ask(code: u64, ready: bool) -> PyResult<u64> {
        if !ready {
            tokio::task::yield_now().await;
        }
        Ok(2 * code + 1)
    }

    #[pyfunction]
    fn bridged(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        bridge::future_into_py(py, ask(code, false))
    }

    #[pyfunction]
    fn bridged_ready(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        bridge::future_into_py(py, ask(code, true))
    }

    #[pyfunction]
    fn delivered(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, ask(code, false))
    }

    #[pyfunction]
    fn polled_first(py: Python<'_>, code: u64, ready: bool) -> PyResult<Bound<'_, PyAny>> {
        poll_first(py, ask(code, ready))
    }

    /// The postage of an answer: a `decimal.Decimal` for Python.
    struct Postage(&'static str);

    impl<'py> IntoPyObject<'py> for Postage {
        type Target = PyAny;
        type Output = Bound<'py, PyAny>;
        type Error = PyErr;

        fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
            py.import("decimal")?.call_method1("Decimal", (self.0,))
        }
    }

    static ANSWERS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);

    /// Waits until `answer` is called, and ends with the postage.
    #[pyfunction]
    fn letter(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async {
            let answer = ANSWERS.acquire().await;
            answer.expect("it is never closed").forget();
            Ok(Postage("0.85"))
        })
    }

    /// Answers `count` letters, those that were written first.
    #[pyfunction]
    fn answer(count: usize) {
        ANSWERS.add_permits(count);
    }

    /// Rust awaits what `clerk` answers, a coroutine function.
    #[pyfunction]
    fn ask_clerk(py: Python<'_>, clerk: Py<PyAny>, at_once: bool) -> PyResult<Bound<'_, PyAny>> {
        let deliver = if at_once { poll_first } else { future_into_py };
        deliver(py, async move {
            Python::attach(|py| into_future(clerk.bind(py).call0()?))?.await
        })
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
