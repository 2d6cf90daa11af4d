//! Cancels the tasks that are left and waits for them, before `main` ends.

use pyo3::prelude::*;
use pyo3::types::PyModule;

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

// ANCHOR: gathered
const STOP: &std::ffi::CStr = c"
import asyncio

async def stop():
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
";

async fn stop_leftover_tasks() -> PyResult<()> {
    let stopped = Python::attach(|py| {
        let module = PyModule::from_code(py, STOP, c"stop.py", c"stop")?;
        pyo3_async_runtimes::tokio::into_future(module.call_method0("stop")?)
    })?;
    stopped.await.map(drop)
}

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    let done = work().await;
    // Also when the work has failed: then its error is returned.
    let stopped = stop_leftover_tasks().await;
    done.and(stopped)
}
// ANCHOR_END: gathered

async fn work() -> PyResult<()> {
    let started = Python::attach(|py| {
        let python_side = PyModule::from_code(py, PYTHON_SIDE, c"background.py", c"background")?;
        pyo3_async_runtimes::tokio::into_future(python_side.call_method0("start")?)
    })?;
    started.await.map(drop)
}
