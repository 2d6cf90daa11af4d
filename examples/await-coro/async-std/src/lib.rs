//! A native module whose functions await a coroutine that Python gives them.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::RwLock;

use futures_util::FutureExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::{TaskLocals, generic, get_running_loop};

// ANCHOR: await_coro
/// Awaits `coro` on the running loop; the asyncio future that it returns ends with the result.
#[pyfunction]
fn await_coro(coro: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = coro.py();
    let answer = generic::into_future::<AsyncStd>(coro)?;
    generic::future_into_py::<AsyncStd, _, _>(py, async move {
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
    generic::run::<AsyncStd, _, _>(py, async move {
        let answer = Python::attach(|py| generic::into_future::<AsyncStd>(coro.into_bound(py)))?;
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

/// The async-std runtime, with deliveries that end before the interpreter does.
struct AsyncStd;

impl generic::Runtime for AsyncStd {
    type JoinError = Panic;
    type JoinHandle = async_std::task::JoinHandle<Result<(), Panic>>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        async_std::task::spawn(
            AssertUnwindSafe(future)
                .catch_unwind()
                .map(|end| end.map_err(Panic)),
        )
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(deliver: F) -> Self::JoinHandle {
        async_std::task::spawn_blocking(|| {
            let delivering = DELIVERING
                .read()
                .expect("no delivery writes, so none can poison it");
            if *delivering {
                return catch_unwind(AssertUnwindSafe(deliver)).map_err(Panic);
            }
            Ok(())
        })
    }
}

/// What a task panicked with; async-std itself has no such error.
struct Panic(Box<dyn Any + Send + 'static>);

impl generic::JoinError for Panic {
    fn is_panic(&self) -> bool {
        true
    }

    fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }
}

async_std::task_local! {
    static LOCALS: RefCell<Option<TaskLocals>> = RefCell::new(None);
}

impl generic::ContextExt for AsyncStd {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(async move {
            LOCALS.with(|cell| cell.replace(Some(locals)));
            future.await
        })
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(|cell| cell.borrow().clone()).ok().flatten()
    }
}
