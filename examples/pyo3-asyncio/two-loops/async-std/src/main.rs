//! Two event loops in one process, with pyo3-asyncio: each step prints the thread it runs on.

use pyo3::prelude::*;
use pyo3::types::PyModule;

/// Prints the step and the name Rust has for the current thread.
#[pyfunction]
fn report(step: &str) {
    let thread = std::thread::current();
    println!("{step:<30} {}", thread.name().unwrap_or("(no name)"));
}

// ANCHOR: main
fn main() -> PyResult<()> {
    report("main()");
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| pyo3_asyncio::async_std::run(py, rust_side()))
}

async fn rust_side() -> PyResult<()> {
    report("Rust future, first part");
    let answer = Python::with_gil(|py| {
        let report = wrap_pyfunction!(report, py)?;
        let coroutine = python_side(py)?.call_method1("ask", (report,))?;
        pyo3_asyncio::async_std::into_future(coroutine)
    })?;
    answer.await?;
    report("Rust future, after its await");
    Ok(())
}
// ANCHOR_END: main

fn python_side(py: Python<'_>) -> PyResult<&PyModule> {
    PyModule::from_code(py, PYTHON_SIDE, "python_side.py", "python_side")
}

const PYTHON_SIDE: &str = "
import asyncio, threading

async def ask(report):
    report('coroutine, on ' + threading.current_thread().name)
    await asyncio.sleep(0)
    report('coroutine, after its await')
";
