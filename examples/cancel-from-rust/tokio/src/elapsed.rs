//! A timeout in Rust ends the wait for a coroutine, and the coroutine goes on.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyModule;
use pyo3_async_runtimes::tokio::into_future;

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, rust_side()))
}

// ANCHOR: rust_side
async fn rust_side() -> PyResult<()> {
    let shop = Python::attach(|py| into_future(python_side(py)?.call_method0("open_shop")?))?;
    let shop = shop.await?;

    let bought = Python::attach(|py| into_future(shop.bind(py).call_method0("buy")?))?;
    match tokio::time::timeout(Duration::from_millis(100), bought).await {
        Ok(bought) => println!("Rust: {}", bought?),
        Err(elapsed) => println!("Rust: {elapsed}"),
    }

    let steps = Python::attach(|py| into_future(shop.bind(py).call_method0("settle")?))?;
    println!("Python: {}", steps.await?);
    Ok(())
}
// ANCHOR_END: rust_side

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    PyModule::from_code(py, PYTHON_SIDE, c"shop.py", c"shop")
}

// ANCHOR: python
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio

class Shop:
    def __init__(self):
        self.steps = []
        self.ordered, self.may_pay, self.left = (asyncio.Event() for _ in range(3))

    async def buy(self):
        self.steps.append('ordered')
        self.ordered.set()
        try:
            await self.may_pay.wait()
            self.steps.append('paid')
        except asyncio.CancelledError:
            self.steps.append('cancelled')
            raise
        finally:
            self.left.set()

    async def settle(self):
        self.may_pay.set()
        await self.left.wait()
        return ', '.join(self.steps)

async def open_shop():
    return Shop()
";
// ANCHOR_END: python
