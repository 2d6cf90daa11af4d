//! With pyo3-asyncio: which value of a context variable Python code sees when Rust awaits or calls it.

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_asyncio::async_std::{future_into_py, get_current_locals, into_future};
use pyo3_asyncio::{into_future_with_locals, TaskLocals};

fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        let module = PyModule::from_code(py, PYTHON_SIDE, "request.py", "request")?;
        module.call_method1("start", (wrap_pyfunction!(probe, py)?, module))?;
        Ok(())
    })
}

// ANCHOR: probe
#[pyfunction]
fn probe(py: Python<'_>, python: Py<PyModule>) -> PyResult<&PyAny> {
    future_into_py(py, async move {
        let locals = Python::with_gil(get_current_locals)?;
        let bare = Python::with_gil(|py| TaskLocals::new(locals.event_loop(py)));

        let set = Python::with_gil(|py| into_future(call(py, &python, "set_it")?))?;
        set.await?;
        let read = Python::with_gil(|py| into_future(call(py, &python, "read_it")?))?;
        let awaited = read.await?;

        let read =
            Python::with_gil(|py| into_future_with_locals(&bare, call(py, &python, "read_it")?))?;
        let awaited_bare = read.await?;

        let called = Python::with_gil(|py| python.call_method0(py, "read"))?;
        let called_inside = Python::with_gil(|py| {
            let read = python.getattr(py, "read")?;
            let seen = locals.context(py).call_method1("run", (read,))?;
            PyResult::Ok(seen.into_py(py))
        })?;
        Ok([awaited, awaited_bare, called, called_inside])
    })
}
// ANCHOR_END: probe

fn call<'py>(py: Python<'py>, module: &Py<PyModule>, function: &str) -> PyResult<&'py PyAny> {
    module.clone_ref(py).into_ref(py).call_method0(function)
}

const PYTHON_SIDE: &str = "
import asyncio, contextvars

request = contextvars.ContextVar('request', default='(default)')

def read():
    return request.get()

async def read_it():
    return request.get()

async def set_it():
    request.set('set by a coroutine')

async def main(probe, module):
    request.set('at the call')
    future = probe(module)
    request.set('after the call')
    awaited, awaited_bare, called, called_inside = await future
    print('coroutine, through into_future      ', awaited)
    print('coroutine, through TaskLocals::new  ', awaited_bare)
    print('function, called from Rust          ', called)
    print('function, run in locals.context()   ', called_inside)
    print('the caller itself, after all this   ', request.get(), flush=True)

def start(probe, module):
    asyncio.run(main(probe, module))
";
