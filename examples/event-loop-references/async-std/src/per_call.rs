//! Each call asks for the locals anew, so every `asyncio.run` gets its own loop.

use std::process::ExitCode;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::async_std::{future_into_py, get_current_locals};
use pyo3_async_runtimes::into_future_with_locals;

fn main() -> ExitCode {
    Python::initialize();
    Python::attach(|py| match python_side(py) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(py);
            ExitCode::FAILURE
        }
    })
}

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    PyModule::from_code(py, PYTHON_SIDE, c"twice.py", c"twice")?
        .call_method1("twice", (wrap_pyfunction!(notify, py)?,))
}

// ANCHOR: notify
/// Awaits the Python handler from Rust.
#[pyfunction]
fn notify<'py>(handler: Bound<'py, PyAny>, event: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = handler.py();
    let locals = get_current_locals(py)?;
    let handled = into_future_with_locals(&locals, handler.call1((event,))?)?;
    future_into_py(py, handled)
}
// ANCHOR_END: notify

const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio

def twice(notify):
    asyncio.run(main(notify, 'the first event'))
    asyncio.run(main(notify, 'the second event'))

async def main(notify, event):
    print(await notify(handler, event), flush=True)

async def handler(event):
    return f'handled {event}'
";
