//! A native module whose functions await a coroutine that Python gives them.

use std::future::Future;
use std::pin::Pin;
use std::sync::RwLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::get_runtime;
use pyo3_async_runtimes::{TaskLocals, generic, get_running_loop};

// ANCHOR: await_coro
/// Awaits `coro` on the running loop; the asyncio future that it returns ends with the result.
#[pyfunction]
fn await_coro(coro: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = coro.py();
    let answer = generic::into_future::<Tokio>(coro)?;
    generic::future_into_py::<Tokio, _, _>(py, async move {
        let answer = answer.await?;
        Ok(answer)
    })
}
// ANCHOR_END: await_coro

// ANCHOR: await_callable
/// Calls `function` for a new coroutine and awaits that.
#[pyfunction]
fn await_callable<'py>(function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    await_coro(function.call0()?)
}
// ANCHOR_END: await_callable

// ANCHOR: block_on_new_loop
/// Blocks until `coro` has ended, on an event loop of its own.
#[pyfunction]
fn block_on_new_loop(py: Python<'_>, coro: Py<PyAny>) -> PyResult<Py<PyAny>> {
    generic::run::<Tokio, _, _>(py, async move {
        let answer = Python::attach(|py| generic::into_future::<Tokio>(coro.into_bound(py)))?;
        answer.await
    })
}
// ANCHOR_END: block_on_new_loop

// ANCHOR: block_on_coro
/// The same, unless that would fail or wait for ever: then it starts nothing.
#[pyfunction]
fn block_on_coro(py: Python<'_>, coro: Py<PyAny>) -> PyResult<Py<PyAny>> {
    if get_running_loop(py).is_ok() {
        return Err(PyRuntimeError::new_err(
            "block_on_coro would block the running event loop: await await_coro instead",
        ));
    }
    if deliveries_stopped() {
        return Err(PyRuntimeError::new_err("Python is exiting"));
    }
    block_on_new_loop(py, coro)
}
// ANCHOR_END: block_on_coro

/// At exit, a result would never come.
fn deliveries_stopped() -> bool {
    // Not `read`: it could wait for a delivery, which needs the interpreter that this thread has.
    !DELIVERING.try_read().is_ok_and(|delivering| *delivering)
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(await_coro, module)?)?;
    module.add_function(wrap_pyfunction!(await_callable, module)?)?;
    module.add_function(wrap_pyfunction!(block_on_new_loop, module)?)?;
    module.add_function(wrap_pyfunction!(block_on_coro, module)?)?;
    let at_exit = wrap_pyfunction!(stop_deliveries, module)?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (at_exit,))?;
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
