//! Runs a Python file that can import the chapter's module, its types corrected for this pyo3.

use std::process::ExitCode;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_asyncio::tokio::{future_into_py, get_current_loop, into_future, run_until_complete};

#[pyfunction]
fn rust_sleep(py: Python<'_>) -> PyResult<&PyAny> {
    future_into_py(py, async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Python::with_gil(|py| py.None()))
    })
}

#[pyfunction]
fn await_coro(py: Python<'_>, coro: &PyAny) -> PyResult<()> {
    let f = into_future(coro)?;
    run_until_complete(get_current_loop(py)?, async move {
        f.await?;
        Ok(())
    })
}

fn main() -> ExitCode {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| match run(py) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(py);
            ExitCode::FAILURE
        }
    })
}

fn run(py: Python<'_>) -> PyResult<()> {
    let module = PyModule::new(py, "my_async_module")?;
    module.add_function(wrap_pyfunction!(rust_sleep, module)?)?;
    module.add_function(wrap_pyfunction!(await_coro, module)?)?;
    let modules = py.import("sys")?.getattr("modules")?;
    modules.set_item("my_async_module", module)?;

    let file = std::env::args().nth(1);
    let run_path = py.import("runpy")?.getattr("run_path")?;
    run_path.call1((file, py.None(), "__main__"))?;
    Ok(())
}
