//! What `#[pyo3_async_runtimes::async_std::main]` stands for, written out.

use pyo3::prelude::*;
use pyo3::types::PyModule;

// ANCHOR: main
fn main() {
    // The thread that does this is Python's main thread from now on.
    Python::initialize();

    Python::attach(|py| {
        pyo3_async_runtimes::async_std::run(py, async_main())
            .map_err(|error| error.print_and_set_sys_last_vars(py))
            .expect("Python failed, and its error is printed above");
    });
}
// ANCHOR_END: main

async fn async_main() -> PyResult<()> {
    let number = std::env::args().nth(1).unwrap_or_else(|| "12".to_owned());
    let thread = std::thread::current().name().map(str::to_owned);
    println!("Rust is on {}", thread.as_deref().unwrap_or("(no name)"));

    let half = Python::attach(|py| {
        let coroutine = python_side(py)?.call_method1("halve", (number,))?;
        pyo3_async_runtimes::async_std::into_future(coroutine)
    })?;
    println!("{}", half.await?);
    Ok(())
}

fn python_side(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    PyModule::from_code(py, PYTHON_SIDE, c"python_side.py", c"python_side")
}

const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio, threading

async def halve(number):
    await asyncio.sleep(0)
    return f'Python is on {threading.current_thread().name}: {int(number) // 2}'
";
