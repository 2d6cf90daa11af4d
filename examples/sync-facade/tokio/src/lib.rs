//! One async core with an async and a sync face, and the ways in which a sync face fails.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;
use std::time::Duration;

use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{self, Runtime as _};
use pyo3_async_runtimes::tokio::get_runtime;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet, block_in_place, spawn_blocking};
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
    generic::future_into_py::<Tokio, _, _>(py, ask(item))
}
// ANCHOR_END: price

// ANCHOR: own_loop
#[pyfunction]
fn price_with_own_loop(py: Python<'_>, item: String) -> PyResult<u32> {
    generic::run::<Tokio, _, _>(py, ask(item))
}
// ANCHOR_END: own_loop

// ANCHOR: sync
#[pyfunction]
fn price_sync(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| get_runtime().block_on(ask(item)))
}
// ANCHOR_END: sync

// ANCHOR: sum_up
#[pyfunction]
fn sum_up(py: Python<'_>, items: Vec<String>, price_of: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, async move { add(items, price_of) })
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
    generic::future_into_py::<Tokio, _, _>(py, async {
        let adding = spawn_blocking(|| add(items, price_of));
        adding.await.unwrap_or_else(ended_badly)
    })
}

fn ended_badly<T>(error: JoinError) -> PyResult<T> {
    Err(PyRuntimeError::new_err(error.to_string()))
}
// ANCHOR_END: sum_apart

// ANCHOR: anywhere
#[pyfunction]
fn price_anywhere(py: Python<'_>, item: String) -> PyResult<u32> {
    py.detach(|| block_in_place(|| get_runtime().block_on(ask(item))))
}
// ANCHOR_END: anywhere

/// The same inside a runtime that has only the thread of its caller.
#[pyfunction]
fn price_on_one_thread(py: Python<'_>, item: String) -> PyResult<u32> {
    let one_thread = Builder::new_current_thread().build()?;
    let asked = async { block_in_place(|| get_runtime().block_on(ask(item))) };
    py.detach(|| one_thread.block_on(asked))
}

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
    // It outlives the other end of the channel: what it aborts wakes nobody.
    let mut asking = JoinSet::new();
    let (sender, answer) = oneshot::channel();
    let asked = async {
        let price = ask(item).await;
        // The answer wakes the event loop, which takes the interpreter: that is a delivery too.
        Tokio::spawn_blocking(|| drop(sender.send(price)));
    };
    asking.spawn_on(asked, get_runtime().handle());
    answer
        .await
        .unwrap_or_else(|error| Err(PyRuntimeError::new_err(error.to_string())))
}
// ANCHOR_END: spawned

// ANCHOR: total
/// Awaits a coroutine of Python for each price.
async fn add_up(items: Vec<String>, price_of: Py<PyAny>) -> PyResult<u32> {
    let mut total = 0;
    for item in items {
        let asked =
            Python::attach(|py| generic::into_future::<Tokio>(price_of.bind(py).call1((item,))?))?;
        let price = asked.await?;
        total += Python::attach(|py| price.extract::<u32>(py))?;
    }
    Ok(total)
}

#[pyfunction]
fn total(py: Python<'_>, items: Vec<String>, price_of: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    generic::future_into_py::<Tokio, _, _>(py, add_up(items, price_of))
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
    let adding = <Tokio as generic::ContextExt>::scope(locals, add_up(items, price_of));
    py.detach(|| get_runtime().block_on(adding))
}
// ANCHOR_END: total

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(price, module)?)?;
    module.add_function(wrap_pyfunction!(price_with_own_loop, module)?)?;
    module.add_function(wrap_pyfunction!(price_sync, module)?)?;
    module.add_function(wrap_pyfunction!(sum_up, module)?)?;
    module.add_function(wrap_pyfunction!(sum_apart, module)?)?;
    module.add_function(wrap_pyfunction!(price_anywhere, module)?)?;
    module.add_function(wrap_pyfunction!(price_on_one_thread, module)?)?;
    module.add_function(wrap_pyfunction!(price_polled, module)?)?;
    module.add_function(wrap_pyfunction!(price_ahead, module)?)?;
    module.add_function(wrap_pyfunction!(price_spawned, module)?)?;
    module.add_function(wrap_pyfunction!(total, module)?)?;
    module.add_function(wrap_pyfunction!(total_sync, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    let atexit = module.py().import("atexit")?;
    atexit.call_method1("register", (at_exit,))?;
    Ok(())
}

/// Whether results may go to Python. Each delivery holds the lock for reading.
static DELIVERING: RwLock<bool> = RwLock::new(true);

/// Waits for the deliveries under way and refuses all later ones.
#[pyfunction]
fn stop_deliveries(py: Python<'_>) {
    // Deliveries need the interpreter to finish: let go of it, or this waits for ever.
    py.detach(|| {
        *DELIVERING
            .write()
            .expect("no delivery writes, so none can poison it") = false
    });
}

/// The bridge's tokio runtime, with deliveries that end before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        get_runtime().spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                deliver();
            }
        })
    }
}

tokio::task_local! {
    static LOCALS: TaskLocals;
}

impl generic::ContextExt for Tokio {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(LOCALS.scope(locals, future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(TaskLocals::clone).ok()
    }
}
