//! One async core with an async and a sync face, and the ways in which a sync face fails.

mod runtime;

use std::time::Duration;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::err::RustPanic;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime, into_future, run, scope};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, block_in_place, spawn_blocking};
use tokio::time::sleep;

// ANCHOR: core
/// Asks the shop for a price. It knows nothing of Python's loops.
async fn ask(item: String) -> PyResult<u32> {
    sleep(Duration::from_millis(10)).await; // The way to the shop.
    match item.as_str() {
        "tea" => Ok(3),
        "milk" => Ok(2),
        _ => Err(PyKeyError::new_err(item)),
    }
}
// ANCHOR_END: core

// ANCHOR: price
#[pyfunction]
fn price(py: Python<'_>, item: String) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, ask(item))
}
// ANCHOR_END: price

// ANCHOR: own_loop
#[pyfunction]
fn price_with_own_loop(py: Python<'_>, item: String) -> PyResult<u32> {
    run(py, ask(item))
}
// ANCHOR_END: own_loop

// ANCHOR: sync
#[pyfunction]
fn price_sync(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| get_runtime().block_on(ask(item)))
}
// ANCHOR_END: sync

// ANCHOR: sum_up
/// Calls of Python that run at a time. They may block, and take up to a blocking thread each: the
/// runtime has 32, and the others deliver results.
static CALLERS: Semaphore = Semaphore::const_new(16);

#[pyfunction]
fn sum_up(py: Python<'_>, items: Vec<String>, price_of: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        let _permit = CALLERS.acquire().await.expect("nobody closes it");
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
        let permit = CALLERS.acquire().await.expect("nobody closes it");
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

// ANCHOR: polled
#[pyfunction]
async fn price_polled(item: String) -> PyResult<u32> {
    ask(item).await
}

#[pyfunction]
fn price_ahead(item: String) {
    tokio::spawn(ask(item));
}
// ANCHOR_END: polled

// ANCHOR: spawned
#[pyfunction]
async fn price_spawned(item: String) -> PyResult<u32> {
    let asking = get_runtime().spawn(ask(item));
    asking.await.map_err(panicked)?
}
// ANCHOR_END: spawned

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
    use super::{
        price, price_ahead, price_anywhere, price_polled, price_spawned, price_sync,
        price_with_own_loop, sum_apart, sum_up, total, total_sync,
    };
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::runtime::set_up(module.py())
    }
}
