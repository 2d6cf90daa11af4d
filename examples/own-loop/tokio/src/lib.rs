//! A core that awaits coroutines of Python, with an async and a sync API.

mod runtime;

use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime, into_future, scope};

// ANCHOR: total
/// Awaits a coroutine of Python for each price.
async fn add_up(items: Vec<String>, price_of: Py<PyAny>) -> PyResult<u32> {
    let mut total = 0;
    for item in items {
        let asked = Python::attach(|py| into_future(price_of.bind(py).call1((item,))?))?;
        let price = asked.await?;
        total += Python::attach(|py| price.extract::<u32>(py))?;
    }
    Ok(total)
}

#[pyfunction]
fn total(py: Python<'_>, items: Vec<String>, price_of: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, add_up(items, price_of))
}

/// Blocks, while `event_loop` runs the coroutines.
#[pyfunction]
fn total_sync(
    items: Vec<String>,
    price_of: Py<PyAny>,
    event_loop: Bound<'_, PyAny>,
) -> PyResult<u32> {
    let py = event_loop.py();
    let locals = TaskLocals::new(event_loop);
    let adding = scope(locals, add_up(items, price_of));
    py.detach(|| get_runtime().block_on(adding))
}
// ANCHOR_END: total

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{total, total_sync};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
