//! The attribute starts Python, its event loop on the main thread, and the runtime beside it.

use pyo3::prelude::*;
use pyo3::types::PyModule;

// ANCHOR: main
#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let number = std::env::args().nth(1).unwrap_or_else(|| "12".to_owned());
    let thread = std::thread::current().name().map(str::to_owned);
    println!("Rust is on {}", thread.as_deref().unwrap_or("(no name)"));

    let half = Python::attach(|py| {
        let coroutine = python_side(py)?.call_method1("halve", (number,))?;
        pyo3_async_runtimes::tokio::into_future(coroutine)
    })?;
    println!("{}", half.await?);
    Ok(())
}
// ANCHOR_END: main

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    PyModule::from_code(py, PYTHON_SIDE, c"python_side.py", c"python_side")
}

// ANCHOR: python
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio, threading

async def halve(number):
    await asyncio.sleep(0)
    return f'Python is on {threading.current_thread().name}: {int(number) // 2}'
";
// ANCHOR_END: python
