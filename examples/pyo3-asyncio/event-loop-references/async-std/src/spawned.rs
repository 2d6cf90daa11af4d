//! Fails, with pyo3-asyncio: a task that you spawn yourself does not know Python's event loop.

use std::process::ExitCode;

use pyo3::prelude::*;

fn main() -> ExitCode {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| match pyo3_asyncio::async_std::run(py, rust_side()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print(py);
            ExitCode::FAILURE
        }
    })
}

// ANCHOR: spawned
async fn rust_side() -> PyResult<()> {
    ask_python("main").await?;
    async_std::task::spawn(ask_python("task")).await
}

async fn ask_python(who: &'static str) -> PyResult<()> {
    let answer = Python::with_gil(|py| {
        let coroutine = py.import("asyncio")?.call_method1("sleep", (0, who))?;
        pyo3_asyncio::async_std::into_future(coroutine)
    })?;
    println!("Python answers {}", answer.await?);
    Ok(())
}
// ANCHOR_END: spawned
