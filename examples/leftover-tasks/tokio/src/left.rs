//! Fails: the task that is left when `run` ends is not told to stop, and destroyed later.

use pyo3::prelude::*;
use pyo3::types::PyModule;

// ANCHOR: left
const PYTHON_SIDE: &std::ffi::CStr = c"
import asyncio

async def work():
    try:
        await asyncio.sleep(3600)
    finally:
        print('cleaned up', flush=True)

async def start():
    asyncio.create_task(work())
    await asyncio.sleep(0)
    print('started', flush=True)
";

async fn start() -> PyResult<()> {
    let started = Python::attach(|py| {
        let python_side = PyModule::from_code(py, PYTHON_SIDE, c"background.py", c"background")?;
        pyo3_async_runtimes::tokio::into_future(python_side.call_method0("start")?)
    })?;
    started.await.map(drop)
}
// ANCHOR_END: left

// ANCHOR: run
fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        pyo3_async_runtimes::tokio::run(py, start())?;
        println!("run is over");
        // Python does this by itself, sooner or later.
        py.import("gc")?.call_method0("collect").map(drop)
    })
}
// ANCHOR_END: run
