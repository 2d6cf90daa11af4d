//! A Rust program with pyo3-asyncio that runs Python's side on a loop made by uvloop, and closes it.

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3_asyncio::async_std::{get_current_loop, into_future, run_until_complete};

// ANCHOR: main
fn main() -> PyResult<()> {
    pyo3::prepare_freethreaded_python();
    Python::with_gil(|py| {
        use_virtual_environment(py)?;
        let event_loop = py.import("uvloop")?.call_method0("new_event_loop")?;
        let result = run_until_complete(event_loop, rust_side());
        let closed = close(event_loop);
        result.and(closed)
    })
}

async fn rust_side() -> PyResult<()> {
    let sleep = Python::with_gil(|py| {
        let event_loop = get_current_loop(py)?;
        assert!(event_loop.is_instance(py.import("uvloop")?.getattr("Loop")?)?);
        println!("Rust waits for {}", event_loop.get_type());
        into_future(
            py.import("asyncio")?
                .call_method1("sleep", (1, "Python slept"))?,
        )
    })?;
    println!("{}", sleep.await?);
    Ok(())
}
// ANCHOR_END: main

// ANCHOR: close
/// Ends the loop's generators and threads, then closes it.
fn close(event_loop: &PyAny) -> PyResult<()> {
    for shutdown in ["shutdown_asyncgens", "shutdown_default_executor"] {
        let coroutine = event_loop.call_method0(shutdown)?;
        event_loop.call_method1("run_until_complete", (coroutine,))?;
    }
    event_loop.call_method0("close")?;
    Ok(())
}
// ANCHOR_END: close

/// Lets Python import the packages of the virtual environment that is active.
fn use_virtual_environment(py: Python<'_>) -> PyResult<()> {
    if let Some(folder) = std::env::var_os("VIRTUAL_ENV") {
        let base = [("base", folder)].into_py_dict(py);
        for kind in ["purelib", "platlib"] {
            let packages = py
                .import("sysconfig")?
                .call_method1("get_path", (kind, "posix_prefix", base))?;
            py.import("site")?.call_method1("addsitedir", (packages,))?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
