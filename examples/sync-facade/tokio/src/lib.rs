//! One async core with an async and a sync API.

mod runtime;

use std::time::Duration;

use pyo3::{exceptions::PyKeyError, prelude::*};
use pyo3_async_runtimes::{err::RustPanic, tokio::future_into_py, tokio::get_runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, block_in_place, spawn_blocking};

// ANCHOR: core
/// Asks the shop for a price. It needs no event loop of Python.
async fn ask(item: String) -> PyResult<u32> {
    tokio::time::sleep(Duration::from_millis(10)).await; // The request.
    match item.as_str() {
        "tea" => Ok(3),
        "milk" => Ok(2),
        _ => Err(PyKeyError::new_err(item)),
    }
}
// ANCHOR_END: core

// ANCHOR: faces
#[pyfunction]
fn price(py: Python<'_>, item: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, ask(item))
}

#[pyfunction]
fn price_sync(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| get_runtime().block_on(ask(item)))
}
// ANCHOR_END: faces

// ANCHOR: sum_up
/// Calls of Python that run at a time. They may block, and take up to a blocking thread each: the
/// runtime has 32, and the others deliver results.
static CALLERS: Semaphore = Semaphore::const_new(16);

#[pyfunction]
fn sum_up(py: Python<'_>, items: Vec<String>, price_of: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let _permit = CALLERS.acquire().await.expect("it is never closed");
        add(items, price_of)
    })
}

/// Calls Python for each price, on the thread that it is called on.
fn add(items: Vec<String>, price_of: Py<PyAny>) -> PyResult<u32> {
    let price = |item| Python::attach(|py| price_of.bind(py).call1((item,))?.extract::<u32>());
    items.into_iter().map(price).sum()
}
// ANCHOR_END: sum_up

// ANCHOR: sum_apart
#[pyfunction]
fn sum_apart(
    py: Python<'_>,
    items: Vec<String>,
    price_of: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let permit = CALLERS.acquire().await.expect("it is never closed");
        // A cancel does not end the work, so the work keeps the permit.
        let adding = spawn_blocking(|| (add(items, price_of), drop(permit)).0);
        adding.await.map_err(panicked)?
    })
}

fn panicked(error: JoinError) -> PyErr {
    RustPanic::new_err(error.to_string())
}
// ANCHOR_END: sum_apart

// ANCHOR: anywhere
#[pyfunction]
fn price_anywhere(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| block_in_place(|| get_runtime().block_on(ask(item))))
}
// ANCHOR_END: anywhere

// ANCHOR: spawned
#[pyfunction]
async fn price_spawned(item: String) -> PyResult<u32> {
    get_runtime().spawn(ask(item)).await.map_err(panicked)?
}
// ANCHOR_END: spawned

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{price, price_anywhere, price_spawned, price_sync, sum_apart, sum_up};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
