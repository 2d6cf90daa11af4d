//! Python collects a task that only Rust waits for.

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::into_future;

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, rust_side()))
}

// ANCHOR: rust_side
async fn rust_side() -> PyResult<()> {
    let (news, collected) = Python::attach(|py| {
        let python = python_side(py)?;
        let news = into_future(python.call_method0("wait_for_news")?)?;
        PyResult::Ok((news, into_future(python.call_method0("collect")?)?))
    })?;
    collected.await?;
    let error = news.await.expect_err("there are no news");
    println!("Rust gets: {error}");
    Ok(())
}
// ANCHOR_END: rust_side

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    PyModule::from_code(py, PYTHON_SIDE, c"news.py", c"news")
}

// ANCHOR: python
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio, gc

async def wait_for_news():
    news = asyncio.get_running_loop().create_future()
    await news

async def collect():
    def report(loop, context):
        print('the loop logs:', context['message'], flush=True)

    asyncio.get_running_loop().set_exception_handler(report)
    await asyncio.sleep(0)
    gc.collect()
";
// ANCHOR_END: python
