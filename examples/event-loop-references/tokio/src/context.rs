//! Which value of a context variable Python code sees when Rust awaits it or calls it.

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::{future_into_py, get_current_locals, into_future};
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        let module = PyModule::from_code(py, PYTHON_SIDE, c"request.py", c"request")?;
        module.call_method1("start", (wrap_pyfunction!(probe, py)?, &module))?;
        Ok(())
    })
}

// ANCHOR: probe
#[pyfunction]
fn probe(py: Python<'_>, python: Py<PyModule>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let locals = Python::attach(get_current_locals)?;
        let bare = Python::attach(|py| TaskLocals::new(locals.event_loop(py)));

        let set = Python::attach(|py| into_future(call(py, &python, "set_it")?))?;
        set.await?;
        let read = Python::attach(|py| into_future(call(py, &python, "read_it")?))?;
        let awaited = read.await?;

        let read =
            Python::attach(|py| into_future_with_locals(&bare, call(py, &python, "read_it")?))?;
        let awaited_bare = read.await?;

        let called = Python::attach(|py| python.call_method0(py, "read"))?;
        let called_inside = Python::attach(|py| {
            let read = python.getattr(py, "read")?;
            let seen = locals.context(py).call_method1("run", (read,))?;
            PyResult::Ok(seen.unbind())
        })?;
        Ok([awaited, awaited_bare, called, called_inside])
    })
}
// ANCHOR_END: probe

fn call<'py>(
    py: Python<'py>,
    module: &Py<PyModule>,
    function: &str,
) -> PyResult<Bound<'py, PyAny>> {
    module.bind(py).call_method0(function)
}

// ANCHOR: python
const PYTHON_SIDE: &std::ffi::CStr = c"
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
// ANCHOR_END: python
