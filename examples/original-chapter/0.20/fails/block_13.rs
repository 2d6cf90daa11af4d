//! Awaits a coroutine, and blocks: block 13 of the chapter.

use pyo3::prelude::*;

#[pyfunction]
fn await_coro(coro: &Bound<'_, PyAny>) -> PyResult<()> {
    let f = pyo3_asyncio::async_std::into_future(coro)?;

    pyo3_asyncio::async_std::run_until_complete(coro.py(), async move {
        f.await?;
        Ok(())
    })
}

fn main() {}
