//! The attribute of pyo3-asyncio starts Python, its event loop on the main thread, and the runtime beside it.

use pyo3::prelude::*;
use pyo3::types::PyModule;

// ANCHOR: main
#[pyo3_asyncio::async_std::main]
async fn main() -> PyResult<()> {
    let number = std::env::args().nth(1).unwrap_or_else(|| "12".to_owned());
    let thread = std::thread::current().name().map(str::to_owned);
    println!("Rust is on {}", thread.as_deref().unwrap_or("(no name)"));

    let half = Python::with_gil(|py| {
        let coroutine = python_side(py)?.call_method1("halve", (number,))?;
        pyo3_asyncio::async_std::into_future(coroutine)
    })?;
    println!("{}", half.await?);
    Ok(())
}
// ANCHOR_END: main

fn python_side(py: Python<'_>) -> PyResult<&PyModule> {
    PyModule::from_code(py, PYTHON_SIDE, "python_side.py", "python_side")
}

const PYTHON_SIDE: &str = "
import asyncio, threading

async def halve(number):
    await asyncio.sleep(0)
    return f'Python is on {threading.current_thread().name}: {int(number) // 2}'
";
