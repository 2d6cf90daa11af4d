//! Fails: the body of an `async fn main` runs on a thread of tokio, which may not set a handler.

use pyo3::prelude::*;

#[pyo3_async_runtimes::tokio::main]
async fn main() -> PyResult<()> {
    Python::attach(|py| {
        let signal = py.import("signal")?;
        let (ctrl_c, default) = (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?);
        signal.call_method1("signal", (ctrl_c, default)).map(drop)
    })
}
