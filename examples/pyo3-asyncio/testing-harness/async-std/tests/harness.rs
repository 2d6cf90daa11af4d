//! Tests whose event loop is on the main thread.

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_asyncio::async_std::into_future;
use pyo3_asyncio_testing_harness_async_std::add;

// ANCHOR: harness
#[pyo3_asyncio::async_std::main]
async fn main() -> PyResult<()> {
    pyo3_asyncio::testing::main().await
}

#[pyo3_asyncio::async_std::test]
async fn python_adds_two_numbers() -> PyResult<()> {
    assert_eq!(add(1, 2).await?, 3);
    Ok(())
}
// ANCHOR_END: harness

#[pyo3_asyncio::async_std::test]
async fn coroutines_run_on_the_main_thread() -> PyResult<()> {
    let on_main = Python::with_gil(|py| {
        let module = PyModule::from_code(py, PYTHON_SIDE, "python_side.py", "python_side")?;
        into_future(module.call_method0("is_on_main_thread")?)
    })?;
    let on_main = on_main.await?;
    assert!(Python::with_gil(|py| on_main.extract::<bool>(py))?);
    Ok(())
}

const PYTHON_SIDE: &str = "
import threading

async def is_on_main_thread():
    return threading.current_thread() is threading.main_thread()
";
