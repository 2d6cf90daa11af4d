//! With pyo3-asyncio, a task that you spawn yourself gets the locals of its parent, in two ways.

use pyo3::prelude::*;
use pyo3_asyncio::async_std::{get_current_locals, into_future, scope};
use pyo3_asyncio::{into_future_with_locals, TaskLocals};

fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| pyo3_asyncio::async_std::run(py, rust_side()))
}

// ANCHOR: scope
async fn rust_side() -> PyResult<()> {
    let locals = Python::with_gil(get_current_locals)?;

    async_std::task::spawn(scope(locals.clone(), ask_python("the scoped task"))).await?;

    async_std::task::spawn(ask_python_with(locals, "the task with locals")).await
}

/// Gets the locals from the task.
async fn ask_python(who: &'static str) -> PyResult<()> {
    let answer = Python::with_gil(|py| into_future(coroutine(py, who)?))?;
    println!("Python answers {}", answer.await?);
    Ok(())
}

/// Gets the locals as an argument.
async fn ask_python_with(locals: TaskLocals, who: &'static str) -> PyResult<()> {
    let answer = Python::with_gil(|py| into_future_with_locals(&locals, coroutine(py, who)?))?;
    println!("Python answers {}", answer.await?);
    Ok(())
}
// ANCHOR_END: scope

fn coroutine<'py>(py: Python<'py>, who: &str) -> PyResult<&'py PyAny> {
    py.import("asyncio")?.call_method1("sleep", (0, who))
}
