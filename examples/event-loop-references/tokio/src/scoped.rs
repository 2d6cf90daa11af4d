//! A task that you spawn yourself gets the locals of the task that spawned it, in two ways.

use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{get_current_locals, into_future, scope};
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};

fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| pyo3_async_runtimes::tokio::run(py, rust_side()))
}

// ANCHOR: scope
async fn rust_side() -> PyResult<()> {
    let locals = Python::attach(get_current_locals)?;

    tokio::spawn(scope(locals.clone(), ask_python("the scoped task")))
        .await
        .expect("the task does not panic")?;

    tokio::spawn(ask_python_with(locals, "the task with locals"))
        .await
        .expect("the task does not panic")
}

/// Gets the locals from the task.
async fn ask_python(who: &'static str) -> PyResult<()> {
    let answer = Python::attach(|py| into_future(coroutine(py, who)?))?;
    println!("Python answers {}", answer.await?);
    Ok(())
}

/// Gets the locals as an argument.
async fn ask_python_with(locals: TaskLocals, who: &'static str) -> PyResult<()> {
    let answer = Python::attach(|py| into_future_with_locals(&locals, coroutine(py, who)?))?;
    println!("Python answers {}", answer.await?);
    Ok(())
}
// ANCHOR_END: scope

fn coroutine<'py>(py: Python<'py>, who: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("asyncio")?.call_method1("sleep", (0, who))
}
