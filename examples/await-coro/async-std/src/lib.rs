//! A native module whose functions await a coroutine that Python gives them.

mod runtime;

#[pyo3::pymodule]
mod _native {
    use std::sync::atomic::{AtomicBool, Ordering};

    use pyo3::exceptions::{PyRuntimeError, PyTypeError};
    use pyo3::prelude::*;
    use pyo3::types::PyCFunction;
    use pyo3_async_runtimes::async_std::{future_into_py, into_future, run};
    use pyo3_async_runtimes::get_running_loop;

    // ANCHOR: await_coro
    /// Awaits `coro` on the running loop; the asyncio future that it returns ends with the result.
    #[pyfunction]
    fn await_coro(coro: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
        let py = coro.py();
        check_awaitable(&coro)?;
        let answer = into_future(coro)?;
        future_into_py(py, async move {
            let answer = answer.await?;
            Ok(answer)
        })
    }

    /// `into_future` tells only the event loop that it got something else, and waits forever.
    fn check_awaitable(object: &Bound<'_, PyAny>) -> PyResult<()> {
        let inspect = object.py().import("inspect")?;
        if inspect.call_method1("isawaitable", (object,))?.extract()? {
            return Ok(());
        }
        let message = format!("an awaitable was expected, got {}", object.repr()?);
        Err(PyTypeError::new_err(message))
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
        check_awaitable(coro.bind(py))?;
        run(py, async move {
            let answer = Python::attach(|py| into_future(coro.into_bound(py)))?;
            answer.await
        })
    }
    // ANCHOR_END: block_on_new_loop

    // ANCHOR: block_on_coro
    /// The same, unless that would fail or wait forever: then it starts nothing.
    #[pyfunction]
    fn block_on_coro(py: Python<'_>, coro: Py<PyAny>) -> PyResult<Py<PyAny>> {
        if get_running_loop(py).is_ok() {
            return Err(PyRuntimeError::new_err(
                "block_on_coro would block the running event loop: await await_coro instead",
            ));
        }
        if EXITING.load(Ordering::Relaxed) {
            return Err(PyRuntimeError::new_err("Python is exiting"));
        }
        block_on_new_loop(py, coro)
    }
    // ANCHOR_END: block_on_coro

    /// Set before the runtime stops at exit: afterwards, a result would never come.
    static EXITING: AtomicBool = AtomicBool::new(false);

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        crate::runtime::set_up(py)?;
        // What is registered last runs first.
        let note_exit = PyCFunction::new_closure(py, None, None, |_, _| {
            EXITING.store(true, Ordering::Relaxed);
        })?;
        py.import("atexit")?
            .call_method1("register", (note_exit,))?;
        Ok(())
    }
}
