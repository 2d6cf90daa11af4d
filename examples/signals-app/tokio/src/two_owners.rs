//! Fails: Python takes Ctrl-C as well, and its `KeyboardInterrupt` ends the loop before the clean-up.

use pyo3::prelude::*;

// ANCHOR: main
#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    tokio::select! {
        biased; // The handler first, then the work.
        pressed = tokio::signal::ctrl_c() => pressed?,
        () = serve() => {}
    }
    clean_up().await
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
// ANCHOR_END: main
