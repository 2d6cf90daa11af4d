//! Rates of currencies, given to Python in slow ways and in fast ones.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use pyo3::prelude::*;
    #[pymodule_export]
    use pyo3_async_runtimes::err::RustPanic;
    use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
    use tokio_util::task::AbortOnDropHandle;

    // ANCHOR: ask
    /// Asks for the rate of a currency. It is not ready at its first poll, so it needs its runtime.
    async fn ask(code: u64) -> u64 {
        tokio::task::yield_now().await;
        2 * code + 1
    }

    #[pyfunction]
    fn bridged(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(ask(code).await) })
    }
    // ANCHOR_END: ask

    // ANCHOR: many
    #[pyfunction]
    fn bridged_many(py: Python<'_>, codes: Vec<u64>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let mut rates = Vec::with_capacity(codes.len());
            for code in codes {
                rates.push(ask(code).await);
            }
            Ok(rates)
        })
    }

    #[pyfunction]
    fn attach_each(py: Python<'_>, codes: Vec<u64>) -> PyResult<Bound<'_, PyAny>> {
        let list = pyo3::types::PyList::empty(py).unbind();
        future_into_py(py, async move {
            for code in codes {
                let rate = ask(code).await;
                Python::attach(|py| list.bind(py).append(rate))?;
            }
            Ok(list)
        })
    }
    // ANCHOR_END: many

    // ANCHOR: ready
    #[pyfunction]
    fn bridged_ready(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(2 * code + 1) })
    }

    #[pyfunction]
    async fn ready(code: u64) -> u64 {
        2 * code + 1
    }
    // ANCHOR_END: ready

    // ANCHOR: cached
    fn known() -> MutexGuard<'static, BTreeMap<u64, u64>> {
        static KNOWN: Mutex<BTreeMap<u64, u64>> = Mutex::new(BTreeMap::new());
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rate if it is known: the object itself, not a future.
    #[pyfunction]
    fn cached(code: u64) -> Option<u64> {
        known().get(&code).copied()
    }

    #[pyfunction]
    fn fetch(py: Python<'_>, code: u64) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move {
            let rate = ask(code).await;
            known().insert(code, rate);
            Ok(rate)
        })
    }
    // ANCHOR_END: cached

    // ANCHOR: in_task
    #[pyfunction]
    async fn in_task(code: u64) -> PyResult<u64> {
        let asking = AbortOnDropHandle::new(get_runtime().spawn(ask(code)));
        asking.await.map_err(|e| RustPanic::new_err(e.to_string()))
    }
    // ANCHOR_END: in_task

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
