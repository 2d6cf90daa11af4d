//! Ctrl-C belongs to tokio: Python's handler is removed before tokio installs its own.

use pyo3::prelude::*;

// ANCHOR: main
fn main() -> PyResult<()> {
    Python::initialize();
    Python::attach(|py| {
        // asyncio imports `signal`, which handles Ctrl-C. Only the main thread may undo that.
        py.import("asyncio")?;
        let signal = py.import("signal")?;
        let (ctrl_c, default) = (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?);
        signal.call_method1("signal", (ctrl_c, default))?;
        pyo3_async_runtimes::tokio::run(py, serve_until_ctrl_c())
    })
}

async fn serve_until_ctrl_c() -> PyResult<()> {
    tokio::select! {
        biased; // The handler first, then the work.
        pressed = tokio::signal::ctrl_c() => pressed?,
        () = serve() => {}
    }
    clean_up().await
}
// ANCHOR_END: main

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
