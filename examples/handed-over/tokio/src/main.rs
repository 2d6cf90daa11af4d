//! A program with one runtime, which it configures itself and shares with the bridge.

// ANCHOR: main
use std::error::Error;
use std::thread;

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{init_with_runtime, into_future, run};
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime: Runtime = Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .max_blocking_threads(32)
        .thread_name("kiosk")
        .build()?;
    // It runs until the process ends: nothing may drop a runtime that others use.
    let runtime: &'static Runtime = Box::leak(Box::new(runtime));
    init_with_runtime(runtime).map_err(|()| "the bridge already has a runtime")?;

    // The body of the old `async fn main` is a task, because `run` needs this thread for Python.
    let serving = runtime.spawn(serve());

    Python::initialize();
    let price = Python::attach(|py| run(py, price()));
    // Waits for `serve` even if Python has failed, because the end of `main` ends every task.
    runtime.block_on(serving)?;
    println!("Python's price is {}", price?);
    Ok(())
}
// ANCHOR_END: main

async fn serve() {
    tell("the task of main");
}

/// Asks a coroutine of Python.
async fn price() -> PyResult<u32> {
    tell("the future of the bridge");
    let asked = Python::attach(|py| {
        let asyncio = py.import("asyncio")?;
        into_future(asyncio.call_method1("sleep", (0, 300))?)
    })?;
    let price = asked.await?;
    Python::attach(|py| price.extract(py))
}

fn tell(who: &str) {
    let thread = thread::current();
    println!("{who} runs on {}", thread.name().unwrap_or("(no name)"));
}
