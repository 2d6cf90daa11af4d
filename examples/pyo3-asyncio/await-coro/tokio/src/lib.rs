//! A native module whose functions await a coroutine that Python gives them, with pyo3-asyncio.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::RwLock;
use std::task::Poll;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_asyncio::tokio::get_runtime;
use pyo3_asyncio::{generic, get_running_loop, TaskLocals};

// ANCHOR: await_coro
/// Awaits `coro` on the running loop; the asyncio future that it returns ends with the result.
#[pyfunction]
fn await_coro(coro: &PyAny) -> PyResult<&PyAny> {
    let answer = generic::into_future::<Tokio>(coro)?;
    generic::future_into_py::<Tokio, _, _>(coro.py(), async move {
        let answer = answer.await?;
        Ok(answer)
    })
}
// ANCHOR_END: await_coro

// ANCHOR: await_callable
/// Calls `function` for a new coroutine and awaits that.
#[pyfunction]
fn await_callable(function: &PyAny) -> PyResult<&PyAny> {
    await_coro(function.call0()?)
}
// ANCHOR_END: await_callable

// ANCHOR: block_on_new_loop
/// Blocks until `coro` has ended, on an event loop of its own.
#[pyfunction]
fn block_on_new_loop(py: Python<'_>, coro: PyObject) -> PyResult<PyObject> {
    generic::run::<Tokio, _, _>(py, async move {
        let answer = Python::with_gil(|py| generic::into_future::<Tokio>(coro.as_ref(py)))?;
        answer.await
    })
}
// ANCHOR_END: block_on_new_loop

// ANCHOR: block_on_coro
/// The same, unless that would fail or wait for ever: then it starts nothing.
#[pyfunction]
fn block_on_coro(py: Python<'_>, coro: PyObject) -> PyResult<PyObject> {
    if get_running_loop(py).is_ok() {
        return Err(PyRuntimeError::new_err(
            "block_on_coro would block the running event loop: await await_coro instead",
        ));
    }
    if polling_stopped() {
        return Err(PyRuntimeError::new_err("Python is exiting"));
    }
    block_on_new_loop(py, coro)
}
// ANCHOR_END: block_on_coro

/// At exit, a result would never come.
fn polling_stopped() -> bool {
    // Not `read`: it could wait for a poll, which may need the interpreter that this thread has.
    !POLLING.try_read().is_ok_and(|polling| *polling)
}

#[pymodule]
fn _native(py: Python<'_>, module: &PyModule) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(await_coro, module)?)?;
    module.add_function(wrap_pyfunction!(await_callable, module)?)?;
    module.add_function(wrap_pyfunction!(block_on_new_loop, module)?)?;
    module.add_function(wrap_pyfunction!(block_on_coro, module)?)?;
    let at_exit = wrap_pyfunction!(stop_polling, module)?;
    py.import("atexit")?.call_method1("register", (at_exit,))?;
    Ok(())
}

/// Whether tasks may run. Each poll of one holds the lock for reading.
static POLLING: RwLock<bool> = RwLock::new(true);

/// Waits for the polls under way and refuses all later ones.
#[pyfunction]
fn stop_polling(py: Python<'_>) {
    // A poll may need the interpreter to finish: let go of it, or this waits for ever.
    py.allow_threads(|| {
        *POLLING
            .write()
            .expect("no poll writes, so none can poison it") = false
    });
}

/// Polls `future` until the interpreter exits: any poll may be the one that hands over its result.
async fn until_exit<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polling = POLLING
            .read()
            .expect("no poll writes, so none can poison it");
        if *polling {
            return future.as_mut().poll(context);
        }
        Poll::Pending
    })
    .await
}

/// The bridge's tokio runtime, with tasks that stop before the interpreter does.
struct Tokio;

impl generic::Runtime for Tokio {
    type JoinError = tokio::task::JoinError;
    type JoinHandle = tokio::task::JoinHandle<()>;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::JoinHandle {
        get_runtime().spawn(until_exit(future))
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
