//! What Rust gets, and what the loop logs, for an object that can't be awaited.

use std::future::{Future, ready};
use std::pin::pin;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::into_future;

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, rust_side()))
}

// ANCHOR: rust_side
async fn rust_side() -> PyResult<()> {
    let python = Python::attach(|py| python_side(py).map(Bound::unbind))?;
    python_call(&python, "watch")?.await?;

    for name in ["42", "a function", "a used coroutine"] {
        let awaitable = python_value(&python, "AWAITABLES", name)?;
        let mut awaitable = pin!(Python::attach(|py| into_future(awaitable.into_bound(py)))?);
        let logged = python_call(&python, "logged")?.await?;
        println!("{name}\n  the loop logs: {logged}");
        let mut waits = "at once";
        let error = tokio::select! {
            biased;
            ended = &mut awaitable => ended,
            () = ready(()) => {
                python_call(&python, "collect")?.await?;
                waits = "after a garbage collection";
                awaitable.await
            }
        };
        let error = error.expect_err("nothing here can be awaited");
        println!("  Rust gets, {waits}: {error}");
    }
    Ok(())
}
// ANCHOR_END: rust_side

type Module = Py<PyModule>;

fn python_call(
    python: &Module,
    function: &str,
) -> PyResult<impl Future<Output = PyResult<Py<PyAny>>> + use<>> {
    Python::attach(|py| into_future(python.bind(py).call_method0(function)?))
}

fn python_value(python: &Module, dict: &str, key: &str) -> PyResult<Py<PyAny>> {
    Python::attach(|py| Ok(python.getattr(py, dict)?.bind(py).get_item(key)?.unbind()))
}

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    PyModule::from_code(py, PYTHON_SIDE, c"wrong.py", c"wrong")
}

// ANCHOR: python
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio, gc

async def answer():
    return 42

used = answer()
asyncio.run(used)
AWAITABLES = {'42': 42, 'a function': answer, 'a used coroutine': used}
LOG = []

async def watch():
    gc.disable()  # so that this program says when it happens
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: LOG.append(repr(context['exception'])))

async def logged():
    for _ in range(5):
        await asyncio.sleep(0)
    return LOG.pop() if LOG else 'nothing'

async def collect():
    gc.collect()
";
// ANCHOR_END: python
