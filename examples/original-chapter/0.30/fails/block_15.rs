//! Awaits the coroutine of a callable, and blocks: block 15 of the chapter.

use pyo3::prelude::*;

#[pyfunction]
fn await_coro(callable: &Bound<'_, PyAny>) -> PyResult<()> {
    let coro = callable.call0()?;

    let f = pyo3_asyncio::async_std::into_future(coro)?;

    pyo3_asyncio::async_std::run_until_complete(coro.py(), async move {
        f.await?;
        Ok(())
    })
}

fn main() {}
