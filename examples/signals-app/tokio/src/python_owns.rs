//! Ctrl-C belongs to Python: the event loop has the handler, and Rust awaits the event that it sets.

use pyo3::prelude::*;
use pyo3::types::PyModule;

// ANCHOR: main
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio
import signal

async def watch():
    pressed = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, pressed.set)
    return pressed
";

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let pressed = call("watch").await?;
    let waited = Python::attach(|py| {
        pyo3_async_runtimes::tokio::into_future(pressed.bind(py).call_method0("wait")?)
    })?;
    tokio::select! {
        pressed = waited => drop(pressed?),
        () = serve() => {}
    }
    clean_up().await
}
// ANCHOR_END: main

async fn call(coroutine: &str) -> PyResult<Py<PyAny>> {
    let called = Python::attach(|py| {
        let module = PyModule::from_code(py, PYTHON_SIDE, c"ctrl_c.py", c"ctrl_c")?;
        pyo3_async_runtimes::tokio::into_future(module.call_method0(coroutine)?)
    })?;
    called.await
}

async fn serve() {
    println!("serving");
    std::future::pending().await
}

async fn clean_up() -> PyResult<()> {
    let saved = Python::attach(|py| {
        let saving = py.import("asyncio")?.call_method1("sleep", (1,))?;
        pyo3_async_runtimes::tokio::into_future(saving)
    })?;
    saved.await?;
    println!("cleaned up");
    Ok(())
}
